/// A JSON number in exactly the text it was written in: `2008.0` stays `2008.0`, and no digit is lost.
public struct JSONNumber: Sendable {
    /// The number as RFC 8259 writes one.
    public let text: String

    /// A number that is known to be well formed.
    init(unchecked text: String) { self.text = text }

    /// Reads a number.
    ///
    /// - Returns: `nil` when the text is no JSON number: zeros or a plus before it, a point without digits.
    public init?(_ text: String) {
        var reader = JSONReader(text.utf8.span)
        guard let range = try? reader.number(), range == 0..<text.utf8.count else { return nil }
        self.text = text
    }

    /// An integer.
    public init(_ value: some FixedWidthInteger) { text = String(value) }

    /// A floating-point number in the shortest text that reads back as the same.
    ///
    /// - Returns: `nil` for an infinity and what is no number: JSON has neither.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// The nearest floating-point number; an infinity when it is too large for one.
    public var double: Double { Double(text) ?? .nan }

    /// The number as an integer when it is one exactly: `2008`, `2008.0` and `2.008e3` are 2008.
    public var integer: Int64? { integerText.flatMap { Int64($0) } }

    /// The most digits of an integer that is spelled out: what 255 bytes can hold.
    private static var mostDigits: Int { 615 }

    /// The canonical decimal of the number when it is an integer of at most 615 digits exactly.
    ///
    /// - Complexity: O(*n*).
    public var integerText: String? {
        let (negative, digits, scale) = parts
        // Digits after the point must be zeros; a positive power appends zeros.
        var kept = digits[...]
        var zeros = 0
        if scale >= 0 {
            if kept.count <= scale { return digits.allSatisfy { $0 == UInt8(ascii: "0") } ? "0" : nil }
            guard kept.suffix(scale).allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
            kept = kept.dropLast(scale)
        } else {
            zeros = -scale
        }
        kept = kept.drop { $0 == UInt8(ascii: "0") }
        if kept.isEmpty { return "0" }
        guard kept.count <= JSONNumber.mostDigits, zeros <= JSONNumber.mostDigits - kept.count else { return nil }
        return (negative ? "-" : "") + String(decoding: kept, as: UTF8.self) + String(repeating: "0", count: zeros)
    }

    /// The number written without a power of ten; `nil` when that takes more than 615 digits.
    public var plainText: String? {
        let (negative, digits, scale) = parts
        guard abs(scale) <= JSONNumber.mostDigits else { return nil }
        var whole = digits
        if scale < 0 { whole += Array(repeating: UInt8(ascii: "0"), count: -scale) }
        let missing = Swift.max(0, scale + 1 - whole.count)
        whole = Array(repeating: UInt8(ascii: "0"), count: missing) + whole
        let point = whole.count - Swift.max(scale, 0)
        let before = whole[..<point].drop { $0 == UInt8(ascii: "0") }
        var text = negative ? "-" : ""
        text += before.isEmpty ? "0" : String(decoding: before, as: UTF8.self)
        if scale > 0 { text += "." + String(decoding: whole[point...], as: UTF8.self) }
        return text
    }

    /// Sign, digits, and how many of the digits stand after the point (negative: how many zeros follow).
    private var parts: (negative: Bool, digits: [UInt8], scale: Int) {
        var negative = false
        var digits: [UInt8] = []
        var scale = 0
        var afterPoint = false
        var exponent: Substring.UTF8View?
        for (offset, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte)
                if afterPoint { scale += 1 }
            case UInt8(ascii: "."):
                afterPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                exponent = Substring(text).utf8.dropFirst(offset + 1)
            default:
                negative = true
            }
            if exponent != nil { break }
        }
        guard let exponent else { return (negative, digits, scale) }
        // An exponent beyond this has no integer to spell out whichever way.
        let limit = 1 << 30
        let isBelow = exponent.first == UInt8(ascii: "-")
        var power = 0
        for byte in exponent {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { continue }
            power = Swift.min(limit, power * 10 + Int(byte - UInt8(ascii: "0")))
        }
        return (negative, digits, scale + (isBelow ? power : -power))
    }
}

extension JSONNumber: Hashable {}

extension JSONNumber: CustomStringConvertible {
    public var description: String { text }
}
