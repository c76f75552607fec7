extension JSONNumber {
    /// The sum, exactly, with as many digits after the point as the summand that has more of them.
    ///
    /// - Returns: `nil` when it, or one of the two written without a power of ten, takes more than 615 digits.
    /// - Complexity: O(*n*) in the digits.
    package func adding(_ other: JSONNumber) -> JSONNumber? {
        if let left = Int64(text), let right = Int64(other.text) {
            let (sum, overflow) = left.addingReportingOverflow(right)
            if !overflow { return JSONNumber(sum) }
        }
        guard let left = Decimal(self), let right = Decimal(other) else { return nil }
        let sum = left.adding(right)
        return sum.digits.count <= Decimal.mostDigits ? JSONNumber(unchecked: sum.text) : nil
    }

    /// A number by its digits, the least significant first.
    private struct Decimal {
        static let mostDigits = 615

        var isNegative: Bool
        var digits: [UInt8]
        /// How many of the digits stand after the point.
        var scale: Int

        init?(_ number: JSONNumber) {
            guard let plain = number.plainText else { return nil }
            isNegative = plain.utf8.first == UInt8(ascii: "-")
            digits = []
            scale = 0
            for byte in plain.utf8.reversed() {
                if byte == UInt8(ascii: ".") { scale = digits.count }
                if byte >= UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
            }
        }

        mutating func rescale(to scale: Int) {
            digits.insert(contentsOf: repeatElement(0, count: scale - self.scale), at: 0)
            self.scale = scale
        }

        func adding(_ other: Decimal) -> Decimal {
            var left = self
            var right = other
            let scale = Swift.max(left.scale, right.scale)
            left.rescale(to: scale)
            right.rescale(to: scale)
            let count = Swift.max(left.digits.count, right.digits.count)
            left.digits += repeatElement(0, count: count - left.digits.count)
            right.digits += repeatElement(0, count: count - right.digits.count)
            if left.isNegative == right.isNegative {
                var carry: UInt8 = 0
                for index in 0..<count {
                    let sum = left.digits[index] + right.digits[index] + carry
                    left.digits[index] = sum % 10
                    carry = sum / 10
                }
                if carry > 0 { left.digits.append(carry) }
                return left
            }
            if left.digits.reversed().lexicographicallyPrecedes(right.digits.reversed()) { swap(&left, &right) }
            var borrow: UInt8 = 0
            for index in 0..<count {
                let taken = right.digits[index] + borrow
                borrow = left.digits[index] < taken ? 1 : 0
                left.digits[index] = left.digits[index] + borrow * 10 - taken
            }
            return left
        }

        var text: String {
            var kept = digits
            while kept.count > scale + 1, kept.last == 0 { kept.removeLast() }
            var bytes: [UInt8] = isNegative && kept.contains { $0 != 0 } ? [UInt8(ascii: "-")] : []
            for (place, digit) in kept.enumerated().reversed() {
                bytes.append(UInt8(ascii: "0") + digit)
                if place == scale, scale > 0 { bytes.append(UInt8(ascii: ".")) }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
