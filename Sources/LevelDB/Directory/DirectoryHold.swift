#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore
internal import Synchronization

/// A database's directory, held by this process alone: checked, and locked until it is released.
///
/// To be acquired before LevelDB is asked anything and released after LevelDB has closed. Touches none of
/// LevelDB's files but those that a failed creation left. All calls may come from any thread.
final class DirectoryHold: Sendable {
    /// The real path, for LevelDB.
    let path: String
    /// Whether there is no database yet, and LevelDB may make one.
    let creates: Bool
    /// The comparator that the database was made with; `nil` for a new or an unreadable one.
    let comparator: String?

    private let place: Place
    private let target: DirectoryTarget
    let directory: OpenFile
    private let identity: FileIdentity
    private let ticket: UInt64
    private let process = currentProcess()

    private struct State: ~Copyable {
        var lock: DirectoryLock?
        var marker: DirectoryMarker?
        var isReleased = false
    }

    private let state: Mutex<State>

    /// Checks and locks the directory at `path`.
    ///
    /// A missing directory is made when `use` says so, and removed again when this throws.
    ///
    /// - Throws: `.locked`, `.notFound`, `.alreadyExists`, `.corruption`, `.wentBackwards`, `.notSupported` (a
    ///   marker from a newer version), `.io`, `.invalidArgument`.
    static func acquire(_ path: String, for use: DirectoryUse) throws(StoreError) -> DirectoryHold {
        let target = try DirectoryTarget(path, for: use)
        do throws(StoreError) {
            return try DirectoryHold(target, for: use)
        } catch {
            target.removeWhatWasMade()
            throw error
        }
    }

    private init(_ target: DirectoryTarget, for use: DirectoryUse) throws(StoreError) {
        let place = Place(operation: use.operation, path: target.path)
        guard let ticket = DirectoryRegistry.enter(path: target.path) else {
            throw place.error(.locked, DirectoryHold.heldHere(target.path, at: place))
        }
        do throws(StoreError) {
            let directory = try place.run { () throws(SystemFailure) in
                try target.make()
                return try OpenFile(
                    path: target.path, O_RDONLY | O_DIRECTORY, attempt: "cannot open the directory")
            }
            let identity = try place.run { () throws(SystemFailure) in
                try directory.status(attempt: "cannot look at the directory").identity
            }
            if let other = DirectoryRegistry.enter(identity, ticket: ticket) {
                throw place.error(.locked, DirectoryHold.heldHere(other, at: place))
            }
            // Refused without leaving a trace where there is nothing to hold.
            try DirectoryHold.look(DirectoryListing(of: directory, at: place), for: use, at: place)

            let lock = try DirectoryLock(in: directory, at: place)
            let isNewLock = lock.isNew
            do throws(StoreError) {
                let listing = try DirectoryListing(of: directory, at: place)
                let findings = try DirectoryHold.check(directory, listing, for: use, at: place)
                creates = findings.creates
                comparator = findings.comparator
                state = Mutex(State(lock: lock, marker: findings.marker))
            } catch {
                if isNewLock { try? directory.remove(DirectoryLock.fileName) }
                throw error
            }
            self.directory = directory
            self.identity = identity
        } catch {
            DirectoryRegistry.leave(ticket)
            throw error
        }
        self.place = place
        self.target = target
        self.ticket = ticket
        path = target.path
    }

    deinit {
        release(closed: false)
    }

    // MARK: - While it is held

    /// Finishes a successful opening: leaves our marker where there is none, and syncs the directory, so that the marker,
    /// CURRENT's rename and a new directory survive a loss of power.
    ///
    /// - Throws: `.io`.
    func didOpen() throws(StoreError) {
        try place.run { () throws(SystemFailure) in
            try state.withLock { state throws(SystemFailure) in
                guard state.marker == nil else { return }
                let marker = DirectoryMarker(files: nil)
                try marker.write(in: directory)
                state.marker = marker
            }
            try directory.sync(attempt: "cannot sync the directory")
            try target.syncParents()
        }
    }

    /// Cleans up after LevelDB failed to make a database, and releases the directory. Not for a failed reopening
    /// in place.
    func didFailToOpen() {
        // Somebody with another LevelDB program may have been quicker: then all of it is theirs.
        if creates, foreignHolder == nil, let names = try? directory.names(), !names.contains("CURRENT") {
            for name in names where DatabaseFile(name: name).isLevelDB { try? directory.remove(name) }
            try? directory.remove(DirectoryLock.fileName)
        }
        release(closed: false)
        target.removeWhatWasMade()
    }

    /// Checks the directory again, before LevelDB opens it again while it is still held.
    ///
    /// - Throws: as ``acquire(_:for:)``, and `.io` when another directory has taken its place.
    func recheck() throws(StoreError) {
        let place = Place(operation: "reopen", path: path)
        let now = try place.run { () throws(SystemFailure) in try FileStatus(path: path).identity }
        guard now == identity else {
            throw place.error(.io, "another directory has taken the place of the one that was open")
        }
        _ = try DirectoryCheck(
            directory, listing: DirectoryListing(of: directory, at: place),
            earlier: state.withLock { $0.marker?.files }, at: place)
    }

    /// The process that holds LevelDB's own lock, as far as the system tells; `nil` when none does.
    var foreignHolder: Int32? { LevelDBLock.holder(in: directory) }

    /// Before a repair: a marker that says nothing about files, since they change now.
    ///
    /// - Throws: `.io`.
    func willRepair() throws(StoreError) {
        try place.run { () throws(SystemFailure) in
            try state.withLock { state throws(SystemFailure) in
                var marker = state.marker ?? DirectoryMarker(files: nil)
                marker.files = nil
                try marker.write(in: directory)
                state.marker = marker
            }
            try directory.sync(attempt: "cannot sync the directory")
        }
    }

    /// After LevelDB destroyed the database: removes what is ours and what a repair set aside, and the directory
    /// if that leaves it empty. Releases it.
    ///
    /// - Throws: `.io`.
    func didDestroy() throws(StoreError) {
        defer { release(closed: false) }
        try place.run { () throws(SystemFailure) in
            if let lost = try? OpenFile("lost", in: directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, attempt: "") {
                for name in try lost.names() where DatabaseFile(name: name).isData { try lost.remove(name) }
                _ = unsafe unlinkat(directory.number, "lost", AT_REMOVEDIR)
            }
            for name in DirectoryListing.ours { try directory.remove(name) }
            // Fails, as it should, when somebody else's files are there.
            _ = unsafe rmdir(path)
        }
    }

    /// Gives the directory free, after LevelDB has closed it. Calling it again does nothing.
    ///
    /// - Parameter closed: LevelDB had it open and closed it: its files are synced and noted in the marker.
    /// - Returns: what went wrong with that; the directory is free nevertheless, and an older marker holds.
    @discardableResult
    func release(closed: Bool) -> StoreError? {
        state.withLock { state in
            guard !state.isReleased else { return nil }
            state.isReleased = true
            var failure: StoreError?
            // What a fork's child inherited is its parent's.
            if closed && process == currentProcess() {
                do throws(StoreError) {
                    try note(&state.marker)
                } catch {
                    failure = error
                }
            }
            state.lock = nil
            DirectoryRegistry.leave(ticket)
            return failure
        }
    }

    private func note(_ marker: inout DirectoryMarker?) throws(StoreError) {
        let place = Place(operation: "close", path: path)
        let listing = try DirectoryListing(of: directory, at: place)
        let files = try DirectoryCheck(directory, listing: listing, earlier: nil, at: place).files
        var renewed = marker ?? DirectoryMarker(files: nil)
        renewed.files = files
        try place.run { () throws(SystemFailure) in
            // The marker must not promise what the power could still take.
            let manifest = "MANIFEST-\(DatabaseFile.digits(files.manifest.number))"
            let logs = files.logs.filter { $0.size > 0 }.map { "\(DatabaseFile.digits($0.number)).log" }
            for name in logs + [manifest] {
                try OpenFile(name, in: directory, O_RDONLY, attempt: "cannot open \(name)")
                    .sync(attempt: "cannot sync \(name)")
            }
            try directory.sync(attempt: "cannot sync the directory")
            try renewed.write(in: directory)
        }
        marker = renewed
    }
}
