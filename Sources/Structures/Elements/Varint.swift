// Numbers in seven bits a byte, the least significant first, as LevelDB writes them.

extension [UInt8] {
    package mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// How many bytes a number takes.
    static func varintCount(_ value: UInt64) -> Int {
        value < 0x80 ? 1 : (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7
    }
}

extension Span<UInt8> {
    /// The number that begins at `position`, which moves behind it; `nil` when it is cut short or too long.
    package func varint(at position: inout Int) -> UInt64? {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while position < count, shift < 64 {
            let byte = self[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return shift == 63 && byte > 1 ? nil : value }
            shift += 7
        }
        return nil
    }
}
