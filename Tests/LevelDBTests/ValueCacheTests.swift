import Foundation
import LevelDB
import OrderedStore
import StoreConformance
import Synchronization
import Testing

@Suite("The cache of values")
struct ValueCacheTests {
    private let directory = TemporaryDirectory()

    private func open(_ size: Int = 1 << 20) throws -> LevelDBStore {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.valueCacheSize = size
        return try LevelDBStore(at: directory.path, options: options)
    }

    @Test("finds what was read or written before, that a key is not there included")
    func hits() throws {
        let store = try open()
        try store.put("a", "1")
        for _ in 0..<3 {
            #expect(try store.get("a")?.string == "1")
            #expect(try store.get("b") == nil)
        }
        #expect(store.valueCacheStatistics.hits == 5)
        #expect(store.valueCacheStatistics.misses == 1)
        #expect(store.valueCacheStatistics.keys == 2)
    }

    @Test("holds what the last write says, whichever way it came")
    func updates() throws {
        let store = try open()
        func value() throws -> String? { try store.get("key")?.string }
        #expect(try value() == nil)
        try store.put("key", "one")
        #expect(try value() == "one")
        var batch = WriteBatch()
        batch.put("key", "two")
        batch.put("key", "a longer one")
        try store.write(batch)
        #expect(try value() == "a longer one")
        try store.transact { transaction in
            let before = try transaction.get("key")?.string
            #expect(before == "a longer one")
            transaction.put("key", "three")
            let after = try transaction.get("key")?.string
            #expect(after == "three")
        }
        #expect(try value() == "three")
        try store.delete("key")
        #expect(try value() == nil)
        #expect(store.valueCacheStatistics.misses == 1)
    }

    @Test("gives a snapshot what was there when it was taken, and leaves it out of what comes later")
    func snapshots() throws {
        let store = try open()
        try store.put("a", "old")
        let before = try store.snapshot()
        try store.put("a", "new")
        #expect(try store.get("a")?.string == "new")
        #expect(try before.get("a")?.string == "old")
        #expect(try before.get("b") == nil)
        try store.put("b", "new")
        #expect(try before.get("b") == nil)
        #expect(try store.get("b")?.string == "new")
        #expect(try store.get("a")?.string == "new")
        let after = try store.snapshot()
        #expect(try after.get("a")?.string == "new")
        #expect(try after.get("b")?.string == "new")
    }

    @Test("stays within its size, and does not give all its room to one large value", arguments: [8 << 10, 256 << 10])
    func size(_ size: Int) throws {
        let store = try open(size)
        var random = SeededGenerator(seed: 3)
        var model: [String: String] = [:]
        for step in 0..<20_000 {
            let key = "key\(Int.random(in: 0..<2_000, using: &random))"
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let length = step % 500 == 0 ? size : Int.random(in: 0..<300, using: &random)
                model[key] = String(repeating: "x", count: length)
                try store.put(key, model[key] ?? "")
            case 1:
                model[key] = nil
                try store.delete(key)
            default: try #require(try store.get(key)?.string == model[key])
            }
            try #require(store.valueCacheStatistics.bytes <= size)
        }
        #expect(store.valueCacheStatistics.keys > 0)
        #expect(store.valueCacheStatistics.hits > 0)
    }

    @Test("keeps nothing where its size is 0")
    func none() throws {
        let store = try open(0)
        try store.put("a", "1")
        for _ in 0..<2 { #expect(try store.get("a")?.string == "1") }
        #expect(store.valueCacheStatistics.hits == 0)
        #expect(store.valueCacheStatistics.bytes == 0)
    }

    @Test("shows readers beside a writer whole batches, never an older one after a newer")
    func readersBesideWriter() throws {
        let store = try open()
        let isOver = Atomic(false)
        let failures = Mutex<[String]>([])
        let readers = DispatchGroup()
        for _ in 0..<3 {
            readers.enter()
            Thread.detachNewThread {
                defer { readers.leave() }
                var last = 0
                do {
                    while !isOver.load(ordering: .relaxed) {
                        let (first, second) = try store.read { snapshot in
                            (try snapshot.get("first")?.string, try snapshot.get("second")?.string)
                        }
                        let single = Int(try store.get("first")?.string ?? "") ?? 0
                        let number = Int(first ?? "") ?? 0
                        if first != second || number < last || single < number {
                            failures.withLock { $0.append("\(last), \(first ?? "-"), \(second ?? "-"), \(single)") }
                        }
                        last = single
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for number in 1...3_000 {
            var batch = WriteBatch()
            batch.put("first", "\(number)")
            batch.put("second", "\(number)")
            try store.write(batch)
        }
        isOver.store(true, ordering: .relaxed)
        readers.wait()
        #expect(failures.withLock { $0 } == [])
        #expect(store.valueCacheStatistics.hits > 0)
    }
}
