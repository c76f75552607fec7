internal import OrderedStore
internal import Structures

/// Commands on keys of any kind.
enum KeyCommands {
    static let all: [Command] = [
        Command(
            "del", -2, [.write, .keepsPlain], .all, [.keyspace], "Removes keys.", syntax: "key [key ...]",
            .data(delete)),
        Command(
            "unlink", -2, [.write, .fast, .keepsPlain], .all, [.keyspace], "Removes keys; as DEL, which is as quick.",
            syntax: "key [key ...]", since: "4.0.0", .data(delete)),
        Command(
            "exists", -2, [.readonly, .fast], .all, [.keyspace], "How many of the keys there are.",
            syntax: "key [key ...]", .data(count)),
        Command(
            "touch", -2, [.readonly, .fast], .all, [.keyspace], "How many of the keys there are.",
            syntax: "key [key ...]", since: "3.2.1", .data(count)),
        Command(
            "type", 2, [.readonly, .fast], .first, [.keyspace], "The kind of a key's value.", syntax: "key",
            .data { arguments, call in
                let found = try call.keys.lookup(arguments[1])
                call.reply.simple(found.kind.typeName)
            }),
        Command(
            "rename", 3, [.write], .range(first: 1, last: 2, step: 1), [.keyspace],
            "Gives a key another name, in place of what has it.", syntax: "key newkey",
            .data { arguments, call in
                _ = try call.keys.rename(arguments[1], to: arguments[2], replacing: true)
                call.reply.ok()
            }),
        Command(
            "renamenx", 3, [.write, .fast], .range(first: 1, last: 2, step: 1), [.keyspace],
            "Gives a key another name if nothing has it.", syntax: "key newkey",
            .data { arguments, call in
                call.reply.flag(try call.keys.rename(arguments[1], to: arguments[2], replacing: false))
            }),
        Command(
            "move", 3, [.write, .fast], .first, [.keyspace], "Moves a key to another database.", syntax: "key db",
            .data { arguments, call in
                let target = try arguments.database(2)
                guard target != call.keys.database else { throw CommandError.sameObject }
                call.reply.flag(try call.keys.move(arguments[1], to: target))
            }),
        Command(
            "copy", -3, [.write, .denyoom], .range(first: 1, last: 2, step: 1), [.keyspace], "Copies a key.",
            syntax: "source destination [DB destination-db] [REPLACE]", since: "6.2.0", .data(copy)),
    ]

    private static func delete(_ arguments: Arguments, _ call: DataCall) throws {
        var count = 0
        for index in 1..<arguments.count where try call.keys.delete(arguments[index]) { count += 1 }
        call.reply.integer(count)
    }

    private static func count(_ arguments: Arguments, _ call: DataCall) throws {
        var count = 0
        for index in 1..<arguments.count {
            let found = try call.keys.lookup(arguments[index])
            if found.exists { count += 1 }
        }
        call.reply.integer(count)
    }

    private static func copy(_ arguments: Arguments, _ call: DataCall) throws {
        var target = call.keys.database
        var replaces = false
        var index = 3
        while index < arguments.count {
            if arguments.matches(index, "REPLACE") {
                replaces = true
            } else if arguments.matches(index, "DB"), index + 1 < arguments.count {
                index += 1
                target = try arguments.database(index)
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        guard target != call.keys.database || !arguments[1].equals(arguments[2]) else { throw CommandError.sameObject }
        let stored = try call.keys.lookup(arguments[1])
        try call.expectWork(stored.bigCount)
        call.reply.flag(try call.keys.copy(arguments[1], to: arguments[2], in: target, replacing: replaces))
    }
}

extension StructureKind? {
    /// As `TYPE` gives it.
    fileprivate var typeName: StaticString {
        switch self {
        case nil: "none"
        case .string: "string"
        case .list: "list"
        case .hash: "hash"
        case .set: "set"
        case .sortedSet: "zset"
        }
    }
}

extension CommandError {
    static let sameObject = CommandError("ERR source and destination objects are the same")
    static let databaseOutOfRange = CommandError("ERR DB index is out of range")
}

extension Arguments {
    /// The number of a database in the word at `index`.
    ///
    /// - Throws: ``CommandError``.
    func database(_ index: Int) throws(CommandError) -> Int {
        let number = try integer(index)
        guard let small = Int32(exactly: number) else {
            throw CommandError("ERR value is out of range, value must between \(Int32.min) and \(Int32.max)")
        }
        guard small >= 0, small < StructureCode.databases else { throw .databaseOutOfRange }
        return Int(small)
    }
}
