import Foundation
import Testing

@Suite("Commands on a server")
struct RemoteTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs `body` with a server on the sandbox's database; it is given a way to run commands there.
    private func withServer(_ body: (([String], String) throws -> Outcome) throws -> Void) throws {
        let port = UInt16.random(in: 10_000..<30_000)
        let server = Process()
        server.executableURL = Outcome.executable
        server.arguments = ["serve", "--db", sandbox.database, "--port", "\(port)"]
        server.standardError = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        let run: ([String], String) throws -> Outcome = { [sandbox] words, input in
            try Outcome.of(
                ["--url", "redis://127.0.0.1:\(port)"] + words, input: Data(input.utf8), directory: sandbox.path)
        }
        while try run(["shell", "PING"], "").status != 0 { try #require(server.isRunning) }
        try body(run)
    }

    @Test("plain keys are put, got, deleted, scanned and counted as on a directory")
    func plainKeys() throws {
        try withServer { run in
            #expect(try run(["put", "a", "1"], "").status == 0)
            #expect(try run(["put", "b", "--sync"], "two\n").status == 0)
            #expect(try run(["get", "b"], "").output == "two\n")
            #expect(try run(["get", "nope"], "").status == 1)
            #expect(try run(["batch"], #"{"put":"c","value":"3"}"# + "\n" + #"{"delete":"a"}"#).status == 0)
            #expect(try run(["shell", "RPUSH", "list", "x"], "").output == "1\n")
            #expect(try run(["scan"], "").lines == ["b\ttwo\\n", "c\t3", "list\t(list)"])
            #expect(try run(["scan", "--reverse", "--limit", "2", "--keys"], "").lines == ["list", "c"])
            #expect(
                try run(["scan", "--from", "c", "--format", "jsonl"], "").lines.last == #"{"key":"list","kind":"list"}"#
            )
            #expect(try run(["count"], "").output == "3\n")
            let refused = try run(["get", "list"], "")
            #expect(refused.status == 65)
            #expect(refused.errors.contains("LRANGE"))
            #expect(try run(["delete", "b", "nope"], "").status == 1)
            #expect(try run(["count"], "").output == "2\n")
            // Who comes by the directory is told that it is held.
            #expect(try sandbox.lvkv("count").status == 69)
            #expect(try run(["compact"], "").status == 0)
            #expect(try run(["compact", "--prefix", "b"], "").status == 0)
            #expect(try run(["verify"], "").status == 64)
        }
        #expect(try sandbox.lvkv("scan", "--keys").lines == ["c", "list"])
    }

    @Test("records are written, read, changed, asked for and deleted as on a directory")
    func records() throws {
        try sandbox.write("book.yaml", RecordCommandTests.book)
        #expect(try sandbox.lvkv("schema", "apply", "book.yaml").status == 0)
        let shown = try sandbox.lvkv("schema", "show", "book").output
        let listed = try sandbox.lvkv("schema", "list", "--format", "json").output
        let dune = #"{"genre":"sf","id":"1","title":"Dune","author":"Frank Herbert","year":1965,"extra":{"a":2.50}}"#
        let solaris = #"{"genre":"sf","id":"2","title":"Solaris","author":"Lem","year":null}"#
        try withServer { run in
            #expect(try run(["schema", "show", "book"], "").output == shown)
            #expect(try run(["schema", "list", "--format", "json"], "").output == listed)
            #expect(try run(["record", "put", "book", dune], "").status == 0)
            #expect(try run(["record", "insert", "book"], solaris).status == 0)
            #expect(try run(["record", "insert", "book", solaris], "").status == 65)
            #expect(try run(["record", "get", "book", "sf", "1"], "").output == dune + "\n")
            #expect(try run(["record", "get", "book", "sf", "9"], "").status == 1)
            #expect(try run(["record", "get", "nope", "sf"], "").status == 1)
            #expect(try run(["record", "get", "book", "sf"], "").status == 64)
            #expect(try run(["record", "scan", "book", "sf"], "").lines == [dune, solaris])
            #expect(
                try run(["record", "scan", "book", "--reverse", "--fields", "id,year", "--format", "csv"], "").lines
                    == ["id,year", "2,\\N", "1,1965"])
            let page = try run(["record", "scan", "book", "--page-token", "start", "--limit", "1"], "")
            #expect(page.lines == [dune])
            let token = page.errors.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
            let next = try run(["record", "scan", "book", "--page-token", token], "")
            #expect(next.lines == [solaris])
            #expect(try run(["record", "scan", "book", "sf", "--from", "2", "--filter"], "").lines == [solaris])
            #expect(try run(["record", "count", "book", "sf"], "").output == "2\n")
            #expect(
                try run(["record", "update", "book", "sf", "2", "--set", "year=1961", "--set", "author="], "").status
                    == 0)
            #expect(
                try run(["record", "update", "book", "sf", "1", "--unset", "extra", "--null", "year"], "").status == 0)
            #expect(try run(["record", "update", "book", "sf", "9", "--set", "year=1"], "").status == 1)
            #expect(
                try run(["query", "book", "--where", "year = 1961", "--select", "id,author"], "").lines
                    == [#"{"id":"2","author":""}"#])
            #expect(try run(["query", "book", "--filter", #"{"genre":"sf"}"#, "--count"], "").output == "2\n")
            #expect(
                try run(["query", "book", "--order", "id:desc", "--limit", "1", "--skip", "1", "--select", "id"], "")
                    .lines == [#"{"id":"1"}"#])
            #expect(try run(["query", "book", "--where", "yeer = 1"], "").status == 64)
            #expect(try run(["query", "book", "--distinct", "genre"], "").lines == [#"{"genre":"sf"}"#])
            #expect(try run(["query", "book", "--distinct", "yeer"], "").status == 65)
            #expect(try run(["query", "book", "--distinct", "genre", "--memory", "1"], "").status == 64)
            #expect(
                try run(["query", "book", "--where", "genre = 'sf'", "--explain"], "").output.contains("returned 2"))
            #expect(try run(["record", "delete", "book", "sf", "1", "--dry-run"], "").output.contains("Dune"))
            #expect(try run(["record", "delete", "book", "sf", "1"], "").status == 0)
            #expect(try run(["record", "delete", "book", "sf", "1"], "").status == 1)
            #expect(try run(["schema", "remove", "book"], "").status == 65)
            #expect(try run(["delete", "--under", "book:sf", "--dry-run"], "").output.hasPrefix("would remove "))
            // The record needs its title.
            #expect(try run(["delete", "--under", "book:sf"], "").status == 65)
            #expect(try run(["record", "delete", "book", "sf", "2"], "").status == 0)
            #expect(try run(["put", "tmp:1", "x"], "").status == 0)
            #expect(try run(["delete", "--prefix", "tmp:"], "").output == "removed 1 key\n")
            #expect(try run(["delete", "--prefix", ""], "").status == 64)
            #expect(try run(["record", "count", "book"], "").output == "0\n")
            #expect(try run(["schema", "remove", "book"], "").status == 0)
            #expect(try run(["schema", "show", "book"], "").status == 1)
        }
    }

    @Test("schemas are applied and documents kept as on a directory")
    func schemasAndDocuments() throws {
        try sandbox.write("book.yaml", RecordCommandTests.book)
        try withServer { run in
            #expect(try run(["schema", "apply", "book.yaml"], "").output == "schema book: created, version 1\n")
            #expect(try run(["schema", "apply", "book.yaml"], "").output == "schema book: unchanged, version 1\n")
            let newer = RecordCommandTests.book.replacingOccurrences(of: "version: 1", with: "version: 2")
            try sandbox.write("book.yaml", newer + "\n  pages:  {id: 7, type: int}")
            #expect(try run(["schema", "diff", "book.yaml"], "").output.contains("pages"))
            let applied = try run(["schema", "apply", "book.yaml"], "")
            #expect(applied.lines.first == "schema book: updated from version 1 to 2")
            #expect(applied.lines.last?.contains("pages") == true)
            #expect(
                try run(["schema", "apply", "--plan", "book.yaml"], "").output
                    == "schema book: nothing would change, version 2\n")
            #expect(
                try run(["doc", "insert", "notes", #"{"_id":1,"n":1}"#], #"{"_id":2,"n":2}"#).output == "1\n")
            #expect(try run(["doc", "insert", "notes"], #"{"_id":2,"n":2.50}"#).output == "2\n")
            #expect(
                try run(["doc", "find", "notes", "--sort", #"{"n":-1}"#], "").lines
                    == [#"{"_id":2,"n":2.50}"#, #"{"_id":1,"n":1}"#])
            #expect(
                try run(
                    ["doc", "find", "notes", #"{"n":1}"#, "--format", "json", "--project", #"{"_id":0}"#], ""
                ).output == "[\n {\"n\":1}\n]\n")
            #expect(try run(["doc", "find", "notes", "--explain"], "").output.contains("plan "))
            #expect(try run(["doc", "count", "notes", #"{"n":{"$gt":1}}"#], "").output == "1\n")
            #expect(try run(["doc", "distinct", "notes", "n"], "").lines == ["1", "2.5"])
            #expect(try run(["doc", "distinct", "notes", "n", #"{"_id":1}"#], "").lines == ["1"])
            let many = ["doc", "update", "notes", "{}", #"{"$set":{"m":0}}"#, "--many"]
            #expect(try run(many, "").output == "matched 2, changed 2\n")
            #expect(try run(["doc", "update", "notes", #"{"_id":9}"#, #"{"$set":{"m":0}}"#], "").status == 1)
            #expect(
                try run(["doc", "update", "notes", #"{"_id":9}"#, #"{"$set":{"m":0}}"#, "--upsert"], "").output
                    == "inserted 9\n")
            #expect(
                try run(["doc", "delete", "notes", "{}", "--dry-run"], "").output == "would remove 1 document\n")
            #expect(try run(["doc", "delete", "notes", "{}", "--many"], "").output == "removed 3 documents\n")
            #expect(try run(["doc", "delete", "notes", "{}"], "").status == 1)
            #expect(try run(["doc", "insert", "notes", "{}", "--sync"], "").status == 64)
            #expect(try run(["stats"], "").output.contains("memory"))
            #expect(try run(["stats", "--format", "json"], "").output.contains(#""memory":"#))
        }
    }

    /// What a command prints on a server's database is what it prints on a directory.
    private func expectSame(_ words: [String], _ run: ([String], String) throws -> Outcome, _ other: String) throws {
        let remote = try run(words, "")
        let local = try Outcome.of(["--db", other] + words, input: Data(), directory: sandbox.path)
        #expect(remote.output == local.output)
        #expect(remote.status == local.status)
    }

    private static let books = """
        genre,id,title,author,year
        sf,1,Dune,Frank Herbert,1965
        sf,2,Solaris,Lem,1961
        sf,3,Void,,soon
        novel,1,Emma,Jane Austen,1815

        """

    @Test("imports and exports are those of a directory, bad rows and all")
    func importing() throws {
        try sandbox.write("book.yaml", RecordCommandTests.book)
        try sandbox.write("books.csv", Self.books)
        try sandbox.write("notes.jsonl", #"{"_id":1,"n":2.50}"# + "\n" + #"{"_id":"x","tags":["a"]}"# + "\n")
        try sandbox.write("whole.json", #"{"a":{"n":1},"b":{"n":[null,true]}}"#)
        try sandbox.write(
            "dump.jsonl", #"{"key":"k1","value":"v"}"# + "\n" + #"{"key_hex":"00ff","value_hex":"fe"}"# + "\n")
        let other = sandbox.file("other")
        try withServer { run in
            func both(_ words: String...) throws { try expectSame(words, run, other) }
            try both("schema", "apply", "book.yaml")
            try both("import", "--schema", "book", "books.csv", "--dry-run", "--on-error", "skip")
            try both("record", "count", "book")
            try both("import", "--schema", "book", "books.csv")
            try both("record", "count", "book")
            let stopped = try run(["import", "--schema", "book", "books.csv"], "")
            #expect(stopped.status == 65)
            #expect(stopped.errors.contains("row 3") && stopped.errors.contains("2 rows before went in"))
            try both("import", "--schema", "book", "books.csv", "--on-error", "skip", "--sync")
            #expect(
                try run(
                    ["import", "--schema", "book", "books.csv", "--on-error", "collect", "bad.csv", "--insert"], ""
                )
                .output == "imported 0 rows, left out 4\n")
            #expect(try sandbox.read("bad.csv").contains("soon"))
            try both("export", "--schema", "book")
            try both("export", "--schema", "book", "--format", "csv", "--fields", "id,title")
            try both("import", "--collection", "notes", "notes.jsonl", "--dry-run")
            try both("doc", "count", "notes")
            try both("import", "--collection", "notes", "notes.jsonl")
            try both("import", "--format", "json-collection", "whole.json")
            try both("import", "--collection", "notes", "notes.jsonl", "--insert", "--on-error", "skip")
            try both("doc", "find", "notes", "--sort", #"{"_id":1}"#)
            try both("doc", "find", "whole")
            try both("export", "--schema", "whole")
            try both("import", "dump.jsonl")
            try both("import", "dump.jsonl", "--dry-run")
            try both("export")
            #expect(try run(["export", "copy.jsonl"], "").status == 0)
            #expect(try sandbox.read("copy.jsonl").contains(#"{"key_hex":"00ff","value_hex":"fe"}"#))
            #expect(try run(["import", "--schema", "none", "books.csv"], "").status == 1)
        }
    }

    @Test("records are moved and found by indexes, and indexes and schemas looked after, as on a directory")
    func maintenance() throws {
        try sandbox.write("book.yaml", RecordCommandTests.book + "\nindexes:\n  byYear: {id: 1, on: [year]}\n")
        try sandbox.write("books.csv", Self.books)
        let moved = RecordCommandTests.book.replacing("version: 1", with: "version: 2")
            .replacing("{genre}:{id}", with: "{id}:{genre}")
        try sandbox.write("moved.yaml", moved + "\nindexes:\n  byYear: {id: 1, on: [year]}\n")
        let other = sandbox.file("other")
        try withServer { run in
            func both(_ words: String...) throws { try expectSame(words, run, other) }
            try both("schema", "apply", "book.yaml")
            try both("import", "--schema", "book", "books.csv", "--on-error", "skip")
            try both("record", "find", "book", "--index", "byYear", "--from", "1900", "--reverse")
            try both("record", "find", "book", "--index", "byYear", "1815", "--fields", "title")
            try both("record", "find", "book", "--index", "byYear", "--page-token", "start", "--limit", "2")
            try both("record", "find", "book", "--index", "byName")
            try both("record", "move", "book", "sf", "2", "--to", "novel", "2")
            try both("record", "move", "book", "sf", "2", "--to", "novel", "3")
            try both("record", "move", "book", "sf", "1", "--to", "novel", "1")
            try both("record", "move", "book", "sf", "1", "--to", "novel", "1", "--overwrite")
            try both("record", "scan", "book")
            for range in [["--from", "1"], ["--starts-with", "2"], ["--from", "1", "--to", "3"]] {
                try expectSame(["record", "scan", "book", "novel", "--filter"] + range, run, other)
                try expectSame(["record", "count", "book", "novel", "--filter"] + range, run, other)
            }
            try both("query", "book", "--distinct", "year")
            try both("query", "book", "--distinct", "author", "--where", "year > 1900", "--format", "csv")
            try both("query", "book", "--group-by", "genre", "--aggregate", "count,sum:year,avg:year,min:title")
            try both("query", "book", "--group-by", "genre,author", "--format", "csv")
            try both("query", "book", "--aggregate", "count")
            try both("query", "book", "--aggregate", "most")
            try both("query", "book", "--distinct", "genre", "--explain")
            try both("index", "list")
            try both("index", "list", "book", "--format", "json")
            try both("index", "verify", "book")
            try both("index", "rebuild", "book")
            try both("schema", "apply", "--plan", "moved.yaml")
            try both("schema", "apply", "moved.yaml")
            try both("schema", "show", "book")
            try both("schema", "rollback", "book", "--dry-run")
            try both("schema", "rollback", "book")
            try both("record", "scan", "book")
            try both("schema", "apply", "moved.yaml")
            try both("schema", "commit", "book")
            try both("schema", "commit", "book")
            let history = try run(["schema", "history", "book"], "").output
            #expect(history.contains("committed") && history.contains("rolled back to"))
            try both("doc", "insert", "notes", #"{"_id":1,"n":1}"#)
            try both("doc", "replace", "notes", #"{"_id":1}"#, #"{"n":2}"#)
            try both("doc", "replace", "notes", #"{"_id":2}"#, #"{"n":2}"#)
            try both("doc", "replace", "notes", #"{"_id":2}"#, #"{"_id":2,"n":2}"#, "--upsert")
            try both("doc", "index", "notes", #"{"n":-1}"#, "--name", "byN")
            try both("doc", "find", "notes", #"{"n":2}"#, "--explain")
            try both("doc", "drop-index", "notes", "byN")
            try both("doc", "drop-index", "notes", "byN")
        }
    }
}

@Suite("Commands on a directory with structures")
struct StructureDirectoryTests {
    let sandbox: Sandbox
    init() throws {
        sandbox = try Sandbox()
        let lines = "SET plain 1\nRPUSH list a b\nSADD set a\nSET short 1 PX 1\nSET long 1 EX 1000\n"
        #expect(try sandbox.lvkv("shell", input: lines).status == 0)
        Thread.sleep(forTimeInterval: 0.01)
    }

    @Test("scans and counts show all kinds, and what has expired not")
    func scanning() throws {
        #expect(try sandbox.lvkv("scan").lines == ["list\t(list)", "long\t1", "plain\t1", "set\t(set)"])
        #expect(try sandbox.lvkv("count").output == "4\n")
        #expect(try sandbox.lvkv("get", "short").status == 1)
        #expect(try sandbox.lvkv("get", "long").output == "1")
    }

    @Test("who gets a structure is told how to print it; put and delete take its place")
    func replacing() throws {
        let outcome = try sandbox.lvkv("get", "list")
        #expect(outcome.status == 65)
        #expect(outcome.hasOneErrorLine)
        #expect(outcome.errors.contains("LRANGE"))
        #expect(try sandbox.lvkv("put", "list", "plain").status == 0)
        #expect(try sandbox.lvkv("get", "list").output == "plain")
        #expect(try sandbox.lvkv("delete", "set").status == 0)
        #expect(try sandbox.lvkv("count").output == "3\n")
    }

    @Test("an export says what it leaves out, and stats count the kinds")
    func exporting() throws {
        let outcome = try sandbox.lvkv("export")
        #expect(outcome.lines.count == 2)
        #expect(outcome.errors.contains("2 structures left out"))
        let stats = try sandbox.lvkv("stats", "--format", "json").output
        #expect(stats.contains(#""structures":{"expiring":1,"list":1,"set":1}"#))
        #expect(try sandbox.lvkv("stats").output.contains("list       1 key"))
    }
}
