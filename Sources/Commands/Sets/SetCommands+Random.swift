internal import OrderedStore
internal import Structures

extension SetCommands {
    static let random: [Command] = [
        Command(
            "spop", -2, [.write, .fast], .first, [.write, .set, .fast], "Takes random members out of a set.",
            syntax: "key [count]",
            .data { arguments, call in try pop(arguments, call) }),
        Command(
            "srandmember", -2, [.readonly], .first, [.read, .set, .slow], "Random members of a set.",
            syntax: "key [count]",
            .data { arguments, call in try randomMembers(arguments, call) }),
    ]

    private static func pop(_ arguments: Arguments, _ call: DataCall) throws {
        guard arguments.count <= 3 else { throw CommandError.syntax }
        let number = arguments.count == 3 ? try arguments.positiveCount(2) : nil
        var set = try StoredSet(call.keys, arguments[1])
        guard set.count > 0, number != 0 else {
            if number == nil { call.reply.null() } else { call.reply.set(0) }
            return
        }
        try call.expectWork(RandomChoice.work(number ?? 1, of: set.count))
        let members = try set.pop(number ?? 1)
        try store(set, arguments[1], "spop", call)
        if number != nil { call.reply.set(members.count) }
        for index in RandomChoice.order(members.count) { call.reply.bulk(members[index]) }
    }

    private static func randomMembers(_ arguments: Arguments, _ call: DataCall) throws {
        guard arguments.count <= 3 else { throw CommandError.syntax }
        let number = arguments.count == 3 ? try RandomChoice.count(arguments, 2) : nil
        var set = try StoredSet(call.keys, arguments[1])
        guard set.count > 0 else {
            if number == nil { call.reply.null() } else { call.reply.array(0) }
            return
        }
        try call.expectWork(RandomChoice.work(number ?? 1, of: set.count))
        if let number, number < 0 {
            call.reply.array(-number)
            return try set.randomMembers(repeating: -number) { members, index in call.reply.bulk(members[index]) }
        }
        let members = try set.randomMembers(number ?? 1)
        if number != nil { call.reply.array(members.count) }
        for index in RandomChoice.order(members.count) { call.reply.bulk(members[index]) }
    }
}

/// What `SRANDMEMBER`, `ZRANDMEMBER` and `HRANDFIELD` have in common.
enum RandomChoice {
    /// How many elements are to be chosen: of a negative number as many, of which some may be the same.
    static func count(_ arguments: Arguments, _ index: Int) throws(CommandError) -> Int {
        let count = try arguments.integer(index)
        guard count != .min else {
            throw CommandError("ERR value is out of range, value must between \(-Int64.max) and \(Int64.max)")
        }
        // Redis would answer until its memory is full.
        guard count >= -mostRepeated else { throw CommandError("ERR value is out of range") }
        return Int(count)
    }

    private static let mostRepeated: Int64 = 1 << 24

    /// How much work choosing is, as ``DataCall/expectWork(_:)`` takes it.
    static func work(_ number: Int, of count: Int) -> Int {
        number < 0 ? -number : min(number, count) * 8
    }

    /// The order in which elements are given that were chosen in ascending order.
    static func order(_ count: Int) -> [Int] { Array(0..<count).shuffled() }
}

extension Arguments {
    /// The word at `index` as a number that is not negative.
    ///
    /// - Throws: ``CommandError``.
    func positiveCount(_ index: Int) throws(CommandError) -> Int {
        guard let value = Int64(redis: self[index]), value >= 0 else {
            throw CommandError("ERR value is out of range, must be positive")
        }
        return Int(value)
    }
}
