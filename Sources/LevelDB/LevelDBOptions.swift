/// How a store is opened. Sizes are in bytes.
///
/// LevelDB's paranoid checks are always on: without them an unreadable log loses its records for good, and a
/// compaction writes damaged bytes under a fresh checksum.
public struct LevelDBOptions: Sendable {
    /// Whether opening may create a database.
    public enum Mode: Sendable {
        /// Open what is there; `.notFound` when nothing is.
        case existing
        /// Create a database in a missing or empty directory, open it otherwise.
        case createIfMissing
        /// Create a database; `.alreadyExists` when there is one.
        case createNew
    }

    /// How blocks are compressed.
    public enum Compression: Sendable {
        /// Stored as they are.
        case none
        /// Snappy, where LevelDB was built with it.
        case snappy
    }

    /// What spares a read of a table that does not hold the key.
    public enum Filter: Sendable {
        /// No filter.
        case none
        /// A Bloom filter of so many bits a key: 10 lets about 1 % of misses through.
        case bloom(bitsPerKey: Int)
        /// A policy of one's own; it must be given at each open.
        case custom(any FilterPolicy)
    }

    /// Whether opening may create a database.
    public var mode: Mode
    /// Create missing parent directories too, when the database is created.
    public var createsParents: Bool
    /// How much is collected in memory before it is sorted into a table: 64 KiB to 1 GiB.
    public var writeBufferSize: Int
    /// Holds uncompressed blocks; may be shared between stores.
    public var blockCache: BlockCache
    /// How much is kept of what single keys hold, in front of the blocks and of what is not in tables yet: up to 1 TiB,
    /// 0 for nothing. For who reads the same keys again and again, or what was just written; each
    /// write takes a little longer.
    public var valueCacheSize: Int
    /// How much is compressed and checksummed together: 1 KiB to 4 MiB.
    public var blockSize: Int
    /// How many keys share a prefix's start: at least 1.
    public var blockRestartInterval: Int
    /// How large a table file gets: 1 MiB to 1 GiB.
    public var maxFileSize: Int
    /// How many table files are kept open: 74 to 50,000, and less where the process may open fewer.
    public var maxOpenFiles: Int
    /// How blocks are compressed.
    public var compression: Compression
    /// What spares reads of tables that do not hold a key.
    public var filter: Filter
    /// The order of keys; `nil` is byte order. A database is always opened with the comparator it was made with.
    public var comparator: (any KeyComparator)?
    /// Verify the checksum of each block that a get reads from disk. Cursors say it in their `ScanOptions`.
    public var verifyChecksums: Bool
    /// What the store does by itself when its disk fails or fills up; `nil` for ``DiskPolicy/manual``, and in a
    /// `Database` for ``DiskPolicy/automatic``.
    public var disk: DiskPolicy?

    /// The defaults: open what is there, 16 MiB write buffer, 8 MiB cache, Bloom filter, checks on.
    public init(mode: Mode = .existing) {
        self.mode = mode
        createsParents = true
        writeBufferSize = 16 << 20
        blockCache = BlockCache(capacity: 8 << 20)
        valueCacheSize = 0
        blockSize = 4 << 10
        blockRestartInterval = 16
        maxFileSize = 2 << 20
        maxOpenFiles = 1000
        compression = .snappy
        filter = .bloom(bitsPerKey: 10)
        comparator = nil
        verifyChecksums = true
        disk = nil
    }

    /// Gives the store a cache of its own of so many bytes.
    public var blockCacheSize: Int {
        get { blockCache.capacity }
        set { blockCache = BlockCache(capacity: newValue) }
    }
}

/// An order of keys other than byte order.
///
/// Called by LevelDB from several threads at once. Must be a total order that never changes for a name.
public protocol KeyComparator: Sendable {
    /// Stored in the database and compared at each open: change it when the order changes.
    var name: String { get }
    /// A negative number when `left` comes first, a positive one when `right` does, zero when they are one key.
    func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int
}

/// Tells from a few bytes that a table does not hold a key.
///
/// Called by LevelDB from several threads at once.
public protocol FilterPolicy: Sendable {
    /// Stored in each table: a table whose filter has another name is read without it.
    var name: String { get }
    /// A filter for `keys`.
    func makeFilter(for keys: borrowing FilterKeys) -> [UInt8]
    /// Whether `key` may be among the keys that `filter` was made for; `true` when in doubt.
    func mayContain(_ key: Span<UInt8>, filter: Span<UInt8>) -> Bool
}

/// The keys that a filter is made for, lent for the call.
@safe
public struct FilterKeys: ~Copyable {
    /// The number of keys.
    public let count: Int
    private let keys: UnsafePointer<UnsafePointer<CChar>?>
    private let counts: UnsafePointer<Int>

    @unsafe
    init(count: Int, keys: UnsafePointer<UnsafePointer<CChar>?>, counts: UnsafePointer<Int>) {
        self.count = count
        unsafe self.keys = keys
        unsafe self.counts = counts
    }

    /// The key at `index`, from 0 up to ``count``.
    public subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            precondition(index >= 0 && index < count, "there is no key \(index) of \(count)")
            let key = unsafe lend(keys[index], counts[index])
            return unsafe _overrideLifetime(key, borrowing: self)
        }
    }
}
