#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore
internal import Synchronization

/// Where a database's directory is, or is to be made: its one real path, whatever way it was spelled.
final class DirectoryTarget: Sendable {
    /// Absolute, without symbolic links, `.` and `..`.
    let path: String
    private let exists: Bool
    /// The directories that were made on the way, outermost first.
    private let made: Mutex<[String]>

    /// Finds the real path, and makes missing parents where `use` says so.
    ///
    /// - Throws: `.notFound` when there is nothing and nothing is to be made; `.invalidArgument` when the path
    ///   cannot be a directory's; `.io`.
    init(_ path: String, for use: DirectoryUse) throws(StoreError) {
        let place = Place(operation: use.operation, path: path)
        if path.isEmpty { throw place.error(.invalidArgument, "the path is empty; name a directory") }
        if path.utf8.contains(0) { throw place.error(.invalidArgument, "the path has a NUL byte in it") }

        if let real = DirectoryTarget.realPath(path) {
            let status = try place.run { () throws(SystemFailure) in try FileStatus(path: real) }
            guard status.isDirectory else {
                throw place.error(.invalidArgument, "this is a file; a database is a directory")
            }
            self.path = real
            exists = true
            made = Mutex([])
            return
        }
        let failure = SystemFailure("cannot find the directory")
        guard failure.number == ENOENT else { throw place.error(failure) }
        guard case .open(createIfMissing: true, _, let createParents) = use else {
            throw place.error(.notFound, "there is no such directory; create the database, or check the path")
        }

        var (parent, name) = DirectoryTarget.split(path)
        if name.isEmpty || name == "." || name == ".." {
            throw place.error(.invalidArgument, "the path does not end in a name for the new directory")
        }
        if parent.isEmpty { parent = "." }
        var made: [String] = []
        if createParents {
            made = try place.run { () throws(SystemFailure) in try DirectoryTarget.makeParents(parent) }
        }
        guard let realParent = DirectoryTarget.realPath(parent) else {
            let failure = SystemFailure("cannot find the directory's parent \(parent)")
            guard failure.number == ENOENT else { throw place.error(failure) }
            throw place.error(.notFound, "the directory's parent \(parent) does not exist; create it first")
        }
        self.path = realParent == "/" ? "/" + name : realParent + "/" + name
        exists = false
        self.made = Mutex(made)
    }

    /// Makes the directory if it was missing.
    func make() throws(SystemFailure) {
        if exists { return }
        guard unsafe mkdir(path, 0o755) == 0 else {
            let failure = SystemFailure("cannot create the directory")
            // Somebody else was quicker: then it is theirs to remove.
            if failure.number == EEXIST, (try? FileStatus(path: path))?.isDirectory == true { return }
            throw failure
        }
        made.withLock { $0.append(path) }
    }

    /// Makes the new directories' names survive a loss of power.
    func syncParents() throws(SystemFailure) {
        for directory in made.withLock({ $0 }) {
            let (parent, _) = DirectoryTarget.split(directory)
            let attempt = "cannot sync the directory \(parent)"
            try OpenFile(path: parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY, attempt: attempt)
                .sync(attempt: attempt)
        }
    }

    /// Removes the directories that were made, as far as they are empty.
    func removeWhatWasMade() {
        made.withLock { made in
            while let last = made.popLast() { _ = unsafe rmdir(last) }
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// The part before the last name, and that name; slashes at the end do not count.
    private static func split(_ path: String) -> (parent: String, name: String) {
        let slash = UInt8(ascii: "/")
        var bytes = Array(path.utf8)[...]
        while bytes.count > 1 && bytes.last == slash { bytes = bytes.dropLast() }
        guard let last = bytes.lastIndex(of: slash) else { return ("", String(decoding: bytes, as: UTF8.self)) }
        let parent = last == bytes.startIndex ? bytes[...last] : bytes[..<last]
        return (String(decoding: parent, as: UTF8.self), String(decoding: bytes[(last + 1)...], as: UTF8.self))
    }

    private static func makeParents(_ path: String) throws(SystemFailure) -> [String] {
        if unsafe access(path, F_OK) == 0 { return [] }
        let (parent, _) = split(path)
        var made = parent.isEmpty || parent == path ? [] : try makeParents(parent)
        if unsafe mkdir(path, 0o755) == 0 {
            made.append(path)
        } else if errno != EEXIST {
            let failure = SystemFailure("cannot create the directory \(path)")
            while let last = made.popLast() { _ = unsafe rmdir(last) }
            throw failure
        }
        return made
    }
}
