internal import OrderedStore
internal import Structures

/// `CONFIG` and its subcommands, on the table of settings.
enum ConfigCommands {
    private static let flags: Command.Flags = [.admin, .noscript, .loading, .stale]

    static let all: [Command] = [
        Command(
            "config", -2, [], .none, [], "A container for server configuration commands", since: "2.0.0",
            .container([
                Command(
                    "get", -3, flags, .none, [], "Get the values of configuration parameters",
                    syntax: "parameter [parameter ...]", since: "2.0.0",
                    .control { arguments, call in
                        var found: [(name: String, setting: Setting)] = []
                        for index in 2..<arguments.count {
                            let pattern = GlobPattern(arguments[index], ignoresCase: true)
                            for setting in Setting.all where pattern.matches(setting.name.utf8.span) {
                                guard !found.contains(where: { $0.setting.name == setting.name }) else { continue }
                                // A name that is no pattern comes back as it was written.
                                let isName = setting.name.utf8.elementsEqual(arguments[index].lowercased)
                                found.append((isName ? arguments.text(index) : setting.name, setting))
                            }
                        }
                        call.reply.map(found.count)
                        for (name, setting) in found {
                            call.reply.bulk(name)
                            call.reply.bulk(call.engine.settings.shown(setting))
                        }
                        return .done
                    }),
                Command(
                    "set", -4, flags, .none, [], "Set configuration parameters to the given values",
                    syntax: "parameter value [parameter value ...]", since: "2.0.0", .control(set)),
                Command(
                    "resetstat", 2, flags, .none, [], "Reset the stats returned by INFO", since: "2.0.0",
                    .control { _, call in
                        call.engine.statistics.reset()
                        call.engine.traffic.reset()
                        call.reply.ok()
                        return .done
                    }),
                Command(
                    "rewrite", 2, flags, .none, [],
                    "Rewrite the configuration file with the in memory configuration", since: "2.8.0",
                    .control { _, call in
                        guard let rewrite = call.engine.settings.rewriter else {
                            throw CommandError("ERR The server is running without a config file")
                        }
                        try call.leaveWork()
                        do {
                            try rewrite(call.engine.settings)
                        } catch {
                            throw CommandError("ERR Rewriting config file: \(error)")
                        }
                        call.reply.ok()
                        return .done
                    }),
                .help(
                    "CONFIG",
                    [
                        "GET <pattern>",
                        "    Return parameters matching the glob-like <pattern> and their values.",
                        "SET <directive> <value>",
                        "    Set the configuration <directive> to <value>.",
                        "RESETSTAT",
                        "    Reset statistics reported by the INFO command.",
                        "REWRITE",
                        "    Rewrite the configuration file.",
                    ]),
            ]))
    ]

    @Sendable private static func set(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        guard arguments.count % 2 == 0 else { throw CommandError.syntax }
        let pairs = stride(from: 2, to: arguments.count, by: 2).map { index in
            (name: arguments.text(index), text: arguments.text(index + 1))
        }
        do throws(SettingFailure) {
            try call.engine.settings.change(pairs)
        } catch {
            guard let reason = error.error else {
                throw CommandError("ERR Unknown option or number of arguments for CONFIG SET - '\(error.name)'")
            }
            throw CommandError("ERR CONFIG SET failed (possibly related to argument '\(error.name)') - \(reason)")
        }
        call.reply.ok()
        return .done
    }
}
