internal import Synchronization

/// All clients of an engine. Safe from any thread.
final class SessionRegistry: Sendable {
    private let sessions = Mutex<[Int64: Session]>([:])

    var count: Int { sessions.withLock { $0.count } }

    /// All of them, in the order they came.
    var all: [Session] {
        sessions.withLock { Array($0.values) }.sorted { $0.id < $1.id }
    }

    func add(_ session: Session) { sessions.withLock { $0[session.id] = session } }
    func remove(_ session: Session) { sessions.withLock { $0[session.id] = nil } }
    func session(_ id: Int64) -> Session? { sessions.withLock { $0[id] } }
}
