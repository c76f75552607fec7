public import OrderedStore
internal import Synchronization

/// An ordered store in a directory, kept by LevelDB.
///
/// Opening takes the directory for this process; a second open, by whatever spelling of the path, is
/// `.locked`. All calls are synchronous, and safe from any thread and in any order: after ``close()`` each
/// throws `.closed`, in a forked child `.forked`, and a failed write makes the store refuse further ones
/// (`.writesRefused`) until it was opened again in place, since LevelDB would accept writes and lose them: by
/// ``reopen()``, or by itself where ``LevelDBOptions/disk`` says so.
///
/// Any bytes are keys and values here, up to ``mostBytesPerEntry`` a pair; key schemas, records and reserved
/// keys are the business of the layers above.
public final class LevelDBStore: OrderedStore, @unchecked Sendable {
    /// The most bytes that a key and its value may have together: 1 GiB.
    public static let mostBytesPerEntry = 1 << 30

    /// The version of the LevelDB library that is linked, as `1.23`.
    public static var libraryVersion: String {
        let version = RawDatabase.version
        return "\(version.major).\(version.minor)"
    }

    /// The directory, as an absolute path.
    public let path: String
    /// What the store was opened with.
    public let options: LevelDBOptions

    /// Everything but a write enters here; closing and reopening are alone in it.
    let gate = Gate()
    let queue = WriteQueue()
    let hold: DirectoryHold
    private let generation = ForkGeneration.watch()
    let order: KeyOrder

    /// Read under `gate` or `queue`, changed with both held: `nil` once closed, and while it cannot be opened again.
    var database: RawDatabase?
    /// As `database`: whether ``close()`` was called.
    private(set) var isShut = false
    /// As `database`: how often it was opened again.
    var openings = 0
    var rawOptions: RawOptions
    let defaultRead: RawReadOptions
    /// What keys hold that were asked for lately; `nil` where nothing is kept.
    let values: ValueCache?
    private let buffered = RawWriteOptions(.buffered)
    let synced = RawWriteOptions(.synced)
    /// Used by whoever has the turn, over and over: LevelDB's own put allocates a batch each time.
    private let single = RawBatch()
    /// Used by whoever has the turn, as well.
    private var staging = StagingMemory()
    /// The same for the cursors of a transaction.
    let turnsIterator = IdleIterator()
    /// What is larger goes into a batch of its own, so that ``single`` stays bounded.
    private static var mostBytesKept: Int { 1 << 20 }
    /// The owned moments that must end before the database is closed.
    private let moments = Mutex<[ObjectIdentifier: Moment]>([:])
    /// Why writes are refused, and what is done about it.
    let watch: DiskWatch
    /// How much was written since ``watch`` heard of it last; with the turn to write.
    private var unwatchedBytes = 0
    /// What is to be read anew before writes go on after a failure.
    let rereading = Mutex<[@Sendable () throws -> Void]>([])
    /// Whether anything was written.
    let hasWritten = Atomic<Bool>(false)
    /// Whether the marker is to be renewed at close: it protects what was written, and its syncs take time. After a failed
    /// write the log may end within a record that was never acknowledged, which is not to be remembered as its end.
    private var renewsMarker: Bool { hasWritten.load(ordering: .relaxed) && watch.failure == nil }
    /// Whether something was written since the log was synced last.
    let isUnsynced = Atomic<Bool>(false)

    /// Opens the database in the directory at `path`.
    ///
    /// - Throws: `StoreError`: `.notFound` and `.alreadyExists` as ``LevelDBOptions/mode-swift.property``
    ///   says, `.locked` when it is open elsewhere, `.corruption` and `.wentBackwards` when files are damaged
    ///   or missing (nothing is changed then), `.invalidArgument` for options out of range or another
    ///   comparator than the database was made with, `.io` when the system refuses.
    public init(at path: String, options: LevelDBOptions = LevelDBOptions()) throws(StoreError) {
        let options = try options.validated(path)
        let use: DirectoryUse = .open(
            createIfMissing: options.mode != .existing, errorIfExists: options.mode == .createNew,
            createParents: options.createsParents)
        hold = try DirectoryHold.acquire(path, for: use)
        self.path = hold.path
        self.options = options
        order = options.comparator.map { comparator in KeyOrder { comparator.compare($0, $1) } } ?? .bytewise
        defaultRead = RawReadOptions(verifyChecksums: options.verifyChecksums, fillCache: true)
        values = ValueCache(capacity: options.valueCacheSize)
        rawOptions = RawOptions(options, creates: hold.creates)
        watch = DiskWatch(hold, options)
        var (opened, failure) = RawDatabase.open(hold.path, rawOptions)
        if opened == nil, let text = failure, StoreError.isFullDisk(levelDB: text), watch.releaseReserve() {
            (opened, failure) = RawDatabase.open(hold.path, rawOptions)
        }
        guard let opened else {
            hold.didFailToOpen()
            throw StoreError(levelDB: failure ?? "no reason given", operation: "open", path: hold.path)
        }
        database = opened
        do throws(StoreError) {
            try hold.didOpen()
        } catch {
            opened.close()
            database = nil
            hold.release(closed: true)
            throw error
        }
        if watch.policy != .manual { watch.start { [weak self] in self?.recover() } }
    }

    deinit {
        watch.end()
        // A child of fork holds neither the lock nor LevelDB's threads: closing would wait for them forever.
        guard generation == ForkGeneration.current, let database else { return }
        endMoments(of: database)
        database.close()
        hold.release(closed: renewsMarker)
    }

    /// Whether ``close()`` was called.
    public var isClosed: Bool {
        guard gate.enter() else { return false }
        defer { gate.leave() }
        return isShut
    }

    /// How the cache of values does; all is 0 where there is none.
    public var valueCacheStatistics: ValueCacheStatistics { values?.statistics ?? ValueCacheStatistics() }

    /// The failed write since which all are refused; `nil` while there is none.
    public var writeFailure: StoreError? { watch.failure }

    /// Closes the store: waits for the reads, cursors and transactions that are under way on other threads,
    /// lets no new ones begin, ends owned snapshots and gives the directory free. Closing twice is allowed.
    ///
    /// - Throws: `StoreError`: `.busy` inside a read, a transaction or a cursor's scope on this thread, which
    ///   it would wait for; `.forked` in a child process; `.io` when the directory's files could not be synced and
    ///   noted, though the store is closed then.
    public func close() throws(StoreError) {
        try alone("close") { () throws(StoreError) in
            guard !isShut else { return }
            isShut = true
            watch.end()
            guard let database else {
                hold.release(closed: false)
                return
            }
            endMoments(of: database)
            database.close()
            self.database = nil
            if let failure = hold.release(closed: renewsMarker) { throw failure }
        }
    }

    /// Runs `body` with all readers and writers out.
    func alone(
        _ operation: String, _ body: () throws(StoreError) -> Void
    ) throws(StoreError) {
        try checkFork(operation)
        guard gate.enterAloneByTurns() else { throw failure(.busy, operation) }
        defer { gate.leaveAlone() }
        guard queue.take() else { throw failure(.busy, operation) }
        defer { queue.passOn() }
        try body()
    }
}

// MARK: - Entering

extension LevelDBStore {
    @inline(__always)
    func checkFork(_ operation: String) throws(StoreError) {
        if generation != ForkGeneration.current { throw failure(.forked, operation) }
    }

    /// Lends the open database for one call. ``leave()`` must follow.
    @inline(__always)
    func enter(_ operation: String) throws(StoreError) -> RawDatabase {
        try checkFork(operation)
        guard gate.enter() else { throw failure(.busy, operation) }
        guard let database else {
            defer { gate.leave() }
            throw absence(operation)
        }
        return database
    }

    @inline(__always)
    func leave() { gate.leave() }

    /// Keeps the database open until ``leaveScope(_:)``, for code that may call the store again.
    func enterScope(_ operation: String) throws(StoreError) -> UInt {
        try checkFork(operation)
        guard let thread = gate.enterScope() else { throw failure(.busy, operation) }
        guard database != nil else {
            defer { gate.leaveScope(thread) }
            throw absence(operation)
        }
        return thread
    }

    /// Why there is no open database.
    private func absence(_ operation: String) -> StoreError {
        guard !isShut, let cause = watch.absence else { return failure(.closed, operation) }
        if operation == "transact", let refusal = watch.refusal(operation, of: nil) { return refusal }
        let way = watch.policy.reopens ? "that is tried again by itself" : "call reopen() when the cause is gone"
        return StoreError(
            .io, operation: operation, path: path,
            message: "the database could not be opened again after a disk error (\(cause.message)); \(way)")
    }

    func leaveScope(_ thread: UInt) { gate.leaveScope(thread) }

    /// The open database, for those who are inside a scope.
    @inline(__always)
    var opened: RawDatabase {
        guard let database else { preconditionFailure("the scope was left") }
        return database
    }

    func failure(_ code: StoreError.Code, _ operation: String) -> StoreError {
        let message =
            switch code {
            case .closed: "the store is closed; open it again"
            case .forked: "the store was opened before a fork; open another one in the child process"
            case .busy where operation == "close" || operation == "reopen":
                "\(operation) was called inside a read, a transaction or a cursor's scope of the same store, "
                    + "which it would wait for; let that end first"
            default:
                "called inside a transaction of the same store, which it would wait for; "
                    + "use the transaction that the body was given"
            }
        return StoreError(code, operation: operation, path: path, message: message)
    }

    func keep(_ moment: Moment) { moments.withLock { $0[ObjectIdentifier(moment)] = moment } }

    func forget(_ moment: Moment) -> Bool {
        moments.withLock { $0.removeValue(forKey: ObjectIdentifier(moment)) != nil }
    }

    func endMoments(of database: RawDatabase) {
        let ending = moments.withLock { all in
            defer { all = [:] }
            return Array(all.values)
        }
        for moment in ending { moment.end(in: database) }
    }
}

// MARK: - Writing

extension LevelDBStore {
    public func put(_ key: Span<UInt8>, _ value: Span<UInt8>, durability: Durability) throws(StoreError) {
        try writeOne("put", key, value, durability)
    }

    public func delete(_ key: Span<UInt8>, durability: Durability) throws(StoreError) {
        try writeOne("delete", key, nil, durability)
    }

    public func write(_ batch: borrowing WriteBatch, durability: Durability) throws(StoreError) {
        var oversized: Int?
        batch.forEach { key, value in
            let size = key.count + (value?.count ?? 0)
            if size > LevelDBStore.mostBytesPerEntry { oversized = size }
        }
        if let oversized { throw tooLarge(oversized, "write") }
        try enqueue(batch, durability, "write")
    }

    /// Brings the log to the disk, with what was written buffered; does nothing when nothing was. What LevelDB has put
    /// into a log before the current one is brought there by LevelDB, once it is sorted into a table.
    ///
    /// - Throws: `StoreError` when the store is closed, or the disk fails.
    public func sync() throws(StoreError) {
        guard isUnsynced.load(ordering: .relaxed) else { return }
        try enqueue(WriteBatch(), .synced, "sync")
    }

    public func transact<Result>(
        durability: Durability, _ body: (inout Transaction<LevelDBSnapshot>) throws -> Result
    ) throws -> Result {
        let scope = try enterScope("transact")
        defer { leaveScope(scope) }
        guard queue.take() else { throw failure(.busy, "transact") }
        defer { queue.passOn() }
        try refuse("transact", nil)
        // Nobody else writes meanwhile, so the latest state is a consistent one.
        var memory = StagingMemory()
        swap(&memory, &staging)
        var transaction = Transaction(over: LevelDBSnapshot(latestIn: self), order: order, in: memory)
        let result = try body(&transaction)
        guard !transaction.isUnchanged else { return result }
        if watch.mayRefuse {
            var change = WriteSize()
            transaction.forEachStaged { key, value in change.add(key, value) }
            try refuse("transact", change)
        }
        let size = transaction.stagedByteCount
        let failure = perform(size, durability, operation: "transact") { body in
            transaction.forEachStaged { key, value in body(key, value) }
        }
        staging = transaction.takeMemory()
        if let failure { throw failure }
        return result
    }

    /// One put or delete; a queue that is free is passed without staging anything.
    @inline(__always)
    private func writeOne(
        _ operation: String, _ key: Span<UInt8>, _ value: Span<UInt8>?, _ durability: Durability
    ) throws(StoreError) {
        let size = key.count + (value?.count ?? 0)
        if size > LevelDBStore.mostBytesPerEntry { throw tooLarge(size, operation) }
        try checkFork(operation)
        guard queue.takeIfFree() else {
            var batch = WriteBatch()
            if let value { batch.put(key, value) } else { batch.delete(key) }
            return try enqueue(batch, durability, operation)
        }
        defer { queue.passOn() }
        try refuse(operation, WriteSize(putBytes: value == nil ? 0 : size, removals: value == nil ? 1 : 0))
        let failure = perform(size, durability, operation: operation) { body in body(key, value) }
        if let failure { throw failure }
    }

    private func enqueue(
        _ batch: borrowing WriteBatch, _ durability: Durability, _ operation: String
    ) throws(StoreError) {
        try checkFork(operation)
        if watch.mayRefuse {
            var change = WriteSize()
            batch.forEach { key, value in change.add(key, value) }
            if let refusal = watch.refusal(operation, of: change) { throw refusal }
        }
        let outcome = queue.write(batch, durability) { batch, durability in
            do throws(StoreError) {
                try refuse(operation, nil)
            } catch {
                return error
            }
            return perform(batch.approximateByteCount, durability, operation: operation) { body in
                batch.forEach { key, value in body(key, value) }
            }
        }
        guard let outcome else { throw failure(.busy, operation) }
        if let failure = outcome { throw failure }
    }

    /// Writes operations with keys and values of `size` bytes, with the turn held.
    ///
    /// - Parameter forEach: calls its argument with each operation, in order; called again to bring what is cached up to
    ///   date.
    @inline(__always)
    private func perform(
        _ size: Int, _ durability: Durability, operation: String,
        _ forEach: ((_ key: Span<UInt8>, _ value: Span<UInt8>?) -> Void) -> Void
    ) -> StoreError? {
        values?.beginWrite()
        defer { values?.endWrite() }
        let failure: StoreError?
        if size > LevelDBStore.mostBytesKept {
            let batch = RawBatch()
            forEach { key, value in batch.append(key, value) }
            failure = perform(batch, size, durability, operation: operation)
        } else {
            single.clear()
            forEach { key, value in single.append(key, value) }
            failure = perform(single, size, durability, operation: operation)
        }
        guard let values else { return failure }
        if failure == nil { forEach { key, value in values.update(key, value) } } else { values.removeAll() }
        return failure
    }

    /// Writes `size` bytes with the turn held; whatever goes wrong ends all writing.
    private func perform(
        _ batch: borrowing RawBatch, _ size: Int, _ durability: Durability, operation: String
    ) -> StoreError? {
        hasWritten.store(true, ordering: .relaxed)
        isUnsynced.store(durability == .buffered, ordering: .relaxed)
        let text = durability == .synced ? opened.write(batch, synced) : opened.write(batch, buffered)
        if let text { return noteFailure(text, operation) }
        // The free space is looked at once in 256 small writes, or each MiB, or when the disk was waited for anyway.
        unwatchedBytes += size + 4_096
        if durability == .synced || unwatchedBytes >= 1 << 20 {
            watch.didWrite(unwatchedBytes)
            unwatchedBytes = 0
        }
        return nil
    }

    /// - Parameter change: what is to be written; `nil` when that is not known yet, or was asked before.
    @inline(__always)
    private func refuse(_ operation: String, _ change: WriteSize?) throws(StoreError) {
        if database == nil && isShut { throw failure(.closed, operation) }
        if watch.mayRefuse, let refusal = watch.refusal(operation, of: change) { throw refusal }
    }

    private func noteFailure(_ text: String, _ operation: String) -> StoreError {
        var error = StoreError(levelDB: text, operation: operation, path: path)
        error.outcomeIsUnknown = true
        watch.noteFailure(error)
        return error
    }

    private func tooLarge(_ size: Int, _ operation: String) -> StoreError {
        StoreError(
            .invalidArgument, operation: operation, path: path,
            message: "a key and its value have \(size) bytes; at most \(LevelDBStore.mostBytesPerEntry) are allowed")
    }
}
