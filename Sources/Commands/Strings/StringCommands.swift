internal import OrderedStore
internal import Structures

/// Commands on strings as wholes.
enum StringCommands {
    static let all: [Command] = [
        Command(
            "get", 2, [.readonly, .fast], .first, [.string], "The string value of a key.", syntax: "key", .data(get)),
        Command(
            "set", -3, [.write, .denyoom, .keepsPlain], .first, [.string], "Sets a key to a string.",
            syntax: "key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds"
                + "|PXAT unix-time-milliseconds|KEEPTTL]",
            .data(set)),
        Command(
            "setnx", 3, [.write, .denyoom, .fast, .keepsPlain], .first, [.string],
            "Sets a key to a string if there is no such key.", syntax: "key value",
            .data { arguments, call in
                let old = try call.keys.lookup(arguments[1])
                if !old.exists { try replace(arguments[1], arguments[2], old, call) }
                call.reply.flag(!old.exists)
            }),
        Command(
            "setex", 4, [.write, .denyoom], .first, [.string], "Sets a key to a string that expires after seconds.",
            syntax: "key seconds value", since: "2.0.0",
            .data { arguments, call in
                try setExpiring(arguments, call, .after(secondsAt: 2), "setex")
            }),
        Command(
            "psetex", 4, [.write, .denyoom], .first, [.string],
            "Sets a key to a string that expires after milliseconds.", syntax: "key milliseconds value",
            since: "2.6.0",
            .data { arguments, call in
                try setExpiring(arguments, call, .after(millisecondsAt: 2), "psetex")
            }),
        Command(
            "getset", 3, [.write, .denyoom, .fast, .keepsPlain], .first, [.string],
            "Sets a key to a string and returns what it was.", syntax: "key value",
            .data { arguments, call in
                let old = try call.keys.lookup(arguments[1], .string)
                writeValue(old, to: call.reply)
                try replace(arguments[1], arguments[2], old, call)
            }),
        Command(
            "getdel", 2, [.write, .fast, .keepsPlain], .first, [.string], "Returns a string and removes its key.",
            syntax: "key", since: "6.2.0",
            .data { arguments, call in
                let old = try call.keys.lookup(arguments[1], .string)
                writeValue(old, to: call.reply)
                guard old.exists else { return }
                try call.keys.remove(arguments[1], old)
                call.keys.note(arguments[1], "del", .generic)
            }),
        Command(
            "getex", -2, [.write, .fast], .first, [.string], "Returns a string and changes when it expires.",
            syntax: "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]",
            since: "6.2.0", .data(getAndExpire)),
        Command(
            "mget", -2, [.readonly, .fast], .all, [.string], "The strings of several keys.", syntax: "key [key ...]",
            .data { arguments, call in
                try call.expectWork(arguments.count)
                call.reply.array(arguments.count - 1)
                for index in 1..<arguments.count {
                    let found = try call.keys.lookup(arguments[index])
                    if found.kind == .string { call.reply.bulk(found.body) } else { call.reply.null() }
                }
            }),
        Command(
            "mset", -3, [.write, .denyoom], .range(first: 1, last: -1, step: 2), [.string],
            "Sets several keys to strings.", syntax: "key value [key value ...]", since: "1.0.1",
            .data { arguments, call in
                guard arguments.count % 2 == 1 else { throw CommandError.wrongArity("mset") }
                try setAll(arguments, call)
                call.reply.ok()
            }),
        Command(
            "msetnx", -3, [.write, .denyoom], .range(first: 1, last: -1, step: 2), [.string],
            "Sets several keys to strings if there is none of the keys.", syntax: "key value [key value ...]",
            since: "1.0.1",
            .data { arguments, call in
                guard arguments.count % 2 == 1 else { throw CommandError.wrongArity("msetnx") }
                for index in stride(from: 1, to: arguments.count, by: 2) {
                    let found = try call.keys.lookup(arguments[index])
                    if found.exists { return call.reply.integer(0) }
                }
                try setAll(arguments, call)
                call.reply.integer(1)
            }),
    ]

    private static func get(_ arguments: Arguments, _ call: DataCall) throws {
        let found = try call.keys.lookup(arguments[1], .string)
        writeValue(found, to: call.reply)
    }

    private static func writeValue(_ found: borrowing StoredKey, to reply: any ReplyWriter) {
        if found.exists { reply.bulk(found.body) } else { reply.null() }
    }

    private static func set(_ arguments: Arguments, _ call: DataCall) throws {
        let options = arguments.count == 3 ? SetOptions() : try SetOptions(arguments)
        let expiry = try options.expiry?.time(arguments, now: call.keys.now, command: "set")
        let key = arguments[1]
        guard options.needsOld else {
            try call.keys.setString(key, arguments[2], expiry: expiry)
            call.keys.note(key, "set", .string)
            if expiry != nil { call.keys.note(key, "expire", .generic) }
            return call.reply.ok()
        }
        let old = try call.keys.lookup(key)
        if options.returnsOld {
            try old.require(.string)
            writeValue(old, to: call.reply)
        }
        if let mustExist = options.mustExist, mustExist != old.exists {
            if !options.returnsOld { call.reply.null() }
            return
        }
        let kept = options.keepsExpiry ? old.expiry : nil
        try call.keys.storeString(key, arguments[2], expiry: expiry ?? kept, replacing: old)
        call.keys.note(key, "set", .string)
        if expiry != nil { call.keys.note(key, "expire", .generic) }
        if !options.returnsOld { call.reply.ok() }
    }

    private static func replace(
        _ key: Span<UInt8>, _ value: Span<UInt8>, _ old: borrowing StoredKey, _ call: DataCall
    ) throws {
        try call.keys.storeString(key, value, replacing: old)
        call.keys.note(key, "set", .string)
    }

    private static func setExpiring(
        _ arguments: Arguments, _ call: DataCall, _ expiry: ExpiryOption, _ command: StaticString
    ) throws {
        let time = try expiry.time(arguments, now: call.keys.now, command: command)
        try call.keys.setString(arguments[1], arguments[3], expiry: time)
        call.keys.note(arguments[1], "set", .string)
        call.keys.note(arguments[1], "expire", .generic)
        call.reply.ok()
    }

    private static func getAndExpire(_ arguments: Arguments, _ call: DataCall) throws {
        var expiry: ExpiryOption?
        var persists = false
        var index = 2
        while index < arguments.count {
            if arguments.matches(index, "PERSIST"), expiry == nil {
                persists = true
            } else if !persists, let option = ExpiryOption(arguments, &index, after: expiry) {
                expiry = option
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        let key = arguments[1]
        let old = try call.keys.lookup(key, .string)
        guard old.exists else { return call.reply.null() }
        let time = try expiry?.time(arguments, now: call.keys.now, command: "getex")
        call.reply.bulk(old.body)
        if let time {
            if time <= call.keys.now, expiry?.isAbsolute == true {
                try call.keys.remove(key, old)
                call.keys.note(key, "del", .generic)
            } else {
                try call.keys.setExpiry(key, to: time, of: old)
                call.keys.note(key, "expire", .generic)
            }
        } else if persists, old.expiry != nil {
            try call.keys.setExpiry(key, to: nil, of: old)
            call.keys.note(key, "persist", .generic)
        }
    }

    private static func setAll(_ arguments: Arguments, _ call: DataCall) throws {
        for index in stride(from: 1, to: arguments.count, by: 2) {
            try call.keys.setString(arguments[index], arguments[index + 1])
            call.keys.note(arguments[index], "set", .string)
        }
    }
}

/// The options of `SET`.
private struct SetOptions {
    var expiry: ExpiryOption?
    var keepsExpiry = false
    /// Whether there must be such a key, or must not.
    var mustExist: Bool?
    var returnsOld = false

    init() {}

    init(_ arguments: Arguments) throws(CommandError) {
        var index = 3
        while index < arguments.count {
            if arguments.matches(index, "NX"), mustExist != true {
                mustExist = false
            } else if arguments.matches(index, "XX"), mustExist != false {
                mustExist = true
            } else if arguments.matches(index, "GET") {
                returnsOld = true
            } else if arguments.matches(index, "KEEPTTL"), expiry == nil {
                keepsExpiry = true
            } else if !keepsExpiry, let option = ExpiryOption(arguments, &index, after: expiry) {
                expiry = option
            } else {
                throw .syntax
            }
            index += 1
        }
    }

    /// Whether what is there matters.
    var needsOld: Bool { keepsExpiry || mustExist != nil || returnsOld }
}
