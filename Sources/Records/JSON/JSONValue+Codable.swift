/// As a property of a record's type a value is stored and read exactly. Coded by other coders, such as Foundation's,
/// it is as exact as these are: they may take decimals for floating-point numbers, and lose the order of keys.
extension JSONValue: Codable {
    /// Reads any value that the decoder has.
    ///
    /// - Throws: `DecodingError` when it is no JSON value.
    public init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: Name.self) {
            var object = JSONObject()
            for name in keyed.allKeys { object[name.stringValue] = try keyed.decode(JSONValue.self, forKey: name) }
            self = .object(object)
            return
        }
        if var elements = try? decoder.unkeyedContainer() {
            var array: [JSONValue] = []
            while !elements.isAtEnd { array.append(try elements.decode(JSONValue.self)) }
            self = .array(array)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? single.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? single.decode(UInt64.self) {
            self = .integer(value)
        } else if let value = try? single.decode(Double.self), let number = JSONNumber(value) {
            self = .number(number)
        } else {
            self = .string(try single.decode(String.self))
        }
    }

    /// Writes the value. A number that is no 64-bit integer is written as the nearest floating-point number.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var single = encoder.singleValueContainer()
            try single.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .string(let value): try value.encode(to: encoder)
        case .number(let number):
            if let integer = number.integer {
                try integer.encode(to: encoder)
            } else if let integer = number.integerText.flatMap({ UInt64($0) }) {
                try integer.encode(to: encoder)
            } else {
                try number.double.encode(to: encoder)
            }
        case .array(let elements): try elements.encode(to: encoder)
        case .object(let object):
            var keyed = encoder.container(keyedBy: Name.self)
            for member in object.members { try keyed.encode(member.value, forKey: Name(stringValue: member.key)) }
        }
    }

    /// The name of a member.
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
