internal import KeySchemas
internal import OrderedStore

extension Condition {
    /// How deeply conditions may stand in each other.
    public static var deepest: Int { 200 }

    /// The condition with its paths found in a schema and each value in the form that the field's type stores:
    /// a date that was written as a string is a date, `1950.0` of an integer field is 1950.
    ///
    /// A number that the type has no exact form of stays as it was written: no integer equals `1950.5`, and all
    /// from 1951 on are above it. Of a double field a number with a fraction is the nearest double.
    ///
    /// - Throws: ``RecordError`` that names the field: `unknownField` with the nearest name, `invalidValue` for a
    ///   value of another type.
    /// - Complexity: O(*n*) in the condition's size.
    public func bound(to schema: SchemaDefinition) throws(RecordError) -> Condition {
        do { return try bound(to: schema, depth: 0) } catch { throw error.about(schema: schema.name) }
    }

    private func bound(to schema: SchemaDefinition, depth: Int) throws(RecordError) -> Condition {
        guard depth < Condition.deepest else {
            throw RecordError(
                .invalidValue, message: "more than \(Condition.deepest) conditions in each other; write fewer")
        }
        switch self {
        case .all:
            return .all
        case .compare(let text, let comparison, let value):
            let path = try ConditionPath(text).resolved(in: schema)
            return .compare(path.conditionPath, comparison, try path.field.operand(value))
        case .isIn(let text, let values):
            let path = try ConditionPath(text).resolved(in: schema)
            return .isIn(
                path.conditionPath, try values.map { value throws(RecordError) in try path.field.operand(value) })
        case .exists(let text):
            return .exists(try ConditionPath(text).resolved(in: schema).conditionPath)
        case .startsWith(let text, let prefix):
            return .startsWith(try Condition.strings(text, schema, "starts with"), prefix)
        case .matches(let text, let pattern):
            return .matches(try Condition.strings(text, schema, "matches"), pattern)
        case .and(let conditions):
            return .and(
                try conditions.map { part throws(RecordError) in try part.bound(to: schema, depth: depth + 1) })
        case .or(let conditions):
            return .or(
                try conditions.map { part throws(RecordError) in try part.bound(to: schema, depth: depth + 1) })
        case .not(let condition):
            return .not(try condition.bound(to: schema, depth: depth + 1))
        }
    }

    private static func strings(
        _ text: String, _ schema: SchemaDefinition, _ what: String
    ) throws(RecordError) -> String {
        let path = try ConditionPath(text).resolved(in: schema)
        guard path.field.type == .json || path.field.type == .scalar(.string) else {
            throw path.field.refusal("\(what) is for strings; the field is of type \(path.field.type.name)")
        }
        return path.conditionPath
    }
}

extension FieldDefinition {
    /// What a value of the field is compared with, in the form that its type stores.
    fileprivate func operand(_ value: FieldValue) throws(RecordError) -> FieldValue {
        if case .raw = value { throw refusal("not a value of type \(type.name)") }
        let json = try operandJSON(value)
        if case .null = json { return .null }
        // What the field's values must be is no matter here: a condition may ask for what there cannot be.
        let plain = FieldDefinition(name, id: id, type: type, isNullable: true)
        guard case .number(let number) = json, case .scalar(let scalar) = type, scalar.isNumber else {
            return try plain.coerce(json: json)
        }
        guard let exact = try? plain.coerce(json: json) else { return .json(json) }
        if case .scalar(.double(let double)) = exact, number.integerText != nil,
            double.exactNumber.map({ DecimalText.order($0.text, number.text) }) != 0
        {
            return .json(json)
        }
        return exact
    }

    private func operandJSON(_ value: FieldValue) throws(RecordError) -> JSONValue {
        let double: Double
        switch value {
        case .scalar(.double(let number)): double = number
        case .scalar(.float(let number)): double = Double(number)
        default: return value.json
        }
        guard let number = double.exactNumber else { throw refusal("\(double) is no finite number") }
        return .number(number)
    }
}

extension ComponentType {
    /// Whether its values are numbers.
    var isNumber: Bool {
        switch self {
        case .int, .decimal, .double: true
        default: false
        }
    }
}

extension Double {
    /// The number as it is compared: an integer with all its digits, any other in the shortest text that reads back
    /// as the same. `nil` for an infinity and what is no number.
    var exactNumber: JSONNumber? {
        guard isFinite else { return nil }
        guard self == rounded(), magnitude >= 0x1p53 else { return JSONNumber(self) }
        var digits: [UInt8] = Array(String(significandBitPattern | 1 << 52).utf8)
        for _ in 0..<(Int(exponent) - 52) { digits.double() }
        return JSONNumber(unchecked: (self < 0 ? "-" : "") + String(decoding: digits, as: UTF8.self))
    }
}

extension [UInt8] {
    /// Doubles the number whose decimal digits these are.
    fileprivate mutating func double() {
        var carry: UInt8 = 0
        for index in indices.reversed() {
            let twice = (self[index] - UInt8(ascii: "0")) * 2 + carry
            self[index] = UInt8(ascii: "0") + twice % 10
            carry = twice / 10
        }
        if carry > 0 { insert(UInt8(ascii: "0") + carry, at: 0) }
    }
}
