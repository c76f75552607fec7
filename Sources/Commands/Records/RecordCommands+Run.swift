internal import OrderedStore
internal import Records

// What the commands of `LV.RECORD` with options do.
extension RecordCommands {
    /// The parts of a key from `index` on, and what an option behind them lists. A part may be called as the option is.
    static func parts(
        _ arguments: Arguments, at index: Int, _ option: StaticString, _ access: any RecordAccess
    ) throws -> (parts: [String], names: [String]?) {
        var parts = arguments.texts(from: index)
        let count = try access.keyPartCount(arguments.text(2))
        guard parts.count == count + 2, arguments.matches(index + count, option) else { return (parts, nil) }
        let names = parts[count + 1].split(separator: ",").map(String.init)
        parts.removeLast(2)
        return (parts, names)
    }

    @Sendable static func move(
        _ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess
    ) throws {
        // Parts, TO, as many parts: the middle word cannot be mistaken.
        let overwriting = arguments.count % 2 == 1
        let parts = arguments.texts(from: 3).dropLast(overwriting ? 1 : 0)
        let middle = parts.count / 2
        guard middle > 0, arguments.matches(3 + middle, "TO"),
            !overwriting || arguments.matches(arguments.count - 1, "OVERWRITE")
        else { throw CommandError.syntax }
        let (schema, durability) = (arguments.text(2), call.engine.durability)
        try call.writing {
            try access.moveRecord(
                schema, Array(parts[..<middle]), to: Array(parts[(middle + 1)...]), overwriting: overwriting,
                durability)
        }
        call.reply.ok()
    }

    @Sendable static func load(
        _ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess
    ) throws {
        var how = RecordLoading()
        var durability = call.engine.durability
        var index = 3
        while index < arguments.count, arguments[index].count == 0 || arguments[index][0] != UInt8(ascii: "{") {
            if arguments.matches(index, "INSERT") {
                how.replaces = false
            } else if arguments.matches(index, "STOP") {
                how.stopsAtProblem = true
            } else if arguments.matches(index, "CHECK") {
                how.isDryRun = true
            } else if arguments.matches(index, "KEEPUNKNOWN") {
                how.keepsUnknown = true
            } else if arguments.matches(index, "SYNCED") {
                durability = .synced
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        guard index < arguments.count else { throw CommandError.syntax }
        let rows = try (index..<arguments.count).map { try arguments.json($0) }
        let (schema, loading, promise) = (arguments.text(2), how, durability)
        try call.leaveWork()
        call.reply.json(try call.writing { try access.loadRecords(schema, rows, loading, promise) })
    }

    @Sendable static func find(
        _ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess
    ) throws {
        var request = IndexRequest(schema: arguments.text(2), index: arguments.text(3))
        var page = RecordPageRequest(limit: 100)
        var index = 4
        while index < arguments.count {
            if arguments.matches(index, "VALUES") {
                request.values = try counted(arguments, &index)
            } else {
                try take(&page, arguments, &index)
            }
            index += 1
        }
        (request.startingWith, request.from, request.to) = (page.startingWith, page.from, page.to)
        try call.leaveWork()
        reply(try access.findRecords(request, page), call)
    }

    /// The words that the number behind the option at `index` counts; `index` is then that of the last.
    private static func counted(_ arguments: Arguments, _ index: inout Int) throws(CommandError) -> [String] {
        guard index + 1 < arguments.count else { throw CommandError.syntax }
        let count = try arguments.amount(index + 1)
        guard count > 0, count <= arguments.count - index - 2 else { throw CommandError.syntax }
        let words = (index + 2..<index + 2 + count).map(arguments.text)
        index += 1 + count
        return words
    }

    /// Takes an option about a page; `index` is then that of its last word.
    private static func take(
        _ page: inout RecordPageRequest, _ arguments: Arguments, _ index: inout Int
    ) throws(CommandError) {
        if arguments.matches(index, "REV") {
            page.reverse = true
            return
        }
        guard index + 1 < arguments.count else { throw CommandError.syntax }
        if arguments.matches(index, "FIELDS") {
            page.fields = arguments.text(index + 1).split(separator: ",").map(String.init)
        } else if arguments.matches(index, "LIMIT") {
            page.limit = try arguments.amount(index + 1)
        } else if arguments.matches(index, "AFTER") {
            page.after = arguments.text(index + 1)
        } else if arguments.matches(index, "STARTSWITH") {
            page.startingWith = arguments.text(index + 1)
        } else if arguments.matches(index, "FROM") {
            page.from = arguments.text(index + 1)
        } else if arguments.matches(index, "TO") {
            page.to = arguments.text(index + 1)
        } else {
            throw CommandError.syntax
        }
        index += 1
    }

    static func scan(_ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess) throws {
        var page = RecordPageRequest(limit: 100)
        var parts: [String] = []
        var counts = false
        var index = 3
        while index < arguments.count {
            if arguments.matches(index, "UNDER") {
                parts = try counted(arguments, &index)
            } else if arguments.matches(index, "FILTER") {
                page.filters = true
            } else if arguments.matches(index, "COUNT") {
                counts = true
            } else {
                try take(&page, arguments, &index)
            }
            index += 1
        }
        if counts { return call.reply.integer(try access.countScan(arguments.text(2), parts, page)) }
        reply(try access.scanRecords(arguments.text(2), parts, page), call)
    }

    /// A page: the token of the next one, or nothing, and the records.
    static func reply(_ page: ([JSONValue], String?), _ call: ControlCall) {
        call.reply.array(2)
        if let next = page.1 { call.reply.bulk(next) } else { call.reply.null() }
        call.reply.json(page.0)
    }
}
