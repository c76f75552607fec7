/// What a MANIFEST says about its database: the sum of its edits.
///
/// Format: LevelDB's `doc/impl.md` and `db/version_edit.cc`. Each edit is a run of tagged fields, numbers
/// as varints.
struct Manifest: Equatable {
    struct Table: Equatable {
        var level: UInt32
        var size: UInt64
    }

    /// Why an edit could not be read.
    struct Damage: Error, Equatable {
        let reason: String
    }

    private(set) var comparator: String?
    /// Logs from this number on hold what is in no table yet; 0 in a database that was never opened.
    private(set) var logNumber: UInt64?
    /// One more log in use; only very old versions of LevelDB wrote other than 0.
    private(set) var previousLogNumber: UInt64 = 0
    private(set) var nextFileNumber: UInt64?
    private(set) var lastSequence: UInt64?
    /// The live tables by their number.
    private(set) var tables: [UInt64: Table] = [:]

    private static let levelCount: UInt32 = 7

    /// Applies one edit.
    mutating func apply(_ edit: [UInt8]) throws(Damage) {
        var reader = EditReader(edit)
        while !reader.isAtEnd {
            switch try reader.tag() {
            case 1: comparator = String(decoding: try reader.bytes("comparator"), as: UTF8.self)
            case 2: logNumber = try reader.number("log number")
            case 3: nextFileNumber = try reader.number("next file number")
            case 4: lastSequence = try reader.number("last sequence")
            case 5:
                _ = try Manifest.level(&reader)
                _ = try reader.bytes("compaction key")
            case 6:
                let level = try Manifest.level(&reader)
                let number = try reader.number("deleted file")
                if tables[number]?.level == level { tables[number] = nil }
            case 7:
                let level = try Manifest.level(&reader)
                let number = try reader.number("new file")
                let size = try reader.number("file size")
                _ = try reader.bytes("smallest key")
                _ = try reader.bytes("largest key")
                tables[number] = Table(level: level, size: size)
            case 9: previousLogNumber = try reader.number("previous log number")
            case let tag:
                throw Damage(reason: "it holds a field of unknown kind \(tag), as other engines than LevelDB write")
            }
        }
    }

    private static func level(_ reader: inout EditReader) throws(Damage) -> UInt32 {
        let level = try reader.number("level")
        guard level < UInt64(levelCount) else { throw Damage(reason: "level \(level) is out of range") }
        return UInt32(level)
    }
}

/// Reads an edit's fields, each with bounds checks.
private struct EditReader {
    private let edit: [UInt8]
    private var position = 0

    init(_ edit: [UInt8]) {
        self.edit = edit
    }

    var isAtEnd: Bool { position == edit.count }

    mutating func tag() throws(Manifest.Damage) -> UInt64 {
        try number("tag")
    }

    /// A varint of at most 64 bits.
    mutating func number(_ field: String) throws(Manifest.Damage) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while position < edit.count, shift < 64 {
            let byte = edit[position]
            position += 1
            if shift == 63 && byte > 1 { break }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
        }
        throw Manifest.Damage(reason: "the field '\(field)' is cut or too large")
    }

    /// Bytes after their count.
    mutating func bytes(_ field: String) throws(Manifest.Damage) -> ArraySlice<UInt8> {
        let count = try number(field)
        guard count <= UInt64(edit.count - position) else {
            throw Manifest.Damage(reason: "the field '\(field)' is longer than its record")
        }
        let end = position + Int(count)
        defer { position = end }
        return edit[position..<end]
    }
}
