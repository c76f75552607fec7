extension Command {
    /// The subcommand `HELP` of a container.
    ///
    /// - Parameters:
    ///   - container: the container's name, in capitals.
    ///   - categories: the ACL categories beside those that follow from the flags.
    ///   - lines: about the other subcommands; what follows a line that does not begin with a space is shifted.
    static func help(
        _ container: String, categories: Categories = [], since: String = "5.0.0", _ lines: [String]
    ) -> Command {
        let all =
            ["\(container) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"] + lines
            + ["HELP", "    Prints this help."]
        return Command(
            "help", 2, [.loading, .stale], .none, categories, "Show helpful text about the different subcommands",
            since: since,
            .control { _, call in
                call.reply.array(all.count)
                for line in all { call.reply.simple(text: line.utf8.span) }
                return .done
            })
    }
}

extension CommandError {
    /// What Redis says of a subcommand's words when their number is right and they are not.
    static func unknownSubcommand(_ name: String, of container: String) -> CommandError {
        CommandError("ERR unknown subcommand or wrong number of arguments for '\(name)'. Try \(container) HELP.")
    }
}
