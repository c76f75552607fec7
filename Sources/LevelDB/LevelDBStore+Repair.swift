public import OrderedStore

extension LevelDBStore {
    /// Makes a damaged database openable again from whatever tables and logs can be read.
    ///
    /// The last resort: what cannot be read is gone from the database, older versions of overwritten or deleted
    /// keys may come back, and a batch that was damaged in the log is lost. LevelDB moves the files that it has
    /// replaced to the folder `lost` in the directory. Copy the directory first, and mind that nothing that was
    /// kept outside of this database still matches.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - options: as for opening; the comparator must be the one that the database was made with.
    /// - Complexity: reads every table, and writes every log's content to a table.
    /// - Throws: `StoreError`: `.notFound` when there is no database, `.locked` when it is open anywhere,
    ///   `.invalidArgument` for another comparator, `.corruption` when nothing can be saved, `.io`.
    public static func repair(at path: String, options: LevelDBOptions = LevelDBOptions()) throws(StoreError) {
        let options = try options.validated(path)
        let hold = try DirectoryHold.acquire(path, for: .repair)
        let place = Place(operation: "repair", path: hold.path)
        let name = options.comparator?.name ?? "leveldb.BytewiseComparator"
        if let comparator = hold.comparator, comparator != name {
            hold.release(closed: false)
            throw place.error(
                .invalidArgument,
                "the database was made with the comparator \(comparator) and \(name) was given; repair it with its own")
        }
        do throws(StoreError) {
            try hold.willRepair()
        } catch {
            hold.release(closed: false)
            throw error
        }
        if let failure = RawDatabase.repair(hold.path, RawOptions(options, creates: false)) {
            hold.release(closed: false)
            throw StoreError(levelDB: failure, operation: place.operation, path: place.path)
        }
        if let failure = hold.release(closed: true) { throw failure }
    }

    /// Deletes the database in the directory at `path`, and the directory if nothing else is in it. Files that
    /// are neither LevelDB's nor lvkv's stay.
    ///
    /// - Complexity: O(*n*) in the number of files.
    /// - Throws: `StoreError`: `.notFound` when there is no database, `.locked` when it is open anywhere, `.io`
    ///   when files could not be removed: call it again when the cause is gone.
    public static func destroy(at path: String) throws(StoreError) {
        let hold = try DirectoryHold.acquire(path, for: .destroy)
        if let failure = RawDatabase.destroy(hold.path, RawOptions(LevelDBOptions(), creates: false)) {
            hold.release(closed: false)
            throw StoreError(levelDB: failure, operation: "destroy", path: hold.path)
        }
        try hold.didDestroy()
    }
}
