internal import OrderedStore
internal import Structures

/// What tells how commands run: `SLOWLOG`, `LATENCY`, `MONITOR`, `MEMORY` and `DEBUG`.
enum DiagnosticCommands {
    private static let admin: Command.Flags = [.admin, .loading, .stale]
    private static let quiet: Command.Flags = [.admin, .noscript, .loading, .stale]

    static let all: [Command] = [
        Command(
            "slowlog", -2, [], .none, [], "A container for slow log commands", since: "2.2.12",
            .container([
                Command(
                    "get", -2, admin, .none, [], "Get the slow log's entries", syntax: "[count]", since: "2.2.12",
                    .control(slowEntries)),
                Command(
                    "len", 2, admin, .none, [], "Get the slow log's length", since: "2.2.12",
                    .control { _, call in
                        call.reply.integer(call.engine.slowLog.count)
                        return .done
                    }),
                Command(
                    "reset", 2, admin, .none, [], "Clear all entries from the slow log", since: "2.2.12",
                    .control { _, call in
                        call.engine.slowLog.clear()
                        call.reply.ok()
                        return .done
                    }),
                .help(
                    "SLOWLOG", since: "6.2.0",
                    [
                        "GET [<count>]",
                        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
                        "    Entries are made of:",
                        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
                        "    client name",
                        "LEN",
                        "    Return the length of the slowlog.",
                        "RESET",
                        "    Reset the slowlog.",
                    ]),
            ])),
        Command(
            "monitor", 1, quiet, .none, [], "Listen for all requests received by the server in real time",
            .control { _, call in
                call.engine.monitors.add(call.session)
                call.reply.ok()
                return .done
            }),
        Command(
            "debug", -2, quiet, .none, [], "A container for debugging commands",
            .control { _, _ in
                throw CommandError(
                    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can "
                        + "run it from a local connection, otherwise you need to set this option in the "
                        + "configuration file, and then restart the server.")
            }),
        Command(
            "memory", -2, [], .none, [], "A container for memory diagnostics commands", since: "4.0.0",
            .container([
                Command(
                    "usage", -3, [.readonly], .range(first: 2, last: 2, step: 1), [.read],
                    "Estimate the memory usage of a key", syntax: "key [SAMPLES count]", since: "4.0.0",
                    .data(memoryUsage)),
                Command(
                    "doctor", 2, [], .none, [], "Outputs memory problems report", since: "4.0.0",
                    .control { _, call in
                        let text = "Hi Sam, the data of this instance is on disk: there is no memory to diagnose.\n"
                        call.reply.verbatim(text.utf8.span, format: "txt")
                        return .done
                    }),
                Command(
                    "purge", 2, [], .none, [], "Ask the allocator to release memory", since: "4.0.0",
                    .control { _, call in
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "stats", 2, [], .none, [], "Show memory usage details", since: "4.0.0",
                    .control { _, call in
                        let lines = call.engine.host?.information(.memory) ?? []
                        call.reply.map(lines.count)
                        for (name, value) in lines {
                            call.reply.bulk(name)
                            if let number = Int64(value) { call.reply.integer(number) } else { call.reply.bulk(value) }
                        }
                        return .done
                    }),
                .help(
                    "MEMORY", since: "4.0.0",
                    [
                        "DOCTOR",
                        "    Return memory problems reports.",
                        "PURGE",
                        "    Attempt to purge dirty pages for reclamation by the allocator.",
                        "STATS",
                        "    Return information about the memory usage of the server.",
                        "USAGE <key> [SAMPLES <count>]",
                        "    Return memory in bytes used by <key> and its value. Nested values are",
                        "    sampled up to <count> times (default: 5, 0 means sample all).",
                    ]),
            ])),
    ]

    @Sendable private static func slowEntries(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count <= 3 else { throw CommandError.unknownSubcommand(arguments.text(1), of: "SLOWLOG") }
        var most = 10
        if arguments.count == 3 {
            guard let number = Int64(redis: arguments[2]), number >= -1 else {
                throw CommandError("ERR count should be greater than or equal to -1")
            }
            most = Int(clamping: number)
        }
        let entries = call.engine.slowLog.entries(most)
        call.reply.array(entries.count)
        for entry in entries {
            call.reply.array(6)
            call.reply.integer(entry.id)
            call.reply.integer(entry.time)
            call.reply.integer(entry.microseconds)
            call.reply.array(entry.words.count)
            for word in entry.words { call.reply.bulk(word) }
            call.reply.bulk(entry.address)
            call.reply.bulk(entry.name)
        }
        return .done
    }

    /// What a key takes in the metadata and, of a small value, in all: elements of a big collection lie on disk and
    /// take no memory of their own.
    @Sendable private static func memoryUsage(_ arguments: Arguments, _ call: DataCall) throws {
        if arguments.count > 3 {
            guard arguments.count == 5, arguments.matches(3, "SAMPLES") else { throw CommandError.syntax }
            guard try arguments.integer(4) >= 0 else { throw CommandError.syntax }
        }
        let found = try call.keys.lookup(arguments[2])
        guard found.exists else { return call.reply.null() }
        call.reply.integer(arguments[2].count + found.body.count + 1 + (found.expiry == nil ? 0 : 8))
    }
}
