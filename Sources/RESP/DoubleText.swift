#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A double as Redis 7.0 prints it in a reply: C's `%.17g`, and `inf`, `-inf` and `nan`.
///
/// Seventeen digits give each double back exactly, if not always prettily: 0.1 is `0.10000000000000001`.
public struct DoubleText: Sendable {
    private var bytes = InlineArray<32, UInt8>(repeating: 0)
    private var count = 0

    /// The text of `value`.
    ///
    /// - Complexity: O(1); numbers without a fraction are quick.
    public init(_ value: Double) {
        if let text = DoubleText.simple(value) {
            for byte in text.utf8 {
                bytes[count] = byte
                count += 1
            }
            return
        }
        var text = bytes.mutableSpan
        let length = unsafe text.withUnsafeMutableBytes { target in
            unsafe withVaList([value]) { arguments in
                unsafe vsnprintf(target.baseAddress, target.count, "%.17g", arguments)
            }
        }
        count = min(max(0, Int(length)), 31)
    }

    /// Calls `body` with the text's bytes, which are ASCII.
    public mutating func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try body(bytes.span.extracting(0..<count))
    }

    /// The text of what C prints otherwise, and of what needs no look at the fraction.
    private static func simple(_ value: Double) -> String? {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == 0 && value.sign == .minus { return "-0" }
        // `%.17g` of a whole number of up to seventeen digits is its digits.
        guard let whole = Int(exactly: value), whole.magnitude < 100_000_000_000_000_000 else { return nil }
        return "\(whole)"
    }
}
