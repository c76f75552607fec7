internal import OrderedStore
internal import Structures

extension SortedSetCommands {
    static let algebra: [Command] = [
        combining("zunion", .union, "The members that are in any of some sorted sets."),
        combining("zinter", .intersection, "The members that are in all of some sorted sets."),
        combining("zdiff", .difference, "The members of a sorted set that are in none of the others."),
        storing("zunionstore", .union, "Stores the members that are in any of some sorted sets.", since: "2.0.0"),
        storing(
            "zinterstore", .intersection, "Stores the members that are in all of some sorted sets.", since: "2.0.0"),
        storing(
            "zdiffstore", .difference, "Stores the members of a sorted set that are in none of the others.",
            since: "6.2.0"),
        Command(
            "zintercard", -3, [.readonly, .movableKeys], .counted(at: 1), [.read, .sortedset, .slow],
            "How many members are in all of some sorted sets.", syntax: "numkeys key [key ...] [LIMIT limit]",
            since: "7.0.0",
            .data { arguments, call in
                let streams = try streams(arguments, at: 1, "zintercard", call)
                let limit = try arguments.limit(from: 2 + streams.count)
                var sets = SetAlgebra(.intersection, streams)
                try call.expectWork(sets.work)
                call.reply.integer(try sets.count(limit: limit))
            }),
    ]

    private static func options(_ operation: SetOperation) -> String {
        operation == .difference ? "" : " [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX]"
    }

    private static func combining(_ name: String, _ operation: SetOperation, _ summary: String) -> Command {
        Command(
            name, -3, [.readonly, .movableKeys], .counted(at: 1), [.read, .sortedset, .slow], summary,
            syntax: "numkeys key [key ...]\(options(operation)) [WITHSCORES]", since: "6.2.0",
            .data { arguments, call in
                let (members, withScores) = try combine(operation, arguments, at: 1, name, call)
                call.reply.members(members.count, withScores: withScores)
                for index in members.orderByScore { call.reply.member(members, index, withScores: withScores) }
            })
    }

    private static func storing(
        _ name: StaticString, _ operation: SetOperation, _ summary: String, since: String
    ) -> Command {
        let keys = Command.Keys.custom { arguments throws(CommandError) in
            guard case .custom(let inputs) = Command.Keys.counted(at: 2) else { return [1] }
            return [1] + (try inputs(arguments))
        }
        return Command(
            "\(name)", -4, [.write, .denyoom, .movableKeys], keys, [.write, .sortedset, .slow], summary,
            syntax: "destination numkeys key [key ...]\(options(operation))", since: since,
            .data { arguments, call in
                let (members, _) = try combine(operation, arguments, at: 2, "\(name)", call)
                try store(members, in: arguments[1], name, call)
                call.reply.integer(members.count)
            })
    }

    /// Puts sorted sets together.
    ///
    /// - Parameter start: the position of the number of keys; the result is stored when something is before it.
    /// - Returns: the members in byte order, and whether their scores are asked for.
    private static func combine(
        _ operation: SetOperation, _ arguments: Arguments, at start: Int, _ name: String, _ call: DataCall
    ) throws -> (MemberList, withScores: Bool) {
        let streams = try streams(arguments, at: start, name, call)
        var (weights, aggregate, withScores): ([Double], ScoreAggregate, Bool) = ([], .sum, false)
        var index = start + 1 + streams.count
        while index < arguments.count {
            let rest = arguments.count - index - 1
            if operation != .difference, rest >= streams.count, arguments.matches(index, "WEIGHTS") {
                weights = []
                for position in index + 1...index + streams.count {
                    guard let weight = Double(redis: arguments[position]) else {
                        throw CommandError("ERR weight value is not a float")
                    }
                    weights.append(weight)
                }
                index += streams.count
            } else if operation != .difference, rest >= 1, arguments.matches(index, "AGGREGATE") {
                aggregate = try self.aggregate(arguments, index + 1)
                index += 1
            } else if start == 1, arguments.matches(index, "WITHSCORES") {
                withScores = true
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        var sets = SetAlgebra(operation, streams, weights: weights, aggregate: aggregate)
        try call.expectWork(sets.work)
        return (try sets.members(), withScores)
    }

    private static func aggregate(_ arguments: Arguments, _ index: Int) throws(CommandError) -> ScoreAggregate {
        if arguments.matches(index, "SUM") { return .sum }
        if arguments.matches(index, "MIN") { return .min }
        if arguments.matches(index, "MAX") { return .max }
        throw CommandError.syntax
    }

    /// Opens the sets or sorted sets that are named behind their number.
    private static func streams(
        _ arguments: Arguments, at start: Int, _ name: String, _ call: DataCall
    ) throws -> [MemberStream] {
        let count = try arguments.integer(start)
        guard count >= 1 else {
            throw CommandError("ERR at least 1 input key is needed for '\(name)' command")
        }
        guard count <= arguments.count - start - 1 else { throw CommandError.syntax }
        return try (start + 1...start + Int(count)).map { index in
            try MemberStream(call.keys, arguments[index], allowsSortedSets: true)
        }
    }
}
