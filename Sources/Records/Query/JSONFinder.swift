internal import OrderedStore

/// Walks over JSON text to the values at a path and tests them where they stand: nothing is built of what is on the
/// way or beside it.
struct JSONFinder: ~Escapable {
    private var reader: JSONReader
    private var scratch: [UInt8] = []

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) {
        reader = JSONReader(text)
    }

    /// Whether the test is true of a value at the end of the way.
    ///
    /// - Complexity: O(*n*) in the text; the depth of the calls is that of the path.
    mutating func finds(_ test: ValueTest, _ steps: ArraySlice<IndexPath.Step>) -> Bool {
        // What is not JSON has no values.
        (try? isTrue(test, steps)) ?? false
    }

    /// Tests the next value, and passes over it unless the answer is `true`.
    private mutating func isTrue(
        _ test: ValueTest, _ steps: ArraySlice<IndexPath.Step>
    ) throws(JSONError) -> Bool {
        reader.skipWhitespace()
        guard let step = steps.first else { return try isTrue(test) }
        switch step {
        case .member(let name):
            guard reader.peek == UInt8(ascii: "{") else {
                try reader.skipValue()
                return false
            }
            reader.index += 1
            while try nextMember() {
                let isWanted = try isKey(name)
                reader.skipWhitespace()
                guard reader.skip(UInt8(ascii: ":")) else { throw reader.error("a : belongs after a key") }
                if isWanted {
                    if try isTrue(test, steps.dropFirst()) { return true }
                } else {
                    try reader.skipValue()
                }
            }
            return false
        case .each:
            // A single value stands for an array of one.
            guard reader.peek == UInt8(ascii: "[") else { return try isTrue(test, steps.dropFirst()) }
            reader.index += 1
            while try nextElement() {
                if try isTrue(test, steps.dropFirst()) { return true }
            }
            return false
        }
    }

    private mutating func nextMember() throws(JSONError) -> Bool { try next(UInt8(ascii: "}")) }
    private mutating func nextElement() throws(JSONError) -> Bool { try next(UInt8(ascii: "]")) }

    /// Passes over what stands before the next member or element; `false` at the end, which is passed over, too.
    private mutating func next(_ end: UInt8) throws(JSONError) -> Bool {
        reader.skipWhitespace()
        if reader.skip(end) { return false }
        if reader.skip(UInt8(ascii: ",")) { reader.skipWhitespace() }
        guard !reader.isAtEnd else { throw reader.error("the text ends here") }
        return true
    }

    private mutating func isKey(_ name: String) throws(JSONError) -> Bool {
        if let range = try reader.string(escaped: &scratch) {
            return reader.bytes.extracting(range).equals(name.utf8.span)
        }
        return scratch.span.equals(name.utf8.span)
    }

    private mutating func isTrue(_ test: ValueTest) throws(JSONError) -> Bool {
        let value = try token()
        switch test {
        case .exists:
            return true
        case .isNull:
            if case .null = value { return true }
            return false
        case .compare(let comparison, let operand):
            return order(value, operand).map(comparison.holds) ?? false
        case .isOneOf(let operands):
            return operands.contains { order(value, $0) }
        case .startsWith(let prefix):
            guard case .string(let range) = value else { return false }
            return range.map { reader.bytes.extracting($0).starts(with: prefix.span) }
                ?? scratch.span.starts(with: prefix.span)
        case .matches(let pattern):
            guard case .string(let range) = value,
                let text = range.map({ FieldCodec.text(reader.bytes.extracting($0)) })
                    ?? FieldCodec.text(scratch.span)
            else { return false }
            return pattern.matches(text)
        }
    }

    private enum Token {
        case null
        case bool(Bool)
        case number(Range<Int>)
        /// Where the string's bytes are; `nil` when they are in the scratch buffer.
        case string(Range<Int>?)
        case nested(Range<Int>)
    }

    /// Passes over the next value.
    private mutating func token() throws(JSONError) -> Token {
        switch reader.peek {
        case UInt8(ascii: "\""):
            return .string(try reader.string(escaped: &scratch))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try reader.number())
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let start = reader.index
            try reader.skipValue()
            return .nested(start..<reader.index)
        default:
            if case .bool(let flag) = try reader.literal() { return .bool(flag) }
            return .null
        }
    }

    private func order(_ value: Token, _ operand: Operand) -> Int? {
        switch (value, operand) {
        case (.bool(let flag), .bool(let other)):
            return flag == other ? 0 : other ? -1 : 1
        case (.number(let range), .number(let text, let small)):
            return Operand.order(ofNumber: reader.bytes.extracting(range), text, small)
        case (.string(let range), .bytes(let bytes)):
            guard let range else { return scratch.span.compare(to: bytes.span) }
            return reader.bytes.extracting(range).compare(to: bytes.span)
        case (.nested(let range), .nested(let other)):
            return (try? JSONValue(parsing: reader.bytes.extracting(range))) == other ? 0 : nil
        default:
            return nil
        }
    }
}

extension JSONReader {
    /// Passes over the next value, of which only strings, brackets and the ends are looked at.
    ///
    /// - Complexity: O(*n*), whatever stands in each other.
    mutating func skipValue() throws(JSONError) {
        skipWhitespace()
        var depth = 0
        repeat {
            switch peek {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
            case UInt8(ascii: "\""):
                try skipString()
            default:
                guard !isAtEnd else { throw error("the text ends here") }
                index += 1
                if depth == 0 { skipRest() }
            }
        } while depth > 0
    }

    private mutating func skipString() throws(JSONError) {
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            index += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
        index = bytes.count
        throw error("a string without its closing quote")
    }

    /// Passes over the rest of a number or a word.
    private mutating func skipRest() {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x09, 0x0A, 0x0D: return
            default: index += 1
            }
        }
    }
}
