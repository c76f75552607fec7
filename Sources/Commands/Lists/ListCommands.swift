internal import Structures

/// Commands on lists.
enum ListCommands {
    static let all: [Command] = ends + elements + moves + blocking

    private static let ends: [Command] = [
        Command(
            "lpush", -3, [.write, .denyoom, .fast], .first, .list, "Prepends elements to a list.",
            syntax: "key element [element ...]",
            .data { try push($0, $1, at: .head, onlyIfThere: false) }),
        Command(
            "rpush", -3, [.write, .denyoom, .fast], .first, .list, "Appends elements to a list.",
            syntax: "key element [element ...]",
            .data { try push($0, $1, at: .tail, onlyIfThere: false) }),
        Command(
            "lpushx", -3, [.write, .denyoom, .fast], .first, .list, "Prepends elements to a list that is there.",
            syntax: "key element [element ...]", since: "2.2.0",
            .data { try push($0, $1, at: .head, onlyIfThere: true) }),
        Command(
            "rpushx", -3, [.write, .denyoom, .fast], .first, .list, "Appends elements to a list that is there.",
            syntax: "key element [element ...]", since: "2.2.0",
            .data { try push($0, $1, at: .tail, onlyIfThere: true) }),
        Command(
            "lpop", -2, [.write, .fast], .first, .list, "Takes elements from the head of a list.",
            syntax: "key [count]",
            .data { try pop($0, $1, at: .head) }),
        Command(
            "rpop", -2, [.write, .fast], .first, .list, "Takes elements from the tail of a list.",
            syntax: "key [count]",
            .data { try pop($0, $1, at: .tail) }),
        Command(
            "llen", 2, [.readonly, .fast], .first, .list, "The length of a list.", syntax: "key",
            .data { arguments, call in call.reply.integer(try ListReader(call.keys, arguments[1]).count) }),
    ]

    private static let elements: [Command] = [
        Command(
            "lrange", 4, .readonly, .first, .list, "The elements of a list from one index to another.",
            syntax: "key start stop",
            .data(range)),
        Command(
            "lindex", 3, .readonly, .first, .list, "An element of a list by its index.", syntax: "key index",
            .data(element)),
        Command(
            "lset", 4, [.write, .denyoom], .first, .list, "Replaces an element of a list by its index.",
            syntax: "key index element",
            .data(set)),
        Command(
            "linsert", 5, [.write, .denyoom], .first, .list, "Inserts an element before or after another one.",
            syntax: "key <BEFORE | AFTER> pivot element", since: "2.2.0",
            .data(insert)),
        Command(
            "lrem", 4, .write, .first, .list, "Removes elements of a list by their value.",
            syntax: "key count element",
            .data(remove)),
        Command(
            "ltrim", 4, .write, .first, .list, "Removes all elements but those from one index to another.",
            syntax: "key start stop",
            .data(trim)),
        Command(
            "lpos", -3, .readonly, .first, .list, "The indexes of elements of a list by their value.",
            syntax: "key element [RANK rank] [COUNT num-matches] [MAXLEN len]", since: "6.0.6",
            .data(positions)),
    ]

    private static let moves: [Command] = [
        Command(
            "lmove", 5, [.write, .denyoom], .range(first: 1, last: 2, step: 1), .list,
            "Takes an element from a list and pushes it to another.",
            syntax: "source destination <LEFT | RIGHT> <LEFT | RIGHT>", since: "6.2.0",
            .data { arguments, call in
                try move(arguments, call, from: try end(arguments, 3), to: try end(arguments, 4))
            }),
        Command(
            "rpoplpush", 3, [.write, .denyoom], .range(first: 1, last: 2, step: 1), .list,
            "Takes the last element of a list and prepends it to another.",
            syntax: "source destination", since: "1.2.0",
            .data { try move($0, $1, from: .tail, to: .head) }),
        Command(
            "lmpop", -4, [.write, .movableKeys], .counted(at: 1), .list,
            "Takes elements from the first of several lists that has some.",
            syntax: "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]", since: "7.0.0",
            .data { arguments, call in
                let options = try PopOptions(arguments, at: 1)
                if try !popFirst(of: options.keys, arguments, call, options) { call.reply.nullArray() }
            }),
    ]

    private static let blocking: [Command] = [
        Command(
            "blpop", -3, [.write, .noscript, .blocking], .range(first: 1, last: -2, step: 1), .list,
            "Takes the first element of a list, or waits for one.",
            syntax: "key [key ...] timeout", since: "2.0.0",
            .data { try waitAndPop($0, $1, at: .head) }),
        Command(
            "brpop", -3, [.write, .noscript, .blocking], .range(first: 1, last: -2, step: 1), .list,
            "Takes the last element of a list, or waits for one.",
            syntax: "key [key ...] timeout", since: "2.0.0",
            .data { try waitAndPop($0, $1, at: .tail) }),
        Command(
            "blmove", 6, [.write, .denyoom, .noscript, .blocking], .range(first: 1, last: 2, step: 1), .list,
            "Takes an element from a list, or waits for one, and pushes it to another.",
            syntax: "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout", since: "6.2.0",
            .data { arguments, call in
                try waitAndMove(arguments, call, from: try end(arguments, 3), to: try end(arguments, 4), timeout: 5)
            }),
        Command(
            "brpoplpush", 4, [.write, .denyoom, .noscript, .blocking], .range(first: 1, last: 2, step: 1), .list,
            "Takes the last element of a list, or waits for one, and prepends it to another.",
            syntax: "source destination timeout", since: "2.2.0",
            .data { try waitAndMove($0, $1, from: .tail, to: .head, timeout: 3) }),
        Command(
            "blmpop", -5, [.write, .blocking, .movableKeys], .counted(at: 2), .list,
            "Takes elements from the first of several lists that has some, or waits for them.",
            syntax: "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]", since: "7.0.0",
            .data { arguments, call in
                let options = try PopOptions(arguments, at: 2)
                let deadline = try arguments.deadline(1, from: call.keys.now)
                if try popFirst(of: options.keys, arguments, call, options) { return }
                call.wait(for: .list, in: options.keys, of: arguments, until: deadline, else: .nullArray)
            }),
    ]

    /// The end that a word names.
    private static func end(_ arguments: Arguments, _ index: Int) throws(CommandError) -> ListEnd {
        if arguments.matches(index, "LEFT") { return .head }
        if arguments.matches(index, "RIGHT") { return .tail }
        throw .syntax
    }

    /// The words of `LMPOP` from the number of keys on.
    private struct PopOptions {
        /// Where the keys stand.
        let keys: Range<Int>
        let end: ListEnd
        var count = 1

        init(_ arguments: Arguments, at index: Int) throws(CommandError) {
            let number = try arguments.integer(index, from: 1, else: "ERR numkeys should be greater than 0")
            guard number < arguments.count - index - 1 else { throw .syntax }
            keys = index + 1..<index + 1 + Int(number)
            end = try ListCommands.end(arguments, keys.upperBound)
            let rest = keys.upperBound + 1
            guard rest < arguments.count else { return }
            guard rest + 1 < arguments.count, arguments.matches(rest, "COUNT") else { throw .syntax }
            count = Int(try arguments.integer(rest + 1, from: 1, else: "ERR count should be greater than 0"))
            guard rest + 2 == arguments.count else { throw .syntax }
        }
    }

    private static func popFirst(
        of keys: Range<Int>, _ arguments: Arguments, _ call: DataCall, _ options: PopOptions
    ) throws -> Bool {
        try withFirst(of: keys, arguments, call) { key, list in
            call.reply.array(2)
            call.reply.bulk(key)
            call.reply.array(min(options.count, list.count))
            try take(options.count, at: options.end, from: &list, key, call)
        }
    }
}
