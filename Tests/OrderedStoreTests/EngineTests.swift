internal import OrderedStore
internal import StoreConformance
internal import Synchronization
internal import Testing

/// The least that an engine has to write: everything else comes from the seam.
final class SmallestStore: OrderedStore {
    private let inner = MemoryStore()
    /// The number of operations of each batch that was written.
    private let sizes = Mutex<[Int]>([])

    var batchSizes: [Int] { sizes.withLock { $0 } }

    func get(_ key: Span<UInt8>) throws(StoreError) -> Value? { inner.get(key) }

    func snapshot() throws(StoreError) -> MemoryStore.Snapshot { inner.snapshot() }

    func write(_ batch: borrowing WriteBatch, durability: Durability) throws(StoreError) {
        let size = batch.count
        try inner.write(batch, durability: durability)
        sizes.withLock { $0.append(size) }
    }

    func transact<Result>(
        durability: Durability, _ body: (inout Transaction<MemoryStore.Snapshot>) throws -> Result
    ) throws -> Result {
        try inner.transact(durability: durability, body)
    }
}

@Suite("Engines keep every promise of the seam")
struct EngineTests {
    @Test("in memory", arguments: ConformanceCheck<MemoryStore>.all())
    func memory(_ check: ConformanceCheck<MemoryStore>) throws {
        try check.run(on: MemoryStore())
    }

    @Test("in memory, with other random numbers", arguments: 2...5 as ClosedRange<UInt64>)
    func memory(seed: UInt64) throws {
        try checkConformance("memory", seed: seed) { MemoryStore() }
    }

    @Test("with nothing but the required calls", arguments: ConformanceCheck<SmallestStore>.all())
    func smallest(_ check: ConformanceCheck<SmallestStore>) throws {
        try check.run(on: SmallestStore())
    }

    @Test("clear writes batches of bounded size")
    func boundedClear() throws {
        let store = SmallestStore()
        for number in 0..<3000 {
            try store.put([UInt8](repeating: UInt8(number % 256), count: 1000) + "\(number)".utf8, "")
        }
        let before = store.batchSizes.count
        #expect(try store.clear(.all) == 3000)
        let sizes = store.batchSizes.dropFirst(before)
        #expect(sizes.reduce(0, +) == 3000)
        #expect(sizes.allSatisfy { $0 < 1100 }, "about a megabyte each: \(sizes)")
        #expect(sizes.count >= 3)
    }

    @Test("a closure that stages nothing writes nothing")
    func emptyClosure() throws {
        let store = SmallestStore()
        let result = try store.write { _ in "result" }
        #expect(result == "result")
        #expect(store.batchSizes.isEmpty)
    }

    @Test("a write inside a transaction says what to do instead")
    func advice() throws {
        let store = MemoryStore()
        try store.transact { transaction in
            transaction.put("key", "value")
            let error = #expect(throws: StoreError.self) { try store.put("key", "other") }
            #expect(error?.code == .busy)
            #expect(error?.message.contains("Stage it with the transaction") == true)
            let nested = #expect(throws: StoreError.self) { try store.transact { $0.delete("key") } }
            #expect(nested?.message.contains("outer transaction") == true)
            try MemoryStore().put("another", "store")
        }
        let value = try #require(try store.bytes("key"))
        #expect(value == Array("value".utf8))
    }

    @Test("the suite notices an engine that breaks a promise")
    func brokenEngine() {
        #expect(throws: ConformanceFailure.self) {
            try checkConformance("forgetful") { ForgetfulStore() }
        }
    }
}

/// Loses the last operation of each batch.
private final class ForgetfulStore: OrderedStore {
    private let inner = MemoryStore()

    func get(_ key: Span<UInt8>) throws(StoreError) -> Value? { inner.get(key) }

    func snapshot() throws(StoreError) -> MemoryStore.Snapshot { inner.snapshot() }

    func write(_ batch: borrowing WriteBatch, durability: Durability) throws(StoreError) {
        var kept = WriteBatch()
        var left = batch.count - 1
        batch.forEach { key, value in
            if left > 0, let value { kept.put(key, value) }
            left -= 1
        }
        try inner.write(kept, durability: durability)
    }

    func transact<Result>(
        durability: Durability, _ body: (inout Transaction<MemoryStore.Snapshot>) throws -> Result
    ) throws -> Result {
        try inner.transact(durability: durability, body)
    }
}

extension OrderedStore {
    /// The value of `key`, copied.
    fileprivate func bytes(_ key: String) throws -> [UInt8]? {
        let value = try get(key)
        return value?.bytes
    }
}
