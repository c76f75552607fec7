internal import OrderedStore
internal import Structures
internal import Synchronization

/// A command that waits for a key.
struct WaitingCommand {
    let command: Command
    let arguments: Arguments
    let wait: Wait
}

/// Who waits for keys, in the order they came.
struct WaitingSessions {
    private struct Client {
        let session: Session
        let waiting: WaitingCommand
    }

    private var clients: [ObjectIdentifier: Client] = [:]
    private var queues: [WatchedKey: [ObjectIdentifier]] = [:]

    var count: Int { clients.count }

    mutating func add(_ session: Session, _ waiting: WaitingCommand) {
        let id = ObjectIdentifier(session)
        clients[id] = Client(session: session, waiting: waiting)
        session.activity.isWaiting.store(true, ordering: .relaxed)
        for key in waiting.wait.keys {
            let place = WatchedKey(database: waiting.wait.database, key: key)
            if queues[place]?.contains(id) != true { queues[place, default: []].append(id) }
        }
    }

    mutating func remove(_ session: Session) -> WaitingCommand? {
        let id = ObjectIdentifier(session)
        guard let client = clients.removeValue(forKey: id) else { return nil }
        session.activity.isWaiting.store(false, ordering: .relaxed)
        for key in client.waiting.wait.keys {
            let place = WatchedKey(database: client.waiting.wait.database, key: key)
            queues[place]?.removeAll { $0 == id }
            if queues[place]?.isEmpty == true { queues[place] = nil }
        }
        return client.waiting
    }

    func isAwaited(_ key: WatchedKey) -> Bool { queues[key] != nil }

    /// Who waits for a key, in the order they came.
    func sessions(for key: WatchedKey) -> [(Session, WaitingCommand)] {
        (queues[key] ?? []).compactMap { id in clients[id].map { ($0.session, $0.waiting) } }
    }
}

extension Engine {
    /// Tells those who watch the changed keys, and runs the commands that waited for them, in the order they came.
    func didChange(_ events: [KeyEvent]) {
        var events = events
        while !events.isEmpty {
            publish(events)
            var ready: [WatchedKey] = []
            for event in events {
                let key = WatchedKey(database: event.database, key: event.key)
                watching.noteChange(of: key, isExpiry: event.kind == .expired)
                if waiting.isAwaited(key), !ready.contains(key) { ready.append(key) }
            }
            events = []
            for key in ready { events += serve(key) }
        }
    }

    /// Runs the commands that wait for a key, as long as there is something in it.
    ///
    /// - Returns: what they changed.
    private func serve(_ key: WatchedKey) -> [KeyEvent] {
        var changes: [KeyEvent] = []
        for (session, waiting) in waiting.sessions(for: key) {
            guard let owner = session.owner, case .data(let run) = waiting.command.action else { continue }
            let reply = owner.makeReply(version: session.version)
            do {
                let (served, events) = try commit(key.database) { keys -> Served in
                    let found = try keys.lookup(key.key.span, probably: waiting.wait.kind)
                    guard let kind = found.kind else { return .nothing }
                    guard kind == waiting.wait.kind else { return .otherKind }
                    let call = DataCall(keys, reply, session, self, leavesWork: false, mayBlock: true, ready: key.key)
                    try run(waiting.arguments, call)
                    return call.wait == nil ? .done : .otherKind
                }
                changes += events
                if served == .nothing { break }
                if served == .otherKind { continue }
            } catch {
                reply.error(Engine.message(for: error))
            }
            endWait(of: session) { owner.send(reply, endsWait: true) }
        }
        return changes
    }

    private enum Served { case done, nothing, otherKind }

    /// Ends a wait whose time is up, or that somebody else ends.
    ///
    /// - Parameter error: what the client is told; by default that nothing came.
    /// - Returns: whether the session waited.
    @discardableResult
    package func endWait(of session: Session, error: String? = nil) -> Bool {
        locked {
            guard let waiting = waiting.remove(session) else { return false }
            countObservers()
            guard let owner = session.owner else { return true }
            let reply = owner.makeReply(version: session.version)
            if let error { reply.error(error) } else { waiting.wait.empty.write(to: reply) }
            owner.send(reply, endsWait: true)
            return true
        }
    }

    private func endWait(of session: Session, _ send: () -> Void) {
        _ = waiting.remove(session)
        countObservers()
        send()
    }
}
