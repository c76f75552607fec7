import Foundation
import LVKV
import OrderedStore
import Structures
import Synchronization

/// A clock that stands until it is moved, in milliseconds since 1970.
final class TestClock: Sendable {
    private let time = Atomic<Int64>(1_700_000_000_000)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(by milliseconds: Int64) { time.wrappingAdd(milliseconds, ordering: .relaxed) }
}

/// A database in a directory of its own, with a clock that stands.
struct TestDatabase: ~Copyable {
    let path = NSTemporaryDirectory() + "lvkv-\(UUID().uuidString)"
    let clock = TestClock()
    let database: Database

    init() throws {
        let clock = clock
        database = try Database(
            at: path, options: LevelDBOptions(mode: .createIfMissing), clock: { clock.now })
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension Database {
    /// Puts a big collection as the structures lay it out, without their operations.
    ///
    /// - Returns: its id.
    @discardableResult
    func putCollection(_ key: [UInt8], _ kind: StructureKind, elements: Int = 3) throws -> UInt64 {
        try writeKeys { keys in
            let old = try keys.lookup(key.span, probably: kind)
            let id = try keys.newIdentifier()
            var body: [UInt8] = []
            body.appendBigEndian(id)
            body.appendBigEndian(UInt64(elements))
            try keys.store(key.span, KeyState(kind: kind), body.span, replacing: old)
            for element in 0..<elements {
                let elementKey = StructureCode.elementPrefix(id) + [UInt8(element >> 8), UInt8(element & 255)]
                keys.transaction.put(own: elementKey.span, Span())
            }
            keys.note(key.span, "made", .generic)
            return id
        }
    }

    /// Puts a string that expires, in milliseconds since 1970.
    func putString(_ key: [UInt8], _ value: [UInt8], expiry: Int64) throws {
        try writeKeys { keys in
            let old = try keys.lookup(key.span)
            try keys.storeString(key.span, value.span, expiry: expiry, replacing: old)
            keys.note(key.span, "set", .string)
        }
    }

    /// The keys under one of lvkv's own prefixes.
    func own(_ range: KeyRange) throws -> [[UInt8]] {
        try store.read { snapshot in
            var keys: [[UInt8]] = []
            var cursor = snapshot.cursor(in: range)
            while let entry = try cursor.next() { keys.append(entry.key.array) }
            return keys
        }
    }

    func garbage() throws -> [UInt64] { try own(StructureCode.allGarbage).map { try StructureCode.garbage($0.span) } }
}

/// Runs `body` on so many threads at once, and throws what the first of them threw.
func inParallel(_ threads: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil)
    let group = DispatchGroup()
    for thread in 0..<threads {
        group.enter()
        // Of their own: one may wait for what another does, and `concurrentPerform` may have but one.
        Thread.detachNewThread {
            do { try body(thread) } catch { failure.withLock { $0 = $0 ?? error } }
            group.leave()
        }
    }
    group.wait()
    if let failure = failure.withLock({ $0 }) { throw failure }
}
