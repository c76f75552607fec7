#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore

/// The end of a file of records, a log or a MANIFEST, where LevelDB judges too harshly or too mildly.
///
/// When the power goes, a file system may have written a file's length and not yet its last bytes, which are zeros
/// then. LevelDB, its checks being paranoid, refuses such a record for its checksum, and with it the whole database;
/// though nobody was told that it was written. It is cut off here.
///
/// A record that claims more bytes than the file has is the end of the file to LevelDB: a write that was stopped. Where
/// the file is as it was closed, its length is damaged, and what LevelDB would pass over was written.
struct RecordTail {
    private static let headerSize = 7
    /// What disks write at once: a torn record is zeros from a multiple of it.
    private static let sector: UInt64 = 512

    /// Where the last record begins that is not all there; `nil` when the last one ends with the file, or somewhere
    /// before is damage that LevelDB refuses.
    private var cut: UInt64?
    /// Where the record begins that is torn.
    private var torn: UInt64?

    /// Looks at a file's end, and cuts off a torn record.
    ///
    /// - Parameter closedSize: how many bytes it had when the database was last closed, by when all were on the disk; 0
    ///   when that is not known.
    /// - Complexity: O(*n*) in the file's bytes, in two passes of little work.
    /// - Throws: `.corruption` when what was closed ends within a record; `.io`.
    static func mend(
        _ name: String, closedSize: UInt64, in directory: borrowing OpenFile, at place: Place
    ) throws(StoreError) {
        let tail = try place.run { () throws(SystemFailure) in try RecordTail(name, in: directory) }
        if let cut = tail.cut, cut < closedSize {
            throw place.error(
                .corruption,
                "\(name) is damaged: a record says that it is longer than the file (at byte \(cut)), which had "
                    + "\(closedSize) bytes when it was closed; restore it, or run `lvkv repair` to go on with what can "
                    + "be read. Nothing was changed")
        }
        guard let torn = tail.torn, torn >= closedSize else { return }
        try place.run { () throws(SystemFailure) in
            let file = try OpenFile(name, in: directory, O_WRONLY, attempt: "cannot open \(name)")
            guard ftruncate(file.number, off_t(torn)) == 0 else {
                throw SystemFailure("cannot cut the torn record off \(name)")
            }
            try file.sync(attempt: "cannot sync \(name)")
        }
    }

    private init(_ name: String, in directory: borrowing OpenFile) throws(SystemFailure) {
        let zeros = try RecordTail.zeros(name, in: directory)
        let file = try OpenFile(name, in: directory, O_RDONLY, attempt: "cannot open \(name)")
        var start: UInt64 = 0
        while true {
            let block = try file.read(upTo: ManifestParser.blockSize, attempt: "cannot read \(name)")
            guard walk(block, at: start, zeros: zeros), block.count == ManifestParser.blockSize else { return }
            start += UInt64(block.count)
        }
    }

    /// From which sector on the file is all zeros; its length, or beyond, when it is nowhere.
    private static func zeros(_ name: String, in directory: borrowing OpenFile) throws(SystemFailure) -> UInt64 {
        let file = try OpenFile(name, in: directory, O_RDONLY, attempt: "cannot open \(name)")
        var end: UInt64 = 0
        var start: UInt64 = 0
        while true {
            let block = try file.read(upTo: ManifestParser.blockSize, attempt: "cannot read \(name)")
            if let last = block.lastIndex(where: { $0 != 0 }) { end = start + UInt64(last) + 1 }
            start += UInt64(block.count)
            if block.count < ManifestParser.blockSize { break }
        }
        return (end + sector - 1) / sector * sector
    }

    /// Walks over a block's records.
    ///
    /// - Returns: whether it is worth going on.
    private mutating func walk(_ block: [UInt8], at start: UInt64, zeros: UInt64) -> Bool {
        var position = 0
        while block.count - position >= RecordTail.headerSize {
            let body = position + RecordTail.headerSize
            let length = Int(block[position + 4]) | Int(block[position + 5]) << 8
            // Room that was never written: LevelDB passes over the rest of the block.
            if block[position + 6] == 0 && length == 0 { return true }
            guard length <= block.count - body else {
                if block.count < ManifestParser.blockSize { cut = start + UInt64(position) }
                return false
            }
            let end = body + length
            if start + UInt64(end) > zeros {
                // The sum as it is stored, its lowest byte first.
                let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(block[position + $1]) << (8 * UInt32($1)) }
                if stored != Checksum.masked(Checksum.crc32c(block[(body - 1)..<end])) {
                    torn = start + UInt64(position)
                    return false
                }
            }
            position = end
        }
        if block.count < ManifestParser.blockSize && position < block.count { cut = start + UInt64(position) }
        return true
    }
}
