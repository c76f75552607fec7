enum ConnectionCommands {
    static let all: [Command] = [
        Command(
            "ping", -1, [.fast, .stale, .loading], .none, [.connection, .fast],
            "Answers, to show that the server lives.",
            syntax: "[message]",
            .control { arguments, call in
                switch arguments.count {
                case 1: call.reply.simple("PONG")
                case 2: call.reply.bulk(arguments[1])
                default: throw CommandError("ERR wrong number of arguments for 'ping' command")
                }
                return .done
            })
    ]
}
