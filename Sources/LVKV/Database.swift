@_exported public import KeySchemas
@_exported public import LevelDB
@_exported public import OrderedStore

/// One ordered keyspace in one directory.
///
/// All calls are synchronous and may come from any thread; opening takes the directory for this process.
public final class Database: Sendable {
    /// The engine underneath, which takes any bytes and checks nothing.
    public let store: LevelDBStore

    /// Opens the database in the directory at `path`, and creates it where there is none.
    ///
    /// - Throws: ``StoreError`` as `LevelDBStore` does.
    public init(at path: String, options: LevelDBOptions = LevelDBOptions(mode: .createIfMissing)) throws {
        store = try LevelDBStore(at: path, options: options)
    }

    /// Closes the database; allowed more than once.
    ///
    /// - Throws: ``StoreError``: `.busy` inside a read, a transaction or a cursor's scope on this thread.
    public func close() throws(StoreError) {
        try store.close()
    }

    /// The value stored for `key`, or `nil` when there is none.
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Value? {
        try store.get(key)
    }

    /// Stores `value` for `key`.
    public func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws {
        try store.put(key, value, durability: durability)
    }

    /// Removes `key`, which need not be there.
    public func delete(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws {
        try store.delete(key, durability: durability)
    }

    /// Writes what `body` stages, all or nothing; nothing when it throws.
    public func write<Result>(
        durability: Durability = .buffered, _ body: (inout WriteBatch) throws -> Result
    ) throws -> Result {
        try store.write(durability: durability, body)
    }

    /// Calls `body` with a view of this moment; nothing that is written later shows in it.
    public func read<Result: ~Copyable>(_ body: (borrowing LevelDBSnapshot) throws -> Result) throws -> Result {
        try store.read(body)
    }
}
