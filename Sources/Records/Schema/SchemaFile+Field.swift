internal import KeySchemas

extension SchemaFileReader {
    /// Reads one member of `fields`.
    func field(_ member: SchemaNode.Member, isKeyPart: Bool) throws(RecordError) -> FieldDefinition {
        let name = member.key
        let members = try mapping(member.value, allowed: SchemaFileReader.fieldKeys, what: name)
        func value(_ key: String) -> SchemaNode? { members.first { $0.key == key }?.value }
        func number(_ key: String) throws(RecordError) -> Int? {
            guard let node = value(key) else { return nil }
            return try integer(node, "\(name).\(key)")
        }
        func flag(_ key: String) throws(RecordError) -> Bool? {
            guard let node = value(key) else { return nil }
            return try self.flag(node, "\(name).\(key)")
        }
        guard let id = try number("id") else { throw error(member.line, name, "the key id is missing") }
        guard let typeNode = value("type") else { throw error(member.line, name, "the key type is missing") }
        let numbers = TypeNumbers(
            pad: try number("pad"), precision: try number("precision"), scale: try number("scale"),
            length: try number("length"))
        let type = try type(try text(typeNode, name), numbers, line: typeNode.line, name: name)
        let required = try flag("required")
        if isKeyPart, required == false {
            throw error(member.line, name, "a part of the key is required")
        }
        let isNullable = try flag("nullable") ?? false
        let plain = FieldDefinition(name, id: id, type: type, isNullable: isNullable)
        let (least, most) = try bounds(value("check"), plain)
        return FieldDefinition(
            name, id: id, type: type, isRequired: required ?? false, isNullable: isNullable, isKeyPart: isKeyPart,
            defaultValue: try defaultValue(value("default"), plain), maxBytes: try number("maxBytes"),
            pattern: try pattern(value("pattern"), name: name), minimum: least, maximum: most)
    }

    private struct TypeNumbers {
        let pad: Int?
        let precision: Int?
        let scale: Int?
        let length: Int?
    }

    private func type(
        _ text: String, _ numbers: TypeNumbers, line: Int, name: String
    ) throws(RecordError) -> FieldType {
        func only(_ allowed: String...) throws(RecordError) {
            let given = [
                ("pad", numbers.pad), ("precision", numbers.precision), ("scale", numbers.scale),
                ("length", numbers.length),
            ]
            for (key, number) in given where number != nil && !allowed.contains(key) {
                throw error(line, name, "\(key) is not for type \(text)")
            }
        }
        switch text {
        case "int":
            try only("pad")
            return .scalar(.int(pad: numbers.pad))
        case "decimal":
            try only("precision", "scale")
            guard let precision = numbers.precision, let scale = numbers.scale else {
                throw error(line, name, "type decimal needs precision and scale, such as precision: 10, scale: 2")
            }
            return .scalar(.decimal(precision: precision, scale: scale))
        case "bytes":
            try only("length")
            return .scalar(.bytes(count: numbers.length))
        default:
            break
        }
        try only()
        switch text {
        case "string": return .scalar(.string)
        case "double": return .scalar(.double)
        case "date": return .scalar(.date)
        case "timestamp": return .scalar(.timestamp)
        case "uuid": return .scalar(.uuid)
        case "bool": return .scalar(.bool)
        case "id": return .scalar(.id)
        case "json": return .json
        default:
            throw error(
                line, name, "unknown type \(text); one of \(FieldType.names.joined(separator: ", "))")
        }
    }

    private func bounds(
        _ node: SchemaNode?, _ field: FieldDefinition
    ) throws(RecordError) -> (KeyValue?, KeyValue?) {
        guard let node else { return (nil, nil) }
        switch field.type {
        case .scalar(.int), .scalar(.decimal), .scalar(.double), .scalar(.date), .scalar(.timestamp): break
        default:
            throw error(node.line, field.name, "check is for int, decimal, double, date and timestamp fields")
        }
        var least: KeyValue?
        var most: KeyValue?
        for member in try mapping(node, allowed: ["min", "max"], what: "\(field.name).check") {
            let bound = try text(member.value, "\(field.name).check.\(member.key)")
            let value: FieldValue?
            do { value = try field.coerce(text: bound) } catch {
                throw self.error(member.line, field.name, "check.\(member.key): \(error.message)")
            }
            guard case .scalar(let scalar)? = value else { continue }
            if member.key == "min" { least = scalar } else { most = scalar }
        }
        return (least, most)
    }

    private func defaultValue(_ node: SchemaNode?, _ field: FieldDefinition) throws(RecordError) -> FieldValue? {
        guard let node else { return nil }
        guard field.type != .json else { throw notYet(node.line, field.name, "a default of a json field") }
        guard case .scalar(let text, let isQuoted) = node.content else {
            throw error(node.line, field.name, "default: a single value belongs here, not \(node.kind)")
        }
        if !isQuoted, text == "null" { return .null }
        if field.type == .scalar(.string) { return .scalar(.string(text)) }
        do {
            return try field.coerce(text: text)
        } catch {
            throw self.error(node.line, field.name, "default: \(error.message)")
        }
    }

    private func pattern(_ node: SchemaNode?, name: String) throws(RecordError) -> Pattern? {
        guard let node else { return nil }
        let source = try text(node, "\(name).pattern")
        do { return try Pattern(source) } catch {
            throw self.error(node.line, name, "pattern: \(error)")
        }
    }
}
