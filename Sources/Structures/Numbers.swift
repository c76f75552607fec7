internal import OrderedStore

extension Int64 {
    /// An integer in decimal as Redis takes it: no sign but `-`, no space, no leading zero.
    package init?(redis text: Span<UInt8>) {
        guard text.count > 0, text.count <= 20 else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        var index = isNegative ? 1 : 0
        guard index < text.count else { return nil }
        if text[index] == UInt8(ascii: "0") {
            guard text.count == 1 else { return nil }
            self = 0
            return
        }
        var value: Int64 = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            if overflow || carry { return nil }
            value = sum
            index += 1
        }
        self = value
    }
}

extension Double {
    /// A number as Redis takes it: as `strtod` reads it, hexadecimal forms and infinities included; not spaces, NaN, and
    /// what is out of range.
    package init?(redis text: Span<UInt8>) {
        guard text.count > 0, text.count < 256 else { return nil }
        // `Double` takes what `strtod` takes, less leading space.
        guard let value = Double(String(decoding: text.array, as: UTF8.self)), !value.isNaN else { return nil }
        if value.isInfinite || value == 0, Double.hasSignificantDigit(text) { return nil }
        self = value
    }

    /// Whether a number is written with another digit than 0: then it is neither zero nor an infinity.
    private static func hasSignificantDigit(_ text: Span<UInt8>) -> Bool {
        var isHexadecimal = false
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "1")...UInt8(ascii: "9"): return true
            case UInt8(ascii: "x"), UInt8(ascii: "X"): isHexadecimal = true
            case UInt8(ascii: "p"), UInt8(ascii: "P"): return false
            case UInt8(ascii: "e") where !isHexadecimal, UInt8(ascii: "E") where !isHexadecimal: return false
            case UInt8(ascii: "a")...UInt8(ascii: "f") where isHexadecimal: return true
            case UInt8(ascii: "A")...UInt8(ascii: "F") where isHexadecimal: return true
            default: break
            }
        }
        return false
    }
}
