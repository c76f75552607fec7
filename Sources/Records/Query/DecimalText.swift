/// A number by its text, as JSON and the stored forms write one, to be compared without converting it: no digit is
/// lost, and nothing grows with an exponent.
struct DecimalText {
    private let isNegative: Bool
    /// Where the first digit that is not 0 stands.
    private let first: Int
    /// Where the digits end.
    private let end: Int
    /// The power of ten of the first digit; of zero the least there is.
    private let exponent: Int

    /// Exponents are compared up to this.
    private static let limit = 1 << 60

    /// - Returns: `nil` when the text is no number.
    init?(_ text: Span<UInt8>) {
        var index = 0
        isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        var first: Int?
        var point: Int?
        var hasDigits = false
        loop: while index < text.count {
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigits = true
                if first == nil, text[index] != UInt8(ascii: "0") { first = index }
            case UInt8(ascii: ".") where point == nil && hasDigits: point = index
            default: break loop
            }
            index += 1
        }
        guard hasDigits else { return nil }
        let end = index
        var power = 0
        if index < text.count {
            guard text[index] | 0x20 == UInt8(ascii: "e") else { return nil }
            index += 1
            let isBelow = index < text.count && text[index] == UInt8(ascii: "-")
            if index < text.count, isBelow || text[index] == UInt8(ascii: "+") { index += 1 }
            guard index < text.count else { return nil }
            while index < text.count {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                if power < DecimalText.limit / 16 { power = power * 10 + Int(digit) }
                index += 1
            }
            if isBelow { power = -power }
        }
        self.end = end
        self.first = first ?? end
        guard let first else {
            exponent = Int.min
            return
        }
        let whole = point ?? end
        exponent = power + (first < whole ? whole - first - 1 : whole - first)
    }

    private var isZero: Bool { exponent == Int.min }

    private var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

    /// Three-way comparison of two numbers.
    ///
    /// - Returns: `nil` when one of them is none.
    /// - Complexity: O(*n*); nothing is allocated.
    static func order(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int? {
        guard let one = DecimalText(left), let other = DecimalText(right) else { return nil }
        if one.sign != other.sign || one.isZero { return one.sign - other.sign }
        if one.exponent != other.exponent { return one.exponent < other.exponent ? -one.sign : one.sign }
        var index = one.first
        var otherIndex = other.first
        while index < one.end || otherIndex < other.end {
            let digit = one.next(left, &index)
            let otherDigit = other.next(right, &otherIndex)
            if digit != otherDigit { return digit < otherDigit ? -one.sign : one.sign }
        }
        return 0
    }

    /// Three-way comparison of two numbers; `nil` when one of them is none.
    static func order(_ left: String, _ right: String) -> Int? { order(left.utf8.span, right.utf8.span) }

    /// The next digit; zeros follow the last one.
    private func next(_ text: Span<UInt8>, _ index: inout Int) -> UInt8 {
        if index < end, text[index] == UInt8(ascii: ".") { index += 1 }
        guard index < end else { return UInt8(ascii: "0") }
        defer { index += 1 }
        return text[index]
    }
}
