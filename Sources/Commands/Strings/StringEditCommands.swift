internal import OrderedStore
internal import Structures

/// Commands on parts of strings, and on strings as numbers.
enum StringEditCommands {
    static let all: [Command] = [
        Command(
            "append", 3, [.write, .denyoom, .fast, .keepsPlain], .first, [.string], "Appends to a string.",
            syntax: "key value", since: "2.0.0",
            .data { arguments, call in call.reply.integer(try call.keys.append(arguments[1], arguments[2])) }),
        Command(
            "strlen", 2, [.readonly, .fast], .first, [.string], "The length of a string in bytes.", syntax: "key",
            since: "2.2.0",
            .data { arguments, call in
                let found = try call.keys.lookup(arguments[1], .string)
                call.reply.integer(found.body.count)
            }),
        Command(
            "incr", 2, [.write, .denyoom, .fast, .keepsPlain], .first, [.string], "Adds 1 to an integer.",
            syntax: "key", .data { arguments, call in try increment(arguments, call, by: 1) }),
        Command(
            "decr", 2, [.write, .denyoom, .fast, .keepsPlain], .first, [.string], "Takes 1 from an integer.",
            syntax: "key", .data { arguments, call in try increment(arguments, call, by: -1) }),
        Command(
            "incrby", 3, [.write, .denyoom, .fast, .keepsPlain], .first, [.string], "Adds to an integer.",
            syntax: "key increment",
            .data { arguments, call in try increment(arguments, call, by: try arguments.integer(2)) }),
        Command(
            "decrby", 3, [.write, .denyoom, .fast, .keepsPlain], .first, [.string], "Takes from an integer.",
            syntax: "key decrement",
            .data { arguments, call in
                let decrement = try arguments.integer(2)
                guard decrement != .min else { throw CommandError("ERR decrement would overflow") }
                try increment(arguments, call, by: -decrement)
            }),
        Command(
            "incrbyfloat", 3, [.write, .denyoom, .fast, .keepsPlain], .first, [.string], "Adds to a number.",
            syntax: "key increment", since: "2.6.0",
            .data { arguments, call in
                do {
                    call.reply.bulk(try call.keys.increment(arguments[1], by: arguments[2]))
                } catch let error as StructureError where error.code == .overflow {
                    throw CommandError("ERR increment would produce NaN or Infinity")
                }
            }),
        Command(
            "getrange", 4, [.readonly], .first, [.string], "A part of a string.", syntax: "key start end",
            since: "2.4.0", .data(getRange)),
        Command(
            "substr", 4, [.readonly], .first, [.string], "A part of a string; an old name of GETRANGE.",
            syntax: "key start end", .data(getRange)),
        Command(
            "setrange", 4, [.write, .denyoom], .first, [.string], "Writes over a part of a string.",
            syntax: "key offset value", since: "2.2.0",
            .data { arguments, call in
                let offset = try arguments.integer(2)
                guard offset >= 0 else { throw CommandError("ERR offset is out of range") }
                call.reply.integer(try call.keys.setRange(arguments[1], from: Int(offset), arguments[3]))
            }),
        Command(
            "lcs", -3, [.readonly], .range(first: 1, last: 2, step: 1), [.string],
            "The longest bytes that two strings have in common.",
            syntax: "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]", since: "7.0.0",
            .data(commonSubsequence)),
    ]

    private static func increment(_ arguments: Arguments, _ call: DataCall, by summand: Int64) throws {
        call.reply.integer(try call.keys.increment(arguments[1], by: summand))
    }

    private static func getRange(_ arguments: Arguments, _ call: DataCall) throws {
        var start = try arguments.integer(2)
        var end = try arguments.integer(3)
        let found = try call.keys.lookup(arguments[1], .string)
        let value = found.body
        let length = Int64(value.count)
        if start < 0, end < 0, start > end { return call.reply.bulk(Span()) }
        // As Redis: an end before the first byte is the first byte.
        if start < 0 { start = max(start + length, 0) }
        if end < 0 { end = max(end + length, 0) }
        end = min(end, length - 1)
        guard start <= end else { return call.reply.bulk(Span()) }
        call.reply.bulk(value.extracting(Int(start)...Int(end)))
    }

    private static func commonSubsequence(_ arguments: Arguments, _ call: DataCall) throws {
        let first = try call.keys.lookup(arguments[1])
        let second = try call.keys.lookup(arguments[2])
        guard first.kind ?? .string == .string, second.kind ?? .string == .string else {
            throw CommandError("ERR The specified keys must contain string values")
        }
        var (wantsLength, wantsMatches, wantsMatchLengths, leastMatch) = (false, false, false, Int64(0))
        var index = 3
        while index < arguments.count {
            if arguments.matches(index, "LEN") {
                wantsLength = true
            } else if arguments.matches(index, "IDX") {
                wantsMatches = true
            } else if arguments.matches(index, "WITHMATCHLEN") {
                wantsMatchLengths = true
            } else if arguments.matches(index, "MINMATCHLEN"), index + 1 < arguments.count {
                index += 1
                leastMatch = try arguments.integer(index)
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        guard !(wantsLength && wantsMatches) else {
            throw CommandError("ERR If you want both the length and indexes, please just use IDX.")
        }
        let cells = CommonSubsequence.cells(first.body, second.body)
        guard cells <= CommonSubsequence.mostCells else {
            throw CommandError("ERR Insufficient memory, failed allocating transient memory for LCS")
        }
        try call.expectWork(cells / 100)
        if wantsLength {
            return call.reply.integer(CommonSubsequence.length(first.body, second.body))
        }
        let common = CommonSubsequence(first.body, second.body)
        guard wantsMatches else { return call.reply.bulk(common.bytes) }
        let matches = common.matches.filter { $0.count >= leastMatch }
        call.reply.map(2)
        call.reply.bulk("matches")
        call.reply.array(matches.count)
        for match in matches {
            call.reply.array(wantsMatchLengths ? 3 : 2)
            for range in [match.first, match.second] {
                call.reply.array(2)
                call.reply.integer(range.lowerBound)
                call.reply.integer(range.upperBound)
            }
            if wantsMatchLengths { call.reply.integer(match.count) }
        }
        call.reply.bulk("len")
        call.reply.integer(common.bytes.count)
    }
}
