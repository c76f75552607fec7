import Foundation
import LevelDB
import OrderedStore
import Synchronization
import Testing

@Suite("Closing a store")
struct ClosingTests {
    let directory = TemporaryDirectory()

    func open() throws -> LevelDBStore {
        try LevelDBStore(at: directory.path, options: LevelDBOptions(mode: .createIfMissing))
    }

    /// Every call there is on a store.
    static let calls: [(name: String, call: @Sendable (LevelDBStore) throws -> Void)] = [
        ("get", { _ = try $0.get("k") }),
        (
            "get into",
            { store in
                var buffer: [UInt8] = []
                _ = try store.get("k", into: &buffer)
            }
        ),
        ("contains", { _ = try $0.contains("k") }),
        ("values", { _ = try $0.values(for: ["k"]) }),
        ("put", { try $0.put("k", "v") }),
        ("synced put", { try $0.put("k", "v", durability: .synced) }),
        ("delete", { try $0.delete("k") }),
        ("write", { try $0.write { $0.put("k", "v") } }),
        ("transact", { try $0.transact { $0.put("k", "v") } }),
        ("read", { try $0.read { _ in } }),
        ("snapshot", { _ = try $0.snapshot() }),
        ("count", { _ = try $0.count() }),
        ("clear", { _ = try $0.clear(.prefix("none")) }),
        ("property", { _ = try $0.property("leveldb.stats") }),
        ("statistics", { _ = try $0.statistics() }),
        ("approximateSize", { _ = try $0.approximateSize() }),
        ("compact", { try $0.compact(.prefix("none")) }),
    ]

    @Test("after close every call says so, and closing again is allowed")
    func everyCall() throws {
        let store = try open()
        try store.close()
        for (name, call) in ClosingTests.calls {
            let error = #expect(throws: StoreError.self, "\(name)") { try call(store) }
            #expect(error?.code == .closed, "\(name)")
        }
        try store.close()
        #expect(store.isClosed)
        let error = #expect(throws: StoreError.self) { try store.reopen() }
        #expect(error?.code == .closed)
    }

    @Test("an owned snapshot ends with its store and is safe to keep")
    func ownedSnapshot() throws {
        let store = try open()
        try store.put("k", "v")
        let snapshot = try store.snapshot()
        try store.close()
        #expect(throws: StoreError.self) { _ = try snapshot.get("k") }
        #expect(throws: StoreError.self) { _ = try snapshot.count() }
        try open().close()
    }

    @Test("closing inside a read, a transaction or a cursor's scope is refused instead of hanging")
    func inside() throws {
        let store = try open()
        try store.put("k", "v")
        let codes = Mutex<[StoreError.Code]>([])
        func attempt() {
            do { try store.close() } catch { codes.withLock { $0.append(error.code) } }
        }
        try store.read { _ in attempt() }
        try store.transact { _ in attempt() }
        let snapshot = try store.snapshot()
        var cursor = snapshot.cursor()
        _ = try cursor.next() != nil
        attempt()
        #expect(codes.withLock { $0 } == [.busy, .busy, .busy])
    }

    @Test("a store that nobody holds any more is closed")
    func released() throws {
        do { try open().put("k", "v") }
        let store = try open()
        let value = try store.get("k")?.string
        #expect(value == "v")
    }

    @Test("calls from several threads with a close in the middle end or say that it is closed")
    func threads() throws {
        for round in 0..<10 {
            let store = try open()
            let wrong = Mutex<[String]>([])
            let group = DispatchGroup()
            for thread in 0..<4 {
                DispatchQueue.global().async(group: group) {
                    for index in 0..<10_000 {
                        do {
                            let (_, call) = ClosingTests.calls[(thread * 7 + index) % 16]
                            try call(store)
                        } catch let error as StoreError where error.code == .closed {
                            return
                        } catch {
                            wrong.withLock { $0.append("\(error)") }
                        }
                    }
                }
            }
            Thread.sleep(forTimeInterval: 0.005 * Double(round % 4))
            try store.close()
            group.wait()
            #expect(wrong.withLock { $0 } == [])
        }
    }

    @Test("closing waits for a scan on another thread to end")
    func draining() throws {
        let store = try open()
        try store.write { batch in
            for index in 0..<20_000 { batch.put("key\(index)", "value") }
        }
        let started = DispatchSemaphore(value: 0)
        let counted = Mutex(0)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            try? store.read { snapshot in
                var cursor = snapshot.cursor()
                while try cursor.next() != nil {
                    counted.withLock { $0 += 1 }
                    started.signal()
                }
            }
        }
        started.wait()
        try store.close()
        #expect(counted.withLock { $0 } == 20_000)
        group.wait()
    }

    @Test("reopening in place keeps the data and lets writes go on")
    func reopenInPlace() throws {
        let store = try open()
        try store.put("k", "v")
        let snapshot = try store.snapshot()
        try store.reopen()
        try store.put("l", "w")
        let values = try store.values(for: ["k", "l"])
        #expect(values == [Array("v".utf8), Array("w".utf8)])
        #expect(throws: StoreError.self) { _ = try snapshot.get("k") }
    }
}
