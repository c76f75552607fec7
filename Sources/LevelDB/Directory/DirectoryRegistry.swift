internal import OrderedStore
internal import Synchronization

/// The directories that this process holds, by real path and by identity.
///
/// LevelDB's own lock guards against other processes only, and any second open and close of its `LOCK`
/// file in this process drops it silently. So this is asked before anything else is.
enum DirectoryRegistry {
    private struct Held {
        let ticket: UInt64
        let path: String
        var identity: FileIdentity?
        /// A child after a fork inherits the list, but holds nothing.
        let process: Int32
    }

    private struct State {
        var held: [Held] = []
        var nextTicket: UInt64 = 0
    }

    private static let state = Mutex(State())

    /// Takes `path`, a real path, for this process.
    ///
    /// - Returns: a ticket to give back with ``leave(_:)``; `nil` when somebody in this process has the path.
    static func enter(path: String) -> UInt64? {
        let process = currentProcess()
        return state.withLock { state in
            guard !state.held.contains(where: { $0.path == path && $0.process == process }) else { return nil }
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.held.append(Held(ticket: ticket, path: path, identity: nil, process: process))
            return ticket
        }
    }

    /// Takes the directory itself, which may have other paths.
    ///
    /// - Returns: `nil` when it was taken; the path by which somebody in this process has it already.
    static func enter(_ identity: FileIdentity, ticket: UInt64) -> String? {
        let process = currentProcess()
        return state.withLock { state in
            let other = state.held.first {
                $0.identity == identity && $0.ticket != ticket && $0.process == process
            }
            if let other { return other.path }
            if let index = state.held.firstIndex(where: { $0.ticket == ticket }) {
                state.held[index].identity = identity
            }
            return nil
        }
    }

    /// Gives back what was taken under `ticket`.
    static func leave(_ ticket: UInt64) {
        state.withLock { state in state.held.removeAll { $0.ticket == ticket } }
    }
}
