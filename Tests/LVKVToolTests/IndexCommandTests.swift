import Foundation
import Testing

@Suite("Indexes on the command line")
struct IndexCommandTests {
    private func schema(version: Int, _ indexes: String) -> String {
        RecordCommandTests.book.replacingOccurrences(of: "version: 1", with: "version: \(version)") + "\n" + indexes
    }

    private let indexes = """
        indexes:
          byAuthor: {id: 1, on: [author, {year: desc}], include: [title]}
          byId: {id: 2, on: [id, genre], unique: true}
        """

    private func library() throws -> Sandbox {
        let box = try Sandbox()
        try box.write("book.yaml", schema(version: 1, "indexes: {}"))
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        for (id, author, year) in [
            ("1", "Lem", "1961"), ("2", "Herbert", "1965"), ("3", "Lem", "null"), ("4", "Lem", "1971"),
        ] {
            let record = #"{"genre":"sf","id":"\#(id)","title":"T\#(id)","author":"\#(author)","year":\#(year)}"#
            #expect(try box.lvkv("record", "put", "book", record).status == 0)
        }
        try box.write("book.yaml", schema(version: 2, indexes))
        return box
    }

    @Test("an index is applied, built, listed, and finds records in its order")
    func build() throws {
        let box = try library()
        let applied = try box.lvkv("schema", "apply", "book.yaml")
        #expect(
            applied.lines == [
                "schema book: updated from version 1 to 2", "  built: index byAuthor is new",
                "  built: index byId is new",
                "  index byAuthor is to be built: lvkv index rebuild book byAuthor",
                "  index byId is to be built: lvkv index rebuild book byId",
            ])
        let early = try box.lvkv("record", "find", "book", "--index", "byAuthor", "Lem")
        #expect(early.status == 69)
        #expect(early.hasOneErrorLine)
        #expect(try box.lvkv("index", "list", "book").output.contains("building"))
        #expect(
            try box.lvkv("index", "rebuild", "book").lines == [
                "index byAuthor: built from 4 records", "index byId: built from 4 records",
            ])
        #expect(
            try box.lvkv("index", "list", "--format", "jsonl").lines.first
                == #"{"schema":"book","index":"byAuthor","id":1,"on":["author",{"year":"desc"}],"unique":false,"#
                + #""sparse":false,"include":["title"],"state":"ready"}"#)
        func ids(_ arguments: String...) throws -> [String] {
            try box.lvkv(["record", "find", "book", "--fields", "id", "--format", "csv", "--index"] + arguments)
                .lines.dropFirst().map { $0 }
        }
        #expect(try ids("byAuthor", "Lem") == ["4", "1", "3"])
        #expect(try ids("byAuthor", "Lem", "--reverse", "--limit", "2") == ["3", "1"])
        #expect(try ids("byAuthor", "Lem", "--from", "1961", "--to", "1971") == ["1"])
        #expect(try ids("byAuthor", "Lem", "null") == ["3"])
        #expect(try ids("byAuthor", "--starts-with", "He") == ["2"])
        #expect(try ids("byId", "4", "sf") == ["4"])
        #expect(try ids("byId", "5") == [])
        #expect(
            try box.lvkv("record", "find", "book", "--index", "byId", "2").output
                == #"{"genre":"sf","id":"2","title":"T2","author":"Herbert","year":1965}"# + "\n")
        #expect(try box.lvkv("index", "verify", "book").lines == ["compared 4 records with 8 entries"])
        #expect(try box.lvkv("schema", "show", "book").output.contains("author, year desc"))
    }

    @Test("the records of an index come in pages, each from a new process")
    func pages() throws {
        let box = try library()
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(try box.lvkv("index", "rebuild", "book").status == 0)
        var ids: [String] = []
        var token = "start"
        while true {
            let page = try box.lvkv(
                "record", "find", "book", "--index", "byAuthor", "--fields", "id", "--format", "csv", "--limit", "1",
                "--page-token", token)
            ids += page.lines.dropFirst()
            guard let word = page.errors.split(whereSeparator: \.isWhitespace).last, ids.count < 9 else { break }
            token = String(word)
        }
        #expect(ids == ["2", "4", "1", "3"])
        let other = try box.lvkv("record", "find", "book", "--index", "byId", "--page-token", token)
        #expect(other.status == 64)
        #expect(other.hasOneErrorLine)
    }

    @Test("an import keeps the entries, and refuses a row that takes a unique value")
    func importing() throws {
        let box = try library()
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(try box.lvkv("index", "rebuild", "book").status == 0)
        try box.write("more.csv", "genre,id,title,author,year\nsf,9,T9,Lem,1954\nsf,2,T2b,Lem,1955\n")
        let imported = try box.lvkv("import", "--schema", "book", "more.csv")
        #expect(imported.status == 0, "\(imported.errors)")
        let found = try box.lvkv(
            "record", "find", "book", "--index", "byAuthor", "--fields", "id", "--format", "csv", "Lem")
        #expect(found.lines.dropFirst() == ["4", "1", "2", "9", "3"])
        #expect(try box.lvkv("index", "verify", "book").lines == ["compared 5 records with 10 entries"])
        try box.write("book.yaml", schema(version: 3, indexes + "\n  byTitle: {id: 3, on: [title], unique: true}"))
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(try box.lvkv("index", "rebuild", "book", "byTitle").status == 0)
        try box.write("more.csv", "genre,id,title,author,year\nsf,10,T10,Lem,1954\nsf,11,T4,Lem,1955\n")
        let refused = try box.lvkv("import", "--schema", "book", "more.csv", "--on-error", "skip")
        #expect(refused.errors.contains("the value T4 is that of record"), "\(refused.errors)")
        #expect(try box.lvkv("index", "verify", "book").lines == ["compared 6 records with 18 entries"])
    }

    @Test("what is asked wrongly is one line and a status")
    func errors() throws {
        let box = try library()
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        for (arguments, status) in [
            (["index", "list", "bok"], 1), (["index", "rebuild", "book", "byAuther"], 1),
            (["index", "verify", "book", "x"], 1), (["record", "find", "book", "--index", "x"], 1),
            (["record", "find", "book", "--index", "byAuthor", "a", "1", "2"], 65),
            (["record", "find", "book", "--index", "byAuthor", "a", "x"], 65), (["record", "find", "book"], 64),
        ] as [([String], Int32)] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
    }
}
