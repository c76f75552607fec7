/// Puts a MANIFEST together from the blocks of its file, in order. Does no input or output itself.
///
/// Format: LevelDB's `doc/log_format.md`. A file is a row of blocks of 32 KiB; a record is whole in a
/// block or in fragments over several, each with a header of 7 bytes: masked CRC-32C, length, type.
///
/// A file that ends within a record is accepted, as LevelDB does: a crash in the middle of an append
/// leaves that, and such an edit never took effect. What follows after it is damage.
struct ManifestParser {
    static let blockSize = 32768
    private static let headerSize = 7

    /// Where and why the file could not be read.
    struct Damage: Error, Equatable, CustomStringConvertible {
        let offset: UInt64
        let reason: String

        var description: String { "\(reason) (at byte \(offset))" }
    }

    private var manifest = Manifest()
    private var fragments: [UInt8]?
    private var blockStart: UInt64 = 0
    private var endedAt: UInt64?

    /// An empty file.
    init() {}

    /// Reads the next block: 32 KiB, fewer only for the file's last.
    mutating func feed(_ block: [UInt8]) throws(Damage) {
        defer { blockStart += UInt64(block.count) }
        let isLast = block.count < ManifestParser.blockSize
        var position = 0
        while block.count - position >= ManifestParser.headerSize {
            let start = position
            let header = Array(block[start..<start + ManifestParser.headerSize])
            let length = Int(header[4]) | Int(header[5]) << 8
            let type = header[6]
            if type == 0 && length == 0 {
                // Room that was reserved and not written: only the end of the file may look so.
                guard block[start...].allSatisfy({ $0 == 0 }) else {
                    throw damage(start, "zeros where a record should be")
                }
                end(at: start)
                return
            }
            if let endedAt { throw Damage(offset: endedAt, reason: "a record is cut and others follow") }
            let body = start + ManifestParser.headerSize
            guard length <= block.count - body else {
                guard isLast else { throw damage(start, "a record is longer than its block") }
                end(at: start)
                return
            }
            position = body + length
            let stored = header[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard stored == Checksum.masked(Checksum.crc32c(block[body - 1..<position])) else {
                throw damage(start, "a record's checksum does not match")
            }
            try take(block[body..<position], type: type, at: start)
        }
        if isLast && position < block.count { end(at: position) }
    }

    /// What the file said, once all blocks were read.
    consuming func finish() throws(Damage) -> Manifest {
        if manifest.nextFileNumber == nil || manifest.logNumber == nil || manifest.lastSequence == nil {
            throw Damage(offset: blockStart, reason: "it ends before its first edit is complete")
        }
        return manifest
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, type: UInt8, at start: Int) throws(Damage) {
        switch (type, fragments != nil) {
        case (1, false): try apply(Array(bytes), at: start)
        case (2, false): fragments = Array(bytes)
        case (3, true): fragments?.append(contentsOf: bytes)
        case (4, true):
            let record = (fragments ?? []) + bytes
            fragments = nil
            try apply(record, at: start)
        case (1...4, _): throw damage(start, "a record's fragments are out of order")
        default: throw damage(start, "a record has the unknown type \(type)")
        }
    }

    private mutating func apply(_ edit: [UInt8], at start: Int) throws(Damage) {
        do throws(Manifest.Damage) {
            try manifest.apply(edit)
        } catch {
            throw damage(start, error.reason)
        }
    }

    private mutating func end(at position: Int) {
        if endedAt == nil { endedAt = blockStart + UInt64(position) }
    }

    private func damage(_ position: Int, _ reason: String) -> Damage {
        Damage(offset: blockStart + UInt64(position), reason: reason)
    }
}
