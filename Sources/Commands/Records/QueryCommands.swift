internal import OrderedStore
internal import Records

/// `LV.QUERY` and `LV.DOC`.
enum QueryCommands {
    static let all: [Command] = [
        RecordCommands.command(
            "lv.query", -2, RecordCommands.reading, "The records that are as a condition says",
            "schema [WHERE condition|FILTER json] [SELECT a,b] [ORDER a,b:desc] [LIMIT n] [SKIP n] [AFTER token] "
                + "[DISTINCT path|GROUP a,b] [AGGREGATE count,sum:a] [COUNT|EXPLAIN]",
            query),
        documents,
    ]

    @Sendable private static func query(
        _ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess
    ) throws {
        var request = QueryRequest(schema: arguments.text(1))
        var (counts, explains) = (false, false)
        var distinct: String?
        var groups: [String]?
        var aggregates: [Aggregate]?
        var index = 2
        while index < arguments.count {
            if arguments.matches(index, "COUNT") {
                counts = true
            } else if arguments.matches(index, "EXPLAIN") {
                explains = true
            } else {
                guard index + 1 < arguments.count else { throw CommandError.syntax }
                let text = arguments.text(index + 1)
                if arguments.matches(index, "WHERE") {
                    request.condition = text
                } else if arguments.matches(index, "FILTER") {
                    request.filter = text
                } else if arguments.matches(index, "SELECT") {
                    request.select = text.split(separator: ",").map(String.init)
                } else if arguments.matches(index, "ORDER") {
                    request.order = try text.split(separator: ",").map { try order(String($0)) }
                } else if arguments.matches(index, "DISTINCT") {
                    distinct = text
                } else if arguments.matches(index, "GROUP") {
                    groups = text.split(separator: ",").map(String.init)
                } else if arguments.matches(index, "AGGREGATE") {
                    aggregates = try text.split(separator: ",").map { try aggregate(String($0)) }
                } else if arguments.matches(index, "LIMIT") {
                    request.limit = try arguments.amount(index + 1)
                } else if arguments.matches(index, "SKIP") {
                    request.skip = try arguments.amount(index + 1)
                } else if arguments.matches(index, "AFTER") {
                    request.after = text
                } else {
                    throw CommandError.syntax
                }
                index += 1
            }
            index += 1
        }
        let isGrouped = groups != nil || aggregates != nil
        let forms = [counts, distinct != nil, isGrouped].count { $0 }
        let isListed =
            request.select != nil || !request.order.isEmpty || request.limit != nil || request.skip > 0
            || request.after != nil
        guard forms < 2, !(counts && explains), !isListed || distinct == nil && !isGrouped,
            request.condition == nil || request.filter == nil
        else { throw CommandError.syntax }
        try call.leaveWork()
        if let distinct {
            call.reply.json(try access.distinctQuery(request, distinct, explains: explains))
        } else if isGrouped {
            call.reply.json(
                try access.groupQuery(request, groups ?? [], aggregates ?? [.count], explains: explains))
        } else if counts {
            call.reply.integer(try access.countQuery(request))
        } else if explains {
            call.reply.json(try access.explainQuery(request))
        } else if request.limit != nil || request.after != nil {
            RecordCommands.reply(try access.query(request), call)
        } else {
            call.reply.json(try access.query(request).0)
        }
    }

    private static func aggregate(_ text: String) throws(CommandError) -> Aggregate {
        guard let aggregate = Aggregate(text) else {
            throw CommandError("ERR '\(text)' is none of count, sum:path, min:path, max:path, avg:path")
        }
        return aggregate
    }

    private static func order(_ text: String) throws(CommandError) -> Query.Order {
        let pieces = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard !pieces[0].isEmpty, pieces.count == 1 || ["asc", "desc"].contains(pieces[1].lowercased()) else {
            throw CommandError("ERR '\(text)' is no path with :asc or :desc behind it, as year:desc")
        }
        return Query.Order(pieces[0], descending: pieces.count == 2 && pieces[1].lowercased() == "desc")
    }

    // MARK: - Documents

    private static let documents = RecordCommands.container(
        "lv.doc", "Documents of a collection, as JSON or RESP3 maps",
        [
            RecordCommands.command(
                "insert", -4, RecordCommands.writing, "Inserts documents, all or none, and gives their ids",
                "collection json [json ...]"
            ) { arguments, call, access in
                var documents: [JSONObject] = []
                for index in 3..<arguments.count { documents.append(try arguments.jsonObject(index)) }
                let (collection, durability) = (arguments.text(2), call.engine.durability)
                call.reply.json(
                    try call.writing { try access.insertDocuments(collection, documents, durability) })
            },
            RecordCommands.command(
                "find", -3, RecordCommands.reading, "The documents that match a filter",
                "collection [filter] [SORT json] [PROJECTION json] [LIMIT n] [SKIP n] [EXPLAIN]"
            ) { arguments, call, access in
                let (request, explains) = try request(arguments)
                try call.leaveWork()
                if explains {
                    call.reply.json(try access.explainDocuments(request))
                } else {
                    call.reply.json(try access.findDocuments(request))
                }
            },
            RecordCommands.command(
                "count", -3, RecordCommands.reading, "The number of documents that match a filter",
                "collection [filter]"
            ) { arguments, call, access in
                guard arguments.count <= 4 else { throw CommandError.syntax }
                let filter = arguments.count == 4 ? try arguments.jsonObject(3) : [:]
                try call.leaveWork()
                call.reply.integer(try access.countDocuments(arguments.text(2), filter))
            },
            RecordCommands.command(
                "distinct", -4, RecordCommands.reading, "The different values at a path", "collection path [filter]"
            ) { arguments, call, access in
                guard arguments.count <= 5 else { throw CommandError.syntax }
                let filter = arguments.count == 5 ? try arguments.jsonObject(4) : [:]
                try call.leaveWork()
                call.reply.json(try access.distinctValues(arguments.text(2), arguments.text(3), filter))
            },
            RecordCommands.command(
                "update", -5, RecordCommands.writing, "Changes the first document that matches, or all",
                "collection filter update [MANY] [UPSERT]"
            ) { arguments, call, access in
                let (filter, update) = (try arguments.jsonObject(3), try arguments.jsonObject(4))
                let many = try flags(arguments, from: 5, allowsUpsert: true)
                try call.leaveWork()
                let (collection, durability) = (arguments.text(2), call.engine.durability)
                call.reply.json(
                    try call.writing {
                        try access.updateDocuments(
                            collection, filter, update, many: many.many, upsert: many.upsert, durability)
                    })
            },
            RecordCommands.command(
                "replace", -5, RecordCommands.writing, "Puts a document in the place of the first that matches",
                "collection filter json [UPSERT]"
            ) { arguments, call, access in
                let (filter, document) = (try arguments.jsonObject(3), try arguments.jsonObject(4))
                let upsert = arguments.count == 6 && arguments.matches(5, "UPSERT")
                guard arguments.count == 5 || upsert else { throw CommandError.syntax }
                try call.leaveWork()
                let (collection, durability) = (arguments.text(2), call.engine.durability)
                call.reply.json(
                    try call.writing {
                        try access.replaceDocument(collection, filter, document, upsert: upsert, durability)
                    })
            },
            RecordCommands.command("create", 3, RecordCommands.writing, "Makes an empty collection", "collection") {
                arguments, call, access in
                let collection = arguments.text(2)
                try call.writing { try access.createCollection(collection) }
                call.reply.ok()
            },
            RecordCommands.command(
                "index", -4, RecordCommands.changing, "Makes an index of a collection, and builds it",
                "collection json [NAME name] [UNIQUE] [SPARSE]", index),
            RecordCommands.command(
                "dropindex", 4, RecordCommands.changing, "Removes an index of a collection", "collection name"
            ) { arguments, call, access in
                try call.leaveWork()
                try access.dropDocumentIndex(arguments.text(2), arguments.text(3))
                call.reply.ok()
            },
            RecordCommands.command(
                "delete", -4, RecordCommands.writing, "Deletes the first document that matches, or all",
                "collection filter [MANY]"
            ) { arguments, call, access in
                let filter = try arguments.jsonObject(3)
                let many = try flags(arguments, from: 4, allowsUpsert: false).many
                try call.leaveWork()
                let (collection, durability) = (arguments.text(2), call.engine.durability)
                call.reply.integer(
                    try call.writing { try access.deleteDocuments(collection, filter, many: many, durability) })
            },
        ],
        [
            "INSERT <collection> <json> [<json> ...]", "    Insert documents, all or none; the reply has their ids.",
            "FIND <collection> [<filter>] [SORT <json>] [PROJECTION <json>] [LIMIT <n>] [SKIP <n>] [EXPLAIN]",
            "    The documents that match a filter, in MongoDB's form.",
            "COUNT <collection> [<filter>]", "    The number of documents that match a filter.",
            "DISTINCT <collection> <path> [<filter>]", "    The different values at a path.",
            "UPDATE <collection> <filter> <update> [MANY] [UPSERT]",
            "    Change the first document that matches, or all, by operators such as {\"$set\": {\"a\": 1}}.",
            "REPLACE <collection> <filter> <json> [UPSERT]",
            "    Put a document in the place of the first that matches.",
            "CREATE <collection>", "    Make an empty collection.",
            "INDEX <collection> <json> [NAME <name>] [UNIQUE] [SPARSE]",
            "    Make an index over paths such as {\"year\": -1}, and build it; the reply is its name.",
            "DROPINDEX <collection> <name>", "    Remove an index of a collection.",
            "DELETE <collection> <filter> [MANY]", "    Delete the first document that matches, or all.",
        ])

    private static func request(_ arguments: Arguments) throws(CommandError) -> (DocumentRequest, explains: Bool) {
        var request = DocumentRequest(collection: arguments.text(2))
        var explains = false
        var index = 3
        if index < arguments.count, arguments[index].count > 0, arguments[index][0] == UInt8(ascii: "{") {
            request.filter = try arguments.jsonObject(index)
            index += 1
        }
        while index < arguments.count {
            if arguments.matches(index, "EXPLAIN") {
                explains = true
            } else {
                guard index + 1 < arguments.count else { throw CommandError.syntax }
                if arguments.matches(index, "SORT") {
                    request.sort = try arguments.jsonObject(index + 1)
                } else if arguments.matches(index, "PROJECTION") {
                    request.projection = try arguments.jsonObject(index + 1)
                } else if arguments.matches(index, "LIMIT") {
                    request.limit = try arguments.amount(index + 1)
                } else if arguments.matches(index, "SKIP") {
                    request.skip = try arguments.amount(index + 1)
                } else {
                    throw CommandError.syntax
                }
                index += 1
            }
            index += 1
        }
        return (request, explains)
    }

    @Sendable private static func index(
        _ arguments: Arguments, _ call: ControlCall, _ access: any RecordAccess
    ) throws {
        let keys = try arguments.jsonObject(3)
        var name: String?
        var (unique, sparse) = (false, false)
        var index = 4
        while index < arguments.count {
            if arguments.matches(index, "UNIQUE") {
                unique = true
            } else if arguments.matches(index, "SPARSE") {
                sparse = true
            } else if arguments.matches(index, "NAME"), index + 1 < arguments.count {
                index += 1
                name = arguments.text(index)
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        try call.leaveWork()
        call.reply.bulk(
            try access.indexDocuments(arguments.text(2), keys, name: name, unique: unique, sparse: sparse))
    }

    private static func flags(
        _ arguments: Arguments, from start: Int, allowsUpsert: Bool
    ) throws(CommandError) -> (many: Bool, upsert: Bool) {
        var (many, upsert) = (false, false)
        for index in start..<max(start, arguments.count) {
            if arguments.matches(index, "MANY") {
                many = true
            } else if allowsUpsert, arguments.matches(index, "UPSERT") {
                upsert = true
            } else {
                throw CommandError.syntax
            }
        }
        return (many, upsert)
    }
}
