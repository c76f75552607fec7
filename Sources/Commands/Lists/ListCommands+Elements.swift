internal import OrderedStore
internal import Structures

// Commands on the elements between the ends.
extension ListCommands {
    static func range(_ arguments: Arguments, _ call: DataCall) throws {
        let (start, stop) = (try arguments.integer(2), try arguments.integer(3))
        var list = try ListReader(call.keys, arguments[1])
        let range = ListIndex.range(start, stop, count: list.count)
        try call.expectWork(range.count)
        call.reply.array(range.count)
        try list.forEach(range) { element in
            call.reply.bulk(element)
            return true
        }
    }

    static func element(_ arguments: Arguments, _ call: DataCall) throws {
        var list = try ListReader(call.keys, arguments[1])
        guard list.exists else { return call.reply.null() }
        try list.withElement(at: try arguments.integer(2)) { element in
            if let element { call.reply.bulk(element) } else { call.reply.null() }
        }
    }

    static func set(_ arguments: Arguments, _ call: DataCall) throws {
        var list = try StoredList(call.keys, arguments[1])
        guard list.exists else { throw CommandError.noSuchKey }
        try list.set(arguments[3], at: try arguments.integer(2))
        try list.store(arguments[1])
        call.keys.note(arguments[1], "lset", .list)
        call.reply.ok()
    }

    static func insert(_ arguments: Arguments, _ call: DataCall) throws {
        let side: ListEnd
        if arguments.matches(2, "BEFORE") {
            side = .head
        } else if arguments.matches(2, "AFTER") {
            side = .tail
        } else {
            throw CommandError.syntax
        }
        var list = try StoredList(call.keys, arguments[1])
        guard list.exists else { return call.reply.integer(0) }
        try call.expectWork(list.count)
        guard try list.insert(arguments[4], side, of: arguments[3]) else { return call.reply.integer(-1) }
        try list.store(arguments[1])
        call.keys.note(arguments[1], "linsert", .list)
        call.reply.integer(list.count)
    }

    static func remove(_ arguments: Arguments, _ call: DataCall) throws {
        let number = try arguments.integer(2)
        var list = try StoredList(call.keys, arguments[1])
        guard list.exists else { return call.reply.integer(0) }
        try call.expectWork(list.count)
        let most = number == 0 ? Int.max : Int(clamping: number.magnitude)
        let removed = try list.remove(arguments[3], most: most, from: number < 0 ? .tail : .head)
        if removed > 0 {
            try list.store(arguments[1])
            call.keys.note(arguments[1], "lrem", .list)
            if list.count == 0 { call.keys.note(arguments[1], "del", .generic) }
        }
        call.reply.integer(removed)
    }

    static func trim(_ arguments: Arguments, _ call: DataCall) throws {
        let (start, stop) = (try arguments.integer(2), try arguments.integer(3))
        var list = try StoredList(call.keys, arguments[1])
        guard list.exists else { return call.reply.ok() }
        let range = ListIndex.range(start, stop, count: list.count)
        try call.expectWork(min(range.count, list.count - range.count))
        try list.trim(to: range)
        try list.store(arguments[1])
        call.keys.note(arguments[1], "ltrim", .list)
        if list.count == 0 { call.keys.note(arguments[1], "del", .generic) }
        call.reply.ok()
    }

    static func positions(_ arguments: Arguments, _ call: DataCall) throws {
        let options = try PositionOptions(arguments)
        var list = try ListReader(call.keys, arguments[1])
        let element = arguments[2]
        let count = list.count
        let looked = min(options.most, count)
        try call.expectWork(looked)

        let range = options.fromTail ? count - looked..<count : 0..<looked
        var index = options.fromTail ? count - 1 : 0
        var left = options.rank
        var found: [Int] = []
        try list.forEach(range, reverse: options.fromTail) { other in
            if other.equals(element) {
                left -= 1
                if left <= 0 { found.append(index) }
            }
            index += options.fromTail ? -1 : 1
            return found.count < options.matches
        }
        if options.hasCount {
            call.reply.array(found.count)
            for index in found { call.reply.integer(index) }
        } else if let index = found.first {
            call.reply.integer(index)
        } else {
            call.reply.null()
        }
    }

    private struct PositionOptions {
        /// The first match that is wanted, counted from 1.
        var rank = 1
        var fromTail = false
        var matches = 1
        var hasCount = false
        /// How many elements are looked at.
        var most = Int.max

        init(_ arguments: Arguments) throws(CommandError) {
            var index = 3
            while index < arguments.count {
                guard index + 1 < arguments.count else { throw .syntax }
                if arguments.matches(index, "RANK") {
                    let value = try arguments.integer(index + 1)
                    guard value != 0 else { throw PositionOptions.rankIsZero }
                    fromTail = value < 0
                    // The most negative number is the last match, as in Redis.
                    rank = value == .min ? 1 : Int(value.magnitude)
                } else if arguments.matches(index, "COUNT") {
                    let value = try arguments.integer(index + 1, from: 0, else: "ERR COUNT can't be negative")
                    hasCount = true
                    matches = value == 0 ? .max : Int(value)
                } else if arguments.matches(index, "MAXLEN") {
                    let value = try arguments.integer(index + 1, from: 0, else: "ERR MAXLEN can't be negative")
                    most = value == 0 ? .max : Int(value)
                } else {
                    throw .syntax
                }
                index += 2
            }
        }

        private static let rankIsZero = CommandError(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
                + "or use negative to start from the end of the list")
    }
}
