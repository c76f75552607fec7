/// An ordered, transactional store of byte keys and byte values: what each engine offers and all that the
/// layers above may ask.
///
/// Keys are ordered by their bytes. All calls are synchronous and may come from any thread.
public protocol OrderedStore: AnyObject, Sendable {
    /// A consistent view of one moment.
    associatedtype Snapshot: StoreReader & ~Copyable

    /// The value stored for `key` now, or `nil` when there is none.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    func get(_ key: Span<UInt8>) throws(StoreError) -> Value?

    /// A view of this moment that nothing later shows in, to keep as long as needed.
    ///
    /// - Throws: ``StoreError`` when the store is closed.
    func snapshot() throws(StoreError) -> Snapshot

    /// A view of this moment to be let go soon, on the thread that asked for it: what is done to the engine that would
    /// end a kept snapshot, such as opening it again after a disk error, waits for this one.
    ///
    /// - Throws: ``StoreError`` when the store is closed.
    func scopedSnapshot() throws(StoreError) -> Snapshot

    /// Calls `body` with a view of this moment; nothing that is written later shows in it.
    ///
    /// - Throws: ``StoreError`` when the store is closed; what `body` throws.
    func read<Result: ~Copyable>(_ body: (borrowing Snapshot) throws -> Result) throws -> Result

    /// About how many bytes the keys and values in `range` take, to choose between ways of reading by. Cheap: an
    /// engine may leave out what it cannot tell at once.
    ///
    /// - Throws: ``StoreError`` when the store is closed.
    func approximateSize(of range: KeyRange) throws(StoreError) -> UInt64

    /// Writes everything in `batch`, or nothing of it, without reading.
    ///
    /// - Throws: ``StoreError``. With `outcomeIsUnknown` the batch may still be there, whole, after a reopen.
    func write(_ batch: borrowing WriteBatch, durability: Durability) throws(StoreError)

    /// After a write failed or was refused: waits a while for the engine to take writes again, where it sees to that by
    /// itself. For long work outside of any read or transaction, of which each step may be repeated.
    ///
    /// - Returns: whether writes are taken again; at once `false` where waiting is of no use.
    func waitForWrites(after error: StoreError) -> Bool

    /// Stores `value` for `key`: a batch of one, which engines that can do it more cheaply implement directly.
    ///
    /// - Throws: as ``write(_:durability:)``.
    func put(_ key: Span<UInt8>, _ value: Span<UInt8>, durability: Durability) throws(StoreError)

    /// Removes `key`, which need not be there: a batch of one, as ``put(_:_:durability:)``.
    ///
    /// - Throws: as ``write(_:durability:)``.
    func delete(_ key: Span<UInt8>, durability: Durability) throws(StoreError)

    /// Runs `body` as a serialisable transaction: it reads, its own writes included, and stages writes that
    /// become visible all at once when it returns. When it throws, nothing is written.
    ///
    /// - Parameters:
    ///   - durability: what the commit survives.
    ///   - body: has no effect but through its transaction: an engine may run it again after a conflict.
    /// - Throws: ``StoreError``; what `body` throws.
    func transact<Result>(
        durability: Durability, _ body: (inout Transaction<Snapshot>) throws -> Result
    ) throws -> Result
}

/// What a commit survives.
public enum Durability: Sendable {
    /// A crash of the process.
    case buffered
    /// A loss of power.
    case synced
}

/// Reads one consistent moment of a store.
public protocol StoreReader: ~Copyable {
    /// Moves over the entries of a range.
    associatedtype Cursor: StoreCursor & ~Copyable & ~Escapable

    /// The value stored for `key`, or `nil` when there is none.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    func get(_ key: Span<UInt8>) throws(StoreError) -> Value?

    /// Whether `key` is known to be there without a look at what is stored. `false` when that is not known.
    ///
    /// - Complexity: O(*n*) in the key's bytes.
    func knows(_ key: Span<UInt8>) -> Bool

    /// A cursor before the first entry of `range`, in the direction of `options`. When the store is closed,
    /// its first move says so.
    @_lifetime(borrow self)
    func cursor(in range: KeyRange, options: ScanOptions) -> Cursor
}

extension StoreReader where Self: ~Copyable {
    /// `false`: a store that keeps nothing at hand knows of no key.
    public func knows(_ key: Span<UInt8>) -> Bool { false }
}

/// How a cursor goes over its range.
public struct ScanOptions: Hashable, Sendable {
    /// From the last key down to the first.
    public var reverse: Bool
    /// The most entries that ``StoreCursor/next()`` lends; `nil` for all.
    public var limit: Int?
    /// Lend keys only; values are empty spans.
    public var keysOnly: Bool
    /// Keep the blocks that are read in the cache. Off for one pass over much data.
    public var fillCache: Bool
    /// Verify the checksum of each block that is read from disk.
    public var verifyChecksums: Bool

    /// Makes options. A negative `limit` counts as 0.
    public init(
        reverse: Bool = false, limit: Int? = nil, keysOnly: Bool = false, fillCache: Bool = true,
        verifyChecksums: Bool = true
    ) {
        self.reverse = reverse
        self.limit = limit.map { Swift.max(0, $0) }
        self.keysOnly = keysOnly
        self.fillCache = fillCache
        self.verifyChecksums = verifyChecksums
    }

    /// Forward over everything.
    public static var forward: ScanOptions { ScanOptions() }
    /// Backward over everything.
    public static var reverse: ScanOptions { ScanOptions(reverse: true) }
}

/// A key and its value, lent until the cursor moves.
public struct Entry: ~Escapable {
    /// The key's bytes.
    public let key: Span<UInt8>
    /// The value's bytes; empty from a cursor that lends keys only.
    public let value: Span<UInt8>

    /// Puts a key and a value side by side.
    @inlinable
    @_lifetime(copy key, copy value)
    public init(key: Span<UInt8>, value: Span<UInt8>) {
        self.key = key
        self.value = value
    }
}

/// Moves over the entries of a range, one at a time, and lends each.
///
/// A cursor stands on an entry or in a gap between two: a new one in the gap before the first entry of its
/// direction, one that ran off an end in the gap there, one that was placed by ``seek(to:)`` in the gap
/// before the first entry at or after the key. ``next()`` and ``previous()`` go to the neighbouring entry;
/// where there is none the cursor rests in the gap at that end, and turning round lends the entry there.
///
/// Belongs to the thread that made it, and must not be kept across an `await`. After an error its place
/// is unspecified until the next ``seek(to:)``.
public protocol StoreCursor: ~Copyable, ~Escapable {
    /// The entry the cursor stands on; `nil` in a gap: before the first, after the last and after a seek.
    var current: Entry? {
        @_lifetime(borrow self)
        borrowing get
    }

    /// Moves to the next entry in the cursor's direction and lends it; `nil` at the end. At the limit it
    /// is `nil` too, and the cursor stays where it is. Only entries that were lent count towards the limit.
    ///
    /// - Complexity: O(1) amortised.
    /// - Throws: ``StoreError`` when damaged bytes were passed over, when the store was closed before the cursor was made.
    @_lifetime(&self)
    mutating func next() throws(StoreError) -> Entry?

    /// Moves back to the entry before the current one and lends it; `nil` when that is before the first.
    /// Does not count towards the limit.
    ///
    /// - Throws: as ``next()``.
    @_lifetime(&self)
    mutating func previous() throws(StoreError) -> Entry?

    /// Places the cursor so that ``next()`` lends the first entry at or after `key` in the cursor's
    /// direction, and ``previous()`` the one before that. A key outside the range places it at that end.
    /// Leaves what remains of the limit as it is.
    ///
    /// - Complexity: O(log *n*).
    /// - Throws: as ``next()``.
    mutating func seek(to key: Span<UInt8>) throws(StoreError)

    /// Makes sure that nothing was passed over on the way here. The end of a scan does so by itself; who puts
    /// neighbouring entries together asks before it hands them on. An engine that cannot pass over damage need
    /// not implement it.
    ///
    /// - Throws: ``StoreError`` when damaged bytes were passed over.
    borrowing func checkIntact() throws(StoreError)
}

extension StoreCursor where Self: ~Copyable & ~Escapable {
    /// Nothing is ever passed over.
    public borrowing func checkIntact() throws(StoreError) {}
}

/// Stages puts and deletes: a batch or a transaction.
public protocol StoreWriter: ~Copyable {
    /// Stages `value` for `key`.
    mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>)
    /// Stages the removal of `key`, which need not be there.
    mutating func delete(_ key: Span<UInt8>)
}

extension StoreReader where Self: ~Copyable {
    /// The value stored for `key`, or `nil` when there is none.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    @inlinable
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Value? {
        try key.withBytes { bytes throws(StoreError) in try get(bytes) }
    }

    /// A cursor before the first entry of `range`. When the store is closed, its first move says so.
    @_lifetime(borrow self)
    public func cursor(in range: KeyRange = .all) -> Cursor {
        cursor(in: range, options: .forward)
    }
}

extension StoreWriter where Self: ~Copyable {
    /// Stages `value` for `key`.
    @inlinable
    public mutating func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable
    ) {
        key.withBytes { key in value.withBytes { value in put(key, value) } }
    }

    /// Stages the removal of `key`, which need not be there.
    @inlinable
    public mutating func delete(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) {
        key.withBytes { key in delete(key) }
    }
}
