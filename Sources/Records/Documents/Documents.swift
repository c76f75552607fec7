internal import KeySchemas
public import OrderedStore

/// A collection of documents: JSON objects, each named by its member `_id`.
///
/// A collection is a schema, `notes:{_id}:{field}`, made on first use: each member of a document is a field under its
/// own key, so that documents are records like any other. They come back as they were written: numbers with each digit,
/// members in their order, null and absent apart. `_id` is a string or an integer; a document without one gets one.
///
/// Filters and updates are those of MongoDB, as JSON: see <doc:DocumentCollections>. Each document is written whole or not at all.
/// All calls are synchronous and may come from any thread.
public struct Documents<Store: OrderedStore>: Sendable {
    /// Where the documents are.
    public let keyspace: Keyspace<Store>
    /// The collection's name, and its schema's.
    public let name: String

    /// The collection's records. They are there once something was written.
    package var records: DynamicRecords<Store> { DynamicRecords(keyspace: keyspace, name: name) }

    /// The collection's schema as it is now; before the first write, as it will be.
    ///
    /// - Throws: ``RecordError`` with code `typeMismatch` for a schema that is no collection's.
    package func schema() throws(RecordError) -> SchemaDefinition {
        guard let schema = keyspace.schema(name) else { return try DocumentSchema.make(name) }
        try DocumentSchema.check(schema)
        return schema
    }

    /// Whether something was written.
    var exists: Bool { keyspace.schema(name) != nil }

    /// Makes the collection if it is not there.
    ///
    /// - Throws: ``RecordError`` when a schema or keys are in the way; `StoreError`.
    public func create() throws {
        if exists { return _ = try schema() }
        do {
            try keyspace.apply(try DocumentSchema.make(name))
        } catch let error as RecordError where error.code == .schemaConflict {
            // Somebody else may have made it meanwhile, and given it an index.
            guard exists else { throw error }
            _ = try schema()
        }
    }
}

extension Keyspace {
    /// The documents of the collection called `name`, which need not be there yet.
    ///
    /// - Parameter name: 1 to 64 letters, digits, `_` and `-`, beginning with a letter or `_`.
    /// - Throws: ``RecordError``: `malformedSchema` for another name, `typeMismatch` when a schema of that name is no
    ///   collection's.
    public func documents(_ name: String) throws(RecordError) -> Documents<Store> {
        let documents = Documents(keyspace: self, name: name)
        _ = try documents.schema()
        return documents
    }
}

// MARK: - Inserting

extension Documents {
    /// Inserts a document. Without `_id` it gets one: a UUID of version 7, which is above those made before.
    ///
    /// - Returns: the document's `_id`.
    /// - Throws: ``RecordError``: `alreadyExists`, `uniqueViolation`, or `invalidValue` for an `_id` that is neither a
    ///   string nor an integer; `StoreError`.
    @discardableResult
    public func insertOne(_ document: JSONObject, durability: Durability = .buffered) throws -> JSONValue {
        try insertMany([document], durability: durability)[0]
    }

    /// Inserts documents, all or none.
    ///
    /// - Returns: their `_id`s, in their order.
    /// - Throws: as ``insertOne(_:durability:)``.
    @discardableResult
    public func insertMany(_ documents: [JSONObject], durability: Durability = .buffered) throws -> [JSONValue] {
        let whole = documents.map(Documents.identified)
        if whole.isEmpty { return [] }
        try create()
        let records = records
        return try keyspace.transact(durability: durability) { transaction in
            let schema = try records.compiled(transaction.catalogue)
            return try whole.map { document in
                let record = try schema.definition.record(json: .object(document))
                try records.insert(record, in: &transaction)
                return record[DocumentSchema.id]?.json ?? .null
            }
        }
    }

    /// The document with its `_id`, made if it has none.
    package static func identified(_ document: JSONObject) -> JSONObject {
        document[DocumentSchema.id] == nil ? named(document, .string(DocumentIDs.next())) : document
    }

    /// The document with an `_id` before its members.
    package static func named(_ document: JSONObject, _ id: JSONValue) -> JSONObject {
        var whole: JSONObject = [DocumentSchema.id: id]
        for member in document.members { whole[member.key] = member.value }
        return whole
    }
}
