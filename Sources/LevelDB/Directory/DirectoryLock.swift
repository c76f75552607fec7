#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore

/// The number of this process.
func currentProcess() -> Int32 {
    getpid()
}

/// Our own lock on a directory against other processes: `flock` on the file `lvkv.lock`, which holds the
/// number of the process as text.
///
/// LevelDB's `LOCK` is never opened for this: closing any descriptor of it drops the lock that LevelDB
/// holds on it.
struct DirectoryLock: ~Copyable {
    static let fileName = "lvkv.lock"

    private let file: OpenFile
    private let process: Int32
    /// Whether the file was not there before.
    let isNew: Bool

    /// Takes the lock or fails at once.
    ///
    /// - Throws: `.locked` with the number of the process that has it.
    init(in directory: borrowing OpenFile, at place: Place) throws(StoreError) {
        let name = DirectoryLock.fileName
        while true {
            let file: OpenFile
            let isNew: Bool
            do throws(SystemFailure) {
                isNew = try directory.status(of: name) == nil
                file = try OpenFile(
                    name, in: directory, O_RDWR | O_CREAT | O_NOFOLLOW, attempt: "cannot open \(name) for writing")
            } catch {
                throw place.error(error)
            }
            guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
                let failure = SystemFailure("cannot lock \(name)")
                guard failure.number == EWOULDBLOCK else { throw place.error(.io, failure.description) }
                throw place.error(.locked, DirectoryLock.lockedMessage(holder: DirectoryLock.holder(in: file)))
            }
            // Whoever destroys a database removes the file while holding it: what we locked may be gone.
            var isCurrent = false
            do throws(SystemFailure) {
                let mine = try file.status(attempt: "cannot look at \(name)").identity
                isCurrent = try directory.status(of: name)?.identity == mine
            } catch {
                throw place.error(error)
            }
            guard isCurrent else { continue }
            // Only for the message that others read; the lock holds without it.
            ftruncate(file.number, 0)
            try? file.write(Array("\(getpid())\n".utf8), attempt: "cannot write \(name)")
            self.file = file
            self.process = getpid()
            self.isNew = isNew
            return
        }
    }

    deinit {
        // A forked child shares the lock: it must not take it from its parent.
        if process == getpid() { _ = flock(file.number, LOCK_UN) }
    }

    /// What to tell somebody who finds the directory locked.
    static func lockedMessage(holder: Int32?) -> String {
        guard let holder else { return "another process has the database open; close it there and try again" }
        return "process \(holder) has the database open; close it there and try again"
    }

    private static func holder(in file: borrowing OpenFile) -> Int32? {
        guard let bytes = try? file.read(upTo: 16, attempt: "") else { return nil }
        let digits = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return Int32(String(decoding: digits, as: UTF8.self))
    }
}
