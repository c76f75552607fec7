public import LevelDB
public import Records

extension Database {
    /// The schemas in the catalogue, by name.
    public var schemas: [SchemaDefinition] { keyspace.schemas }

    /// The schema called `name`; `nil` when there is none.
    public func schema(_ name: String) -> SchemaDefinition? { keyspace.schema(name) }

    /// Puts a schema into the catalogue, or a new version of it.
    ///
    /// - Returns: what changed.
    /// - Throws: as `Keyspace.apply`: a `RecordError` that names what is in the way; `StoreError`.
    @discardableResult
    public func apply(_ schema: SchemaDefinition) throws -> SchemaChange { try keyspace.apply(schema) }

    /// Runs those of a program's migrations that this database has not had, in their order, each once.
    ///
    /// - Parameters:
    ///   - migrations: all that the program ever had, in the order they are to run.
    ///   - progress: is told of each migration's batches.
    /// - Returns: the names of those that ran.
    /// - Throws: as `Keyspace.migrate`: a `RecordError` that names what is in the way; `StoreError`.
    @discardableResult
    public func migrate(
        _ migrations: [Migration], progress: (String, MigrationProgress) throws -> Void = { _, _ in }
    ) throws -> [String] {
        try keyspace.migrate(migrations, progress: progress)
    }

    /// Takes a schema out of the catalogue.
    ///
    /// - Parameters:
    ///   - name: the schema.
    ///   - keepData: leave the records as plain keys. Without it a schema with records stays.
    /// - Throws: `RecordError` with code `unknownSchema` or `schemaInUse`; `StoreError`.
    public func removeSchema(_ name: String, keepData: Bool = false) throws {
        try keyspace.removeSchema(name, keepData: keepData)
    }

    /// The records of the schema called `name`, whose shape is known at run time only.
    ///
    /// - Throws: `RecordError` with code `unknownSchema`.
    public func records(_ name: String) throws(RecordError) -> DynamicRecords<LevelDBStore> {
        try keyspace.records(name)
    }

    /// The records of a Swift type. A schema that the catalogue does not have is applied from the type.
    ///
    /// - Throws: `RecordError` with code `typeMismatch` when the type and the catalogue disagree, which says how;
    ///   `StoreError`.
    public func records<Value: Record>(of type: Value.Type) throws -> TypedRecords<Value, LevelDBStore> {
        try keyspace.records(of: type)
    }
}
