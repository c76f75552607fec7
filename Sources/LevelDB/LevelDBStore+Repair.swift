#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
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

    /// Copies a database's files, however damaged they are, into a directory that is there, and brings them to the disk.
    /// The database must not be open; nothing of it is changed.
    ///
    /// - Returns: the files that could not be read, each with the system's words.
    /// - Throws: `StoreError`: `.notFound`, `.locked`, `.notSupported` for a newer format, `.io` when the copy cannot be
    ///   written.
    package static func copyFiles(at path: String, to target: String) throws(StoreError) -> [String] {
        let hold = try DirectoryHold.acquire(path, for: .repair)
        defer { hold.release(closed: false) }
        let place = Place(operation: "repair", path: hold.path)
        return try place.run { () throws(SystemFailure) in
            let attempt = "cannot open the directory"
            let source = try OpenFile(path: hold.path, O_RDONLY | O_DIRECTORY, attempt: attempt)
            let copy = try OpenFile(path: target, O_RDONLY | O_DIRECTORY, attempt: attempt)
            var unread: [String] = []
            // MANIFEST and CURRENT come first: a copy that was cut short is known for one.
            for name in try source.names().sorted(by: >) where DatabaseFile(name: name).isData {
                if let failure = try LevelDBStore.copy(name, from: source, to: copy) { unread.append("\(failure)") }
            }
            try copy.sync(attempt: "cannot sync the directory \(target)")
            return unread
        }
    }

    /// - Returns: why not all of the file could be read.
    private static func copy(
        _ name: String, from source: borrowing OpenFile, to target: borrowing OpenFile
    ) throws(SystemFailure) -> SystemFailure? {
        let attempt = "cannot write the copy of \(name)"
        let copy = try OpenFile(name, in: target, O_WRONLY | O_CREAT | O_EXCL, attempt: attempt)
        var failure: SystemFailure?
        do throws(SystemFailure) {
            let file = try OpenFile(name, in: source, O_RDONLY, attempt: "cannot read \(name)")
            while true {
                let bytes = try file.read(upTo: 1 << 20, attempt: "cannot read all of \(name)")
                if bytes.isEmpty { break }
                try copy.write(bytes, attempt: attempt)
            }
        } catch {
            // A copy that cannot be written is another matter.
            if error.attempt == attempt { throw error }
            failure = error
        }
        try copy.sync(attempt: attempt)
        return failure
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
