internal import OrderedStore
internal import Synchronization

/// A store in memory whose writes fail from some point on, as those of a process that is killed there.
final class FailingStore: OrderedStore {
    struct Killed: Error {}

    let base: MemoryStore
    private let left = Mutex(Int.max)

    init(over base: MemoryStore) { self.base = base }

    /// Lets so many more writes through.
    func fail(after count: Int) { left.withLock { $0 = count } }

    private func pass() throws(StoreError) {
        let isAllowed = left.withLock { left in
            left -= 1
            return left >= 0
        }
        if !isAllowed { throw StoreError(.io, operation: "write", message: "killed") }
    }

    func get(_ key: Span<UInt8>) throws(StoreError) -> Value? { base.get(key) }
    func snapshot() throws(StoreError) -> MemoryStore.Snapshot { base.snapshot() }
    func read<Result: ~Copyable>(_ body: (borrowing MemoryStore.Snapshot) throws -> Result) throws -> Result {
        try base.read(body)
    }

    func write(_ batch: borrowing WriteBatch, durability: Durability) throws(StoreError) {
        try pass()
        try base.write(batch, durability: durability)
    }

    func put(_ key: Span<UInt8>, _ value: Span<UInt8>, durability: Durability) throws(StoreError) {
        try pass()
        try base.put(key, value, durability: durability)
    }

    func delete(_ key: Span<UInt8>, durability: Durability) throws(StoreError) {
        try pass()
        try base.delete(key, durability: durability)
    }

    func transact<Result>(
        durability: Durability, _ body: (inout Transaction<MemoryStore.Snapshot>) throws -> Result
    ) throws -> Result {
        try base.transact(durability: durability) { transaction in
            let result = try body(&transaction)
            if !transaction.staged.isEmpty { try pass() }
            return result
        }
    }
}

extension MemoryStore {
    /// All keys with their values.
    func contents(_ range: KeyRange = .all) -> [[UInt8]: [UInt8]] {
        var contents: [[UInt8]: [UInt8]] = [:]
        let snapshot = snapshot()
        var cursor = snapshot.cursor(in: range, options: .forward)
        while let entry = cursor.next() { contents[entry.key.array] = entry.value.array }
        return contents
    }
}
