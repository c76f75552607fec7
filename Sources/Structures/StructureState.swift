#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import KeySchemas
package import OrderedStore
internal import Synchronization

/// What all transactions on one database's structures share. One a database; safe from any thread.
package final class StructureState: Sendable {
    /// The time in milliseconds since 1970.
    package let clock: @Sendable () -> Int64
    /// Where clients' scans stand.
    package let scans = ScanPositions()
    private let enabled: Atomic<Bool>
    private let identifiers = Mutex(Block())

    /// Ids that are reserved and not given out.
    private struct Block {
        var next: UInt64 = 0
        var end: UInt64 = 0
        /// Whether the reservation is staged in a transaction that is not known to be written.
        var isStaged = false
    }

    private static let blockSize: UInt64 = 1_024

    /// - Parameters:
    ///   - isEnabled: whether there may be structures already.
    ///   - clock: gives the time in milliseconds since 1970.
    package init(isEnabled: Bool, clock: @escaping @Sendable () -> Int64 = StructureState.systemTime) {
        enabled = Atomic(isEnabled)
        self.clock = clock
    }

    /// Whether there may be structures. While there are none, a plain key needs no second look.
    package var isEnabled: Bool { enabled.load(ordering: .acquiring) }

    /// From now on there may be structures. Waits for plain writes that were begun before: they do not look whether
    /// they replace one.
    ///
    /// - Throws: `StoreError`; inside a transaction of this thread.
    package func enable(in store: any CheckedStore) throws {
        if isEnabled { return }
        try store.withoutWriters { enabled.store(true, ordering: .releasing) }
    }

    /// A number for a new collection, never given out before, not even by a process that was killed.
    ///
    /// - Throws: `StoreError` when the store's bytes are damaged.
    func newIdentifier(in transaction: any CheckedTransaction) throws -> UInt64 {
        // Transactions that write run one at a time, so this waits for nobody.
        var block = identifiers.withLock { $0 }
        if block.next == block.end {
            let key = StructureCode.identifiers
            var start: UInt64 = 1
            if let stored = try transaction.get(key.span) {
                guard let number = stored.string.utf8.isEmpty ? nil : UInt64(stored.string) else {
                    throw StructureError.malformed("the count of ids")
                }
                start = number
            }
            block = Block(next: start, end: start + StructureState.blockSize, isStaged: true)
            transaction.put(own: key.span, String(block.end).utf8.span)
        }
        let id = block.next
        block.next += 1
        identifiers.withLock { $0 = block }
        return id
    }

    /// A transaction ended. When it was not written, ids that it reserved are not reserved.
    func didEnd(written: Bool) {
        identifiers.withLock { block in
            guard block.isStaged else { return }
            block = written ? Block(next: block.next, end: block.end) : Block()
        }
    }

    /// The system's time in milliseconds since 1970.
    package static let systemTime: @Sendable () -> Int64 = {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
