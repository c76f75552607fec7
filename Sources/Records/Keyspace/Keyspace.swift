internal import KeySchemas
public import OrderedStore
internal import Synchronization

/// A store whose writes are checked: keys that begin with FF are refused, and what lies under a schema's prefix
/// is held to the schema, whichever door it comes through. All other keys go straight to the store.
///
/// Make one for a store, and write through it only: another one does not hear of schemas that this one applies.
/// All calls are synchronous and may come from any thread.
public final class Keyspace<Store: OrderedStore>: Sendable {
    /// The engine underneath, which checks nothing.
    public let store: Store
    /// What stands for keys beside their plain entries; `nil` when nothing ever does.
    package let overlay: (any KeyOverlay)?

    /// Writers enter together; who changes the catalogue, alone. So no write is under way that was checked
    /// against the schemas of before.
    private let gate = Gate()
    /// Read inside the gate, written alone in it.
    private nonisolated(unsafe) var current: Catalogue
    /// Odd while some schema's records are not under their own keys; goes up whenever that changes.
    private let moves = Atomic<Int>(0)
    /// The program's code for migrations, by their names; `nil` for those that need none.
    let converters = Mutex<[String: RecordConverter?]>([:])
    let migrationBatch: Int
    /// The schemas whose migrations some thread works on.
    let migrating = Mutex<Set<String>>([])

    /// Reads the catalogue of `store`. Nothing is written: a store without schemas stays as it is.
    ///
    /// - Throws: ``RecordError`` with code `newerFormat` when a newer lvkv made it; `StoreError`.
    public convenience init(_ store: Store) throws { try self.init(store, overlay: nil) }

    /// - Parameters:
    ///   - overlay: what stands for keys beside their plain entries.
    ///   - migrationBatch: the most records that a migration writes in one batch.
    package init(_ store: Store, overlay: (any KeyOverlay)? = nil, migrationBatch: Int = 4_096) throws {
        self.store = store
        self.overlay = overlay
        self.migrationBatch = migrationBatch
        let catalogue = try store.read { snapshot in try Catalogue.load(from: snapshot, [:]) }
        unsafe current = catalogue
        if catalogue.hidesKeys { moves.store(1, ordering: .releasing) }
    }

    /// The keys that are the user's: all that do not begin with FF.
    public static var userKeys: KeyRange { KeyRange(to: [OwnKeys.first]) }

    /// The schemas as they are now.
    var catalogue: Catalogue {
        // A thread that is alone itself may look, too.
        let entered = gate.enter()
        defer { if entered { gate.leave() } }
        return unsafe current
    }

    /// Calls `body` with a view of this moment and the schemas of the same moment.
    @inlinable
    func readWithCatalogue<Result>(_ body: (borrowing Store.Snapshot, Catalogue) throws -> Result) throws -> Result {
        let (catalogue, entered) = enterWithCatalogue()
        var isInside = entered
        defer { if isInside { leave() } }
        return try store.read { snapshot in
            // From here on schemas may change: the moment is taken.
            if isInside { leave() }
            isInside = false
            return try body(snapshot, catalogue)
        }
    }

    /// The schemas, which stay as they are until ``leave()``; it must follow if the gate was entered.
    @usableFromInline
    func enterWithCatalogue() -> (Catalogue, entered: Bool) {
        let entered = gate.enter()
        return (unsafe current, entered)
    }

    @usableFromInline
    func leave() { gate.leave() }

    // MARK: - Plain keys

    /// The value stored for `key` now, or `nil` when there is none.
    @inlinable
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Value? {
        let before = moveCount
        let value = try store.get(key)
        if before & 1 == 0, before == moveCount, value != nil || !mayHaveOverlay { return value }
        return try key.withBytes { key throws(StoreError) in try getElsewhere(key) }
    }

    /// Whether there is a value for `key` now, of any kind.
    package func contains(_ key: Span<UInt8>) throws(StoreError) -> Bool {
        guard mayHaveOverlay, let overlay else {
            let value = try get(key)
            return value != nil
        }
        let snapshot = try store.scopedSnapshot()
        if try overlay.exists(snapshot.get(overlay.storedKey(of: key).span)) { return true }
        guard let stored = withCatalogue({ $0.storedKey(key) }) else { return false }
        let value = try snapshot.get(stored.span)
        return value != nil
    }

    /// Whether a key without a plain entry may have a value all the same.
    @usableFromInline
    package var mayHaveOverlay: Bool { overlay?.isEnabled ?? false }

    /// Odd while some schema's records are not under their own keys: who reads plain keys asks before and after, and
    /// where it was odd or has changed, reads as the catalogue says.
    @usableFromInline
    package var moveCount: Int { moves.load(ordering: .acquiring) }

    /// The value stored for a key, wherever a migration keeps it, or beside plain entries.
    @usableFromInline
    func getElsewhere(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        let (catalogue, entered) = enterWithCatalogue()
        defer { if entered { leave() } }
        guard mayHaveOverlay, let overlay else {
            guard let stored = catalogue.storedKey(key) else { return nil }
            return try store.get(stored.span)
        }
        // One moment: a key may go from one place to the other.
        let snapshot = try store.scopedSnapshot()
        if let stored = catalogue.storedKey(key), let value = try snapshot.get(stored.span) { return value }
        return try overlay.value(of: key, snapshot.get(overlay.storedKey(of: key).span))
    }

    /// Calls `body` with the schemas, which stay as they are until it returns.
    package func withCatalogue<Result: ~Copyable, Failure: Error>(
        _ body: (Catalogue) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (catalogue, entered) = enterWithCatalogue()
        defer { if entered { leave() } }
        return try body(catalogue)
    }

    /// Calls `body` with a view of this moment; nothing that is written later shows in it. lvkv's own keys are in
    /// it: look at ``userKeys`` only.
    @inlinable
    public func read<Result: ~Copyable>(_ body: (borrowing Store.Snapshot) throws -> Result) throws -> Result {
        try store.read(body)
    }

    /// Stores `value` for `key`.
    ///
    /// Under a schema's prefix the value must be one of its field, and the record must have its required fields:
    /// a new record's come in one batch.
    ///
    /// - Throws: ``RecordError`` when the write is refused; `StoreError`. Nothing is written then.
    public func put(_ key: Span<UInt8>, _ value: Span<UInt8>, durability: Durability = .buffered) throws {
        if OwnKeys.holds(key) { throw RecordError.reserved(key) }
        guard gate.enter() else { throw Keyspace.busy }
        let isPlain = unsafe isBlind && isPlain(key, current)
        if isPlain {
            defer { gate.leave() }
            try store.put(key, value, durability: durability)
        } else {
            gate.leave()
            var batch = WriteBatch()
            batch.put(key, value)
            try write(batch, durability: durability)
        }
    }

    /// Removes `key`, which need not be there.
    ///
    /// Under a schema's prefix a required field is not removed that way: delete the record.
    ///
    /// - Throws: ``RecordError`` when the write is refused; `StoreError`. Nothing is written then.
    public func delete(_ key: Span<UInt8>, durability: Durability = .buffered) throws {
        if OwnKeys.holds(key) { throw RecordError.reserved(key) }
        guard gate.enter() else { throw Keyspace.busy }
        let isPlain = unsafe isBlind && isPlain(key, current)
        if isPlain {
            defer { gate.leave() }
            try store.delete(key, durability: durability)
        } else {
            gate.leave()
            var batch = WriteBatch()
            batch.delete(key)
            try write(batch, durability: durability)
        }
    }

    /// Writes everything in `batch`, or nothing of it.
    ///
    /// - Throws: ``RecordError`` when the write is refused; `StoreError`. Nothing is written then.
    public func write(_ batch: borrowing WriteBatch, durability: Durability = .buffered) throws {
        guard gate.enter() else { throw Keyspace.busy }
        let catalogue = unsafe current
        var isPlain = isBlind
        do {
            try batch.forEach { key, _ in
                if OwnKeys.holds(key) { throw RecordError.reserved(key) }
                if isPlain { isPlain = self.isPlain(key, catalogue) }
            }
            if isPlain { try store.write(batch, durability: durability) }
        } catch {
            gate.leave()
            throw error
        }
        gate.leave()
        if !isPlain {
            try transact(durability: durability) { transaction in try transaction.apply(batch) }
        }
    }

    /// Writes what `body` stages, all or nothing; nothing when it throws.
    ///
    /// - Throws: ``RecordError`` when a write is refused; `StoreError`; what `body` throws. Nothing is written then.
    public func write<Result>(
        durability: Durability = .buffered, _ body: (inout WriteBatch) throws -> Result
    ) throws -> Result {
        var batch = WriteBatch()
        let result = try body(&batch)
        if !batch.isEmpty { try write(batch, durability: durability) }
        return result
    }

    /// Runs `body` as a serialisable transaction whose writes are checked. The body has no effect but through its
    /// transaction: an engine may run it again after a conflict.
    ///
    /// - Throws: ``RecordError`` when a write is refused; `StoreError`; what `body` throws. Nothing is written then.
    public func transact<Result>(
        durability: Durability = .buffered, _ body: (inout KeyspaceTransaction<Store.Snapshot>) throws -> Result
    ) throws -> Result {
        guard let overlay, overlay.isObserved else { return try transact(durability: durability, log: nil, body) }
        return try overlay.observing { log in try transact(durability: durability, log: log, body) }
    }

    /// Runs `body` as a transaction.
    ///
    /// - Parameter log: notes what it changes.
    func transact<Result>(
        durability: Durability, log: (any ChangeLog)?,
        _ body: (inout KeyspaceTransaction<Store.Snapshot>) throws -> Result
    ) throws -> Result {
        guard let scope = gate.enterScope() else { throw Keyspace.busy }
        defer { gate.leaveScope(scope) }
        let catalogue = unsafe current
        let overlay = mayHaveOverlay ? overlay : nil
        return try store.transact(durability: durability) { base in
            log?.removeAll()
            let result = try KeyspaceTransaction.run(over: &base, catalogue, overlay, log, body)
            if let log {
                base.forEachStaged { key, value in if !OwnKeys.holds(key) { log.note(key, removed: value == nil) } }
            }
            return result
        }
    }

    /// Changes the catalogue: keeps all writers out, runs `body` as a transaction, and takes over what it left.
    func changeCatalogue<Result>(
        _ body: (inout Transaction<Store.Snapshot>, Catalogue) throws -> Result
    ) throws -> Result {
        guard gate.enterAlone() else { throw Keyspace.busy }
        defer { gate.leaveAlone() }
        let before = unsafe current
        let converters = converters.withLock { $0 }
        let (result, after) = try store.transact(durability: .synced) { transaction in
            let result = try body(&transaction, before)
            return (result, try Catalogue.load(from: transaction, converters))
        }
        unsafe current = after
        if before.hidesKeys != after.hidesKeys { moves.wrappingAdd(1, ordering: .releasing) }
        return result
    }

    /// Reads the catalogue again, which a failed write of unknown outcome may have changed after all. To be called when
    /// the store was opened again in place, before writes go on.
    ///
    /// - Throws: ``RecordError`` with code `busy` inside a transaction of this thread; `StoreError`.
    public func reload() throws {
        guard gate.enterAlone() else { throw Keyspace.busy }
        defer { gate.leaveAlone() }
        let converters = converters.withLock { $0 }
        let before = unsafe current
        let after = try store.read { snapshot in try Catalogue.load(from: snapshot, converters) }
        unsafe current = after
        if before.hidesKeys != after.hidesKeys { moves.wrappingAdd(1, ordering: .releasing) }
    }

    /// Runs a step of long work that may be repeated, again when the disk had failed in it and is well again.
    func persisting<Result>(_ step: () throws -> Result) throws -> Result {
        while true {
            do { return try step() } catch let error as StoreError {
                guard store.waitForWrites(after: error) else { throw error }
            }
        }
    }

    /// Runs `body` while no write is under way: what was begun has ended, and what comes waits.
    ///
    /// - Throws: ``RecordError`` with code `busy` inside a transaction of this thread.
    public func withoutWriters(_ body: () -> Void) throws {
        guard gate.enterAlone() else { throw Keyspace.busy }
        defer { gate.leaveAlone() }
        body()
    }

    /// Whether plain entries may be written without a look at what is there, and with nobody to tell.
    @inline(__always)
    private var isBlind: Bool {
        guard let overlay else { return true }
        return !overlay.isEnabled && !overlay.isObserved
    }

    @inline(__always)
    private func isPlain(_ key: Span<UInt8>, _ catalogue: Catalogue) -> Bool {
        guard catalogue.mayCover(key) else { return true }
        if case .nobody = catalogue.owner(of: key) { return true }
        return false
    }

    private static var busy: RecordError {
        RecordError(
            .busy,
            message: "called inside a transaction or a change of schemas of this keyspace, which it would wait for")
    }
}

extension Keyspace {
    /// Stores `value` for `key`, checked in the same way as the form that takes spans.
    @inlinable
    public func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws {
        try key.withBytes { key in try value.withBytes { value in try put(key, value, durability: durability) } }
    }

    /// Removes `key`, checked in the same way as the form that takes spans.
    @inlinable
    public func delete(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws {
        try key.withBytes { key in try delete(key, durability: durability) }
    }
}
