internal import KeySchemas
internal import OrderedStore

/// What a backup holds: the file `lvkv.backup` in its directory, written last.
///
/// Format 1, lines of text:
///
///     lvkv-backup 1
///     id 6f1d…                       32 hex digits, random
///     created-by lvkv 0.1.0
///     created 20240131T235959.123Z
///     content 12345 678900           the number of entries, and the bytes of their keys and values
///     stored 3 456789                how many chunks no earlier backup had, and their bytes
///     chunk HASH 4711 23             each chunk in the order of the keys: SHA-256, bytes, entries
///     sha256 HASH                    of everything before this line
///
/// In every format the first line holds the format and the last one the hash. Lines of unknown kinds are passed over.
struct BackupManifest: Equatable, Sendable {
    static let fileName = "lvkv.backup"
    static let format: UInt64 = 1

    /// Some entries whose keys follow each other, in a file of their own.
    struct Chunk: Equatable, Sendable {
        static let suffix = ".chunk"
        /// SHA-256 of the file, in hex digits.
        var hash: String
        var bytes: Int
        var entries: Int

        var fileName: String { hash + Chunk.suffix }
    }

    var id: String
    var createdBy: String
    var created: Timestamp
    var entries = 0
    var bytes = 0
    var newChunks = 0
    var newBytes = 0
    var chunks: [Chunk] = []

    init(created: Timestamp) {
        id = BackupManifest.newID()
        createdBy = "lvkv \(lvkvVersion)"
        self.created = created
    }

    /// 32 random hex digits.
    static func newID() -> String {
        (0..<16).map { _ in UInt8.random(in: 0...255) }.hexDigits
    }

    /// The manifest as the bytes of its file.
    var text: [UInt8] {
        var text = """
            lvkv-backup \(BackupManifest.format)
            id \(id)
            created-by \(createdBy)
            created \(created)
            content \(entries) \(bytes)
            stored \(newChunks) \(newBytes)

            """
        for chunk in chunks { text += "chunk \(chunk.hash) \(chunk.bytes) \(chunk.entries)\n" }
        let body = Array(text.utf8)
        return body + Array("sha256 \(SHA256.hash(body.span).hexDigits)\n".utf8)
    }

    /// Why a manifest could not be read.
    enum Unreadable: Error, Equatable {
        case damaged(String)
        case newer(format: UInt64, by: String)
    }

    init(_ file: [UInt8]) throws(Unreadable) {
        guard file.last == UInt8(ascii: "\n"), let start = file.dropLast().lastIndex(of: UInt8(ascii: "\n")) else {
            throw .damaged("it is cut")
        }
        let body = file.span.extracting(first: start + 1)
        guard file[(start + 1)...].elementsEqual("sha256 \(SHA256.hash(body).hexDigits)\n".utf8) else {
            throw .damaged("its hash does not match")
        }
        let lines = file[...start].split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1).map(String.init)
        }
        guard let first = lines.first, first.count == 2, first[0] == "lvkv-backup", let format = UInt64(first[1]) else {
            throw .damaged("its first line names no format")
        }
        func value(_ name: String) -> String? { lines.first { $0.count == 2 && $0[0] == name }?[1] }
        guard format == BackupManifest.format else {
            throw .newer(format: format, by: value("created-by") ?? "another program")
        }
        func numbers(_ name: String) throws(Unreadable) -> (Int, Int) {
            let words = (value(name) ?? "").split(separator: " ").compactMap { Int($0) }
            guard words.count == 2, words.allSatisfy({ $0 >= 0 }) else {
                throw .damaged("its line '\(name)' is malformed")
            }
            return (words[0], words[1])
        }
        guard let id = value("id"), let time = value("created").flatMap({ Timestamp($0) }) else {
            throw .damaged("it does not say when it was made")
        }
        self.init(created: time)
        self.id = id
        createdBy = value("created-by") ?? ""
        (entries, bytes) = try numbers("content")
        (newChunks, newBytes) = try numbers("stored")
        for line in lines where line.count == 2 && line[0] == "chunk" {
            let words = line[1].split(separator: " ")
            guard words.count == 3, words[0].utf8.count == 64, let bytes = Int(words[1]), let entries = Int(words[2]),
                words[0].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else { throw .damaged("one of its chunks is malformed") }
            chunks.append(Chunk(hash: String(words[0]), bytes: bytes, entries: entries))
        }
    }
}

extension [UInt8] {
    /// Two hex digits a byte.
    var hexDigits: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * count)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
