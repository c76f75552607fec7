internal import OrderedStore

/// The `text` encoding's separator and escapes: inside a part `:` becomes `;0` and `;` becomes `;1`. As `;` is
/// the byte after `:`, escaping keeps the order, and all that begins with `P:` lies below `P;`.
enum TextForm {
    static let separator = UInt8(ascii: ":")
    /// Also the separator plus one: the end of the range under a part.
    static let escape = UInt8(ascii: ";")

    /// Appends `bytes`, escaped.
    static func append(_ bytes: Span<UInt8>, to key: inout [UInt8]) {
        var start = 0
        while let index = firstSpecial(in: bytes, from: start) {
            key.append(copying: bytes.extracting(start..<index))
            key.append(escape)
            key.append(bytes[index] == separator ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            start = index + 1
        }
        key.append(copying: bytes.extracting(start..<bytes.count))
    }

    /// Whether a part is the UTF-8 of its string, which nothing in it was escaped of.
    static func isPlain(_ part: Span<UInt8>) -> Bool {
        firstSpecial(in: part, from: 0) == nil && (try? UTF8Span(validating: part)) != nil
    }

    /// Finds what is escaped. The separator is the escape without its lowest bit.
    @inline(__always)
    private static func firstSpecial(in bytes: Span<UInt8>, from start: Int) -> Int? {
        bytes.first(escape, from: start, ignoring: escape ^ separator)
    }

    /// The string that was escaped to `part`.
    ///
    /// - Throws: ``KeyError`` for another escape, a separator, and what is not UTF-8.
    static func string(_ part: Span<UInt8>) throws(KeyError) -> String {
        var hasEscapes = false
        for index in part.indices where part[index] == escape || part[index] == separator { hasEscapes = true }
        guard hasEscapes else {
            guard let string = String(validating: part) else {
                throw KeyError(.malformedKey, offset: 0, message: "the part is not UTF-8")
            }
            return string
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(part.count)
        var index = 0
        while index < part.count {
            var byte = part[index]
            if byte == escape {
                index += 1
                let code = index < part.count ? part[index] : 0
                guard code == UInt8(ascii: "0") || code == UInt8(ascii: "1") else {
                    throw KeyError(.malformedKey, offset: index - 1, message: "a ; that is followed by neither 0 nor 1")
                }
                byte = code == UInt8(ascii: "0") ? separator : escape
            } else if byte == separator {
                throw KeyError(.malformedKey, offset: index, message: "a : inside a part; it is written ;0")
            }
            bytes.append(byte)
            index += 1
        }
        guard let string = String(validating: bytes.span) else {
            throw KeyError(.malformedKey, offset: 0, message: "the part is not UTF-8")
        }
        return string
    }
}

/// The `text` form of an id: an integer is its canonical decimal, text is itself, but between quotation marks when it
/// would read as an integer, or begins with one. Nothing inside the marks is escaped.
enum IDForm {
    static let quote = UInt8(ascii: "\"")

    static func needsQuotes(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0 else { return false }
        return text[0] == quote || KeyValue(canonicalDecimal: text) != nil
    }

    /// The id that a form which ``ComponentType/appendText(_:to:)`` writes stands for.
    static func decode(_ form: String) throws(KeyError) -> KeyValue {
        let id = parse(form)
        if case .string(let text) = id, text.utf8.count != form.utf8.count || needsQuotes(form.utf8.span) {
            guard text.utf8.count + 2 == form.utf8.count, needsQuotes(text.utf8.span) else {
                throw KeyError(
                    .malformedKey, offset: 0, message: "a quotation mark begins an id that is not written in quotes")
            }
        }
        return id
    }

    /// The id that `text` stands for, where quotes may be around any text.
    static func parse(_ text: String) -> KeyValue {
        if let number = KeyValue(canonicalDecimal: text.utf8.span) { return number }
        let inner = text.utf8.dropFirst().dropLast()
        guard text.utf8.count >= 2, text.utf8.first == quote, text.utf8.last == quote else {
            return .string(text)
        }
        return .string(String(Substring(inner)))
    }
}

extension ComponentType {
    /// Appends a value in its `text` form.
    ///
    /// - Complexity: O(*n*); nothing is allocated for numbers of 64 bits but the array's growth.
    /// - Throws: what ``normalize(_:)`` throws; nothing was appended then.
    func appendText(_ value: KeyValue, to key: inout [UInt8]) throws(KeyError) {
        switch try normalize(value) {
        case .string(let text) where self == .id && IDForm.needsQuotes(text.utf8.span):
            key.append(IDForm.quote)
            TextForm.append(text.utf8.span, to: &key)
            key.append(IDForm.quote)
        case .string(let text):
            TextForm.append(text.utf8.span, to: &key)
        case .integer(let number):
            appendInteger(number.magnitude, isNegative: number < 0, to: &key)
        case .bigInteger(let number):
            appendDigits(number.decimalDigits, isNegative: number.isNegative, to: &key)
        case .decimal(let number):
            guard case .decimal(let precision, _) = self else { return }
            if number.unscaled < 0 { key.append(UInt8(ascii: "-")) }
            key.appendDigits(
                of: number.unscaled.magnitude, width: precision, complemented: number.unscaled < 0)
        case .double(let number):
            let bits = number.orderedBits
            for index in 0..<8 { key.appendHex(UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * index))) }
        case .date(let date):
            date.append(to: &key, separator: UInt8(ascii: "-"))
        case .timestamp(let time):
            time.append(to: &key)
        case .uuid(let uuid):
            uuid.appendText(to: &key)
        case .bool(let flag):
            TextForm.append((flag ? "true" : "false").utf8.span, to: &key)
        case .bytes(let bytes):
            for byte in bytes { key.appendHex(byte) }
        case .null, .nested, .float:
            return
        }
    }

    private func appendInteger(_ magnitude: UInt64, isNegative: Bool, to key: inout [UInt8]) {
        if isNegative { key.append(UInt8(ascii: "-")) }
        if case .int(let pad?) = self {
            key.appendDigits(of: magnitude, width: pad, complemented: isNegative)
        } else {
            key.appendDigits(of: magnitude)
        }
    }

    private func appendDigits(_ digits: [UInt8], isNegative: Bool, to key: inout [UInt8]) {
        if isNegative { key.append(UInt8(ascii: "-")) }
        guard case .int(let pad?) = self else {
            for digit in digits { key.append(UInt8(ascii: "0") + digit) }
            return
        }
        for _ in 0..<Swift.max(pad - digits.count, 0) { key.append(UInt8(ascii: isNegative ? "9" : "0")) }
        for digit in digits { key.append(UInt8(ascii: "0") + (isNegative ? 9 - digit : digit)) }
    }

    /// The value whose `text` form `part` is.
    ///
    /// - Throws: ``KeyError`` when it is not exactly what ``appendText(_:to:)`` writes.
    func decodeText(_ part: Span<UInt8>) throws(KeyError) -> KeyValue {
        if case .string = self { return .string(try TextForm.string(part)) }
        if case .id = self { return try IDForm.decode(try TextForm.string(part)) }
        guard let value = valueOfText(part) else {
            throw KeyError(.malformedKey, offset: 0, message: "the part is no \(self) as it is written in keys")
        }
        return value
    }

    private func valueOfText(_ part: Span<UInt8>) -> KeyValue? {
        switch self {
        case .string, .id:
            return nil
        case .int(nil):
            return KeyValue(canonicalDecimal: part)
        case .int(let pad?):
            return paddedInteger(part, width: pad)
        case .decimal(let precision, let scale):
            return paddedInteger(part, width: precision)?.asInt128
                .flatMap { FixedDecimal(unscaled: $0, scale: scale) }.map { .decimal($0) }
        case .double:
            guard part.count == 16, let bytes = lowerCaseHex(part) else { return nil }
            let number = Double(orderedBits: bytes.reduce(0) { $0 << 8 | UInt64($1) })
            return number.isNaN || (number == 0 && number.sign == .minus) ? nil : .double(number)
        case .date:
            return CalendarDate(ascii(part)).map { .date($0) }
        case .timestamp:
            guard part.count == 20 else { return nil }
            return Timestamp(ascii(part)).flatMap { $0.description == ascii(part) ? .timestamp($0) : nil }
        case .uuid:
            return UUID128(ascii(part)).flatMap { $0.description == ascii(part) ? .uuid($0) : nil }
        case .bool:
            let text = ascii(part)
            return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .bytes(let count):
            guard let bytes = lowerCaseHex(part), count == nil || count == bytes.count else { return nil }
            return .bytes(bytes)
        }
    }

    /// Reads exactly `width` digits, after a minus the nines' complement of them.
    private func paddedInteger(_ part: Span<UInt8>, width: Int) -> KeyValue? {
        let isNegative = !part.isEmpty && part[0] == UInt8(ascii: "-")
        let digits = part.extracting((isNegative ? 1 : 0)..<part.count)
        guard digits.count == width,
            let value = KeyValue(isNegative: isNegative, digits: digits, complemented: isNegative)
        else { return nil }
        // Zero is written without a sign.
        return isNegative && value == .integer(0) ? nil : value
    }

    private func lowerCaseHex(_ part: Span<UInt8>) -> [UInt8]? {
        for index in part.indices where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(part[index]) { return nil }
        return [UInt8](hex: ascii(part))
    }

    /// The part as a string for the types whose forms are ASCII; what is not ASCII makes no such form.
    private func ascii(_ part: Span<UInt8>) -> String {
        String(decoding: part.array, as: UTF8.self)
    }
}

extension String {
    /// A copy of `bytes`; `nil` when they are not UTF-8.
    init?(validating bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }
}
