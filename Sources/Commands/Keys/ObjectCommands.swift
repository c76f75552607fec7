internal import OrderedStore
internal import Structures

/// `OBJECT`: how a value is kept, in Redis's words.
enum ObjectCommands {
    private static let key = Command.Keys.range(first: 2, last: 2, step: 1)

    static let all: [Command] = [
        Command(
            "object", -2, [], .none, [], "How a value is kept.", syntax: "subcommand [argument ...]", since: "2.2.3",
            .container([
                Command(
                    "encoding", 3, [.readonly], key, [.keyspace], "How a value is kept.", syntax: "key",
                    since: "2.2.3",
                    .data { arguments, call in
                        let found = try call.keys.lookup(arguments[2])
                        if found.exists { call.reply.bulk(encoding(of: found)) } else { call.reply.null() }
                    }),
                Command(
                    "freq", 3, [.readonly], key, [.keyspace], "How often a key is used; not counted.", syntax: "key",
                    since: "4.0.0",
                    .data { arguments, call in
                        let found = try call.keys.lookup(arguments[2])
                        guard found.exists else { return call.reply.null() }
                        throw CommandError(
                            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
                                + "that when switching between policies at runtime LRU and LFU data will take some "
                                + "time to adjust.")
                    }),
                Command(
                    "idletime", 3, [.readonly], key, [.keyspace], "Since when a key was not used; not measured.",
                    syntax: "key", since: "2.2.3", .data { arguments, call in try number(0, arguments, call) }),
                Command(
                    "refcount", 3, [.readonly], key, [.keyspace], "How many refer to a value: 1.", syntax: "key",
                    since: "2.2.3", .data { arguments, call in try number(1, arguments, call) }),
                .help("OBJECT", categories: [.keyspace], since: "6.2.0", help),
            ]))
    ]

    private static func number(_ value: Int, _ arguments: Arguments, _ call: DataCall) throws {
        let found = try call.keys.lookup(arguments[2])
        if found.exists { call.reply.integer(value) } else { call.reply.null() }
    }

    /// What Redis would keep such a value in.
    private static func encoding(of found: borrowing StoredKey) -> String {
        switch found.kind {
        case .string, nil:
            if Int64(redis: found.body) != nil { return "int" }
            return found.body.count <= 44 ? "embstr" : "raw"
        case .list:
            return "quicklist"
        case .hash:
            return found.state.isInline ? "listpack" : "hashtable"
        case .set:
            return found.state.isInline && found.holdsIntegersOnly ? "intset" : "hashtable"
        case .sortedSet:
            return found.state.isInline ? "listpack" : "skiplist"
        }
    }

    private static let help = [
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
    ]
}

extension StoredKey {
    /// Whether all items of an inline set are integers.
    fileprivate var holdsIntegersOnly: Bool {
        var items = PackedItems(body)
        while let item = try? items.next() {
            if Int64(redis: item) == nil { return false }
        }
        return true
    }
}
