internal import KeySchemas
internal import OrderedStore
internal import Synchronization

/// One step in the life of a program's schemas: a version of a schema to apply, and the code that makes its records of
/// the old ones where the schemas do not say enough.
///
/// ```swift
/// let migrations = [
///     Migration("v1", to: bookV1),
///     Migration("v2: split author", to: bookV2) { old in
///         var book = old
///         …
///         return book
///     },
/// ]
/// try database.migrate(migrations)
/// ```
///
/// Once a migration has run on somebody's database it is never changed; what comes later is a migration of its own.
public struct Migration: Sendable {
    /// What it is called: a database remembers by it that it has run.
    public let name: String
    /// The version of the schema that it applies.
    public let schema: SchemaDefinition
    let converter: RecordConverter?

    /// A migration to a version of a schema.
    ///
    /// - Parameters:
    ///   - name: unlike any other's.
    ///   - schema: a version that is higher than that of the migration before it.
    ///   - convert: makes the new record of an old one, fields that no schema knows included; `nil` where fields keep
    ///     their values, which follow their ids and are converted to their new types. It may be called more than once
    ///     for a record, from any thread, and must then say the same.
    public init(_ name: String, to schema: SchemaDefinition, convert: RecordConverter? = nil) {
        self.name = name
        self.schema = schema
        converter = convert
    }
}

extension Keyspace {
    /// Runs those of a program's migrations that this database has not had, in their order, each once. One that was
    /// stopped or killed is gone on with.
    ///
    /// The last rewrite can be rolled back until it is committed; what comes before it is committed on the way. A
    /// migration that is rolled back counts as one that has not run.
    ///
    /// - Parameters:
    ///   - migrations: all that the program ever had, in the order they are to run.
    ///   - progress: is told of each migration's batches.
    /// - Returns: the names of those that ran.
    /// - Throws: ``RecordError`` with code `schemaConflict` for two migrations with one name and for one that comes
    ///   before one which has run; as ``apply(_:progress:)``. Migrations that ran before that stay.
    @discardableResult
    public func migrate(
        _ migrations: [Migration], progress: (String, MigrationProgress) throws -> Void = { _, _ in }
    ) throws -> [String] {
        var names: Set<UTF8Key> = []
        for migration in migrations where !names.insert(UTF8Key(migration.name)).inserted {
            throw RecordError(
                .schemaConflict, schema: migration.schema.name,
                message: "two migrations are called \(RecordError.printable(migration.name.utf8.span))")
        }
        let done = try migrations.map { try store.get(OwnKeys.doneMigration($0.name).span) != nil }
        let first = done.lastIndex(of: true).map { $0 + 1 } ?? 0
        if let missing = done[..<first].firstIndex(of: false) {
            throw RecordError(
                .schemaConflict, schema: migrations[missing].schema.name,
                message:
                    "the migration \(RecordError.printable(migrations[missing].name.utf8.span)) has not run, and a "
                    + "later one has; new migrations go last")
        }
        try register(migrations)
        for migration in migrations[first...] {
            let schema = migration.schema.name
            if let waiting = catalogue.migration(of: schema), waiting.phase == .switched || waiting.phase == .committing
            {
                try commit(schema) { try progress(migration.name, $0) }
            }
            try apply(migration.schema, as: migration) { try progress(migration.name, $0) }
        }
        return migrations[first...].map(\.name)
    }

    /// Takes in the code of migrations, so that one that is under way can be gone on with and written during.
    private func register(_ migrations: [Migration]) throws {
        converters.withLock { converters in
            for migration in migrations { converters.updateValue(migration.converter, forKey: migration.name) }
        }
        // The schemas are read again, now with the code that one under way needs.
        if catalogue.migrations.contains(where: { $0.migration != nil }) { try changeCatalogue { _, _ in } }
    }
}

extension OwnKeys {
    /// Under the catalogue's tag, where names of schemas are strings and this begins with none.
    static func doneMigration(_ name: String) -> [UInt8] {
        [first, UInt8(ascii: "s")] + Tuple.pack([.null, .string("migration"), .string(name)])
    }
}
