internal import KeySchemas
internal import OrderedStore

/// The words of a condition's text.
struct ConditionLexer {
    enum Token: Hashable {
        /// A path; the names that are keywords are not quoted.
        case path(ConditionPath, keyword: String?)
        case string(String)
        case value(FieldValue)
        case comparison(Comparison)
        case open
        case close
        case comma
        case end
    }

    let source: String
    private let bytes: [UInt8]
    private var index = 0
    /// Where the token that was read last begins.
    private(set) var start = 0

    init(_ source: String) {
        self.source = source
        bytes = Array(source.utf8)
    }

    private func peek(_ distance: Int = 0) -> UInt8 {
        index + distance < bytes.count ? bytes[index + distance] : 0
    }

    func error(_ message: String, at offset: Int) -> ConditionError {
        ConditionError(message, in: source, at: offset)
    }

    /// Reads the next token.
    ///
    /// - Parameter isValue: whether a value belongs here, and not a path: a quoted word may be either.
    mutating func next(isValue: Bool = false) throws(ConditionError) -> Token {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        start = index
        guard index < bytes.count else { return .end }
        switch bytes[index] {
        case UInt8(ascii: "("): return single(.open)
        case UInt8(ascii: ")"): return single(.close)
        case UInt8(ascii: ","): return single(.comma)
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): return try comparison()
        case UInt8(ascii: "'"): return .string(try singleQuoted())
        case UInt8(ascii: "\"") where isValue: return .string(try doubleQuoted())
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .value(.json(try json()))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .value(try number())
        case UInt8(ascii: "&"), UInt8(ascii: "|"):
            throw error("write the words and, or", at: start)
        default: return try path()
        }
    }

    private mutating func single(_ token: Token) -> Token {
        index += 1
        return token
    }

    private mutating func comparison() throws(ConditionError) -> Token {
        let two = String(decoding: bytes[index...].prefix(2), as: UTF8.self)
        if let comparison = two == "==" ? .equal : two == "<>" ? .notEqual : Comparison(rawValue: two) {
            index += 2
            return .comparison(comparison)
        }
        guard let comparison = Comparison(rawValue: String(UnicodeScalar(bytes[index]))) else {
            throw error("write not, or !=", at: start)
        }
        index += 1
        return .comparison(comparison)
    }

    /// Reads with the reader of JSON, from here on.
    private mutating func read<Value>(
        _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(ConditionError) -> Value {
        var reader = JSONReader(bytes.span)
        reader.index = index
        do throws(JSONError) {
            let value = try body(&reader)
            index = reader.index
            return value
        } catch { throw self.error(error.message, at: error.offset) }
    }

    private mutating func doubleQuoted() throws(ConditionError) -> String {
        try read { reader throws(JSONError) in
            var scratch: [UInt8] = []
            return try reader.string(scratch: &scratch)
        }
    }

    /// Reads a string in single quotes as the one in double quotes that it stands for.
    private mutating func singleQuoted() throws(ConditionError) -> String {
        let quote = UInt8(ascii: "'")
        var json = [UInt8(ascii: "\"")]
        var end = index + 1
        while end < bytes.count, bytes[end] != quote {
            if bytes[end] == UInt8(ascii: "\"") { json.append(0x5C) }
            if bytes[end] == UInt8(ascii: "\\"), end + 1 < bytes.count {
                if bytes[end + 1] != quote { json.append(0x5C) }
                end += 1
            }
            json.append(bytes[end])
            end += 1
        }
        guard end < bytes.count else { throw error("a string without its closing quote", at: start) }
        json.append(UInt8(ascii: "\""))
        var lexer = ConditionLexer(String(decoding: json, as: UTF8.self))
        let text: String
        do { text = try lexer.doubleQuoted() } catch { throw self.error(error.message, at: start) }
        index = end + 1
        return text
    }

    private mutating func json() throws(ConditionError) -> JSONValue {
        var parser = JSONParser(bytes.span)
        parser.reader.index = index
        do throws(JSONError) {
            let value = try parser.value()
            index = parser.reader.index
            return value
        } catch { throw self.error(error.message, at: error.offset) }
    }

    private mutating func number() throws(ConditionError) -> FieldValue {
        let range = try read { reader throws(JSONError) in try reader.number() }
        guard !ConditionPath.isPlain(peek()), peek() != UInt8(ascii: ".") else {
            throw error("a number ends here; put dates and other text in quotes", at: index)
        }
        return FieldValue(number: JSONNumber(unchecked: String(decoding: bytes[range], as: UTF8.self)))
    }

    private mutating func path() throws(ConditionError) -> Token {
        var steps: [IndexPath.Step] = []
        var keyword: String?
        while true {
            if peek() == UInt8(ascii: "\"") {
                steps.append(.member(try doubleQuoted()))
            } else {
                let first = index
                while index < bytes.count, ConditionPath.isPlain(bytes[index]) { index += 1 }
                guard index > first else {
                    throw error(
                        steps.isEmpty ? "a field's name belongs here" : "a name belongs after the dot", at: index)
                }
                let name = String(decoding: bytes[first..<index], as: UTF8.self)
                if steps.isEmpty { keyword = name.lowercased() }
                steps.append(.member(name))
            }
            while peek() == UInt8(ascii: "["), peek(1) == UInt8(ascii: "]") {
                steps.append(.each)
                index += 2
            }
            guard steps.count <= ConditionPath.longest else { throw error("the path is too long", at: start) }
            guard peek() == UInt8(ascii: ".") else { break }
            index += 1
        }
        return .path(ConditionPath(steps), keyword: steps.count == 1 ? keyword : nil)
    }
}

extension FieldValue {
    /// A number as it is written: an integer of up to 255 bytes, or the number's text.
    init(number: JSONNumber) {
        self = (try? ComponentType.int().parse(number.text)).map { .scalar($0) } ?? .json(.number(number))
    }

    /// The value that conditions compare with: scalars as scalars, arrays and objects as JSON.
    init(literal json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .scalar(.bool(flag))
        case .number(let number): self.init(number: number)
        case .string(let text): self = .scalar(.string(text))
        case .array, .object: self = .json(json)
        }
    }
}
