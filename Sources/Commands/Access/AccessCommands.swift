internal import OrderedStore
internal import Synchronization

/// `ACL` and its subcommands.
enum AccessCommands {
    private static let open: Command.Flags = [.noscript, .loading, .stale]
    private static let admin: Command.Flags = [.admin, .noscript, .loading, .stale]

    static let all: [Command] = [
        Command(
            "acl", -2, [], .none, [], "A container for Access List Control commands ", since: "6.0.0",
            .container([
                Command(
                    "whoami", 2, open, .none, [],
                    "Return the name of the user associated to the current connection", since: "6.0.0",
                    .control { _, call in
                        call.reply.bulk(call.session.user ?? "default")
                        return .done
                    }),
                Command(
                    "list", 2, admin, .none, [], "List the current ACL rules in ACL config file format",
                    since: "6.0.0",
                    .control { _, call in
                        call.reply.array(call.engine.access.users.map { $0.text(call.engine.table) })
                        return .done
                    }),
                Command(
                    "users", 2, admin, .none, [], "List the username of all the configured ACL rules",
                    since: "6.0.0",
                    .control { _, call in
                        call.reply.array(call.engine.access.users.map(\.name))
                        return .done
                    }),
                Command(
                    "getuser", 3, admin, .none, [], "Get the rules for a specific ACL user", syntax: "username",
                    since: "6.0.0", .control(getUser)),
                Command(
                    "setuser", -3, admin, .none, [], "Modify or create the rules for a specific ACL user",
                    syntax: "username [rule [rule ...]]", since: "6.0.0", .control(setUser)),
                Command(
                    "deluser", -3, admin, .none, [], "Remove the specified ACL users and the associated rules",
                    syntax: "username [username ...]", since: "6.0.0", .control(deleteUsers)),
                Command(
                    "cat", -2, open, .none, [], "List the ACL categories or the commands inside a category",
                    syntax: "[categoryname]", since: "6.0.0", .control(categories)),
                Command(
                    "genpass", -2, open, .none, [], "Generate a pseudorandom secure password to use for ACL users",
                    syntax: "[bits]", since: "6.0.0", .control(password)),
                Command(
                    "log", -2, admin, .none, [], "List latest events denied because of ACLs in place",
                    syntax: "[count|RESET]", since: "6.0.0", .control(log)),
                Command(
                    "load", 2, admin, .none, [], "Reload the ACLs from the configured ACL file", since: "6.0.0",
                    .control { _, call in
                        let host = try fileHost(call)
                        try call.leaveWork()
                        try call.engine.access.load(try host.loadUsers())
                        call.engine.closeStrangers()
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "save", 2, admin, .none, [], "Save the current ACL rules in the configured ACL file",
                    since: "6.0.0",
                    .control { _, call in
                        let host = try fileHost(call)
                        try call.leaveWork()
                        try host.saveUsers(call.engine.access.text)
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "dryrun", -4, admin, .none, [],
                    "Returns whether the user can execute the given command without executing the command.",
                    syntax: "username command [arg [arg ...]]", since: "7.0.0", .control(trial)),
                .help("ACL", since: "6.0.0", helpLines),
            ]))
    ]

    private static func fileHost(_ call: ControlCall) throws(CommandError) -> any ServerHost {
        guard !call.engine.settings.text(.userFile).isEmpty, let host = call.engine.host else {
            throw CommandError(
                "ERR This Redis instance is not configured to use an ACL file. Name one with the setting aclfile, and "
                    + "start the server with it.")
        }
        return host
    }

    @Sendable private static func getUser(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let reply = call.reply
        guard let user = call.engine.access.user(arguments.text(2)) else {
            reply.null()
            return .done
        }
        reply.map(6)
        reply.bulk("flags")
        reply.set(user.flags.count)
        for flag in user.flags { reply.bulk(flag) }
        reply.bulk("passwords")
        reply.array(user.passwords.map(\.hex))
        rights(user.selectors[0], call)
        reply.bulk("selectors")
        reply.array(user.selectors.count - 1)
        for selector in user.selectors.dropFirst() {
            reply.map(3)
            rights(selector, call)
        }
        return .done
    }

    private static func rights(_ selector: Selector, _ call: ControlCall) {
        let texts = [
            ("commands", selector.commandText(call.engine.table)), ("keys", selector.keyText),
            ("channels", selector.channelText),
        ]
        for (name, text) in texts {
            call.reply.bulk(name)
            call.reply.bulk(text)
        }
    }

    @Sendable private static func setUser(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let name = arguments.bytes(2)
        guard !name.contains(where: { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) || $0 == 0 }) else {
            throw CommandError("ERR Usernames can't contain spaces or null characters")
        }
        try call.engine.access.setUser(arguments.text(2), (3..<max(3, arguments.count)).map(arguments.bytes))
        call.engine.closeStrangers()
        call.reply.ok()
        return .done
    }

    @Sendable private static func deleteUsers(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let names = (2..<arguments.count).map(arguments.text)
        guard !names.contains("default") else { throw CommandError("ERR The 'default' user cannot be removed") }
        let deleted = names.count { call.engine.access.deleteUser($0) }
        let isOwn = call.session.user.map { call.engine.access.user($0) == nil } ?? false
        call.engine.closeStrangers(but: call.session)
        call.reply.integer(deleted)
        return isOwn ? .close : .done
    }

    @Sendable private static func categories(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count <= 3 else { throw CommandError.unknownSubcommand(arguments.text(1), of: "ACL") }
        guard arguments.count == 3 else {
            call.reply.array(Categories.named.map(\.name))
            return .done
        }
        let name = arguments.text(2)
        guard let category = Categories(name: name) else { throw CommandError("ERR Unknown category '\(name)'") }
        let entries = call.engine.table.entries.filter { $0.command.allCategories.contains(category) }
        call.reply.array(entries.map(\.fullName))
        return .done
    }

    @Sendable private static func password(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count <= 3 else { throw CommandError.unknownSubcommand(arguments.text(1), of: "ACL") }
        let bits = arguments.count == 3 ? try arguments.integer(2) : 256
        guard bits > 0, bits <= 4_096 else {
            throw CommandError(
                "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to "
                    + "4096")
        }
        var random = SystemRandomNumberGenerator()
        let digits = (0..<(bits + 3) / 4).map { _ in String(UInt8.random(in: 0..<16, using: &random), radix: 16) }
        call.reply.bulk(digits.joined())
        return .done
    }

    @Sendable private static func log(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count <= 3 else { throw CommandError.unknownSubcommand(arguments.text(1), of: "ACL") }
        var most = 10
        if arguments.count == 3 {
            if arguments.matches(2, "RESET") {
                call.engine.access.clearLog()
                call.reply.ok()
                return .done
            }
            most = Int(clamping: max(0, try arguments.integer(2)))
        }
        let entries = call.engine.access.log.prefix(most)
        let reply = call.reply
        reply.array(entries.count)
        for entry in entries {
            reply.map(7)
            reply.bulk("count")
            reply.integer(entry.count)
            let texts = [
                ("reason", entry.reason), ("context", entry.context), ("object", entry.object),
                ("username", entry.user),
            ]
            for (name, text) in texts {
                reply.bulk(name)
                reply.bulk(text)
            }
            reply.bulk("age-seconds")
            reply.double(Double(max(0, call.engine.now - entry.time)) / 1_000)
            reply.bulk("client-info")
            reply.bulk(entry.client)
        }
        return .done
    }

    @Sendable private static func trial(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let name = arguments.text(2)
        guard let user = call.engine.access.user(name) else { throw CommandError("ERR User '\(name)' not found") }
        var words = Arguments()
        for index in 3..<arguments.count { words.append(arguments[index]) }
        let table = call.engine.table
        let number: Int
        do throws(CommandError) {
            number = try table.find(words)
        } catch {
            throw CommandError("ERR Command '\(words.text(0))' not found")
        }
        try table.requireArity(number, words)
        if let denial = call.engine.access.denial(of: number, words, to: user) {
            call.reply.bulk(denial.trial)
        } else {
            call.reply.ok()
        }
        return .done
    }

    private static let helpLines = [
        "CAT [<category>]",
        "    List all commands that belong to <category>, or all command categories",
        "    when no category is specified.",
        "DELUSER <username> [<username> ...]",
        "    Delete a list of users.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Returns whether the user can execute the given command without executing the command.",
        "GETUSER <username>",
        "    Get the user's details.",
        "GENPASS [<bits>]",
        "    Generate a secure 256-bit user password. The optional `bits` argument can",
        "    be used to specify a different size.",
        "LIST",
        "    Show users details in config file format.",
        "LOAD",
        "    Reload users from the ACL file.",
        "LOG [<count> | RESET]",
        "    Show the ACL log entries.",
        "SAVE",
        "    Save the current config to the ACL file.",
        "SETUSER <username> <attribute> [<attribute> ...]",
        "    Create or modify a user with the specified attributes.",
        "USERS",
        "    List all the registered usernames.",
        "WHOAMI",
        "    Return the current connection username.",
    ]
}

extension Engine {
    /// Closes the clients whose users are gone, and those who listen to what their users may not any more.
    ///
    /// - Parameter spared: who is not closed: it is sent its reply first.
    func closeStrangers(but spared: Session? = nil) {
        for session in sessions.all where session !== spared {
            guard let name = session.user else { continue }
            guard let user = access.user(name) else {
                session.close()
                continue
            }
            guard !user.mayEverything, session.subscriptions > 0 else { continue }
            let listens = [PubSub.Kind.channel, .pattern, .shardChannel].contains { kind in
                pubsub.names(of: session, kind).contains { channel in
                    !user.selectors.contains { $0.allows(channel.span, isPattern: kind == .pattern) }
                }
            }
            if listens { session.close() }
        }
    }
}
