internal import Synchronization

/// The backups that were asked for. Safe from any thread.
final class Backups: Sendable {
    struct State: Sendable {
        var isRunning = false
        /// When the last one succeeded, in seconds since 1970; before, when the engine began.
        var lastTime: Int64
        var lastFailed = false
    }

    private let current: Mutex<State>

    init(start: Int64) { current = Mutex(State(lastTime: start / 1_000)) }

    var state: State { current.withLock { $0 } }

    /// Begins a backup, unless one is running.
    func begin() -> Bool {
        current.withLock { state in
            if state.isRunning { return false }
            state.isRunning = true
            return true
        }
    }

    /// - Parameter time: when it succeeded, in milliseconds since 1970; `nil` when it failed.
    func end(_ time: Int64?) {
        current.withLock { state in
            state.isRunning = false
            state.lastFailed = time == nil
            if let time { state.lastTime = time / 1_000 }
        }
    }
}

extension Engine {
    /// Writes a backup, and keeps what became of it. The caller has called ``Backups/begin()``.
    func backUp(as name: String?) throws {
        var time: Int64?
        defer { backups.end(time) }
        guard let host else { throw CommandError("ERR there is no place for backups: no server runs this database") }
        try host.backUp(as: name)
        time = now
    }
}
