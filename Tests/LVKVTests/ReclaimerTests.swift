import Foundation
import LVKV
import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("The reclaimer")
struct ReclaimerTests: ~Copyable {
    let test: TestDatabase
    var database: Database { test.database }

    init() throws { test = try TestDatabase() }

    private func elements() throws -> Int { try database.own(.prefix([0xFF, UInt8(ascii: "d")])).count }

    @Test("elements of collections that are no more go, those of others stay")
    func garbage() throws {
        try database.putCollection(Array("stays".utf8), .set, elements: 700)
        for name in ["a", "b", "c"] {
            try database.putCollection(Array(name.utf8), .set, elements: 1_500)
            try database.delete(name)
        }
        #expect(try elements() == 700 + 3 * 1_500)
        try database.reclaim()
        #expect(try elements() == 700)
        #expect(try database.garbage().isEmpty)
    }

    @Test("keys that have expired are purged in the order of their times, and who observes hears of each")
    func expiry() throws {
        let observer = RecordingObserver()
        for (number, name) in ["c", "a", "b"].enumerated() {
            try database.putString(Array(name.utf8), [1], expiry: test.clock.now + Int64(10 * (3 - number)))
        }
        try database.putCollection(Array("list".utf8), .list)
        try database.putString(Array("later".utf8), [1], expiry: test.clock.now + 1_000)
        database.structures.setObserver(observer, in: database.keyspace)
        test.clock.advance(by: 100)
        try database.reclaim()
        #expect(observer.events.map { $0.name.description } == ["expired", "expired", "expired"])
        #expect(observer.events.map { String(decoding: $0.key, as: UTF8.self) } == ["b", "a", "c"])
        #expect(try database.own(StructureCode.allMetadata).count == 2)
        #expect(try database.own(StructureCode.expiryRange(before: nil)).count == 1)
    }

    @Test("an entry of the queue whose key was given another time, or a plain value, does nothing to it")
    func staleQueue() throws {
        let now = test.clock.now
        try database.writeKeys { keys in
            for name in ["moved", "plain", "gone"] {
                keys.transaction.put(own: StructureCode.expiryKey(now, 0, name.utf8.span).span, Span())
            }
        }
        try database.putString(Array("moved".utf8), [1], expiry: now + 1_000)
        try database.put("plain", "1")
        try database.reclaim()
        #expect(try database.count() == 2)
        #expect(try database.own(StructureCode.expiryRange(before: nil)).count == 1)
    }

    @Test("a thread does it by itself until the database is closed")
    func inBackground() async throws {
        database.startReclaiming()
        database.startReclaiming()
        try database.putCollection([1], .set, elements: 2_000)
        try database.putString([2], [1], expiry: test.clock.now + 10)
        try database.delete([1])
        test.clock.advance(by: 10)
        while try elements() > 0 || !database.own(StructureCode.expiryRange(before: nil)).isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        try database.close()
        #expect(throws: StoreError.self) { try database.reclaim() }
    }

    @Test("while writes are refused the thread waits, and goes on by itself afterwards")
    func refused() async throws {
        try database.putCollection([1], .set, elements: 2_000)
        try database.delete([1])
        database.store.setLeastFreeBytes(.max)
        database.startReclaiming()
        try await Task.sleep(for: .milliseconds(50))
        #expect(try elements() == 2_000)
        #expect(throws: StoreError.self) { try database.put("k", "v") }
        database.store.setLeastFreeBytes(0)
        while try elements() > 0 { try await Task.sleep(for: .milliseconds(5)) }
        try database.put("k", "v")
    }

    @Test("killed at any moment, no element of a live collection is lost, and in the end no garbage is left")
    func kills() async throws {
        let child = ReclaimerChild(path: NSTemporaryDirectory() + "lvkv-reclaimer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: child.path) }
        for round in 0..<6 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [child = child as ReclaimerChild] in try child.run() }
            let database = try Database(at: child.path)
            if round % 2 == 1 { try database.reclaim() }
            try child.check(database, isClean: round % 2 == 1, "round \(round)")
            try database.close()
        }
    }
}

/// A process that makes and removes collections while they are reclaimed, until it is killed.
struct ReclaimerChild: Codable, Sendable {
    let path: String

    func run() throws {
        let delay = UInt32.random(in: 1_000...150_000)
        Thread.detachNewThread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
        var options = LevelDBOptions(mode: .createIfMissing)
        options.writeBufferSize = 64 << 10
        let database = try Database(at: path, options: options)
        Thread.detachNewThread { while true { try? database.reclaim() } }
        while true {
            let key = [UInt8.random(in: 0..<8)]
            switch Int.random(in: 0..<4) {
            case 0: try database.delete(key)
            case 1: try database.put(key, [1])
            default: try database.putCollection(key, .set, elements: Int.random(in: 1...1_200))
            }
        }
    }

    /// Checks that each collection has all its elements, and that there are no others, but those in the garbage.
    func check(_ database: Database, isClean: Bool, _ comment: Comment) throws {
        var live: [UInt64: Int] = [:]
        try database.readKeys { keys in
            for key in UInt8(0)..<8 {
                let key = [key]
                let found = try keys.lookup(key.span, probably: .set)
                if let id = found.identifier { live[id] = Int(found.body.bigEndian(at: 8)) }
            }
        }
        let garbage = try database.garbage()
        #expect(live.keys.allSatisfy { !garbage.contains($0) }, comment)
        if isClean { #expect(garbage.isEmpty, comment) }
        var counts: [UInt64: [Int]] = [:]
        for key in try database.own(.prefix([0xFF, UInt8(ascii: "d")])) {
            let suffix = key.suffix(2)
            let sameID = [0xFF, UInt8(ascii: "g")] + key.dropLast(2).dropFirst(2)
            let id = try StructureCode.garbage(sameID.span)
            counts[id, default: []].append(Int(suffix[suffix.startIndex]) << 8 | Int(suffix[suffix.startIndex + 1]))
        }
        #expect(Set(counts.keys).subtracting(garbage).isSubset(of: live.keys), comment)
        for (id, count) in live { #expect(counts[id] == Array(0..<count), comment) }
    }
}

/// Keeps what it hears of.
final class RecordingObserver: KeyObserver, @unchecked Sendable {
    private(set) var events: [KeyEvent] = []

    func observe<Result>(
        isShort: Bool, _ body: (_ isWanted: Bool) throws -> (Result, [KeyEvent])
    ) throws -> Result {
        let (result, events) = try body(true)
        self.events += events
        return result
    }
}
