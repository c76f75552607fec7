internal import OrderedStore
internal import Structures

/// The commands on sets.
enum SetCommands {
    static let all: [Command] = members + random + algebra

    private static let members: [Command] = [
        Command(
            "sadd", -3, [.write, .denyoom, .fast], .first, [.write, .set, .fast], "Adds members to a set.",
            syntax: "key member [member ...]",
            .data { arguments, call in
                var set = try StoredSet(call.keys, arguments[1])
                var added = 0
                for index in 2..<arguments.count where try set.insert(arguments[index]) { added += 1 }
                if added > 0 {
                    try set.store(arguments[1])
                    call.keys.note(arguments[1], "sadd", .set)
                }
                call.reply.integer(added)
            }),
        Command(
            "srem", -3, [.write, .fast], .first, [.write, .set, .fast], "Removes members from a set.",
            syntax: "key member [member ...]",
            .data { arguments, call in
                var set = try StoredSet(call.keys, arguments[1])
                var removed = 0
                for index in 2..<arguments.count where try set.remove(arguments[index]) { removed += 1 }
                if removed > 0 { try store(set, arguments[1], "srem", call) }
                call.reply.integer(removed)
            }),
        Command(
            "smembers", 2, [.readonly], .first, [.read, .set, .slow], "All members of a set.", syntax: "key",
            .data { arguments, call in
                let set = try StoredSet(call.keys, arguments[1])
                try call.expectWork(set.count)
                call.reply.set(set.count)
                try set.forEach { member in
                    call.reply.bulk(member)
                    return true
                }
            }),
        Command(
            "sismember", 3, [.readonly, .fast], .first, [.read, .set, .fast], "Whether a member is in a set.",
            syntax: "key member",
            .data { arguments, call in
                let set = try StoredSet(call.keys, arguments[1])
                call.reply.flag(try set.contains(arguments[2]))
            }),
        Command(
            "smismember", -3, [.readonly, .fast], .first, [.read, .set, .fast], "Whether each member is in a set.",
            syntax: "key member [member ...]", since: "6.2.0",
            .data { arguments, call in
                let set = try StoredSet(call.keys, arguments[1])
                call.reply.array(arguments.count - 2)
                for index in 2..<arguments.count { call.reply.flag(try set.contains(arguments[index])) }
            }),
        Command(
            "scard", 2, [.readonly, .fast], .first, [.read, .set, .fast], "The number of members of a set.",
            syntax: "key",
            .data { arguments, call in
                let set = try StoredSet(call.keys, arguments[1])
                call.reply.integer(set.count)
            }),
        Command(
            "smove", 4, [.write, .fast], .range(first: 1, last: 2, step: 1), [.write, .set, .fast],
            "Moves a member from one set to another.", syntax: "source destination member",
            .data { arguments, call in try move(arguments, call) }),
        Command(
            "sscan", -3, [.readonly], .first, [.read, .set, .slow], "The members of a set, some at a time.",
            syntax: "key cursor [MATCH pattern] [COUNT count]", since: "2.8.0",
            .data { arguments, call in try scan(arguments, call) }),
    ]

    /// Stores a set from which something was taken, and notes that.
    static func store(
        _ set: consuming StoredSet, _ key: Span<UInt8>, _ event: StaticString, _ call: DataCall
    ) throws {
        let isEmpty = set.count == 0
        try set.store(key)
        call.keys.note(key, event, .set)
        if isEmpty { call.keys.note(key, "del", .generic) }
    }

    private static func move(_ arguments: Arguments, _ call: DataCall) throws {
        let (source, destination, member) = (arguments[1], arguments[2], arguments[3])
        let found = try call.keys.lookup(source, probably: .set)
        guard found.exists else { return call.reply.integer(0) }
        try found.require(.set)
        var from = try StoredSet(call.keys, found)
        if source.equals(destination) { return call.reply.flag(try from.contains(member)) }
        var to = try StoredSet(call.keys, destination)
        guard try from.remove(member) else { return call.reply.integer(0) }
        try store(from, source, "srem", call)
        if try to.insert(member) {
            try to.store(destination)
            call.keys.note(destination, "sadd", .set)
        }
        call.reply.integer(1)
    }

    private static func scan(_ arguments: Arguments, _ call: DataCall) throws {
        let cursor = try ElementScan.cursor(arguments, 2)
        let set = try StoredSet(call.keys, arguments[1])
        guard set.count > 0 else {
            call.reply.array(2)
            call.reply.bulk("0")
            return call.reply.array(0)
        }
        let options = try ElementScan(arguments, from: 3)
        try call.expectWork(min(options.count, set.count))
        let found = try options.next(call, from: cursor, isSmall: set.isSmall, values: 1) { after, body in
            try set.forEach(after: after) { member in try body(member, 0) }
        }
        for index in 0..<found.count { call.reply.bulk(found[index]) }
    }
}
