/// One part of a key, of any type.
///
/// Equality and hashing follow the key's bytes: strings by their UTF-8 (`"café"` and `"cafe\u{301}"` differ),
/// floating-point numbers by their bits.
public enum KeyValue: Sendable {
    /// Nothing. No part of a key: it is for tuples only, as ``nested(_:)`` and ``float(_:)`` are.
    case null
    /// Bytes.
    case bytes([UInt8])
    /// Text.
    case string(String)
    /// A tuple inside a tuple.
    case nested([KeyValue])
    /// An integer that 64 bits with a sign hold.
    case integer(Int64)
    /// An integer beyond 64 bits with a sign. Make it by ``integer(negative:magnitude:)``.
    case bigInteger(BigInteger)
    /// A decimal number.
    case decimal(FixedDecimal)
    /// A day.
    case date(CalendarDate)
    /// A moment.
    case timestamp(Timestamp)
    /// A floating-point number of 32 bits.
    case float(Float)
    /// A floating-point number of 64 bits.
    case double(Double)
    /// A truth value.
    case bool(Bool)
    /// A universally unique identifier.
    case uuid(UUID128)

    /// The integer of that sign and absolute value, in the one case that holds it; `nil` when the value takes
    /// more than 255 bytes.
    ///
    /// - Parameters:
    ///   - magnitude: most significant byte first; leading zeros are dropped.
    ///   - negative: whether it is below zero.
    public static func integer(negative: Bool, magnitude: some Collection<UInt8>) -> KeyValue? {
        let digits = magnitude.drop { $0 == 0 }
        if digits.count <= 8 {
            return integer(negative: negative, magnitude: digits.reduce(0) { $0 << 8 | UInt64($1) })
        }
        guard digits.count <= BigInteger.maximumByteCount else { return nil }
        return .bigInteger(BigInteger(isNegative: negative, normalized: Array(digits)))
    }

    /// The integer of that sign and absolute value, in the one case that holds it.
    static func integer(negative: Bool, magnitude: UInt64) -> KeyValue {
        if negative, magnitude <= UInt64(Int64.max) + 1 {
            return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
        }
        if !negative, magnitude <= UInt64(Int64.max) { return .integer(Int64(magnitude)) }
        return .bigInteger(BigInteger(isNegative: negative, normalized: magnitude.bigEndianBytes))
    }

    /// The integer, in the one case that holds it.
    public static func integer(unsigned value: UInt64) -> KeyValue {
        integer(negative: false, magnitude: value)
    }

    /// The integer, in the one case that holds it.
    static func integer(wide value: Int128) -> KeyValue {
        if let small = Int64(exactly: value) { return .integer(small) }
        let bytes = value.magnitude.bigEndianBytes.drop { $0 == 0 }
        return .bigInteger(BigInteger(isNegative: value < 0, normalized: Array(bytes)))
    }

    /// An integer as `Int128`; `nil` for another value and a larger one.
    var asInt128: Int128? {
        switch self {
        case .integer(let value):
            return Int128(value)
        case .bigInteger(let value):
            guard value.magnitude.count <= 16 else { return nil }
            let magnitude = value.magnitude.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            guard let positive = Int128(exactly: magnitude) else { return nil }
            return value.isNegative ? -positive : positive
        default:
            return nil
        }
    }

    /// The name of the value's type, for messages.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bytes: "bytes"
        case .string: "string"
        case .nested: "nested tuple"
        case .integer, .bigInteger: "int"
        case .decimal: "decimal"
        case .date: "date"
        case .timestamp: "timestamp"
        case .float: "float"
        case .double: "double"
        case .bool: "bool"
        case .uuid: "uuid"
        }
    }
}

extension KeyValue: CustomStringConvertible {
    /// The value as people write it: what ``ComponentType/parse(_:)`` reads, for every component type.
    public var description: String {
        switch self {
        case .null: "null"
        case .bytes(let value): value.hexText
        case .string(let value): value
        case .nested(let values): "(" + values.map(\.description).joined(separator: ", ") + ")"
        case .integer(let value): String(value)
        case .bigInteger(let value): value.description
        case .decimal(let value): value.description
        case .date(let value): value.description
        case .timestamp(let value): value.description
        case .float(let value): value.description
        case .double(let value): value.description
        case .bool(let value): value ? "true" : "false"
        case .uuid(let value): value.description
        }
    }
}

extension FixedWidthInteger {
    /// The bytes, most significant first, all of them.
    var bigEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> Self(Self.bitWidth - 8 - $0 * 8)) }
    }
}

extension [UInt8] {
    /// The bytes in lower-case hex.
    var hexText: String {
        var text: [UInt8] = []
        for byte in self { text.appendHex(byte) }
        return String(decoding: text, as: UTF8.self)
    }
}
