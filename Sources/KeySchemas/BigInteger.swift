/// An integer that 64 bits with a sign cannot hold, of up to 255 bytes.
///
/// Made by ``KeyValue/integer(negative:magnitude:)``, which uses the plain 64-bit case for all others, so each
/// number has one form.
public struct BigInteger: Hashable, Sendable {
    /// Whether the number is below zero.
    public let isNegative: Bool
    /// The absolute value, most significant byte first, without leading zeros.
    public let magnitude: [UInt8]

    /// The most bytes a magnitude may have: what the tuple layer's length byte can say.
    public static let maximumByteCount = 255

    /// - Parameter magnitude: at most 255 bytes without leading zeros, beyond the range of `Int64`.
    init(isNegative: Bool, normalized magnitude: [UInt8]) {
        self.isNegative = isNegative
        self.magnitude = magnitude
    }

    /// The number as `UInt64`; `nil` when it is negative or larger.
    public var asUInt64: UInt64? {
        guard !isNegative, magnitude.count <= 8 else { return nil }
        return magnitude.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension BigInteger: Comparable {
    public static func < (left: BigInteger, right: BigInteger) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let (low, high) = left.isNegative ? (right, left) : (left, right)
        if low.magnitude.count != high.magnitude.count { return low.magnitude.count < high.magnitude.count }
        return low.magnitude.lexicographicallyPrecedes(high.magnitude)
    }
}

extension BigInteger: CustomStringConvertible {
    /// Canonical decimal.
    public var description: String {
        var text = isNegative ? "-" : ""
        for digit in decimalDigits { text.unicodeScalars.append(Unicode.Scalar(0x30 + digit)) }
        return text
    }

    /// The digits of the absolute value, most significant first, each 0 to 9.
    ///
    /// - Complexity: O(*n*²) in at most 255 bytes.
    var decimalDigits: [UInt8] {
        var rest = magnitude
        var digits: [UInt8] = []
        while !rest.isEmpty {
            var remainder: UInt32 = 0
            var quotient: [UInt8] = []
            for byte in rest {
                let dividend = remainder << 8 | UInt32(byte)
                remainder = dividend % 100
                let digit = UInt8(dividend / 100)
                if !quotient.isEmpty || digit != 0 { quotient.append(digit) }
            }
            digits.append(UInt8(remainder % 10))
            digits.append(UInt8(remainder / 10))
            rest = quotient
        }
        while digits.last == 0 { digits.removeLast() }
        return digits.reversed()
    }

    /// The magnitude that decimal `digits` spell; `nil` when it takes more than 255 bytes.
    static func magnitude(ofDigits digits: some Sequence<UInt8>) -> [UInt8]? {
        // Least significant byte first while it grows.
        var bytes: [UInt8] = []
        for digit in digits {
            var carry = UInt16(digit)
            for index in bytes.indices {
                let product = UInt16(bytes[index]) * 10 + carry
                bytes[index] = UInt8(truncatingIfNeeded: product)
                carry = product >> 8
            }
            if carry > 0 { bytes.append(UInt8(carry)) }
            if bytes.count > maximumByteCount { return nil }
        }
        return bytes.reversed()
    }
}
