import Foundation
@testable import LevelDB
import OrderedStore
import Testing

/// What LevelDB does to a directory that is not whole, or not its own alone, and that the store does not let it.
@Suite("Hazards of LevelDB: damaged and incomplete directories")
struct HazardTests {
    let directory = TemporaryDirectory()
    static let keyCount = 4000

    /// A database with tables and a log, as it was when it was closed.
    func fill(compact: Bool = true) throws {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.writeBufferSize = 64 << 10
        options.compression = .none
        let store = try LevelDBStore(at: directory.path, options: options)
        for index in 0..<Self.keyCount { try store.put(Self.key(index), Self.value(index)) }
        if compact { try store.compact() }
        try store.put("last", "word")
        try store.close()
    }

    func firstTable() throws -> String {
        try #require(directory.names().first { $0.hasSuffix(".ldb") })
    }

    static func key(_ index: Int) -> String { "key\(String(index + 100_000))" }
    static func value(_ index: Int) -> String { "value of \(index) " + String(repeating: "x", count: 40) }

    /// Whether all is there.
    func expectWhole(_ place: TemporaryDirectory? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let store = try openStore(place ?? directory)
        let count = try store.count()
        let last = try store.get("last")?.string
        #expect(count == Self.keyCount + 1, sourceLocation: sourceLocation)
        #expect(last == "word", sourceLocation: sourceLocation)
        try store.close()
    }

    /// Opening, also with leave to create, is refused with `codes`, and changes no file.
    func expectRefusal(
        _ codes: StoreError.Code..., by place: TemporaryDirectory? = nil, note: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let place = place ?? directory
        let before = try place.content()
        for mode in [LevelDBOptions.Mode.createIfMissing, .existing] {
            let error = failure { try openStore(place, mode).close() }
            let code = try #require(error?.code, "it was opened: \(note)", sourceLocation: sourceLocation)
            #expect(codes.contains(code), "\(note): \(error?.description ?? "")", sourceLocation: sourceLocation)
        }
        #expect(try place.content() == before, "files were changed: \(note)", sourceLocation: sourceLocation)
    }

    @Test("without CURRENT nothing is created and no table deleted; when it is back all is there")
    func currentMissing() throws {
        try fill()
        let current = try directory.read("CURRENT")
        try directory.remove("CURRENT")
        try expectRefusal(.corruption)
        for content in [
            [], Array("MANIFEST-000001".utf8), Array("MANIFEST-999999\n".utf8), Array("../x\n".utf8), [0, 10],
        ] {
            try directory.write("CURRENT", content)
            try expectRefusal(.corruption, .wentBackwards, note: "CURRENT is \(content)")
        }
        try directory.remove("CURRENT")
        try FileManager.default.createDirectory(
            atPath: directory.file("CURRENT"), withIntermediateDirectories: false)
        #expect(failure { try openStore(directory, .createIfMissing).close() } != nil)
        try directory.remove("CURRENT")
        try directory.write("CURRENT", current)
        try expectWhole()
    }

    @Test("without CURRENT a database of another LevelDB program, which has no marker, is refused as well")
    func currentMissingWithoutMarker() throws {
        try fill()
        let current = try directory.read("CURRENT")
        for name in ["lvkv.marker", "lvkv.lock", "CURRENT"] { try directory.remove(name) }
        try expectRefusal(.corruption)
        try directory.write("CURRENT", current)
        try expectWhole()
    }

    @Test("a missing log is refused, with our marker and without it", arguments: [true, false])
    func logMissing(marker: Bool) throws {
        try fill()
        if !marker { try directory.remove("lvkv.marker") }
        let log = try directory.name(".log")
        try directory.move(log, to: "away")
        try expectRefusal(marker ? .wentBackwards : .corruption)
        try directory.move("away", to: log)
        try expectWhole()
    }

    @Test("a log that is shorter than it was at the close is refused, whatever is cut")
    func logCut() throws {
        try fill()
        let log = try directory.name(".log")
        let bytes = try directory.read(log)
        #expect(!bytes.isEmpty)
        for count in 0..<bytes.count {
            try directory.write(log, bytes[..<count])
            try expectRefusal(.wentBackwards, note: "\(count) bytes")
        }
        try directory.write(log, bytes)
        try expectWhole()
    }

    @Test("a MANIFEST that was cut anywhere is refused when it was closed, and loses nothing after a crash")
    func manifestCut() throws {
        try fill()
        let name = try directory.name("MANIFEST-")
        let bytes = try directory.read(name)
        for count in stride(from: 0, to: bytes.count, by: 7) {
            try directory.write(name, bytes[..<count])
            try expectRefusal(.wentBackwards, note: "\(count) bytes")
        }
        try directory.remove("lvkv.marker")
        for count in 0..<bytes.count {
            let crashed = try directory.copy()
            try crashed.write(name, bytes[..<count])
            if failure({ try openStore(crashed).close() }) == nil {
                // What the cut took had not taken effect: the older files were still there.
                try expectWhole(crashed)
            } else {
                try expectRefusal(.corruption, by: crashed, note: "\(count) bytes")
            }
        }
        try directory.write(name, bytes)
        try expectWhole()
    }

    @Test("a directory that was put back to an earlier state in part is refused by name")
    func wentBackwards() throws {
        try fill()
        let earlier = try directory.copy()
        let store = try openStore(directory)
        try store.put("newer", "value")
        try store.close()
        for name in try earlier.names() where !name.hasPrefix("lvkv") && !name.hasPrefix("LO") {
            try directory.write(name, earlier.read(name))
        }
        try expectRefusal(.wentBackwards)
        let error = failure { try openStore(directory).close() }
        #expect(error?.message.contains("remove lvkv.marker") == true)
        // As a whole, marker included, an earlier copy is a database like any other.
        try expectWhole(earlier)
    }

    @Test("a directory whose database files are all gone is not taken for a new one")
    func emptied() throws {
        try fill()
        for name in try directory.names() where !name.hasPrefix("lvkv") { try directory.remove(name) }
        try expectRefusal(.wentBackwards)
        try directory.remove("lvkv.marker")
        try openStore(directory, .createIfMissing).close()
    }

    @Test("a table that is missing or cut is refused, and nothing is deleted")
    func tables() throws {
        try fill()
        let table = try firstTable()
        let bytes = try directory.read(table)
        for count in [0, 1, bytes.count / 2, bytes.count - 1] {
            try directory.write(table, bytes[..<count])
            try expectRefusal(.corruption, note: "\(count) bytes")
        }
        try directory.remove(table)
        try expectRefusal(.corruption)
        try directory.write(table, bytes)
        try expectWhole()
    }

    @Test("a flipped byte in a log is an error and no loss of the records after it")
    func flippedLog() throws {
        try fill()
        let crashed = try directory.copy()
        let log = try crashed.name(".log")
        var bytes = try crashed.read(log)
        bytes[bytes.count / 2] ^= 0x10
        try crashed.write(log, bytes)
        for _ in 0..<2 { #expect(failure { try openStore(crashed).close() }?.code == .corruption) }
        bytes[bytes.count / 2] ^= 0x10
        try crashed.write(log, bytes)
        try expectWhole(crashed)
    }

    @Test("a flipped byte in a table is an error or the right value, never a wrong one or a short scan")
    func flippedTable() throws {
        try fill()
        let table = try firstTable()
        let bytes = try directory.read(table)
        let values = Dictionary(uniqueKeysWithValues: (0..<Self.keyCount).map { (Self.key($0), Self.value($0)) })
        var errors = 0
        for position in stride(from: 3, to: bytes.count, by: bytes.count / 60) {
            let damaged = try directory.copy()
            var changed = bytes
            changed[position] ^= 0x40
            try damaged.write(table, changed)
            for compacts in [false, true] {
                var wrong = 0
                defer { #expect(wrong == 0, "byte \(position)") }
                do {
                    let store = try openStore(damaged)
                    // A compaction must not write what it read wrongly under a fresh checksum.
                    if compacts { try store.compact() }
                    var found = 0
                    try store.read { snapshot in
                        var cursor = snapshot.cursor(in: .prefix("key"))
                        while let entry = try cursor.next() {
                            let key = String(decoding: entry.key.array, as: UTF8.self)
                            let value = String(decoding: entry.value.array, as: UTF8.self)
                            if values[key] != value { wrong += 1 }
                            found += 1
                        }
                    }
                    // Reached only when the scan called itself complete.
                    #expect(found == Self.keyCount, "byte \(position)")
                } catch let error as StoreError {
                    errors += 1
                    #expect(error.code == .corruption || error.code == .io, "\(error)")
                }
            }
        }
        #expect(errors > 0)
    }

    @Test("who asks for the first entry of a range only, gets it or an error, never the one behind a damaged block")
    func flippedFirst() throws {
        try fill()
        let table = try firstTable()
        var bytes = try directory.read(table)
        bytes[bytes.count / 3] ^= 0x40
        try directory.write(table, bytes)
        let store = try openStore(directory)
        var errors = 0
        for index in 0..<Self.keyCount {
            let key = Self.key(index)
            for reverse in [false, true] {
                do {
                    let found = try store.read { snapshot in
                        let range = reverse ? KeyRange(to: Array(key.utf8) + [0]) : KeyRange(from: Array(key.utf8))
                        var cursor = snapshot.cursor(in: range, options: ScanOptions(reverse: reverse))
                        guard let entry = try cursor.next() else { return "" }
                        return String(decoding: entry.key.array, as: UTF8.self)
                    }
                    #expect(found == key)
                } catch let error as StoreError {
                    errors += 1
                    #expect(error.code == .corruption)
                }
            }
        }
        #expect(errors > 0 && errors < 2 * Self.keyCount)
    }

    @Test("a batch is whole or absent wherever a crash cut the log, and what came before it is there")
    func batches() throws {
        let store = try openStore(directory, .createIfMissing)
        try store.put("before", "1")
        let start = try directory.read(try directory.name(".log")).count
        try store.write { batch in
            for index in 0..<20 { batch.put("batch\(index)", String(repeating: "v", count: 30)) }
        }
        let crashed = try directory.copy()
        try store.close()
        let log = try crashed.name(".log")
        let bytes = try crashed.read(log)
        for count in stride(from: start, through: bytes.count, by: 3) + [bytes.count] {
            let cut = try crashed.copy()
            try cut.write(log, bytes[..<count])
            let store = try openStore(cut)
            let batch = try store.count(in: .prefix("batch"))
            let before = try store.contains("before")
            #expect(batch == (count == bytes.count ? 20 : 0), "cut to \(count) bytes")
            #expect(before)
        }
    }

    @Test("a failed open leaves a new directory, and one with other files, as it was")
    func traces() throws {
        #expect(failure { try openStore(directory).close() }?.code == .notFound)
        #expect(!FileManager.default.fileExists(atPath: directory.path))
        try directory.make()
        try directory.write("README", Array("mine".utf8))
        #expect(failure { try openStore(directory).close() }?.code == .notFound)
        #expect(try directory.names() == ["README"])
    }

    @Test("a database is made in a missing or empty directory, not among other files")
    func strangers() throws {
        try directory.make()
        try directory.write("notes", Array("mine".utf8))
        let error = failure { _ = try LevelDBStore(at: directory.path, options: .init(mode: .createIfMissing)) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("notes") == true)
        #expect(try directory.names() == ["notes"])
        // A file system's root has this, and a database that is there may have anything beside it.
        try directory.remove("notes")
        try FileManager.default.createDirectory(
            atPath: directory.path + "/lost+found", withIntermediateDirectories: false)
        try LevelDBStore(at: directory.path, options: .init(mode: .createIfMissing)).close()
        try directory.write("notes", Array("mine".utf8))
        try LevelDBStore(at: directory.path, options: .init(mode: .createIfMissing)).close()
    }

    @Test("errors have a code, the operation, the path and LevelDB's words")
    func errors() throws {
        struct Backwards: KeyComparator {
            let name = "test.Backwards"
            func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int { right.compare(to: left) }
        }
        try fill()
        var options = LevelDBOptions()
        options.comparator = Backwards()
        let error = failure { _ = try LevelDBStore(at: directory.path, options: options) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.operation == "open")
        #expect(error?.path?.hasSuffix(URL(filePath: directory.path).lastPathComponent) == true)
        #expect(error?.message.contains("test.Backwards") == true)
        // Repair would write the wrong order into the database.
        let before = try directory.content()
        let repair = failure { try LevelDBStore.repair(at: directory.path, options: options) }
        #expect(repair?.code == .invalidArgument)
        #expect(try directory.content() == before)
        try expectWhole()
    }

    @Test("compacting everything reaches every table, and an empty range none")
    func compaction() throws {
        try fill(compact: false)
        let store = try openStore(directory)
        for index in 0..<Self.keyCount { try store.delete(Self.key(index)) }
        try store.compact(KeyRange(from: "a", to: "a"))
        try store.compact()
        let size = try store.approximateSize()
        #expect(size < 1000)
        let count = try store.count()
        #expect(count == 1)
    }
}
