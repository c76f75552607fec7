internal import OrderedStore
internal import Structures

/// Commands that walk over the keys. They come in key order.
enum ScanCommands {
    static let all: [Command] = [
        Command(
            "keys", 2, [.readonly, .slow], .none, [.keyspace, .dangerous], "All keys that match a pattern.",
            syntax: "pattern",
            .data { arguments, call in
                let pattern = GlobPattern(arguments[1])
                var found = Arguments()
                try call.keys.walk(pattern.range, WalkOptions(fillCache: false)) { walked in
                    if pattern.matchesEverything || pattern.matches(walked.key) { found.append(walked.key) }
                    return true
                }
                call.reply.bulks(found)
            }),
        Command(
            "scan", -2, [.readonly], .none, [.keyspace], "Some of the keys, and where to go on.",
            syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]", since: "2.8.0", .data(scan)),
        Command(
            "randomkey", 1, [.readonly], .none, [.keyspace], "Any of the keys.",
            .data { arguments, call in
                if let key = try call.engine.censuses.randomKey(call) {
                    call.reply.bulk(key)
                } else {
                    call.reply.null()
                }
            }),
        Command(
            "dbsize", 1, [.readonly, .fast], .none, [.keyspace], "The number of keys.",
            .data { arguments, call in
                call.reply.integer(try call.engine.censuses.count(call))
            }),
    ]

    private static func scan(_ arguments: Arguments, _ call: DataCall) throws {
        let cursor = try ElementScan.cursor(arguments, 1)
        var pattern: GlobPattern?
        var kind: String?
        var count = 10
        var index = 2
        while index < arguments.count {
            guard index + 1 < arguments.count else { throw CommandError.syntax }
            if arguments.matches(index, "COUNT") {
                let number = try arguments.integer(index + 1)
                guard number >= 1 else { throw CommandError.syntax }
                count = Int(number)
            } else if arguments.matches(index, "MATCH") {
                pattern = GlobPattern(arguments[index + 1])
            } else if arguments.matches(index, "TYPE") {
                kind = String(decoding: arguments[index + 1].lowercased, as: UTF8.self)
            } else {
                throw CommandError.syntax
            }
            index += 2
        }
        try call.expectWork(count)
        if pattern?.matchesEverything == true { pattern = nil }
        var range = pattern?.range ?? .all
        let position = cursor == 0 ? nil : call.keys.state.scans.position(of: cursor)
        if let position { range = range.intersection(KeyRange(from: position + [0])) }
        var found = Arguments()
        var last: [UInt8] = []
        let isAtEnd = try call.keys.walk(range, WalkOptions(limit: count)) { walked in
            last = walked.key.array
            let isWanted = kind.map { $0 == walked.state.kind?.description } ?? true
            if isWanted, pattern?.matches(walked.key) ?? true { found.append(walked.key) }
            return true
        }
        call.reply.array(2)
        call.reply.bulk(isAtEnd ? "0" : String(call.keys.state.scans.number(for: last)))
        call.reply.bulks(found)
    }
}

extension ReplyWriter {
    /// An array of words.
    func bulks(_ words: Arguments) {
        array(words.count)
        for index in 0..<words.count { bulk(words[index]) }
    }
}
