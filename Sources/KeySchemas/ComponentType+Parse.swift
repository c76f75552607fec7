extension ComponentType {
    /// Reads a value as people write it: `12.50`, `2024-01-31`, `true`, bytes in hex, a string as it is.
    ///
    /// An int is canonical decimal, without padding. An id is an integer when it looks like one, and text between
    /// quotation marks is always text. ``KeyValue/description`` writes what this reads, but for ids that need the marks.
    ///
    /// - Throws: ``KeyError`` that says what the text should look like.
    public func parse(_ text: String) throws(KeyError) -> KeyValue {
        switch self {
        case .string:
            return .string(text)
        case .id:
            return IDForm.parse(text)
        case .int:
            guard let value = KeyValue(canonicalDecimal: text.utf8.span) else {
                throw malformed(text, "an integer such as 42 or -7, without zeros or a plus before it")
            }
            return try normalize(value)
        case .decimal:
            guard let value = FixedDecimal(text) else { throw malformed(text, "a decimal number such as 12.50") }
            return try normalize(.decimal(value))
        case .double:
            guard let value = Double(text) else { throw malformed(text, "a number such as 2.5e3") }
            return try normalize(.double(value))
        case .date:
            guard let value = CalendarDate(text) else { throw malformed(text, "a date such as 2024-01-31") }
            return .date(value)
        case .timestamp:
            guard let value = Timestamp(text) else {
                throw malformed(text, "a time in UTC such as 20240131T235959.123Z or 2024-01-31T23:59:59Z")
            }
            return .timestamp(value)
        case .uuid:
            guard let value = UUID128(text) else {
                throw malformed(text, "a UUID such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
            }
            return .uuid(value)
        case .bool:
            guard text == "true" || text == "false" else { throw malformed(text, "true or false") }
            return .bool(text == "true")
        case .bytes:
            guard let value = [UInt8](hex: text) else { throw malformed(text, "bytes in hex such as 00ff") }
            return try normalize(.bytes(value))
        }
    }

    private func malformed(_ text: String, _ expected: String) -> KeyError {
        KeyError(.malformedText, message: "\(text.excerpt) is not \(expected)")
    }
}

extension KeyValue {
    /// Reads `0`, `42` and `-7`; `nil` for zeros or a plus before the number, for `-0`, and beyond 255 bytes.
    init?(canonicalDecimal text: Span<UInt8>) {
        let isNegative = !text.isEmpty && text[0] == UInt8(ascii: "-")
        let digits = text.extracting((isNegative ? 1 : 0)..<text.count)
        guard !digits.isEmpty, isNegative || digits.count > 1 ? digits[0] != UInt8(ascii: "0") : true else {
            return nil
        }
        self.init(isNegative: isNegative, digits: digits, complemented: false)
    }

    /// The integer that decimal `digits` spell; `nil` when one is none or they take more than 255 bytes.
    ///
    /// - Parameter complemented: whether each is nine minus the digit that counts.
    init?(isNegative: Bool, digits: Span<UInt8>, complemented: Bool) {
        // 255 bytes are at most 615 digits.
        guard digits.count <= 615 else { return nil }
        func digit(_ index: Int) -> UInt8 {
            let digit = digits[index] &- UInt8(ascii: "0")
            return complemented && digit <= 9 ? 9 - digit : digit
        }
        var magnitude: UInt64 = 0
        var isSmall = true
        for index in digits.indices {
            let digit = digit(index)
            guard digit <= 9 else { return nil }
            let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
            if overflow || carry { isSmall = false }
            magnitude = sum
        }
        if isSmall {
            self = .integer(negative: isNegative, magnitude: magnitude)
            return
        }
        guard let bytes = BigInteger.magnitude(ofDigits: digits.indices.map(digit)),
            let value = KeyValue.integer(negative: isNegative, magnitude: bytes)
        else { return nil }
        self = value
    }
}

extension [UInt8] {
    /// Reads pairs of hex digits in either case.
    init?(hex text: String) {
        guard text.utf8.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for byte in text.utf8 {
            guard let digit = hexDigitValue(byte) else { return nil }
            if let upper = high {
                append(upper << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
    }
}
