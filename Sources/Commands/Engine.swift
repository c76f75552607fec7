package import OrderedStore
package import Structures
internal import Records
internal import Synchronization

/// Runs commands on one database directory for any number of sessions.
///
/// Safe from any thread; the commands of one session come one after another. Commands that write run one at a time,
/// with all that follows from them (who watches, who waits), so that everybody sees them in one order.
package final class Engine: @unchecked Sendable {
    package let table: CommandTable
    package let store: any CheckedStore
    package let structures: StructureState
    /// What can be set of the server.
    package let settings: Settings
    /// Who came and how much went through.
    package let traffic = Traffic()
    /// What a command's changes survive.
    package let durability: Durability

    /// Held by whoever writes, and for what follows.
    let writing = Monitor()
    /// The thread that runs a command with ``writing`` held; 0 for none.
    private let writer = Atomic<UInt>(0)
    /// How many wait for ``writing`` or hold it who may hold it for long.
    private let longWriters = Atomic(0)
    /// How many writes have ended, those of the library's calls included.
    private let endedWrites = Atomic<UInt64>(0)
    private let lastSession = Atomic<Int64>(0)
    private let stopping = Mutex<(@Sendable () -> Void)?>(nil)
    /// Who waits for keys and who watches them; with ``writing`` held.
    var waiting = WaitingSessions()
    var watching = WatchingSessions()
    /// How many there are of both, and of those who are told of every change: while there are none, changes need not be
    /// noted.
    let observers = Atomic(0)

    /// What the process around the engine knows and can do; to be set before the first command.
    package var host: (any ServerHost)?
    let statistics: Statistics
    package let access: AccessControl
    let sessions = SessionRegistry()
    let pubsub = PubSub()
    /// The ``NotificationClasses`` of the setting.
    let publishedClasses = Atomic<UInt32>(0)
    let slowLog = SlowLog()
    let latency = LatencyMonitor()
    let monitors = Monitors()
    let countCache = KeyCountCache()
    let censuses = KeyCensuses()
    let backups: Backups
    let scripts = LoadedScripts()
    /// When it began, in milliseconds since 1970.
    let start: Int64
    let pause = Pause()

    package init(
        _ store: any CheckedStore, _ structures: StructureState, table: CommandTable = .standard,
        settings: Settings = Settings(), durability: Durability = .buffered
    ) {
        self.store = store
        self.structures = structures
        self.table = table
        self.settings = settings
        self.durability = durability
        statistics = Statistics(commands: table.entries.count)
        access = AccessControl(table, settings)
        start = structures.clock()
        backups = Backups(start: start)
        takeSettings()
        settings.observe { [weak self] _ in self?.takeSettings() }
        structures.setObserver(self, in: store)
    }

    /// The time in milliseconds since 1970.
    package var now: Int64 { structures.clock() }

    /// Asks whoever runs the server to end it, as `SHUTDOWN` does.
    ///
    /// - Returns: `false` when nobody runs one.
    package func askToStop() -> Bool {
        guard let stop = stopping.withLock({ $0 }) else { return false }
        stop()
        return true
    }

    /// Has `body` called when a client asks that the server ends.
    package func whenAskedToStop(_ body: @escaping @Sendable () -> Void) { stopping.withLock { $0 = body } }

    /// A session for a client that has just come.
    package func makeSession(owner: (any SessionOwner)?) -> Session {
        let id = lastSession.wrappingAdd(1, ordering: .relaxed).newValue
        let session = Session(id: id, start: structures.clock(), owner: owner)
        session.user = access.userOfNewSessions
        access.refresh(session)
        sessions.add(session)
        return session
    }

    /// The client is gone: forgets all that was for it.
    package func end(_ session: Session) {
        sessions.remove(session)
        pubsub.removeAll(session)
        monitors.remove(session)
        locked {
            waiting.remove(session)
            watching.remove(session)
            countObservers()
        }
    }

    /// Runs one command. What takes long is left: see ``Outcome/leave``.
    ///
    /// - Parameter arguments: at least one word.
    package func execute(_ arguments: Arguments, session: Session, reply: any ReplyWriter) -> Outcome {
        execute(arguments, session, reply, leavesWork: true)
    }

    /// Runs one command on a thread that may take its time.
    package func executeSlowly(_ arguments: Arguments, session: Session, reply: any ReplyWriter) -> Outcome {
        execute(arguments, session, reply, leavesWork: false)
    }

    private func execute(
        _ arguments: Arguments, _ session: Session, _ reply: any ReplyWriter, leavesWork: Bool
    ) -> Outcome {
        let mark = reply.mark
        let outcome = answer(arguments, session, reply, leavesWork: leavesWork)
        if session.replies != .on, !outcome.comesAgain { silence(session, reply, mark) }
        return outcome
    }

    private func answer(
        _ arguments: Arguments, _ session: Session, _ reply: any ReplyWriter, leavesWork: Bool
    ) -> Outcome {
        switch admission(arguments, session, reply, leavesWork: leavesWork) {
        case .answered(let outcome): outcome
        case .run(let number): answer(number, arguments, session, reply, leavesWork: leavesWork)
        }
    }

    /// What becomes of a request at first.
    enum Admission {
        /// The command with a number is to be run.
        case run(Int)
        /// Nothing is to be run: the command was refused or queued, or must come again.
        case answered(Outcome)
    }

    /// Finds out what a request asks for, and answers it where that does not take running a command.
    func admission(
        _ arguments: Arguments, _ session: Session, _ reply: any ReplyWriter, leavesWork: Bool
    ) -> Admission {
        let number: Int
        do throws(CommandError) {
            number = try admit(arguments, session)
        } catch {
            session.queue?.isBroken = true
            refuse(refusal(error, of: arguments, session), reply)
            return .answered(.done)
        }
        // Who has been sent to another thread was not made to wait here.
        if pause.isOn, leavesWork, let deadline = pause.deadline(for: table.entries[number].command, session, self) {
            return .answered(.postponed(until: deadline))
        }
        if session.queue != nil, !table.entries[number].command.flags.contains(.immediate) {
            session.queue?.commands.append((number, arguments))
            reply.simple("QUEUED")
            return .answered(.done)
        }
        return .run(number)
    }

    /// Runs a command in a transaction of its own.
    func answer(
        _ number: Int, _ arguments: Arguments, _ session: Session, _ reply: any ReplyWriter, leavesWork: Bool
    ) -> Outcome {
        let mark = reply.mark
        let command = table.entries[number].command
        let begin = MonotonicClock.nanoseconds
        session.activity.command.store(number, ordering: .relaxed)
        session.activity.time.store(begin, ordering: .relaxed)
        let outcome: Outcome
        do {
            outcome = try perform(command, arguments, session, reply, leavesWork: leavesWork)
        } catch is MuchWork {
            reply.truncate(to: mark)
            return .leave
        } catch {
            reply.truncate(to: mark)
            refuse(Engine.message(for: error), reply)
            statistics.add(to: .failed, of: number)
            outcome = .done
        }
        didRun(number, arguments, session, nanoseconds: MonotonicClock.nanoseconds - begin)
        return outcome
    }

    /// What is sent when a command may not run. An `EXEC` that may not ends the transaction.
    private func refusal(_ error: CommandError, of arguments: Arguments, _ session: Session) -> String {
        guard arguments.matches(0, "EXEC") else { return error.message }
        discard(session)
        let reason = error.message.hasPrefix("ERR ") ? String(error.message.dropFirst(4)) : error.message
        return "EXECABORT Transaction discarded because of: \(reason)"
    }

    func refuse(_ message: String, _ reply: any ReplyWriter) {
        statistics.countError(message)
        reply.error(message)
    }

    /// Finds a command that the session may run now.
    private func admit(_ arguments: Arguments, _ session: Session) throws(CommandError) -> Int {
        let number = try table.find(arguments)
        do throws(CommandError) {
            try table.requireArity(number, arguments)
            let command = table.entries[number].command
            access.refresh(session)
            guard let rights = session.rights ?? (command.flags.contains(.noAuth) ? access.standard : nil) else {
                throw CommandError("NOAUTH Authentication required.")
            }
            if session.queue != nil, command.flags.contains(.noMulti) {
                throw CommandError("ERR Command not allowed inside a transaction")
            }
            if !rights.mayEverything, let denial = access.denial(of: number, arguments, to: rights) {
                access.log(
                    denial, rights, isQueued: session.queue != nil, line(about: session), now: structures.clock())
                throw denial.error
            }
            if session.version == 2, session.subscriptions > 0, !command.flags.contains(.whileSubscribed) {
                throw CommandError(
                    "ERR Can't execute '\(table.entries[number].fullName)': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
                        + "PING / QUIT / RESET are allowed in this context")
            }
        } catch {
            statistics.add(to: .rejected, of: number)
            throw error
        }
        return number
    }

    /// Counts a command that was run, and tells who wants to know.
    func didRun(_ number: Int, _ arguments: Arguments, _ session: Session, nanoseconds: Int64) {
        statistics.commands.wrappingAdd(1, ordering: .relaxed)
        statistics.add(to: .calls, of: number)
        statistics.add(Int(nanoseconds), to: .nanoseconds, of: number)
        let command = table.entries[number].command
        if monitors.isUsed { monitors.tell(command, arguments, session, now: now) }
        slowLog.note(command, arguments, session, nanoseconds: nanoseconds, self)
        latency.note(command, nanoseconds: nanoseconds, self)
    }

    /// Takes back what a client that wants no replies was to be sent.
    func silence(_ session: Session, _ reply: any ReplyWriter, _ mark: Int) {
        switch session.replies {
        case .on: return
        case .off: break
        // The reply of the command that asked for it is none either.
        case .skipNext: session.replies = .skipThis
        case .skipThis: session.replies = .on
        }
        reply.truncate(to: mark)
    }

    private func perform(
        _ command: Command, _ arguments: Arguments, _ session: Session, _ reply: any ReplyWriter, leavesWork: Bool
    ) throws -> Outcome {
        switch command.action {
        case .control(let run):
            return try run(arguments, ControlCall(reply, session, self, command, leavesWork: leavesWork))
        case .container(_, let bare):
            guard let bare else { throw CommandError.syntax }
            return try bare(arguments, ControlCall(reply, session, self, command, leavesWork: leavesWork))
        case .data(let run):
            if leavesWork, command.flags.contains(.slow) { throw MuchWork() }
            guard command.flags.contains(.write) else {
                // Counted before the moment is chosen: a write that ends in between may show, and is not counted.
                let moment = endedWriteCount
                try StructureKeys.read(store, structures, database: session.database) { keys in
                    keys.notesEvents = false
                    let call = DataCall(
                        keys, reply, session, self, leavesWork: leavesWork, mayBlock: false, moment: moment)
                    try run(arguments, call)
                }
                return .done
            }
            return try write(run, command, arguments, session, reply, leavesWork: leavesWork)
        }
    }

    private func write(
        _ run: (Arguments, DataCall) throws -> Void, _ command: Command, _ arguments: Arguments, _ session: Session,
        _ reply: any ReplyWriter, leavesWork: Bool
    ) throws -> Outcome {
        func write(isLong: Bool) throws -> Outcome {
            try withWriting(isLong: isLong, waits: !leavesWork) {
                if !command.keepsPlain(arguments) { try structures.enable(in: store) }
                let wait = try change(session.database) { keys in
                    let call = DataCall(keys, reply, session, self, leavesWork: !isLong, mayBlock: true)
                    try run(arguments, call)
                    return call.wait
                }
                guard let wait else { return .done }
                waiting.add(session, WaitingCommand(command: command, arguments: arguments, wait: wait))
                countObservers()
                return .waiting(deadline: wait.deadline)
            }
        }
        if leavesWork { return try write(isLong: false) }
        if !command.flags.contains(.slow) {
            // What was left only because others took long is short itself, and makes nobody else leave.
            let mark = reply.mark
            do { return try write(isLong: false) } catch is MuchWork { reply.truncate(to: mark) }
        }
        return try write(isLong: true)
    }

    /// Runs `body` while nobody else writes.
    ///
    /// - Parameters:
    ///   - isLong: whether it may take long: who has no time then leaves writing to other threads, too.
    ///   - waits: whether it has time to wait for others that take long.
    package func withWriting<Result>(
        isLong: Bool, waits: Bool = false, _ body: () throws -> Result
    ) throws -> Result {
        let thread = Monitor.currentThread
        // What a command writes through the library's calls is heard of, too.
        if writer.load(ordering: .relaxed) == thread { return try body() }
        if isLong {
            longWriters.wrappingAdd(1, ordering: .relaxed)
        } else if !waits, longWriters.load(ordering: .relaxed) > 0 {
            throw MuchWork()
        }
        writing.lock()
        writer.store(thread, ordering: .relaxed)
        defer {
            endedWrites.wrappingAdd(1, ordering: .releasing)
            writer.store(0, ordering: .relaxed)
            writing.unlock()
            if isLong { longWriters.wrappingSubtract(1, ordering: .relaxed) }
        }
        return try body()
    }

    /// Runs `body` with ``writing`` held, also inside of a command that this thread runs with it.
    func locked<Result>(_ body: () -> Result) -> Result {
        writer.load(ordering: .relaxed) == Monitor.currentThread ? body() : writing.locked(body)
    }

    /// Commits what `body` does, and lets it have its consequences. ``writing`` is held.
    ///
    /// - Parameter durability: what the changes survive; `nil` for what those of all commands do.
    func change<Result>(
        _ database: Int, durability: Durability? = nil, _ body: (StructureKeys) throws -> Result
    ) throws -> Result {
        let (result, events) = try commit(database, durability: durability, body)
        if !events.isEmpty { didChange(events) }
        return result
    }

    func commit<Result>(
        _ database: Int, durability: Durability? = nil, _ body: (StructureKeys) throws -> Result
    ) throws -> (Result, [KeyEvent]) {
        try StructureKeys.write(
            store, structures, database: database, durability: durability ?? self.durability
        ) { keys in
            keys.notesEvents = observers.load(ordering: .relaxed) > 0
            let result = try body(keys)
            return (result, keys.events)
        }
    }

    /// How many writes have ended.
    var endedWriteCount: UInt64 { endedWrites.load(ordering: .acquiring) }

    func countObservers() {
        let listeners = notifications.isUsed ? 1 : 0
        observers.store(waiting.count + watching.count + listeners, ordering: .relaxed)
    }

    /// What is sent for an error.
    package static func message(for error: any Error) -> String {
        switch error {
        case let error as CommandError: error.message
        case let error as StructureError: CommandError(error).message
        case let error as RecordError:
            switch error.code {
            case .notFound, .unknownSchema, .unknownIndex: "NOTFOUND \(error)"
            default: "ERR \(error)"
            }
        case let error as StoreError where error.code == .writesRefused:
            "MISCONF Commands that may modify the data set are disabled: \(error.message)"
        default: "ERR \(error)"
        }
    }
}

extension Engine: KeyObserver {
    /// What is written through the library's calls counts for those who watch and wait as what commands write.
    package func observe<Result>(
        isShort: Bool, _ body: (_ isWanted: Bool) throws -> (Result, [KeyEvent])
    ) throws -> Result {
        try withWriting(isLong: !isShort, waits: true) {
            let (result, events) = try body(observers.load(ordering: .relaxed) > 0)
            if !events.isEmpty { didChange(events) }
            return result
        }
    }
}
