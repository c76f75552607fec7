/// `MULTI`, `EXEC` and what belongs to them.
enum TransactionCommands {
    private static let usual: Command.Flags = [.noscript, .loading, .stale, .fast, .allowBusy]

    static let all: [Command] = [
        Command(
            "multi", 1, usual.union(.immediate), .none, [.transaction], "Mark the start of a transaction block",
            since: "1.2.0",
            .control { _, call in
                guard call.session.queue == nil else { throw CommandError("ERR MULTI calls can not be nested") }
                call.session.queue = CommandQueue()
                call.reply.ok()
                return .done
            }),
        Command(
            "exec", 1, [.noscript, .loading, .stale, .skipSlowlog, .immediate], .none, [.transaction],
            "Execute all commands issued after MULTI", since: "1.2.0",
            .control { _, call in try call.engine.executeQueue(call) }),
        Command(
            "discard", 1, usual.union(.immediate), .none, [.transaction], "Discard all commands issued after MULTI",
            since: "2.0.0",
            .control { _, call in
                guard call.session.queue != nil else { throw CommandError("ERR DISCARD without MULTI") }
                call.engine.discard(call.session)
                call.reply.ok()
                return .done
            }),
        Command(
            "watch", -2, usual.union(.immediate), .all, [.transaction],
            "Watch the given keys to determine execution of the MULTI/EXEC block", syntax: "key [key ...]",
            since: "2.2.0",
            .control { arguments, call in
                guard call.session.queue == nil else { throw CommandError("ERR WATCH inside MULTI is not allowed") }
                try call.engine.watch(arguments, call.session)
                call.reply.ok()
                return .done
            }),
        Command(
            "unwatch", 1, usual, .none, [.transaction], "Forget about all watched keys", since: "2.2.0",
            .control { _, call in
                // Within EXEC there is nothing to do: it forgets them all in the end.
                if call.exec == nil { call.engine.unwatch(call.session) }
                call.reply.ok()
                return .done
            }),
    ]
}
