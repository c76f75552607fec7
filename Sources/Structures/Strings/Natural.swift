/// A whole number of any size, not negative: as much of one as it takes to round decimals exactly.
struct Natural {
    /// The least significant first; the last is not 0.
    private var words: [UInt32]

    init(_ value: UInt64) {
        words = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
        trim()
    }

    var isZero: Bool { words.isEmpty }

    var bitWidth: Int { words.isEmpty ? 0 : 32 * words.count - words[words.count - 1].leadingZeroBitCount }

    private mutating func trim() {
        while words.last == 0 { words.removeLast() }
    }

    mutating func multiplyAndAdd(_ factor: UInt32, _ summand: UInt32) {
        var carry = UInt64(summand)
        for index in words.indices {
            carry += UInt64(words[index]) * UInt64(factor)
            words[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(carry)) }
    }

    mutating func shiftLeft(by count: Int) {
        guard count > 0, !isZero else { return }
        let bits = UInt32(count % 32)
        if bits > 0 {
            var carry: UInt32 = 0
            for index in words.indices {
                let word = words[index]
                words[index] = word << bits | carry
                carry = word >> (32 - bits)
            }
            if carry > 0 { words.append(carry) }
        }
        words.insert(contentsOf: Array(repeating: 0, count: count / 32), at: 0)
    }

    private func isAtLeast(_ other: Natural) -> Bool {
        if words.count != other.words.count { return words.count > other.words.count }
        for index in words.indices.reversed() where words[index] != other.words[index] {
            return words[index] > other.words[index]
        }
        return true
    }

    /// `other` is not greater.
    private mutating func subtract(_ other: Natural) {
        var borrow: Int64 = 0
        for index in words.indices {
            borrow += Int64(words[index]) - (index < other.words.count ? Int64(other.words[index]) : 0)
            words[index] = UInt32(truncatingIfNeeded: borrow)
            borrow >>= 32
        }
        trim()
    }

    /// The quotient, which has at most `bits` bits, bit by bit.
    func divided(by divisor: Natural, bits: Int) -> (quotient: UInt128, hasRemainder: Bool) {
        var rest = self
        var quotient: UInt128 = 0
        var scaled = divisor
        scaled.shiftLeft(by: bits - 1)
        for _ in 0..<bits {
            quotient <<= 1
            if rest.isAtLeast(scaled) {
                rest.subtract(scaled)
                quotient |= 1
            }
            scaled.halve()
        }
        return (quotient, !rest.isZero)
    }

    private mutating func halve() {
        var carry: UInt32 = 0
        for index in words.indices.reversed() {
            let word = words[index]
            words[index] = word >> 1 | carry
            carry = word << 31
        }
        trim()
    }

    /// The digits.
    var decimal: [UInt8] {
        if isZero { return [UInt8(ascii: "0")] }
        var rest = self
        var digits: [UInt8] = []
        while !rest.isZero {
            var remainder: UInt64 = 0
            for index in rest.words.indices.reversed() {
                remainder = remainder << 32 | UInt64(rest.words[index])
                rest.words[index] = UInt32(remainder / 1_000_000_000)
                remainder %= 1_000_000_000
            }
            rest.trim()
            for _ in 0..<9 where !rest.isZero || remainder > 0 {
                digits.append(UInt8(ascii: "0") + UInt8(remainder % 10))
                remainder /= 10
            }
        }
        return digits.reversed()
    }
}
