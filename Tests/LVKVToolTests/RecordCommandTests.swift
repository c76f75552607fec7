import Foundation
import Testing

@Suite("Schemas and records on the command line")
struct RecordCommandTests {
    static let book = """
        schema: book
        version: 1
        key: "book:{genre}:{id}:{field}"
        fields:
          genre:  {id: 1, type: string}
          id:     {id: 2, type: string, pattern: "^[0-9a-z-]+$"}
          title:  {id: 3, type: string, required: true}
          author: {id: 4, type: string, required: true}
          year:   {id: 5, type: int, nullable: true}
          extra:  {id: 6, type: json}
        """

    /// A database with the schema and three books.
    private func library() throws -> Sandbox {
        let box = try Sandbox()
        try box.write("book.yaml", RecordCommandTests.book)
        #expect(try box.lvkv("schema", "apply", "book.yaml").output == "schema book: created, version 1\n")
        for record in [
            #"{"genre":"sf","id":"1","title":"Dune","author":"Frank Herbert","year":1965}"#,
            #"{"genre":"sf","id":"2","title":"Solaris","author":"Stanisław Lem","year":null,"extra":{"a":[1,2.50]}}"#,
            #"{"genre":"sf2","id":"1","title":"x","author":""}"#,
        ] {
            let outcome = try box.lvkv("record", "put", "book", record)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        return box
    }

    @Test("a record in JSON is flat: absent fields left out, null as null")
    func get() throws {
        let box = try library()
        #expect(
            try box.lvkv("record", "get", "book", "sf", "2").output
                == #"{"genre":"sf","id":"2","title":"Solaris","author":"Stanisław Lem","year":null,"extra":{"a":[1,2.50]}}"#
                + "\n")
        #expect(try box.lvkv("record", "get", "book", "sf2", "1").output.contains(#""author":"""#))
        #expect(
            try box.lvkv("record", "get", "book", "sf", "1", "--fields", "year,title").output
                == #"{"year":1965,"title":"Dune"}"# + "\n")
        #expect(try box.lvkv("record", "get", "book", "sf", "1", "--format", "text").lines[2] == "title   Dune")
        for (arguments, status) in [
            (["book", "sf", "9"], 1), (["bok", "sf", "1"], 1), (["book", "sf"], 64), (["book", "sf", "1", "2"], 64),
            (["book", "sf", "1", "--fields", "yeer"], 64),
        ] as [([String], Int32)] {
            let outcome = try box.lvkv(["record", "get"] + arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
    }

    @Test("a scan takes leading parts, starts-with, limits, both directions and every form")
    func scan() throws {
        let box = try library()
        func ids(_ arguments: String...) throws -> [String] {
            try box.lvkv(["record", "scan", "book"] + arguments + ["--fields", "genre,id", "--format", "csv"])
                .lines.dropFirst().map { $0 }
        }
        #expect(try ids() == ["sf2,1", "sf,1", "sf,2"])
        #expect(try ids("sf") == ["sf,1", "sf,2"])
        #expect(try ids("sf", "2") == ["sf,2"])
        #expect(try ids("sf", "--reverse", "--limit", "1") == ["sf,2"])
        #expect(try ids("--starts-with", "sf2") == ["sf2,1"])
        #expect(try ids("sf", "--from", "2", "--filter") == ["sf,2"])
        #expect(try ids("--limit", "0") == [])
        #expect(try box.lvkv("record", "scan", "book", "sf", "--from", "2").status == 64)
        #expect(try box.lvkv("record", "count", "book").output == "3\n")
        #expect(try box.lvkv("record", "count", "book", "sf").output == "2\n")
        #expect(
            try box.lvkv("record", "scan", "book", "sf", "--format", "text").lines == [
                "genre  id  title    author         year  extra", "sf     1   Dune     Frank Herbert  1965",
                "sf     2   Solaris  Stanisław Lem  null  {\"a\":[1,2.50]}",
            ])
        let json = try box.lvkv("record", "scan", "book", "--format", "json")
        #expect((try JSONSerialization.jsonObject(with: json.bytes) as? [Any])?.count == 3)
        #expect(try box.lvkv("record", "scan", "book").lines.count == 3)
    }

    @Test("pages follow each other by their tokens until there are no more")
    func pages() throws {
        let box = try library()
        var token = "start"
        var lines: [String] = []
        for _ in 0..<3 {
            let page = try box.lvkv("record", "scan", "book", "--limit", "1", "--page-token", token)
            #expect(page.status == 0)
            lines += page.lines
            token = page.errors.split(separator: " ").last.map { String($0.dropLast()) } ?? ""
        }
        #expect(token.isEmpty)
        #expect(lines == (try box.lvkv("record", "scan", "book").lines))
        #expect(try box.lvkv("record", "scan", "book", "--page-token", "00").status == 64)
    }

    @Test("insert, update, move and delete change one record and say what is in the way")
    func write() throws {
        let box = try library()
        let dune = #"{"genre":"sf","id":"1","title":"Dune","author":"F. Herbert"}"#
        #expect(try box.lvkv("record", "insert", "book", dune).status == 65)
        #expect(try box.lvkv("record", "put", "book", input: dune).status == 0)
        #expect(try box.lvkv("record", "get", "book", "sf", "1").output == dune + "\n")
        #expect(
            try box.lvkv("record", "update", "book", "sf", "1", "--set", "year=1965.0", "--set", "title=a=b").status
                == 0)
        #expect(
            try box.lvkv("record", "get", "book", "sf", "1", "--fields", "title,year").output
                == #"{"title":"a=b","year":1965}"# + "\n")
        #expect(try box.lvkv("record", "update", "book", "sf", "1", "--null", "year", "--unset", "extra").status == 0)
        #expect(try box.lvkv("record", "move", "book", "sf", "1", "--to", "classic", "1").status == 0)
        #expect(try box.lvkv("record", "get", "book", "classic", "1").output.contains(#""year":null"#))
        #expect(
            try box.lvkv("record", "delete", "book", "classic", "1", "--dry-run").output.hasPrefix("would remove {"))
        #expect(try box.lvkv("record", "delete", "book", "classic", "1").status == 0)
        for (arguments, status) in [
            (["delete", "book", "classic", "1"], 1), (["update", "book", "sf", "9", "--set", "year=1"], 1),
            (["update", "book", "sf", "2", "--set", "year=x"], 65),
            (["update", "book", "sf", "2", "--set", "yeer=1"], 65),
            (["update", "book", "sf", "2", "--unset", "title"], 65), (["update", "book", "sf", "2"], 64),
            (["move", "book", "sf", "2", "--to", "sf2", "1"], 65), (["move", "book", "sf", "9", "--to", "x", "1"], 1),
            (["put", "book", "{}"], 65), (["put", "book", "{"], 65), (["put", "book", "[]"], 65),
            (["put", "book", #"{"genre":"sf","id":"A B","title":"x","author":"y"}"#], 65),
        ] as [([String], Int32)] {
            let outcome = try box.lvkv(["record"] + arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
        #expect(try box.lvkv("record", "count", "book").output == "2\n")
    }

    @Test("plain writes under a schema's prefix are held to it")
    func plainWrites() throws {
        let box = try library()
        let refused = try box.lvkv("put", "book:sf:1:year", "abc")
        #expect(refused.status == 65)
        #expect(refused.hasOneErrorLine)
        #expect(refused.errors.contains("year"))
        #expect(try box.lvkv("put", "book:sf:1:year", "1966").status == 0)
        #expect(try box.lvkv("record", "get", "book", "sf", "1").output.contains("1966"))
        #expect(try box.lvkv("delete", "book:sf:1:title").status == 65)
        #expect(try box.lvkv("batch", input: #"{"put":"book:sf:7:title","value":"x"}"#).status == 65)
        #expect(try box.lvkv("put", "--hex", "ff00", "00").status == 65)
        // All keys of a record are the record.
        #expect(try box.lvkv("delete", "--under", "book:sf").status == 0)
        #expect(try box.lvkv("record", "count", "book").output == "1\n")
        #expect(try box.lvkv("count").output == "2\n")
    }

    @Test("whole parts go through the schema in either encoding")
    func under() throws {
        let box = try Sandbox()
        for encoding in ["text", "tuple"] {
            try box.write(
                "\(encoding).yaml",
                "schema: \(encoding)\nversion: 1\nencoding: \(encoding)\nkey: \"\(encoding):{user}:{day}:{field}\"\n"
                    + "fields:\n  user: {id: 1, type: string}\n  day: {id: 2, type: int}\n  n: {id: 3, type: int}\n")
            #expect(try box.lvkv("schema", "apply", "\(encoding).yaml").status == 0)
            for (user, day) in [("ann", 1), ("ann", 20), ("ann2", 1), ("a:b", 3)] {
                let record = #"{"user":"\#(user)","day":\#(day),"n":1}"#
                #expect(try box.lvkv("record", "put", encoding, record).status == 0)
            }
            #expect(try box.lvkv("count", "--under", "\(encoding):ann").output == "2\n", "\(encoding)")
            #expect(try box.lvkv("count", "--under", "\(encoding):ann:20").output == "1\n", "\(encoding)")
            #expect(try box.lvkv("count", "--under", "\(encoding):a;0b").output == "1\n", "\(encoding)")
            #expect(try box.lvkv("count", "--under", "\(encoding)").output == "4\n", "\(encoding)")
        }
        #expect(try box.lvkv("delete", "--under", "tuple:ann").status == 0)
        #expect(try box.lvkv("record", "count", "tuple").output == "2\n")
        let ordered = try box.lvkv("record", "scan", "tuple", "ann2", "--from", "1", "--to", "2")
        #expect(ordered.lines.count == 1)
    }

    @Test("schemas are listed, shown, changed and removed, and errors name file and line")
    func schemas() throws {
        let box = try library()
        #expect(try box.lvkv("schema", "list").lines[1].hasPrefix("book"))
        let shown = try box.lvkv("schema", "show", "book")
        #expect(shown.output.contains("grouped"))
        let json = try box.lvkv("schema", "show", "book", "--format", "json")
        try box.write("same.json", json.output)
        #expect(try box.lvkv("schema", "apply", "same.json").output == "schema book: unchanged, version 1\n")
        try box.write(
            "v2.yaml",
            RecordCommandTests.book.replacingOccurrences(of: "version: 1", with: "version: 2")
                + "\n  pages:  {id: 7, type: int}")
        let update = try box.lvkv("schema", "apply", "v2.yaml")
        #expect(
            update.lines == ["schema book: updated from version 1 to 2", "  instant: field pages is new"],
            "\(update.errors)")
        try box.write("bad.yaml", RecordCommandTests.book.replacingOccurrences(of: "type: int", with: "type: integer"))
        let bad = try box.lvkv("schema", "check", "bad.yaml")
        #expect(bad.status == 65)
        #expect(bad.errors.hasPrefix("lvkv: bad.yaml:9: "), "\(bad.errors)")
        #expect(try box.lvkv("schema", "check", "book.yaml").status == 0)
        #expect(try box.lvkv("schema", "remove", "book").status == 65)
        #expect(try box.lvkv("schema", "remove", "book", "--keep-data").status == 0)
        #expect(try box.lvkv("schema", "show", "book").status == 1)
        #expect(try box.lvkv("get", "book:sf:1:title").output == "Dune")
    }
}
