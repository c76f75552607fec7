import Foundation
import Testing

@Suite("Documents on the command line")
struct DocCommandTests {
    @Test("documents are inserted, found, changed, counted and removed")
    func life() throws {
        let box = try Sandbox()
        let made = try box.lvkv(
            "doc", "insert", "notes", #"{"title":"Dune","year":1965,"tags":["sf"]}"#, #"{"_id":7,"year":1961}"#)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.lines.count == 2)
        #expect(made.lines.last == "7")
        let more = #"{"_id":"a","year":1815,"n":1.50}"# + "\n\n" + #"{"_id":"b"}"# + "\n"
        #expect(try box.lvkv("doc", "insert", "notes", input: more).lines == [#""a""#, #""b""#])
        #expect(
            try box.lvkv("doc", "find", "notes", #"{"year":{"$lt":1900}}"#).lines == [
                #"{"_id":"a","year":1815,"n":1.50}"#
            ])
        #expect(
            try box.lvkv(
                "doc", "find", "notes", "--sort", #"{"year":-1}"#, "--limit", "2", "--project", #"{"year":1,"_id":0}"#,
                "--format", "json"
            )
            .output == "[\n {\"year\":1965},\n {\"year\":1961}\n]\n")
        #expect(
            try box.lvkv("doc", "update", "notes", #"{"_id":7}"#, #"{"$inc":{"year":1},"$set":{"a.b":1}}"#).lines == [
                "matched 1, changed 1"
            ])
        #expect(
            try box.lvkv("doc", "update", "notes", "{}", #"{"$set":{"x":1}}"#, "--many").lines == [
                "matched 4, changed 4"
            ])
        #expect(
            try box.lvkv("doc", "update", "notes", #"{"_id":"new"}"#, #"{"$inc":{"n":1}}"#, "--upsert").lines == [
                #"inserted "new""#
            ])
        #expect(try box.lvkv("doc", "replace", "notes", #"{"_id":7}"#, #"{"z":1,"a":2}"#).status == 0)
        #expect(try box.lvkv("doc", "find", "notes", #"{"_id":7}"#).lines == [#"{"_id":7,"z":1,"a":2}"#])
        #expect(try box.lvkv("doc", "count", "notes", #"{"x":1}"#).lines == ["3"])
        #expect(try box.lvkv("doc", "distinct", "notes", "year").lines == ["1815", "1965"])
        #expect(try box.lvkv("doc", "index", "notes", #"{"year":1}"#).lines == ["index year_1"])
        #expect(try box.lvkv("doc", "find", "notes", #"{"year":1965}"#, "--explain").status == 0)
        #expect(try box.lvkv("doc", "drop-index", "notes", "year_1").status == 0)
        #expect(try box.lvkv("doc", "delete", "notes", #"{"year":1815}"#, "-n").lines == ["would remove 1 document"])
        #expect(try box.lvkv("doc", "delete", "notes", #"{"year":1815}"#).lines == ["removed 1 document"])
        #expect(try box.lvkv("doc", "delete", "notes", "{}", "--many").lines == ["removed 4 documents"])
        #expect(try box.lvkv("scan", "--under", "notes").output == "")
    }

    @Test("documents show as plain keys and as records, and are exported and imported as JSON Lines")
    func doors() throws {
        let box = try Sandbox()
        let lines = [#"{"_id":1,"b":{"x":[1,2.50]},"a":null}"#, #"{"_id":"1","a:b":"ü"}"#]
        #expect(try box.lvkv("doc", "insert", "notes", input: lines.joined(separator: "\n")).status == 0)
        #expect(try box.lvkv("get", "notes:1:b").output.hasPrefix(#"{"x":[1,2.50]}"#))
        #expect(try box.lvkv("record", "get", "notes", "1").lines == [lines[0]])
        #expect(try box.lvkv("record", "get", "notes", #""1""#).lines == [lines[1]])
        #expect(
            try box.lvkv("record", "get", "notes", "1", "--fields", "a,b").lines == [#"{"a":null,"b":{"x":[1,2.50]}}"#])
        #expect(try box.lvkv("put", "notes:1:c", "x").status == 65)
        #expect(try box.lvkv("export", "--schema", "notes", "notes.jsonl").status == 0)
        #expect(Set(try box.read("notes.jsonl").split(separator: "\n").map(String.init)) == Set(lines))
        #expect(try box.lvkv("import", "--collection", "copy", "notes.jsonl").lines == ["imported 2 rows"])
        #expect(try box.lvkv("import", "--collection", "copy", "notes.jsonl").lines == ["imported 2 rows"])
        #expect(Set(try box.lvkv("doc", "find", "copy").lines) == Set(lines))
        #expect(try box.lvkv("import", "--collection", "copy", "--insert", "notes.jsonl").status == 65)
        #expect(try box.lvkv("record", "scan", "notes", "--format", "text").output.contains(#"{"a:b":"ü"}"#))
    }

    @Test("a directory of whole collections is taken over, again without a change, and dry without a trace")
    func wholeCollections() throws {
        let box = try Sandbox()
        try FileManager.default.createDirectory(atPath: box.file("data"), withIntermediateDirectories: true)
        try box.write(
            "data/users.json",
            #"{ "u1": {"name":"Ann","_id":"u1"}, "42" : {"name": "Bo\n\"}{", "tags":[{"a":1}]},"#
                + "\n \"\": {}\n}\n")
        try box.write("data/empty.json", "\u{FEFF}{}")
        try box.write("data/notes.txt", "no collection")
        let dry = try box.lvkv("import", "--format", "json-collection", "data", "--dry-run")
        #expect(dry.lines == ["would import 3 rows"], "\(dry.errors)")
        #expect(!FileManager.default.fileExists(atPath: box.database))
        for _ in 0..<2 {
            let done = try box.lvkv("import", "--format", "json-collection", "data")
            #expect(done.lines == ["imported 3 rows"], "\(done.errors)")
            #expect(
                Set(try box.lvkv("doc", "find", "users").lines) == [
                    #"{"_id":""}"#, #"{"_id":"42","name":"Bo\n\"}{","tags":[{"a":1}]}"#, #"{"name":"Ann","_id":"u1"}"#,
                ])
        }
        #expect(try box.lvkv("doc", "count", "empty").lines == ["0"])
        #expect(try box.lvkv("schema", "list").output.contains("empty"))
        #expect(
            try box.lvkv("import", "--format", "json-collection", "--collection", "people", "data/users.json").status
                == 0)
        #expect(try box.lvkv("doc", "count", "people").lines == ["3"])
    }

    private static let wrong: [(text: String, place: String)] = [
        (#"[]"#, "line 1, character 1"), (#"{"a":{}"#, "line 1, character 8"),
        (#"{"a":{} "b":{}}"#, "line 1, character 9"),
        ("{\"a\":{},\n\"b\":{\"x\":01}}", "line 2, character 11"), ("{\"a\":{},\n \"b\": 5}", "row 2 (line 2)"),
        ("{\"a\":{},\n\n \"b\":{\"_id\":\"c\"}}", "row 2 (line 3)"),
        (#"{"a":{},"b":{"x":1,"x":2}}"#, "character 20"),
        (#"{"a":{}} x"#, "line 1, character 10"), (#"{"a":{},"b":{"#, "character 14"),
        (#"{"a":{},"b" 1}"#, "character 13"),
        (#"{"a":{},"b\ud800":{}}"#, "character 11"), (#"{"a":{},5:{}}"#, "character 9"),
        ("", "line 1, character 1"),
        (#"{"a":{},"b":}"#, "character 13"), (#"{"a":{},"b":]}"#, "character 13"), (#"{"a":{},}"#, "character 9"),
    ]

    @Test(
        "a whole collection that is wrong is refused with its place, and what came before stays whole", arguments: wrong
    )
    func wrongCollections(text: String, place: String) throws {
        let box = try Sandbox()
        try box.write("c.json", text)
        let outcome = try box.lvkv("import", "--format", "json-collection", "c.json")
        #expect(outcome.status == 65)
        #expect(outcome.hasOneErrorLine)
        #expect(outcome.errors.contains(place), "\(outcome.errors)")
        let found = try box.lvkv("doc", "find", "c")
        #expect(found.status == 0)
        #expect(found.lines.allSatisfy { $0 == #"{"_id":"a"}"# })
    }

    @Test("bad documents can be passed over or collected")
    func collect() throws {
        let box = try Sandbox()
        try box.write("c.json", #"{"a":{},"b":7,"c":{"x":1}}"#)
        let outcome = try box.lvkv(
            "import", "--format", "json-collection", "c.json", "--on-error", "collect", "bad.jsonl")
        #expect(outcome.status == 0)
        #expect(try box.read("bad.jsonl") == "{\"b\":7}\n")
        #expect(try box.lvkv("doc", "count", "c").lines == ["2"])
    }

    @Test("names and arguments that make no sense are one line and a status")
    func errors() throws {
        let box = try Sandbox()
        try box.write("a b.json", "{}")
        #expect(try box.lvkv("doc", "insert", "notes", #"{"_id":1,"a":"text"}"#).status == 0)
        for (arguments, status) in [
            (["import", "--format", "json-collection", "a b.json"], 65),
            (["import", "--format", "json-collection", "x.txt"], 64),
            (["import", "--format", "json-collection", "none.json"], 74), (["doc", "insert", "notes", "{"], 65),
            (["doc", "insert", "notes", "[1]"], 65), (["doc", "insert", "notes", #"{"_id":1}"#], 65),
            (["doc", "insert", "a:b", "{}"], 65), (["doc", "find", "notes", #"{"$x":1}"#], 64),
            (["doc", "find", "notes", "{}", "--sort", #"{"a":2}"#], 65), (["doc", "update", "notes", "{}", "{}"], 65),
            (["doc", "update", "notes", "{}", #"{"$inc":{"a":1}}"#], 65),
            (["doc", "update", "notes", #"{"_id":2}"#, #"{"$set":{"a":1}}"#], 1),
            (["doc", "delete", "notes", #"{"_id":2}"#], 1), (["doc", "drop-index", "notes", "x"], 1),
            (["doc", "find", "notes", "--format", "csv"], 64),
            (["import", "--collection", "c", "--schema", "s", "x"], 64),
        ] as [([String], Int32)] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
    }

    @Test("ids that processes make at the same time differ")
    func processes() async throws {
        let box = try Sandbox()
        let documents = Array(repeating: "{}", count: 200).joined(separator: "\n")
        let ids = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<6 {
                let path = box.file("db\(number)")
                group.addTask {
                    try Outcome.of(["--db", path, "doc", "insert", "notes"], input: Data(documents.utf8)).lines
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ids.count == 1200)
        #expect(Set(ids).count == 1200)
    }
}
