internal import OrderedStore
internal import Synchronization

extension Session {
    /// A kind of client, as `CLIENT LIST` and `CLIENT KILL` tell them apart.
    enum Kind {
        case normal, pubsub, master, replica

        /// - Parameter word: in small letters.
        init?(word: String) {
            switch word {
            case "normal": self = .normal
            case "pubsub": self = .pubsub
            case "master": self = .master
            case "replica", "slave": self = .replica
            default: return nil
            }
        }
    }

    var kind: Kind { subscriptions > 0 ? .pubsub : .normal }

    /// Its flags as `CLIENT LIST` shows them.
    fileprivate var flags: String {
        var flags = ""
        if activity.isMonitor.load(ordering: .relaxed) { flags += "O" }
        if subscriptions > 0 { flags += "P" }
        if queuedCommands >= 0 { flags += "x" }
        if activity.isWaiting.load(ordering: .relaxed) { flags += "b" }
        if watchedKeyChanged { flags += "d" }
        if activity.isClosing.load(ordering: .relaxed) { flags += "c" }
        if activity.noEvict.load(ordering: .relaxed) { flags += "e" }
        return flags.isEmpty ? "N" : flags
    }
}

extension Engine {
    /// What `CLIENT LIST` says of a client, in Redis's form; what lvkv does not count is 0.
    func line(about session: Session) -> String {
        let activity = session.activity
        let age = max(0, now - session.start) / 1_000
        let idle = max(0, MonotonicClock.nanoseconds - activity.time.load(ordering: .relaxed)) / 1_000_000_000
        let number = activity.command.load(ordering: .relaxed)
        let command = number < 0 ? "NULL" : table.entries[number].fullName
        let name = String(decoding: session.name, as: UTF8.self)
        let buffers = session.owner?.buffers ?? (input: 0, output: 0)
        return "id=\(session.id) addr=\(session.address) laddr=\(session.localAddress) fd=\(session.id) name=\(name)"
            + " age=\(age) idle=\(idle) flags=\(session.flags) db=\(session.database)"
            + " sub=\(activity.channels.load(ordering: .relaxed)) psub=\(activity.patterns.load(ordering: .relaxed))"
            + " ssub=\(activity.shardChannels.load(ordering: .relaxed)) multi=\(session.queuedCommands)"
            + " qbuf=\(buffers.input) qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0"
            + " omem=\(buffers.output) tot-mem=\(buffers.input + buffers.output) events=r cmd=\(command)"
            + " user=\(session.user ?? "default") redir=-1 resp=\(session.version)"
    }

    /// Makes a session as it was when its client had just come.
    func reset(_ session: Session) {
        discard(session)
        pubsub.removeAll(session)
        monitors.remove(session)
        session.database = 0
        session.version = 2
        session.name = []
        session.replies = .on
        session.activity.noEvict.store(false, ordering: .relaxed)
        session.user = access.userOfNewSessions
    }
}

extension Engine {
    /// Logs a session in.
    ///
    /// - Parameter command: the command that asks for it, for the log of refusals.
    /// - Throws: ``CommandError`` when there is no such user, or the password is another.
    func logIn(
        _ session: Session, _ name: String, _ password: Span<UInt8>, _ command: String
    ) throws(CommandError) {
        let user = access.user(name)
        guard let user, user.admits(password) else {
            session.failedLogins += 1
            access.log(
                AccessLogEntry(
                    reason: "auth", context: session.queue == nil ? "toplevel" : "multi", object: command, user: name,
                    client: line(about: session), time: now))
            throw CommandError("WRONGPASS invalid username-password pair or user is disabled.")
        }
        session.user = name
        access.refresh(session)
    }
}
