internal import OrderedStore
internal import Structures
internal import Synchronization

/// `CLIENT` and its subcommands.
enum ClientCommands {
    private static let own: Command.Flags = [.noscript, .loading, .stale]
    private static let admin: Command.Flags = [.admin, .noscript, .loading, .stale]

    static let all: [Command] = [
        Command(
            "client", -2, [], .none, [], "A container for client connection commands", since: "2.4.0",
            .container([
                Command(
                    "id", 2, own, .none, [.connection], "Returns the client ID for the current connection",
                    since: "5.0.0",
                    .control { _, call in
                        call.reply.integer(call.session.id)
                        return .done
                    }),
                Command(
                    "getname", 2, own, .none, [.connection], "Get the current connection name", since: "2.6.9",
                    .control { _, call in
                        let name = call.session.name
                        if name.isEmpty { call.reply.null() } else { call.reply.bulk(name) }
                        return .done
                    }),
                Command(
                    "setname", 3, own, .none, [.connection], "Set the current connection name",
                    syntax: "connection-name", since: "2.6.9",
                    .control { arguments, call in
                        call.session.name = try name(arguments, 2)
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "info", 2, own, .none, [.connection],
                    "Returns information about the current client connection.", since: "6.2.0",
                    .control { _, call in
                        let line = call.engine.line(about: call.session) + "\n"
                        call.reply.verbatim(line.utf8.span, format: "txt")
                        return .done
                    }),
                Command(
                    "list", -2, admin, .none, [.connection], "Get the list of client connections",
                    syntax: "[TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]]", since: "2.4.0",
                    .control(list)),
                Command(
                    "kill", -3, admin, .none, [.connection], "Kill the connection of a client",
                    syntax: "ip:port|[ID client-id] [TYPE type] [USER username] [ADDR ip:port] [LADDR ip:port] "
                        + "[SKIPME yes|no]",
                    since: "2.4.0", .control(kill)),
                Command(
                    "reply", 3, own, .none, [.connection], "Instruct the server whether to reply to commands",
                    syntax: "ON|OFF|SKIP", since: "3.2.0", .control(replies)),
                Command(
                    "pause", -3, admin, .none, [.connection], "Stop processing commands from clients for some time",
                    syntax: "timeout [WRITE|ALL]", since: "2.9.50", .control(pause)),
                Command(
                    "unpause", 2, admin, .none, [.connection],
                    "Resume processing of clients that were paused", since: "6.2.0",
                    .control { _, call in
                        call.engine.pause.end()
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "unblock", -3, admin, .none, [.connection],
                    "Unblock a client blocked in a blocking command from a different connection",
                    syntax: "client-id [TIMEOUT|ERROR]", since: "5.0.0", .control(unblock)),
                Command(
                    "no-evict", 3, admin, .none, [.connection],
                    "Set client eviction mode for the current connection", syntax: "ON|OFF", since: "7.0.0",
                    .control { arguments, call in
                        let isOn = arguments.matches(2, "ON")
                        guard isOn || arguments.matches(2, "OFF") else { throw CommandError.syntax }
                        call.session.activity.noEvict.store(isOn, ordering: .relaxed)
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "tracking", -3, own, .none, [.connection],
                    "Enable or disable server assisted client side caching support",
                    syntax: "ON|OFF [REDIRECT client-id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
                    since: "6.0.0", .control(tracking)),
                Command(
                    "trackinginfo", 2, own, .none, [.connection],
                    "Return information about server assisted client side caching for the current connection",
                    since: "6.2.0",
                    .control { _, call in
                        call.reply.map(3)
                        call.reply.bulk("flags")
                        call.reply.set(1)
                        call.reply.bulk("off")
                        call.reply.bulk("redirect")
                        call.reply.integer(-1)
                        call.reply.bulk("prefixes")
                        call.reply.array(0)
                        return .done
                    }),
                Command(
                    "getredir", 2, own, .none, [.connection],
                    "Get tracking notifications redirection client ID if any", since: "6.0.0",
                    .control { _, call in
                        call.reply.integer(-1)
                        return .done
                    }),
                Command(
                    "caching", 3, own, .none, [.connection],
                    "Instruct the server about tracking or not keys in the next request", syntax: "YES|NO",
                    since: "6.0.0",
                    .control { _, _ in
                        throw CommandError(
                            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
                                + "OPTOUT mode enabled")
                    }),
                .help("CLIENT", categories: [.connection], helpLines),
            ]))
    ]

    /// A client's name from the word at `index`.
    static func name(_ arguments: Arguments, _ index: Int) throws(CommandError) -> [UInt8] {
        let name = arguments.bytes(index)
        guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CommandError("ERR Client names cannot contain spaces, newlines or special characters.")
        }
        return name
    }

    @Sendable private static func list(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        var sessions = call.engine.sessions.all
        if arguments.count == 4, arguments.matches(2, "TYPE") {
            let kind = try kind(arguments, 3)
            sessions.removeAll { $0.kind != kind }
        } else if arguments.count > 3, arguments.matches(2, "ID") {
            var ids: [Int64] = []
            for index in 3..<arguments.count {
                guard let id = Int64(redis: arguments[index]) else { throw CommandError("ERR Invalid client ID") }
                ids.append(id)
            }
            sessions = ids.compactMap { id in sessions.first { $0.id == id } }
        } else if arguments.count != 2 {
            throw CommandError.syntax
        }
        let text = sessions.map { call.engine.line(about: $0) + "\n" }.joined()
        call.reply.verbatim(text.utf8.span, format: "txt")
        return .done
    }

    /// A kind of client from the word at `index`.
    private static func kind(_ arguments: Arguments, _ index: Int) throws(CommandError) -> Session.Kind {
        guard let kind = Session.Kind(word: String(decoding: arguments[index].lowercased, as: UTF8.self)) else {
            throw CommandError("ERR Unknown client type '\(arguments.text(index))'")
        }
        return kind
    }

    @Sendable private static func kill(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        var id: Int64?
        var (address, localAddress): (String?, String?)
        var (user, kind): (String?, Session.Kind?)
        var sparesOwn = true
        if arguments.count == 3 {
            address = arguments.text(2)
            sparesOwn = false
        } else {
            var index = 2
            while index < arguments.count {
                guard index + 1 < arguments.count else { throw CommandError.syntax }
                if arguments.matches(index, "ID") {
                    guard let number = Int64(redis: arguments[index + 1]), number > 0 else {
                        throw CommandError("ERR client-id should be greater than 0")
                    }
                    id = number
                } else if arguments.matches(index, "TYPE") {
                    kind = try Self.kind(arguments, index + 1)
                } else if arguments.matches(index, "ADDR") {
                    address = arguments.text(index + 1)
                } else if arguments.matches(index, "LADDR") {
                    localAddress = arguments.text(index + 1)
                } else if arguments.matches(index, "USER") {
                    let name = arguments.text(index + 1)
                    guard call.engine.access.user(name) != nil else { throw CommandError("ERR No such user '\(name)'") }
                    user = name
                } else if arguments.matches(index, "SKIPME") {
                    sparesOwn = arguments.matches(index + 1, "YES")
                    guard sparesOwn || arguments.matches(index + 1, "NO") else { throw CommandError.syntax }
                } else {
                    throw CommandError.syntax
                }
                index += 2
            }
        }
        var (killed, killsOwn) = (0, false)
        for session in call.engine.sessions.all {
            guard id == nil || session.id == id, address == nil || session.address == address,
                localAddress == nil || session.localAddress == localAddress, user == nil || session.user == user,
                kind == nil || session.kind == kind, !(sparesOwn && session === call.session)
            else { continue }
            killed += 1
            if session === call.session { killsOwn = true } else { session.close() }
        }
        if arguments.count == 3 {
            guard killed > 0 else { throw CommandError("ERR No such client") }
            call.reply.ok()
        } else {
            call.reply.integer(killed)
        }
        return killsOwn ? .close : .done
    }

    @Sendable private static func replies(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        if arguments.matches(2, "ON") {
            call.session.replies = .on
            call.reply.ok()
        } else if arguments.matches(2, "OFF") {
            call.session.replies = .off
        } else if arguments.matches(2, "SKIP") {
            if call.session.replies != .off { call.session.replies = .skipNext }
        } else {
            throw CommandError.syntax
        }
        return .done
    }

    @Sendable private static func pause(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count <= 4 else { throw CommandError.unknownSubcommand("PAUSE", of: "CLIENT") }
        var onlyWrites = false
        if arguments.count == 4 {
            onlyWrites = arguments.matches(3, "WRITE")
            guard onlyWrites || arguments.matches(3, "ALL") else {
                throw CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL")
            }
        }
        let now = call.engine.now
        guard let time = Int64(redis: arguments[2]), !time.addingReportingOverflow(now).overflow else {
            throw CommandError("ERR timeout is not an integer or out of range")
        }
        guard time >= 0 else { throw CommandError("ERR timeout is negative") }
        call.engine.pause.begin(until: now + time, onlyWrites: onlyWrites)
        call.reply.ok()
        return .done
    }

    @Sendable private static func unblock(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        var error: String?
        if arguments.count == 4 {
            if arguments.matches(3, "ERROR") {
                error = "UNBLOCKED client unblocked via CLIENT UNBLOCK"
            } else if !arguments.matches(3, "TIMEOUT") {
                throw CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
            }
        } else if arguments.count != 3 {
            throw CommandError.unknownSubcommand("UNBLOCK", of: "CLIENT")
        }
        let id = try arguments.integer(2)
        let session = call.engine.sessions.session(id)
        call.reply.flag(session.map { call.engine.endWait(of: $0, error: error) } ?? false)
        return .done
    }

    @Sendable private static func tracking(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count == 3, arguments.matches(2, "OFF") else {
            guard arguments.matches(2, "ON") else { throw CommandError.syntax }
            throw CommandError("ERR this server does not track what clients cache")
        }
        call.reply.ok()
        return .done
    }

    private static let helpLines = [
        "CACHING (YES|NO)",
        "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
        "GETREDIR",
        "    Return the client ID we are redirecting to when tracking is enabled.",
        "GETNAME",
        "    Return the name of the current connection.",
        "ID",
        "    Return the ID of the current connection.",
        "INFO",
        "    Return information about the current client connection.",
        "KILL <ip:port>",
        "    Kill connection made from <ip:port>.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Kill connections. Options are:",
        "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made from the specified address",
        "    * LADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made to specified local address",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Kill connections by type.",
        "    * USER <username>",
        "      Kill connections authenticated by <username>.",
        "    * SKIPME (YES|NO)",
        "      Skip killing current connection (default: yes).",
        "LIST [options ...]",
        "    Return information about client connections. Options:",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Return clients of specified type.",
        "UNPAUSE",
        "    Stop the current client pause, resuming traffic.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Suspend all, or just write, clients for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Control the replies sent to the current connection.",
        "SETNAME <name>",
        "    Assign the name <name> to the current connection.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    Unblock the specified blocked client.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
        "         [OPTIN] [OPTOUT] [NOLOOP]",
        "    Control server assisted client side caching.",
        "TRACKINGINFO",
        "    Report tracking status for the current connection.",
        "NO-EVICT (ON|OFF)",
        "    Protect current client connection from eviction.",
    ]
}
