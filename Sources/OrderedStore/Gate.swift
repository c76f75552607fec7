#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import Synchronization

/// Lets many in at a time, or one alone: the calls on a store against its closing.
///
/// Entering shared is one atomic addition while nobody wants in alone. Somebody who does is let in before
/// any newcomer, so a stream of calls cannot starve it. A thread that is inside a scope may always enter
/// again, also while somebody waits to be alone, and one that would wait for itself is told so.
package final class Gate: @unchecked Sendable {
    /// Those inside; negative once somebody wants to be, or is, alone.
    private let state = Atomic<Int>(0)
    private static let alone = Int.min

    private let monitor = Monitor()
    /// Guarded by `monitor`: the thread that is, or waits to be, alone.
    private var owner: UInt?
    /// Guarded by `monitor`.
    private var scopes = ThreadScopes()

    /// A gate with nobody inside.
    package init() {}

    /// Enters for one call. Waits while somebody is alone.
    ///
    /// - Returns: `false`, and nothing was entered, when it is this thread that is alone.
    package func enter() -> Bool {
        if state.wrappingAdd(1, ordering: .acquiring).oldValue >= 0 { return true }
        return enterSlowly()
    }

    /// Leaves after ``enter()``.
    package func leave() {
        if state.wrappingSubtract(1, ordering: .releasing).newValue == Gate.alone {
            monitor.locked { monitor.announce() }
        }
    }

    /// Enters for a scope in which this thread calls other code, which may enter again.
    ///
    /// - Returns: what ``leaveScope(_:)`` needs; `nil`, and nothing was entered, when this thread is alone.
    package func enterScope() -> UInt? {
        guard enter() else { return nil }
        let thread = Monitor.currentThread
        monitor.locked { scopes.add(thread) }
        return thread
    }

    /// Leaves after ``enterScope()``, from any thread.
    package func leaveScope(_ thread: UInt) {
        monitor.locked { scopes.remove(thread) }
        leave()
    }

    /// Waits until everybody has left and keeps others out.
    ///
    /// - Returns: `false` when this thread is inside itself, alone or in a scope: it would wait forever.
    package func enterAlone() -> Bool {
        let thread = Monitor.currentThread
        return monitor.locked {
            if owner == thread || isInScope(thread) { return false }
            while owner != nil { monitor.wait() }
            owner = thread
            state.wrappingAdd(Gate.alone, ordering: .acquiringAndReleasing)
            while state.load(ordering: .acquiring) != Gate.alone { monitor.wait() }
            return true
        }
    }

    /// Keeps others out as ``enterAlone()`` does if everybody leaves soon. Newcomers wait meanwhile.
    ///
    /// - Parameter milliseconds: how long it may take.
    /// - Returns: `false`, and nothing was entered, when somebody stays inside, or is or wants to be alone.
    package func enterAlone(within milliseconds: Int) -> Bool {
        let thread = Monitor.currentThread
        let isWaiting = monitor.locked {
            if owner != nil || isInScope(thread) { return false }
            owner = thread
            state.wrappingAdd(Gate.alone, ordering: .acquiringAndReleasing)
            return true
        }
        guard isWaiting else { return false }
        var left = milliseconds
        while state.load(ordering: .acquiring) != Gate.alone {
            guard left > 0 else {
                leaveAlone()
                return false
            }
            left -= 1
            usleep(1_000)
        }
        return true
    }

    /// Keeps others out as ``enterAlone()`` does, and lets newcomers in now and then while it waits: somebody inside may be
    /// waiting, at another gate, for one of them.
    ///
    /// - Returns: `false` when this thread is inside itself, alone or in a scope: it would wait forever.
    package func enterAloneByTurns() -> Bool {
        var patience = 100
        while !enterAlone(within: patience) {
            if isThreadInside { return false }
            usleep(UInt32(min(patience, 1_000)) * 100)
            patience = min(2 * patience, 60_000)
        }
        return true
    }

    /// Lets others in again after ``enterAlone()``.
    package func leaveAlone() {
        monitor.locked {
            owner = nil
            state.wrappingAdd(Gate.alone, ordering: .acquiringAndReleasing)
            monitor.announce()
        }
    }

    /// Whether this thread is inside a scope, or alone.
    package var isThreadInside: Bool {
        let thread = Monitor.currentThread
        return monitor.locked { owner == thread || isInScope(thread) }
    }

    /// Under `monitor`.
    private func isInScope(_ thread: UInt) -> Bool { scopes.contains(thread) }

    private func enterSlowly() -> Bool {
        let thread = Monitor.currentThread
        return monitor.locked {
            while true {
                // Inside already: whoever wants to be alone waits for this thread anyway.
                if isInScope(thread) { return true }
                state.wrappingSubtract(1, ordering: .releasing)
                monitor.announce()
                if owner == thread { return false }
                while owner != nil { monitor.wait() }
                if state.wrappingAdd(1, ordering: .acquiring).oldValue >= 0 { return true }
            }
        }
    }
}

/// How many scopes each thread is inside of. The threads are few: looking through them takes less than hashing.
private struct ThreadScopes {
    private var all: [(thread: UInt, depth: Int)] = []

    func contains(_ thread: UInt) -> Bool { all.contains { $0.thread == thread } }

    mutating func add(_ thread: UInt) {
        if let own = all.firstIndex(where: { $0.thread == thread }) {
            all[own].depth += 1
        } else {
            all.append((thread, 1))
        }
    }

    mutating func remove(_ thread: UInt) {
        guard let own = all.firstIndex(where: { $0.thread == thread }) else { return }
        all[own].depth -= 1
        if all[own].depth == 0 {
            all.swapAt(own, all.count - 1)
            all.removeLast()
        }
    }
}
