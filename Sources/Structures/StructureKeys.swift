package import OrderedStore

/// The keys of all kinds of a database, in one transaction: what each operation on a structure runs over.
///
/// Belongs to the body of the transaction. Reads pass over what has expired; writes take it away.
package final class StructureKeys {
    package let transaction: any CheckedTransaction
    /// Which of the ``StructureCode/databases`` the calls are about.
    package var database: Int
    /// The time of the whole transaction, in milliseconds since 1970.
    package let now: Int64
    /// Whether changes are noted in ``events``.
    package var notesEvents = true
    /// What was changed, in order.
    package private(set) var events: [KeyEvent] = []

    package let state: StructureState
    /// The transaction's number; `nil` of one that only reads.
    private let number: UInt64?
    /// Whether what has expired is taken away on the way.
    private var isWriting: Bool { number != nil }
    /// A metadata key and a metadata value, put together over and over in the same memory.
    private var reusedKey: [UInt8] = []
    private var metadata: [UInt8] = []

    private init(_ transaction: any CheckedTransaction, _ state: StructureState, database: Int, number: UInt64?) {
        self.transaction = transaction
        self.state = state
        self.database = database
        self.number = number
        now = state.clock()
    }

    /// Runs `body` over the keys as they are at one moment.
    ///
    /// - Throws: `StoreError`; what `body` throws.
    package static func read<Result>(
        _ store: any CheckedStore, _ state: StructureState, database: Int = 0,
        _ body: (StructureKeys) throws -> Result
    ) throws -> Result {
        try store.readChecked { transaction in
            try body(StructureKeys(transaction, state, database: database, number: nil))
        }
    }

    /// Runs `body` over the keys, and commits what it does to them.
    ///
    /// - Throws: `StoreError`; what a schema refuses; what `body` throws. Nothing is written then.
    package static func write<Result>(
        _ store: any CheckedStore, _ state: StructureState, database: Int = 0, durability: Durability = .buffered,
        _ body: (StructureKeys) throws -> Result
    ) throws -> Result {
        var number: UInt64 = 0
        var isWritten = false
        defer {
            state.didEnd(number, written: isWritten)
            state.nodeBounds.didEnd(written: isWritten)
        }
        let result = try store.transactChecked(durability: durability) { transaction in
            number = state.begin()
            return try body(StructureKeys(transaction, state, database: database, number: number))
        }
        isWritten = true
        return result
    }

    /// As ``write(_:_:database:durability:_:)``, for who is not the observer of the writes: that hears of it.
    ///
    /// - Parameter isShort: whether `body` takes next to no time.
    /// - Throws: as ``write(_:_:database:durability:_:)``.
    package static func change<Result>(
        _ store: any CheckedStore, _ state: StructureState, durability: Durability = .buffered, isShort: Bool = false,
        _ body: (StructureKeys) throws -> Result
    ) throws -> Result {
        try state.observing(isShort: isShort) { log in
            try write(store, state, durability: durability) { keys in
                log?.removeAll()
                keys.notesEvents = log != nil
                let result = try body(keys)
                log?.note(keys.events)
                return result
            }
        }
    }

    // MARK: - Sharing

    /// Whether several commands share the transaction, each of which may fail without the others.
    package var isShared: Bool {
        get { transaction.isShared }
        set { transaction.isShared = newValue }
    }

    /// How far the transaction is.
    package struct Mark {
        fileprivate let staged: Int
        fileprivate let events: Int
    }

    package var mark: Mark { Mark(staged: transaction.stagedCount, events: events.count) }

    /// Takes back what was staged and noted after `mark`.
    package func takeBack(to mark: Mark) {
        guard transaction.stagedCount > mark.staged || events.count > mark.events else { return }
        transaction.truncate(to: mark.staged)
        events.removeSubrange(mark.events...)
        // Ids that were reserved on the way may not be any more.
        if let number { state.didEnd(number, written: false) }
        state.nodeBounds.didEnd(written: false)
    }

    /// What is known of where nodes of counted buckets begin; `nil` in a transaction that only reads.
    var nodeBounds: NodeBounds? { isWriting ? state.nodeBounds : nil }

    /// Whether anything of ``database`` may be under metadata.
    var mayHoldMetadata: Bool { database != 0 || state.isEnabled }

    // MARK: - Finding

    /// What is stored for `key`.
    ///
    /// - Parameter kind: what it probably is: then one look is enough where it is.
    /// - Throws: `StoreError`; ``StructureError`` when its metadata cannot be read.
    package func lookup(_ key: Span<UInt8>, probably kind: StructureKind = .string) throws -> StoredKey {
        guard database == 0 else { return try lookupMetadata(key) }
        guard state.isEnabled else { return try lookupPlain(key) }
        if kind == .string {
            let plain = try lookupPlain(key)
            if plain.exists { return plain }
            return try lookupMetadata(key)
        }
        let found = try lookupMetadata(key)
        if found.exists { return found }
        return try lookupPlain(key)
    }

    /// What is stored for `key`, which is of `kind` or absent.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``lookup(_:probably:)``.
    package func lookup(_ key: Span<UInt8>, _ kind: StructureKind) throws -> StoredKey {
        let found = try lookup(key, probably: kind)
        try found.require(kind)
        return found
    }

    private func lookupPlain(_ key: Span<UInt8>) throws -> StoredKey {
        guard !StructureCode.isOwn(key), let value = try transaction.get(key) else { return StoredKey() }
        return StoredKey(plain: value)
    }

    private func lookupMetadata(_ key: Span<UInt8>) throws -> StoredKey {
        let metadataKey = metadataKey(key)
        guard let value = try transaction.get(metadataKey.span) else { return StoredKey() }
        let found = try StoredKey(metadata: value)
        guard let expiry = found.expiry, expiry <= now else { return found }
        if isWriting {
            discard(key, found)
            note(key, "expired", .expired)
        }
        return StoredKey()
    }

    private func metadataKey(_ key: Span<UInt8>) -> [UInt8] {
        reusedKey.removeAll(keepingCapacity: true)
        StructureCode.appendMetadataKey(database, key, to: &reusedKey)
        return reusedKey
    }

    // MARK: - Storing

    /// Gives a key a string, whatever is there.
    ///
    /// Looks no further than it must: where there can be no metadata, nowhere.
    ///
    /// - Parameter expiry: when it expires, in milliseconds since 1970; `nil` for never.
    /// - Throws: when a schema refuses the key or the value.
    package func setString(_ key: Span<UInt8>, _ value: Span<UInt8>, expiry: Int64? = nil) throws {
        guard expiry == nil, database == 0 else {
            return try storeString(key, value, expiry: expiry, replacing: try lookup(key))
        }
        // A key that has a plain entry has no metadata.
        if !state.isEnabled || transaction.knows(key), !StructureCode.isOwn(key) {
            return try transaction.put(user: key, value)
        }
        try storeString(key, value, replacing: try lookupMetadata(key))
    }

    /// Stores a string, in place of what is there.
    ///
    /// - Parameters:
    ///   - expiry: when it expires, in milliseconds since 1970; `nil` for never.
    ///   - old: what ``lookup(_:probably:)`` found for `key`.
    /// - Throws: when a schema refuses the key or the value.
    package func storeString(
        _ key: Span<UInt8>, _ value: Span<UInt8>, expiry: Int64? = nil, replacing old: borrowing StoredKey
    ) throws {
        if database == 0, expiry == nil {
            try transaction.put(user: key, value)
            if old.exists, !old.state.isPlain { discard(key, old) }
        } else {
            try store(key, KeyState(kind: .string, expiry: expiry), value, replacing: old)
        }
    }

    /// Stores a collection, in place of what is there.
    ///
    /// - Parameters:
    ///   - state: its kind, whether `body` holds its elements, and when it expires.
    ///   - body: what the type keeps in the metadata; of a big collection it begins with its id.
    ///   - old: what ``lookup(_:probably:)`` found for `key`.
    /// - Throws: when the key is under a schema's prefix.
    package func store(
        _ key: Span<UInt8>, _ state: KeyState, _ body: Span<UInt8>, replacing old: borrowing StoredKey
    ) throws {
        if database == 0, !old.exists || old.state.isPlain { try transaction.requireUnowned(key) }
        if old.state.isPlain { try transaction.delete(user: key) }
        var id: UInt64?
        if !state.isInline, state.kind != .string, body.count >= 8 {
            id = body.bigEndian(at: 0)
        }
        if let garbage = old.identifier, garbage != id { discardElements(garbage) }
        if old.expiry != state.expiry {
            if let expiry = old.expiry { transaction.delete(own: expiryKey(expiry, key).span) }
            if let expiry = state.expiry { transaction.put(own: expiryKey(expiry, key).span, Span()) }
        }
        metadata.removeAll(keepingCapacity: true)
        MetadataHeader.append(state, to: &metadata)
        metadata.append(copying: body)
        let (metadataKey, metadata) = (metadataKey(key), metadata)
        transaction.put(own: metadataKey.span, metadata.span)
    }

    /// Changes when a key expires; `nil` for never.
    ///
    /// - Throws: when the key is under a schema's prefix.
    package func setExpiry(_ key: Span<UInt8>, to expiry: Int64?, of old: borrowing StoredKey) throws {
        guard old.exists, old.expiry != expiry else { return }
        if old.kind == .string { return try storeString(key, old.body, expiry: expiry, replacing: old) }
        var state = old.state
        state.expiry = expiry
        try store(key, state, old.body, replacing: old)
    }

    /// Removes a key. A collection's elements are left to the reclaimer, so this takes no longer for a big one.
    ///
    /// - Throws: when a schema refuses it.
    /// - Complexity: O(1).
    package func remove(_ key: Span<UInt8>, _ old: borrowing StoredKey) throws {
        guard old.exists else { return }
        if old.state.isPlain { try transaction.delete(user: key) } else { discard(key, old) }
    }

    /// A number for a new collection's elements.
    package func newIdentifier() throws -> UInt64 { try state.newIdentifier(in: transaction, number ?? 0) }

    private func discard(_ key: Span<UInt8>, _ old: borrowing StoredKey) {
        transaction.discard(database, key, expiry: old.expiry, identifier: old.identifier)
    }

    /// Gives a key's value, with its expiry, to another key in place of what is there, or to one of another database.
    ///
    /// - Throws: when a schema refuses it.
    /// - Complexity: O(1): a collection's elements stay where they are.
    package func transfer(
        _ key: Span<UInt8>, _ stored: borrowing StoredKey, to target: Span<UInt8>, in targetDatabase: Int
    ) throws {
        let source = database
        database = targetDatabase
        defer { database = source }
        try put(stored.state, stored.body, under: target)
        database = source
        if stored.state.isPlain {
            try transaction.delete(user: key)
        } else {
            transaction.discard(database, key, expiry: stored.expiry, identifier: nil)
        }
    }

    /// Stores a value that was another key's.
    package func put(_ state: KeyState, _ body: Span<UInt8>, under key: Span<UInt8>) throws {
        let old = try lookup(key)
        if state.kind == .string {
            try storeString(key, body, expiry: state.expiry, replacing: old)
        } else {
            try store(key, state, body, replacing: old)
        }
    }

    private func discardElements(_ id: UInt64) {
        transaction.put(own: StructureCode.garbageKey(id).span, Span())
    }

    private func expiryKey(_ time: Int64, _ key: Span<UInt8>) -> [UInt8] {
        StructureCode.expiryKey(time, database, key)
    }

    // MARK: - Events

    /// Notes that a key was changed: for those who watch or wait for it, and for who is told of changes.
    ///
    /// - Parameters:
    ///   - event: what happened, as Redis names it; empty where Redis sends no notification.
    ///   - kind: whose event it is.
    ///   - other: the key's database, where it is not ``database``.
    package func note(
        _ key: Span<UInt8>, _ event: StaticString, _ kind: KeyEvent.Kind, in other: Int? = nil
    ) {
        guard notesEvents else { return }
        events.append(KeyEvent(database: other ?? database, key: key.array, name: event, kind: kind))
    }
}

/// A change of a key.
package struct KeyEvent: Sendable {
    /// Whose event it is: the letters of Redis's `notify-keyspace-events`.
    package enum Kind: UInt8, Sendable {
        case generic = 0x67, string = 0x24, list = 0x6C, set = 0x73, hash = 0x68, sortedSet = 0x7A
        case expired = 0x78, newKey = 0x6E
    }

    package let database: Int
    package let key: [UInt8]
    /// What happened, as Redis names it; empty where Redis sends no notification.
    package let name: StaticString
    package let kind: Kind
}
