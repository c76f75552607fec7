#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import LevelDB
internal import OrderedStore

/// The place of a directory that is made aside, as `NAME.part`, and takes its name when it is whole.
struct NewPlace: Sendable {
    static let suffix = ".part"

    let operation: String
    let path: String
    /// Where it is made.
    var part: String { path + NewPlace.suffix }

    /// - Throws: `.alreadyExists` when there is something at `path`.
    init(_ path: String, for operation: String) throws(StoreError) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        self.operation = operation
        if path.isEmpty { throw error(.invalidArgument, "the path is empty; name a new directory") }
        if path.utf8.contains(0) { throw error(.invalidArgument, "the path has a NUL byte in it") }
        try requireFree()
    }

    private func requireFree() throws(StoreError) {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 else {
            throw error(.alreadyExists, "there is something of that name already; choose another or remove it")
        }
    }

    func error(_ code: StoreError.Code, _ message: String) -> StoreError {
        StoreError(code, operation: operation, path: path, message: message)
    }

    /// Runs `body` and turns a failure of the operating system into an error of this operation.
    func run<Result: ~Copyable>(_ body: () throws(SystemFailure) -> Result) throws(StoreError) -> Result {
        do throws(SystemFailure) { return try body() } catch { throw error.error(operation, path) }
    }

    /// The path of the directory that it is in.
    var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Gives the directory, which is whole and on the disk, its name.
    func take() throws(StoreError) {
        try requireFree()
        try run { () throws(SystemFailure) in
            guard unsafe rename(part, path) == 0 else { throw SystemFailure("\(part) cannot take its name") }
            let attempt = "cannot sync the directory \(parent)"
            try OpenFile(path: parent, O_RDONLY | O_DIRECTORY, attempt: attempt).sync(attempt: attempt)
        }
    }
}

/// A directory of files that nobody else works on: locked while this lives.
struct LockedDirectory: ~Copyable {
    let directory: OpenFile
    let path: String

    /// Locks the directory at `path`.
    ///
    /// - Returns: `nil` when somebody else works on it.
    static func lock(_ path: String) throws(SystemFailure) -> LockedDirectory? {
        let directory = try OpenFile(
            path: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, attempt: "cannot open the directory \(path)")
        guard flock(directory.number, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw SystemFailure("cannot lock the directory \(path)")
        }
        return LockedDirectory(directory: directory, path: path)
    }

    /// Removes the directory with the files in it that a backup is made of.
    consuming func remove() throws(SystemFailure) {
        // Without its manifest it is no backup any more, whatever happens next.
        try directory.remove(BackupManifest.fileName)
        for name in try directory.names() where name.hasSuffix(BackupManifest.Chunk.suffix) {
            try directory.remove(name)
        }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else {
            throw SystemFailure("cannot remove the directory \(path)")
        }
    }
}
