public import KeySchemas

/// What the values of a field are.
public enum FieldType: Hashable, Sendable {
    /// One value: text, a number, a date, …
    case scalar(ComponentType)
    /// Nested data.
    case json

    /// The names that a schema file knows.
    static let names = [
        "string", "int", "decimal", "double", "date", "timestamp", "uuid", "bool", "bytes", "id", "json",
    ]

    /// The type's name in a schema file, without its numbers.
    public var name: String {
        switch self {
        case .json: "json"
        case .scalar(.string): "string"
        case .scalar(.int): "int"
        case .scalar(.decimal): "decimal"
        case .scalar(.double): "double"
        case .scalar(.date): "date"
        case .scalar(.timestamp): "timestamp"
        case .scalar(.uuid): "uuid"
        case .scalar(.bool): "bool"
        case .scalar(.bytes): "bytes"
        case .scalar(.id): "id"
        }
    }
}

/// A field's value. A field that has none is *absent*: it is not among a record's values.
public enum FieldValue: Hashable, Sendable {
    /// There is a value, and it is null.
    case null
    /// Text, a number, a date, …
    case scalar(KeyValue)
    /// Nested data.
    case json(JSONValue)
    /// The bytes of a field that the schema does not know, as they are stored.
    case raw([UInt8])
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral
{
    public init(stringLiteral value: String) { self = .scalar(.string(value)) }
    public init(integerLiteral value: Int64) { self = .scalar(.integer(value)) }
    public init(booleanLiteral value: Bool) { self = .scalar(.bool(value)) }
    public init(floatLiteral value: Double) { self = .scalar(.double(value)) }
}

extension FieldValue: CustomStringConvertible {
    /// The value as people write it.
    public var description: String {
        switch self {
        case .null: "null"
        case .scalar(let value): value.description
        case .json(let value): value.text()
        case .raw(let bytes): RecordError.printable(bytes.span)
        }
    }
}

/// One field of a schema: its number, its type and what its values must be.
public struct FieldDefinition: Hashable, Sendable {
    public let name: String
    /// The number that is the field's for good: 1 to 65,535, never given to another one.
    public let id: Int
    public let type: FieldType
    /// Whether each record has a value of it. Parts of the key are.
    public let isRequired: Bool
    /// Whether its value may be null.
    public let isNullable: Bool
    /// Whether it is a part of the key.
    public let isKeyPart: Bool
    /// What a new record gets that has no value of it.
    public let defaultValue: FieldValue?
    /// The most bytes that its value takes, as text, bytes or JSON.
    public let maxBytes: Int?
    /// What its text must match.
    public let pattern: Pattern?
    /// The smallest value allowed.
    public let minimum: KeyValue?
    /// The largest value allowed.
    public let maximum: KeyValue?

    /// Makes a definition; ``SchemaDefinition`` checks that it makes sense.
    public init(
        _ name: String, id: Int, type: FieldType, isRequired: Bool = false, isNullable: Bool = false,
        isKeyPart: Bool = false, defaultValue: FieldValue? = nil, maxBytes: Int? = nil, pattern: Pattern? = nil,
        minimum: KeyValue? = nil, maximum: KeyValue? = nil
    ) {
        self.name = name
        self.id = id
        self.type = type
        self.isRequired = isRequired || isKeyPart
        self.isNullable = isNullable
        self.isKeyPart = isKeyPart
        self.defaultValue = defaultValue
        self.maxBytes = maxBytes
        self.pattern = pattern
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Whether any value of the type will do.
    var isUnconstrained: Bool { maxBytes == nil && pattern == nil && minimum == nil && maximum == nil }
}

extension FieldDefinition {
    /// The value in the one form its type stores.
    ///
    /// - Throws: ``RecordError`` that names the field and the reason: another type, null where there is none,
    ///   too long, not matching the pattern, out of bounds.
    public func validate(_ value: FieldValue) throws(RecordError) -> FieldValue {
        let normal: FieldValue
        switch (value, type) {
        case (.null, _):
            guard isNullable else {
                throw refusal("null is not allowed; leave the field out\(isRequired ? ", or give it a value" : "")")
            }
            return .null
        case (.scalar(let scalar), .scalar(let type)):
            do { normal = .scalar(try type.normalize(scalar)) } catch { throw refusal(error.message) }
        case (.json, .json):
            normal = value
        case (.scalar(.null), _), (.raw, _):
            throw refusal("not a value of type \(type.name)")
        case (.scalar, .json):
            throw refusal("a plain value where JSON belongs")
        case (.json(let json), _):
            return try validate(coerce(json: json))
        }
        if case .scalar(.double(let number)) = normal, !number.isFinite {
            throw refusal("\(number) is no finite number")
        }
        if !isUnconstrained { try checkConstraints(normal) }
        return normal
    }

    private func checkConstraints(_ value: FieldValue) throws(RecordError) {
        if let maxBytes {
            let count: Int
            switch value {
            case .scalar(.string(let text)): count = text.utf8.count
            case .scalar(.bytes(let bytes)): count = bytes.count
            case .json(let json): count = json.text().utf8.count
            default: count = 0
            }
            guard count <= maxBytes else { throw refusal("\(count) bytes are more than maxBytes, \(maxBytes)") }
        }
        guard case .scalar(let scalar) = value else { return }
        if let pattern, case .string(let text) = scalar, !pattern.matches(text) {
            throw refusal("\(quoted(text)) does not match the pattern \(pattern.source)")
        }
        if let minimum, scalar < minimum { throw refusal("\(shown(scalar)) is below the least value, \(minimum)") }
        if let maximum, scalar > maximum { throw refusal("\(shown(scalar)) is above the largest value, \(maximum)") }
    }

    /// An error about this field.
    func refusal(_ message: String, code: RecordError.Code = .invalidValue) -> RecordError {
        RecordError(code, field: name, message: message)
    }

    /// Text for a message, between quotes.
    func quoted(_ text: String) -> String { "\"\(short(text))\"" }

    private func shown(_ value: KeyValue) -> String { short(value.description) }

    /// Text for a message: no more of it than tells it from others.
    func short(_ text: String) -> String {
        RecordError.printable(Array(text.utf8.prefix(61)).span) + (text.utf8.count > 61 ? "…" : "")
    }
}
