internal import OrderedStore
internal import Structures
internal import Synchronization

/// The requests of many sessions that an event loop has gathered, in the order in which they are run.
package protocol RequestSource: AnyObject {
    /// Goes on to the next request.
    ///
    /// - Returns: `false` when there is none, or enough was run for now.
    func next() -> Bool
    /// The request's words.
    var arguments: Arguments { get }
    /// Whose request it is.
    var session: Session { get }
    /// Where its reply goes: for all requests the same place.
    var reply: any ReplyWriter { get }
    /// The request is done with, or goes on as the outcome says.
    ///
    /// - Parameter awaitsStore: whether its reply must not leave before ``settle(_:)``.
    func finish(_ outcome: Outcome, awaitsStore: Bool)
    /// What the requests since the last call have written is stored: their replies may leave once all was run. With an
    /// error nothing of it is stored, and they are to be told so instead.
    func settle(_ error: String?)
}

extension Engine {
    /// Runs requests one after another. Those that only read share a moment, and as soon as one writes, it and those
    /// behind it share a transaction, in which each is still whole or not there at all: writing many at once takes one
    /// lock, one write to the log and, where that is asked for, one sync.
    ///
    /// What takes long is left, as by ``execute(_:session:reply:)``.
    package func run(_ source: some RequestSource) {
        var turn = Turn()
        var next = nextCommand(source, &turn)
        while let number = next {
            switch company(of: number, source.arguments) {
            case .none:
                let outcome = runAlone(number, source, turn)
                turn.lastTime = MonotonicClock.nanoseconds
                source.finish(outcome, awaitsStore: false)
                next = nextCommand(source, &turn)
            case .readers: next = readTogether(number, source, &turn)
            case .writers: next = writeTogether(number, source, &turn)
            }
        }
    }

    /// What a run of requests goes on with.
    private struct Turn {
        /// How much was written before the reply of the request under way.
        var mark = 0
        /// When the last command ended, which is when the next begins.
        var lastTime = MonotonicClock.nanoseconds
    }

    /// Which commands a command may share a transaction with.
    fileprivate enum Company { case none, readers, writers }

    private func company(of number: Int, _ arguments: Arguments) -> Company {
        let command = table.entries[number].command
        guard case .data = command.action, command.flags.isDisjoint(with: [.slow, .blocking]) else { return .none }
        guard command.flags.contains(.write) else { return .readers }
        // Who is told of each change is told before the reply to the command that made it.
        if notifications.isUsed { return .none }
        return structures.isEnabled || command.keepsPlain(arguments) ? .writers : .none
    }

    /// The next command that is to be run, after those that are answered without.
    private func nextCommand(_ source: some RequestSource, _ turn: inout Turn) -> Int? {
        while source.next() {
            let (session, reply) = (source.session, source.reply)
            turn.mark = reply.mark
            switch admission(source.arguments, session, reply, leavesWork: true) {
            case .run(let number): return number
            case .answered(let outcome):
                if session.replies != .on, !outcome.comesAgain { silence(session, reply, turn.mark) }
                source.finish(outcome, awaitsStore: false)
            }
        }
        return nil
    }

    private func runAlone(_ number: Int, _ source: some RequestSource, _ turn: Turn) -> Outcome {
        let (session, reply) = (source.session, source.reply)
        let outcome = answer(number, source.arguments, session, reply, leavesWork: true)
        if session.replies != .on, !outcome.comesAgain { silence(session, reply, turn.mark) }
        return outcome
    }

    /// Runs a command that reads, and those behind it that do, over one moment.
    ///
    /// - Returns: the command that comes then.
    private func readTogether(_ first: Int, _ source: some RequestSource, _ turn: inout Turn) -> Int? {
        var next: Int? = first
        var outcome = Outcome.done
        do {
            // Counted before the moment is chosen: a write that ends in between may show, and is not counted.
            let moment = endedWriteCount
            try StructureKeys.read(store, structures, database: source.session.database) { keys in
                keys.notesEvents = false
                let call = call(over: keys, source, moment: moment)
                while let number = next, case .done = outcome {
                    guard case .readers = company(of: number, source.arguments) else { return }
                    outcome = run(number, source, call, &turn)
                    guard case .done = outcome else { return }
                    source.finish(.done, awaitsStore: false)
                    next = nextCommand(source, &turn)
                }
            }
        } catch {
            fail(error, next, source, turn)
            source.finish(.done, awaitsStore: false)
            return nextCommand(source, &turn)
        }
        guard !outcome.isDone else { return next }
        source.finish(outcome, awaitsStore: false)
        return nextCommand(source, &turn)
    }

    /// Runs a command that writes, and those behind it, in one transaction.
    ///
    /// - Returns: the command that comes then.
    private func writeTogether(_ first: Int, _ source: some RequestSource, _ turn: inout Turn) -> Int? {
        var next: Int? = first
        var outcome = Outcome.done
        var needsOwn = false
        var hasBegun = false
        do {
            try withWriting(isLong: false) {
                try change(source.session.database) { keys in
                    precondition(!hasBegun, "a store that runs transactions again cannot take requests together")
                    hasBegun = true
                    keys.isShared = true
                    let call = call(over: keys, source, moment: nil)
                    while let number = next {
                        guard !company(of: number, source.arguments).isNone else { return }
                        let events = keys.events.count
                        do {
                            outcome = try runShared(number, source, call, &turn)
                        } catch {
                            needsOwn = true
                            return
                        }
                        guard case .done = outcome else { return }
                        source.finish(.done, awaitsStore: true)
                        next = nextCommand(source, &turn)
                        // Who waits for what was written comes before the next command.
                        if isAwaited(keys.events[events...]) { return }
                    }
                }
            }
            source.settle(nil)
        } catch {
            if hasBegun {
                source.settle(Engine.message(for: error))
            } else if error is MuchWork {
                outcome = .leave
            } else {
                fail(error, next, source, turn)
                source.finish(.done, awaitsStore: false)
                return nextCommand(source, &turn)
            }
        }
        if needsOwn, let number = next {
            source.finish(runAlone(number, source, turn), awaitsStore: false)
            return nextCommand(source, &turn)
        }
        guard !outcome.isDone else { return next }
        source.finish(outcome, awaitsStore: false)
        return nextCommand(source, &turn)
    }

    private func isAwaited(_ events: ArraySlice<KeyEvent>) -> Bool {
        guard !events.isEmpty, waiting.count > 0 else { return false }
        return events.contains { waiting.isAwaited(WatchedKey(database: $0.database, key: $0.key)) }
    }

    /// Runs a command in a transaction that others share: it stages all it writes, or nothing.
    ///
    /// - Throws: `NeedsOwnTransaction`, when it cannot share; nothing was done then.
    private func runShared(
        _ number: Int, _ source: some RequestSource, _ call: DataCall, _ turn: inout Turn
    ) throws -> Outcome {
        let mark = call.keys.mark
        var refused: NeedsOwnTransaction?
        let outcome = run(number, source, call, &turn) { error in
            call.keys.takeBack(to: mark)
            refused = error as? NeedsOwnTransaction
            return refused != nil
        }
        if let refused { throw refused }
        return outcome
    }

    /// What the commands of a run are called with, one after another.
    private func call(over keys: StructureKeys, _ source: some RequestSource, moment: UInt64?) -> DataCall {
        DataCall(
            keys, source.reply, source.session, self, leavesWork: true, mayBlock: false, moment: moment)
    }

    /// Runs a command on data in a transaction that is there.
    ///
    /// - Parameter recover: is told of an error before the client is; returns whether the client is not.
    private func run(
        _ number: Int, _ source: some RequestSource, _ call: DataCall, _ turn: inout Turn,
        recover: (any Error) -> Bool = { _ in false }
    ) -> Outcome {
        let (session, reply) = (source.session, call.reply)
        let mark = reply.mark
        let begin = turn.lastTime
        session.activity.command.store(number, ordering: .relaxed)
        session.activity.time.store(begin, ordering: .relaxed)
        guard case .data(let body) = table.entries[number].command.action else { return .done }
        call.next(for: session)
        do {
            try body(source.arguments, call)
        } catch {
            reply.truncate(to: mark)
            if recover(error) { return .done }
            if error is MuchWork { return .leave }
            refuse(Engine.message(for: error), reply)
            statistics.add(to: .failed, of: number)
        }
        turn.lastTime = MonotonicClock.nanoseconds
        didRun(number, source.arguments, session, nanoseconds: turn.lastTime - begin)
        if session.replies != .on { silence(session, reply, turn.mark) }
        return .done
    }

    /// Answers a command that could not even begin.
    private func fail(_ error: any Error, _ number: Int?, _ source: some RequestSource, _ turn: Turn) {
        let (session, reply) = (source.session, source.reply)
        reply.truncate(to: turn.mark)
        refuse(Engine.message(for: error), reply)
        if let number {
            statistics.add(to: .failed, of: number)
            didRun(number, source.arguments, session, nanoseconds: 0)
        }
        if session.replies != .on { silence(session, reply, turn.mark) }
    }
}

extension Engine.Company {
    fileprivate var isNone: Bool { if case .none = self { true } else { false } }
}

extension Outcome {
    fileprivate var isDone: Bool { if case .done = self { true } else { false } }
}

extension Command {
    /// Whether the command never puts anything but plain entries.
    func keepsPlain(_ arguments: Arguments) -> Bool { flags.contains(.keepsPlain) && arguments.count <= 3 }
}
