@_exported public import KeySchemas
@_exported public import LevelDB
@_exported public import OrderedStore
@_exported public import Records
@_exported public import Structures

/// One ordered keyspace in one directory: plain keys, structures, and records by the schemas in its catalogue.
///
/// What is put under no schema's prefix is a plain LevelDB entry that any other LevelDB program reads. Under a
/// schema's prefix each write is held to the schema, whichever call it comes through. Keys that begin with the
/// byte FF are lvkv's own.
///
/// All calls are synchronous and may come from any thread. Opening takes the directory for this process; after
/// ``close()`` each call throws a `StoreError` with code `.closed`.
public final class Database: Sendable {
    /// The checked keyspace: schemas and records.
    public let keyspace: Keyspace<LevelDBStore>
    /// What transactions on the database's structures share.
    package let structures: StructureState
    let reclaiming: Reclaiming

    /// The engine underneath, which takes any bytes and checks nothing. Write through the database instead.
    public var store: LevelDBStore { keyspace.store }

    /// The directory, as an absolute path.
    public var path: String { store.path }

    /// Opens the database in the directory at `path`, and creates it where there is none.
    ///
    /// When the disk fails, writes are refused until it is well again and then go on by themselves, as
    /// `LevelDBOptions.disk` says; see `LevelDBStore.storage` for how it is. A snapshot that was kept then ends.
    ///
    /// - Parameters:
    ///   - path: the directory; missing parents are made, too.
    ///   - options: how LevelDB keeps it; in its mode `.existing` a missing database is an error.
    /// - Throws: `StoreError` as `LevelDBStore` does; `RecordError` when a newer lvkv made the database, or its
    ///   catalogue is damaged.
    public convenience init(
        at path: String, options: LevelDBOptions = LevelDBOptions(mode: .createIfMissing)
    ) throws {
        try self.init(at: path, options: options, clock: StructureState.systemTime)
    }

    /// - Parameter clock: gives the time in milliseconds since 1970, which expiry goes by.
    package init(at path: String, options: LevelDBOptions, clock: @escaping @Sendable () -> Int64) throws {
        if options.comparator != nil {
            throw StoreError(
                .invalidArgument, operation: "open", path: path,
                message: "a database's keys are in byte order; use LevelDBStore for a comparator of your own")
        }
        var options = options
        if options.disk == nil { options.disk = .automatic }
        let store = try LevelDBStore(at: path, options: options)
        let hasStructures = try store.read { snapshot in
            var keys = snapshot.cursor(in: StructureCode.metadataRange(0, .all), options: ScanOptions(keysOnly: true))
            return try keys.next() != nil
        }
        structures = StructureState(isEnabled: hasStructures, clock: clock)
        keyspace = try Keyspace(store, overlay: structures)
        reclaiming = Reclaiming(
            Reclaimer(keyspace, structures) { [store] range in
                // It only gives space back, and later compactions do, too.
                try? store.compact(range)
            })
        store.whenReopened { [weak keyspace] in try keyspace?.reload() }
    }

    /// Closes the database: waits for the reads and writes that are under way on other threads, and lets no new
    /// ones begin. Closing twice is allowed.
    ///
    /// - Throws: `StoreError` with code `.busy` inside a read, a transaction or a cursor's scope on this thread.
    public func close() throws(StoreError) {
        reclaiming.end()
        try store.close()
    }
}

// MARK: - Reading

extension Database {
    /// The value stored for `key` now, or `nil` when there is none, or it has expired.
    ///
    /// - Complexity: O(log *n*).
    /// - Throws: `StoreError` when the database is closed or its bytes are damaged; with code `wrongType` when the key
    ///   holds a structure.
    @inlinable
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Value? {
        try keyspace.get(key)
    }

    /// Whether there is a value for `key` now, of any kind; it may be empty.
    ///
    /// - Throws: `StoreError` when the database is closed or its bytes are damaged.
    public func contains(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Bool {
        try key.withBytes { key throws(StoreError) in try keyspace.contains(key) }
    }

    /// The values of `keys`, in their order, as they were at one moment; `nil` where there is none.
    ///
    /// - Throws: as ``get(_:)``.
    public func values(for keys: [some ByteSource]) throws(StoreError) -> [[UInt8]?] {
        let snapshot = try scopedSnapshot()
        return try snapshot.values(for: keys)
    }

    /// Calls `body` with a view of this moment; nothing that is written later shows in it.
    ///
    /// - Throws: `StoreError` when the database is closed; what `body` throws.
    public func read<Result: ~Copyable>(_ body: (borrowing DatabaseSnapshot) throws -> Result) throws -> Result {
        let snapshot = try scopedSnapshot()
        return try body(snapshot)
    }

    private func scopedSnapshot() throws(StoreError) -> DatabaseSnapshot {
        try DatabaseSnapshot.of(keyspace) { () throws(StoreError) in try store.scopedSnapshot() }
    }

    /// A view of this moment to keep as long as needed. It ends when the database is closed, or opened again after a disk
    /// error.
    ///
    /// - Throws: `StoreError` when the database is closed.
    public func snapshot() throws(StoreError) -> DatabaseSnapshot {
        try DatabaseSnapshot.of(keyspace) { () throws(StoreError) in try store.snapshot() }
    }

    /// The number of keys in `range`, lvkv's own left out.
    ///
    /// - Complexity: O(*n*): it reads each key.
    /// - Throws: `StoreError` when the database is closed or its bytes are damaged.
    public func count(in range: KeyRange = .all) throws -> Int { try read { try $0.count(in: range) } }
}

// MARK: - Writing

extension Database {
    /// Stores `value` for `key`, in place of what it holds, of whatever kind.
    ///
    /// Under a schema's prefix the value must be one of its field, and the record must have its required fields:
    /// a new record's come in one batch.
    ///
    /// - Throws: `RecordError` when a schema refuses it or the key begins with FF; `StoreError`. Nothing is
    ///   written then.
    @inlinable
    public func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws {
        try keyspace.put(key, value, durability: durability)
    }

    /// Removes `key`, which need not be there, and what it holds, of whatever kind.
    ///
    /// - Throws: as ``put(_:_:durability:)``.
    @inlinable
    public func delete(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws {
        try keyspace.delete(key, durability: durability)
    }

    /// Writes everything in `batch`, or nothing of it.
    ///
    /// - Throws: as ``put(_:_:durability:)``.
    public func write(_ batch: borrowing WriteBatch, durability: Durability = .buffered) throws {
        try keyspace.write(batch, durability: durability)
    }

    /// Writes what `body` stages, all or nothing; nothing when it throws.
    ///
    /// - Throws: as ``put(_:_:durability:)``; what `body` throws.
    public func write<Result>(
        durability: Durability = .buffered, _ body: (inout WriteBatch) throws -> Result
    ) throws -> Result {
        try keyspace.write(durability: durability, body)
    }

    /// Runs `body` as a serialisable transaction: it reads, its own writes included, and stages writes that become
    /// visible all at once when it returns; nothing when it throws.
    ///
    /// - Throws: as ``put(_:_:durability:)``; what `body` throws.
    public func transact<Result>(
        durability: Durability = .buffered,
        _ body: (inout KeyspaceTransaction<LevelDBSnapshot>) throws -> Result
    ) throws -> Result {
        try keyspace.transact(durability: durability, body)
    }
}

/// One moment of a ``Database``. Its cursors pass over lvkv's own keys and over what has expired.
public struct DatabaseSnapshot: StoreReader, ~Copyable {
    private let base: LevelDBSnapshot
    /// The schemas of the moment, when a migration keeps records of some elsewhere.
    private let moved: Catalogue?
    /// What stands for keys beside their plain entries; `nil` where nothing does.
    private let overlay: (any KeyOverlay)?

    private init(_ base: consuming LevelDBSnapshot, _ moved: Catalogue?, _ keyspace: Keyspace<LevelDBStore>) {
        self.base = base
        self.moved = moved
        overlay = keyspace.mayHaveOverlay ? keyspace.overlay : nil
    }

    /// The moment that `take` takes.
    static func of(
        _ keyspace: Keyspace<LevelDBStore>, _ take: () throws(StoreError) -> LevelDBSnapshot
    ) throws(StoreError) -> DatabaseSnapshot {
        let before = keyspace.moveCount
        let base = try take()
        if before & 1 == 0, before == keyspace.moveCount { return DatabaseSnapshot(base, nil, keyspace) }
        return try keyspace.withCatalogue { catalogue throws(StoreError) in
            DatabaseSnapshot(try take(), catalogue.hidesKeys ? catalogue : nil, keyspace)
        }
    }

    /// The value stored for `key`, or `nil` when there is none, or it has expired.
    ///
    /// - Throws: `StoreError` when the database is closed or its bytes are damaged; with code `wrongType` when the key
    ///   holds a structure.
    public func get(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        if let value = try plainValue(key) { return value }
        guard let overlay else { return nil }
        return try overlay.value(of: key, base.get(overlay.storedKey(of: key).span))
    }

    /// Whether there is a value for `key`, of any kind; it may be empty.
    ///
    /// - Throws: `StoreError` when the database is closed or its bytes are damaged.
    public func contains(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Bool {
        try key.withBytes { key throws(StoreError) in
            let value = try plainValue(key)
            if value != nil { return true }
            guard let overlay else { return false }
            return try overlay.exists(base.get(overlay.storedKey(of: key).span))
        }
    }

    private func plainValue(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        guard let moved else { return try base.get(key) }
        guard let stored = moved.storedKey(key) else { return nil }
        return try base.get(stored.span)
    }

    /// A cursor before the first key of `range`, of whatever kind. A structure's value is lent as no bytes; what kind
    /// it is says `KeyspaceCursor.kind`.
    @_lifetime(borrow self)
    public func cursor(in range: KeyRange, options: ScanOptions) -> KeyspaceCursor<LevelDBCursor> {
        let range = range.intersection(Keyspace<LevelDBStore>.userKeys)
        if let error = moved?.hidden(in: range) {
            let error = StoreError(.busy, operation: "scan", message: "\(error); scan its records meanwhile")
            return KeyspaceCursor(base.cursor(failing: error))
        }
        guard let overlay else { return KeyspaceCursor(base.cursor(in: range, options: options)) }
        return KeyspaceCursor(in: range, of: base, overlay, options)
    }
}

extension KeyspaceCursor where Base: ~Copyable & ~Escapable {
    /// What kind of value the key has that the cursor stands on; `nil` in a gap.
    public var kind: StructureKind? {
        if let kind = overlayKind { return StructureKind(rawValue: kind) }
        return current == nil ? nil : .string
    }
}
