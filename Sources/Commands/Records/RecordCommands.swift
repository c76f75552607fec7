internal import OrderedStore
internal import Records
internal import Structures

/// `LV.SCHEMA`, `LV.RECORD` and `LV.INDEX`.
///
/// They are transactions of their own, so not for `MULTI`.
enum RecordCommands {
    static let reading: Command.Flags = [.readonly, .noMulti]
    static let writing: Command.Flags = [.write, .noMulti]
    static let changing: Command.Flags = [.write, .admin, .noMulti]

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
            command("plan", 3, reading, "What applying a schema would do, and what is in its way", "text") {
                arguments, call, access in
                try call.leaveWork()
                call.reply.json(try access.planSchema(arguments.text(2)))
            },
            command("commit", 3, changing, "Lets the records of before a rewrite go", "schema") {
                arguments, call, access in
                try call.leaveWork()
                try access.commitSchema(arguments.text(2))
                call.reply.ok()
            },
            command("rollback", -3, changing, "Brings back what was before a rewrite", "schema [CHECK]") {
                arguments, call, access in
                let isDryRun = arguments.count == 4 && arguments.matches(3, "CHECK")
                guard arguments.count == 3 || isDryRun else { throw CommandError.syntax }
                try call.leaveWork()
                call.reply.json(try access.rollBackSchema(arguments.text(2), isDryRun: isDryRun))
            },
            command("history", 3, reading, "What happened to a schema", "schema") { arguments, call, access in
                call.reply.json(try access.schemaHistory(arguments.text(2)))
            },
        ],
        [
            "LIST", "    The names of the schemas.",
            "SHOW <schema>", "    A schema as JSON.",
            "APPLY <text>", "    Put a schema, as YAML or JSON, or a new version of it into the catalogue.",
            "REMOVE <schema> [KEEPDATA]",
            "    Take a schema out of the catalogue; with KEEPDATA its records stay as plain keys.",
            "PLAN <text>", "    What APPLY would do, and what is in its way.",
            "COMMIT <schema>", "    Let the records of before a rewrite go.",
            "ROLLBACK <schema> [CHECK]",
            "    Bring back the schema and the records of before a rewrite; with CHECK only count what that undoes.",
            "HISTORY <schema>", "    What happened to a schema.",
        ])

    private static let records = container(
        "lv.record", "Records of a schema, as JSON or RESP3 maps",
        [
            put("put", "Writes a record, in place of the one with the same key", replaces: true),
            put("insert", "Writes a new record", replaces: false),
            command("get", -4, reading, "A record by the parts of its key", "schema part [part ...] [FIELDS a,b]") {
                arguments, call, access in
                let (parts, fields) = try parts(arguments, at: 3, "FIELDS", access)
                guard let record = try access.record(arguments.text(2), parts, fields: fields) else {
                    return call.reply.null()
                }
                call.reply.json(record)
            },
            command(
                "update", -5, writing, "Changes fields of a record: null in the JSON makes a field null",
                "schema json part [part ...] [REMOVE a,b]"
            ) { arguments, call, access in
                let (parts, removed) = try parts(arguments, at: 4, "REMOVE", access)
                let changes = try arguments.jsonObject(3)
                let (schema, durability) = (arguments.text(2), call.engine.durability)
                let record = try call.writing {
                    try access.updateRecord(schema, parts, changes, removed: removed ?? [], durability)
                }
                call.reply.json(record)
            },
            command("delete", -4, writing, "Deletes a record", "schema part [part ...]") { arguments, call, access in
                let (schema, parts, durability) = (
                    arguments.text(2), arguments.texts(from: 3), call.engine.durability
                )
                call.reply.flag(try call.writing { try access.deleteRecord(schema, parts, durability) })
            },
            command(
                "move", -6, writing, "Gives a record another key",
                "schema part [part ...] TO part [part ...] [OVERWRITE]",
                move),
            command(
                "load", -4, writing, "Writes many records in one transaction, and tells which were refused",
                "schema [INSERT] [STOP] [CHECK] [KEEPUNKNOWN] [SYNCED] json [json ...]", load),
            command(
                "find", -4, reading, "A page of records that an index finds, in its order",
                "schema index [VALUES n value [value ...]] [STARTSWITH text] [FROM value] [TO value] [FIELDS a,b] [REV] "
                    + "[LIMIT n] [AFTER token]", find),
            command("count", -3, reading, "The number of records under leading parts", "schema [part ...]") {
                arguments, call, access in
                try call.leaveWork()
                call.reply.integer(try access.countRecords(arguments.text(2), arguments.texts(from: 3)))
            },
            command(
                "scan", -3, reading, "A page of records in key order, and the token of the next page",
                "schema [UNDER n part [part ...]] [STARTSWITH text] [FROM value] [TO value] [FILTER] [FIELDS a,b] [REV] "
                    + "[LIMIT n] [AFTER token] [COUNT]"
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
            "MOVE <schema> <part> [<part> ...] TO <part> [<part> ...] [OVERWRITE]", "    Give a record another key.",
            "LOAD <schema> [INSERT] [STOP] [CHECK] [KEEPUNKNOWN] [SYNCED] <json> [<json> ...]",
            "    Write many records in one transaction; the reply counts them, and tells which were refused and why.",
            "FIND <schema> <index> [VALUES <n> <value> [<value> ...]] [STARTSWITH <text>] [FROM <value>] [TO <value>] "
                + "[FIELDS <a,b>] [REV] [LIMIT <n>] [AFTER <token>]",
            "    A page of records that an index finds, in its order, and the token of the next page.",
            "COUNT <schema> [<part> ...]", "    The number of records under leading parts.",
            "SCAN <schema> [UNDER <n> <part> [<part> ...]] [STARTSWITH <text>] [FROM <value>] [TO <value>] [FILTER] "
                + "[FIELDS <a,b>] [REV] [LIMIT <n>] [AFTER <token>] [COUNT]",
            "    A page of records in key order (default: 100), and the token of the next page.",
        ])

    private static func put(_ name: String, _ summary: String, replaces: Bool) -> Command {
        command(name, 4, writing, summary, "schema json") { arguments, call, access in
            let (schema, record, durability) = (arguments.text(2), try arguments.json(3), call.engine.durability)
            try call.writing { try access.putRecord(schema, record, replaces: replaces, durability) }
            call.reply.ok()
        }
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
                call.reply.integer(try access.rebuildIndex(arguments.text(2), arguments.text(3)))
            },
        ],
        [
            "LIST <schema>", "    The indexes of a schema, and whether they can be read.",
            "VERIFY <schema> [<index> ...]", "    Compare indexes with the records, and tell the differences.",
            "REBUILD <schema> <index>", "    Build an index anew while reads and writes go on; from how many records.",
        ])
}

extension ControlCall {
    /// Runs `body`, which writes, while no command writes.
    func writing<Result>(_ body: () throws -> Result) throws -> Result {
        try engine.withWriting(isLong: !leavesWork, body)
    }
}
