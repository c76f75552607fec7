import Foundation
import StoreConformance
import Testing

@Suite("Import and export")
struct ImportExportTests {
    private func library() throws -> Sandbox {
        let box = try Sandbox()
        try box.write("book.yaml", RecordCommandTests.book)
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        return box
    }

    private static let rows = #"""
        genre,id,title,author,year,extra
        sf,1,"Dune, the ""first""",Herbert,1965.0,
        sf,2,"two
        lines",,-42,"{""a"": [1, 2]}"
        ,3,no genre,x,\N,

        """#

    @Test(
        "CSV is coerced exactly: 2008.0 is an integer, an empty cell is absent, but the empty string where one must be")
    func csv() throws {
        let box = try library()
        try box.write("books.csv", ImportExportTests.rows)
        #expect(try box.lvkv("import", "--schema", "book", "books.csv").output == "imported 3 rows\n")
        #expect(
            try box.lvkv("record", "scan", "book").lines == [
                #"{"genre":"","id":"3","title":"no genre","author":"x","year":null}"#,
                #"{"genre":"sf","id":"1","title":"Dune, the \"first\"","author":"Herbert","year":1965}"#,
                #"{"genre":"sf","id":"2","title":"two\nlines","author":"","year":-42,"extra":{"a":[1,2]}}"#,
            ])
    }

    @Test("columns are mapped, others are left out and named once, and a missing one is told with the nearest")
    func map() throws {
        let box = try library()
        try box.write("b.csv", "book_id,lang,title,authors,isbn\n1,en,T,A,x\n2,en,U,A,y\n")
        let map = ["--map", "id=book_id", "--map", "genre=lang", "--map", "author=authors"]
        let outcome = try box.lvkv(["import", "--schema", "book"] + map + ["b.csv"])
        #expect(outcome.output == "imported 2 rows\n")
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(outcome.errors.contains("isbn"))
        #expect(try box.lvkv("record", "get", "book", "en", "2", "--fields", "title").output == "{\"title\":\"U\"}\n")
        for (wrong, near) in [
            (["--map", "id=bookid"], "did you mean book_id?"), (["--map", "ids=book_id"], "did you mean id?"),
            (["--map", "id"], "field=column"), ([], "key part"),
        ] {
            let refused = try box.lvkv(["import", "--schema", "book"] + wrong + ["b.csv"])
            #expect(refused.status == 64, "\(wrong): \(refused.errors)")
            #expect(refused.hasOneErrorLine, "\(wrong): \(refused.errors)")
            #expect(refused.errors.contains(near), "\(wrong): \(refused.errors)")
        }
    }

    private static let bad =
        "genre,id,title,author,year\nsf,1,A,B,2008.0\nsf,2,A,B,2008.5\nsf,3,A,B\nsf,4,\"A\"x,B,1\nsf,5,A,B,7\n"

    @Test("a bad row stops the import: what came before stays, and the message says where and why")
    func stop() throws {
        let box = try library()
        try box.write("bad.csv", ImportExportTests.bad)
        let outcome = try box.lvkv("import", "--schema", "book", "bad.csv")
        #expect(outcome.status == 65)
        #expect(outcome.hasOneErrorLine)
        for part in ["bad.csv", "row 2", "line 3", "year", "2008.5", "1 row before went in"] {
            #expect(outcome.errors.contains(part), "\(outcome.errors)")
        }
        #expect(try box.lvkv("record", "count", "book").output == "1\n")
    }

    @Test(
        "far into a file, a row that stops the import is told with the exact number before it",
        arguments: [1, 128, 129, 700])
    func stopLate(bad: Int) throws {
        let box = try library()
        var text = "genre,id,title,author\n"
        for number in 1...1000 { text += "sf,\(number),T,A\n" }
        try box.write("all.csv", text)
        // One that the schema refuses, and one that is there already.
        try box.write("bad.csv", text.replacingOccurrences(of: "sf,\(bad),", with: "sf,A B,"))
        try box.write("again.csv", text.replacingOccurrences(of: "sf,\(bad),", with: "sf,1000,"))
        for (file, message) in [("bad.csv", "does not match"), ("again.csv", "already")] {
            #expect(try box.lvkv("delete", "--prefix", "book:").status == 0)
            if file == "again.csv" {
                #expect(
                    try box.lvkv("record", "put", "book", #"{"genre":"sf","id":"1000","title":"T","author":"A"}"#)
                        .status == 0)
            }
            let outcome = try box.lvkv("import", "--schema", "book", "--insert", file)
            #expect(outcome.status == 65)
            #expect(outcome.hasOneErrorLine)
            let rows = bad == 2 ? "1 row" : "\(bad - 1) rows"
            #expect(outcome.errors.contains("row \(bad) (line \(bad + 1))"), "\(outcome.errors)")
            #expect(
                outcome.errors.contains(message) && outcome.errors.contains("\(rows) before went in"),
                "\(outcome.errors)")
            let count = bad - 1 + (file == "again.csv" ? 1 : 0)
            #expect(try box.lvkv("record", "count", "book").output == "\(count)\n")
        }
    }

    @Test("skip goes on, and tells each bad row")
    func skip() throws {
        let box = try library()
        try box.write("bad.csv", ImportExportTests.bad)
        let outcome = try box.lvkv("import", "--schema", "book", "--on-error", "skip", "bad.csv")
        #expect(outcome.status == 0)
        #expect(outcome.output == "imported 2 rows, left out 3\n")
        #expect(outcome.errors.split(separator: "\n").count == 3)
        #expect(try box.lvkv("record", "count", "book").output == "2\n")
    }

    @Test("collect writes bad rows as they were, with number and reason, and once corrected they go in")
    func collect() throws {
        let box = try library()
        try box.write("bad.csv", ImportExportTests.bad)
        let outcome = try box.lvkv("import", "--schema", "book", "--on-error", "collect", "rejected.csv", "bad.csv")
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        let rejected = try box.read("rejected.csv")
        let lines = rejected.split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines[0] == "genre,id,title,author,year,_row,_error")
        #expect(lines[1] == "sf,2,A,B,2008.5,2,year: 2008.5 is not an integer")
        #expect(lines[2] == "sf,3,A,B,3,4 cells where there are 5 columns")
        #expect(lines[3].hasPrefix("sf,4,\"A\"x,B,1,4,"))
        let uncorrected = try box.lvkv("import", "--schema", "book", "--on-error", "skip", "rejected.csv")
        #expect(uncorrected.output == "imported 0 rows, left out 3\n")
        try box.write(
            "corrected.csv",
            rejected.replacingOccurrences(of: "2008.5,2", with: "2008,2")
                .replacingOccurrences(of: "sf,3,A,B,3,", with: "sf,3,A,B,,3,")
                .replacingOccurrences(of: "\"A\"x", with: "Ax"))
        let again = try box.lvkv("import", "--schema", "book", "corrected.csv")
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.errors.isEmpty, "\(again.errors)")
        #expect(try box.lvkv("record", "count", "book").output == "5\n")

        let jsonl = "{\"genre\":\"sf\",\"id\":\"8\",\"title\":\"T\",\"author\":\"A\",\"year\":\"1\"}\nnonsense\n"
        let json = try box.lvkv(
            "import", "--schema", "book", "--format", "jsonl", "--on-error", "collect", "r.jsonl", "-", input: jsonl)
        #expect(json.output == "imported 0 rows, left out 2\n", "\(json.errors)")
        #expect(try box.read("r.jsonl").contains("\"_line\":\"nonsense\",\"_row\":2"))
        try box.write("r2.jsonl", try box.read("r.jsonl").replacingOccurrences(of: "\"1\"", with: "1"))
        #expect(
            try box.lvkv("import", "--schema", "book", "--on-error", "skip", "r2.jsonl").output
                == "imported 1 row, left out 1\n")
        #expect(!FileManager.default.fileExists(atPath: box.file("none.csv")))
    }

    @Test("insert refuses what is there, upsert replaces it, and a dry run writes nothing")
    func modes() throws {
        let box = try library()
        try box.write("books.csv", ImportExportTests.rows)
        #expect(try box.lvkv("import", "--schema", "book", "--dry-run", "books.csv").output == "would import 3 rows\n")
        #expect(try box.lvkv("record", "count", "book").output == "0\n")
        #expect(try box.lvkv("import", "--schema", "book", "--insert", "--sync", "books.csv").status == 0)
        let again = try box.lvkv("import", "--schema", "book", "--insert", "books.csv")
        #expect(again.status == 65)
        #expect(again.errors.contains("row 1"))
        #expect(try box.lvkv("import", "--schema", "book", "--upsert", "books.csv").status == 0)
        #expect(try box.lvkv("record", "count", "book").output == "3\n")
    }

    @Test(
        "what is exported is imported, and exported again it is the same, byte for byte", arguments: ["csv", "jsonl"])
    func roundTrip(form: String) throws {
        let box = try library()
        let other = try library()
        var generator = SeededGenerator(seed: 7)
        let letters = Array("ab,\"\n\r\\N é日:;\t\u{1}").map(String.init)
        func text() -> String {
            (0..<Int.random(in: 0...5, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "" }
                .joined()
        }
        var lines = ""
        for number in 0..<300 {
            var record: [String: Any] = ["genre": text(), "id": "\(number)", "title": text(), "author": text()]
            switch number % 4 {
            case 0: record["year"] = NSNull()
            case 1: record["year"] = number - 150
            case 2: record["extra"] = ["x": text(), "y": [1, true, NSNull()]] as [String: Any]
            default: break
            }
            lines += String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self) + "\n"
        }
        let imported = try box.lvkv("import", "--schema", "book", "--format", "jsonl", input: lines)
        #expect(imported.output == "imported 300 rows\n", "\(imported.errors)")
        #expect(try box.lvkv("export", "--schema", "book", "one.\(form)").status == 0)
        let again = try other.lvkv("import", "--schema", "book", box.file("one.\(form)"))
        #expect(again.output == "imported 300 rows\n", "\(again.errors)")
        #expect(try other.lvkv("export", "--schema", "book", "two.\(form)").status == 0)
        #expect(try box.read("one.\(form)") == other.read("two.\(form)"))
        #expect(try box.lvkv("scan", "--format", "jsonl").bytes == other.lvkv("scan", "--format", "jsonl").bytes)
    }

    @Test("an export of all keys fills another database with the same")
    func plain() throws {
        let box = try library()
        try box.write("books.csv", ImportExportTests.rows)
        #expect(try box.lvkv("import", "--schema", "book", "books.csv").status == 0)
        #expect(try box.lvkv("put", "--hex", "00fe", "ff").status == 0)
        #expect(try box.lvkv("export", "dump.jsonl").status == 0)
        let other = try Sandbox()
        #expect(try other.lvkv("import", box.file("dump.jsonl")).status == 0)
        #expect(try other.lvkv("export").output == box.read("dump.jsonl"))
        let bad = try other.lvkv("import", input: "{\"key\":\"a\"}\n")
        #expect(bad.status == 65)
        #expect(bad.hasOneErrorLine)
    }

    @Test("an export that fails leaves no file, and an import of what is missing or wrong is one line")
    func failures() throws {
        let box = try library()
        for (arguments, status) in [
            (["export", "--schema", "nope", "x.csv"], 1), (["export", "--schema", "book", "no/dir/x.csv"], 74),
            (["import", "--schema", "book", "missing.csv"], 74), (["import", "--schema", "nope", "book.yaml"], 64),
            (["import", "--schema", "nope", "--format", "csv", "book.yaml"], 1),
            (["import", "--schema", "book", "-"], 64),
            (["import", "--schema", "book", "x.jsonl.gz"], 64), (["import", "--map", "a=b", "x.csv"], 64),
            (["import", "--schema", "book", "--on-error", "collect"], 64),
            (["import", "--schema", "book", "--on-error", "explode", "x.csv"], 64),
            (["import", "--schema", "book", "--format", "csv"], 65), (["export", "--format", "csv"], 64),
        ] as [([String], Int32)] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: box.path).sorted()
        #expect(files == ["book.yaml", "db"])
    }
}

/// The data that is not the project's own, where it is at hand.
private enum RealData {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let directory = root.deletingLastPathComponent().appendingPathComponent("shared/data").path
}

@Suite("Real data", .enabled(if: FileManager.default.fileExists(atPath: RealData.directory)))
struct RealDataTests {
    @Test("ten thousand books go in by their columns and come out whole")
    func books() throws {
        let box = try Sandbox()
        let schema = RealData.root.appendingPathComponent("schemas/book.yaml").path
        #expect(try box.lvkv("schema", "apply", schema).status == 0)
        let map = ["id=book_id", "genre=language_code", "author=authors", "year=original_publication_year"]
        let file = "\(RealData.directory)/goodbooks-10k.csv"
        let outcome = try box.lvkv(["import", "--quiet", "--schema", "book"] + map.flatMap { ["--map", $0] } + [file])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try box.lvkv("record", "count", "book").output == "10000\n")
        #expect(try box.lvkv("record", "count", "book", "").output == "1084\n")
        #expect(try box.lvkv("verify").status == 0)
        #expect(try box.lvkv("export", "--schema", "book", "one.csv").status == 0)
        #expect(try box.lvkv("import", "--quiet", "--schema", "book", "one.csv").status == 0)
        #expect(try box.lvkv("export", "--schema", "book", "two.csv").status == 0)
        #expect(try box.read("one.csv") == box.read("two.csv"))
    }

    @Test("63,425 packages are the same lines when they come out, after a sort")
    func packages() throws {
        let box = try Sandbox()
        let schema = RealData.root.appendingPathComponent("schemas/package.yaml").path
        #expect(try box.lvkv("schema", "apply", schema).status == 0)
        let unpack = Process()
        unpack.executableURL = URL(fileURLWithPath: "/bin/sh")
        unpack.arguments = ["-c", "gzip -dc '\(RealData.directory)/debian-packages.jsonl.gz' > packages.jsonl"]
        unpack.currentDirectoryURL = URL(fileURLWithPath: box.path)
        try unpack.run()
        unpack.waitUntilExit()
        let imported = try box.lvkv("import", "--schema", "package", "packages.jsonl")
        #expect(imported.output == "imported 63,425 rows\n", "\(imported.errors)")
        // In the order of the input's members.
        let order = "name,section,version,architecture,priority,installed_size,maintainer,description,depends"
        #expect(try box.lvkv("export", "--schema", "package", "--fields", order, "out.jsonl").status == 0)
        let input = try box.read("packages.jsonl").utf8.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        let output = try box.read("out.jsonl").utf8.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        #expect(input.count == 63_425)
        #expect(Set(input) == Set(output))
        #expect(output.count == input.count)
    }
}
