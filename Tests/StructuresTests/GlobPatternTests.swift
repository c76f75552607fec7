import OrderedStore
import Structures
import Testing

@Suite("Patterns of keys")
struct GlobPatternTests {
    func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false) -> Bool {
        GlobPattern(pattern.utf8.span, ignoresCase: ignoringCase).matches(text.utf8.span)
    }

    @Test(
        "matches what Redis matches",
        arguments: [
            ("h?llo", "hello"), ("h*llo", "hllo"), ("h*llo", "heeeello"), ("h[ae]llo", "hallo"), ("h[^e]llo", "hbllo"),
            ("h[a-b]llo", "hbllo"), ("h[b-a]llo", "hallo"), ("*", "anything"), ("*", ""), ("", ""), ("a**", "a"),
            ("*a*b*c*", "xxaxxbxxc"), ("a\\*c", "a*c"), ("a\\", "a\\"), ("[abc", "b"), ("[^", "x"), ("[\\]]", "]"),
            ("[a\\-z]", "-"), ("key:*:name", "key:1:2:name"), ("*:*", ":"),
        ])
    func accepted(pattern: String, text: String) {
        #expect(matches(pattern, text))
    }

    @Test(
        "does not match what Redis does not match",
        arguments: [
            ("h?llo", "hllo"), ("h[^e]llo", "hello"), ("", "a"), ("a", ""), ("**?", ""), ("a*c", "ab"),
            ("a\\*c", "abc"),
            ("[", "["), ("[]", "]"), ("abc", "abcd"), ("abcd", "abc"), ("[a\\-z]", "b"), ("A", "a"),
        ])
    func refused(pattern: String, text: String) {
        #expect(!matches(pattern, text))
    }

    @Test("ignores the case of ASCII letters where told to")
    func caseless() {
        #expect(matches("HeL[L-m]o*", "hElMO world", ignoringCase: true))
        #expect(matches("max*", "MAXCLIENTS", ignoringCase: true))
        #expect(!matches("@", "`", ignoringCase: true))
    }

    @Test("knows the head that all texts begin with")
    func heads() {
        let head = { (pattern: String) in GlobPattern(pattern.utf8.span).literalHead }
        #expect(head("user:*:name") == Array("user:".utf8))
        #expect(head("a\\*b[cd]") == Array("a*b".utf8))
        #expect(head("*") == [])
        #expect(GlobPattern("plain".utf8.span).isLiteral)
        #expect(GlobPattern("plain".utf8.span).range == .only("plain"))
    }

    @Test("a pattern of many stars does not take long over a text that does not match")
    func linear() {
        let pattern = String(repeating: "a*", count: 2_000) + "b"
        #expect(!matches(pattern, String(repeating: "a", count: 5_000)))
    }

    @Test("agrees with trying every split of the text at every star")
    func model() {
        func model(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == UInt8(ascii: "*") {
                return (text.startIndex...text.endIndex).contains { model(pattern.dropFirst(), text[$0...]) }
            }
            guard let byte = text.first else { return false }
            return (first == UInt8(ascii: "?") || first == byte) && model(pattern.dropFirst(), text.dropFirst())
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let pattern = (0..<Int.random(in: 0..<7, using: &random)).map { _ in
                Array("ab*?".utf8).randomElement(using: &random)!
            }
            let text = (0..<Int.random(in: 1..<8, using: &random)).map { _ in
                Array("ab".utf8).randomElement(using: &random)!
            }
            #expect(
                GlobPattern(pattern.span).matches(text.span) == model(pattern[...], text[...]),
                "\(String(decoding: pattern, as: UTF8.self)) over \(String(decoding: text, as: UTF8.self))")
        }
    }
}
