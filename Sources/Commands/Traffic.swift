internal import Synchronization

/// Who came and how much went through, since the start. Safe from any thread.
package final class Traffic: Sendable {
    private let connected = Atomic(0)
    private let accepted = Atomic(0)
    private let refused = Atomic(0)
    private let read = Atomic(0)
    private let written = Atomic(0)

    package init() {}

    /// The clients that are connected.
    package var clients: Int { connected.load(ordering: .relaxed) }
    /// The connections that were made, those refused included.
    package var connections: Int { accepted.load(ordering: .relaxed) }
    /// The connections that were refused as too many.
    package var refusals: Int { refused.load(ordering: .relaxed) }
    /// The bytes that came from clients.
    package var input: Int { read.load(ordering: .relaxed) }
    /// The bytes that were sent to clients.
    package var output: Int { written.load(ordering: .relaxed) }

    /// A client connects; it calls ``leave()`` in the end, refused or not.
    ///
    /// - Returns: whether it is among the first `most`.
    package func enter(most: Int) -> Bool {
        accepted.wrappingAdd(1, ordering: .relaxed)
        if connected.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
        refused.wrappingAdd(1, ordering: .relaxed)
        return false
    }

    /// A client is gone.
    package func leave() { connected.wrappingSubtract(1, ordering: .relaxed) }

    package func noteInput(_ bytes: Int) { read.wrappingAdd(bytes, ordering: .relaxed) }
    package func noteOutput(_ bytes: Int) { written.wrappingAdd(bytes, ordering: .relaxed) }

    /// Starts counting anew, for `CONFIG RESETSTAT`.
    package func reset() {
        accepted.store(0, ordering: .relaxed)
        refused.store(0, ordering: .relaxed)
        read.store(0, ordering: .relaxed)
        written.store(0, ordering: .relaxed)
    }
}
