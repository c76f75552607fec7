/// A decimal number with a fixed number of fraction digits, held as an integer: 12.50 is 1250 with scale 2.
///
/// Equality is of both: 1.5 and 1.50 are different values, as they are different integers.
public struct FixedDecimal: Hashable, Sendable {
    /// The number times 10 to the power of ``scale``; its absolute value is below 10³⁸.
    public let unscaled: Int128
    /// How many of the digits are the fraction: 0 to 38.
    public let scale: Int

    /// The most digits a number may have.
    public static let maximumPrecision = 38

    /// `nil` when `scale` is not 0 to 38, or `unscaled` has more than 38 digits.
    public init?(unscaled: Int128, scale: Int) {
        guard (0...FixedDecimal.maximumPrecision).contains(scale),
            unscaled.magnitude < FixedDecimal.power(FixedDecimal.maximumPrecision).magnitude
        else { return nil }
        self.unscaled = unscaled
        self.scale = scale
    }

    /// Reads `-12.5`: digits, and a point with further digits where there is a fraction.
    public init?(_ text: String) {
        var unscaled: Int128 = 0
        var scale = 0
        var digits = 0
        var isNegative = false
        var hasPoint = false
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where index == 0:
                isNegative = true
            case UInt8(ascii: ".") where !hasPoint && digits > 0:
                hasPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard unscaled.magnitude < FixedDecimal.power(FixedDecimal.maximumPrecision - 1).magnitude else {
                    return nil
                }
                unscaled = unscaled * 10 + Int128(byte - UInt8(ascii: "0"))
                digits += 1
                if hasPoint { scale += 1 }
            default:
                return nil
            }
        }
        guard digits > 0, !hasPoint || scale > 0 else { return nil }
        self.init(unscaled: isNegative ? -unscaled : unscaled, scale: scale)
    }

    /// The same number with another scale; `nil` when that would lose digits or take more than 38.
    public func rescaled(to newScale: Int) -> FixedDecimal? {
        guard (0...FixedDecimal.maximumPrecision).contains(newScale) else { return nil }
        if newScale >= scale {
            let (product, overflow) = unscaled.multipliedReportingOverflow(
                by: FixedDecimal.power(newScale - scale))
            return overflow ? nil : FixedDecimal(unscaled: product, scale: newScale)
        }
        let (quotient, remainder) = unscaled.quotientAndRemainder(
            dividingBy: FixedDecimal.power(scale - newScale))
        return remainder == 0 ? FixedDecimal(unscaled: quotient, scale: newScale) : nil
    }

    /// 10 to the power of `exponent`, which is 0 to 38.
    static func power(_ exponent: Int) -> Int128 {
        var power: Int128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}

extension FixedDecimal: Comparable {
    public static func < (left: FixedDecimal, right: FixedDecimal) -> Bool {
        if left.scale == right.scale { return left.unscaled < right.unscaled }
        // The integers first, then the fractions as 38 digits each, so nothing overflows.
        let (whole, fraction) = left.unscaled.quotientAndRemainder(dividingBy: power(left.scale))
        let (otherWhole, otherFraction) = right.unscaled.quotientAndRemainder(dividingBy: power(right.scale))
        if whole != otherWhole { return whole < otherWhole }
        let digits = fraction * power(maximumPrecision - left.scale)
        let otherDigits = otherFraction * power(maximumPrecision - right.scale)
        return digits == otherDigits ? left.scale < right.scale : digits < otherDigits
    }
}

extension FixedDecimal: CustomStringConvertible {
    /// `12.50`, with all fraction digits.
    public var description: String {
        var digits = String(unscaled.magnitude)
        if digits.utf8.count <= scale {
            digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
        }
        let whole = digits.dropLast(scale)
        let fraction = digits.suffix(scale)
        return (unscaled < 0 ? "-" : "") + whole + (scale > 0 ? "." + fraction : "")
    }
}
