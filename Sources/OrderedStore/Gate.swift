#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import Synchronization

/// Lets many in at a time, or one alone: calls against closing, blind writes against transactions.
///
/// Entering shared is one atomic addition while nobody wants in alone. Somebody who does is let in before
/// any newcomer, so a stream of calls cannot starve it. A thread that is inside a scope may always enter
/// again, also while somebody waits to be alone, and one that would wait for itself is told so.
@safe
package final class Gate: @unchecked Sendable {
    /// Those inside; negative once somebody wants to be, or is, alone.
    private let state = Atomic<Int>(0)
    private static let alone = Int.min

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    /// Guarded by `mutex`: the thread that is, or waits to be, alone.
    private var owner: UInt?
    /// Guarded by `mutex`: how many scopes each thread is inside of.
    private var scopes: [UInt: Int] = [:]

    /// A gate with nobody inside.
    package init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Enters for one call. Waits while somebody is alone.
    ///
    /// - Returns: `false`, and nothing was entered, when it is this thread that is alone.
    package func enter() -> Bool {
        if state.wrappingAdd(1, ordering: .acquiring).oldValue >= 0 { return true }
        return enterSlowly()
    }

    /// Leaves after ``enter()``.
    package func leave() {
        if state.wrappingSubtract(1, ordering: .releasing).newValue == Gate.alone { wakeAll() }
    }

    /// Enters for a scope in which this thread calls other code, which may enter again.
    ///
    /// - Returns: what ``leaveScope(_:)`` needs; `nil`, and nothing was entered, when this thread is alone.
    package func enterScope() -> UInt? {
        guard enter() else { return nil }
        let thread = Gate.currentThread
        locked { scopes[thread, default: 0] += 1 }
        return thread
    }

    /// Leaves after ``enterScope()``, from any thread.
    package func leaveScope(_ thread: UInt) {
        locked {
            if let depth = scopes[thread], depth > 1 { scopes[thread] = depth - 1 } else { scopes[thread] = nil }
        }
        leave()
    }

    /// Waits until everybody has left and keeps others out.
    ///
    /// - Returns: `false` when this thread is inside itself, alone or in a scope: it would wait forever.
    package func enterAlone() -> Bool {
        let thread = Gate.currentThread
        return locked {
            if owner == thread || scopes[thread] != nil { return false }
            while owner != nil { wait() }
            owner = thread
            state.wrappingAdd(Gate.alone, ordering: .acquiringAndReleasing)
            while state.load(ordering: .acquiring) != Gate.alone { wait() }
            return true
        }
    }

    /// Lets others in again after ``enterAlone()``.
    package func leaveAlone() {
        locked {
            owner = nil
            state.wrappingAdd(Gate.alone, ordering: .acquiringAndReleasing)
            unsafe pthread_cond_broadcast(changed)
        }
    }

    private func enterSlowly() -> Bool {
        let thread = Gate.currentThread
        return locked {
            while true {
                // Inside already: whoever wants to be alone waits for this thread anyway.
                if scopes[thread] != nil { return true }
                state.wrappingSubtract(1, ordering: .releasing)
                unsafe pthread_cond_broadcast(changed)
                if owner == thread { return false }
                while owner != nil { wait() }
                if state.wrappingAdd(1, ordering: .acquiring).oldValue >= 0 { return true }
            }
        }
    }

    private func wakeAll() {
        locked { _ = unsafe pthread_cond_broadcast(changed) }
    }

    private func wait() {
        unsafe pthread_cond_wait(changed, mutex)
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    private static var currentThread: UInt {
        #if canImport(Darwin)
            unsafe UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }
}
