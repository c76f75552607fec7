#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import LevelDB
internal import OrderedStore

/// A database that is filled aside and takes its name when it is whole: what a restore and a load make.
struct NewDatabase: ~Copyable {
    let place: NewPlace
    private let step: Failpoint
    let store: LevelDBStore

    /// - Parameters:
    ///   - step: what is passed after each step.
    ///   - goesOn: whether what an earlier attempt left is kept; otherwise it is removed.
    /// - Throws: `StoreError` with code `.alreadyExists`, `.locked` when somebody fills it already, `.io`.
    init(_ place: NewPlace, _ step: Failpoint, goesOn: Bool = false) throws(StoreError) {
        self.place = place
        self.step = step
        if !goesOn { try NewDatabase.clear(place) }
        store = try LevelDBStore(at: place.part, options: LevelDBOptions(mode: .createIfMissing))
    }

    static func clear(_ place: NewPlace) throws(StoreError) {
        var status = stat()
        guard unsafe lstat(place.part, &status) == 0 else { return }
        do throws(StoreError) {
            try LevelDBStore.destroy(at: place.part)
        } catch {
            // Of a process that was killed before there was anything: as good as empty.
            if error.code != .notFound { throw error }
        }
    }

    /// Writes a block of entries; what was written before is on the disk by then.
    func write(_ batch: borrowing WriteBatch) throws(StoreError) {
        try store.write(batch, durability: .synced)
        step.pass()
    }

    /// Brings everything to the disk and gives the database its name.
    consuming func finish() throws(StoreError) {
        try store.close()
        step.pass()
        try place.take()
        step.pass()
    }

    /// Leaves what was written for another attempt.
    consuming func abandon() { try? store.close() }

    /// Removes what was written.
    consuming func discard() {
        try? store.close()
        try? LevelDBStore.destroy(at: place.part)
    }
}
