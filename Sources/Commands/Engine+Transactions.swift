internal import OrderedStore
internal import Records
internal import Structures

/// Who watches keys.
struct WatchingSessions {
    private var sessions: [WatchedKey: [ObjectIdentifier: Session]] = [:]

    var count: Int { sessions.count }

    /// - Parameter expiry: when the key expires as it is now, in milliseconds since 1970.
    mutating func add(_ session: Session, _ key: WatchedKey, expiry: Int64?) {
        guard session.watched[key] == nil else { return }
        session.watched[key] = .some(expiry)
        sessions[key, default: [:]][ObjectIdentifier(session)] = session
    }

    mutating func remove(_ session: Session) {
        for key in session.watched.keys {
            sessions[key]?[ObjectIdentifier(session)] = nil
            if sessions[key]?.isEmpty == true { sessions[key] = nil }
        }
        session.watched = [:]
        session.watchedKeyChanged = false
    }

    /// - Parameter isExpiry: whether all that happened is that the key, which had expired, was taken away. That is no
    ///   change for who watched it after its time.
    func noteChange(of key: WatchedKey, isExpiry: Bool) {
        guard let watchers = sessions[key] else { return }
        for session in watchers.values {
            if isExpiry, case .some(.none) = session.watched[key] { continue }
            session.watchedKeyChanged = true
        }
    }

    /// Notes that all keys may be others now.
    func noteChangeOfAll() {
        for watchers in sessions.values { for session in watchers.values { session.watchedKeyChanged = true } }
    }

    /// Notes that all keys of a database may be others now.
    func noteChange(ofDatabase database: Int) {
        for (key, watchers) in sessions where key.database == database {
            for session in watchers.values { session.watchedKeyChanged = true }
        }
    }
}

extension Engine {
    /// Begins to watch keys of the session's database, named by all words but the first.
    func watch(_ arguments: Arguments, _ session: Session) throws {
        try withWriting(isLong: false) {
            try StructureKeys.read(store, structures, database: session.database) { keys in
                for index in 1..<arguments.count {
                    let key = WatchedKey(database: session.database, key: arguments.bytes(index))
                    watching.add(session, key, expiry: try keys.lookup(arguments[index]).expiry)
                }
            }
            countObservers()
        }
    }

    /// Forgets what the session watches.
    func unwatch(_ session: Session) {
        guard !session.watched.isEmpty || session.watchedKeyChanged else { return }
        locked {
            watching.remove(session)
            countObservers()
        }
    }

    /// Ends a `MULTI` without its commands.
    func discard(_ session: Session) {
        session.queue = nil
        unwatch(session)
    }

    /// Runs the commands of a session's queue as one transaction, unless a watched key was changed.
    func executeQueue(_ call: ControlCall) throws -> Outcome {
        let session = call.session
        guard let queue = session.queue else { throw CommandError("ERR EXEC without MULTI") }
        if queue.isBroken {
            discard(session)
            throw CommandError("EXECABORT Transaction discarded because of previous errors.")
        }
        let commands = queue.commands.map { table.entries[$0.number].command }
        if commands.contains(where: { $0.flags.contains(.slow) }) || commands.count > Engine.mostQueued {
            try call.leaveWork()
        }
        let writes = commands.contains { $0.flags.contains(.write) }
        var outcome = Outcome.done
        do {
            if writes || !session.watched.isEmpty {
                outcome = try withWriting(isLong: !call.leavesWork) {
                    guard !hasWatchedChange(session) else {
                        call.reply.nullArray()
                        return .done
                    }
                    guard writes else { return try readQueue(queue, call) }
                    for (command, entry) in zip(commands, queue.commands)
                    where command.flags.contains(.write)
                        && (!command.flags.contains(.keepsPlain) || entry.arguments.count > 3)
                    {
                        try structures.enable(in: store)
                    }
                    return try change(session.database) { keys in try run(queue, keys, call) }
                }
            } else {
                outcome = try readQueue(queue, call)
            }
        } catch let error as MuchWork {
            throw error
        } catch {
            discard(session)
            throw error
        }
        discard(session)
        return outcome
    }

    /// The most commands that an event loop runs together.
    private static let mostQueued = 1_000

    /// Whether a watched key was changed, or has expired since. ``writing`` is held.
    private func hasWatchedChange(_ session: Session) -> Bool {
        if session.watchedKeyChanged { return true }
        return session.watched.values.contains { expiry in expiry.map { $0 <= now } ?? false }
    }

    private func readQueue(_ queue: CommandQueue, _ call: ControlCall) throws -> Outcome {
        try StructureKeys.read(store, structures, database: call.session.database) { keys in
            keys.notesEvents = false
            return try run(queue, keys, call)
        }
    }

    /// Runs queued commands, one after another, in one transaction.
    private func run(_ queue: CommandQueue, _ keys: StructureKeys, _ call: ControlCall) throws -> Outcome {
        let (session, reply) = (call.session, call.reply)
        // The body of a transaction may be run again.
        let database = session.database
        var isDone = false
        defer { if !isDone { session.database = database } }
        var outcome = Outcome.done
        reply.array(queue.commands.count)
        for (number, arguments) in queue.commands {
            let command = table.entries[number].command
            let begin = MonotonicClock.nanoseconds
            let mark = reply.mark
            do {
                try requireRights(number, arguments, session)
                switch command.action {
                case .data(let body):
                    keys.database = session.database
                    try body(
                        arguments, DataCall(keys, reply, session, self, leavesWork: false, mayBlock: false))
                case .control(let body), .container(_, let body?):
                    let control = ControlCall(reply, session, self, command, leavesWork: false, exec: keys)
                    if case .close = try body(arguments, control) { outcome = .close }
                case .container(_, nil): throw CommandError.syntax
                }
            } catch {
                // What a schema or the store refuses, the transaction as a whole does not survive.
                guard error is CommandError || error is StructureError else { throw error }
                reply.truncate(to: mark)
                refuse(Engine.message(for: error), reply)
                statistics.add(to: .failed, of: number)
            }
            didRun(number, arguments, session, nanoseconds: MonotonicClock.nanoseconds - begin)
        }
        isDone = true
        return outcome
    }

    /// Makes sure that the session's user may still run what was queued.
    private func requireRights(_ number: Int, _ arguments: Arguments, _ session: Session) throws(CommandError) {
        access.refresh(session)
        guard let rights = session.rights, !rights.mayEverything,
            let denial = access.denial(of: number, arguments, to: rights)
        else { return }
        access.log(denial, rights, isQueued: true, line(about: session), now: now)
        throw denial.errorInExec
    }
}
