internal import OrderedStore
internal import Structures

extension SortedSetCommands {
    static let pops: [Command] = [
        pop("zpopmin", "Takes the members with the lowest scores out of a sorted set.", highest: false),
        pop("zpopmax", "Takes the members with the highest scores out of a sorted set.", highest: true),
        Command(
            "zmpop", -4, [.write, .movableKeys], .counted(at: 1), [.write, .sortedset, .slow],
            "Takes members out of the first of some sorted sets that has any.",
            syntax: "numkeys key [key ...] MIN|MAX [COUNT count]", since: "7.0.0",
            .data { arguments, call in
                let request = try PopRequest(arguments, 1)
                if try !popMany(request, arguments, request.keys, call) { call.reply.nullArray() }
            }),
    ]

    static let blockingPops: [Command] = [
        blockingPop("bzpopmin", "Takes the member with the lowest score, or waits for one.", highest: false),
        blockingPop("bzpopmax", "Takes the member with the highest score, or waits for one.", highest: true),
        Command(
            "bzmpop", -5, [.write, .blocking, .movableKeys], .counted(at: 2), [.write, .sortedset, .slow, .blocking],
            "Takes members out of the first of some sorted sets that has any, or waits for one.",
            syntax: "timeout numkeys key [key ...] MIN|MAX [COUNT count]", since: "7.0.0",
            .data { arguments, call in
                let request = try PopRequest(arguments, 2)
                let deadline = try arguments.deadline(1, from: call.keys.now)
                let keys = ready(request.keys, arguments, call)
                if try popMany(request, arguments, keys, call) { return }
                call.wait(for: .sortedSet, in: request.keys, of: arguments, until: deadline, else: .nullArray)
            }),
    ]

    private static func pop(_ name: StaticString, _ summary: String, highest: Bool) -> Command {
        Command(
            "\(name)", -2, [.write, .fast], .first, [.write, .sortedset, .fast], summary, syntax: "key [count]",
            since: "5.0.0",
            .data { arguments, call in
                guard arguments.count <= 3 else { throw CommandError.syntax }
                let number = arguments.count == 3 ? try arguments.positiveCount(2) : nil
                var set = try StoredSortedSet(call.keys, arguments[1])
                guard set.count > 0, number != 0 else { return call.reply.array(0) }
                try call.expectWork(min(number ?? 1, set.count))
                let members = try set.pop(number ?? 1, highest: highest)
                try store(set, arguments[1], name, call)
                guard number == nil else { return call.reply.members(members, withScores: true) }
                call.reply.array(2)
                call.reply.bulk(members[0])
                call.reply.double(members.scores[0])
            })
    }

    private static func blockingPop(_ name: StaticString, _ summary: String, highest: Bool) -> Command {
        let event: StaticString = highest ? "zpopmax" : "zpopmin"
        return Command(
            "\(name)", -3, [.write, .noscript, .blocking, .fast], .range(first: 1, last: -2, step: 1),
            [.write, .sortedset, .fast, .blocking], summary, syntax: "key [key ...] timeout", since: "5.0.0",
            .data { arguments, call in
                let deadline = try arguments.deadline(arguments.count - 1, from: call.keys.now)
                let keys = Array(1..<arguments.count - 1)
                for index in ready(keys, arguments, call) {
                    var set = try StoredSortedSet(call.keys, arguments[index])
                    guard set.count > 0 else { continue }
                    let members = try set.pop(1, highest: highest)
                    try store(set, arguments[index], event, call)
                    call.reply.array(3)
                    call.reply.bulk(arguments[index])
                    call.reply.bulk(members[0])
                    return call.reply.double(members.scores[0])
                }
                call.wait(for: .sortedSet, in: keys, of: arguments, until: deadline, else: .nullArray)
            })
    }

    /// What `ZMPOP` and `BZMPOP` are asked for.
    private struct PopRequest {
        /// The positions of the keys.
        let keys: [Int]
        let highest: Bool
        private(set) var count = 1

        /// - Parameter start: the position of the number of keys.
        init(_ arguments: Arguments, _ start: Int) throws(CommandError) {
            guard let number = Int64(redis: arguments[start]), number > 0 else {
                throw CommandError("ERR numkeys should be greater than 0")
            }
            guard number < arguments.count - start - 1 else { throw CommandError.syntax }
            var index = start + 1 + Int(number)
            keys = Array(start + 1..<index)
            highest = arguments.matches(index, "MAX")
            guard highest || arguments.matches(index, "MIN") else { throw CommandError.syntax }
            index += 1
            guard index < arguments.count else { return }
            guard arguments.matches(index, "COUNT"), index + 1 < arguments.count else { throw CommandError.syntax }
            guard let count = Int64(redis: arguments[index + 1]), count > 0 else {
                throw CommandError("ERR count should be greater than 0")
            }
            guard index + 2 == arguments.count else { throw CommandError.syntax }
            self.count = Int(count)
        }
    }

    /// Takes members out of the first sorted set that has any.
    ///
    /// - Returns: whether there was one; then the reply is written.
    private static func popMany(
        _ request: PopRequest, _ arguments: Arguments, _ keys: [Int], _ call: DataCall
    ) throws -> Bool {
        for index in keys {
            var set = try StoredSortedSet(call.keys, arguments[index])
            guard set.count > 0 else { continue }
            try call.expectWork(min(request.count, set.count))
            let members = try set.pop(request.count, highest: request.highest)
            try store(set, arguments[index], request.highest ? "zpopmax" : "zpopmin", call)
            call.reply.array(2)
            call.reply.bulk(arguments[index])
            call.reply.array(members.count)
            for index in 0..<members.count {
                call.reply.array(2)
                call.reply.bulk(members[index])
                call.reply.double(members.scores[index])
            }
            return true
        }
        return false
    }

    /// The positions of the keys to look at: of a command that waited, only the one that got a value.
    private static func ready(_ keys: [Int], _ arguments: Arguments, _ call: DataCall) -> [Int] {
        guard let ready = call.ready else { return keys }
        return keys.filter { arguments[$0].equals(ready.span) }
    }
}
