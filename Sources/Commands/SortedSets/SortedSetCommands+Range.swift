internal import OrderedStore
internal import Structures

extension SortedSetCommands {
    static let ranges: [Command] = [
        range(
            "zrange", nil, reverse: nil, "Members of a sorted set by rank, score or name.",
            "key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]", since: "1.2.0"),
        range(
            "zrevrange", .rank, reverse: true, "Members of a sorted set by rank, the highest score first.",
            "key start stop [WITHSCORES]", since: "1.2.0"),
        range(
            "zrangebyscore", .score, reverse: false, "Members of a sorted set by score.",
            "key min max [WITHSCORES] [LIMIT offset count]", since: "1.0.5"),
        range(
            "zrevrangebyscore", .score, reverse: true, "Members of a sorted set by score, the highest first.",
            "key max min [WITHSCORES] [LIMIT offset count]", since: "2.2.0"),
        range(
            "zrangebylex", .member, reverse: false, "Members of a sorted set by name.",
            "key min max [LIMIT offset count]", since: "2.8.9"),
        range(
            "zrevrangebylex", .member, reverse: true, "Members of a sorted set by name, the last first.",
            "key max min [LIMIT offset count]", since: "2.8.9"),
        Command(
            "zrangestore", -5, [.write, .denyoom], .range(first: 1, last: 2, step: 1), [.write, .sortedset, .slow],
            "Stores members of a sorted set in another.",
            syntax: "destination source min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]", since: "6.2.0",
            .data { arguments, call in
                let query = try RangeQuery(arguments, at: 3, nil, reverse: nil, isStored: true)
                let members = try members(query, arguments[2], call)
                try store(members, in: arguments[1], "zrangestore", call)
                call.reply.integer(members.count)
            }),
        count("zcount", .score, "How many members of a sorted set have scores in a range.", since: "2.0.0"),
        count("zlexcount", .member, "How many members of a sorted set are in a range by name.", since: "2.8.9"),
    ]

    private static func range(
        _ name: String, _ kind: RangeQuery.Kind?, reverse: Bool?, _ summary: String, _ syntax: String, since: String
    ) -> Command {
        Command(
            name, -4, [.readonly], .first, [.read, .sortedset, .slow], summary, syntax: syntax, since: since,
            .data { arguments, call in
                let query = try RangeQuery(arguments, at: 2, kind, reverse: reverse)
                let members = try members(query, arguments[1], call)
                call.reply.members(members, withScores: query.withScores)
            })
    }

    private static func count(
        _ name: String, _ kind: RangeQuery.Kind, _ summary: String, since: String
    ) -> Command {
        Command(
            name, 4, [.readonly, .fast], .first, [.read, .sortedset, .fast], summary, syntax: "key min max",
            since: since,
            .data { arguments, call in
                let bounds = try RangeQuery.bounds(arguments, kind, lower: 2, upper: 3)
                var set = try StoredSortedSet(call.keys, arguments[1])
                call.reply.integer(try set.count(in: bounds.range(of: set.count, reverse: false)))
            })
    }

    private static func members(_ query: RangeQuery, _ key: Span<UInt8>, _ call: DataCall) throws -> MemberList {
        var set = try StoredSortedSet(call.keys, key)
        var list = MemberList()
        guard set.count > 0 else { return list }
        let range = query.bounds.range(of: set.count, reverse: query.reverse)
        if !set.isSmall { try call.expectWork(min(query.limit ?? .max, try set.count(in: range))) }
        try set.forEach(range, reverse: query.reverse, skipping: query.offset, limit: query.limit) { member, score in
            list.append(member, score)
            return true
        }
        return list
    }

    /// Stores a result in place of what a key holds, and notes that.
    static func store(
        _ members: MemberList, in key: Span<UInt8>, _ event: StaticString, _ call: DataCall
    ) throws {
        let old = try call.keys.lookup(key, probably: .sortedSet)
        try members.storeAsSortedSet(call.keys, key, replacing: old)
        if members.count > 0 {
            call.keys.note(key, event, .sortedSet)
        } else if old.exists {
            call.keys.note(key, "del", .generic)
        }
    }

    static let removals: [Command] = [
        removal("zremrangebyrank", .rank, "Removes members of a sorted set by rank.", "start stop", since: "2.0.0"),
        removal("zremrangebyscore", .score, "Removes members of a sorted set by score.", "min max", since: "1.2.0"),
        removal("zremrangebylex", .member, "Removes members of a sorted set by name.", "min max", since: "2.8.9"),
    ]

    private static func removal(
        _ name: StaticString, _ kind: RangeQuery.Kind, _ summary: String, _ syntax: String, since: String
    ) -> Command {
        Command(
            "\(name)", 4, [.write], .first, [.write, .sortedset, .slow], summary, syntax: "key \(syntax)", since: since,
            .data { arguments, call in
                let bounds = try RangeQuery.bounds(arguments, kind, lower: 2, upper: 3)
                var set = try StoredSortedSet(call.keys, arguments[1])
                let range = bounds.range(of: set.count, reverse: false)
                if !set.isSmall { try call.expectWork(try set.count(in: range)) }
                let removed = try set.remove(range)
                if removed > 0 { try store(set, arguments[1], name, call) }
                call.reply.integer(removed)
            })
    }
}
