/// A universally unique identifier (RFC 4122): 128 bits in network byte order, compared as unsigned bytes.
public struct UUID128: Hashable, Sendable {
    /// The 16 bytes as one number, the first byte most significant.
    public let value: UInt128

    /// The identifier of these bits.
    public init(_ value: UInt128) {
        self.value = value
    }

    /// Reads `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`, in either case of letters.
    public init?(_ text: some StringProtocol) {
        var value: UInt128 = 0
        var position = 0
        for byte in text.utf8 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = hexDigitValue(byte) else { return nil }
                value = value << 4 | UInt128(digit)
            }
            position += 1
            if position > 36 { return nil }
        }
        guard position == 36 else { return nil }
        self.value = value
    }

    /// Appends the canonical form, in lower case.
    func appendText(to bytes: inout [UInt8]) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
            bytes.appendHex(byte(at: index))
        }
    }

    /// Appends the 16 bytes.
    func appendBytes(to bytes: inout [UInt8]) {
        for index in 0..<16 { bytes.append(byte(at: index)) }
    }

    private func byte(at index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: value >> UInt128(8 * (15 - index)))
    }
}

extension UUID128: Comparable {
    public static func < (left: UUID128, right: UUID128) -> Bool { left.value < right.value }
}

extension UUID128: CustomStringConvertible {
    /// `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
    public var description: String {
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
