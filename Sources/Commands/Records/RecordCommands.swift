internal import OrderedStore
internal import Records
internal import Structures

/// `LV.SCHEMA`, `LV.RECORD` and `LV.INDEX`.
///
/// They are transactions of their own, so not for `MULTI`.
enum RecordCommands {
    static let reading: Command.Flags = [.readonly, .noMulti]
    static let writing: Command.Flags = [.write, .noMulti]
    private static let changing: Command.Flags = [.write, .admin, .noMulti]

    static func command(
        _ name: String, _ arity: Int, _ flags: Command.Flags, _ summary: String, _ syntax: String,
        _ run: @escaping @Sendable (Arguments, ControlCall, any RecordAccess) throws -> Void
    ) -> Command {
        Command(
            name, arity, flags, .none, [.record], summary, syntax: syntax, since: lvkvVersion,
            .control { arguments, call in
                guard let access = call.engine.store as? any RecordAccess else {
                    throw CommandError("ERR this database keeps no records")
                }
                try run(arguments, call, access)
                return .done
            })
    }

    static func container(_ name: String, _ summary: String, _ commands: [Command], _ help: [String]) -> Command {
        Command(
            name, -2, [], .none, [.record], summary, since: lvkvVersion,
            .container(commands + [.help(name.uppercased(), categories: [.record], since: lvkvVersion, help)]))
    }

    static let all: [Command] = [schemas, records, indexes]

    private static let schemas = container(
        "lv.schema", "What keys mean: the schemas of the database",
        [
            command("list", 2, reading, "The names of the schemas", "") { _, call, access in
                call.reply.array(access.schemaNames)
            },
            command("show", 3, reading, "A schema as JSON", "schema") { arguments, call, access in
                call.reply.json(try access.schemaText(arguments.text(2)))
            },
            command("apply", 3, changing, "Puts a schema, or a new version of it, into the catalogue", "text") {
                arguments, call, access in
                try call.leaveWork()
                call.reply.json(try access.applySchema(arguments.text(2)))
            },
            command("remove", -3, changing, "Takes a schema out of the catalogue", "schema [KEEPDATA]") {
                arguments, call, access in
                let keepsData = arguments.count == 4 && arguments.matches(3, "KEEPDATA")
                guard arguments.count == 3 || keepsData else { throw CommandError.syntax }
                try call.leaveWork()
                try access.dropSchema(arguments.text(2), keepsData: keepsData)
                call.reply.ok()
            },
        ],
        [
            "LIST", "    The names of the schemas.",
            "SHOW <schema>", "    A schema as JSON.",
            "APPLY <text>", "    Put a schema, as YAML or JSON, or a new version of it into the catalogue.",
            "REMOVE <schema> [KEEPDATA]",
            "    Take a schema out of the catalogue; with KEEPDATA its records stay as plain keys.",
        ])

    private static let records = container(
        "lv.record", "Records of a schema, as JSON or RESP3 maps",
        [
            put("put", "Writes a record, in place of the one with the same key", replaces: true),
            put("insert", "Writes a new record", replaces: false),
            command("get", -4, reading, "A record by the parts of its key", "schema part [part ...] [FIELDS a,b]") {
                arguments, call, access in
                var words = arguments.texts(from: 3)
                let fields = try names("FIELDS", &words)
                guard let record = try access.record(arguments.text(2), words, fields: fields) else {
                    return call.reply.null()
                }
                call.reply.json(record)
            },
            command(
                "update", -5, writing, "Changes fields of a record: null in the JSON makes a field null",
                "schema json part [part ...] [REMOVE a,b]"
            ) { arguments, call, access in
                var words = arguments.texts(from: 4)
                let removed = try names("REMOVE", &words) ?? []
                let changes = try arguments.jsonObject(3)
                let (schema, durability) = (arguments.text(2), call.engine.durability)
                let record = try call.writing {
                    try access.updateRecord(schema, words, changes, removed: removed, durability)
                }
                call.reply.json(record)
            },
            command("delete", -4, writing, "Deletes a record", "schema part [part ...]") { arguments, call, access in
                let (schema, parts, durability) = (
                    arguments.text(2), arguments.texts(from: 3), call.engine.durability
                )
                call.reply.flag(try call.writing { try access.deleteRecord(schema, parts, durability) })
            },
            command("count", -3, reading, "The number of records under leading parts", "schema [part ...]") {
                arguments, call, access in
                try call.leaveWork()
                call.reply.integer(try access.countRecords(arguments.text(2), arguments.texts(from: 3)))
            },
            command(
                "scan", -3, reading, "A page of records in key order, and the token of the next page",
                "schema [UNDER part [part ...] END] [FIELDS a,b] [REV] [LIMIT n] [AFTER token]"
            ) { arguments, call, access in
                try call.leaveWork()
                try scan(arguments, call, access)
            },
        ],
        [
            "PUT <schema> <json>", "    Write a record, in place of the one with the same key.",
            "INSERT <schema> <json>", "    Write a new record; one that is there is an error.",
            "GET <schema> <part> [<part> ...] [FIELDS <a,b>]", "    A record by the parts of its key.",
            "UPDATE <schema> <json> <part> [<part> ...] [REMOVE <a,b>]", "    Change some fields of a record.",
            "DELETE <schema> <part> [<part> ...]", "    Delete a record.",
            "COUNT <schema> [<part> ...]", "    The number of records under leading parts.",
            "SCAN <schema> [UNDER <part> [<part> ...] END] [FIELDS <a,b>] [REV] [LIMIT <n>] [AFTER <token>]",
            "    A page of records in key order (default: 100), and the token of the next page.",
        ])

    private static func put(_ name: String, _ summary: String, replaces: Bool) -> Command {
        command(name, 4, writing, summary, "schema json") { arguments, call, access in
            let (schema, record, durability) = (arguments.text(2), try arguments.json(3), call.engine.durability)
            try call.writing { try access.putRecord(schema, record, replaces: replaces, durability) }
            call.reply.ok()
        }
    }

    /// Takes an option with names in a list off the end of words.
    private static func names(_ option: String, _ words: inout [String]) throws(CommandError) -> [String]? {
        guard words.count >= 2, words[words.count - 2].uppercased() == option else { return nil }
        let names = words.removeLast().split(separator: ",").map(String.init)
        words.removeLast()
        guard !words.isEmpty else { throw CommandError.syntax }
        return names
    }

    private static func scan(_ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess) throws {
        var page = RecordPageRequest(limit: 100)
        var parts: [String] = []
        var index = 3
        while index < arguments.count {
            if arguments.matches(index, "UNDER") {
                index += 1
                while index < arguments.count, !arguments.matches(index, "END") {
                    parts.append(arguments.text(index))
                    index += 1
                }
                guard index < arguments.count, !parts.isEmpty else { throw CommandError.syntax }
            } else if arguments.matches(index, "REV") {
                page.reverse = true
            } else if arguments.matches(index, "FIELDS"), index + 1 < arguments.count {
                index += 1
                page.fields = arguments.text(index).split(separator: ",").map(String.init)
            } else if arguments.matches(index, "LIMIT"), index + 1 < arguments.count {
                index += 1
                page.limit = try arguments.amount(index)
            } else if arguments.matches(index, "AFTER"), index + 1 < arguments.count {
                index += 1
                page.after = arguments.text(index)
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        reply(try access.scanRecords(arguments.text(2), parts, page), call)
    }

    /// A page: the token of the next one, or nothing, and the records.
    static func reply(_ page: ([JSONValue], String?), _ call: ControlCall) {
        call.reply.array(2)
        if let next = page.1 { call.reply.bulk(next) } else { call.reply.null() }
        call.reply.json(page.0)
    }

    private static let indexes = container(
        "lv.index", "The indexes of a schema",
        [
            command("list", 3, reading, "The indexes of a schema, and whether they can be read", "schema") {
                arguments, call, access in
                call.reply.json(try access.indexList(arguments.text(2)))
            },
            command("verify", -3, reading, "Compares indexes with the records", "schema [index ...]") {
                arguments, call, access in
                try call.leaveWork()
                let names = arguments.texts(from: 3)
                call.reply.json(try access.verifyIndexes(arguments.text(2), names.isEmpty ? nil : names))
            },
            command("rebuild", 4, changing, "Builds an index anew while reads and writes go on", "schema index") {
                arguments, call, access in
                try call.leaveWork()
                try access.rebuildIndex(arguments.text(2), arguments.text(3))
                call.reply.ok()
            },
        ],
        [
            "LIST <schema>", "    The indexes of a schema, and whether they can be read.",
            "VERIFY <schema> [<index> ...]", "    Compare indexes with the records, and tell the differences.",
            "REBUILD <schema> <index>", "    Build an index anew while reads and writes go on.",
        ])
}

extension ControlCall {
    /// Runs `body`, which writes, while no command writes.
    func writing<Result>(_ body: () throws -> Result) throws -> Result {
        try engine.withWriting(isLong: !leavesWork, body)
    }
}
