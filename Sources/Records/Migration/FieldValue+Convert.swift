internal import KeySchemas

extension FieldDefinition {
    /// A value of another field, or of this one before its type was changed, as a value of this one.
    ///
    /// Nothing is lost: a number is taken for another kind of number when it is that exactly, a string for what it
    /// spells, a date for its midnight, and JSON for the scalar that it is. Any scalar becomes the string that people
    /// write it as.
    ///
    /// - Throws: ``RecordError`` that names the field and the value.
    func converted(_ value: FieldValue) throws(RecordError) -> FieldValue {
        switch (value, type) {
        case (.null, _), (.json(.null), .scalar): return try validate(.null)
        case (.raw(let stored), _): return try validate(try FieldCodec.decode(stored.span, as: type))
        case (.json, .json): return try validate(value)
        case (.json(.string(let text)), .scalar): return try convert(.string(text))
        case (.json(let json), .scalar(.string)): return try validate(.scalar(.string(json.text())))
        case (.json(let json), .scalar): return try coerce(json: json)
        case (.scalar, .json): return try validate(.json(value.json))
        case (.scalar(let scalar), .scalar): return try convert(scalar)
        }
    }

    private func convert(_ value: KeyValue) throws(RecordError) -> FieldValue {
        switch (value, type) {
        case (.date(let date), .scalar(.timestamp)):
            guard let moment = Timestamp(millisecondsSince1970: Int64(date.daysSince1970) * 86_400_000) else { break }
            return try validate(.scalar(.timestamp(moment)))
        case (.timestamp(let moment), .scalar(.date)):
            guard moment.millisecondsSince1970 % 86_400_000 == 0 else { break }
            return try validate(.scalar(.date(moment.date)))
        case (_, .scalar(.string)):
            return try validate(.scalar(.string(value.description)))
        case (.string(""), _):
            break
        case (.string, _), (.integer, _), (.bigInteger, _), (.decimal, _), (.double, _):
            guard let converted = try coerce(text: value.description) else { break }
            return converted
        default:
            if let same = try? validate(.scalar(value)) { return same }
        }
        throw refusal("\(quoted(value.description)) cannot be converted to \(type.name)")
    }
}
