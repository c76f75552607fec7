@testable import LevelDB
import OrderedStore
import StoreConformance
import Testing

/// Writes what a MANIFEST holds, by the format's description.
struct ManifestWriter {
    private(set) var bytes: [UInt8] = []

    static func varint(_ number: UInt64) -> [UInt8] {
        var rest = number
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func field(_ tag: UInt64, _ numbers: UInt64...) -> [UInt8] {
        numbers.reduce(varint(tag)) { $0 + varint($1) }
    }

    static func text(_ bytes: some Collection<UInt8>) -> [UInt8] {
        varint(UInt64(bytes.count)) + Array(bytes)
    }

    static func table(_ number: UInt64, level: UInt64 = 0, size: UInt64 = 100) -> [UInt8] {
        field(7, level, number, size) + text("a".utf8) + text("z".utf8)
    }

    /// The edit that each MANIFEST needs to be complete.
    static let start =
        varint(1) + text("leveldb.BytewiseComparator".utf8) + field(2, 4) + field(9, 0) + field(3, 7) + field(4, 99)

    /// Appends a record, in fragments where it crosses blocks.
    mutating func append(_ record: [UInt8]) {
        var rest = record[...]
        var isFirst = true
        repeat {
            let left = ManifestParser.blockSize - bytes.count % ManifestParser.blockSize
            if left < 7 {
                bytes += [UInt8](repeating: 0, count: left)
                continue
            }
            let part = rest.prefix(left - 7)
            rest = rest.dropFirst(part.count)
            let type: UInt8 = isFirst ? (rest.isEmpty ? 1 : 2) : (rest.isEmpty ? 4 : 3)
            isFirst = false
            let sum = Checksum.masked(Checksum.crc32c([type] + part))
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
            bytes += [UInt8(truncatingIfNeeded: part.count), UInt8(truncatingIfNeeded: part.count >> 8), type]
            bytes += part
        } while !rest.isEmpty || isFirst
    }
}

/// The content of a whole MANIFEST file.
func parseManifest(_ bytes: [UInt8]) throws(ManifestParser.Damage) -> Manifest {
    var parser = ManifestParser()
    var start = 0
    while true {
        let block = Array(bytes[start..<min(start + ManifestParser.blockSize, bytes.count)])
        try parser.feed(block)
        start += block.count
        if block.count < ManifestParser.blockSize { return try parser.finish() }
    }
}

@Suite("The MANIFEST file")
struct ManifestTests {
    typealias Writer = ManifestWriter

    @Test("CRC-32C is the published one")
    func checksum() {
        // RFC 3720, appendix B.4, and the well-known check value.
        #expect(Checksum.crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(Checksum.crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(Checksum.crc32c(0..<32) == 0x46DD_794E)
        #expect(Checksum.crc32c("123456789".utf8) == 0xE306_9283)
    }

    @Test("edits add up: later numbers hold, deleted tables are gone, moved ones stay")
    func edits() throws {
        var writer = Writer()
        writer.append(Writer.start + Writer.table(5) + Writer.table(6, size: 60))
        writer.append(Writer.field(6, 0, 5) + Writer.table(8, level: 1, size: 80) + Writer.field(2, 9))
        // A move to another level is a deletion and an addition in one edit.
        writer.append(Writer.field(6, 0, 6) + Writer.table(6, level: 2, size: 60) + Writer.field(3, 12))
        writer.append(Writer.field(5, 1) + Writer.text("key".utf8))
        let manifest = try parseManifest(writer.bytes)
        #expect(manifest.comparator == "leveldb.BytewiseComparator")
        #expect(manifest.logNumber == 9)
        #expect(manifest.nextFileNumber == 12)
        #expect(manifest.lastSequence == 99)
        #expect(manifest.tables == [8: .init(level: 1, size: 80), 6: .init(level: 2, size: 60)])
    }

    @Test("records of any length are read, over as many blocks as they need")
    func fragments() throws {
        // Around each edge: a header that fits exactly, one that does not, and several blocks.
        for filler in [0, 1, 32_600, 32_610, 32_616, 32_617, 32_618, 32_619, 32_620, 32_630, 70_000, 200_000] {
            var writer = Writer()
            writer.append(Writer.start)
            writer.append(Writer.field(5, 0) + Writer.text([UInt8](repeating: 7, count: filler)))
            writer.append(Writer.table(10))
            writer.append(Writer.table(11))
            let tables = try parseManifest(writer.bytes).tables
            #expect(tables.keys.sorted() == [10, 11], "filler \(filler)")
        }
    }

    @Test("a file that is cut anywhere holds the edits before the cut, or is refused when there is none")
    func cut() throws {
        var writer = Writer()
        writer.append(Writer.start)
        var ends: [(bytes: Int, tables: Int)] = [(writer.bytes.count, 0)]
        for number in 10..<40 {
            writer.append(Writer.table(UInt64(number)))
            ends.append((writer.bytes.count, ends.count))
        }
        for count in 0...writer.bytes.count {
            let whole = ends.last { $0.bytes <= count }
            let tables = try? parseManifest(Array(writer.bytes[..<count])).tables.count
            #expect(tables == whole?.tables, "cut to \(count) bytes")
        }
    }

    @Test("a flipped bit anywhere is damage, or leaves the edits before a cut")
    func flipped() throws {
        var writer = Writer()
        writer.append(Writer.start)
        for number in 10..<14 { writer.append(Writer.table(UInt64(number))) }
        for index in writer.bytes.indices {
            for bit in 0..<8 {
                var bytes = writer.bytes
                bytes[index] ^= 1 << UInt8(bit)
                // A length that reaches beyond the end is a cut; nothing else may pass.
                if let manifest = try? parseManifest(bytes) {
                    #expect(manifest.tables.count < 4, "bit \(bit) of byte \(index)")
                }
            }
        }
    }

    @Test("zeros at the end are room that was not written; zeros before records are damage")
    func zeros() throws {
        var writer = Writer()
        writer.append(Writer.start + Writer.table(5))
        let room = writer.bytes + [UInt8](repeating: 0, count: 5000)
        #expect(try parseManifest(room).tables.count == 1)
        #expect(throws: ManifestParser.Damage.self) { try parseManifest(room + writer.bytes) }
    }

    @Test("a field of another engine's is refused by its number")
    func unknownField() {
        var writer = Writer()
        writer.append(Writer.start + Writer.field(103, 1))
        do {
            _ = try parseManifest(writer.bytes)
            Issue.record("the field was accepted")
        } catch {
            #expect(error.reason.contains("103"))
        }
    }

    @Test("an edit with numbers or lengths that lie is refused")
    func lyingEdits() {
        let edits: [[UInt8]] = [
            [0x02], [0x02, 0x80], [0x02] + [UInt8](repeating: 0xFF, count: 10),
            Writer.field(1, .max), Writer.field(1, 1 << 40) + [1, 2, 3], Writer.field(6, 7, 1), Writer.field(7, 0, 1),
            Writer.field(7, .max, 1, 1), Writer.field(7, 0, 1, 1) + Writer.text("a".utf8) + [0x05],
        ]
        for edit in edits {
            var writer = Writer()
            writer.append(Writer.start + edit)
            #expect(throws: ManifestParser.Damage.self, "\(edit)") { try parseManifest(writer.bytes) }
        }
    }

    @Test("random bytes are an error or a value", arguments: 0..<8)
    func randomBytes(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<2000 {
            var writer = Writer()
            writer.append(Writer.start)
            // Under a good checksum, so that the edits' reader sees the noise.
            let noise = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                UInt8.random(in: 0...(Bool.random(using: &generator) ? 9 : 255), using: &generator)
            }
            writer.append(noise)
            var bytes = writer.bytes
            if Bool.random(using: &generator) {
                bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            if (try? parseManifest(bytes)) != nil { accepted += 1 }
        }
        #expect(accepted < 2000, "seed \(seed)")
    }

    @Test("what LevelDB wrote is read as LevelDB reads it")
    func realManifest() throws {
        let directory = TemporaryDirectory()
        var options = LevelDBOptions(mode: .createIfMissing)
        options.writeBufferSize = 64 << 10
        let store = try LevelDBStore(at: directory.path, options: options)
        for index in 0..<20_000 { try store.put("key\(index &* 7919 % 20_000)", "value of key \(index)") }
        try store.compact()
        let files = try store.statistics().files
        try store.close()
        let names = try directory.names()
        let manifests = names.filter { $0.hasPrefix("MANIFEST-") }
        #expect(manifests.count == 1)
        let manifest = try parseManifest(directory.read(manifests[0]))
        #expect(manifest.comparator == "leveldb.BytewiseComparator")
        #expect(manifest.lastSequence ?? 0 >= 20_000)
        #expect(manifest.tables.count == files)
        for (number, table) in manifest.tables {
            let size = try directory.read("\(DatabaseFile.digits(number)).ldb").count
            #expect(UInt64(size) == table.size)
        }
    }
}
