/// A Swift type whose values can be parts of keys.
///
/// Conform a type of your own by mapping it to one of these values:
///
/// ```swift
/// struct CustomerID: KeyComponent {
///     var number: UInt32
///     static let componentType = UInt32.componentType
///     var keyValue: KeyValue { number.keyValue }
///     init(number: UInt32) { self.number = number }
///     init(keyValue: KeyValue) throws(KeyError) { number = try UInt32(keyValue: keyValue) }
/// }
/// ```
public protocol KeyComponent: Sendable {
    /// How the values are written. Its numbers are valid: see ``ComponentType/validate()``.
    static var componentType: ComponentType { get }

    /// The value as part of a key.
    var keyValue: KeyValue { get }

    /// The value that was part of a key.
    ///
    /// - Throws: ``KeyError`` when `keyValue` is none of this type's.
    init(keyValue: KeyValue) throws(KeyError)
}

/// A key component of which every value has a key, so that making one cannot fail.
///
/// Conform a type only if ``KeyComponent/componentType`` takes each of its values: making a key of one that is
/// refused is a programming error and stops the program.
public protocol TotalKeyComponent: KeyComponent {}

extension String: TotalKeyComponent {
    public static var componentType: ComponentType { .string }
    public var keyValue: KeyValue { .string(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .string(let value) = keyValue else { throw .notA("String", keyValue) }
        self = value
    }
}

extension Substring: TotalKeyComponent {
    public static var componentType: ComponentType { .string }
    public var keyValue: KeyValue { .string(String(self)) }

    public init(keyValue: KeyValue) throws(KeyError) {
        self = Substring(try String(keyValue: keyValue))
    }
}

extension [UInt8]: TotalKeyComponent, KeyComponent {
    public static var componentType: ComponentType { .bytes() }
    public var keyValue: KeyValue { .bytes(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .bytes(let value) = keyValue else { throw .notA("[UInt8]", keyValue) }
        self = value
    }
}

extension KeyComponent where Self: FixedWidthInteger {
    /// In `text` with zeros to the type's full width, so that the order is the numbers'.
    public static var componentType: ComponentType {
        .int(pad: Swift.max(max.magnitude, min.magnitude).decimalDigitCount)
    }

    public var keyValue: KeyValue {
        if let small = Int64(exactly: self) { return .integer(small) }
        let negative = self < 0
        return KeyValue.integer(negative: negative, magnitude: magnitude.bigEndianBytes) ?? .integer(0)
    }

    public init(keyValue: KeyValue) throws(KeyError) {
        switch keyValue {
        case .integer(let value):
            if let value = Self(exactly: value) {
                self = value
                return
            }
        case .bigInteger(let value):
            if let value = Self(value) {
                self = value
                return
            }
        default:
            break
        }
        throw .notA("\(Self.self)", keyValue)
    }
}

extension FixedWidthInteger {
    /// The same number; `nil` when it does not fit.
    fileprivate init?(_ number: BigInteger) {
        guard number.magnitude.count <= Self.bitWidth / 8 else { return nil }
        let magnitude = number.magnitude.reduce(Magnitude(0)) { $0 << 8 | Magnitude($1) }
        if number.isNegative {
            guard magnitude <= Self.min.magnitude else { return nil }
            self.init(truncatingIfNeeded: 0 &- magnitude)
        } else {
            self.init(exactly: magnitude)
        }
    }
}

extension Int: TotalKeyComponent {}
extension Int8: TotalKeyComponent {}
extension Int16: TotalKeyComponent {}
extension Int32: TotalKeyComponent {}
extension Int64: TotalKeyComponent {}
extension Int128: TotalKeyComponent {}
extension UInt: TotalKeyComponent {}
extension UInt8: TotalKeyComponent {}
extension UInt16: TotalKeyComponent {}
extension UInt32: TotalKeyComponent {}
extension UInt64: TotalKeyComponent {}
extension UInt128: TotalKeyComponent {}

/// −0 becomes 0 and NaN is refused: a schema with such a part throws where a key is made.
extension Double: KeyComponent {
    public static var componentType: ComponentType { .double }
    public var keyValue: KeyValue { .double(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .double(let value) = keyValue else { throw .notA("Double", keyValue) }
        self = value
    }
}

/// Written as the `Double` of the same value.
extension Float: KeyComponent {
    public static var componentType: ComponentType { .double }
    public var keyValue: KeyValue { .double(Double(self)) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .double(let value) = keyValue, let single = Float(exactly: value) else {
            throw .notA("Float", keyValue)
        }
        self = single
    }
}

extension Bool: TotalKeyComponent {
    public static var componentType: ComponentType { .bool }
    public var keyValue: KeyValue { .bool(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .bool(let value) = keyValue else { throw .notA("Bool", keyValue) }
        self = value
    }
}

extension CalendarDate: TotalKeyComponent {
    public static var componentType: ComponentType { .date }
    public var keyValue: KeyValue { .date(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .date(let value) = keyValue else { throw .notA("CalendarDate", keyValue) }
        self = value
    }
}

extension Timestamp: TotalKeyComponent {
    public static var componentType: ComponentType { .timestamp }
    public var keyValue: KeyValue { .timestamp(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .timestamp(let value) = keyValue else { throw .notA("Timestamp", keyValue) }
        self = value
    }
}

extension UUID128: TotalKeyComponent {
    public static var componentType: ComponentType { .uuid }
    public var keyValue: KeyValue { .uuid(self) }

    public init(keyValue: KeyValue) throws(KeyError) {
        guard case .uuid(let value) = keyValue else { throw .notA("UUID128", keyValue) }
        self = value
    }
}

extension KeyError {
    fileprivate static func notA(_ type: String, _ value: KeyValue) -> KeyError {
        KeyError(.wrongType, message: "\(value.description.excerpt), of type \(value.typeName), is no \(type)")
    }
}
