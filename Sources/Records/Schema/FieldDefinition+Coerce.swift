internal import KeySchemas

// The one place that says which text and which JSON is a field's value: import, the command line and JSON records
// all come here.
extension FieldDefinition {
    /// The value that text stands for: a cell of a CSV file, an argument.
    ///
    /// Empty text is absent, but the empty string for a string that is a part of the key or required. A number
    /// is taken when it is one exactly: `2008.0` is the integer 2008, and `2008.5` is none.
    ///
    /// - Returns: `nil` for absent.
    /// - Throws: ``RecordError`` that names the field.
    public func coerce(text: String) throws(RecordError) -> FieldValue? {
        if text.isEmpty {
            guard !(type == .scalar(.string) || type == .scalar(.id)) || !isRequired else {
                return .scalar(.string(""))
            }
            guard !isKeyPart else { throw refusal("a part of the key is empty, and its type is \(type.name)") }
            return nil
        }
        switch type {
        case .json:
            return try validate(.json(try parseJSON(text)))
        case .scalar(.int), .scalar(.decimal), .scalar(.double):
            guard let number = JSONNumber(text) else {
                throw refusal("\(quoted(text)) is not \(type == .scalar(.double) ? "a number" : expected)")
            }
            return try validate(try coerce(number))
        case .scalar(let scalar):
            return try validate(try parse(text, as: scalar))
        }
    }

    /// The value that a member of a flat JSON record stands for.
    ///
    /// - Throws: ``RecordError`` that names the field.
    public func coerce(json: JSONValue) throws(RecordError) -> FieldValue {
        switch (json, type) {
        case (.null, .json) where !isNullable:
            return try validate(.json(.null))
        case (.null, _):
            return try validate(.null)
        case (_, .json):
            return try validate(.json(json))
        case (.number(let number), .scalar(.int)), (.number(let number), .scalar(.decimal)),
            (.number(let number), .scalar(.double)), (.number(let number), .scalar(.id)):
            return try validate(try coerce(number))
        case (.bool(let flag), .scalar(.bool)):
            return .scalar(.bool(flag))
        case (.string(let text), .scalar(.string)), (.string(let text), .scalar(.id)):
            return try validate(.scalar(.string(text)))
        case (.string, .scalar(.int)), (.string, .scalar(.decimal)), (.string, .scalar(.double)),
            (.string, .scalar(.bool)):
            throw refusal("a string where \(expected) belongs; write it without quotes")
        case (.string(let text), .scalar(let scalar)):
            return try validate(try parse(text, as: scalar))
        default:
            throw refusal("\(json.kind) where \(expected) belongs")
        }
    }

    private func parse(_ text: String, as type: ComponentType) throws(RecordError) -> FieldValue {
        do { return .scalar(try type.parse(text)) } catch { throw refusal(error.message) }
    }

    private func parseJSON(_ text: String) throws(RecordError) -> JSONValue {
        do { return try JSONValue(parsing: text) } catch { throw refusal("not JSON: \(error)") }
    }

    private func coerce(_ number: JSONNumber) throws(RecordError) -> FieldValue {
        switch type {
        case .scalar(.double):
            guard number.double.isFinite else {
                throw refusal("\(short(number.description)) is too large for a double")
            }
            return .scalar(.double(number.double))
        case .scalar(.decimal(_, let scale)):
            // Zeros after the last digit that the type has say nothing.
            guard var text = number.plainText else { throw refusal("\(short(number.description)) has too many digits") }
            if let point = text.firstIndex(of: ".") {
                let fraction = text.utf8.distance(from: point, to: text.endIndex) - 1
                for _ in 0..<Swift.max(0, fraction - scale) where text.hasSuffix("0") { text.removeLast() }
                if text.hasSuffix(".") { text.removeLast() }
            }
            guard let value = FixedDecimal(text) else {
                throw refusal("\(short(number.description)) has too many digits")
            }
            return .scalar(.decimal(value))
        default:
            guard let text = number.integerText, let value = try? ComponentType.int().parse(text) else {
                throw refusal("\(short(number.description)) is not an integer")
            }
            return .scalar(value)
        }
    }

    /// What belongs here, for messages.
    private var expected: String {
        switch type {
        case .scalar(.string): "a string"
        case .scalar(.int): "an integer"
        case .scalar(.decimal), .scalar(.double): "a number"
        case .scalar(.bool): "true or false"
        case .scalar(.date): "a string with a date"
        case .scalar(.timestamp): "a string with a timestamp"
        case .scalar(.uuid): "a string with a UUID"
        case .scalar(.bytes): "a string with bytes in hex"
        case .scalar(.id): "a string or an integer"
        case .json: "JSON"
        }
    }
}

extension FieldValue {
    /// The value as a member of a flat JSON record: numbers as numbers, bytes in hex, nested data nested.
    ///
    /// The bytes of an unknown field are a string when they are UTF-8, and `{"$hex": "…"}` when not.
    public var json: JSONValue {
        switch self {
        case .null: .null
        case .json(let value): value
        case .raw(let bytes): FieldValue.json(ofRaw: bytes)
        case .scalar(let value):
            switch value {
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(number)
            case .bigInteger, .decimal: .number(JSONNumber(unchecked: value.description))
            case .double(let number): JSONNumber(number).map { .number($0) } ?? .string(value.description)
            default: .string(value.description)
            }
        }
    }

    private static func json(ofRaw bytes: [UInt8]) -> JSONValue {
        if bytes == [0] { return .null }
        if let stored = try? FieldCodec.unescape(bytes.span), let text = String(validating: stored, as: UTF8.self) {
            return .string(text)
        }
        return .object(["$hex": .string(KeyValue.bytes(bytes).description)])
    }

    /// The stored bytes of an unknown field that a member of a flat JSON record stands for.
    ///
    /// - Returns: `nil` when it stands for none.
    static func raw(ofJSON json: JSONValue) -> FieldValue? {
        switch json {
        case .null: return .raw([0])
        case .string(let text): return .raw(FieldCodec.escaped(text.utf8.span))
        case .object(let object):
            guard object.count == 1, case .string(let hex)? = object["$hex"],
                case .bytes(let bytes)? = try? ComponentType.bytes().parse(hex)
            else { return nil }
            return .raw(bytes)
        default: return nil
        }
    }
}
