internal import OrderedStore

/// `EVAL`, `EVALSHA` and `SCRIPT`, for the scripts of ``KnownScript``.
enum ScriptCommands {
    static let all: [Command] = [
        Command(
            "eval", -3, [.write, .noscript, .movableKeys], keys, [.scripting],
            "Runs one of the scripts for locks that are known here.",
            syntax: "script numkeys [key ...] [arg ...]", since: "2.6.0",
            .data { arguments, call in
                guard let script = KnownScript(arguments[1]) else { throw unknown }
                _ = call.engine.scripts.add(script, arguments[1])
                try run(script, arguments, call)
            }),
        Command(
            "evalsha", -3, [.write, .noscript, .movableKeys], keys, [.scripting],
            "Runs a script for locks that was loaded, by its SHA-1.",
            syntax: "sha1 numkeys [key ...] [arg ...]", since: "2.6.0",
            .data { arguments, call in
                guard let script = call.engine.scripts[arguments.text(1)] else {
                    throw CommandError("NOSCRIPT No matching script. Please use EVAL.")
                }
                try run(script, arguments, call)
            }),
        Command(
            "script", -2, [], .none, [.scripting], "Loads the scripts for locks that are known here.", since: "2.6.0",
            .container(subcommands)),
    ]

    private static let unknown = CommandError(
        "ERR there is no Lua here: of scripts only those are known by which clients release and extend locks")

    /// The keys that the word at 2 counts; it may be 0.
    private static let keys = Command.Keys.custom { arguments throws(CommandError) in
        let count = try keyCount(arguments)
        return count == 0 ? [] : Array(3...count + 2)
    }

    private static func keyCount(_ arguments: Arguments) throws(CommandError) -> Int {
        let count = try arguments.integer(2)
        guard count >= 0 else { throw CommandError("ERR Number of keys can't be negative") }
        guard count <= arguments.count - 3 else {
            throw CommandError("ERR Number of keys can't be greater than number of args")
        }
        return Int(count)
    }

    private static func run(_ script: KnownScript, _ arguments: Arguments, _ call: DataCall) throws {
        let count = try keyCount(arguments)
        guard count > 0 else { throw CommandError("ERR the script is about KEYS[1]; give it a key") }
        call.reply.flag(try script.run(arguments, key: 3, first: 3 + count, call))
    }

    private static let subcommands: [Command] = [
        Command(
            "load", 3, [.noscript, .stale], .none, [.scripting], "Keeps a script for EVALSHA.", syntax: "script",
            since: "2.6.0",
            .control { arguments, call in
                guard let script = KnownScript(arguments[2]) else { throw unknown }
                call.reply.bulk(call.engine.scripts.add(script, arguments[2]))
                return .done
            }),
        Command(
            "exists", -3, [.noscript], .none, [.scripting], "Which scripts are kept.", syntax: "sha1 [sha1 ...]",
            since: "2.6.0",
            .control { arguments, call in
                call.reply.array(arguments.count - 2)
                for index in 2..<arguments.count {
                    call.reply.integer(call.engine.scripts[arguments.text(index)] == nil ? 0 : 1)
                }
                return .done
            }),
        Command(
            "flush", -2, [.noscript], .none, [.scripting], "Forgets all scripts.", syntax: "[ASYNC|SYNC]",
            since: "2.6.0",
            .control { arguments, call in
                guard
                    arguments.count == 2
                        || arguments.count == 3 && (arguments.matches(2, "ASYNC") || arguments.matches(2, "SYNC"))
                else { throw CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option") }
                call.engine.scripts.removeAll()
                call.reply.ok()
                return .done
            }),
        Command(
            "kill", 2, [.noscript, .allowBusy], .none, [.scripting], "Ends a script that runs: none ever runs long.",
            since: "2.6.0",
            .control { _, _ in throw CommandError("NOTBUSY No scripts in execution right now.") }),
        .help(
            "SCRIPT", categories: [.scripting],
            [
                "EXISTS <sha1> [<sha1> ...]",
                "    Return information about the existence of the scripts in the script cache.",
                "FLUSH [ASYNC|SYNC]", "    Forget all scripts.",
                "KILL", "    Kill the currently executing Lua script: there is none.",
                "LOAD <script>", "    Keep one of the scripts for locks that are known here, without executing it.",
            ]),
    ]
}
