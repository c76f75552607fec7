public import KeySchemas

/// A Swift type whose values conditions compare with fields. An enum with raw values of such a type needs only to
/// say that it conforms.
public protocol FieldConvertible {
    /// The value as a field has it; `nil` is absent.
    var fieldValue: FieldValue? { get }
}

/// A type whose values are stored as text.
public protocol TextConvertible: FieldConvertible {}

extension FieldConvertible where Self: RawRepresentable, RawValue: FieldConvertible {
    public var fieldValue: FieldValue? { rawValue.fieldValue }
}

extension FieldConvertible where Self: FixedWidthInteger {
    public var fieldValue: FieldValue? { FieldValue(number: JSONNumber(self)) }
}

extension FieldConvertible where Self: BinaryFloatingPoint {
    public var fieldValue: FieldValue? {
        let double = Double(self)
        return double.exactNumber.map { FieldValue(number: $0) } ?? .scalar(.double(double))
    }
}

extension Int: FieldConvertible {}
extension Int8: FieldConvertible {}
extension Int16: FieldConvertible {}
extension Int32: FieldConvertible {}
extension Int64: FieldConvertible {}
extension UInt: FieldConvertible {}
extension UInt8: FieldConvertible {}
extension UInt16: FieldConvertible {}
extension UInt32: FieldConvertible {}
extension UInt64: FieldConvertible {}
extension Double: FieldConvertible {}
extension Float: FieldConvertible {}

extension String: TextConvertible {
    public var fieldValue: FieldValue? { .scalar(.string(self)) }
}

extension Bool: FieldConvertible {
    public var fieldValue: FieldValue? { .scalar(.bool(self)) }
}

extension [UInt8]: FieldConvertible {
    public var fieldValue: FieldValue? { .scalar(.bytes(self)) }
}

extension CalendarDate: FieldConvertible {
    public var fieldValue: FieldValue? { .scalar(.date(self)) }
}

extension Timestamp: FieldConvertible {
    public var fieldValue: FieldValue? { .scalar(.timestamp(self)) }
}

extension UUID128: FieldConvertible {
    public var fieldValue: FieldValue? { .scalar(.uuid(self)) }
}

extension FixedDecimal: FieldConvertible {
    public var fieldValue: FieldValue? { .scalar(.decimal(self)) }
}

extension JSONValue: FieldConvertible {
    public var fieldValue: FieldValue? { FieldValue(literal: self) }
}

extension Optional: FieldConvertible where Wrapped: FieldConvertible {
    public var fieldValue: FieldValue? { flatMap(\.fieldValue) }
}

extension Optional: TextConvertible where Wrapped: TextConvertible {}
