internal import OrderedStore

/// `LV.COMPACT` and `LV.STATS`: what the store below does and says.
enum StoreCommands {
    static let all: [Command] = [
        Command(
            "lv.compact", -1, [.admin, .noMulti], .none, [.keyspace],
            "Compacts the store's files, all or those of a range",
            syntax: "[from to|PREFIX bytes|UNDER part:part]", since: lvkvVersion,
            .control { arguments, call in
                var range: KeyRange?
                if arguments.count > 1 {
                    let words = try KeyRangeWords(arguments, at: 1)
                    guard words.next == arguments.count else { throw CommandError.syntax }
                    range = words.range
                }
                let host = try host(call)
                try call.leaveWork()
                try host.compact(range)
                call.reply.ok()
                return .done
            }),
        Command(
            "lv.stats", 1, [.admin], .none, [.keyspace], "The statistics of the store below", since: lvkvVersion,
            .control { _, call in
                let host = try host(call)
                try call.leaveWork()
                let lines = try host.storeStatistics()
                call.reply.map(lines.count)
                for (name, value) in lines {
                    call.reply.bulk(name)
                    call.reply.bulk(value)
                }
                return .done
            }),
    ]

    private static func host(_ call: ControlCall) throws(CommandError) -> any ServerHost {
        guard let host = call.engine.host else {
            throw CommandError("ERR the store below has nothing to say of itself")
        }
        return host
    }
}
