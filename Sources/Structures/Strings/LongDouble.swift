internal import OrderedStore

/// A number as C's `long double` has it on the machines that Redis usually runs on: 64 bits of precision, rounded to the
/// nearest, half to even. INCRBYFLOAT is computed in it, so that 0.1 + 0.2 is 0.3, and is so on every machine here.
package struct LongDouble: Sendable {
    private enum Magnitude: Sendable {
        case zero
        /// `significand` × 2^`exponent`; the significand's highest bit is set.
        case number(significand: UInt64, exponent: Int)
        case infinity
    }

    private var isNegative: Bool
    private var magnitude: Magnitude

    /// The exponents of the greatest and, about, of the smallest number.
    private static let exponents = -16_508...16_320

    /// A number in decimal or, after `0x`, hexadecimal, with or without fraction and exponent, as `strtold` takes it;
    /// infinities too. NaN is refused, and what is too great or too small.
    package init?(_ text: Span<UInt8>) {
        guard text.count < 5 * 1_024, var parsed = ParsedNumber(text) else { return nil }
        isNegative = parsed.isNegative
        if parsed.isInfinite {
            magnitude = .infinity
            return
        }
        guard let magnitude = LongDouble.rounded(&parsed) else { return nil }
        self.magnitude = magnitude
    }

    private init(isNegative: Bool, _ magnitude: Magnitude) {
        self.isNegative = isNegative
        self.magnitude = magnitude
    }

    package static let zero = LongDouble(isNegative: false, .zero)

    package var isFinite: Bool { if case .infinity = magnitude { false } else { true } }

    /// The sum; `nil` where it is infinite or no number.
    package static func + (left: LongDouble, right: LongDouble) -> LongDouble? {
        switch (left.magnitude, right.magnitude) {
        case (.infinity, _), (_, .infinity): return nil
        case (.zero, .zero): return LongDouble(isNegative: left.isNegative && right.isNegative, .zero)
        case (.zero, _): return right
        case (_, .zero): return left
        case (.number(let a, let aExponent), .number(let b, let bExponent)):
            let leftIsGreater = aExponent > bExponent || aExponent == bExponent && a >= b
            return leftIsGreater
                ? sum(left.isNegative, a, aExponent, right.isNegative, b, bExponent)
                : sum(right.isNegative, b, bExponent, left.isNegative, a, aExponent)
        }
    }

    /// The first is not smaller than the second, both without their signs.
    private static func sum(
        _ aIsNegative: Bool, _ a: UInt64, _ aExponent: Int, _ bIsNegative: Bool, _ b: UInt64, _ bExponent: Int
    ) -> LongDouble? {
        // 63 bits more, of which the lowest stands for all that are lost.
        let wide = UInt128(a) << 63
        let (shifted, isInexact) = shiftedRight(UInt128(b) << 63, by: aExponent - bExponent)
        let other = isInexact ? shifted | 1 : shifted
        let sum = aIsNegative == bIsNegative ? wide + other : wide - other
        guard sum != 0 else { return LongDouble(isNegative: false, .zero) }
        return rounded(sum, exponent: aExponent - 63).map { LongDouble(isNegative: aIsNegative, $0) }
    }

    private static func shiftedRight(_ value: UInt128, by count: Int) -> (UInt128, isInexact: Bool) {
        guard count > 0 else { return (value, false) }
        guard count < 128 else { return (0, value != 0) }
        return (value >> UInt128(count), value & (1 << UInt128(count) - 1) != 0)
    }

    /// `value` × 2^`exponent` in 64 bits; `nil` when that is too great. Where `value` stands for something between two
    /// even numbers, it is the odd one.
    private static func rounded(_ value: UInt128, exponent: Int) -> Magnitude? {
        let drop = 64 - value.leadingZeroBitCount
        guard drop > 0 else {
            return .number(significand: UInt64(value) << UInt64(-drop), exponent: exponent + drop)
        }
        var significand = value >> UInt128(drop)
        let lost = value & (1 << UInt128(drop) - 1)
        let half = UInt128(1) << UInt128(drop - 1)
        if lost > half || lost == half && significand & 1 == 1 { significand += 1 }
        var exponent = exponent + drop
        if significand >> 64 != 0 {
            significand >>= 1
            exponent += 1
        }
        return exponent <= exponents.upperBound
            ? .number(significand: UInt64(significand), exponent: exponent) : nil
    }

    private static func rounded(_ parsed: inout ParsedNumber) -> Magnitude? {
        if parsed.digits.isZero { return .zero }
        // What is far out of range need not be computed.
        let decimals = parsed.digits.bitWidth * 3 / 10 + parsed.tenExponent
        guard abs(decimals) < 5_200, abs(parsed.twoExponent) < 40_000 else { return nil }
        var divisor = Natural(1)
        for _ in 0..<max(0, parsed.tenExponent) { parsed.digits.multiplyAndAdd(10, 0) }
        for _ in 0..<max(0, -parsed.tenExponent) { divisor.multiplyAndAdd(10, 0) }
        // The quotient shall have 66 bits or 67: 64, one to round by and one more.
        let shift = 66 - parsed.digits.bitWidth + divisor.bitWidth
        if shift > 0 { parsed.digits.shiftLeft(by: shift) } else { divisor.shiftLeft(by: -shift) }
        let (quotient, hasRemainder) = parsed.digits.divided(by: divisor, bits: 67)
        let exponent = parsed.twoExponent - shift
        guard exponent > exponents.lowerBound else { return nil }
        return rounded(quotient << 1 | (hasRemainder ? 1 : 0), exponent: exponent - 1)
    }

    /// The number as Redis writes it: `%.17Lf` without zeros at the end. Empty for infinities.
    package var text: [UInt8] {
        var text: [UInt8] = []
        switch magnitude {
        case .zero:
            text = [UInt8(ascii: "0")]
        case .infinity:
            return []
        case .number(let significand, let exponent) where exponent >= 0:
            var whole = Natural(significand)
            whole.shiftLeft(by: exponent)
            text = whole.decimal
        case .number(let significand, let exponent):
            let scale: UInt128 = 100_000_000_000_000_000
            let scaled = UInt128(significand) * scale
            var (units, _) = LongDouble.shiftedRight(scaled, by: -exponent)
            let (twice, isInexact) = LongDouble.shiftedRight(scaled, by: -exponent - 1)
            if twice & 1 == 1, isInexact || units & 1 == 1 { units += 1 }
            let (whole, fraction) = units.quotientAndRemainder(dividingBy: scale)
            text = Array(String(whole).utf8)
            if fraction != 0 {
                let digits = Array(String(fraction).utf8)
                text.append(UInt8(ascii: "."))
                text += Array(repeating: UInt8(ascii: "0"), count: 17 - digits.count) + digits
                while text.last == UInt8(ascii: "0") { text.removeLast() }
            }
        }
        let isZero = text == [UInt8(ascii: "0")]
        return isNegative && !isZero ? [UInt8(ascii: "-")] + text : text
    }
}

/// The parts of a number's text.
private struct ParsedNumber {
    var isNegative = false
    var isInfinite = false
    /// The number is `digits` × 10^`tenExponent` × 2^`twoExponent`.
    var digits = Natural(0)
    var tenExponent = 0
    var twoExponent = 0

    init?(_ text: Span<UInt8>) {
        var rest = text
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.extracting(droppingFirst: 1)
        }
        let lower = rest.array.map { $0 | 0x20 }
        if lower == Array("inf".utf8) || lower == Array("infinity".utf8) {
            isInfinite = true
            return
        }
        let isHexadecimal = lower.starts(with: Array("0x".utf8))
        if isHexadecimal { rest = rest.extracting(droppingFirst: 2) }
        guard readDigits(&rest, isHexadecimal), rest.isEmpty else { return nil }
    }

    private mutating func readDigits(_ rest: inout Span<UInt8>, _ isHexadecimal: Bool) -> Bool {
        let base: UInt32 = isHexadecimal ? 16 : 10
        var (hasDigits, hasPoint, fractionDigits) = (false, false, 0)
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if let digit = ParsedNumber.digit(byte, base) {
                digits.multiplyAndAdd(base, digit)
                hasDigits = true
                if hasPoint { fractionDigits += 1 }
            } else {
                break
            }
            rest = rest.extracting(droppingFirst: 1)
        }
        var exponent = 0
        if let byte = rest.first, byte | 0x20 == (isHexadecimal ? UInt8(ascii: "p") : UInt8(ascii: "e")) {
            rest = rest.extracting(droppingFirst: 1)
            guard let read = ParsedNumber.readExponent(&rest) else { return false }
            exponent = read
        }
        if isHexadecimal {
            twoExponent = exponent - 4 * fractionDigits
        } else {
            tenExponent = exponent - fractionDigits
        }
        return hasDigits
    }

    private static func readExponent(_ rest: inout Span<UInt8>) -> Int? {
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.extracting(droppingFirst: 1)
        }
        guard let first = rest.first, digit(first, 10) != nil else { return nil }
        var value = 0
        while let byte = rest.first, let digit = digit(byte, 10) {
            value = min(value * 10 + Int(digit), 1_000_000)
            rest = rest.extracting(droppingFirst: 1)
        }
        return isNegative ? -value : value
    }

    private static func digit(_ byte: UInt8, _ base: UInt32) -> UInt32? {
        let digit: UInt32
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte - UInt8(ascii: "A")) + 10
        default: return nil
        }
        return digit < base ? digit : nil
    }
}

extension Span<UInt8> {
    fileprivate var first: UInt8? { isEmpty ? nil : self[0] }
}
