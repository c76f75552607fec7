extension [UInt8] {
    /// Appends `number` in decimal, with zeros before it up to `width` digits.
    ///
    /// - Parameter complemented: each digit becomes nine minus itself, which turns the order round.
    mutating func appendDigits<Number: FixedWidthInteger & UnsignedInteger>(
        of number: Number, width: Int = 1, complemented: Bool = false
    ) {
        let digits = number.decimalDigitCount
        for _ in 0..<Swift.max(digits, width) { append(UInt8(ascii: "0")) }
        var rest = number
        var index = count
        let first = count - Swift.max(digits, width)
        while index > first {
            index -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            self[index] = UInt8(ascii: "0") + UInt8(complemented ? 9 - digit : digit)
            rest = quotient
        }
    }

    /// Appends two lower-case hex digits.
    mutating func appendHex(_ byte: UInt8) {
        append(hexDigit(byte >> 4))
        append(hexDigit(byte & 0xF))
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// How many decimal digits the number has: 1 for zero.
    var decimalDigitCount: Int {
        var digits = 1
        var rest = self / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

/// The value of a hex digit in either case; `nil` for any other byte.
func hexDigitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
