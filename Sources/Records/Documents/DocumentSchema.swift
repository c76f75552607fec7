internal import KeySchemas

/// The schemas of collections.
enum DocumentSchema {
    /// The name of the member that names a document.
    static let id = "_id"

    /// The schema that a collection begins with.
    ///
    /// - Throws: ``RecordError`` with code `malformedSchema` for a name that no schema can have.
    static func make(_ name: String, fields: [FieldDefinition] = []) throws(RecordError) -> SchemaDefinition {
        // Only what a schema may be called is a segment of a key, too.
        try SchemaRules.check(name: name, version: 1)
        let key: KeyTemplate
        do { key = try KeyTemplate("\(name):{\(id)}:{field}") } catch { throw RecordError(error, schema: name) }
        return try SchemaDefinition(
            name, version: 1, key: key, fields: [FieldDefinition(id, id: 1, type: .scalar(.id))] + fields, isOpen: true)
    }

    /// Refuses a schema that is no collection's.
    static func check(_ schema: SchemaDefinition) throws(RecordError) {
        guard schema.isOpen, schema.keyFields.count == 1, schema.keyFields[0].name == id else {
            throw RecordError(
                .typeMismatch, schema: schema.name,
                message:
                    "the schema is no collection's: its key needs {_id} as its one part, and it says additional: json; "
                    + "read its records as records, or take another name for the documents")
        }
    }
}
