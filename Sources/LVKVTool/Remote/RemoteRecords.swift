internal import LVKV
internal import RESP
internal import Records

/// The records of one schema of a server.
struct RemoteRecords {
    private let client: ServerConnection
    let schema: SchemaDefinition

    init(_ client: ServerConnection, _ name: String) throws {
        self.client = client
        schema = try client.schema(name)
    }

    /// The record with the parts of a key, with all fields or those in `fields`; `nil` when there is none.
    func get(_ parts: [String], fields: [String]? = nil) throws -> DynamicRecord? {
        try client.json(["LV.RECORD", "GET", schema.name] + parts + RemoteRecords.names("FIELDS", fields))
            .map(record)
    }

    /// Writes a record, a new one or in place of the one with the same key.
    func put(_ record: JSONValue, replaces: Bool) throws {
        _ = try client.run(["LV.RECORD", replaces ? "PUT" : "INSERT", schema.name, record.text()])
    }

    /// Changes fields of a record: gives them values, or takes away those that have none.
    func update(_ parts: [String], set changes: [String: FieldValue?]) throws {
        var values = JSONObject()
        for (name, value) in changes { values[name] = value?.json }
        let removed = changes.filter { $0.value == nil }.keys.sorted()
        _ = try client.run(
            ["LV.RECORD", "UPDATE", schema.name, JSONValue.object(values).text()] + parts
                + RemoteRecords.names("REMOVE", removed.isEmpty ? nil : removed))
    }

    /// - Returns: whether the record was there.
    func delete(_ parts: [String]) throws -> Bool {
        try client.integer(["LV.RECORD", "DELETE", schema.name] + parts) == 1
    }

    /// Gives a record another key.
    func move(_ parts: [String], to destination: [String], overwriting: Bool) throws {
        _ = try client.run(
            ["LV.RECORD", "MOVE", schema.name] + parts + ["TO"] + destination + (overwriting ? ["OVERWRITE"] : []))
    }

    /// Rows that go to these records.
    func rows(_ loading: RowLoading) -> RemoteRows { RemoteRows(client, schema.name, loading) }

    /// How many records there are under leading parts, and in a range of the part behind them.
    func count(under parts: [String], _ range: [String]) throws -> Int {
        try client.integer(scan(under: parts, fields: nil, reverse: false) + range + ["COUNT"])
    }

    /// The values that a question asks for in place of records.
    func values(_ question: [String]) throws -> [JSONValue] {
        guard case .array(let values)? = try client.json(query(question)) else { throw client.unexpected }
        return values
    }

    /// How many records a question finds.
    func count(_ question: [String]) throws -> Int {
        try client.integer(["LV.QUERY", schema.name] + question + ["COUNT"])
    }

    /// How a question is answered.
    func explain(_ question: [String]) throws -> JSONValue {
        try client.json(["LV.QUERY", schema.name] + question + ["EXPLAIN"]) ?? .null
    }

    /// The words for a scan under leading parts.
    func scan(under parts: [String], fields: [String]?, reverse: Bool) -> [String] {
        ["LV.RECORD", "SCAN", schema.name] + RemoteRecords.counted("UNDER", parts)
            + RemoteRecords.names("FIELDS", fields) + (reverse ? ["REV"] : [])
    }

    /// The words for a question.
    func query(_ question: [String]) -> [String] { ["LV.QUERY", schema.name] + question }

    /// One page of what `words` ask for.
    ///
    /// - Parameter token: what the page before said; `nil` for the first.
    /// - Returns: the records, and the token of the next page.
    func page(_ words: [String], limit: Int, after token: String?) throws -> (records: [DynamicRecord], next: String?) {
        let words = words + ["LIMIT", "\(limit)"] + (token.map { ["AFTER", $0] } ?? [])
        guard case .array(let parts) = try client.run(words), parts.count == 2, case .array(let texts) = parts[1] else {
            throw client.unexpected
        }
        var next: String?
        if case .bulk(let token) = parts[0] { next = String(decoding: token, as: UTF8.self) }
        return (try texts.map { try record(client.json($0)) }, next)
    }

    /// Hands on the records that `words` ask for, a page at a time.
    func forEach(_ words: [String], limit: Int?, _ body: (DynamicRecord) throws -> Void) throws {
        var left = limit ?? .max
        var token: String?
        while left > 0 {
            let page = try page(words, limit: min(left, 500), after: token)
            for record in page.records { try body(record) }
            left -= page.records.count
            token = page.next
            guard token != nil else { return }
        }
    }

    private func record(_ value: JSONValue) throws -> DynamicRecord {
        try schema.record(json: value, keepsUnknown: true)
    }

    /// An option with words behind it, and their number before them; nothing for none.
    static func counted(_ option: String, _ words: [String]) -> [String] {
        words.isEmpty ? [] : [option, "\(words.count)"] + words
    }

    /// An option with names behind it.
    static func names(_ option: String, _ names: [String]?) -> [String] {
        names.map { [option, $0.joined(separator: ",")] } ?? []
    }
}

/// The records of a schema at a place: those of a directory or those of a server.
struct PlacedRecords {
    let schema: SchemaDefinition
    /// Those of a directory.
    let local: DynamicRecords<LevelDBStore>?
    /// Those of a server.
    let remote: RemoteRecords?
    private let database: Database?

    init(at place: Place, _ name: String) throws {
        remote = try place.remoteRecords(name)
        if let remote {
            (database, local, schema) = (nil, nil, remote.schema)
            return
        }
        let database = try place.open()
        let records = try database.keyspace.records(name)
        self.database = database
        local = records
        schema = try records.schema
    }

    /// Where rows of these records go.
    func target(_ loading: RowLoading) -> (any RowTarget)? {
        remote?.rows(loading) ?? local.map { LocalRows(records: $0, loading: loading) }
    }

    func close() throws { try database?.close() }
}

// A connection of RESP2, where JSON comes as its text: no number loses a digit.
extension ServerConnection {
    func run(_ words: [String]) throws -> Reply { try command(words.map { Array($0.utf8) }) }

    /// A schema of the server's.
    func schema(_ name: String) throws -> SchemaDefinition {
        guard case .bulk(let text) = try run(["LV.SCHEMA", "SHOW", name]) else { throw unexpected }
        return try SchemaDefinition(parsing: String(decoding: text, as: UTF8.self), file: address.description)
    }

    /// All schemas of the server's.
    func schemas() throws -> [SchemaDefinition] {
        guard case .array(let names) = try run(["LV.SCHEMA", "LIST"]) else { throw unexpected }
        return try names.map { name in
            guard case .bulk(let name) = name else { throw unexpected }
            return try schema(String(decoding: name, as: UTF8.self))
        }
    }

    /// A reply that is JSON; `nil` where there is nothing.
    func json(_ words: [String]) throws -> JSONValue? {
        let reply = try run(words)
        return reply == .null ? nil : try json(reply)
    }

    func json(_ reply: Reply) throws -> JSONValue {
        guard case .bulk(let text) = reply, let value = try? JSONValue(parsing: text) else { throw unexpected }
        return value
    }

    /// A reply of many JSON values.
    func values(_ words: [String]) throws -> [JSONValue] {
        guard case .array(let texts) = try run(words) else { throw unexpected }
        return try texts.map { try json($0) }
    }

    func integer(_ words: [String]) throws -> Int {
        guard case .integer(let number) = try run(words) else { throw unexpected }
        return number
    }

    var unexpected: Failure {
        Failure(.unavailable, "\(address.description) gave another reply than lvkv does")
    }
}
