internal import LevelDB
internal import OrderedStore

/// Takes a dump's stream apart: bytes in, frames out. Reads nothing itself, and sets no memory aside by what the stream
/// says: only for what has come.
package struct DumpDecoder {
    /// Why the stream is none.
    package struct Damage: Error, Hashable {
        /// The byte of the stream that it is about.
        package let offset: Int
        package let reason: String
        /// The format, when it is a newer one.
        package var newerFormat: String?
    }

    package enum Frame: Equatable {
        case header(id: String, createdBy: String, created: String)
        case entries([UInt8])
        /// Everything has come.
        case end(blocks: Int, entries: Int, bytes: Int)
    }

    private enum State { case heading, header, blocks, ended }

    private var state = State.heading
    private var buffer: [UInt8] = []
    private var start = 0
    /// The stream's bytes before ``buffer``'s start.
    private var offset = 0
    /// The last checksum: it covers everything that was taken apart.
    package private(set) var check: UInt32 = 0
    /// How many blocks of entries were taken apart.
    package private(set) var blocks = 0

    package init() {}

    /// The byte of the stream that is looked at next.
    package var position: Int { offset + start }

    /// Whether the last frame has come.
    package var hasEnded: Bool { state == .ended }

    /// Adds what has come.
    package mutating func append(_ bytes: Span<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            offset += start
            start = 0
        }
        buffer.append(copying: bytes)
    }

    /// The next frame; `nil` when it has not come as a whole.
    ///
    /// - Throws: ``Damage``; the decoder is of no use then.
    package mutating func next() throws(Damage) -> Frame? {
        if state == .heading {
            guard try takeHeading() else { return nil }
            state = .header
        }
        let left = buffer.count - start
        if state == .ended {
            guard left == 0 else { throw damage("something follows the end of the dump") }
            return nil
        }
        guard left >= DumpFormat.headCount else { return nil }
        let head = Array(buffer[start..<start + DumpFormat.headCount])
        let headCheck = Checksum.crc32c(head.span.extracting(first: 5), after: check)
        guard DumpFormat.number(head.span, at: 5) == headCheck else {
            throw damage("the beginning of a frame is damaged, or frames are missing before it")
        }
        guard let type = DumpFormat.FrameType(rawValue: head[0]) else { throw damage("a frame of an unknown type") }
        let count = Int(DumpFormat.number(head.span, at: 1))
        guard left - DumpFormat.headCount - 4 >= count else { return nil }
        let contentStart = start + DumpFormat.headCount
        let content = Array(buffer[contentStart..<contentStart + count])
        let contentCheck = Checksum.crc32c(content.span, after: headCheck)
        guard DumpFormat.number(buffer.span, at: contentStart + count) == contentCheck else {
            throw damage("the checksum of a frame does not match")
        }
        let frame = try frame(type, content)
        check = contentCheck
        start = contentStart + count + 4
        switch type {
        case .header: state = .blocks
        case .entries: blocks += 1
        case .end: state = .ended
        }
        return frame
    }

    private mutating func takeHeading() throws(Damage) -> Bool {
        let expected = DumpFormat.heading
        let common = Swift.min(buffer.count, expected.count)
        if buffer[..<common] == expected[..<common] {
            guard common == expected.count else { return false }
            start = expected.count
            check = Checksum.crc32c(expected.span)
            return true
        }
        let prefix = DumpFormat.headingStart
        guard buffer.starts(with: prefix) else { throw damage("this is no dump of lvkv's") }
        let word = buffer[prefix.count...].prefix { $0 != UInt8(ascii: "\n") }.prefix(20)
        guard !word.isEmpty, word.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw damage("this is no dump of lvkv's")
        }
        // More digits of it may come.
        if word.count < 20 && word.endIndex == buffer.count { return false }
        throw Damage(
            offset: 0, reason: "the dump has another format", newerFormat: String(decoding: word, as: UTF8.self))
    }

    private func frame(_ type: DumpFormat.FrameType, _ content: [UInt8]) throws(Damage) -> Frame {
        switch (type, state) {
        case (.header, .header):
            let lines = DumpFormat.lines(content.span)
            guard let id = lines["id"], !id.isEmpty else { throw damage("the header names no dump") }
            return .header(id: id, createdBy: lines["created-by"] ?? "", created: lines["created"] ?? "")
        case (.entries, .blocks):
            return .entries(content)
        case (.end, .blocks):
            let lines = DumpFormat.lines(content.span)
            guard let blocks = lines["blocks"].flatMap({ Int($0) }),
                let entries = lines["entries"].flatMap({ Int($0) }),
                let bytes = lines["bytes"].flatMap({ Int($0) })
            else { throw damage("the end does not say how much there was") }
            guard blocks == self.blocks else { throw damage("\(self.blocks) blocks of \(blocks) have come") }
            return .end(blocks: blocks, entries: entries, bytes: bytes)
        default:
            throw damage("a frame where it should not be")
        }
    }

    private func damage(_ reason: String) -> Damage { Damage(offset: position, reason: reason) }
}
