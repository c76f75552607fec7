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
    /// The most bytes of a string; Redis's `proto-max-bulk-len`.
    package var valueLimit: Int {
        get { mostValueBytes.load(ordering: .relaxed) }
        set { mostValueBytes.store(newValue, ordering: .relaxed) }
    }
    private let mostValueBytes = Atomic(64 << 20)

    let nodeBounds = NodeBounds()
    /// Where clients' scans stand.
    package let scans = ScanPositions()
    private let enabled: Atomic<Bool>
    private let identifiers = Mutex(Identifiers())
    private let observed = Atomic(false)
    private let observer = Mutex(Observer())

    /// Ids that are reserved and not given out.
    private struct Identifiers {
        var next: UInt64 = 0
        var end: UInt64 = 0
        /// The transaction that staged the reservation and is not known to be written.
        var stagedBy: UInt64?
        /// The latest transaction.
        var transaction: UInt64 = 0
    }

    private struct Observer {
        weak var observer: (any KeyObserver)?
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

    // MARK: - Observing

    package var isObserved: Bool { observed.load(ordering: .relaxed) }

    /// Who hears of the database's writes.
    var currentObserver: (any KeyObserver)? { isObserved ? observer.withLock { $0.observer } : nil }

    /// Lets `newObserver`, which is not kept alive, hear of all writes from now on, in place of who did before.
    package func setObserver(_ newObserver: any KeyObserver, in store: any CheckedStore) {
        let set = { [self] in
            observer.withLock { $0.observer = newObserver }
            observed.store(true, ordering: .relaxed)
        }
        // Inside a transaction of this thread there is no waiting for it: what it writes is not heard of.
        do { try store.withoutWriters(set) } catch { set() }
    }

    // MARK: - Identifiers

    /// A transaction that may write begins, after the one before has ended.
    ///
    /// - Returns: a number for it.
    func begin() -> UInt64 {
        identifiers.withLock { identifiers in
            // Whether that was written is not known yet: then the store must tell.
            if identifiers.stagedBy != nil { identifiers = Identifiers(transaction: identifiers.transaction) }
            identifiers.transaction += 1
            return identifiers.transaction
        }
    }

    /// A number for a new collection, never given out before, not even by a process that was killed.
    ///
    /// - Parameter number: what ``begin()`` gave for the transaction.
    /// - Throws: `StoreError` when the store's bytes are damaged.
    func newIdentifier(in transaction: any CheckedTransaction, _ number: UInt64) throws -> UInt64 {
        // Transactions that write run one at a time, so this waits for nobody.
        var block = identifiers.withLock { $0 }
        if block.next == block.end {
            let key = StructureCode.identifiers
            var start: UInt64 = 1
            if let stored = try transaction.get(key.span) {
                guard let number = UInt64(stored.string) else { throw StructureError.malformed("the count of ids") }
                start = number
            }
            let (end, overflow) = start.addingReportingOverflow(StructureState.blockSize)
            if overflow { throw StructureError.malformed("the count of ids") }
            block.next = start
            block.end = end
            block.stagedBy = number
            transaction.put(own: key.span, String(end).utf8.span)
        }
        let id = block.next
        block.next += 1
        identifiers.withLock { $0 = block }
        return id
    }

    /// A transaction ended. When it was not written, ids that it reserved are not reserved.
    func didEnd(_ transaction: UInt64, written: Bool) {
        identifiers.withLock { identifiers in
            guard identifiers.stagedBy == transaction else { return }
            if written {
                identifiers.stagedBy = nil
            } else {
                identifiers = Identifiers(transaction: identifiers.transaction)
            }
        }
    }

    /// The system's time in milliseconds since 1970.
    package static let systemTime: @Sendable () -> Int64 = {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
