internal import OrderedStore
internal import Structures

/// Commands on whole databases.
enum DatabaseCommands {
    static let all: [Command] = [
        Command(
            "select", 2, [.loading, .stale, .fast], .none, [.connection],
            "Change the selected database for the current connection",
            syntax: "index",
            .control { arguments, call in
                call.session.database = try arguments.database(1)
                call.reply.ok()
                return .done
            }),
        Command(
            "flushdb", -1, [.write], .none, [.keyspace, .dangerous], "Remove all keys from the current database",
            syntax: "[ASYNC|SYNC]",
            .data { arguments, call in
                try checkFlush(arguments)
                try call.keys.removeAll(expectingWork: call.expectWork)
                call.reply.ok()
            }),
        Command(
            "flushall", -1, [.write], .none, [.keyspace, .dangerous], "Remove all keys from all databases",
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
        Command(
            "swapdb", 3, [.write, .fast], .none, [.keyspace, .dangerous], "Swaps two Redis databases",
            syntax: "index1 index2", since: "4.0.0",
            .data { arguments, call in
                let numbers = (try database(arguments, 1, "first"), try database(arguments, 2, "second"))
                let (first, second) = (try inRange(numbers.0), try inRange(numbers.1))
                try call.keys.swap(first, second, expectingWork: call.expectWork)
                call.reply.ok()
            }),
    ]

    private static func database(
        _ arguments: Arguments, _ index: Int, _ which: String
    ) throws(CommandError) -> Int32 {
        guard let number = Int64(redis: arguments[index]), let small = Int32(exactly: number) else {
            throw CommandError("ERR invalid \(which) DB index")
        }
        return small
    }

    private static func inRange(_ number: Int32) throws(CommandError) -> Int {
        guard number >= 0, number < StructureCode.databases else { throw .databaseOutOfRange }
        return Int(number)
    }

    private static func checkFlush(_ arguments: Arguments) throws(CommandError) {
        if arguments.count == 1 { return }
        guard arguments.count == 2, arguments.matches(1, "ASYNC") || arguments.matches(1, "SYNC") else {
            throw .syntax
        }
    }
}
