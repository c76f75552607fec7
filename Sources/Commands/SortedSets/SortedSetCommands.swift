internal import OrderedStore
internal import Structures

/// The commands on sorted sets.
enum SortedSetCommands {
    static let all: [Command] = changes + reads + ranges + removals + pops + blockingPops + algebra

    private static let changes: [Command] = [
        Command(
            "zadd", -4, [.write, .denyoom, .fast], .first, [.write, .sortedset, .fast],
            "Adds members to a sorted set, or changes their scores.",
            syntax: "key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]", since: "1.2.0",
            .data { arguments, call in
                try add(arguments, try Addition(arguments), call)
            }),
        Command(
            "zincrby", 4, [.write, .denyoom, .fast], .first, [.write, .sortedset, .fast],
            "Adds to the score of a member of a sorted set.", syntax: "key increment member", since: "1.2.0",
            .data { arguments, call in
                try add(arguments, Addition(isIncrement: true, start: 2), call)
            }),
        Command(
            "zrem", -3, [.write, .fast], .first, [.write, .sortedset, .fast], "Removes members from a sorted set.",
            syntax: "key member [member ...]", since: "1.2.0",
            .data { arguments, call in
                var set = try StoredSortedSet(call.keys, arguments[1])
                var removed = 0
                for index in 2..<arguments.count where try set.remove(arguments[index]) { removed += 1 }
                if removed > 0 { try store(set, arguments[1], "zrem", call) }
                call.reply.integer(removed)
            }),
    ]

    private static let reads: [Command] = [
        Command(
            "zscore", 3, [.readonly, .fast], .first, [.read, .sortedset, .fast],
            "The score of a member of a sorted set.", syntax: "key member", since: "1.2.0",
            .data { arguments, call in
                let set = try StoredSortedSet(call.keys, arguments[1])
                call.reply.double(try set.score(of: arguments[2]))
            }),
        Command(
            "zmscore", -3, [.readonly, .fast], .first, [.read, .sortedset, .fast],
            "The scores of members of a sorted set.", syntax: "key member [member ...]", since: "6.2.0",
            .data { arguments, call in
                let set = try StoredSortedSet(call.keys, arguments[1])
                call.reply.array(arguments.count - 2)
                for index in 2..<arguments.count { call.reply.double(try set.score(of: arguments[index])) }
            }),
        Command(
            "zcard", 2, [.readonly, .fast], .first, [.read, .sortedset, .fast],
            "The number of members of a sorted set.", syntax: "key", since: "1.2.0",
            .data { arguments, call in
                let set = try StoredSortedSet(call.keys, arguments[1])
                call.reply.integer(set.count)
            }),
        rank("zrank", "The number of members with lower scores than a member's.", reverse: false),
        rank("zrevrank", "The number of members with higher scores than a member's.", reverse: true),
        Command(
            "zrandmember", -2, [.readonly], .first, [.read, .sortedset, .slow], "Random members of a sorted set.",
            syntax: "key [count [WITHSCORES]]", since: "6.2.0",
            .data { arguments, call in try randomMembers(arguments, call) }),
        Command(
            "zscan", -3, [.readonly], .first, [.read, .sortedset, .slow],
            "The members of a sorted set and their scores, some at a time.",
            syntax: "key cursor [MATCH pattern] [COUNT count]", since: "2.8.0",
            .data { arguments, call in try scan(arguments, call) }),
    ]

    private static func rank(_ name: String, _ summary: String, reverse: Bool) -> Command {
        Command(
            name, 3, [.readonly, .fast], .first, [.read, .sortedset, .fast], summary, syntax: "key member",
            since: "2.0.0",
            .data { arguments, call in
                var set = try StoredSortedSet(call.keys, arguments[1])
                guard let rank = try set.rank(of: arguments[2]) else { return call.reply.null() }
                call.reply.integer(reverse ? set.count - 1 - rank : rank)
            })
    }

    /// Stores a sorted set from which something was taken, and notes that.
    static func store(
        _ set: consuming StoredSortedSet, _ key: Span<UInt8>, _ event: StaticString, _ call: DataCall
    ) throws {
        let isEmpty = set.count == 0
        try set.store(key)
        call.keys.note(key, event, .sortedSet)
        if isEmpty { call.keys.note(key, "del", .generic) }
    }

    private static func randomMembers(_ arguments: Arguments, _ call: DataCall) throws {
        let number = arguments.count > 2 ? try RandomChoice.count(arguments, 2) : nil
        let withScores = arguments.count == 4 && arguments.matches(3, "WITHSCORES")
        guard arguments.count <= 3 || withScores else { throw CommandError.syntax }
        if withScores, let number, number > Int.max / 2 { throw CommandError("ERR value is out of range") }
        var set = try StoredSortedSet(call.keys, arguments[1])
        guard set.count > 0 else {
            if number == nil { call.reply.null() } else { call.reply.array(0) }
            return
        }
        try call.expectWork(RandomChoice.work(number ?? 1, of: set.count))
        if let number, number < 0 {
            call.reply.members(-number, withScores: withScores)
            return try RandomRanks.repeating(-number, of: set.count, members: { try set.members(atRanks: $0) }) {
                call.reply.member($0, $1, withScores: withScores)
            }
        }
        let members = try set.members(atRanks: RandomRanks.distinct(number ?? 1, of: set.count))
        if number != nil { call.reply.members(members.count, withScores: withScores) }
        for index in RandomChoice.order(members.count) { call.reply.member(members, index, withScores: withScores) }
    }

    private static func scan(_ arguments: Arguments, _ call: DataCall) throws {
        let cursor = try ElementScan.cursor(arguments, 2)
        let set = try StoredSortedSet(call.keys, arguments[1])
        guard set.count > 0 else {
            call.reply.array(2)
            call.reply.bulk("0")
            return call.reply.array(0)
        }
        let options = try ElementScan(arguments, from: 3)
        try call.expectWork(min(options.count, set.count))
        let found = try options.next(call, from: cursor, isSmall: set.isSmall, values: 2) { after, body in
            try set.forEachMember(after: after, body)
        }
        for index in 0..<found.count {
            call.reply.bulk(found[index])
            call.reply.bulk(number: found.scores[index])
        }
    }
}

extension ReplyWriter {
    /// A number, or nothing.
    func double(_ value: Double?) { if let value { double(value) } else { null() } }

    /// `count` members follow, each as ``member(_:_:withScores:)`` writes it.
    func members(_ count: Int, withScores: Bool) { array(withScores && version == 2 ? 2 * count : count) }

    /// A member of a list, with its score if that is asked for: a pair, which RESP2 writes flat.
    func member(_ list: MemberList, _ index: Int, withScores: Bool) {
        guard withScores else { return bulk(list[index]) }
        if version > 2 { array(2) }
        bulk(list[index])
        double(list.scores[index])
    }

    /// The members of a list.
    func members(_ list: MemberList, withScores: Bool) {
        members(list.count, withScores: withScores)
        for index in 0..<list.count { member(list, index, withScores: withScores) }
    }
}
