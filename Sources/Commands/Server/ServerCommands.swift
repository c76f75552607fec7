internal import OrderedStore
internal import Structures

/// What is about the server as a whole.
enum ServerCommands {
    private static let saving: Command.Flags = [.admin, .noscript, .noAsyncLoading]

    static let all: [Command] = [
        Command(
            "time", 1, [.loading, .stale, .fast], .none, [], "Return the current server time", since: "2.6.0",
            .control { _, call in
                let now = call.engine.now
                call.reply.array(["\(now / 1_000)", "\(now % 1_000 * 1_000)"])
                return .done
            }),
        Command(
            "lastsave", 1, [.loading, .stale, .fast], .none, [.admin, .dangerous],
            "Get the UNIX time stamp of the last successful save to disk",
            .control { _, call in
                call.reply.integer(call.engine.backups.state.lastTime)
                return .done
            }),
        Command(
            "save", -1, saving.union(.noMulti), .none, [], "Write a backup of the whole database, and wait for it",
            syntax: "[name]",
            .control { arguments, call in
                guard arguments.count <= 2 else {
                    throw CommandError("ERR wrong number of arguments for 'save' command")
                }
                try call.leaveWork()
                try begin(call)
                try call.engine.backUp(as: arguments.count == 2 ? arguments.text(1) : nil)
                call.reply.ok()
                return .done
            }),
        Command(
            "bgsave", -1, saving, .none, [], "Write a backup of the whole database in the background",
            syntax: "[SCHEDULE|name]",
            .control { arguments, call in
                guard arguments.count <= 2 else { throw CommandError.syntax }
                let name = arguments.count == 2 && !arguments.matches(1, "SCHEDULE") ? arguments.text(1) : nil
                guard let host = call.engine.host else {
                    throw CommandError("ERR there is no place for backups: no server runs this database")
                }
                try host.checkBackupName(name)
                try begin(call)
                let engine = call.engine
                host.inBackground {
                    // What became of it is in INFO persistence.
                    try? engine.backUp(as: name)
                }
                call.reply.simple("Background saving started")
                return .done
            }),
        Command(
            "wait", 3, [.noscript], .none, [.connection],
            "Wait for the synchronous replication of all the write commands sent in the context of the current "
                + "connection",
            syntax: "numreplicas timeout", since: "3.0.0",
            .control { arguments, call in
                _ = try arguments.integer(1)
                guard let time = Int64(redis: arguments[2]) else {
                    throw CommandError("ERR timeout is not an integer or out of range")
                }
                guard time >= 0 else { throw CommandError("ERR timeout is negative") }
                // There are no replicas, and there never will be any to wait for.
                call.reply.integer(0)
                return .done
            }),
        Command(
            "role", 1, [.noscript, .loading, .stale, .fast], .none, [.admin, .dangerous],
            "Return the role of the instance in the context of replication", since: "2.8.12",
            .control { _, call in
                call.reply.array(3)
                call.reply.bulk("master")
                call.reply.integer(0)
                call.reply.array(0)
                return .done
            }),
        Command(
            "shutdown", -1, [.admin, .noscript, .loading, .stale, .noMulti, .allowBusy], .none, [],
            "Synchronously save the dataset to disk and then shut down the server",
            syntax: "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]", .control(shutDown)),
    ]

    private static func begin(_ call: ControlCall) throws(CommandError) {
        guard call.engine.backups.begin() else { throw CommandError("ERR Background save already in progress") }
    }

    @Sendable private static func shutDown(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        var (saves, savesNot, aborts) = (false, false, false)
        for index in 1..<max(1, arguments.count) {
            if arguments.matches(index, "SAVE") {
                saves = true
            } else if arguments.matches(index, "NOSAVE") {
                savesNot = true
            } else if arguments.matches(index, "ABORT") {
                aborts = true
            } else if !arguments.matches(index, "NOW"), !arguments.matches(index, "FORCE") {
                throw CommandError.syntax
            }
        }
        guard !(saves && savesNot), !(aborts && arguments.count > 2) else { throw CommandError.syntax }
        if aborts { throw CommandError("ERR No shutdown in progress.") }
        guard call.engine.askToStop() else { throw CommandError("ERR Errors trying to SHUTDOWN. Check logs.") }
        // As Redis: who asks for it gets no reply but the end of the connection.
        return .close
    }
}
