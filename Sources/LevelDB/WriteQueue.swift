internal import OrderedStore
internal import Synchronization

/// Lets one writer at a time reach LevelDB, and lets those who wait go together.
///
/// One at a time, because a write that follows a failed one into the log is lost although LevelDB calls it
/// good: nobody may write between a failure and our taking note of it. Together, because one sync of the
/// log then serves all of them.
final class WriteQueue: @unchecked Sendable {
    /// A batch in the queue, or somebody who wants the turn for more than a batch.
    private final class Waiter {
        enum State { case waiting, hasTurn, done }

        let thread: UInt
        let batch: WriteBatch?
        let durability: Durability
        var state = State.waiting
        var failure: StoreError?

        init(batch: WriteBatch?, durability: Durability) {
            thread = Monitor.currentThread
            self.batch = batch
            self.durability = durability
        }
    }

    /// How much is written together at the most: beyond that, whoever waits first waits too long.
    private static var mostBytesTogether: Int { 1 << 20 }

    /// Who has the turn, ``free`` when nobody has. ``contended`` is added under `monitor` when somebody waits;
    /// without it taking the turn and ending it is one exchange each.
    private let turn = Atomic<UInt>(free)
    private static var free: UInt { 0 }
    /// A thread is told by an address, whose lowest bit is never set.
    private static var contended: UInt { 1 }

    private let monitor = Monitor()
    /// Guarded by `monitor`.
    private var waiting: [Waiter] = []

    /// Takes the turn if nobody has it or waits for it.
    ///
    /// - Returns: whether the turn is now this thread's; then ``passOn()`` must follow.
    @inline(__always)
    func takeIfFree() -> Bool {
        turn.compareExchange(expected: WriteQueue.free, desired: Monitor.currentThread, ordering: .acquiring).exchanged
    }

    /// Waits for the turn and keeps it: a transaction, a close.
    ///
    /// - Returns: `false` when this thread has the turn already.
    func take() -> Bool {
        if takeIfFree() { return true }
        if isMine { return false }
        return monitor.locked {
            guard hasToWaitLocked() else { return true }
            let waiter = Waiter(batch: nil, durability: .buffered)
            waiting.append(waiter)
            while waiter.state == .waiting { monitor.wait() }
            return true
        }
    }

    /// Ends the turn.
    @inline(__always)
    func passOn() {
        let mine = turn.load(ordering: .relaxed) & ~WriteQueue.contended
        if turn.compareExchange(expected: mine, desired: WriteQueue.free, ordering: .releasing).exchanged { return }
        monitor.locked { passOnLocked() }
    }

    /// Writes `batch` when its turn comes, by `perform`, which may be handed several batches as one.
    ///
    /// - Returns: `nil` when this thread has the turn already; else the failure, if any.
    func write(
        _ batch: borrowing WriteBatch, _ durability: Durability,
        perform: (borrowing WriteBatch, Durability) -> StoreError?
    ) -> StoreError?? {
        if takeIfFree() {
            defer { passOn() }
            return .some(perform(batch, durability))
        }
        if isMine { return nil }
        monitor.lock()
        guard hasToWaitLocked() else {
            monitor.unlock()
            defer { passOn() }
            return .some(perform(batch, durability))
        }
        let waiter = Waiter(batch: copy batch, durability: durability)
        waiting.append(waiter)
        while waiter.state == .waiting { monitor.wait() }
        if waiter.state == .done {
            monitor.unlock()
            return .some(waiter.failure)
        }
        let (followers, together, strictest) = gatherLocked(behind: waiter)
        monitor.unlock()
        let failure = perform(together, strictest)
        monitor.lock()
        for follower in followers {
            follower.failure = failure
            follower.state = .done
        }
        passOnLocked()
        monitor.unlock()
        return .some(failure)
    }

    /// Takes the batches that wait at the head of the queue, to be written with `leader`'s.
    private func gatherLocked(behind leader: Waiter) -> ([Waiter], WriteBatch, Durability) {
        var together = leader.batch ?? WriteBatch()
        var durability = leader.durability
        var followers: [Waiter] = []
        while let next = waiting.first, let batch = next.batch,
            together.approximateByteCount + batch.approximateByteCount <= WriteQueue.mostBytesTogether
        {
            together.append(batch)
            if next.durability == .synced { durability = .synced }
            followers.append(waiting.removeFirst())
        }
        return (followers, together, durability)
    }

    /// Whether the turn is this thread's, which nobody else can change.
    private var isMine: Bool { turn.load(ordering: .relaxed) & ~WriteQueue.contended == Monitor.currentThread }

    /// Makes it known that somebody waits, so that the turn is passed on under `monitor`; or takes the turn, if
    /// it has come free.
    private func hasToWaitLocked() -> Bool {
        while !takeIfFree() {
            let holder = turn.load(ordering: .relaxed)
            if holder == WriteQueue.free { continue }
            let marked = holder | WriteQueue.contended
            if turn.compareExchange(expected: holder, desired: marked, ordering: .relaxed).exchanged { return true }
        }
        return false
    }

    private func passOnLocked() {
        if waiting.isEmpty {
            turn.store(WriteQueue.free, ordering: .releasing)
        } else {
            let next = waiting.removeFirst()
            // Handed over under `monitor`, where the next one sees what this one did.
            let mark = waiting.isEmpty ? 0 : WriteQueue.contended
            turn.store(next.thread | mark, ordering: .releasing)
            next.state = .hasTurn
        }
        // Also wakes those whose batch was written with this one.
        monitor.announce()
    }
}
