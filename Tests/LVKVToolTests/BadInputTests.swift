import Foundation
import Testing

/// JSON that other programs choke on, through each door that records come in by.
@Suite("Bad input at the doors of records")
struct BadInputTests {
    private static let schema = """
        schema: item
        version: 1
        key: "item:{id}:{field}"
        fields:
          id: {id: 1, type: string}
          n: {id: 2, type: int}
          d: {id: 3, type: double}
          p: {id: 4, type: decimal, precision: 10, scale: 2}
          t: {id: 5, type: string}
          extra: {id: 6, type: json}
        indexes:
          byTag: {id: 1, on: ["extra.t[]"]}
          byPlace: {id: 2, on: [extra.a.b, extra.t]}

        """

    private func database() throws -> Sandbox {
        let box = try Sandbox()
        try box.write("item.yaml", BadInputTests.schema)
        #expect(try box.lvkv("schema", "apply", "item.yaml").status == 0)
        return box
    }

    /// What is refused, and what the message has to say: where it is bad JSON the column.
    private static let bad: [(line: String, reason: String)] = [
        (#"{"id":"1","n":1,"n":2}"#, "17"), (#"{"id":"1","extra":{"t":1,"t":1}}"#, "26"),
        (#"{"id":"1","t":"\ud800"}"#, "16"), (#"{"id":"1","t":"\udc00x"}"#, "16"),
        (#"{"id":"1","extra":{"\ud83dx":1}}"#, "21"), (#"{"id":"1","t":"abc"#, "19"),
        (#"{"id":"1","n":1e999}"#, "1e999 is not an integer"), (#"{"id":"1","n":0.5}"#, "0.5 is not an integer"),
        (#"{"id":"1","d":1e999}"#, "1e999 is too large"), (#"{"id":"1","d":-1e400}"#, "-1e400 is too large"),
        (#"{"id":"1","p":1e999}"#, "1e999 has too many digits"), (#"{"id":"1","d":NaN}"#, "15"),
        (#"{"id":"1","n":1e99999999999999999999}"#, "not an integer"), (#"{"id":"1","n":01}"#, "16"),
        (#"{"id":["1"]}"#, "an array where a string belongs"), (#"[]"#, "an array where an object belongs"),
        (#"{"id":"1"}}"#, "11"), (#"{"id":"1",}"#, "11"), ("{\"id\":\"1\",\"t\":\"a\t\"}", "17"),
        (#"{"id":"1","extra":"# + repeated("["), "530"),
        (#"{"id":"1","extra":"# + repeated("{\"a\":"), "more than 512"),
        (#"{"id":"1","n":\#(repeated("1"))}"#, "1… is not an integer"),
        (#"{"id":"1","extra":{"\#(repeated("k"))":1,"\#(repeated("k"))":1}}"#, "k…\" is there twice"),
    ]

    /// The same of what is no text: bytes after a string's opening quote in column 15.
    private static let badBytes: [([UInt8], reason: String)] = [
        ([0xFF, 0x22, 0x7D], "16"), ([0xED, 0xA0, 0x80, 0x22, 0x7D], "16"), ([0xC3], "16"),
    ]

    private static func repeated(_ text: String) -> String { String(repeating: text, count: 1 << 14) }

    @Test("bad JSON is refused in one short line that says where and why, and nothing is written")
    func refused() throws {
        let box = try database()
        let lines =
            BadInputTests.bad.map { (Data($0.line.utf8), $0.reason) }
            + BadInputTests.badBytes.map { (Data(#"{"id":"1","t":""#.utf8) + Data($0.0), $0.reason) }
        for (line, reason) in lines {
            let start = String(decoding: line.prefix(60), as: UTF8.self)
            let file = box.file("items.jsonl")
            try (line + Data([0x0A])).write(to: URL(fileURLWithPath: file))
            for outcome in [
                try box.lvkv(["record", "put", "item"], input: line),
                try box.lvkv(["import", "--schema", "item", file]),
            ] {
                #expect(outcome.status == 65, "\(start): \(outcome.errors.prefix(300))")
                #expect(outcome.hasOneErrorLine, "\(start): \(outcome.errors.prefix(300))")
                #expect(outcome.errors.contains(reason), "\(start): \(outcome.errors.prefix(300))")
                #expect(outcome.errors.utf8.count < 600, "\(start): \(outcome.errors.utf8.count) bytes")
            }
        }
        #expect(try box.lvkv("count").output == "0\n")
    }

    @Test("JSON that is strange and good comes back as it was, and its indexes agree")
    func taken() throws {
        let box = try database()
        let deepest = String(repeating: "[", count: 511) + String(repeating: "]", count: 511)
        let digits = String(repeating: "1", count: 1 << 16)
        let extras = [
            #"{"a":{"b":1e999},"t":[1e999,-1e999,1e-999,0.1e1,-0]}"#, "1e99999999999999999999", deepest,
            #"{"a":{"b":"\u0000"},"t":["\u0000","",null,{},[]]}"#, #"{"t":[["t"],{"t":"t"}],"":0}"#,
            #"{"a":{"b":\#(digits)},"t":"\#(digits)"}"#, #"{"\#u{E9}":1,"e\#u{301}":2,"t":"\#u{1F5C4}"}"#,
            #"{"a":[],"t":[\#((0..<5000).map { "\"\($0)\"" }.joined(separator: ","))]}"#,
        ]
        for (number, extra) in extras.enumerated() {
            let line = #"{"id":"\#(number)","extra":\#(extra)}"#
            let outcome = try box.lvkv(["record", "put", "item"], input: Data(line.utf8))
            #expect(outcome.status == 0, "\(extra.prefix(60)): \(outcome.errors.prefix(300))")
            let found = try box.lvkv("record", "get", "item", "\(number)").output
            #expect(found == line + "\n", "\(extra.prefix(60))")
        }
        let verified = try box.lvkv("index", "verify", "item")
        #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
        for (value, id) in [("1e999", "0"), ("\"\"", "3"), ("\"4999\"", "7")] {
            let found = try box.lvkv("record", "find", "item", "--index", "byTag", value, "--fields", "id")
            #expect(found.output == "{\"id\":\"\(id)\"}\n", "\(value): \(found.output) \(found.errors)")
        }
    }

    @Test("a document of 16 MiB is taken")
    func large() throws {
        let box = try database()
        let text = String(repeating: "x", count: 16 << 20)
        let line = #"{"id":"1","extra":["\#(text)"]}"#
        #expect(try box.lvkv(["record", "put", "item"], input: Data(line.utf8)).status == 0)
        #expect(try box.lvkv("record", "get", "item", "1").bytes == Data((line + "\n").utf8))
    }
}
