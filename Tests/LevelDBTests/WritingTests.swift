import Foundation
import LevelDB
import OrderedStore
import Synchronization
import Testing

@Suite("Reading and writing")
struct WritingTests {
    let directory = TemporaryDirectory()
    let store: LevelDBStore

    init() throws {
        store = try LevelDBStore(at: directory.path, options: LevelDBOptions(mode: .createNew))
    }

    @Test("strings, byte arrays, slices and spans are all keys and values")
    func sources() throws {
        let bytes: [UInt8] = [0, 255, 1]
        try store.put("text", bytes)
        try store.put(bytes, "text")
        try store.put(bytes[1...], "slice")
        try store.put(bytes.span, "span".utf8.span)
        let first = try store.get("text")?.bytes
        let second = try store.get(bytes)?.string
        let third = try store.get([255, 1] as [UInt8])?.string
        #expect(first == bytes)
        #expect(second == "span")
        #expect(third == "slice")
    }

    @Test("keys that Swift calls equal and whose bytes differ are two keys")
    func bytesDecide() throws {
        try store.put("caf\u{e9}", "one")
        try store.put("cafe\u{301}", "two")
        let count = try store.count()
        #expect(count == 2)
    }

    @Test("a sync writes nothing where nothing was written since the last")
    func sync() throws {
        func logBytes() throws -> Int {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            return try names.filter { $0.hasSuffix(".log") }.reduce(0) { sum, name in
                let facts = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")
                return sum + (facts[.size] as? Int ?? 0)
            }
        }
        try store.put("key", "value")
        let written = try logBytes()
        try store.sync()
        let synced = try logBytes()
        #expect(synced > written)
        try store.sync()
        #expect(try logBytes() == synced)
    }

    @Test("reading into a buffer keeps its memory and tells missing from empty")
    func intoBuffer() throws {
        try store.put("empty", "")
        try store.put("full", "value")
        var buffer: [UInt8] = []
        #expect(try store.get("full", into: &buffer))
        #expect(buffer == Array("value".utf8))
        #expect(try store.get("empty", into: &buffer))
        #expect(buffer.isEmpty)
        #expect(try !store.get("missing", into: &buffer))
    }

    @Test("an entry larger than the limit is refused by size and nothing is written")
    func tooLarge() throws {
        let half = [UInt8](repeating: 0, count: LevelDBStore.mostBytesPerEntry / 2 + 1)
        let error = #expect(throws: StoreError.self) { try store.put(half, half) }
        #expect(error?.code == .invalidArgument)
        let count = try store.count()
        #expect(count == 0)
        #expect(store.writeFailure == nil)
    }

    @Test("writes of many threads at once are all there, whatever their durability")
    func concurrentWrites() throws {
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            do {
                for index in 0..<200 {
                    switch (thread + index) % 3 {
                    case 0: try store.put("\(thread)-\(index)", "v", durability: .synced)
                    case 1: try store.put("\(thread)-\(index)", "v")
                    default: try store.transact { $0.put("\(thread)-\(index)", "v") }
                    }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let count = try store.count()
        #expect(count == 1600)
    }

    @Test("writing inside a transaction's body other than through it is refused instead of hanging")
    func nestedWrite() throws {
        var codes: [StoreError.Code] = []
        try store.transact { transaction in
            transaction.put("inside", "1")
            for attempt in [
                { try store.put("k", "v") }, { try store.delete("k") }, { try store.write { $0.put("k", "v") } },
                { try store.transact { _ in } },
            ] {
                do { try attempt() } catch let error as StoreError { codes.append(error.code) }
            }
        }
        #expect(codes == [.busy, .busy, .busy, .busy])
        let count = try store.count()
        #expect(count == 1)
    }

    @Test("a write inside a read's body is allowed and does not show in it")
    func writeInsideRead() throws {
        try store.read { snapshot in
            try store.put("k", "v")
            let seen = try snapshot.contains("k")
            #expect(!seen)
        }
        #expect(try store.contains("k"))
    }
}

/// The reverse of byte order.
private struct Descending: KeyComparator {
    let name = "test.descending"
    func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int { right.compare(to: left) }
}

/// Remembers each key whole, so it is never wrong.
private final class ExactFilter: FilterPolicy {
    let name = "test.exact"
    let asked = Mutex(0)

    func makeFilter(for keys: borrowing FilterKeys) -> [UInt8] {
        var filter: [UInt8] = []
        for index in 0..<keys.count {
            let key = keys[index]
            filter.append(UInt8(key.count))
            for byte in 0..<key.count { filter.append(key[byte]) }
        }
        return filter
    }

    func mayContain(_ key: Span<UInt8>, filter: Span<UInt8>) -> Bool {
        asked.withLock { $0 += 1 }
        var place = 0
        while place < filter.count {
            let count = Int(filter[place])
            if filter.extracting(place + 1..<place + 1 + count).equals(key) { return true }
            place += 1 + count
        }
        return false
    }
}

@Suite("Comparators and filters of one's own")
struct PolicyTests {
    let directory = TemporaryDirectory()

    @Test("a comparator orders cursors, ranges and transactions, and is asked for at each open")
    func comparator() throws {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.comparator = Descending()
        var store = try LevelDBStore(at: directory.path, options: options)
        for key in ["a", "b", "c", "d"] { try store.put(key, key) }

        func keys<Reader: StoreReader & ~Copyable>(
            _ reader: borrowing Reader, _ range: KeyRange, reverse: Bool = false
        ) throws -> String {
            var cursor = reader.cursor(in: range, options: ScanOptions(reverse: reverse))
            var keys = ""
            while let entry = try cursor.next() { keys += String(decoding: entry.key.array, as: UTF8.self) }
            return keys
        }
        let range = KeyRange(from: "c", to: "a")
        try store.read { snapshot in
            let found1 = try keys(snapshot, .all)
            #expect(found1 == "dcba")
            let found2 = try keys(snapshot, range)
            #expect(found2 == "cb")
            let found3 = try keys(snapshot, range, reverse: true)
            #expect(found3 == "bc")
        }
        try store.transact { transaction in
            transaction.put("bb", "")
            transaction.delete("b")
            let found4 = try keys(transaction, range)
            #expect(found4 == "cbb")
            let found5 = try keys(transaction, range, reverse: true)
            #expect(found5 == "bbc")
        }
        try store.compact()
        try store.close()
        let error = #expect(throws: StoreError.self) { _ = try LevelDBStore(at: directory.path) }
        #expect(error?.code == .invalidArgument)
        store = try LevelDBStore(at: directory.path, options: options)
        let reopened = try store.read { snapshot in try keys(snapshot, .all) }
        #expect(reopened == "dcbba")
    }

    @Test("a filter policy is asked before a table is read")
    func filter() throws {
        let filter = ExactFilter()
        var options = LevelDBOptions(mode: .createIfMissing)
        options.filter = .custom(filter)
        let store = try LevelDBStore(at: directory.path, options: options)
        for index in 0..<1000 { try store.put("key\(index)", "value") }
        try store.compact()
        #expect(try store.contains("key7"))
        #expect(try !store.contains("key7x"))
        #expect(filter.asked.withLock { $0 } >= 2)
    }
}

@Suite("Maintenance")
struct MaintenanceTests {
    let directory = TemporaryDirectory()
    let store: LevelDBStore

    init() throws {
        store = try LevelDBStore(at: directory.path, options: LevelDBOptions(mode: .createNew))
        for index in 0..<10_000 { try store.put("key\(1_000_000 + index)", String(repeating: "v", count: 100)) }
    }

    @Test("a property that LevelDB does not know is nil")
    func properties() throws {
        #expect(try store.property("leveldb.num-files-at-level0") != nil)
        #expect(try store.property("leveldb.nonsense") == nil)
        #expect(try store.property("") == nil)
    }

    @Test("statistics are numbers")
    func statistics() throws {
        try store.compact()
        let statistics = try store.statistics()
        #expect(statistics.files >= 1)
        #expect(statistics.levels.allSatisfy { $0.level >= 0 && $0.level < 7 })
        #expect(statistics.memoryUsage > 0)
    }

    @Test("sizes of parts add up to about the size of all")
    func sizes() throws {
        try store.compact()
        let all = try store.approximateSize()
        let first = try store.approximateSize(of: KeyRange(to: Array("key1005000".utf8)))
        let second = try store.approximateSize(of: KeyRange(from: Array("key1005000".utf8)))
        #expect(all > 0)
        #expect(first > 0 && second > 0)
        #expect(first + second >= all * 9 / 10 && first + second <= all * 11 / 10)
        #expect(try store.approximateSize(of: .prefix("nothing")) == 0)
        #expect(try store.approximateSize(of: KeyRange(from: "z", to: "a")) == 0)
    }

    @Test("compacting a range, everything or nothing leaves the data as it was")
    func compacting() throws {
        try store.compact(.prefix("key1001"))
        try store.compact(KeyRange(from: "z", to: "a"))
        try store.compact()
        let count = try store.count()
        #expect(count == 10_000)
    }

    @Test("clearing a range removes just its keys")
    func clearing() throws {
        let removed = try store.clear(.prefix("key1001"))
        #expect(removed == 1000)
        let count = try store.count()
        #expect(count == 9000)
    }
}
