internal import KeySchemas
internal import OrderedStore
internal import Synchronization

/// How far a rewrite is.
public struct MigrationProgress: Hashable, Sendable {
    /// The step that is worked on.
    public let phase: MigrationPhase
    /// How many records, or in a step that removes keys how many keys, it is done with.
    public let count: Int
}

/// A rewrite that is neither committed nor rolled back.
public struct MigrationInfo: Hashable, Sendable {
    /// The version that it began with, and that a rollback brings back.
    public let oldVersion: Int
    public let newVersion: Int
    /// The step that it is in; ``MigrationPhase/switched`` is at rest, all others are to be gone on with.
    public let phase: MigrationPhase
    /// How many records the step is done with.
    public let records: Int
    /// Which of the program's migrations it is.
    public let migration: String?
    /// What there is to do, in one line.
    public let advice: String
}

extension Keyspace {
    /// The rewrite of a schema's records that is neither committed nor rolled back; `nil` when there is none.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema`; `StoreError`.
    public func migration(of name: String) throws -> MigrationInfo? {
        try readWithCatalogue { snapshot, catalogue in
            _ = try Keyspace.find(name, in: catalogue)
            guard let journal = catalogue.migration(of: name) else { return nil }
            return MigrationInfo(
                oldVersion: journal.old.version, newVersion: journal.new.version, phase: journal.phase,
                records: try snapshot.count(of: journal), migration: journal.migration,
                advice: journal.underway.message)
        }
    }

    /// Lets the records of before a rewrite go. After that it cannot be rolled back.
    ///
    /// Reads and writes go on meanwhile. Stopped or killed at any moment, a further call goes on.
    ///
    /// - Throws: ``RecordError``: `unknownSchema`, `schemaConflict` when there is nothing to commit, `migrating` when
    ///   the rewrite is not done or is being rolled back; `StoreError`; what `progress` throws.
    /// - Complexity: O(*n*) in the old records.
    public func commit(_ name: String, progress: (MigrationProgress) throws -> Void = { _ in }) throws {
        try working(on: name) {
            try changeCatalogue { transaction, catalogue in
                var journal = try Keyspace.journal(of: name, in: catalogue)
                if journal.phase == .committing { return }
                guard journal.phase == .switched else { throw journal.underway }
                journal.phase = .committing
                transaction.set(journal)
                transaction.discard(journal.oldIndexes)
                try transaction.add(SchemaEvent(.committed, journal.new))
            }
            try advance(name, progress)
        }
    }

    /// Undoes a rewrite that is not committed, done or not: the old version is the current one again, and its records
    /// are, byte for byte, what they were when the new version took its place. What was written since is undone with
    /// it: changes, new records and removals. ``undoneByRollback(of:)`` counts them.
    ///
    /// From the beginning on the schema is read and written as the old version, and reads and writes go on. Stopped or
    /// killed at any moment, a further call goes on.
    ///
    /// - Throws: ``RecordError``: `unknownSchema`, `schemaConflict` when there is nothing to roll back, `migrating` when
    ///   it is being committed; `StoreError`; what `progress` throws.
    /// - Complexity: O(*n*) in the old and the new records.
    public func rollback(_ name: String, progress: (MigrationProgress) throws -> Void = { _ in }) throws {
        try working(on: name) {
            try changeCatalogue { transaction, catalogue in
                var journal = try Keyspace.journal(of: name, in: catalogue)
                if journal.phase.isBackward { return }
                guard journal.phase != .committing else { throw journal.underway }
                if journal.phase == .switched {
                    // Under the catalogue's own numbers: an index may have been built anew since.
                    for index in try Keyspace.find(name, in: catalogue).indexes { transaction.drop(index, of: name) }
                    transaction.put(OwnKeys.schema(name), journal.old.json.text())
                    transaction.setReady(journal.oldIndexes, of: name)
                } else {
                    transaction.discard(journal.newIndexes)
                }
                journal.phase = journal.phase == .copying ? .discarding : .withdrawing
                transaction.set(journal)
                if let migration = journal.migration { transaction.delete(OwnKeys.doneMigration(migration)) }
                try transaction.add(SchemaEvent(.rolledBack, journal.old, migration: journal.migration))
            }
            try advance(name, progress)
        }
    }

    static func journal(of name: String, in catalogue: Catalogue) throws(RecordError) -> MigrationJournal {
        _ = try find(name, in: catalogue)
        guard let journal = catalogue.migration(of: name) else {
            throw RecordError(
                .schemaConflict, schema: name, message: "no rewrite of its records waits to be committed or rolled back"
            )
        }
        return journal
    }

    // MARK: - The steps

    /// Calls `body` while this thread alone works on the migration of a schema.
    func working<Result>(on name: String, _ body: () throws -> Result) throws -> Result {
        guard migrating.withLock({ $0.insert(name).inserted }) else {
            throw RecordError(.migrating, schema: name, message: "another thread works on the rewrite of its records")
        }
        defer { _ = migrating.withLock { $0.remove(name) } }
        return try body()
    }

    /// Begins a rewrite. What it needs to know is checked already.
    func startMigration(
        from old: CompiledSchema, to new: SchemaDefinition, migration: String?,
        in transaction: inout Transaction<Store.Snapshot>
    ) throws {
        if let index = old.indexes.first(where: { !$0.state.isReady }) {
            throw RecordError(
                .indexNotReady, schema: new.name, index: index.name,
                message: "the index is still to be built; rebuild it before the records are written anew")
        }
        var numbers: [Int: Int64] = [:]
        for index in new.indexes { numbers[index.id] = try transaction.takeIndexNumber() }
        transaction.set(
            MigrationJournal(
                number: try transaction.takeMigrationNumber(), old: old.definition, new: new, phase: .copying,
                oldIndexes: Dictionary(
                    uniqueKeysWithValues: old.indexes.map { ($0.definition.id, $0.state.number) }),
                newIndexes: numbers, migration: migration))
    }

    /// Does what is left of a migration, up to where it rests or is no more.
    ///
    /// - Returns: how many records the new version had at the end of its making; 0 when they were not made by this.
    @discardableResult
    func advance(_ name: String, _ progress: (MigrationProgress) throws -> Void) throws -> Int {
        var records = 0
        while let journal = catalogue.migration(of: name), journal.phase != .switched {
            let next: MigrationPhase?
            switch journal.phase {
            case .copying:
                try mirrorAll(journal, progress)
                next = .clearing
            case .clearing:
                try clear(journal.old, journal, progress)
                next = .building
            case .building:
                records = try mirrorAll(journal, progress)
                next = .switched
            case .withdrawing:
                try clear(journal.new, journal, progress)
                next = .restoring
            case .restoring:
                try mirrorAll(journal, progress)
                next = .discarding
            case .committing, .discarding:
                try clear(journal.old, journal, progress, isAside: true)
                next = nil
            case .switched:
                next = .switched
            }
            try persisting { try finish(journal, next) }
        }
        try reclaimIndexes()
        return records
    }

    /// Ends a step.
    private func finish(_ journal: MigrationJournal, _ next: MigrationPhase?) throws {
        try changeCatalogue { transaction, catalogue in
            guard let now = catalogue.migration(of: journal.name), now.number == journal.number,
                now.phase == journal.phase
            else { return }
            guard let next else {
                for key in [OwnKeys.migration(journal.number), journal.positionKey, journal.countKey] {
                    transaction.delete(key)
                }
                return
            }
            var journal = journal
            journal.phase = next
            transaction.set(journal)
            guard next == .switched else { return }
            for id in journal.oldIndexes.keys { transaction.delete(OwnKeys.indexState(journal.name, id: id)) }
            transaction.put(OwnKeys.schema(journal.name), journal.new.json.text())
            transaction.setReady(journal.newIndexes, of: journal.name)
            if let migration = journal.migration { transaction.put(OwnKeys.doneMigration(migration), journal.name) }
            try transaction.add(
                SchemaEvent(
                    .migrated, journal.new, differences: journal.new.differences(from: journal.old),
                    migration: journal.migration))
        }
    }

    /// Goes over all records that the step is not done with, in batches.
    ///
    /// - Returns: how many the step is done with.
    @discardableResult
    private func mirrorAll(
        _ journal: MigrationJournal, _ progress: (MigrationProgress) throws -> Void
    ) throws -> Int {
        while true {
            // A batch that the next step relies on survives a loss of power before that begins.
            let count: Int? = try persisting {
                try transact(durability: .synced) { transaction in
                    let schema = try Keyspace.find(journal.name, in: transaction.catalogue)
                    guard try transaction.base.mirrorNext(journal, schema, most: migrationBatch) != nil else {
                        return nil
                    }
                    return try transaction.base.count(of: journal)
                }
            }
            guard let count else { return try store.read { try $0.count(of: journal) } }
            Failpoint.migrationBatch.pass()
            try progress(MigrationProgress(phase: journal.phase, count: count))
        }
    }

    /// Removes all keys of a version from their own place, or from aside. Nobody reads or writes them there.
    private func clear(
        _ definition: SchemaDefinition, _ journal: MigrationJournal,
        _ progress: (MigrationProgress) throws -> Void, isAside: Bool = false
    ) throws {
        let mostBytes = 1 << 20
        let schema = CompiledSchema(definition, place: isAside ? journal.aside : [])
        try store.read { snapshot in
            var cursor = snapshot.cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
            var batch = WriteBatch()
            var count = 0
            while let entry = try cursor.next() {
                // A key of another shape under the prefix is another schema's.
                guard schema.layout.prefixCount(of: entry.key) != nil else { continue }
                batch.delete(entry.key)
                count += 1
                if batch.approximateByteCount >= mostBytes {
                    try store.write(batch, durability: .synced)
                    batch.clear()
                    Failpoint.migrationBatch.pass()
                    try progress(MigrationProgress(phase: journal.phase, count: count))
                }
            }
            if !batch.isEmpty { try store.write(batch, durability: .synced) }
            Failpoint.migrationBatch.pass()
        }
    }
}

extension Transaction where Base: ~Copyable {
    /// Makes indexes those that the catalogue says are complete.
    fileprivate mutating func setReady(_ numbers: [Int: Int64], of schema: String) {
        for (id, number) in numbers { set(IndexRecord(number: number, isReady: true), schema, id: id) }
    }

    /// Leaves the entries of indexes to be removed.
    fileprivate mutating func discard(_ numbers: [Int: Int64]) {
        for number in numbers.values { put(OwnKeys.indexGarbage(number), [UInt8]()) }
    }
}
