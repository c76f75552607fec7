internal import KeySchemas

extension SchemaDefinition {
    /// The schema as canonical JSON, with all that a schema file says: what a catalogue keeps, and a schema file
    /// itself. Equal schemas have equal text.
    public var json: JSONValue {
        var object: JSONObject = [
            "schema": .string(name), "version": .integer(version), "key": .string(layout.template.description),
            "encoding": .string(layout.encoding.rawValue), "layout": .string(recordLayout.rawValue),
        ]
        if isOpen { object["additional"] = "json" }
        var members = JSONObject()
        for field in fields { members[field.name] = .object(field.json) }
        object["fields"] = .object(members)
        var indexMembers = JSONObject()
        for index in indexes { indexMembers[index.name] = .object(index.json) }
        object["indexes"] = .object(indexMembers)
        object["retired"] = .object([
            "fields": .array(retiredFields.sorted().map { .integer($0) }),
            "indexes": .array(retiredIndexes.sorted().map { .integer($0) }),
        ])
        return .object(object)
    }
}

extension FieldDefinition {
    /// The field as a member of `fields` in a schema file.
    var json: JSONObject {
        var object: JSONObject = ["id": .integer(id), "type": .string(type.name)]
        switch type {
        case .scalar(.int(let pad?)): object["pad"] = .integer(pad)
        case .scalar(.decimal(let precision, let scale)):
            object["precision"] = .integer(precision)
            object["scale"] = .integer(scale)
        case .scalar(.bytes(let count?)): object["length"] = .integer(count)
        default: break
        }
        if isRequired { object["required"] = true }
        if isNullable { object["nullable"] = true }
        if let defaultValue { object["default"] = defaultValue.json }
        if let maxBytes { object["maxBytes"] = .integer(maxBytes) }
        if let pattern { object["pattern"] = .string(pattern.source) }
        if minimum != nil || maximum != nil {
            var check = JSONObject()
            if let minimum { check["min"] = FieldValue.scalar(minimum).json }
            if let maximum { check["max"] = FieldValue.scalar(maximum).json }
            object["check"] = .object(check)
        }
        return object
    }
}
