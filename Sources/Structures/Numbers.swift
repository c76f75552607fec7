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
    /// A number as Redis takes it: as `strtod` reads it, hexadecimal forms and infinities included, spaces and NaN not.
    package init?(redis text: Span<UInt8>) {
        guard text.count > 0, text.count < 256 else { return nil }
        // `Double` takes what `strtod` takes, less leading space.
        guard let value = Double(String(decoding: text.array, as: UTF8.self)), !value.isNaN else { return nil }
        self = value
    }
}
