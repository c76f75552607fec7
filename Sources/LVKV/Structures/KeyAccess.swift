internal import Structures

/// Who holds keys of all kinds: a ``Database``, each of whose calls is a transaction of its own, or a
/// ``KeyTransaction``, whose calls are one together.
public protocol KeyHolder: AnyObject, Sendable {
    /// How its keys are read and changed.
    var keyAccess: KeyAccess { get }
}

/// How keys are read and changed: in a transaction a call, or all in one.
public struct KeyAccess: Sendable {
    private enum Source {
        case database(Database)
        case transaction(KeyTransaction)
    }

    private let source: Source

    init(_ database: Database) { source = .database(database) }
    init(_ transaction: KeyTransaction) { source = .transaction(transaction) }

    func read<Result>(_ body: (StructureKeys) throws -> Result) throws -> Result {
        switch source {
        case .database(let database): try database.readKeys(body)
        case .transaction(let transaction): try body(transaction.keys)
        }
    }

    func write<Result>(_ body: (StructureKeys) throws -> Result) throws -> Result {
        switch source {
        case .database(let database): try database.writeKeys(body)
        case .transaction(let transaction): try body(transaction.keys)
        }
    }
}

extension Database: KeyHolder {
    public var keyAccess: KeyAccess { KeyAccess(self) }

    /// Runs `body` as a serialisable transaction over keys of all kinds: what it changes becomes visible all at once
    /// when it returns; nothing when it throws.
    ///
    /// - Parameters:
    ///   - durability: what the commit survives.
    ///   - body: uses the transaction it is given, not the database, and does not keep it.
    /// - Throws: `StoreError`; `RecordError` when a key is under a schema's prefix; what `body` throws.
    public func transactKeys<Result>(
        durability: Durability = .buffered, _ body: (KeyTransaction) throws -> Result
    ) throws -> Result {
        try writeKeys(durability: durability) { keys in
            let transaction = KeyTransaction(keys)
            defer { transaction.end() }
            return try body(transaction)
        }
    }
}

/// Keys of all kinds in one transaction: what ``Database/transactKeys(durability:_:)`` hands to its body, on whose
/// thread it is used. Afterwards each call throws a `StoreError` with code `.closed`.
public final class KeyTransaction: KeyHolder, @unchecked Sendable {
    private var current: StructureKeys?

    init(_ keys: StructureKeys) { current = keys }

    public var keyAccess: KeyAccess { KeyAccess(self) }

    var keys: StructureKeys {
        get throws(StoreError) {
            if let current { return current }
            throw StoreError(
                .closed, operation: "transact", message: "the transaction has ended; use it in its body only")
        }
    }

    func end() { current = nil }

    /// The value stored for `key`, or `nil` when there is none.
    ///
    /// - Throws: `StoreError`; `StructureError` with code `wrongType` when the key holds a structure.
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> [UInt8]? {
        try key.withBytes { key in
            let found = try keys.lookup(key, .string)
            return found.exists ? found.body.array : nil
        }
    }

    /// Stores `value` for `key`, in place of what it holds, of whatever kind. It does not expire.
    ///
    /// - Throws: `RecordError` when a schema refuses it or the key begins with FF; `StoreError`.
    public func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable
    ) throws {
        try key.withBytes { key in
            try value.withBytes { value in
                try keys.storeString(key, value, replacing: try keys.lookup(key))
                try keys.note(key, "set", .string)
            }
        }
    }

    /// Removes `key` and what it holds, of whatever kind.
    ///
    /// - Returns: whether it was there.
    /// - Complexity: O(1), also for a big structure: a reclaimer gives its space back.
    /// - Throws: `RecordError` when a schema refuses it; `StoreError`.
    @discardableResult
    public func delete(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try key.withBytes { key in
            let found = try keys.lookup(key)
            guard found.exists else { return false }
            try keys.remove(key, found)
            try keys.note(key, "del", .generic)
            return true
        }
    }
}

extension KeyHolder {
    /// The list at `key`. Where there is none it is empty, and made with its first element.
    public func list(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) -> DatabaseList {
        DatabaseList(key: key.withBytes { $0.array }, keyAccess)
    }

    /// The set at `key`. Where there is none it is empty, and made with its first member.
    public func set(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) -> DatabaseSet {
        DatabaseSet(key: key.withBytes { $0.array }, keyAccess)
    }

    /// The sorted set at `key`. Where there is none it is empty, and made with its first member.
    public func sortedSet(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) -> DatabaseSortedSet {
        DatabaseSortedSet(key: key.withBytes { $0.array }, keyAccess)
    }

    /// The hash at `key`: fields with values. Where there is none it is empty, and made with its first field.
    public func hash(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) -> DatabaseHash {
        DatabaseHash(key: key.withBytes { $0.array }, keyAccess)
    }
}
