package import OrderedStore
package import Records

extension Keyspace: RecordAccess {
    package var schemaNames: [String] { schemas.map(\.name) }

    package func schemaText(_ name: String) throws -> JSONValue { try records(name).schema.json }

    package func applySchema(_ text: String) throws -> JSONValue {
        let change = try apply(SchemaDefinition(parsing: text, file: "schema"))
        var result = JSONObject()
        switch change.outcome {
        case .created: result["outcome"] = "created"
        case .unchanged: result["outcome"] = "unchanged"
        case .updated(let version):
            result["outcome"] = "updated"
            result["from"] = .integer(version)
        case .migrated(let version, let count):
            result["outcome"] = "migrated"
            result["from"] = .integer(version)
            result["records"] = .integer(count)
        }
        result["indexesToBuild"] = .array(change.indexesToBuild.map { .string($0) })
        return .object(result)
    }

    package func dropSchema(_ name: String, keepsData: Bool) throws { try removeSchema(name, keepData: keepsData) }

    package func planSchema(_ text: String) throws -> JSONValue {
        try plan(SchemaDefinition(parsing: text, file: "schema")).json
    }

    package func commitSchema(_ name: String) throws { try commit(name) }

    package func rollBackSchema(_ name: String, isDryRun: Bool) throws -> JSONValue {
        let plan = try undoneByRollback(of: name)
        if !isDryRun { try rollback(name) }
        return plan.json
    }

    package func schemaHistory(_ name: String) throws -> JSONValue {
        var result: JSONObject = ["events": .array(try history(of: name).map(\.json))]
        if let migration = try migration(of: name) { result["advice"] = .string(migration.advice) }
        return .object(result)
    }

    // MARK: - Records

    package func keyPartCount(_ schema: String) throws -> Int { try records(schema).schema.keyFields.count }

    package func putRecord(
        _ schema: String, _ record: JSONValue, replaces: Bool, _ durability: Durability
    ) throws {
        let records = try records(schema)
        let record = try records.schema.record(json: record)
        if replaces {
            try records.upsert(record, durability: durability)
        } else {
            try records.insert(record, durability: durability)
        }
    }

    package func updateRecord(
        _ schema: String, _ parts: [String], _ changes: JSONObject, removed: [String], _ durability: Durability
    ) throws -> JSONValue {
        let records = try records(schema)
        let definition = try records.schema
        var values: [String: FieldValue?] = [:]
        for field in try definition.record(json: .object(changes)).fields { values[field.name] = .some(field.value) }
        for name in removed { values[name] = .some(nil) }
        return try records.update(definition.parts(text: parts), set: values, durability: durability).json
    }

    package func moveRecord(
        _ schema: String, _ parts: [String], to destination: [String], overwriting: Bool, _ durability: Durability
    ) throws {
        let records = try records(schema)
        let definition = try records.schema
        try records.move(
            definition.parts(text: parts), to: definition.parts(text: destination), overwriting: overwriting,
            durability: durability)
    }

    package func loadRecords(
        _ schema: String, _ rows: [JSONValue], _ how: RecordLoading, _ durability: Durability
    ) throws -> JSONValue {
        let records = try records(schema)
        let definition = try records.schema
        var encoded: [(row: Int, record: EncodedRecord)] = []
        var refused: [(row: Int, error: RecordError)] = []
        for (row, json) in rows.enumerated() {
            do throws(RecordError) {
                let record = try definition.record(json: json, keepsUnknown: how.keepsUnknown)
                encoded.append((row, try records.encode(record)))
            } catch {
                refused.append((row, error))
                if how.stopsAtProblem { break }
            }
        }
        var written = 0
        var problems: [(row: Int, error: RecordError)] = []
        do {
            try transact(durability: durability) { transaction in
                (written, problems) = (0, [])
                for (row, record) in encoded {
                    do {
                        try records.write(record, replaces: how.replaces, in: &transaction)
                        written += 1
                    } catch let error as RecordError {
                        problems.append((row, error))
                        if how.stopsAtProblem { break }
                    }
                }
                if how.isDryRun { throw NotWritten() }
            }
        } catch is NotWritten {}
        if problems.isEmpty || !how.stopsAtProblem { problems += refused }
        let list = problems.sorted { $0.row < $1.row }.map { row, error -> JSONValue in
            [
                "row": .integer(row), "field": error.field.map { .string($0) } ?? .null,
                "message": .string(error.message),
            ]
        }
        return ["written": .integer(written), "problems": .array(list)]
    }

    package func findRecords(
        _ request: IndexRequest, _ page: RecordPageRequest
    ) throws -> ([JSONValue], String?) {
        let records = try records(request.schema)
        let definition = try records.schema
        func value(_ part: Int, _ text: String) throws(RecordError) -> FieldValue {
            try definition.indexValue(request.index, part: part, text: text)
        }
        var scan = IndexScan(
            request.index, startingWith: request.startingWith, reverse: page.reverse, limit: page.limit,
            fields: page.fields)
        for (part, text) in request.values.enumerated() { scan.equals.append(try value(part, text)) }
        scan.from = try request.from.map { try value(request.values.count, $0) }
        scan.to = try request.to.map { try value(request.values.count, $0) }
        let found = try records.page(scan, after: page.after)
        return (found.records.map(\.json), found.next)
    }

    package func deleteRecord(_ schema: String, _ parts: [String], _ durability: Durability) throws -> Bool {
        let records = try records(schema)
        return try records.delete(records.schema.parts(text: parts), durability: durability)
    }

    package func record(_ schema: String, _ parts: [String], fields: [String]?) throws -> JSONValue? {
        let records = try records(schema)
        return try records.get(records.schema.parts(text: parts), fields: fields)?.json
    }

    package func countRecords(_ schema: String, _ parts: [String]) throws -> Int {
        let records = try records(schema)
        return try records.count(RecordScan(under: records.schema.parts(text: parts)))
    }

    package func countScan(_ schema: String, _ parts: [String], _ page: RecordPageRequest) throws -> Int {
        let records = try records(schema)
        return try records.count(scan(records.schema, parts, page))
    }

    package func scanRecords(
        _ schema: String, _ parts: [String], _ page: RecordPageRequest
    ) throws -> ([JSONValue], String?) {
        let records = try records(schema)
        let found = try records.page(scan(records.schema, parts, page), after: page.after)
        return (found.records.map(\.json), found.next)
    }

    private func scan(
        _ schema: SchemaDefinition, _ parts: [String], _ page: RecordPageRequest
    ) throws -> RecordScan {
        var scan = RecordScan(
            under: try schema.parts(text: parts), reverse: page.reverse, limit: page.limit, fields: page.fields,
            filters: page.filters)
        guard page.startingWith != nil || page.from != nil || page.to != nil else { return scan }
        guard parts.count < schema.keyFields.count else {
            throw CommandError("ERR all parts of the key are given; STARTSWITH, FROM and TO are about the next one")
        }
        let part = schema.keyFields[parts.count].name
        scan.startingWith = try page.startingWith.map { try schema.part(part, text: $0) }
        scan.from = try page.from.map { try schema.part(part, text: $0) }
        scan.to = try page.to.map { try schema.part(part, text: $0) }
        return scan
    }

    // MARK: - Queries

    private func prepared(_ request: QueryRequest) throws -> (DynamicRecords<Store>, Query) {
        let records = try records(request.schema)
        let schema = try records.schema
        var condition = Condition.all
        do throws(ConditionError) {
            if let text = request.condition {
                condition = try Condition(parsing: text, for: schema)
            } else if let text = request.filter {
                condition = try Condition(parsingFilter: text, for: schema)
            }
        } catch {
            throw CommandError("ERR \(error)")
        }
        let query = Query(
            where: condition, select: request.select, order: request.order, limit: request.limit,
            skip: request.skip, after: request.after)
        return (records, query)
    }

    package func query(_ request: QueryRequest) throws -> ([JSONValue], String?) {
        let (records, query) = try prepared(request)
        guard request.limit != nil || request.after != nil else { return (try records.query(query).map(\.json), nil) }
        let page = try records.page(query)
        return (page.records.map(\.json), page.next)
    }

    package func countQuery(_ request: QueryRequest) throws -> Int {
        let (records, query) = try prepared(request)
        return try records.count(where: query.condition)
    }

    package func distinctQuery(_ request: QueryRequest, _ path: String, explains: Bool) throws -> JSONValue {
        let (records, query) = try prepared(request)
        let (values, explanation) = try records.explainedDistinct(
            path, where: query.condition, memory: Query.usualMemory)
        return explains ? explanation.json : .array(values.map(\.json))
    }

    package func groupQuery(
        _ request: QueryRequest, _ paths: [String], _ aggregates: [Aggregate], explains: Bool
    ) throws -> JSONValue {
        let (records, query) = try prepared(request)
        let (groups, explanation) = try records.explainedAggregate(
            aggregates, by: paths, where: query.condition, memory: Query.usualMemory)
        if explains { return explanation.json }
        return .array(groups.map { group in .array((group.values + group.results).map { $0?.json ?? .null }) })
    }

    package func explainQuery(_ request: QueryRequest) throws -> JSONValue {
        let (records, query) = try prepared(request)
        return try records.explain(query).json
    }

    // MARK: - Indexes

    package func indexList(_ schema: String) throws -> JSONValue {
        .array(
            try indexes(of: schema).map { index in
                ["name": .string(index.definition.name), "ready": .bool(index.isReady)]
            })
    }

    package func verifyIndexes(_ schema: String, _ names: [String]?) throws -> JSONValue {
        var found: [JSONValue] = []
        let result = try verifyIndexes(of: schema, names) { difference in
            guard found.count < 100 else { return }
            found.append(difference.json)
        }
        return [
            "records": .integer(result.records), "entries": .integer(result.entries),
            "differences": .integer(result.differences),
            "unbuilt": .array(result.unbuilt.map { .string($0) }), "first": .array(found),
        ]
    }

    package func rebuildIndex(_ schema: String, _ name: String) throws -> Int {
        try rebuildIndex(name, of: schema)
    }

    // MARK: - Documents

    package func createCollection(_ collection: String) throws { try documents(collection).create() }

    package func indexDocuments(
        _ collection: String, _ keys: JSONObject, name: String?, unique: Bool, sparse: Bool
    ) throws -> String {
        try documents(collection).createIndex(keys, name: name, unique: unique, sparse: sparse)
    }

    package func dropDocumentIndex(_ collection: String, _ name: String) throws {
        try documents(collection).dropIndex(name)
    }

    package func replaceDocument(
        _ collection: String, _ filter: JSONObject, _ document: JSONObject, upsert: Bool, _ durability: Durability
    ) throws -> JSONValue {
        try json(documents(collection).replaceOne(filter, document, upsert: upsert, durability: durability))
    }

    package func insertDocuments(
        _ collection: String, _ documents: [JSONObject], _ durability: Durability
    ) throws -> [JSONValue] {
        try self.documents(collection).insertMany(documents, durability: durability)
    }

    package func findDocuments(_ request: DocumentRequest) throws -> [JSONValue] {
        try documents(request.collection).find(
            request.filter, sort: request.sort, skip: request.skip, limit: request.limit,
            projection: request.projection
        ).map { .object($0) }
    }

    package func explainDocuments(_ request: DocumentRequest) throws -> JSONValue {
        try documents(request.collection).explain(
            request.filter, sort: request.sort, skip: request.skip, limit: request.limit
        ).json
    }

    package func countDocuments(_ collection: String, _ filter: JSONObject) throws -> Int {
        try documents(collection).countDocuments(filter)
    }

    package func distinctValues(_ collection: String, _ path: String, _ filter: JSONObject) throws -> [JSONValue] {
        try documents(collection).distinct(path, filter)
    }

    package func updateDocuments(
        _ collection: String, _ filter: JSONObject, _ update: JSONObject, many: Bool, upsert: Bool,
        _ durability: Durability
    ) throws -> JSONValue {
        let documents = try documents(collection)
        let change =
            many
            ? try documents.updateMany(filter, update, upsert: upsert, durability: durability)
            : try documents.updateOne(filter, update, upsert: upsert, durability: durability)
        return json(change)
    }

    private func json(_ change: DocumentChange) -> JSONValue {
        var result: JSONObject = ["matched": .integer(change.matched), "modified": .integer(change.modified)]
        if let id = change.upsertedID { result["upsertedId"] = id }
        return .object(result)
    }

    package func deleteDocuments(
        _ collection: String, _ filter: JSONObject, many: Bool, _ durability: Durability
    ) throws -> Int {
        let documents = try documents(collection)
        if many { return try documents.deleteMany(filter, durability: durability) }
        return try documents.deleteOne(filter, durability: durability) ? 1 : 0
    }
}

/// Undoes what a dry run wrote.
private struct NotWritten: Error {}
