internal import OrderedStore

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

    private let monitor = Monitor()
    /// All guarded by `monitor`.
    private var owner: UInt?
    private var waiting: [Waiter] = []

    /// Takes the turn if nobody has it or waits for it.
    ///
    /// - Returns: whether the turn is now this thread's; then ``passOn()`` must follow.
    func takeIfFree() -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        guard owner == nil && waiting.isEmpty else { return false }
        owner = Monitor.currentThread
        return true
    }

    /// Waits for the turn and keeps it: a transaction, a close.
    ///
    /// - Returns: `false` when this thread has the turn already.
    func take() -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        let thread = Monitor.currentThread
        if owner == thread { return false }
        if owner == nil && waiting.isEmpty {
            owner = thread
            return true
        }
        let waiter = Waiter(batch: nil, durability: .buffered)
        waiting.append(waiter)
        while waiter.state == .waiting { monitor.wait() }
        return true
    }

    /// Ends the turn.
    func passOn() {
        monitor.lock()
        passOnLocked()
        monitor.unlock()
    }

    /// Writes `batch` when its turn comes, by `perform`, which may be handed several batches as one.
    ///
    /// - Returns: `nil` when this thread has the turn already; else the failure, if any.
    func write(
        _ batch: borrowing WriteBatch, _ durability: Durability,
        perform: (borrowing WriteBatch, Durability) -> StoreError?
    ) -> StoreError?? {
        monitor.lock()
        if owner == Monitor.currentThread {
            monitor.unlock()
            return nil
        }
        if owner == nil && waiting.isEmpty {
            owner = Monitor.currentThread
            monitor.unlock()
            let failure = perform(batch, durability)
            passOn()
            return .some(failure)
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

    private func passOnLocked() {
        if waiting.isEmpty {
            owner = nil
        } else {
            let next = waiting.removeFirst()
            owner = next.thread
            next.state = .hasTurn
        }
        // Also wakes those whose batch was written with this one.
        monitor.announce()
    }
}
