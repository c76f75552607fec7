internal import Structures

enum StringCommands {
    static let all: [Command] = [
        Command(
            "get", 2, [.readonly, .fast], .first, [.string, .read], "The string value of a key.", syntax: "key",
            .data { arguments, call in
                let found = try call.keys.lookup(arguments[1], .string)
                if found.exists { call.reply.bulk(found.body) } else { call.reply.null() }
            }),
        Command(
            "set", -3, [.write, .denyoom, .keepsPlain], .first, [.string, .write], "Sets a key to a string.",
            syntax: "key value",
            .data { arguments, call in
                guard arguments.count == 3 else { throw CommandError.syntax }
                let old = try call.keys.lookup(arguments[1])
                try call.keys.storeString(arguments[1], arguments[2], replacing: old)
                call.keys.note(arguments[1], "set", .string)
                call.reply.ok()
            }),
    ]
}
