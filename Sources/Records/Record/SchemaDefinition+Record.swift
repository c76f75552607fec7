public import KeySchemas

extension SchemaDefinition {
    /// The record that a flat JSON object says: what ``DynamicRecord/json`` writes.
    ///
    /// With `keepsUnknown`, members that the schema does not know are taken as stored fields of their own, where
    /// ``FieldValue/json`` wrote them. Without it they are an error. Of an open schema they are members.
    ///
    /// - Throws: ``RecordError`` that names the field.
    public func record(json: JSONValue, keepsUnknown: Bool = false) throws(RecordError) -> DynamicRecord {
        guard case .object(let object) = json else {
            throw RecordError(.invalidValue, schema: name, message: "\(json.kind) where an object belongs")
        }
        var record = DynamicRecord()
        for member in object.members {
            if let field = field(member.key) {
                do { record.append(member.key, try field.coerce(json: member.value)) } catch {
                    throw error.about(schema: name)
                }
            } else if isOpen {
                record.append(member.key, .json(member.value))
            } else if keepsUnknown, !member.key.isEmpty, let raw = FieldValue.raw(ofJSON: member.value) {
                record.append(member.key, raw)
            } else {
                throw unknownField(member.key)
            }
        }
        return record
    }

    /// The record that named texts say, such as the cells of a CSV row: see ``FieldDefinition/coerce(text:)``.
    ///
    /// - Throws: ``RecordError`` that names the field.
    public func record(
        text cells: some Sequence<(name: String, text: String)>
    ) throws(RecordError) -> DynamicRecord {
        var record = DynamicRecord()
        for (name, text) in cells {
            guard let field = field(name) ?? openMember(name) else { throw unknownField(name) }
            do {
                if let value = try field.coerce(text: text) { record.append(name, value) }
            } catch {
                throw error.about(schema: self.name)
            }
        }
        return record
    }

    /// The values of leading parts of the key that are given as text, such as the arguments of a command.
    ///
    /// - Throws: ``RecordError`` that names the part; with code `missingField` for more parts than the key has.
    public func parts(text: [String]) throws(RecordError) -> [KeyValue] {
        guard text.count <= keyFields.count else {
            throw RecordError(
                .missingField, schema: name,
                message: "\(text.count) parts where the key has \(keyFields.count): \(layout.template)")
        }
        var parts: [KeyValue] = []
        for (field, text) in zip(keyFields, text) { parts.append(try part(field, text)) }
        return parts
    }

    /// The value of the part called `name` that is given as text.
    public func part(_ name: String, text: String) throws(RecordError) -> KeyValue {
        guard let field = field(name), field.isKeyPart else { throw unknownField(name) }
        return try part(field, text)
    }

    private func part(_ field: FieldDefinition, _ text: String) throws(RecordError) -> KeyValue {
        guard case .scalar(let type) = field.type else { throw unknownField(field.name) }
        // A part that is looked for need not pass the checks of one that is written, nor be a whole one.
        do { return try type.parse(text) } catch {
            throw RecordError(error, schema: name).about(schema: name, field: field.name)
        }
    }
}
