internal import StoreConformance
import Testing

internal import OrderedStore
internal import Records

@Suite("JSON")
struct JSONTests {
    @Test(
        "a value is written as it was read",
        arguments: [
            "null", "true", "false", "0", "-0", "2008.0", "1e999", "-12.50E+3", "9223372036854775807",
            "123456789012345678901234567890", #""""#, #""héllo""#, "[]", "{}", "[1,[2,[]],{}]",
            #"{"z":1,"a":{"b":null},"m":[true,false]}"#, #""\"\\\b\f\n\r\t\u0001""#,
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
        let pretty = try JSONValue(parsing: text).text(.pretty)
        #expect(try JSONValue(parsing: pretty).text() == text)
    }

    @Test("escapes are read, surrogate pairs included")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""a\u00e9\/\ud83d\ude00b""#) == .string("aé/😀b"))
        #expect(try JSONValue(parsing: #"{"a\n":1}"#) == .object(["a\n": 1]))
    }

    @Test(
        "malformed text is refused, with the position",
        arguments: [
            ("", 0), ("  ", 2), ("nul", 0), ("[1,]", 3), ("[1 2]", 3), ("{\"a\":1,}", 7), ("{a:1}", 1), ("01", 1),
            ("1.", 2), ("+1", 0), (".5", 0), ("1e", 2), ("-", 1), ("\"abc", 4), ("\"\\x\"", 2), ("\"\\ud800\"", 1),
            ("\"\\udc00x\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"\\u12g4\"", 5), ("\"a\nb\"", 2), ("[1]]", 3),
            ("{\"a\":1,\"b\":2,\"a\":3}", 13), ("{\"a\" 1}", 5), ("NaN", 0), ("\"\\", 2),
        ])
    func malformed(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.offset == offset, "\(text): \(error?.description ?? "")")
    }

    @Test("what is not UTF-8 is refused where it stands")
    func notUTF8() {
        let bytes: [UInt8] = [0x22, 0x61, 0xC3, 0x28, 0x22]
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.offset == 2)
    }

    @Test("an error names line and column")
    func position() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\n  \"a\": x\n}") }
        #expect(error?.line == 2)
        #expect(error?.column == 8)
    }

    @Test("nesting is read up to 512 levels and refused beyond, however deep")
    func depth() throws {
        let deepest = JSONValue.deepest
        let text = String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)
        #expect(try JSONValue(parsing: text).text() == text)
        for depth in [deepest + 1, 1_000_000] {
            #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: depth)) }
            #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "{\"a\":", count: depth)) }
        }
    }

    @Test("an object of many keys keeps their order, and finds a duplicate at its end")
    func manyKeys() throws {
        var text = "{" + (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        guard case .object(let object) = try JSONValue(parsing: text + "}") else {
            Issue.record("no object")
            return
        }
        #expect(object.members.enumerated().allSatisfy { $0.element.key == "k\($0.offset)" })
        #expect(object["k19999"] == 19999)
        text += ",\"k7\":1}"
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test("keys that Swift holds equal and whose bytes differ are two keys")
    func canonicalEquivalence() throws {
        let value = try JSONValue(parsing: "{\"caf\\u00e9\":1,\"cafe\\u0301\":2}")
        guard case .object(let object) = value else { return }
        #expect(object.count == 2)
        #expect(object["cafe\u{301}"] == 2)
    }

    @Test(
        "a number that is an integer exactly is one, whatever its text",
        arguments: [
            ("2008", "2008"), ("2008.0", "2008"), ("2.008e3", "2008"), ("20080E-1", "2008"), ("-0", "0"), ("0.0", "0"),
            ("-17.00", "-17"), ("1e20", "100000000000000000000"), ("0e999999999999999999999", "0"),
        ])
    func integers(text: String, integer: String) {
        #expect(JSONNumber(text)?.integerText == integer)
    }

    @Test("a number that is no integer, or one too long to spell out, is none", arguments: ["2008.5", "1e-1", "1e999"])
    func notIntegers(text: String) throws {
        #expect(try #require(JSONNumber(text)).integerText == nil)
    }

    @Test(
        "a power of ten is spelled out exactly",
        arguments: [("12.50", "12.50"), ("1.25e1", "12.5"), ("5e-3", "0.005"), ("-5e2", "-500"), ("0.10", "0.10")])
    func plainText(text: String, plain: String) {
        #expect(JSONNumber(text)?.plainText == plain)
    }

    @Test("cut and altered texts are read or refused, and never anything else")
    func hostile() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let text = Array(#"{"a":[1,-2.5e3,"x\ud83d\ude00\n",true,null],"b":{"c":"é"}}"#.utf8)
        for _ in 0..<4000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: 0)
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            #expect((try? JSONValue(parsing: value.text())) == value, "seed \(seed)")
        }
    }
}
