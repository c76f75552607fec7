internal import KeySchemas
internal import OrderedStore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Takes `Codable` values apart into fields.
final class RecordEncoder: Encoder {
    var writer: FieldWriter
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ schema: CompiledSchema) { writer = FieldWriter(schema) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RecordEncodingContainer<Key>(encoder: self))
    }

    // A record's type that is coded otherwise ends up without its key's parts, which is refused.
    func unkeyedContainer() -> any UnkeyedEncodingContainer { NoContainer() }
    func singleValueContainer() -> any SingleValueEncodingContainer { NoContainer() }

    fileprivate func write(_ key: some CodingKey, _ value: FieldValue) throws(RecordError) {
        let name = key.stringValue
        try writer.write(name.utf8.span, value)
    }
}

private struct RecordEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: RecordEncoder
    var codingPath: [any CodingKey] { [] }

    /// An optional without a value is absent.
    func encodeNil(forKey key: Key) {}

    func encode(_ value: String, forKey key: Key) throws {
        let name = key.stringValue
        try encoder.writer.write(name.utf8.span, value)
    }

    func encode(_ value: Bool, forKey key: Key) throws { try encoder.write(key, .scalar(.bool(value))) }
    func encode(_ value: Double, forKey key: Key) throws { try encoder.write(key, .scalar(.double(value))) }
    func encode(_ value: Float, forKey key: Key) throws { try encoder.write(key, .scalar(.double(Double(value)))) }
    func encode(_ value: Int, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try integer(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try integer(value, key) }

    private func integer(_ value: some FixedWidthInteger, _ key: Key) throws {
        let number =
            Int64(exactly: value).map { KeyValue.integer($0) }
            ?? KeyValue.integer(unsigned: UInt64(truncatingIfNeeded: value))
        try encoder.write(key, .scalar(number))
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let name = key.stringValue
        let kind = try encoder.writer.kind(of: name.utf8.span)
        if let scalar = KeyValue(swiftValue: value) { return try encoder.write(key, .scalar(scalar)) }
        if kind == .json {
            if let value = value as? JSONValue { return try encoder.write(key, .json(value)) }
            let json = JSONEncoder()
            json.outputFormatting = .sortedKeys
            let text = try [UInt8](json.encode(value))
            return try encoder.write(key, .json(JSONValue(parsing: text)))
        }
        let scalar = ScalarEncoder()
        try value.encode(to: scalar)
        guard let value = scalar.value else {
            throw RecordError(
                .typeMismatch, field: name, message: "nested data where the schema has type \(kind)")
        }
        try encoder.write(key, .scalar(value))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { KeyedEncodingContainer(NoKeys<Nested>()) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { NoContainer() }
    func superEncoder() -> any Encoder { ScalarEncoder() }
    func superEncoder(forKey key: Key) -> any Encoder { ScalarEncoder() }
}

extension KeyValue {
    fileprivate init?(swiftValue value: some Encodable) {
        switch value {
        // The cast alone would take an empty array of anything.
        case let bytes as [UInt8] where type(of: value) == [UInt8].self: self = .bytes(bytes)
        case let value as CalendarDate: self = .date(value)
        case let value as Timestamp: self = .timestamp(value)
        case let value as UUID128: self = .uuid(value)
        case let value as FixedDecimal: self = .decimal(value)
        default: return nil
        }
    }
}

/// Takes the one scalar that a type is coded as.
private final class ScalarEncoder: Encoder, SingleValueEncodingContainer {
    var value: KeyValue?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(NoKeys<Key>())
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { NoContainer() }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() {}
    func encode<T: Encodable>(_ value: T) throws {
        switch value {
        case let text as String: self.value = .string(text)
        case let flag as Bool: self.value = .bool(flag)
        case let number as Double: self.value = .double(number)
        case let number as Float: self.value = .double(Double(number))
        case let number as any FixedWidthInteger:
            guard let small = Int64(exactly: number) else { throw NoContainer.refusal }
            self.value = .integer(small)
        default:
            if let scalar = KeyValue(swiftValue: value) { self.value = scalar } else { try value.encode(to: self) }
        }
    }
}

/// Refuses what has no place in a record.
private struct NoContainer: UnkeyedEncodingContainer, SingleValueEncodingContainer {
    let codingPath: [any CodingKey] = []
    let count = 0

    static var refusal: RecordError {
        RecordError(
            .typeMismatch,
            message: "the value has no place in a record: it is coded neither with keys nor as one scalar")
    }

    func encodeNil() throws { throw NoContainer.refusal }
    func encode<T: Encodable>(_ value: T) throws { throw NoContainer.refusal }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(NoKeys<Nested>())
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
    func superEncoder() -> any Encoder { ScalarEncoder() }
}

/// Refuses what has no place in a record.
private struct NoKeys<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let codingPath: [any CodingKey] = []
    func encodeNil(forKey key: Key) throws { throw NoContainer.refusal }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { throw NoContainer.refusal }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { KeyedEncodingContainer(NoKeys<Nested>()) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { NoContainer() }
    func superEncoder() -> any Encoder { ScalarEncoder() }
    func superEncoder(forKey key: Key) -> any Encoder { ScalarEncoder() }
}
