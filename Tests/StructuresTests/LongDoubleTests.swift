import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("Numbers of INCRBYFLOAT")
struct LongDoubleTests {
    func sum(_ left: String, _ right: String) -> String? {
        guard let left = LongDouble(left.utf8.span), let right = LongDouble(right.utf8.span) else { return nil }
        return (left + right).map { String(decoding: $0.text, as: UTF8.self) }
    }

    @Test(
        "sums are those of Redis",
        arguments: [
            ("10.50", "0.1", "10.6"), ("0.1", "0.2", "0.3"), ("5.0e3", "200", "5200"), ("0", "-1e-20", "0"),
            ("3", "1.1", "4.1"), ("-0.0", "0", "0"), ("1e20", "1", "100000000000000000000"),
            ("1234567.1", "0.1", "1234567.20000000000004547"), ("1e19", "0.5", "10000000000000000000"),
            ("9007199254740993", "0", "9007199254740993"), ("0x1.8p1", "0x.8", "3.5"), (".5", "5.", "5.5"),
            ("-3.25", "1", "-2.25"), ("1e-17", "0", "0.00000000000000001"), ("1e-18", "0", "0"),
            ("1.5e-17", "0", "0.00000000000000002"), ("2.5e-17", "0", "0.00000000000000002"),
            ("123456789.123456789", "987654321.987654321", "1111111111.11111110995989293"), ("1e-4940", "0", "0"),
        ])
    func sums(left: String, right: String, expected: String) {
        #expect(sum(left, right) == expected)
    }

    @Test(
        "what is no number, or not finite, is refused",
        arguments: ["", " 1", "1 ", "abc", "1e", "1.2.3", "nan", "--1", "0x", "1e5000", "1e-5000", ".", "+", "1_000"])
    func refused(text: String) {
        let isNumber = LongDouble(text.utf8.span) != nil
        #expect(!isNumber)
    }

    @Test("infinities are read, and have no sum")
    func infinity() {
        let isFinite = LongDouble("-Inf".utf8.span)?.isFinite
        #expect(isFinite == false)
        #expect(sum("infinity", "1") == nil)
        #expect(sum("1e4932", "1e4932") == nil)
    }

    #if arch(x86_64)
        @Test("agrees with the processor's own long double")
        func processor() throws {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededGenerator(seed: seed)
            for _ in 0..<4_000 {
                let (left, right) = (decimal(&random), decimal(&random))
                let exact = try #require(Float80(left)) + (try #require(Float80(right)))
                let text = try #require(sum(left, right))
                // Both are rounded to 17 places: what is left is below one of the last place.
                let shown = try #require(Float80(text))
                let slack = Swift.max(1e-17, exact.ulp)
                #expect(abs(shown - exact) <= slack, "\(left) + \(right), seed \(seed)")
            }
        }

        private func decimal(_ random: inout SeededGenerator) -> String {
            let sign = Bool.random(using: &random) ? "-" : ""
            let whole = UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
            let fraction = UInt64.random(in: 0..<1_000_000_000_000, using: &random)
            return "\(sign)\(whole).\(fraction)e\(Int.random(in: -12...12, using: &random))"
        }
    #endif
}
