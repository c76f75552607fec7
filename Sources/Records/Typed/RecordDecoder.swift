internal import KeySchemas
internal import OrderedStore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Makes `Codable` values of assembled records. One decoder serves a whole scan: it swaps its buffer with the
/// assembler's, so nothing is copied.
final class RecordDecoder: Decoder {
    var buffer: RecordBuffer
    /// Follows the order of the schema, as the properties of a type do.
    fileprivate var hint = 0
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ schema: CompiledSchema) { buffer = RecordBuffer(schema) }

    /// Makes a value of the record in the buffer.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        hint = 0
        return try Value(from: self)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RecordContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw RecordDecoder.notARecord }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw RecordDecoder.notARecord }

    static var notARecord: RecordError {
        RecordError(.typeMismatch, message: "a record's type is coded with keys, as structs are")
    }

    /// Lends the record, and a key's name.
    @inline(__always)
    fileprivate func read<Result>(
        _ key: some CodingKey, _ body: (inout FieldReader, Span<UInt8>) throws(RecordError) -> Result
    ) throws(RecordError) -> Result {
        let name = key.stringValue
        var reader = FieldReader(buffer, from: hint)
        defer { hint = reader.hint }
        return try body(&reader, name.utf8.span)
    }

    fileprivate func missing(_ key: some CodingKey) -> RecordError {
        RecordError(.missingField, message: "the record has no value of this field")
            .about(schema: buffer.schema.name, key: buffer.prefix, field: key.stringValue)
    }
}

private struct RecordContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: RecordDecoder
    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        let definition = decoder.buffer.schema.definition
        return definition.fields.map(\.name).compactMap { Key(stringValue: $0) }.filter { contains($0) }
    }

    func contains(_ key: Key) -> Bool { (try? decodeNil(forKey: key)) == false }

    func decodeNil(forKey key: Key) throws -> Bool {
        try decoder.read(key) { reader, name throws(RecordError) in
            guard let kind = reader.kind(of: name) else { return true }
            if case .absent = try reader.place(name, kind) { return true }
            return false
        }
    }

    // Inlined, these two and `read` ask for no metadata of types that are known where they are called.
    @inline(__always)
    private func integer<Number: FixedWidthInteger>(_ key: Key) throws -> Number? {
        guard let value = try decoder.read(key, { reader, name throws(RecordError) in try reader.integer(name) })
        else { return nil }
        guard let number = Number(exactly: value) else {
            throw RecordError(
                .typeMismatch, schema: decoder.buffer.schema.name, field: key.stringValue,
                message: "\(value) does not fit \(Number.self)")
        }
        return number
    }

    @inline(__always)
    private func required<Value>(_ value: Value?, _ key: Key) throws -> Value {
        guard let value else { throw decoder.missing(key) }
        return value
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try decoder.read(key) { reader, name throws(RecordError) in try reader.string(name) }
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try decoder.read(key) { reader, name throws(RecordError) in try reader.bool(name) }
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try decoder.read(key) { reader, name throws(RecordError) in try reader.double(name) }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try integer(key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try required(try decodeIfPresent(type, forKey: key), key)
    }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try required(try decodeIfPresent(type, forKey: key), key)
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try required(try decodeIfPresent(type, forKey: key), key)
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        Float(try decode(Double.self, forKey: key))
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try required(try integer(key), key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try required(try integer(key), key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try required(try integer(key), key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try required(try integer(key), key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try required(try integer(key), key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try required(try integer(key), key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try required(try integer(key), key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try required(try integer(key), key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try required(try integer(key), key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try required(try integer(key), key) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let kind = try decoder.read(key) { reader, name throws(RecordError) in
            guard let kind = reader.kind(of: name) else { throw reader.missing(name) }
            return kind
        }
        if kind == .json {
            let text = try decoder.read(key) { reader, name throws(RecordError) in try reader.json(name) }
            let bytes = try required(text, key)
            if type == JSONValue.self, let value = try JSONValue(parsing: bytes) as? T { return value }
            return try JSONDecoder().decode(type, from: Data(bytes))
        }
        let scalar = try decoder.read(key) { reader, name throws(RecordError) in try reader.scalar(name, kind) }
        let value = try required(scalar, key)
        if let value = value.swiftValue as? T { return value }
        return try T(from: ScalarDecoder(value: value))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw RecordDecoder.notARecord }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw RecordDecoder.notARecord
    }
    func superDecoder() throws -> any Decoder { throw RecordDecoder.notARecord }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw RecordDecoder.notARecord }
}

extension KeyValue {
    /// The value as the Swift type that is its own.
    fileprivate var swiftValue: Any? {
        switch self {
        case .string(let value): value
        case .bytes(let value): value
        case .date(let value): value
        case .timestamp(let value): value
        case .uuid(let value): value
        case .decimal(let value): value
        case .bool(let value): value
        case .double(let value): value
        default: nil
        }
    }
}

/// Decodes a type that is coded as one scalar, such as an enum with raw values.
private struct ScalarDecoder: Decoder, SingleValueDecodingContainer {
    let value: KeyValue
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw mismatch(type)
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw mismatch([Any].self) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }
    func decodeNil() -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let value = value.swiftValue as? T { return value }
        if case .integer(let number) = value {
            let candidates: [Any?] = [
                Int(exactly: number), Int8(exactly: number), Int16(exactly: number), Int32(exactly: number), number,
                UInt(exactly: number), UInt8(exactly: number), UInt16(exactly: number), UInt32(exactly: number),
                UInt64(exactly: number),
            ]
            for case let candidate? in candidates { if let value = candidate as? T { return value } }
            throw mismatch(type)
        }
        return try T(from: self)
    }

    private func mismatch(_ type: Any.Type) -> RecordError {
        RecordError(.typeMismatch, message: "\(value) is no \(type)")
    }
}
