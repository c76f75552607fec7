/// What the values of a key part are, and so how they are written.
public enum ComponentType: Hashable, Sendable {
    /// Text of any length.
    case string
    /// An integer of up to 255 bytes; in `text` with zeros before it to `pad` digits (1 to 255), which then holds
    /// no more digits and whose order is the numbers'.
    case int(pad: Int? = nil)
    /// A number of at most `precision` digits (1 to 38), of which `scale` (0 to `precision`) are the fraction.
    case decimal(precision: Int, scale: Int)
    /// A floating-point number that is not NaN; −0 is 0.
    case double
    /// A day from 0000-01-01 to 9999-12-31.
    case date
    /// A moment of those days, in milliseconds.
    case timestamp
    /// A universally unique identifier.
    case uuid
    /// True or false; false comes first.
    case bool
    /// Bytes of any length, or of exactly `count` (0 or more).
    case bytes(count: Int? = nil)
    /// What names something: text of any length, or an integer of up to 255 bytes. `42` and `"42"` are two.
    case id
}

/// Whether the byte order of a key part is the order of its values.
public enum OrderClass: String, Hashable, Sendable {
    /// It is: a range of values is a range of keys.
    case strict
    /// It is not: only equality and starts-with are ranges of keys; filter and sort for other ranges.
    case grouped
}

extension ComponentType: CustomStringConvertible {
    /// The type as a schema file names it, with its numbers.
    public var description: String {
        switch self {
        case .string: "string"
        case .int(nil): "int"
        case .int(let pad?): "int(pad: \(pad))"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        case .double: "double"
        case .date: "date"
        case .timestamp: "timestamp"
        case .uuid: "uuid"
        case .bool: "bool"
        case .bytes(nil): "bytes"
        case .bytes(let count?): "bytes(\(count))"
        case .id: "id"
        }
    }
}

extension ComponentType {
    /// Refuses numbers that make no sense.
    ///
    /// - Throws: ``KeyError`` with code `invalidType`.
    public func validate() throws(KeyError) {
        switch self {
        case .int(let pad?) where !(1...255).contains(pad):
            throw KeyError(.invalidType, message: "pad is \(pad); it must be 1 to 255 digits")
        case .decimal(let precision, _) where !(1...FixedDecimal.maximumPrecision).contains(precision):
            throw KeyError(.invalidType, message: "precision is \(precision); it must be 1 to 38 digits")
        case .decimal(let precision, let scale) where !(0...precision).contains(scale):
            throw KeyError(.invalidType, message: "scale is \(scale); it must be 0 to the precision, \(precision)")
        case .bytes(let count?) where count < 0:
            throw KeyError(.invalidType, message: "the byte count is \(count); it must not be negative")
        default:
            break
        }
    }

    /// The order class of a part in `encoding`.
    ///
    /// In `text` a part whose values may be beginnings of each other is ordered only where nothing follows it;
    /// an int without padding never is (`10` comes before `9`), nor is an id.
    ///
    /// - Parameters:
    ///   - encoding: how the key is written.
    ///   - isLast: whether the key ends with the part.
    public func orderClass(in encoding: KeyEncoding, isLast: Bool) -> OrderClass {
        guard encoding == .text else { return .strict }
        return switch self {
        case .string, .bytes(nil): isLast ? .strict : .grouped
        case .int(nil), .id: .grouped
        default: .strict
        }
    }

    /// The value in the one form this type stores: a decimal with the type's scale, zero for −0.
    ///
    /// An int is taken for a decimal, and a float for a double, when that is exact.
    ///
    /// - Throws: ``KeyError`` when the value is of another type, or too wide for this one.
    public func normalize(_ value: KeyValue) throws(KeyError) -> KeyValue {
        switch (self, value) {
        case (.string, .string), (.int(nil), .integer), (.int(nil), .bigInteger), (.date, .date),
            (.timestamp, .timestamp), (.uuid, .uuid), (.bool, .bool), (.bytes(nil), .bytes), (.id, .string),
            (.id, .integer), (.id, .bigInteger):
            return value
        case (.int(let pad?), .integer(let number)):
            guard number.magnitude.decimalDigitCount <= pad else { throw tooWide(value, digits: pad) }
            return value
        case (.int(let pad?), .bigInteger(let number)):
            guard number.decimalDigits.count <= pad else { throw tooWide(value, digits: pad) }
            return value
        case (.decimal, .integer), (.decimal, .bigInteger):
            guard let number = value.asInt128, let decimal = FixedDecimal(unscaled: number, scale: 0) else {
                throw KeyError(.outOfRange, message: "\(value) does not fit \(self)")
            }
            return .decimal(try fit(decimal))
        case (.decimal, .decimal(let number)):
            return .decimal(try fit(number))
        case (.double, .double(let number)):
            guard !number.isNaN else { throw KeyError(.outOfRange, message: "NaN has no place in a key") }
            return .double(number == 0 ? 0 : number)
        case (.double, .float(let number)):
            return try normalize(.double(Double(number)))
        case (.bytes(let count?), .bytes(let bytes)):
            guard bytes.count == count else {
                throw KeyError(.outOfRange, message: "\(bytes.count) bytes where there must be \(count)")
            }
            return value
        default:
            throw KeyError(.wrongType, message: "a value of type \(value.typeName) where \(self) belongs")
        }
    }

    private func fit(_ number: FixedDecimal) throws(KeyError) -> FixedDecimal {
        guard case .decimal(let precision, let scale) = self, let rescaled = number.rescaled(to: scale),
            rescaled.unscaled.magnitude.decimalDigitCount <= precision
        else { throw KeyError(.outOfRange, message: "\(number) does not fit \(self)") }
        return rescaled
    }

    private func tooWide(_ value: KeyValue, digits: Int) -> KeyError {
        KeyError(.outOfRange, message: "\(value) has more than the \(digits) digits it is padded to")
    }
}
