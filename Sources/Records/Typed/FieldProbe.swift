internal import KeySchemas

/// Finds the fields of a `Codable` type by letting it decode itself from nothing, and noting what it asks for.
final class FieldProbe: Decoder {
    /// What was asked for, in order.
    private(set) var found: [(name: String, type: FieldType?, isOptional: Bool)] = []
    /// The key that was asked for null last.
    private var optional: String?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The fields of `type`, with the ids 1, 2, 3, … in the order it decodes them.
    static func fields(of type: (some Decodable).Type, schema: String) throws(RecordError) -> [FieldDefinition] {
        let probe = FieldProbe()
        do {
            _ = try type.init(from: probe)
        } catch {
            let last = probe.found.last.map { "its property \($0.name)" } ?? "the type"
            throw RecordError(
                .malformedSchema, schema: schema,
                message: "the fields of \(type) cannot be derived: \(last) does not decode; give the schema its fields")
        }
        var fields: [FieldDefinition] = []
        for (index, field) in probe.found.enumerated() {
            fields.append(
                FieldDefinition(
                    field.name, id: index + 1, type: field.type ?? .json, isRequired: !field.isOptional,
                    isNullable: field.isOptional))
        }
        return fields
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Container<Key>(probe: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotAField() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw NotAField() }

    private struct NotAField: Error {}

    private struct Container<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let probe: FieldProbe
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []

        func contains(_ key: Key) -> Bool { true }

        /// Whoever asks this decodes an optional next.
        func decodeNil(forKey key: Key) -> Bool {
            probe.optional = key.stringValue
            return false
        }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            defer { probe.optional = nil }
            return try note(type, key, isOptional: probe.optional == key.stringValue)
        }

        func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
            do { return try note(type, key, isOptional: true) } catch {
                // Its type is noted, and nil will do.
                return nil
            }
        }

        private func note<T: Decodable>(_ type: T.Type, _ key: Key, isOptional: Bool) throws -> T {
            let value = ValueProbe()
            probe.found.append((key.stringValue, nil, isOptional))
            defer { probe.found[probe.found.count - 1].type = value.type }
            do { return try value.make(type) } catch {
                // An enum takes none of the values that are tried; any of its own shows the fields that follow.
                if let cases = type as? any CaseIterable.Type, let first = cases.first as? T { return first }
                throw error
            }
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { throw NotAField() }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw NotAField() }
        func superDecoder() throws -> any Decoder { throw NotAField() }
        func superDecoder(forKey key: Key) throws -> any Decoder { throw NotAField() }
    }
}

extension CaseIterable {
    fileprivate static var first: Any? { Self.allCases.first }
}

/// Makes some value of any type, and notes whether it is coded as a scalar.
private final class ValueProbe: Decoder {
    /// The scalar's type; `nil` for nested data.
    private(set) var type: FieldType?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private struct Recursive: Error {}
    private let depth: Int

    init(depth: Int = 0) { self.depth = depth }

    func make<T: Decodable>(_ wanted: T.Type) throws -> T {
        guard depth < 32 else { throw Recursive() }
        if let (type, value) = ValueProbe.scalar(wanted) {
            self.type = type
            return value
        }
        return try T(from: self)
    }

    private static func scalar<T>(_ wanted: T.Type) -> (FieldType, T)? {
        let candidates: [(FieldType, Any)] = [
            (.json, JSONValue.null),
            (.scalar(.string), ""), (.scalar(.bool), false), (.scalar(.double), 0.0), (.scalar(.double), Float(0)),
            (.scalar(.int()), 0), (.scalar(.int()), Int8(0)), (.scalar(.int()), Int16(0)), (.scalar(.int()), Int32(0)),
            (.scalar(.int()), Int64(0)), (.scalar(.int()), UInt(0)), (.scalar(.int()), UInt8(0)),
            (.scalar(.int()), UInt16(0)), (.scalar(.int()), UInt32(0)), (.scalar(.int()), UInt64(0)),
            (.scalar(.date), CalendarDate.minimum), (.scalar(.uuid), UUID128(0)),
        ]
        if T.self == [UInt8].self, let none = [UInt8]() as? T { return (.scalar(.bytes()), none) }
        if T.self == Timestamp.self, let time = Timestamp(millisecondsSince1970: 0) as? T {
            return (.scalar(.timestamp), time)
        }
        for (type, value) in candidates where Swift.type(of: value) == T.self {
            if let value = value as? T { return (type, value) }
        }
        return nil
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed<Key>(depth: depth))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { Unkeyed() }
    func singleValueContainer() -> any SingleValueDecodingContainer { Single(probe: self) }

    private struct Single: SingleValueDecodingContainer {
        let probe: ValueProbe
        let codingPath: [any CodingKey] = []
        func decodeNil() -> Bool { false }
        func decode<T: Decodable>(_ type: T.Type) throws -> T {
            let inner = ValueProbe(depth: probe.depth + 1)
            defer { probe.type = inner.type }
            return try inner.make(type)
        }
    }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let depth: Int
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []
        func contains(_ key: Key) -> Bool { false }
        func decodeNil(forKey key: Key) -> Bool { true }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            try ValueProbe(depth: depth + 1).make(type)
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedDecodingContainer<Nested> { KeyedDecodingContainer(Keyed<Nested>(depth: depth + 1)) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { Unkeyed() }
        func superDecoder() -> any Decoder { ValueProbe(depth: depth + 1) }
        func superDecoder(forKey key: Key) -> any Decoder { ValueProbe(depth: depth + 1) }
    }

    /// Always at its end.
    private struct Unkeyed: UnkeyedDecodingContainer {
        let codingPath: [any CodingKey] = []
        let count: Int? = 0
        let isAtEnd = true
        let currentIndex = 0
        private struct AtEnd: Error {}
        func decodeNil() throws -> Bool { throw AtEnd() }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { throw AtEnd() }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
            throw AtEnd()
        }
        func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw AtEnd() }
        func superDecoder() throws -> any Decoder { throw AtEnd() }
    }
}
