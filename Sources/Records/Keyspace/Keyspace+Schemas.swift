internal import KeySchemas
internal import OrderedStore

extension Keyspace {
    /// The schemas in the catalogue, by name.
    public var schemas: [SchemaDefinition] { catalogue.schemas.map(\.definition) }

    /// The schema called `name`; `nil` when there is none.
    public func schema(_ name: String) -> SchemaDefinition? { catalogue.schema(name)?.definition }

    /// Puts a schema into the catalogue, or a new version of it.
    ///
    /// A new schema must not overlap another one's keys, and what is there under its prefix must fit it. A changed
    /// one needs a higher version. A change that is *instant* is taken as it is; for one that is *verified*, a tightened
    /// check or a new required field, each record is read and must fit. A new index of a schema with records is to be
    /// built: see ``rebuildIndex(_:of:progress:)``. Applying the schema that is there changes nothing.
    ///
    /// For a change that is *rewritten* all records are written anew, in batches, while reads and writes go on; they
    /// are of the old version until all are done, and of the new one from then on. Stopped or killed at any moment, a
    /// further call goes on. Until ``commit(_:progress:)`` the old records are kept, and ``rollback(_:progress:)`` brings
    /// them back.
    ///
    /// What is applied survives a loss of power.
    ///
    /// - Parameters:
    ///   - definition: the schema.
    ///   - progress: is told after each batch of a rewrite; what it throws stops that.
    /// - Returns: what changed.
    /// - Complexity: a new schema reads each key under its prefix, a verified change each record, while writers wait;
    ///   a rewrite reads and writes each record twice; others take O(1).
    /// - Throws: ``RecordError`` with code `schemaConflict` that names the schema or what is in the way, and how much
    ///   more is, or `migrating` when a rewrite is neither committed nor rolled back; `StoreError`; what `progress`
    ///   throws.
    @discardableResult
    public func apply(
        _ definition: SchemaDefinition, progress: (MigrationProgress) throws -> Void = { _ in }
    ) throws -> SchemaChange {
        try apply(definition, as: nil, progress)
    }

    /// Applies a schema, as what a migration of the program does or of itself.
    @discardableResult
    func apply(
        _ definition: SchemaDefinition, as migration: Migration?, _ progress: (MigrationProgress) throws -> Void
    ) throws -> SchemaChange {
        if let started = catalogue.migration(of: definition.name), started.new == definition,
            !started.phase.isNew, !started.phase.isBackward
        {
            return try rewrite(definition, progress)
        }
        // What is in the way of a rewrite is looked for while writers go on: it is met again when the records are made.
        let code = migration?.converter
        let differences = schema(definition.name).map { definition.differences(from: $0) } ?? []
        if code != nil || differences.has(.rewritten), let refusal = try plan(definition, code).refusal {
            throw refusal
        }
        let change: SchemaChange? = try changeCatalogue { transaction, catalogue in
            let existing = catalogue.schema(definition.name)
            if let existing, existing.definition == definition {
                if let migration { transaction.put(OwnKeys.doneMigration(migration.name), definition.name) }
                return SchemaChange(outcome: .unchanged, differences: [])
            }
            try catalogue.requireSettled(definition.name)
            let plan = try Keyspace.plan(definition, in: transaction, catalogue, overlay, code, readsRewritten: false)
            if let refusal = plan.refusal { throw refusal }
            transaction.put(OwnKeys.format, OwnKeys.formatVersion)
            if plan.rewrites, let existing {
                try startMigration(from: existing, to: definition, migration: migration?.name, in: &transaction)
                return nil
            }
            var change = SchemaChange(
                outcome: plan.oldVersion.map { .updated(from: $0) } ?? .created, differences: plan.differences)
            transaction.put(OwnKeys.schema(definition.name), definition.json.text())
            change.indexesToBuild = try Keyspace.arrangeIndexes(of: definition, before: existing, in: &transaction)
            if let migration { transaction.put(OwnKeys.doneMigration(migration.name), definition.name) }
            try transaction.add(
                SchemaEvent(
                    existing == nil ? .created : .updated, definition, differences: plan.differences,
                    migration: migration?.name))
            return change
        }
        guard let change else { return try rewrite(definition, progress) }
        try reclaimIndexes()
        return change
    }

    /// Does the rewrite that has begun, or what is left of it.
    private func rewrite(
        _ definition: SchemaDefinition, _ progress: (MigrationProgress) throws -> Void
    ) throws -> SchemaChange {
        try working(on: definition.name) {
            let old = catalogue.migration(of: definition.name)?.old
            let records = try advance(definition.name, progress)
            return SchemaChange(
                outcome: .migrated(from: old?.version ?? definition.version, records: records),
                differences: old.map { definition.differences(from: $0) } ?? [])
        }
    }

    /// Writes down what becomes of the indexes of a schema that is applied.
    ///
    /// - Returns: the names of those that are to be built.
    private static func arrangeIndexes(
        of definition: SchemaDefinition, before: CompiledSchema?, in transaction: inout Transaction<Store.Snapshot>
    ) throws -> [String] {
        let stays = (before?.indexes ?? []).filter { index in
            definition.indexes.contains {
                $0.id == index.definition.id
                    && index.definition.hasSameEntries(as: $0, from: index.schema, to: definition)
            }
        }
        for index in before?.indexes ?? [] where !stays.contains(where: { $0 === index }) {
            transaction.drop(index, of: definition.name)
        }
        var unbuilt = stays.filter { !$0.state.isReady }.map(\.definition.id)
        let new = definition.indexes.filter { index in !stays.contains { $0.definition.id == index.id } }
        if !new.isEmpty {
            let isReady = try !transaction.hasRecords(of: CompiledSchema(definition))
            for index in new {
                let record = IndexRecord(number: try transaction.takeIndexNumber(), isReady: isReady)
                transaction.set(record, definition.name, id: index.id)
                if !isReady { unbuilt.append(index.id) }
            }
        }
        return definition.indexes.filter { unbuilt.contains($0.id) }.map(\.name)
    }

    /// Takes a schema out of the catalogue. With `keepData` its records are left as plain keys; without it a
    /// schema with records stays.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema` or `schemaInUse`.
    public func removeSchema(_ name: String, keepData: Bool = false) throws {
        try changeCatalogue { transaction, catalogue in
            guard let schema = catalogue.schema(name) else { throw catalogue.unknown(name) }
            try catalogue.requireSettled(name)
            if !keepData, try transaction.hasRecords(of: schema) {
                throw RecordError(
                    .schemaInUse, schema: name,
                    message: "there are records; delete them first, or keep them as plain keys")
            }
            transaction.delete(OwnKeys.schema(name))
            try transaction.removeHistory(of: name)
            for index in schema.indexes { transaction.drop(index, of: name) }
        }
        try reclaimIndexes()
    }
}

extension Catalogue {
    /// The error for a schema that is not there, with the nearest name that is.
    func unknown(_ name: String) -> RecordError {
        let near = Spelling.nearest(to: name, among: schemas.map(\.name))
        return RecordError(
            .unknownSchema, schema: RecordError.printable(name.utf8.span),
            message: near.map { "there is no such schema; did you mean \($0)?" }
                ?? "there is no such schema; apply its schema file first")
    }
}

extension RecordBuffer {
    /// Checks all that is stored of a record against its schema.
    func check() throws(RecordError) {
        try schema.checkParts(prefix)
        try requireIntact()
        var key = prefix
        for slot in slots.indices where !slots[slot].isAbsent {
            key.removeLast(key.count - prefix.count)
            schema.appendSuffix(ofSlot: slot, to: &key)
            try schema.checkValue(bytes(slots[slot]), slot: slot, suffix: [UInt8]().span, key: key.span)
        }
        for field in unknown {
            try schema.checkValue(
                bytes(field.value), slot: CompiledSchema.unknownSlot, suffix: bytes(field.suffix), key: prefix.span)
        }
        if let missingField {
            throw RecordError(
                .missingField, schema: schema.name, key: RecordError.printable(prefix.span), field: missingField,
                message: "the record does not have this required field")
        }
    }
}
