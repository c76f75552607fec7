internal import NIOCore

/// Whole numbers as RESP writes them: no sign but `-`, no leading zero, no space.
enum DecimalInteger {
    /// The number in `range` of `bytes`; `nil` when it is none, or does not fit.
    static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var at = range.lowerBound
        guard at < range.upperBound else { return nil }
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        guard at < range.upperBound else { return nil }
        if bytes[at] == UInt8(ascii: "0") { return !isNegative && at + 1 == range.upperBound ? 0 : nil }
        // Counted downwards, so that the least number needs no case of its own.
        var value = 0
        while at < range.upperBound {
            let digit = bytes[at] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.subtractingReportingOverflow(Int(digit))
            if overflow || carry { return nil }
            value = sum
            at += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}

extension ByteBuffer {
    /// Writes a line of a marker and a number: `$12\r\n`.
    mutating func writeLine(_ marker: UInt8, _ number: Int) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = number.magnitude
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        writeWithOutputRawSpan(minimumWritableBytes: 24) { line in
            line.append(marker)
            if number < 0 { line.append(UInt8(ascii: "-")) }
            for place in first..<20 { line.append(digits[place]) }
            line.append(UInt8(ascii: "\r"))
            line.append(UInt8(ascii: "\n"))
        }
    }

    mutating func writeLineEnd() { writeInteger(0x0D0A as UInt16) }

    /// Writes `bytes` as a line's text: a line break in them would end the reply early and pass the rest off as the
    /// next one, so it becomes a space, as in Redis.
    mutating func writeLineText(_ bytes: Span<UInt8>) {
        for place in bytes.indices {
            let byte = bytes[place]
            let isBreak = byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
            writeInteger(isBreak ? UInt8(ascii: " ") : byte)
        }
    }
}
