// Ways past the elements that index entries mostly hold, inlined where entries are read.
extension Tuple {
    /// Where a string or a byte string ends whose first byte, after its code, is at `start`; `nil` when it is cut short.
    /// With it whether the string holds no zero, and so is the bytes up to the one before the end.
    @inlinable
    @inline(__always)
    package static func endOfText(in bytes: Span<UInt8>, from start: Int) -> (end: Int?, isPlain: Bool) {
        var isPlain = true
        var index = start
        while let zero = firstZero(in: bytes, from: index) {
            guard zero + 1 < bytes.count, bytes[zero + 1] == Code.escape else { return (zero + 1, isPlain) }
            isPlain = false
            index = zero + 2
        }
        return (nil, isPlain)
    }

    /// Finds a zero.
    @inlinable
    @inline(__always)
    static func firstZero(in bytes: Span<UInt8>, from start: Int) -> Int? { bytes.first(0, from: start) }

    /// The integer that begins at `start`, and where it ends; `nil` for another element, for one of eight bytes or more,
    /// and for one that is longer than it need be.
    @inlinable
    @inline(__always)
    package static func smallInteger(in bytes: Span<UInt8>, from start: Int) -> (number: Int64, end: Int)? {
        guard start < bytes.count else { return nil }
        let sign = Int(bytes[start]) - Int(Code.zero)
        let count = abs(sign)
        guard count <= 7, start + count < bytes.count else { return nil }
        // Negative ones are one's complements.
        if count > 0, bytes[start + 1] == (sign < 0 ? 0xFF : 0) { return nil }
        var number: Int64 = sign < 0 ? -1 : 0
        for index in start + 1..<start + 1 + count { number = number << 8 | Int64(bytes[index]) }
        return (sign < 0 ? number + 1 : number, start + 1 + count)
    }
}

extension Span where Element == UInt8 {
    /// Finds a byte, eight at a time.
    ///
    /// - Parameter bits: those that `byte` has and the bytes that are found need not have.
    @inlinable
    @inline(__always)
    package func first(_ byte: UInt8, from start: Int, ignoring bits: UInt8 = 0) -> Int? {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        let ignored = UInt64(bits) &* 0x0101_0101_0101_0101
        return unsafe withUnsafeBytes { bytes in
            /// Eight bytes, those that are sought as zeros.
            @inline(__always)
            func word(_ offset: Int) -> UInt64 {
                let bytes = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                return (UInt64(littleEndian: bytes) | ignored) ^ pattern
            }
            /// The first zero byte of a word; 8 when there is none.
            @inline(__always)
            func zero(in word: UInt64) -> Int {
                // The lowest bit that is left is that of the first zero byte.
                let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
                return zeros.trailingZeroBitCount / 8
            }
            let last = bytes.count - 8
            var index = start
            while index <= last {
                let found = zero(in: word(index))
                if found < 8 { return index + found }
                index += 8
            }
            if last >= 0, index < bytes.count {
                // What is left of the last word; behind it come the zeros that were shifted in.
                let found = zero(in: word(last) >> UInt64(8 * (index - last)))
                return found < bytes.count - index ? index + found : nil
            }
            while index < bytes.count {
                if unsafe bytes[index] | bits == byte { return index }
                index += 1
            }
            return nil
        }
    }
}
