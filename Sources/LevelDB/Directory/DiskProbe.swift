#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Tries, beside an open database, what opening it again takes.
enum DiskProbe {
    static let fileName = "lvkv.probe"
    static let temporaryName = "lvkv.probe.tmp"

    /// Creates a file in `directory`, sets `room` bytes aside in it, writes and syncs some, renames it as LevelDB renames
    /// CURRENT, and removes it.
    ///
    /// - Throws: what the disk still refuses.
    static func run(in directory: borrowing OpenFile, room: Int) throws(SystemFailure) {
        let attempt = "the disk still refuses a file of \(room) bytes"
        do throws(SystemFailure) {
            let file = try OpenFile(
                temporaryName, in: directory, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, attempt: attempt)
            try file.allocate(room, attempt: attempt)
            try file.write([UInt8](repeating: UInt8(ascii: "p"), count: 4_096), attempt: attempt)
            try file.sync(attempt: attempt)
            let number = directory.number
            guard unsafe renameat(number, temporaryName, number, fileName) == 0 else { throw SystemFailure(attempt) }
            try directory.sync(attempt: attempt)
        } catch {
            clean(directory)
            throw error
        }
        try directory.remove(fileName)
    }

    /// Removes what a process that was killed left.
    static func clean(_ directory: borrowing OpenFile) {
        try? directory.remove(temporaryName)
        try? directory.remove(fileName)
    }
}
