internal import KeySchemas
internal import OrderedStore
internal import Synchronization

/// What rolling a rewrite back undoes beside the rewrite itself.
public struct RollbackPlan: Hashable, Sendable {
    /// The version that comes back.
    public let version: Int
    /// How many records come back with it.
    public let records: Int
    /// How many records that were changed since are as before again; `nil` where only the program's own code could tell.
    public var changed: Int?
    /// How many that were added since go.
    public var inserted: Int?
    /// How many that were removed since are there again.
    public var deleted: Int?
}

extension Keyspace {
    /// Says what ``rollback(_:progress:)`` undoes. Nothing is changed.
    ///
    /// - Throws: ``RecordError``: `unknownSchema`, or `schemaConflict` when there is nothing to roll back; `StoreError`.
    /// - Complexity: O(*n* log *n*) in the records; memory for one.
    public func undoneByRollback(of name: String) throws -> RollbackPlan {
        let converters = converters.withLock { $0 }
        return try readWithCatalogue { snapshot, catalogue in
            let journal = try Keyspace.journal(of: name, in: catalogue)
            let current = try Keyspace.find(name, in: catalogue)
            guard journal.phase == .switched else {
                // Whatever was written went into the old records.
                return RollbackPlan(
                    version: journal.old.version, records: try snapshot.countRecords(of: current), changed: 0,
                    inserted: 0, deleted: 0)
            }
            let old = CompiledSchema(journal.old, place: journal.aside)
            if let migration = journal.migration, converters[migration] == nil {
                return RollbackPlan(version: journal.old.version, records: try snapshot.countRecords(of: old))
            }
            let code = journal.migration.flatMap { converters[$0] ?? nil }
            return try snapshot.compare(
                old, current, RecordConversion(from: journal.old, to: current, code: code), journal)
        }
    }
}

extension StoreReader where Self: ~Copyable {
    /// Compares the records that were made of the old ones with those that are there.
    fileprivate borrowing func compare(
        _ old: CompiledSchema, _ current: CompiledSchema, _ conversion: RecordConversion, _ journal: MigrationJournal
    ) throws -> RollbackPlan {
        var records = 0
        var changed = 0
        var deleted = 0
        var cursor = cursor(in: old.range, options: ScanOptions(fillCache: false))
        var assembler = RecordAssembler(old, .stored)
        var found = self.cursor(in: current.range, options: ScanOptions(fillCache: false))
        var finder = RecordAssembler(current, .stored)
        while try assembler.next(from: &cursor) {
            records += 1
            let made = try conversion.convert(assembler.buffer)
            if try !finder.find(made.prefix.span, with: &found) {
                deleted += 1
            } else if !made.hasSameFields(as: finder.buffer) {
                changed += 1
            }
        }
        let inserted = try countRecords(of: current) - (records - deleted)
        return RollbackPlan(
            version: journal.old.version, records: records, changed: changed, inserted: inserted, deleted: deleted)
    }
}

extension RecordBuffer {
    /// Whether the same is stored of two records.
    fileprivate func hasSameFields(as other: borrowing RecordBuffer) -> Bool {
        for slot in slots.indices {
            let mine = slots[slot]
            let theirs = other.slots[slot]
            guard mine.isAbsent == theirs.isAbsent else { return false }
            if !mine.isAbsent, !bytes(mine).equals(other.bytes(theirs)) { return false }
        }
        guard unknown.count == other.unknown.count, max(marker.count, 0) == max(other.marker.count, 0),
            marker.count <= 0 || bytes(marker).equals(other.bytes(other.marker))
        else { return false }
        for field in unknown {
            guard let same = other.unknown.first(where: { other.bytes($0.suffix).equals(bytes(field.suffix)) }),
                other.bytes(same.value).equals(bytes(field.value))
            else { return false }
        }
        return true
    }
}
