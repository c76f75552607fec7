@testable internal import LVKV
internal import LevelDB
internal import OrderedStore

/// A dump's stream: the same whatever the pieces; its entries come back when they are written again; and of a whole one
/// neither a bit may change nor the last byte be missing.
func fuzzDumps(_ input: Span<UInt8>) {
    // Made-up frames seldom have the right checksums: with every other choice they are put right.
    let stream = input.choice & 1 == 0 ? input.rest : sealed(input.rest)
    let whole = frames(stream, [])
    let pieces = frames(stream, splits(stream.count, by: input.choice >> 1))
    require(whole == pieces, "the frames depend on the pieces: \(whole) \(pieces)")
    for case .entries(let block) in whole.frames { checkEntries(block) }
    guard whole.isWhole else { return }
    require(!frames(stream.dropLast(), []).isWhole, "a stream without its last byte is whole")
    let bit = Int(Checksum.crc32c(stream.span)) % (stream.count * 8)
    var changed = stream
    changed[bit / 8] ^= 1 << UInt8(bit % 8)
    require(!frames(changed, []).isWhole, "bit \(bit) is another, and the stream is whole")
}

private struct Frames: Equatable {
    var frames: [DumpDecoder.Frame] = []
    var damage: DumpDecoder.Damage?
    var isWhole = false
}

private func frames(_ stream: [UInt8], _ splits: [Int]) -> Frames {
    var decoder = DumpDecoder()
    var found = Frames()
    var start = 0
    for end in splits + [stream.count] {
        decoder.append(stream.span.extracting(start..<end))
        start = end
        do throws(DumpDecoder.Damage) {
            while let frame = try decoder.next() { found.frames.append(frame) }
        } catch {
            found.damage = error
            return found
        }
        require(decoder.position <= end, "more was taken apart than has come")
    }
    found.isWhole = decoder.hasEnded
    return found
}

private func checkEntries(_ bytes: [UInt8]) {
    var again = EntryBlock()
    var last: [UInt8]?
    guard let found = try? EntryBlock.forEach(in: bytes.span, after: &last, { again.append($0, $1) }) else { return }
    require(found.count == again.count && found.bytes <= bytes.count, "entries that are not there")
    var copy = EntryBlock()
    last = nil
    let second = try? EntryBlock.forEach(in: again.bytes.span, after: &last) { copy.append($0, $1) }
    require(second?.count == found.count && second?.bytes == found.bytes, "entries do not come back")
    require(copy.bytes == again.bytes, "entries do not come back")
}

/// The stream with the checksums that its frames should have.
private func sealed(_ bytes: [UInt8]) -> [UInt8] {
    let heading = DumpFormat.heading
    var stream = bytes
    var start = heading.count
    var check = Checksum.crc32c(heading.span)
    func seal(_ content: Range<Int>) {
        check = Checksum.crc32c(stream.span.extracting(content), after: check)
        var sum: [UInt8] = []
        DumpFormat.append(check, to: &sum)
        stream.replaceSubrange(content.upperBound..<content.upperBound + sum.count, with: sum)
    }
    while start + DumpFormat.headCount <= stream.count {
        let content = start + DumpFormat.headCount
        let end = content + Int(DumpFormat.number(stream.span, at: start + 1))
        seal(start..<start + 5)
        guard end + 4 <= stream.count else { break }
        seal(content..<end)
        start = end + 4
    }
    return stream
}
