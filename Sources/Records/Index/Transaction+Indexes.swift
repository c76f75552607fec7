internal import KeySchemas
internal import OrderedStore

/// What the entries of some records were and what they are to be.
struct IndexChange {
    fileprivate var old = IndexEntries()
    fileprivate var new = IndexEntries()
    fileprivate var recordCount = 0

    /// Adds two states of one record, `nil` for none. Indexes whose entries stay as they are are passed over.
    mutating func add(from before: RecordBuffer?, to after: RecordBuffer?) throws(RecordError) {
        recordCount += 1
        let isSame: (CompiledIndex) -> Bool = { index in
            guard let before, let after else { return false }
            return index.ignores(before, after)
        }
        if let before { try old.append(before) { !isSame($0) } }
        if let after { try new.append(after) { !isSame($0) } }
    }

    /// Adds a record that is new: what ``add(from:to:)`` does, without owning the record.
    mutating func add(_ record: borrowing RecordBuffer) throws(RecordError) {
        recordCount += 1
        try new.append(record)
    }

    /// Adds a record's entries in one index that is built.
    mutating func add(_ record: borrowing RecordBuffer, in index: CompiledIndex) throws(RecordError) {
        recordCount += 1
        var maker = IndexEntryMaker()
        try new.append(record, index, &maker)
    }

    /// How many bytes the entries take that are to be.
    var byteCount: Int { new.bytes.count }

    fileprivate var isEmpty: Bool { old.isEmpty && new.isEmpty }
}

// Index entries are staged in the batch of their record.
extension Transaction where Base: ~Copyable {
    /// Stages a record that was not there, and its entries.
    ///
    /// - Throws: as ``apply(_:)``.
    mutating func stageWithIndexes(_ record: borrowing RecordBuffer) throws {
        let schema = record.schema
        if schema.indexes.isEmpty { return stage(record) }
        var entries = schema.spareEntries.take() ?? IndexEntries()
        entries.clear()
        try entries.append(record)
        // Those of one record have different keys.
        for item in entries.items.indices where entries.items[item].index.isUnique {
            if let holder = try get(entries.key(item)) { throw violation(entries, item, holder: holder.span) }
        }
        // In the order of the keys, where each is staged behind the one before.
        stage(record)
        for item in entries.items.indices { put(entries.key(item), entries.value(item)) }
        if entries.bytes.count <= IndexEntries.mostBytesKept { schema.spareEntries.keep(entries) }
    }

    /// Stages the difference between the entries of two states of a record, `nil` for none; the record may move to
    /// where another one was.
    ///
    /// - Throws: as ``apply(_:)``.
    @inline(__always)
    mutating func stageIndexes(
        from old: RecordBuffer, to new: RecordBuffer?, inPlaceOf replaced: RecordBuffer? = nil
    ) throws {
        if old.schema.indexes.isEmpty { return }
        var change = IndexChange()
        try change.add(from: old, to: new)
        if let replaced { try change.add(from: replaced, to: nil) }
        try apply(change)
    }

    /// Stages what a change asks for; entries that stay as they are are not written.
    ///
    /// - Throws: ``RecordError`` with code `uniqueViolation`; nothing was staged then.
    mutating func apply(_ change: borrowing IndexChange) throws {
        if change.isEmpty { return }
        let old = change.old
        let new = change.new
        // Few entries are compared with each other; many are looked up.
        var positions: [[UInt8]: Int]?
        if old.items.count > 8 {
            positions = Dictionary(old.items.indices.map { (old.key($0).array, $0) }, uniquingKeysWith: { $1 })
        }
        var isOwn = Array(repeating: true, count: old.items.count)
        for item in old.items.indices { isOwn[item] = try holds(old, item) }
        var stays: Set<Int> = []
        var puts: [Int] = []
        var taken: Set<[UInt8]> = []
        for item in new.items.indices {
            let key = new.key(item)
            let isUnique = new.items[item].index.isUnique
            if isUnique, change.recordCount > 1, !taken.insert(key.array).inserted {
                let first = new.items.indices.first { new.key($0).equals(key) } ?? item
                throw violation(new, item, holder: new.value(first))
            }
            let found = positions.map { $0[key.array] } ?? old.items.indices.first { old.key($0).equals(key) }
            if let was = found, isOwn[was] {
                stays.insert(was)
                if old.value(was).equals(new.value(item)) { continue }
            } else if isUnique, let holder = try get(key) {
                throw violation(new, item, holder: holder.span)
            }
            puts.append(item)
        }
        for item in old.items.indices where isOwn[item] && !stays.contains(item) { delete(old.key(item)) }
        for item in puts { put(new.key(item), new.value(item)) }
    }

    /// Stages entries of an index that is built, some of which writers may have staged before.
    ///
    /// - Throws: ``RecordError`` with code `uniqueViolation`; some may be staged then.
    mutating func build(_ change: borrowing IndexChange) throws {
        let new = change.new
        // In the order of the keys each is staged behind the one before.
        let order = new.items.indices.sorted { new.key($0).compare(to: new.key($1)) < 0 }
        for item in order {
            let key = new.key(item)
            let index = new.items[item].index
            if index.isUnique, let holder = try get(key), !index.isSameRecord(holder.span, new.value(item)) {
                throw violation(new, item, holder: holder.span)
            }
            put(key, new.value(item))
        }
    }

    /// Whether an entry is its record's: while a unique index is built, records may still share a value, and only one
    /// of them has the entry.
    private func holds(_ entries: borrowing IndexEntries, _ item: Int) throws -> Bool {
        let index = entries.items[item].index
        guard index.isUnique, !index.state.isReady else { return true }
        guard let stored = try get(entries.key(item)) else { return false }
        return index.isSameRecord(stored.span, entries.value(item))
    }

    private func violation(_ entries: borrowing IndexEntries, _ item: Int, holder: Span<UInt8>) -> RecordError {
        entries.items[item].index.violation(key: entries.key(item), value: entries.value(item), holder: holder)
    }
}
