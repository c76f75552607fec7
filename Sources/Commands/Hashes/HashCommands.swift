internal import OrderedStore
internal import Structures

/// Commands on hashes.
enum HashCommands {
    static let all: [Command] = writing + reading + several

    private static let writing: [Command] = [
        Command(
            "hset", -4, [.write, .denyoom, .fast], .first, .hash, "Sets fields of a hash.",
            syntax: "key field value [field value ...]", since: "2.0.0",
            .data { arguments, call in call.reply.integer(try set(arguments, call, "hset")) }),
        Command(
            "hmset", -4, [.write, .denyoom, .fast], .first, .hash, "Sets fields of a hash.",
            syntax: "key field value [field value ...]", since: "2.0.0",
            .data { arguments, call in
                _ = try set(arguments, call, "hmset")
                call.reply.ok()
            }),
        Command(
            "hsetnx", 4, [.write, .denyoom, .fast], .first, .hash, "Sets a field of a hash that is not there.",
            syntax: "key field value", since: "2.0.0",
            .data { arguments, call in
                var hash = try StoredHash(call.keys, arguments[1])
                let isNew = try hash.set(arguments[2], arguments[3], isNewOnly: true)
                if isNew {
                    try hash.store(arguments[1])
                    call.keys.note(arguments[1], "hset", .hash)
                }
                call.reply.flag(isNew)
            }),
        Command(
            "hdel", -3, [.write, .fast], .first, .hash, "Removes fields of a hash.",
            syntax: "key field [field ...]", since: "2.0.0",
            .data(remove)),
        Command(
            "hincrby", 4, [.write, .denyoom, .fast], .first, .hash, "Adds to the integer in a field of a hash.",
            syntax: "key field increment", since: "2.0.0",
            .data(increment)),
        Command(
            "hincrbyfloat", 4, [.write, .denyoom, .fast], .first, .hash, "Adds to the number in a field of a hash.",
            syntax: "key field increment", since: "2.6.0",
            .data(incrementByFloat)),
    ]

    private static let reading: [Command] = [
        Command(
            "hget", 3, [.readonly, .fast], .first, .hash, "The value of a field of a hash.",
            syntax: "key field", since: "2.0.0",
            .data { arguments, call in
                try HashReader(call.keys, arguments[1]).withValue(of: arguments[2]) { call.reply.value($0) }
            }),
        Command(
            "hmget", -3, [.readonly, .fast], .first, .hash, "The values of fields of a hash.",
            syntax: "key field [field ...]", since: "2.0.0",
            .data { arguments, call in
                let hash = try HashReader(call.keys, arguments[1])
                call.reply.array(arguments.count - 2)
                for index in 2..<arguments.count { try hash.withValue(of: arguments[index]) { call.reply.value($0) } }
            }),
        Command(
            "hlen", 2, [.readonly, .fast], .first, .hash, "The number of fields of a hash.", syntax: "key",
            since: "2.0.0",
            .data { arguments, call in call.reply.integer(try HashReader(call.keys, arguments[1]).count) }),
        Command(
            "hexists", 3, [.readonly, .fast], .first, .hash, "Whether a hash has a field.", syntax: "key field",
            since: "2.0.0",
            .data { arguments, call in
                try HashReader(call.keys, arguments[1]).withValue(of: arguments[2]) { call.reply.flag($0 != nil) }
            }),
        Command(
            "hstrlen", 3, [.readonly, .fast], .first, .hash, "The length of the value of a field of a hash.",
            syntax: "key field", since: "3.2.0",
            .data { arguments, call in
                try HashReader(call.keys, arguments[1]).withValue(of: arguments[2]) { value in
                    call.reply.integer(value?.count ?? 0)
                }
            }),
    ]

    private static let several: [Command] = [
        Command(
            "hgetall", 2, .readonly, .first, .hash, "All fields of a hash and their values.", syntax: "key",
            since: "2.0.0",
            .data { arguments, call in
                try all(arguments, call, { call.reply.map($0) }) { field, value in
                    call.reply.bulk(field)
                    call.reply.bulk(value)
                }
            }),
        Command(
            "hkeys", 2, .readonly, .first, .hash, "All fields of a hash.", syntax: "key", since: "2.0.0",
            .data { arguments, call in
                try all(arguments, call, { call.reply.array($0) }) { field, _ in call.reply.bulk(field) }
            }),
        Command(
            "hvals", 2, .readonly, .first, .hash, "The values of all fields of a hash.", syntax: "key", since: "2.0.0",
            .data { arguments, call in
                try all(arguments, call, { call.reply.array($0) }) { _, value in call.reply.bulk(value) }
            }),
        Command(
            "hrandfield", -2, .readonly, .first, .hash, "Random fields of a hash.",
            syntax: "key [count [WITHVALUES]]", since: "6.2.0",
            .data(randomFields)),
        Command(
            "hscan", -3, .readonly, .first, .hash, "The fields of a hash and their values, some at a time.",
            syntax: "key cursor [MATCH pattern] [COUNT count]", since: "2.8.0",
            .data(scan)),
    ]
}

extension ReplyWriter {
    /// Bytes, or nothing.
    fileprivate func value(_ bytes: Span<UInt8>?) { if let bytes { bulk(bytes) } else { null() } }
}
