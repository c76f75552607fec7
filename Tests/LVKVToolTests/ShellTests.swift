import Foundation
import RESP
import StoreConformance
import Testing

@testable import LVKVTool

@Suite("The shell's line editor")
struct LineEditorTests {
    /// Types keys, and returns what the last one did.
    @discardableResult
    private func type(_ keys: String, into editor: inout LineEditor) -> LineEditor.Action {
        keys.utf8.reduce(.none) { _, byte in editor.take(byte) }
    }

    @Test(
        "keys edit the line as in other shells",
        arguments: [
            ("hello", "hello", 5),
            ("hello\u{01}x", "xhello", 1),
            ("hello\u{02}\u{02}\u{0B}", "hel", 3),
            ("hello\u{7F}\u{08}", "hel", 3),
            ("one two\u{17}", "one ", 4),
            ("one two\u{1B}b\u{1B}d", "one ", 4),
            ("one two\u{15}\u{19}!", "one two!", 8),
            ("ab\u{1B}[D\u{1B}[3~", "a", 1),
            ("ab\u{1B}[H\u{04}", "b", 0),
            ("ab\u{1B}[1;5D\u{1B}[C-", "a-b", 2),
            ("ba\u{14}", "ab", 2),
            ("zoë\u{02}\u{02}\u{06}x", "zoxë", 3),
            ("cafe\u{301}\u{7F}", "caf", 3),
            ("👩‍👧a\u{02}\u{7F}", "a", 0),
            ("\u{7F}\u{02}\u{0B}\u{17}\u{1B}[D", "", 0),
            ("a\u{1B}[99;99Xb", "ab", 2),
        ])
    func editing(keys: String, text: String, cursor: Int) {
        var editor = LineEditor()
        type(keys, into: &editor)
        #expect(editor.text == text)
        #expect(editor.cursor == cursor)
    }

    @Test("Enter hands the line over, Ctrl-C gives it up, Ctrl-D on an empty one ends")
    func ending() {
        var editor = LineEditor()
        #expect(type("get a\r", into: &editor) == .submit("get a"))
        #expect(type("get b\u{03}", into: &editor) == .cancel)
        #expect(editor.text == "")
        #expect(type("x\u{04}", into: &editor) == .redraw)
        #expect(type("\u{7F}\u{04}", into: &editor) == .end)
        #expect(type("\u{0C}", into: &editor) == .clear)
        #expect(type("\t", into: &editor) == .complete)
    }

    @Test("the arrows go through earlier lines, and back to what was being typed")
    func history() {
        var editor = LineEditor(history: ["one"])
        editor.remember("two")
        editor.remember("two")
        editor.remember("")
        #expect(editor.history == ["one", "two"])
        type("dra", into: &editor)
        var seen: [String] = []
        for key in ["\u{1B}[A", "\u{1B}OA", "\u{10}", "\u{1B}[B", "\u{0E}", "\u{0E}"] {
            type(key, into: &editor)
            seen.append(editor.text)
        }
        #expect(seen == ["two", "one", "one", "two", "dra", "dra"])
    }

    @Test("any bytes leave the cursor within the line", arguments: [1, 2, 3] as [UInt64])
    func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var editor = LineEditor(history: ["one", "two words"])
        let keys = Array("\u{1B}[ABCDHF3~O;5\t\u{01}\u{05}\u{0B}\u{15}\u{17}\u{19}\u{7F}\u{14}bfd é👩".utf8)
        for _ in 0..<20_000 {
            let byte =
                Bool.random(using: &random)
                ? keys.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            _ = editor.take(byte)
            #expect((0...editor.line.count).contains(editor.cursor), "seed \(seed)")
            _ = editor.wordsBeforeCursor
        }
    }

    @Test("the word before the cursor is what completion is about")
    func words() {
        var editor = LineEditor()
        #expect(editor.wordsBeforeCursor == [""])
        type("get  us\u{02}", into: &editor)
        #expect(editor.wordsBeforeCursor == ["get", "u"])
        type("\u{05} ", into: &editor)
        #expect(editor.wordsBeforeCursor == ["get", "us", ""])
        type("a", into: &editor)
        editor.replaceWord(with: "apple ")
        #expect(editor.text == "get  us apple ")
    }
}

@Suite("The shell")
struct ShellTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test(
        "replies are shown as redis-cli shows them",
        arguments: [
            (Reply.simple(Array("OK".utf8)), "OK\n", "OK\n"),
            (.error(Array("ERR no".utf8)), "(error) ERR no\n", "ERR no\n"),
            (.integer(-3), "(integer) -3\n", "-3\n"),
            (.bulk(Array("a \"b\"\n\u{1B}".utf8)), "\"a \\\"b\\\"\\n\\x1b\"\n", "a \"b\"\n\u{1B}\n"),
            (.null, "(nil)\n", "\n"),
            (.array([]), "(empty array)\n", "\n"),
            (.bool(true), "(true)\n", "true\n"),
            (.double(1.5), "(double) 1.5\n", "1.5\n"),
            (
                .array([.integer(1), .array([.bulk([0x61]), .null]), .integer(2)]),
                "1) (integer) 1\n2) 1) \"a\"\n   2) (nil)\n3) (integer) 2\n", "1\na\n\n2\n"
            ),
            (
                .map([Reply.Pair(.bulk([0x61]), .integer(1)), Reply.Pair(.bulk([0x62]), .set([.integer(2)]))]),
                "1# \"a\" => (integer) 1\n2# \"b\" => 1~ (integer) 2\n", "a\n1\nb\n2\n"
            ),
        ])
    func replies(reply: Reply, readable: String, raw: String) {
        #expect(String(decoding: ReplyText.readable(reply), as: UTF8.self) == readable)
        #expect(String(decoding: ReplyText.raw(reply), as: UTF8.self) == raw)
    }

    @Test("commands come from a pipe, one a line, and what they write stays")
    func pipe() throws {
        let first = try sandbox.lvkv("shell", input: "SET greeting 'hello world'\n\nget greeting\nhelp get\n")
        #expect(first.status == 0)
        #expect(first.lines.prefix(2) == ["OK", "hello world"])
        #expect(first.output.contains("GET key"))
        let second = try sandbox.lvkv("shell", input: "NOPE\nquit\nSET greeting late\n")
        #expect(second.status == 65)
        #expect(second.output.hasPrefix("ERR unknown command 'NOPE'"))
        #expect(try sandbox.lvkv("get", "greeting").output == "hello world")
        #expect(try sandbox.lvkv("shell", input: "GET 'open\n").status == 65)
    }

    @Test("a command on the command line is run, whatever its words")
    func words() throws {
        #expect(try sandbox.lvkv("shell", "SET", "-a", "--db").output == "OK\n")
        #expect(try sandbox.lvkv("shell", "GET", "-a").output == "--db\n")
        #expect(try sandbox.lvkv("shell", "GET").status == 65)
    }

    @Test("a word is quoted so that it reads back as itself", arguments: [1, 2] as [UInt64])
    func quoting(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let word = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            #expect(ShellLine.words("get \(ShellLine.quoted(word))") == [Array("get".utf8), word], "seed \(seed)")
        }
    }
}

@Suite("The address of a server")
struct ServerAddressTests {
    @Test(
        "is read from its URL",
        arguments: [
            ("redis://host", "host", 6380, nil, nil, 0),
            ("redis://host:7000/3", "host", 7000, nil, nil, 3),
            ("redis://:secret@host/", "host", 6380, nil, "secret", 0),
            ("redis://ann:p%40ss:word@127.0.0.1:1", "127.0.0.1", 1, "ann", "p@ss:word", 0),
            ("redis://[::1]:7000", "::1", 7000, nil, nil, 0),
            ("redis://[::1]", "::1", 6380, nil, nil, 0),
        ] as [(String, String, UInt16, String?, String?, Int)])
    func reading(text: String, host: String, port: UInt16, user: String?, password: String?, database: Int) throws {
        let address = try ServerAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.user == user)
        #expect(address.password == password)
        #expect(address.database == database)
        #expect(!address.description.contains("word"))
    }

    @Test(
        "is refused with the reason, and without the password",
        arguments: [
            "", "host:6380", "rediss://host", "redis://", "redis://:secret@", "redis://host:0", "redis://host:99999",
            "redis://host/16", "redis://host/x", "redis://a:%zzsecret@host",
        ])
    func refusing(text: String) {
        let failure = #expect(throws: Failure.self) { try ServerAddress(text) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("secret") == false)
    }

    @Test("is either a URL or a directory; who cannot be reached is named")
    func place() throws {
        let sandbox = try Sandbox()
        #expect(try sandbox.lvkv("shell", "--url", "redis://127.0.0.1:1", "PING").status == 64)
        let outcome = try Outcome.of(
            ["--url", "redis://:secret@127.0.0.1:1", "shell", "PING"], input: Data(), directory: sandbox.path)
        #expect(outcome.status == 69)
        #expect(outcome.hasOneErrorLine)
        #expect(outcome.errors.contains("127.0.0.1:1"))
        #expect(!outcome.errors.contains("secret"))
    }
}
