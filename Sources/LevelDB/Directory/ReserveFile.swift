#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Room on the disk that is kept for opening the database again: LevelDB then writes what is in its logs into tables.
///
/// A file of ours that nobody reads. Not synchronised: its user lets one thread at it at a time.
struct ReserveFile: ~Copyable {
    static let fileName = "lvkv.reserve"

    /// How many bytes it keeps.
    private(set) var byteCount: Int

    /// Takes over what is in `directory`.
    init(in directory: borrowing OpenFile) {
        byteCount = (try? directory.status(of: ReserveFile.fileName)).flatMap { $0 }.map { Int(clamping: $0.size) } ?? 0
    }

    /// Makes it keep at least `count` bytes.
    ///
    /// - Throws: when there is no room; then it keeps what it kept.
    mutating func grow(to count: Int, in directory: borrowing OpenFile) throws(SystemFailure) {
        guard count > byteCount else { return }
        let attempt = "cannot set \(count) bytes aside in \(ReserveFile.fileName)"
        let file = try OpenFile(
            ReserveFile.fileName, in: directory, O_RDWR | O_CREAT | O_NOFOLLOW, attempt: attempt)
        do throws(SystemFailure) {
            try file.allocate(count, attempt: attempt)
        } catch {
            if byteCount > 0 { file.truncate(to: byteCount) } else { try? directory.remove(ReserveFile.fileName) }
            throw error
        }
        byteCount = count
    }

    /// Gives the room free.
    mutating func release(in directory: borrowing OpenFile) throws(SystemFailure) {
        try directory.remove(ReserveFile.fileName)
        byteCount = 0
    }
}
