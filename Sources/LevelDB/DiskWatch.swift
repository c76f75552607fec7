internal import Dispatch
internal import OrderedStore
internal import Synchronization

/// What a store knows of its disk: whether writes are refused and why, and when to look again.
///
/// Works on a thread of its own, and only while something is wrong. Safe from any thread.
final class DiskWatch: Sendable {
    private struct State: ~Copyable {
        /// The write that failed first.
        var failure: StoreError?
        /// Why the database is not open, after an opening that failed.
        var absence: StoreError?
        /// What the last look at the free space found too little.
        var shortage: Shortage?
        var leastFreeBytes: Int?
        var reserve: ReserveFile
        var attempts = 0
        var recoveries = 0
        var lastRecovery: ContinuousClock.Instant?
        var delay: Duration
        var isScheduled = false
        var isEnded = false
        var listeners: [@Sendable (StorageState) -> Void] = []
        var told = StorageState.Condition.ok
        var recover: (@Sendable () -> Void)?
    }

    private struct Shortage {
        let free: Int
        let least: Int
        /// Below that not even what removes is written: it takes room before it gives some.
        var allowsRemovals: Bool { free >= least / 4 }
    }

    let policy: DiskPolicy
    private let hold: DirectoryHold
    /// How many bytes the logs may hold that an opening writes into tables.
    private let mostLogBytes: Int
    private let state: Mutex<State>
    private let refuses = Atomic(false)
    /// Whether anybody wants the free space to be looked at.
    private let looks: Atomic<Bool>
    private let written = Atomic(0)
    private let queue = DispatchQueue(label: "lvkv.disk", qos: .utility)

    private static let betweenLooks = Duration.seconds(1)
    /// What an opening takes beside the logs' content: MANIFEST, a new log, ends of blocks.
    private static let roomBeside = 2 << 20

    init(_ hold: DirectoryHold, _ options: LevelDBOptions) {
        self.hold = hold
        policy = options.disk ?? .manual
        mostLogBytes = 2 * options.writeBufferSize
        looks = Atomic(policy != .manual)
        state = Mutex(
            State(
                leastFreeBytes: policy.leastFreeBytes, reserve: ReserveFile(in: hold.directory),
                delay: policy.firstDelay))
    }

    /// Has `recover` called, on a thread of the watch's own, when it is time to try to write again.
    func start(recover: @escaping @Sendable () -> Void) {
        state.withLock { $0.recover = recover }
        DiskProbe.clean(hold.directory)
        look()
    }

    /// Calls nobody any more.
    func end() {
        state.withLock { state in
            state.isEnded = true
            state.listeners = []
            state.recover = nil
        }
    }

    // MARK: - Refusing

    /// Whether a write must ask ``refusal(_:_:)``.
    @inline(__always)
    var mayRefuse: Bool { refuses.load(ordering: .relaxed) }

    var failure: StoreError? { state.withLock { $0.failure } }

    /// Why the database is not open.
    var absence: StoreError? { state.withLock { $0.absence } }

    /// Why a write is refused; `nil` when it is not.
    ///
    /// - Parameter change: what it writes; `nil` when that is not known yet.
    func refusal(_ operation: String, of change: WriteSize?) -> StoreError? {
        state.withLock { state in
            if let cause = state.failure {
                let way =
                    policy.reopens
                    ? "they go on by themselves when the disk is well again"
                    : "reopen the store when the cause is gone"
                return StoreError(
                    .writesRefused, operation: operation, path: hold.path,
                    message: "writes are refused since one failed (\(cause.message)); \(way)")
            }
            guard let shortage = state.shortage, let change else { return nil }
            if change.removes && shortage.allowsRemovals { return nil }
            return describe(shortage, operation)
        }
    }

    private func describe(_ shortage: Shortage, _ operation: String) -> StoreError {
        let hint = shortage.allowsRemovals ? "; what removes is still written" : ""
        return StoreError(
            .writesRefused, operation: operation, path: hold.path,
            message: "the file system has \(shortage.free) bytes free and writes need at least \(shortage.least); "
                + "free some space, and they go on by themselves\(hint)")
    }

    // MARK: - Failing and recovering

    func noteFailure(_ error: StoreError) {
        state.withLock { state in
            if state.failure == nil {
                state.failure = error
                state.attempts = 0
                // A disk that fails again at once is not tried at once.
                let isOld = state.lastRecovery.map { $0.duration(to: .now) > policy.longestDelay } ?? true
                if isOld { state.delay = policy.firstDelay }
            }
            refuses.store(true, ordering: .relaxed)
            tell(&state)
            if policy.reopens { schedule(&state) }
        }
    }

    /// An opening has failed: the database is not open.
    func noteAbsence(_ error: StoreError) {
        state.withLock { state in
            state.absence = error
            if state.failure == nil { state.failure = error }
            refuses.store(true, ordering: .relaxed)
            tell(&state)
            if policy.reopens { schedule(&state) }
        }
    }

    /// The database is open again, and still to be proven well.
    func didOpen() {
        written.store(0, ordering: .relaxed)
        state.withLock { state in
            state.absence = nil
            tell(&state)
        }
    }

    /// Writes go on.
    func didRecover() {
        measure()
        state.withLock { state in
            if state.failure != nil { state.recoveries += 1 }
            state.failure = nil
            state.lastRecovery = .now
            refuses.store(state.shortage != nil, ordering: .sequentiallyConsistent)
            tell(&state)
        }
        look()
    }

    /// How many milliseconds readers may be kept waiting for others that are long at work: more from try to try.
    func patience() -> Int { state.withLock { min(1_000, 50 << min($0.attempts, 5)) } }

    /// Proves that the disk takes what opening the database again writes, with the reserve where there is no room else.
    ///
    /// - Throws: what is still wrong.
    func prove() throws(SystemFailure) {
        state.withLock { $0.attempts += 1 }
        do throws(SystemFailure) {
            try DiskProbe.run(in: hold.directory, room: room)
        } catch {
            guard error.isFullDisk else { throw error }
            let kept = state.withLock { $0.reserve.byteCount }
            guard kept > 0, releaseReserve() else { throw error }
            do throws(SystemFailure) {
                try DiskProbe.run(in: hold.directory, room: room)
            } catch {
                state.withLock { try? $0.reserve.grow(to: kept, in: hold.directory) }
                throw error
            }
        }
    }

    /// Gives the reserve's room free.
    ///
    /// - Returns: whether there was any.
    func releaseReserve() -> Bool {
        state.withLock { state in
            guard state.reserve.byteCount > 0 else { return false }
            do { try state.reserve.release(in: hold.directory) } catch { return false }
            return true
        }
    }

    /// What opening the database again may write.
    private var room: Int { min(written.load(ordering: .relaxed), mostLogBytes) + DiskWatch.roomBeside }

    // MARK: - Free space

    /// Notes what was written since the last time, and looks how much room is left. Called by whoever writes.
    func didWrite(_ bytes: Int) {
        written.wrappingAdd(bytes, ordering: .relaxed)
        if looks.load(ordering: .relaxed) { look() }
    }

    /// Below so many free bytes writes are refused from now on; `nil` for the usual, 0 for never.
    func setLeastFreeBytes(_ bytes: Int?) {
        state.withLock { $0.leastFreeBytes = bytes }
        looks.store(true, ordering: .relaxed)
        look()
    }

    /// Measures the free space, does what follows, and arranges the next look while there is too little.
    private func look() {
        measure()
        let wanted = room
        state.withLock { state in
            if state.failure == nil { refuses.store(state.shortage != nil, ordering: .relaxed) }
            tell(&state)
            if state.shortage != nil { schedule(&state) }
            guard policy.keepsReserve, state.shortage == nil, state.failure == nil, state.reserve.byteCount < wanted
            else { return }
            queue.async { [weak self] in self?.growReserve(to: wanted) }
        }
    }

    private func measure() {
        let space = hold.directory.space()
        state.withLock { state in
            guard let space else {
                state.shortage = nil
                return
            }
            let least = state.leastFreeBytes ?? DiskWatch.usualLeast(of: space.total)
            let enough = state.shortage == nil ? least : DiskWatch.plenty(least)
            state.shortage = space.free < enough ? Shortage(free: space.free, least: least) : nil
        }
    }

    private static func usualLeast(of total: Int) -> Int { min(64 << 20, total / 20) }

    /// Somewhat more than the least, so that a shortage does not come and go.
    private static func plenty(_ least: Int) -> Int {
        let (sum, overflow) = least.addingReportingOverflow(least / 8)
        return overflow ? .max : sum
    }

    /// Keeps more room, in steps that double, where that does not make it scarce.
    private func growReserve(to wanted: Int) {
        let most = mostLogBytes + DiskWatch.roomBeside
        var step = DiskWatch.roomBeside
        while step < wanted { step *= 2 }
        let count = min(step, most)
        guard let space = hold.directory.space() else { return }
        state.withLock { state in
            let least = state.leastFreeBytes ?? DiskWatch.usualLeast(of: space.total)
            let more = count - state.reserve.byteCount
            guard !state.isEnded, state.failure == nil, more > 0, space.free - more >= DiskWatch.plenty(least) else {
                return
            }
            try? state.reserve.grow(to: count, in: hold.directory)
        }
    }

    // MARK: - Time

    private func schedule(_ state: inout State) {
        guard !state.isScheduled, !state.isEnded else { return }
        state.isScheduled = true
        let delay: Duration
        if state.failure == nil {
            delay = DiskWatch.betweenLooks
        } else {
            delay = state.delay * Double.random(in: 0.75...1.25)
            state.delay = min(state.delay * 2, policy.longestDelay)
        }
        let (seconds, attoseconds) = delay.components
        let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak self] in self?.tick() }
    }

    private func tick() {
        let (isEnded, hasFailed, recover) = state.withLock { state in
            state.isScheduled = false
            return (state.isEnded, state.failure != nil, state.recover)
        }
        guard !isEnded else { return }
        if hasFailed && policy.reopens { recover?() } else { look() }
        state.withLock { state in
            if state.failure != nil && policy.reopens { schedule(&state) }
        }
    }

    // MARK: - Telling

    /// How the disk is; whether the store was closed it does not know.
    var storage: StorageState {
        let space = hold.directory.space()
        return state.withLock { describe(&$0, space) }
    }

    /// Has `listener` called with each change of the condition, one after another; the first time when it is not well.
    func whenChanged(_ listener: @escaping @Sendable (StorageState) -> Void) {
        state.withLock { state in
            state.listeners.append(listener)
            guard state.told != .ok else { return }
            let described = describe(&state, hold.directory.space())
            queue.async { listener(described) }
        }
    }

    private func describe(_ state: inout State, _ space: (free: Int, total: Int)?) -> StorageState {
        let least = state.leastFreeBytes ?? space.map { DiskWatch.usualLeast(of: $0.total) } ?? 0
        return StorageState(
            condition: condition(&state),
            cause: state.absence ?? state.failure ?? state.shortage.map { describe($0, "write") },
            attempts: state.attempts, recoveries: state.recoveries, freeBytes: space?.free, leastFreeBytes: least,
            reserveBytes: state.reserve.byteCount)
    }

    private func condition(_ state: inout State) -> StorageState.Condition {
        if state.absence != nil { return .unavailable }
        if state.failure != nil { return .writesRefused }
        return state.shortage != nil ? .lowSpace : .ok
    }

    private func tell(_ state: inout State) {
        let condition = condition(&state)
        guard condition != state.told else { return }
        state.told = condition
        guard !state.listeners.isEmpty else { return }
        let (listeners, described) = (state.listeners, describe(&state, hold.directory.space()))
        queue.async { for listener in listeners { listener(described) } }
    }
}

/// How much a batch puts and removes, as far as the free space goes.
struct WriteSize {
    var putBytes = 0
    var removals = 0

    /// Whether it serves to free space: what is put for each key that is removed is what an entry's account takes.
    var removes: Bool { putBytes <= removals * 128 }

    mutating func add(_ key: Span<UInt8>, _ value: Span<UInt8>?) {
        if let value { putBytes += key.count + value.count } else { removals += 1 }
    }
}
