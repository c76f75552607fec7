internal import OrderedStore
internal import Structures

/// Commands on whole databases.
enum DatabaseCommands {
    static let all: [Command] = [
        Command(
            "select", 2, [.loading, .stale, .fast], .none, [.connection], "Changes the client's database.",
            syntax: "index",
            .control { arguments, call in
                call.session.database = try arguments.database(1)
                call.reply.ok()
                return .done
            }),
        Command(
            "flushdb", -1, [.write], .none, [.keyspace, .dangerous], "Removes all keys of a database.",
            syntax: "[ASYNC|SYNC]",
            .data { arguments, call in
                try checkFlush(arguments)
                try call.keys.removeAll(expectingWork: call.expectWork)
                call.reply.ok()
            }),
        Command(
            "flushall", -1, [.write], .none, [.keyspace, .dangerous], "Removes all keys of all databases.",
            syntax: "[ASYNC|SYNC]",
            .data { arguments, call in
                try checkFlush(arguments)
                let own = call.keys.database
                defer { call.keys.database = own }
                for database in 0..<StructureCode.databases {
                    call.keys.database = database
                    try call.keys.removeAll(expectingWork: call.expectWork)
                }
                call.reply.ok()
            }),
    ]

    private static func checkFlush(_ arguments: Arguments) throws(CommandError) {
        if arguments.count == 1 { return }
        guard arguments.count == 2, arguments.matches(1, "ASYNC") || arguments.matches(1, "SYNC") else {
            throw .syntax
        }
    }
}
