import Foundation
import Testing

@Suite("Plain keys on the command line")
struct PlainCommandTests {
    @Test("what put stores, get prints byte for byte")
    func putAndGet() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "greeting", "hello").status == 0)
        let got = try box.lvkv("get", "greeting")
        #expect(got.status == 0)
        #expect(got.output == "hello")
        #expect(try box.lvkv("get", "greeting", "--format", "text").output == "hello\n")
        #expect(
            try box.lvkv("get", "greeting", "--format", "json").output == "{\"key\":\"greeting\",\"value\":\"hello\"}\n"
        )
    }

    @Test("all bytes go in by standard input, by file and as hex, and come out as they were")
    func binary() throws {
        let box = try Sandbox()
        let all = Data((0...255).map { UInt8($0) })
        #expect(try box.lvkv(["put", "in"], input: all).status == 0)
        #expect(try box.lvkv(["get", "in"]).bytes == all)
        #expect(try box.lvkv(["put", "dash", "-"], input: all).status == 0)
        #expect(try box.lvkv(["get", "dash"]).bytes == all)

        try all.write(to: URL(fileURLWithPath: box.file("all")))
        #expect(try box.lvkv("put", "--key-file", "all", "--value-file", "all").status == 0)
        #expect(try box.lvkv("get", "--key-file", "all").bytes == all)

        #expect(try box.lvkv("put", "--hex", "00fe", "cafe00").status == 0)
        #expect(try box.lvkv("get", "--hex", "00fe", "--format", "raw").bytes == Data([0xCA, 0xFE, 0]))
        #expect(try box.lvkv("get", "--hex", "00fe").output == "cafe00\n")
        #expect(
            try box.lvkv("get", "--hex", "00fe", "--format", "jsonl").output
                == "{\"key_hex\":\"00fe\",\"value_hex\":\"cafe00\"}\n")
    }

    @Test("an empty value is there, a missing key is not")
    func emptyAndMissing() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "empty", "").status == 0)
        let empty = try box.lvkv("get", "empty")
        #expect(empty.status == 0)
        #expect(empty.bytes.isEmpty)
        let missing = try box.lvkv("get", "missing")
        #expect(missing.status == 1)
        #expect(missing.hasOneErrorLine)
        #expect(missing.output.isEmpty)
    }

    @Test("keys and values that begin with a dash follow two dashes")
    func dashes() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "--", "-5", "--minus").status == 0)
        #expect(try box.lvkv("get", "--", "-5").output == "--minus")
        let refused = try box.lvkv("put", "-5", "x")
        #expect(refused.status == 64)
        #expect(refused.hasOneErrorLine)
        #expect(refused.errors.contains("put -- before"))
    }

    @Test("the directory may stand anywhere on the line, or in the environment")
    func place() throws {
        let box = try Sandbox()
        for arguments in [
            ["--db", box.database, "put", "a", "1"], ["put", "--db", box.database, "a", "1"],
            ["put", "a", "1", "--db", box.database], ["--db=\(box.database)", "put", "a", "1"],
        ] {
            #expect(try Outcome.of(arguments).status == 0, "\(arguments)")
        }
        #expect(try Outcome.of(["get", "a"], environment: ["LVKV_DB": box.database]).output == "1")
        let nowhere = try Outcome.of(["get", "a"])
        #expect(nowhere.status == 64)
        #expect(nowhere.hasOneErrorLine)
    }

    @Test("scan and count take a prefix, whole parts and bounds")
    func ranges() throws {
        let box = try Sandbox()
        for key in ["book:fantasy:1", "book:fantasy:2", "book:fantasy2:1", "book", "cat"] {
            #expect(try box.lvkv("put", key, "v").status == 0)
        }
        func keys(_ arguments: String...) throws -> [String] {
            try box.lvkv(["scan", "--keys"] + arguments).lines
        }
        #expect(try keys("--prefix", "book:fantasy") == ["book:fantasy2:1", "book:fantasy:1", "book:fantasy:2"])
        #expect(try keys("--under", "book:fantasy") == ["book:fantasy:1", "book:fantasy:2"])
        #expect(try keys("--under", "book").count == 3)
        #expect(try keys("--from", "book:fantasy:2", "--to", "cat") == ["book:fantasy:2"])
        #expect(try keys("--from", "z", "--to", "a") == [])
        #expect(try keys("--reverse", "--limit", "2") == ["cat", "book:fantasy:2"])
        #expect(try keys("--limit", "0") == [])
        #expect(try box.lvkv("count").output == "5\n")
        #expect(try box.lvkv("count", "--under", "book:fantasy").output == "2\n")
        #expect(try box.lvkv("count", "--prefix", "x").output == "0\n")
    }

    @Test("what a scan prints as text is one line a key and cannot command a terminal")
    func scanText() throws {
        let box = try Sandbox()
        let value = Data("a\tb\n\u{1B}[31m\\\u{202E}é".utf8) + Data([0xFF, 0x9B])
        #expect(try box.lvkv(["put", "k"], input: value).status == 0)
        #expect(try box.lvkv("scan").output == "k\ta\\tb\\n\\x1b[31m\\\\\\u{202e}é\\xff\\x9b\n")
        #expect(try box.lvkv("scan", "--values").lines.count == 1)
        #expect(try box.lvkv("get", "k").bytes == value)
    }

    @Test("the lines of a scan are a batch that writes the same again")
    func scanAndBatch() throws {
        let box = try Sandbox()
        let binary = Data([0, 0xFE, 0x22, 0x0A])
        #expect(try box.lvkv(["put", "--key-file", "-", "--value-file", "v"], input: binary).status == 74)
        try binary.write(to: URL(fileURLWithPath: box.file("v")))
        #expect(try box.lvkv(["put", "--key-file", "-", "--value-file", "v"], input: binary).status == 0)
        #expect(try box.lvkv("put", "é \"quoted\"", "line\nline").status == 0)
        let lines = try box.lvkv("scan", "--format", "jsonl")
        let other = try Sandbox()
        #expect(try other.lvkv(["batch"], input: lines.bytes).status == 0)
        #expect(try other.lvkv("scan", "--format", "jsonl").bytes == lines.bytes)
    }

    @Test("a batch is written whole or not at all")
    func batch() throws {
        let box = try Sandbox()
        let good = "{\"put\":\"a\",\"value\":\"1\"}\r\n\n{\"put\":\"b\",\"value\":\"2\"}\n{\"delete\":\"a\"}"
        #expect(try box.lvkv("batch", "--sync", input: good).status == 0)
        #expect(try box.lvkv("scan").output == "b\t2\n")
        for bad in [
            "{\"put\":\"c\"}", "[]", "{\"put\":\"c\",\"value\":\"1\"", "{\"value\":\"x\"}",
            "{\"put\":1,\"value\":\"\"}",
            "{\"put_hex\":\"0\",\"value\":\"\"}", "{\"put\":\"c\",\"value\":\"1\",\"delete\":\"b\"}",
            "{\"put\":\"c\",\"value\":\"\",\"x\":1}",
        ] {
            let outcome = try box.lvkv("batch", input: "{\"put\":\"c\",\"value\":\"1\"}\n\(bad)\n")
            #expect(outcome.status == 65, "\(bad)")
            #expect(outcome.hasOneErrorLine, "\(bad)")
            #expect(outcome.errors.contains("line 2"), "\(bad)")
        }
        #expect(try box.lvkv("count").output == "1\n")
    }

    @Test("delete removes what is named, and says when it was not there")
    func delete() throws {
        let box = try Sandbox()
        for key in ["a", "b", "tmp:1", "tmp:2"] { #expect(try box.lvkv("put", key, "xyz").status == 0) }
        #expect(try box.lvkv("delete", "a").status == 0)
        let missing = try box.lvkv("delete", "missing", "b")
        #expect(missing.status == 1)
        #expect(missing.hasOneErrorLine)
        #expect(try box.lvkv("get", "b").status == 1)
        #expect(try box.lvkv("delete", "--prefix", "tmp:", "--dry-run").output == "would remove 2 keys, 16 bytes\n")
        #expect(try box.lvkv("count").output == "2\n")
        #expect(try box.lvkv("delete", "--under", "tmp").output == "removed 2 keys, 16 bytes\n")
        #expect(try box.lvkv("count").output == "0\n")
        #expect(try box.lvkv("delete", "a", "--prefix", "b").status == 64)
        #expect(try box.lvkv("delete").status == 64)
    }

    @Test("an empty directory name or bound, as of a variable that is not set, destroys nothing")
    func emptyWords() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "a", "1").status == 0)
        let destroy = try Outcome.of(["destroy", "--yes", "--db", ""], environment: ["LVKV_DB": box.database])
        #expect(destroy.status == 64)
        #expect(destroy.hasOneErrorLine)
        for range in [["--prefix", ""], ["--from", ""], ["--prefix", "", "--from", ""]] {
            let refused = try box.lvkv(["delete"] + range)
            #expect(refused.status == 64)
            #expect(refused.hasOneErrorLine)
            #expect(try box.lvkv(["delete", "--dry-run"] + range).output == "would remove 1 key, 2 bytes\n")
        }
        #expect(try box.lvkv("count").output == "1\n")
        #expect(try box.lvkv("delete", "--prefix", "", "--yes").status == 0)
        #expect(try box.lvkv("count").output == "0\n")
    }

    @Test("a command that only reads creates nothing")
    func readingCreatesNothing() throws {
        let box = try Sandbox()
        for arguments in [
            ["get", "a"], ["scan"], ["count"], ["stats"], ["compact"], ["verify"], ["delete", "a"], ["repair"],
            ["destroy", "--yes"],
        ] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == 69, "\(arguments)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: box.database))
    }
}
