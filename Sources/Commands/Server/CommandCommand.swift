internal import OrderedStore
internal import Structures

/// `COMMAND` and its subcommands: what is known of the commands.
enum CommandCommand {
    private static let flags: Command.Flags = [.loading, .stale]

    static let all: [Command] = [
        Command(
            "command", -1, flags, .none, [.connection], "Get array of Redis command details", since: "2.8.13",
            .container(
                [
                    Command(
                        "count", 2, flags, .none, [.connection], "Get total number of Redis commands",
                        since: "2.8.13",
                        .control { _, call in
                            call.reply.integer(call.engine.table.commands.count)
                            return .done
                        }),
                    Command(
                        "info", -2, flags, .none, [.connection],
                        "Get array of specific Redis command details, or all when no argument is given.",
                        syntax: "[command-name [command-name ...]]", since: "2.8.13",
                        .control { arguments, call in
                            guard arguments.count > 2 else { return try describeAll(call) }
                            call.reply.array(arguments.count - 2)
                            for index in 2..<arguments.count {
                                if let number = call.engine.table.number(ofFullName: arguments[index]) {
                                    describe(call.engine.table.entries[number], call)
                                } else {
                                    call.reply.null()
                                }
                            }
                            return .done
                        }),
                    Command(
                        "docs", -2, flags, .none, [.connection],
                        "Get array of specific Redis command documentation",
                        syntax: "[command-name [command-name ...]]", since: "7.0.0", .control(documentation)),
                    Command(
                        "list", -2, flags, .none, [.connection], "Get an array of Redis command names",
                        syntax: "[FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern]", since: "7.0.0",
                        .control(list)),
                    Command(
                        "getkeys", -4, flags, .none, [.connection], "Extract keys given a full Redis command",
                        syntax: "command [arg [arg ...]]", since: "2.8.13",
                        .control { arguments, call in
                            let (words, uses) = try keys(arguments, call)
                            call.reply.array(uses.count)
                            for use in uses { call.reply.bulk(words[use.position]) }
                            return .done
                        }),
                    Command(
                        "getkeysandflags", -4, flags, .none, [.connection],
                        "Extract keys and access flags given a full Redis command",
                        syntax: "command [arg [arg ...]]", since: "7.0.0",
                        .control { arguments, call in
                            let (words, uses) = try keys(arguments, call)
                            call.reply.array(uses.count)
                            for use in uses {
                                call.reply.array(2)
                                call.reply.bulk(words[use.position])
                                call.reply.set(use.flags.count)
                                for flag in use.flags { call.reply.simple(text: flag.utf8.span) }
                            }
                            return .done
                        }),
                    .help("COMMAND", categories: [.connection], helpLines),
                ], bare: { _, call in try describeAll(call) }))
    ]

    private static func describeAll(_ call: ControlCall) throws -> Outcome {
        try call.leaveWork()
        let table = call.engine.table
        call.reply.array(table.commands.count)
        for entry in table.entries where entry.container == nil { describe(entry, call) }
        return .done
    }

    /// A command in the ten parts that `COMMAND INFO` has.
    private static func describe(_ entry: CommandTable.Entry, _ call: ControlCall) {
        let (reply, command) = (call.reply, entry.command)
        reply.array(10)
        reply.bulk(entry.fullName)
        reply.integer(command.arity)
        texts(command.flags.names(isMovable: command.keys.areMovable), reply)
        let (first, last, step) = command.keys.positions(of: entry)
        reply.integer(first)
        reply.integer(last)
        reply.integer(step)
        texts(command.allCategories.names.map { "@\($0)" }, reply)
        reply.array(0)
        let specifications = KeySpecification.all(of: entry)
        reply.array(specifications.count)
        for specification in specifications { specification.describe(to: reply) }
        reply.array(entry.subcommands.count)
        for number in entry.subcommands { describe(call.engine.table.entries[number], call) }
    }

    private static func texts(_ texts: [String], _ reply: any ReplyWriter) {
        reply.set(texts.count)
        for text in texts { reply.simple(text: text.utf8.span) }
    }

    @Sendable private static func documentation(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let table = call.engine.table
        var entries = table.entries.filter { $0.container == nil }
        if arguments.count == 2 {
            try call.leaveWork()
        } else {
            entries = (2..<arguments.count).compactMap { index in
                table.number(ofFullName: arguments[index]).map { table.entries[$0] }
            }
        }
        call.reply.map(entries.count)
        for entry in entries { document(entry, call) }
        return .done
    }

    private static func document(_ entry: CommandTable.Entry, _ call: ControlCall) {
        let (reply, command) = (call.reply, entry.command)
        let group = entry.container.map { call.engine.table.entries[$0].command.group } ?? command.group
        var parts = [("summary", command.summary), ("since", command.since), ("group", group)]
        if !command.syntax.isEmpty { parts.append(("syntax", command.syntax)) }
        reply.bulk(entry.fullName)
        reply.map(parts.count + (entry.subcommands.isEmpty ? 0 : 1))
        for (name, text) in parts {
            reply.bulk(name)
            reply.bulk(text)
        }
        guard !entry.subcommands.isEmpty else { return }
        reply.bulk("subcommands")
        reply.map(entry.subcommands.count)
        for number in entry.subcommands { document(call.engine.table.entries[number], call) }
    }

    @Sendable private static func list(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let entries = call.engine.table.entries
        var found = entries.filter { $0.container == nil }
        if arguments.count > 2 {
            guard arguments.count == 5, arguments.matches(2, "FILTERBY") else { throw CommandError.syntax }
            if arguments.matches(3, "MODULE") {
                found = []
            } else if arguments.matches(3, "ACLCAT") {
                let category = Categories(name: arguments.text(4))
                found = entries.filter { entry in
                    category.map { entry.command.allCategories.contains($0) } ?? false
                }
            } else if arguments.matches(3, "PATTERN") {
                let pattern = GlobPattern(arguments[4], ignoresCase: true)
                found = entries.filter { pattern.matches($0.fullName.utf8.span) }
            } else {
                throw CommandError.syntax
            }
        }
        call.reply.array(found.map(\.fullName))
        return .done
    }

    /// The command that the words after the second make, and its keys.
    private static func keys(
        _ arguments: Arguments, _ call: ControlCall
    ) throws(CommandError) -> (Arguments, [KeyUse]) {
        var words = Arguments()
        for index in 2..<arguments.count { words.append(arguments[index]) }
        let table = call.engine.table
        let number: Int
        do throws(CommandError) {
            number = try table.find(words)
        } catch {
            throw CommandError("ERR Invalid command specified")
        }
        let entry = table.entries[number]
        if case .none = entry.command.keys { throw CommandError("ERR The command has no key arguments") }
        guard entry.command.takes(words.count) else {
            throw CommandError("ERR Invalid number of arguments specified for command")
        }
        do throws(CommandError) {
            return (words, try KeyUse.found(by: entry, words))
        } catch {
            throw CommandError("ERR Invalid arguments specified for command")
        }
    }

    private static let helpLines = [
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
    ]
}

extension Command.Flags {
    /// The flags as `COMMAND INFO` names them, in Redis's order; lvkv's own have no name there.
    fileprivate func names(isMovable: Bool) -> [String] {
        let named: [(Command.Flags, String)] = [
            (.write, "write"), (.readonly, "readonly"), (.denyoom, "denyoom"), (.admin, "admin"), (.pubsub, "pubsub"),
            (.noscript, "noscript"), (.blocking, "blocking"), (.loading, "loading"), (.stale, "stale"),
            (.skipMonitor, "skip_monitor"), (.skipSlowlog, "skip_slowlog"), (.fast, "fast"), (.noAuth, "no_auth"),
            (.mayReplicate, "may_replicate"), (.noAsyncLoading, "no_async_loading"), (.noMulti, "no_multi"),
            (.movableKeys, "movablekeys"), (.allowBusy, "allow_busy"),
        ]
        // Redis shows that a command may replicate only where it does not follow from another flag.
        return named.filter { flag, _ in
            flag == .movableKeys ? isMovable || contains(flag) : flag != .mayReplicate && contains(flag)
        }.map(\.1)
    }
}

extension Command.Keys {
    fileprivate var areMovable: Bool { if case .custom = self { true } else { false } }

    /// The first and last key and the step between them, as `COMMAND INFO` has them.
    fileprivate func positions(of entry: CommandTable.Entry) -> (first: Int, last: Int, step: Int) {
        switch self {
        case .none: return (0, 0, 0)
        case .range(let first, let last, let step): return (first, last, step)
        case .custom:
            guard let specification = KeySpecification.all(of: entry).first, let begin = specification.begin,
                case .range(let last, let step) = specification.find
            else { return (0, 0, 0) }
            return (begin, last < 0 ? last : begin + last, step)
        }
    }
}

extension KeySpecification {
    fileprivate func describe(to reply: any ReplyWriter) {
        reply.map(note == nil ? 3 : 4)
        if let note {
            reply.bulk("notes")
            reply.bulk(note)
        }
        reply.bulk("flags")
        reply.set(flags.count)
        for flag in flags { reply.simple(text: flag.utf8.span) }
        reply.bulk("begin_search")
        if let begin {
            part("index", [("index", begin)], to: reply)
        } else {
            part("unknown", [], to: reply)
        }
        reply.bulk("find_keys")
        switch find {
        case .range(let last, let step):
            part("range", [("lastkey", last), ("keystep", step), ("limit", 0)], to: reply)
        case .count: part("keynum", [("keynumidx", 0), ("firstkey", 1), ("keystep", 1)], to: reply)
        case .unknown: part("unknown", [], to: reply)
        }
    }

    private func part(_ type: String, _ values: [(String, Int)], to reply: any ReplyWriter) {
        reply.map(2)
        reply.bulk("type")
        reply.bulk(type)
        reply.bulk("spec")
        reply.map(values.count)
        for (name, value) in values {
            reply.bulk(name)
            reply.integer(value)
        }
    }
}

extension Command {
    /// The group of commands that it is documented with.
    package var group: String {
        let groups: [(Categories, String)] = [
            (.record, "record"), (.transaction, "transactions"), (.bitmap, "bitmap"), (.sortedset, "sorted-set"),
            (.set, "set"), (.list, "list"), (.hash, "hash"), (.string, "string"), (.pubsub, "pubsub"),
            (.connection, "connection"),
        ]
        if ["sort", "sort_ro", "wait"].contains(name) { return "generic" }
        if ["client", "pubsub"].contains(name) { return name == "client" ? "connection" : "pubsub" }
        if name == "command" { return "server" }
        if let group = groups.first(where: { allCategories.contains($0.0) }) { return group.1 }
        if ["dbsize", "flushall", "flushdb", "swapdb"].contains(name) { return "server" }
        return allCategories.contains(.keyspace) || name == "object" ? "generic" : "server"
    }
}
