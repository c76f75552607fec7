public import OrderedStore

extension LevelDBStore {
    public func get(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        let database = try enter("get")
        defer { leave() }
        return try get(key, defaultRead, at: values?.moment, from: database)
    }

    /// - Parameter moment: when that is, as the cache of values numbers it; `nil` when it is not known.
    @inline(__always)
    fileprivate func get(
        _ key: Span<UInt8>, _ read: borrowing RawReadOptions, at moment: UInt64?, from database: RawDatabase
    ) throws(StoreError) -> Value? {
        do throws(RawFailure) {
            guard let values, let moment else { return try database.get(key, read) }
            switch values.find(key, at: moment) {
            case .value(let value): return value
            case .absent: return nil
            case .unknown:
                let value = try database.get(key, read)
                values.keep(value, of: key, at: moment)
                return value
            }
        } catch {
            throw StoreError(levelDB: error.text, operation: "get", path: path)
        }
    }

    /// Reads the value of `key` into `buffer`, which keeps its memory from call to call.
    ///
    /// - Returns: whether there is a value; `buffer` is empty when there is none.
    /// - Throws: `StoreError` when the store is closed or its bytes are damaged.
    public func get(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable, into buffer: inout [UInt8]
    ) throws(StoreError) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        guard let value = try get(key) else { return false }
        buffer.append(copying: value.span)
        return true
    }

    public func snapshot() throws(StoreError) -> LevelDBSnapshot {
        let database = try enter("snapshot")
        defer { leave() }
        return LevelDBSnapshot(owning: moment(in: database), of: self)
    }

    public func read<Result: ~Copyable>(_ body: (borrowing LevelDBSnapshot) throws -> Result) throws -> Result {
        let snapshot = try scopedSnapshot()
        return try body(snapshot)
    }

    public func scopedSnapshot() throws(StoreError) -> LevelDBSnapshot {
        let scope = try enterScope("read")
        return LevelDBSnapshot(scoped: moment(in: opened), of: self, scope: scope)
    }

    private func moment(in database: RawDatabase) -> Moment {
        Moment(in: database, verifyChecksums: options.verifyChecksums, values)
    }
}

/// A moment in LevelDB's history, with the options that read it. Released by whoever ends it first: its
/// snapshot, or the store when it closes.
@safe
final class Moment: @unchecked Sendable {
    private let pointer: OpaquePointer
    let read: RawReadOptions
    /// Its number in the cache of values; `nil` where there is none, or a write was under way.
    let number: UInt64?
    /// Changed only while the store is alone with itself.
    private(set) var hasEnded = false

    init(in database: RawDatabase, verifyChecksums: Bool, _ values: ValueCache?) {
        let before = values?.moment
        unsafe pointer = database.makeMoment()
        number = before == values?.moment ? before : nil
        unsafe read = RawReadOptions(verifyChecksums: verifyChecksums, fillCache: true, moment: pointer)
    }

    /// Read options for this moment other than the usual ones.
    func read(verifyChecksums: Bool, fillCache: Bool) -> RawReadOptions {
        unsafe RawReadOptions(verifyChecksums: verifyChecksums, fillCache: fillCache, moment: pointer)
    }

    func end(in database: RawDatabase) {
        unsafe database.release(moment: pointer)
        hasEnded = true
    }
}

/// One moment of a ``LevelDBStore``.
///
/// An owned one may be kept and read from any thread; it holds back the space of what is overwritten
/// meanwhile. When its store is closed or reopened it ends, and its calls throw `.closed`.
public struct LevelDBSnapshot: StoreReader, ~Copyable {
    let store: LevelDBStore
    /// `nil` reads the latest state, in a transaction, which keeps other writers out.
    private let moment: Moment?
    private let scope: UInt?
    /// Only where the snapshot stays on one thread.
    private let idle: IdleIterator?

    /// A snapshot that may outlive the call that made it.
    init(owning moment: Moment, of store: LevelDBStore) {
        self.store = store
        self.moment = moment
        scope = nil
        idle = nil
        store.keep(moment)
    }

    /// A snapshot that keeps its store open.
    init(scoped moment: Moment, of store: LevelDBStore, scope: UInt) {
        self.store = store
        self.moment = moment
        self.scope = scope
        idle = IdleIterator()
    }

    /// What is there now, for a transaction, whose scope keeps the store open.
    init(latestIn store: LevelDBStore) {
        self.store = store
        moment = nil
        scope = nil
        idle = store.turnsIterator
    }

    private var isOwned: Bool { moment != nil && scope == nil }

    deinit {
        idle?.destroy()
        guard let moment else { return }
        if let scope {
            moment.end(in: store.opened)
            store.leaveScope(scope)
        } else if let database = try? store.enter("snapshot") {
            if store.forget(moment) { moment.end(in: database) }
            store.leave()
        }
    }

    public func get(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        guard isOwned else { return try get(key, from: store.opened) }
        let database = try store.enter("get")
        defer { store.leave() }
        try checkMoment("get")
        return try get(key, from: database)
    }

    public func knows(_ key: Span<UInt8>) -> Bool {
        guard !isOwned, let values = store.values else { return false }
        return (moment?.number ?? values.moment).map { values.has(key, at: $0) } ?? false
    }

    private func get(_ key: Span<UInt8>, from database: RawDatabase) throws(StoreError) -> Value? {
        if let moment { return try store.get(key, moment.read, at: moment.number, from: database) }
        return try store.get(key, store.defaultRead, at: store.values?.moment, from: database)
    }

    @_lifetime(borrow self)
    public func cursor(in range: KeyRange, options: ScanOptions) -> LevelDBCursor {
        guard isOwned else { return makeCursor(range, options, scope: nil) }
        do throws(StoreError) {
            let scope = try store.enterScope("scan")
            do throws(StoreError) {
                try checkMoment("scan")
            } catch {
                store.leaveScope(scope)
                throw error
            }
            return makeCursor(range, options, scope: scope)
        } catch {
            let cursor = LevelDBCursor(failing: error, of: store)
            return unsafe _overrideLifetime(cursor, borrowing: self)
        }
    }

    /// A cursor whose first move throws `error`.
    @_lifetime(borrow self)
    package func cursor(failing error: StoreError) -> LevelDBCursor {
        let cursor = LevelDBCursor(failing: error, of: store)
        return unsafe _overrideLifetime(cursor, borrowing: self)
    }

    private func checkMoment(_ operation: String) throws(StoreError) {
        guard let moment, moment.hasEnded else { return }
        throw StoreError(
            .closed, operation: operation, path: store.path,
            message: "the snapshot ended when its store was closed or reopened; take another one")
    }

    @_lifetime(borrow self)
    private func makeCursor(_ range: KeyRange, _ options: ScanOptions, scope: UInt?) -> LevelDBCursor {
        let iterator: RawIterator
        if let waiting = idle?.take(for: options) {
            iterator = waiting
        } else if options.fillCache, options.verifyChecksums == store.options.verifyChecksums {
            // As gets read, with options that are there.
            iterator = moment.map { store.opened.makeIterator($0.read) } ?? store.opened.makeIterator(store.defaultRead)
        } else if let moment {
            let read = moment.read(verifyChecksums: options.verifyChecksums, fillCache: options.fillCache)
            iterator = store.opened.makeIterator(read)
        } else {
            let read = RawReadOptions(verifyChecksums: options.verifyChecksums, fillCache: options.fillCache)
            iterator = store.opened.makeIterator(read)
        }
        let cursor = LevelDBCursor(iterator, in: range, options, of: store, scope: scope, leavingTo: idle)
        return unsafe _overrideLifetime(cursor, borrowing: self)
    }
}

/// An iterator between two cursors of one snapshot: placing it anew costs less than making another one.
final class IdleIterator {
    private var iterator: RawIterator?
    private var verifiesChecksums = false
    private var fillsCache = false

    /// The iterator that waits, if it reads as `options` say.
    func take(for options: ScanOptions) -> RawIterator? {
        guard let waiting = iterator, verifiesChecksums == options.verifyChecksums, fillsCache == options.fillCache
        else { return nil }
        iterator = nil
        return waiting
    }

    /// Keeps an iterator for the next cursor. One that passed over damage would report it for ever.
    func keep(_ used: RawIterator, verifiesChecksums: Bool, fillsCache: Bool) {
        guard iterator == nil, used.failure == nil else { return used.destroy() }
        iterator = used
        self.verifiesChecksums = verifiesChecksums
        self.fillsCache = fillsCache
    }

    /// Ends the waiting, before the moment that the iterator reads ends.
    func destroy() {
        iterator?.destroy()
        iterator = nil
    }
}
