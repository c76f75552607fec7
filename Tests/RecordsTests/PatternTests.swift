import StoreConformance
import Testing

@testable internal import Records

@Suite("patterns")
struct PatternTests {
    @Test(
        "a pattern matches what it says",
        arguments: [
            ("^[0-9A-Za-z-]+$", "97-x"), ("^[a-z0-9][a-z0-9+.-]*$", "libc6-dev"), ("b+", "abbc"), ("^a|b$", "xb"),
            ("^(ab|cd){2}$", "abcd"), ("^a{2,3}$", "aaa"), ("^\\d{4}-\\d{2}$", "2024-01"), ("^.é$", "xé"),
            ("^[^:;]*$", "fantasy"), ("", "anything"), ("^$", ""), ("^[]x]+$", "]x"), ("^[\\w\\s-]+$", "a b-c"),
            ("^(?:a|)$", ""), ("\\.", "a.b"), ("^(a*)*$", "aaaa"), ("^[^\\d]+$", "abc"), ("^a{0}b$", "b"),
        ])
    func matching(pattern: String, text: String) throws {
        #expect(try Pattern(pattern).matches(text))
    }

    @Test(
        "a pattern does not match what it does not say",
        arguments: [
            ("^[0-9A-Za-z-]+$", "a b"), ("^[0-9A-Za-z-]+$", ""), ("^a{2,3}$", "aaaa"), ("^a{2,3}$", "a"), ("^.$", "\n"),
            ("^(ab|cd){2}$", "abc"), ("^[^:;]+$", "a:b"), ("a^b", "ab"), ("\\D", "12"), ("^x+$", "xxy"),
        ])
    func notMatching(pattern: String, text: String) throws {
        #expect(try !Pattern(pattern).matches(text))
    }

    @Test("a short pattern, which is matched by bits, matches what it does when it is matched state by state")
    func bits() throws {
        var random = SeededGenerator(seed: 7)
        let atoms = ["a", "b", ".", "[ab]", "[^a]", "é", "\\w", "^", "$", "(a|b)", "(ab|)", "(?:b$|^a)"]
        let counts = ["", "", "", "*", "+", "?", "{2}", "{1,2}"]
        let letters = ["a", "b", "é", "-", "\n"]
        var matched = 0
        for _ in 0..<2000 {
            var source = ""
            for _ in 0...random.next() % 4 {
                let atom = atoms.randomElement(using: &random) ?? ""
                source += atom + (atom == "^" || atom == "$" ? "" : counts.randomElement(using: &random) ?? "")
            }
            let pattern = try Pattern(source)
            for _ in 0..<10 {
                let text = (0..<random.next() % 6).map { _ in letters.randomElement(using: &random) ?? "" }.joined()
                let expected = pattern.matchesByStates(text)
                if expected { matched += 1 }
                #expect(pattern.matches(text) == expected, "\(source) in \(text)")
            }
        }
        #expect(matched > 1000 && matched < 19000)
    }

    @Test(
        "what is not understood is refused",
        arguments: [
            "(", ")", "[a", "a**", "a*?", "*a", "a{2", "a{3,2}", "a{9999}", "\\", "\\1", "\\b", "(?=a)", "[z-a]", "^*",
            "{", String(repeating: "(", count: 60), "((a{1000}){1000}){1000}", "((){1000}){1000}",
            "a{99999999999999999999}",
            "(a?){1000}{1000}", "(((a|b){100}){100}){100}", String(repeating: "a", count: 5000),
        ])
    func malformed(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test("a pattern of too many states is refused by its size, and a count by its largest")
    func tooLarge() throws {
        for (pattern, reason) in [
            ("(a{1000}){1000}", "use smaller counts"), ("(.*){4000}", "at most 1000"), ("x{1,1001}", "at most 1000"),
        ] {
            let error = try #require(throws: PatternError.self) { try Pattern(pattern) }
            #expect(error.message.contains(reason), "\(pattern): \(error)")
        }
    }

    @Test("patterns that make other matchers explode are linear here")
    func linear() throws {
        let text = String(repeating: "a", count: 5000) + "!"
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "^(a?){50}a{50}$", "(.*)(.*)(.*)(.*)x$"] {
            #expect(try !Pattern(pattern).matches(text))
        }
    }
}
