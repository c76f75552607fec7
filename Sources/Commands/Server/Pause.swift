internal import Synchronization

/// What `CLIENT PAUSE` asked for. Safe from any thread.
final class Pause: Sendable {
    private struct State {
        /// In milliseconds since 1970.
        var deadline: Int64 = 0
        /// Whether only what writes waits.
        var onlyWrites = false
        var waiting: [Session] = []
    }

    private let state = Mutex(State())
    private let on = Atomic(false)

    var isOn: Bool { on.load(ordering: .acquiring) }

    /// Begins a pause, or makes the one that is on longer or stricter.
    func begin(until deadline: Int64, onlyWrites: Bool) {
        state.withLock { state in
            let wasOn = isOn
            state.deadline = wasOn ? max(state.deadline, deadline) : deadline
            state.onlyWrites = wasOn ? state.onlyWrites && onlyWrites : onlyWrites
            on.store(true, ordering: .releasing)
        }
    }

    /// Ends the pause: who was made to wait goes on.
    func end() {
        let waiting = state.withLock { state in
            on.store(false, ordering: .releasing)
            defer { state.waiting = [] }
            return state.waiting
        }
        for session in waiting { session.owner?.resume() }
    }

    /// When a command may run, in milliseconds since 1970; `nil` for now.
    func deadline(for command: Command, _ session: Session, _ engine: Engine) -> Int64? {
        let isOver = state.withLock { isOn && $0.deadline <= engine.now }
        if isOver { end() }
        return state.withLock { state in
            guard isOn else { return nil }
            if state.onlyWrites {
                var writes = !command.flags.isDisjoint(with: [.write, .mayReplicate])
                if command.name == "exec" {
                    writes = (session.queue?.commands ?? []).contains {
                        !engine.table.entries[$0.number].command.flags.isDisjoint(with: [.write, .mayReplicate])
                    }
                } else if session.queue != nil {
                    // Queued, it does not write yet.
                    writes = false
                }
                guard writes else { return nil }
            }
            if !state.waiting.contains(where: { $0 === session }) { state.waiting.append(session) }
            return state.deadline
        }
    }
}
