internal import OrderedStore
internal import Structures

/// Commands on ranges of keys, in their order: what no Redis has.
enum KeyRangeCommands {
    private static let rangeSyntax = "from to|PREFIX bytes|UNDER part:part"

    static let all: [Command] = [
        Command(
            "lv.range", -3, [.readonly], .none, [.keyspace], "The keys of a range in order, with their strings",
            syntax: "\(rangeSyntax) [REV] [LIMIT n] [KEYS|VALUES|TYPES]", since: lvkvVersion, .data(range)),
        Command(
            "lv.count", -3, [.readonly], .none, [.keyspace], "The number of keys of a range", syntax: rangeSyntax,
            since: lvkvVersion,
            .data { arguments, call in
                let words = try KeyRangeWords(arguments, at: 1)
                guard words.next == arguments.count else { throw CommandError.syntax }
                var count = 0
                try call.keys.walk(words.range, WalkOptions(fillCache: false)) { _ in
                    count += 1
                    try call.expectWork(count)
                    return true
                }
                call.reply.integer(count)
            }),
        Command(
            "lv.delrange", -3, [.write], .none, [.keyspace, .dangerous], "Deletes the keys of a range",
            syntax: "\(rangeSyntax) [LIMIT n]", since: lvkvVersion, .data(deleteRange)),
        Command(
            "lv.batch", -3, [.write, .noMulti], .custom(batchKeys), [.keyspace],
            "Puts strings and deletes keys, all or nothing, as durable as asked for",
            syntax: "[BUFFERED|SYNCED] PUT key value|DEL key [PUT key value|DEL key ...]", since: lvkvVersion,
            .control(batch)),
    ]

    private enum Shown { case pairs, keys, values, types }

    /// The most bytes that a reply is gathered from.
    private static let mostBytes = 256 << 20

    @Sendable private static func range(_ arguments: Arguments, _ call: DataCall) throws {
        let words = try KeyRangeWords(arguments, at: 1)
        var options = WalkOptions()
        var shown = Shown.pairs
        var index = words.next
        while index < arguments.count {
            if arguments.matches(index, "REV") {
                options.reverse = true
            } else if arguments.matches(index, "LIMIT"), index + 1 < arguments.count {
                index += 1
                options.limit = try arguments.amount(index)
            } else if shown == .pairs, arguments.matches(index, "KEYS") {
                shown = .keys
            } else if shown == .pairs, arguments.matches(index, "VALUES") {
                shown = .values
            } else if shown == .pairs, arguments.matches(index, "TYPES") {
                shown = .types
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        options.wantsValues = shown == .pairs || shown == .values
        try reply(words.range, options, shown, call)
    }

    private static func reply(
        _ range: KeyRange, _ options: WalkOptions, _ shown: Shown, _ call: DataCall
    ) throws {
        var found: [(key: [UInt8], kind: StructureKind, value: [UInt8]?)] = []
        // Strings that are not plain, to be looked up after the walk.
        var others: [Int] = []
        var bytes = 0
        try call.keys.walk(range, options) { key in
            guard let kind = key.state.kind else { return true }
            var value: [UInt8]?
            if options.wantsValues, kind == .string {
                if key.state.isPlain { value = key.plainValue.array } else { others.append(found.count) }
            }
            bytes += key.key.count + (value?.count ?? 0)
            guard bytes <= mostBytes else {
                throw CommandError(
                    "ERR the reply would be larger than 256 MiB; use LIMIT, and go on after the last key")
            }
            found.append((key.key.array, kind, value))
            try call.expectWork(found.count)
            return true
        }
        for place in others {
            let key = found[place].key
            let string = try call.keys.lookup(key.span)
            found[place].value = string.body.array
        }
        let reply = call.reply
        switch shown {
        case .keys:
            reply.array(found.count)
            for entry in found { reply.bulk(entry.key) }
        case .values:
            reply.array(found.count)
            for entry in found { reply.bulk(entry.value) }
        case .pairs:
            reply.map(found.count)
            for entry in found {
                reply.bulk(entry.key)
                reply.bulk(entry.value)
            }
        case .types:
            reply.map(found.count)
            for entry in found {
                reply.bulk(entry.key)
                reply.bulk(entry.kind.description)
            }
        }
    }

    @Sendable private static func deleteRange(_ arguments: Arguments, _ call: DataCall) throws {
        let words = try KeyRangeWords(arguments, at: 1)
        var options = WalkOptions(fillCache: false)
        if words.next < arguments.count {
            guard words.next + 2 == arguments.count, arguments.matches(words.next, "LIMIT") else {
                throw CommandError.syntax
            }
            options.limit = try arguments.amount(words.next + 1)
        }
        var found: [[UInt8]] = []
        try call.keys.walk(words.range, options) { key in
            found.append(key.key.array)
            try call.expectWork(found.count)
            return true
        }
        for key in found {
            try call.keys.remove(key.span, try call.keys.lookup(key.span))
            call.keys.note(key.span, "del", .generic)
        }
        call.reply.integer(found.count)
    }

    // MARK: - Batches

    private enum Step { case put(key: Int, value: Int), delete(key: Int) }

    private static func steps(_ arguments: Arguments) throws(CommandError) -> (Durability?, [Step]) {
        var durability: Durability?
        var index = 1
        if arguments.matches(1, "BUFFERED") { durability = .buffered }
        if arguments.matches(1, "SYNCED") { durability = .synced }
        if durability != nil { index = 2 }
        var steps: [Step] = []
        while index < arguments.count {
            if arguments.matches(index, "PUT"), index + 2 < arguments.count {
                steps.append(.put(key: index + 1, value: index + 2))
                index += 3
            } else if arguments.matches(index, "DEL"), index + 1 < arguments.count {
                steps.append(.delete(key: index + 1))
                index += 2
            } else {
                throw CommandError.syntax
            }
        }
        return (durability, steps)
    }

    @Sendable private static func batchKeys(_ arguments: Arguments) throws(CommandError) -> [Int] {
        try steps(arguments).1.map { step in
            switch step {
            case .put(let key, _), .delete(let key): key
            }
        }
    }

    /// The most steps that are done on an event loop.
    private static let mostSteps = 500

    @Sendable private static func batch(_ arguments: Arguments, _ call: ControlCall) throws -> Outcome {
        let (durability, steps) = try steps(arguments)
        let engine = call.engine
        if durability == .synced || steps.count > mostSteps { try call.leaveWork() }
        try engine.withWriting(isLong: !call.leavesWork) {
            try engine.change(call.session.database, durability: durability) { keys in
                for step in steps {
                    switch step {
                    case .put(let key, let value):
                        let old = try keys.lookup(arguments[key])
                        try keys.storeString(arguments[key], arguments[value], replacing: old)
                        keys.note(arguments[key], "set", .string)
                    case .delete(let key):
                        let old = try keys.lookup(arguments[key])
                        guard old.exists else { continue }
                        try keys.remove(arguments[key], old)
                        keys.note(arguments[key], "del", .generic)
                    }
                }
            }
        }
        call.reply.integer(steps.count)
        return .done
    }
}
