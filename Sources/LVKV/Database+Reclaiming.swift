internal import Dispatch
internal import Structures
internal import Synchronization

extension Database {
    /// Takes away all keys that have expired and all elements of collections that are no more, in small transactions.
    ///
    /// They are gone for every reader already; this gives their space back. Called by many threads at once, one works
    /// and the others wait.
    ///
    /// - Complexity: O(*n*) in what is taken away; O(1) when there is nothing.
    /// - Throws: `StoreError`. What was taken away before stays so.
    public func reclaim() throws {
        try reclaiming.run { reclaimer in
            while try reclaimer.step() == .worked {}
        }
    }

    /// Has a thread do as ``reclaim()`` does, from now until the database is closed: keys soon after they expire, a
    /// bounded number of elements a second. Calling it again changes nothing.
    public func startReclaiming() { reclaiming.start() }
}

/// The database's reclaimer, and the thread that lets it work.
final class Reclaiming: @unchecked Sendable {
    private let queue = DispatchQueue(label: "lvkv.reclaimer", qos: .utility)
    /// Used on `queue` only.
    private let reclaimer: Reclaimer
    private let isRunning = Atomic(false)
    private let hasEnded = Atomic(false)

    /// Between two steps while there is work: at most some 100,000 elements a second.
    private static let betweenSteps = DispatchTimeInterval.milliseconds(5)
    /// Until the next look when there was nothing to do.
    private static let betweenLooks = DispatchTimeInterval.milliseconds(100)
    /// After a failure, and while writes are refused.
    private static let afterFailure = DispatchTimeInterval.seconds(1)

    init(_ reclaimer: Reclaimer) { self.reclaimer = reclaimer }

    func run(_ body: (Reclaimer) throws -> Void) throws { try queue.sync { try body(reclaimer) } }

    func start() {
        guard !isRunning.exchange(true, ordering: .relaxed) else { return }
        queue.async { [weak self] in self?.work() }
    }

    /// Lets no more steps follow. Does not wait for the one under way: closing the store does.
    func end() { hasEnded.store(true, ordering: .relaxed) }

    private func work() {
        guard !hasEnded.load(ordering: .relaxed) else { return }
        let pause: DispatchTimeInterval
        do {
            pause = try reclaimer.step() == .worked ? Reclaiming.betweenSteps : Reclaiming.betweenLooks
        } catch {
            pause = Reclaiming.afterFailure
        }
        // Whoever drops the database without closing it ends this, too.
        queue.asyncAfter(deadline: .now() + pause) { [weak self] in self?.work() }
    }
}
