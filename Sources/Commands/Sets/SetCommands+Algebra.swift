internal import OrderedStore
internal import Structures

extension SetCommands {
    static let algebra: [Command] = [
        combining("sinter", .intersection, "The members that are in all of some sets."),
        combining("sunion", .union, "The members that are in any of some sets."),
        combining("sdiff", .difference, "The members of a set that are in none of the others."),
        storing("sinterstore", .intersection, "Stores the members that are in all of some sets."),
        storing("sunionstore", .union, "Stores the members that are in any of some sets."),
        storing("sdiffstore", .difference, "Stores the members of a set that are in none of the others."),
        Command(
            "sintercard", -3, [.readonly, .movableKeys], .counted(at: 1), [.read, .set, .slow],
            "How many members are in all of some sets.", syntax: "numkeys key [key ...] [LIMIT limit]", since: "7.0.0",
            .data { arguments, call in
                guard let count = Int64(redis: arguments[1]), count > 0 else {
                    throw CommandError("ERR numkeys should be greater than 0")
                }
                guard count <= arguments.count - 2 else {
                    throw CommandError("ERR Number of keys can't be greater than number of args")
                }
                let limit = try arguments.limit(from: 2 + Int(count))
                var sets = try read(.intersection, arguments, 2..<2 + Int(count), call)
                call.reply.integer(try sets.count(limit: limit))
            }),
    ]

    private static func combining(_ name: String, _ operation: SetOperation, _ summary: String) -> Command {
        Command(
            name, -2, [.readonly], .all, [.read, .set, .slow], summary, syntax: "key [key ...]",
            .data { arguments, call in
                var sets = try read(operation, arguments, 1..<arguments.count, call)
                let members = try sets.members()
                call.reply.set(members.count)
                for index in 0..<members.count { call.reply.bulk(members[index]) }
            })
    }

    private static func storing(_ name: StaticString, _ operation: SetOperation, _ summary: String) -> Command {
        Command(
            "\(name)", -3, [.write, .denyoom], .all, [.write, .set, .slow], summary,
            syntax: "destination key [key ...]",
            .data { arguments, call in
                var sets = try read(operation, arguments, 2..<arguments.count, call)
                var result = SetBuilder(call.keys)
                try sets.forEach { member, _ in
                    try result.append(member)
                    return true
                }
                let count = result.count
                let old = try call.keys.lookup(arguments[1], probably: .set)
                try result.store(arguments[1], replacing: old)
                if count > 0 {
                    call.keys.note(arguments[1], name, .set)
                } else if old.exists {
                    call.keys.note(arguments[1], "del", .generic)
                }
                call.reply.integer(count)
            })
    }

    private static func read(
        _ operation: SetOperation, _ arguments: Arguments, _ keys: Range<Int>, _ call: DataCall
    ) throws -> SetAlgebra {
        let sets = SetAlgebra(
            operation, try keys.map { try MemberStream(call.keys, arguments[$0], allowsSortedSets: false) })
        try call.expectWork(sets.work)
        return sets
    }
}

extension SetAlgebra {
    /// How many members the result has.
    ///
    /// - Parameter limit: where to stop counting; 0 for nowhere.
    mutating func count(limit: Int) throws -> Int {
        var count = 0
        try forEach { _, _ in
            count += 1
            return count != limit
        }
        return count
    }

    /// The members of the result, with their scores.
    mutating func members() throws -> MemberList {
        var list = MemberList()
        try forEach { member, score in
            list.append(member, score)
            return true
        }
        return list
    }
}

extension Arguments {
    /// The number behind `LIMIT` from the word at `start` on; 0 when it is not there.
    ///
    /// - Throws: ``CommandError``.
    func limit(from start: Int) throws(CommandError) -> Int {
        var limit = 0
        var index = start
        while index < count {
            guard matches(index, "LIMIT"), index + 1 < count else { throw CommandError.syntax }
            guard let value = Int64(redis: self[index + 1]), value >= 0 else {
                throw CommandError("ERR LIMIT can't be negative")
            }
            limit = Int(value)
            index += 2
        }
        return limit
    }
}
