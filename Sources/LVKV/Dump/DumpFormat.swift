internal import LevelDB
internal import OrderedStore

/// The stream that `dump` writes and `load` reads. Format 1:
///
///     lvkv-dump 1⏎                the format; twelve bytes
///     frame, frame, …             each: its type (a byte), the length of its content (four bytes, the most significant
///                                 first), a checksum of these five, the content, a checksum of the content
///
/// | type | content |
/// |---|---|
/// | `H` | the first: lines `id`, `created-by`, `created` |
/// | `E` | entries (see ``EntryBlock``); keys rise from the first to the last of the stream |
/// | `Z` | the last: lines `blocks`, `entries`, `bytes` with the numbers of all there were |
///
/// Checksums are CRC-32C in four bytes, the most significant first, and each goes on from the one before it. So a frame
/// that is missing, doubled or elsewhere is found as a changed bit is.
enum DumpFormat {
    static let heading = Array("lvkv-dump 1\n".utf8)
    static let headingStart = Array("lvkv-dump ".utf8)
    /// A block is handed on once it has so many bytes.
    static let blockBytes = 1 << 20
    /// Type, length and their checksum.
    static let headCount = 9

    enum FrameType: UInt8 {
        case header = 0x48
        case entries = 0x45
        case end = 0x5A
    }

    static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    static func number(_ bytes: Span<UInt8>, at start: Int) -> UInt32 {
        var number: UInt32 = 0
        for index in start..<start + 4 { number = number << 8 | UInt32(bytes[index]) }
        return number
    }

    /// The lines of a header or an end, by their first words.
    static func lines(_ content: Span<UInt8>) -> [String: String] {
        var lines: [String: String] = [:]
        for line in String(decoding: content.array, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { lines[String(words[0])] = String(words[1]) }
        }
        return lines
    }
}

/// Puts frames together.
struct DumpEncoder {
    /// The last checksum.
    private var check: UInt32

    /// - Parameter heading: what the stream begins with.
    init(after heading: [UInt8]) { check = Checksum.crc32c(heading.span) }

    mutating func append(_ type: DumpFormat.FrameType, _ content: Span<UInt8>, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(type.rawValue)
        DumpFormat.append(UInt32(content.count), to: &bytes)
        check = Checksum.crc32c(bytes.span.extracting(start..<start + 5), after: check)
        DumpFormat.append(check, to: &bytes)
        bytes.append(copying: content)
        check = Checksum.crc32c(content, after: check)
        DumpFormat.append(check, to: &bytes)
    }
}
