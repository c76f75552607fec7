public import OrderedStore

extension LevelDBStore {
    /// A property of LevelDB's, such as `leveldb.stats` or `leveldb.num-files-at-level0`; `nil` when unknown.
    ///
    /// - Throws: `StoreError` when the store is closed.
    public func property(_ name: String) throws(StoreError) -> String? {
        let database = try enter("property")
        defer { leave() }
        return database.property(name)
    }

    /// What LevelDB says of its levels and memory, as numbers.
    ///
    /// - Throws: `StoreError` when the store is closed.
    public func statistics() throws(StoreError) -> LevelDBStatistics {
        let table = try property("leveldb.stats") ?? ""
        let memory = try property("leveldb.approximate-memory-usage") ?? ""
        return LevelDBStatistics(table: table, memory: memory)
    }

    /// About how many bytes the keys and values in `range` take on disk, without what is still in memory.
    ///
    /// - Complexity: O(log *n*).
    /// - Throws: `StoreError` when the store is closed.
    public func approximateSize(of range: KeyRange = .all) throws(StoreError) -> UInt64 {
        let database = try enter("approximateSize")
        defer { leave() }
        if range.isEmpty && isBytewise { return 0 }
        if let upper = range.upper { return database.approximateSize(from: range.lower.span, to: upper.span) }
        // There is no key for "to the end": the last one stands in for it.
        let iterator = database.makeIterator(defaultRead)
        defer { iterator.destroy() }
        iterator.seekToLast()
        guard iterator.isValid else {
            if let failure = iterator.failure {
                throw StoreError(levelDB: failure, operation: "approximateSize", path: path)
            }
            return 0
        }
        let last = unsafe [UInt8](iterator.key)
        guard order.compare(range.lower, last.span) <= 0 || range.lower.isEmpty else { return 0 }
        let beyond = last + [0]
        return database.approximateSize(from: range.lower.span, to: beyond.span)
    }

    /// Sorts what is in memory and on disk in `range` into as few tables as possible, and drops what was
    /// overwritten or deleted.
    ///
    /// - Complexity: O(*n*) in the bytes of the range; writes go on meanwhile.
    /// - Throws: `StoreError` when the store is closed.
    public func compact(_ range: KeyRange = .all) throws(StoreError) {
        let database = try enter("compact")
        defer { leave() }
        if range.isEmpty && isBytewise { return }
        database.compact(from: range.lower.isEmpty ? nil : range.lower, to: range.upper)
    }

    private var isBytewise: Bool { options.comparator == nil }
}

/// LevelDB's own account of a store.
public struct LevelDBStatistics: Hashable, Sendable {
    /// One of the levels that LevelDB sorts tables into.
    public struct Level: Hashable, Sendable {
        /// The level, from 0, where memory is written to, to 6.
        public var level: Int
        /// The number of table files.
        public var files: Int
        /// Their size in mebibytes, as LevelDB rounds it.
        public var sizeMiB: Double
        /// Seconds spent compacting into this level since the store was opened.
        public var compactionSeconds: Double
        /// Mebibytes read by these compactions.
        public var readMiB: Double
        /// Mebibytes written by these compactions.
        public var writtenMiB: Double
    }

    /// The levels that hold files or were compacted into.
    public var levels: [Level]
    /// About how many bytes of memory the store uses: block cache and write buffers.
    public var memoryUsage: Int

    /// The number of table files.
    public var files: Int { levels.reduce(0) { $0 + $1.files } }

    /// Reads the properties `leveldb.stats` and `leveldb.approximate-memory-usage`.
    init(table: String, memory: String) {
        memoryUsage = Int(memory) ?? 0
        levels = table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            let numbers = fields.compactMap { Double($0) }
            // The three lines of heading hold words, a row six numbers.
            guard fields.count == 6, numbers.count == 6 else { return nil }
            return Level(
                level: Int(numbers[0]), files: Int(numbers[1]), sizeMiB: numbers[2], compactionSeconds: numbers[3],
                readMiB: numbers[4], writtenMiB: numbers[5])
        }
    }
}
