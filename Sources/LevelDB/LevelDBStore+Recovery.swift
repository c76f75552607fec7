#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
public import OrderedStore
internal import Synchronization

extension LevelDBStore {
    /// Whether reads and writes are served, and how much room there is.
    public var storage: StorageState {
        var storage = watch.storage
        if isClosed { (storage.condition, storage.cause) = (.closed, nil) }
        return storage
    }

    /// Has `body` called with each change of ``StorageState/condition``, one after another, on a thread of the store's
    /// own, until the store is closed; soon after this call if it is another than `ok`.
    public func whenStorageChanges(_ body: @escaping @Sendable (StorageState) -> Void) { watch.whenChanged(body) }

    /// Below so many free bytes of the file system writes are refused from now on.
    ///
    /// - Parameter bytes: `nil` for the usual, 0 for never; see ``DiskPolicy/leastFreeBytes``.
    public func setLeastFreeBytes(_ bytes: Int?) { watch.setLeastFreeBytes(bytes) }

    /// Has `body` called whenever the database was opened again, before writes go on: what a failed write may have left is
    /// there then. When it throws, writes stay refused.
    package func whenReopened(_ body: @escaping @Sendable () throws -> Void) {
        rereading.withLock { $0.append(body) }
    }

    /// Waits up to a minute, where ``LevelDBOptions/disk`` lets writing go on by itself.
    public func waitForWrites(after error: StoreError) -> Bool {
        guard watch.policy.reopens, error.outcomeIsUnknown || error.code == .writesRefused, !gate.isThreadInside else {
            return false
        }
        for _ in 0..<1_200 {
            switch storage.condition {
            case .ok: return true
            case .closed: return false
            case .lowSpace, .writesRefused, .unavailable: usleep(50_000)
            }
        }
        return false
    }

    /// Closes the database and opens it again in place, and ends the refusal of writes when a synced probe
    /// succeeds. Owned snapshots end.
    ///
    /// - Throws: `StoreError`. When it cannot be opened or written, writes stay refused; when it cannot even
    ///   be opened, reads are refused, too, until a further call succeeds.
    public func reopen() throws(StoreError) {
        var opening = 0
        try alone("reopen") { () throws(StoreError) in opening = try openAgain() }
        try goOn(opening)
    }

    /// Tries once to write again, without keeping readers waiting for long. Called in the background.
    func recover() {
        guard watch.failure != nil else { return }
        do throws(StoreError) {
            let place = Place(operation: "reopen", path: path)
            try place.run { () throws(SystemFailure) in try watch.prove() }
            if watch.absence == nil { try hold.recheck() }
            if let opening = try openAgainSoon() { try goOn(opening) }
        } catch {
            // Said by the state; tried again after the next delay.
        }
    }

    /// - Returns: `nil` when readers did not leave, or somebody else has closed the store or opened it again.
    private func openAgainSoon() throws(StoreError) -> Int? {
        guard gate.enterAlone(within: watch.patience()) else { return nil }
        defer { gate.leaveAlone() }
        guard queue.take() else { return nil }
        defer { queue.passOn() }
        guard watch.failure != nil, !isShut else { return nil }
        return try openAgain()
    }

    /// Opens the database again, and writes to it. Readers and writers are out.
    ///
    /// - Returns: the number of this opening.
    private func openAgain() throws(StoreError) -> Int {
        guard !isShut else { throw failure(.closed, "reopen") }
        openings += 1
        values?.removeAll()
        if let database {
            endMoments(of: database)
            database.close()
            self.database = nil
        }
        do throws(StoreError) {
            database = try opening()
        } catch {
            watch.noteAbsence(error)
            throw error
        }
        watch.didOpen()
        try hold.didOpen()
        // An empty batch goes through the log and its sync, and changes nothing.
        hasWritten.store(true, ordering: .relaxed)
        if let text = opened.write(RawBatch(), synced) {
            throw StoreError(levelDB: text, operation: "reopen", path: path)
        }
        isUnsynced.store(false, ordering: .relaxed)
        return openings
    }

    /// Readers wait: what fails for a moment only is tried again at once.
    private func opening() throws(StoreError) -> RawDatabase {
        var left = 3
        while true {
            left -= 1
            do throws(StoreError) {
                try hold.recheck()
                rawOptions = RawOptions(options, creates: false)
                let (opened, text) = RawDatabase.open(path, rawOptions)
                if let opened { return opened }
                if let text, StoreError.isFullDisk(levelDB: text) { _ = watch.releaseReserve() }
                throw StoreError(levelDB: text ?? "no reason given", operation: "reopen", path: path)
            } catch {
                if left == 0 { throw error }
                usleep(10_000)
            }
        }
    }

    /// Lets writes go on, once those who keep what they have read have read it anew.
    private func goOn(_ opening: Int) throws(StoreError) {
        for body in rereading.withLock({ $0 }) {
            do { try body() } catch let error as StoreError { throw error } catch {
                throw StoreError(.failed, operation: "reopen", path: path, message: "\(error)")
            }
        }
        guard gate.enter() else { throw failure(.busy, "reopen") }
        defer { gate.leave() }
        // A later opening is still to be proven.
        if opening == openings && database != nil { watch.didRecover() }
    }
}
