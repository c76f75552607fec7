internal import OrderedStore
internal import Structures

/// Who is there, and in which version of the protocol.
enum ConnectionCommands {
    /// The version of Redis whose commands these are.
    static let redisVersion = "7.0.15"

    static let all: [Command] = [
        Command(
            "ping", -1, [.fast, .whileSubscribed], .none, [.connection], "Ping the server", syntax: "[message]",
            .control { arguments, call in
                guard arguments.count <= 2 else {
                    throw CommandError.wrongArity("ping")
                }
                if call.session.version == 2, call.session.subscriptions > 0 {
                    call.reply.array(2)
                    call.reply.bulk("pong")
                    if arguments.count == 2 { call.reply.bulk(arguments[1]) } else { call.reply.bulk("") }
                } else if arguments.count == 2 {
                    call.reply.bulk(arguments[1])
                } else {
                    call.reply.simple("PONG")
                }
                return .done
            }),
        Command(
            "echo", 2, [.loading, .stale, .fast], .none, [.connection], "Echo the given string", syntax: "message",
            .control { arguments, call in
                call.reply.bulk(arguments[1])
                return .done
            }),
        Command(
            "quit", -1, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy, .immediate, .whileSubscribed], .none,
            [.connection], "Close the connection",
            .control { _, call in
                call.reply.ok()
                return .close
            }),
        Command(
            "reset", 1, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy, .immediate, .whileSubscribed], .none,
            [.connection], "Reset the connection", since: "6.2.0",
            .control { _, call in
                call.engine.reset(call.session)
                call.reply.version = 2
                call.reply.simple("RESET")
                return .done
            }),
        Command(
            "hello", -1, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy], .none, [.connection],
            "Handshake with Redis", syntax: "[protover [AUTH username password] [SETNAME clientname]]",
            since: "6.0.0", .control(hello)),
        Command(
            "auth", -2, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy], .none, [.connection],
            "Authenticate to the server", syntax: "[username] password", .control(authenticate)),
    ]

    @Sendable private static func hello(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let session = call.session
        var version = session.version
        if arguments.count > 1 {
            guard let number = Int64(redis: arguments[1]) else {
                throw CommandError("ERR Protocol version is not an integer or out of range")
            }
            guard number == 2 || number == 3 else { throw CommandError("NOPROTO unsupported protocol version") }
            version = Int(number)
        }
        var index = 2
        while index < arguments.count {
            if arguments.matches(index, "AUTH"), index + 2 < arguments.count {
                // As Redis: what stands before an option that makes no sense has happened.
                try call.engine.logIn(session, arguments.text(index + 1), arguments[index + 2], "HELLO")
                index += 3
            } else if arguments.matches(index, "SETNAME"), index + 1 < arguments.count {
                session.name = try ClientCommands.name(arguments, index + 1)
                index += 2
            } else {
                throw CommandError("ERR Syntax error in HELLO option '\(arguments.text(index))'")
            }
        }
        guard session.user != nil else {
            throw CommandError(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> "
                    + "<pass> option can be used to authenticate the client and select the RESP protocol version at "
                    + "the same time")
        }
        session.version = version
        let reply = call.reply
        reply.version = version
        reply.map(7)
        for (name, value) in [("server", "redis"), ("version", redisVersion)] {
            reply.bulk(name)
            reply.bulk(value)
        }
        reply.bulk("proto")
        reply.integer(version)
        reply.bulk("id")
        reply.integer(session.id)
        for (name, value) in [("mode", "standalone"), ("role", "master")] {
            reply.bulk(name)
            reply.bulk(value)
        }
        reply.bulk("modules")
        reply.array(0)
        return .done
    }

    @Sendable private static func authenticate(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count <= 3 else { throw CommandError.syntax }
        let isShort = arguments.count == 2
        if isShort, call.engine.access.defaultUserNeedsNoPassword {
            throw CommandError(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
                    + "configuration is correct?")
        }
        try call.engine.logIn(
            call.session, isShort ? "default" : arguments.text(1), arguments[arguments.count - 1], "AUTH")
        call.reply.ok()
        return .done
    }
}
