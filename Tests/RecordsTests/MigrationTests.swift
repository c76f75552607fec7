import Testing

internal import KeySchemas
internal import OrderedStore
@testable internal import Records

@Suite("rewrites of a schema's records")
struct MigrationTests {
    /// A version of the schema: another key, other fields, indexes over them.
    private func schema(
        _ version: Int, key: String = "item:{group}:{id}:{field}", encoding: KeyEncoding = .text,
        _ change: (FieldDefinition) -> FieldDefinition? = { $0 }
    ) throws -> SchemaDefinition {
        let old = try shelfSchema(indexes: "  {}").fields
        let fields = old.compactMap(change)
        func name(_ id: Int) -> String? { fields.first { $0.id == id }?.name }
        var indexes: [IndexDefinition] = []
        if let title = name(3), let year = name(4), let code = name(7) {
            indexes.append(
                IndexDefinition(
                    "byName", id: 1, on: [IndexPart(title), IndexPart(year, descending: true)], include: [code]))
        }
        if let code = name(7) {
            indexes.append(IndexDefinition("byCode", id: 2, on: [IndexPart(code)], unique: true, sparse: true))
        }
        return try SchemaDefinition(
            "item", version: version, key: KeyTemplate(key), encoding: encoding, fields: fields, indexes: indexes,
            retiredFields: old.map(\.id).filter { id in !fields.contains { $0.id == id } },
            retiredIndexes: [1, 2].filter { id in !indexes.contains { $0.id == id } })
    }

    /// The same field with another name or type.
    private func changed(_ field: FieldDefinition, name: String? = nil, type: FieldType? = nil) -> FieldDefinition {
        FieldDefinition(
            name ?? field.name, id: field.id, type: type ?? field.type, isRequired: field.isRequired,
            isNullable: field.isNullable, isKeyPart: field.isKeyPart)
    }

    private var elsewhere: String { "things:{group}:{id}:{field}" }

    private func fill(_ keyspace: Keyspace<MemoryStore>, _ count: Int) throws {
        let items = try keyspace.records("item")
        for id in 0..<count {
            var record: DynamicRecord = [
                "group": .scalar(.string(["a", "b:", "é"][id % 3])), "id": .scalar(.integer(Int64(id))),
            ]
            if id % 4 != 0 { record["name"] = .scalar(.string("n\(id % 5)")) }
            if id % 3 != 0 { record["year"] = id % 7 == 0 ? .null : .scalar(.integer(Int64(1900 + id))) }
            if id % 5 != 0 { record["code"] = .scalar(.string("\(id)")) }
            if id % 6 == 0 { record["score"] = 1.5 }
            if id % 11 == 0 { record["odd"] = .raw(Array("kept".utf8)) }
            try items.insert(record)
        }
    }

    private func space(_ count: Int) throws -> (MemoryStore, Keyspace<MemoryStore>) {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        try keyspace.apply(schema(1))
        try fill(keyspace, count)
        return (store, keyspace)
    }

    /// Nothing of a migration is left.
    private func isClean(_ store: MemoryStore) -> Bool {
        store.contents(.prefix([0xFF, 0x6A])).isEmpty && store.contents(.prefix([0xFF, 0x67])).isEmpty
    }

    @Test("each kind of rewrite gives the records of the new version, can be rolled back byte for byte, and committed")
    func kinds() throws {
        func rename(_ record: DynamicRecord) -> DynamicRecord {
            var new = DynamicRecord()
            for field in record.fields { new[field.name == "code" ? "isbn" : field.name] = field.value }
            return new
        }
        let kinds: [(String, (DynamicRecord) -> DynamicRecord, SchemaDefinition)] = [
            (
                "type", { $0.replacing("code") { .scalar(.integer(Int64($0.description) ?? -1)) } },
                try schema(2) { $0.id == 7 ? changed($0, type: .scalar(.int())) : $0 }
            ),
            (
                "to string", { $0.replacing("year") { $0 == .null ? .null : .scalar(.string($0.description)) } },
                try schema(2) { $0.id == 4 ? changed($0, type: .scalar(.string)) : $0 }
            ),
            ("template", { $0 }, try schema(2, key: "item:{id}:{group}:{field}")),
            ("elsewhere", { $0 }, try schema(2, key: elsewhere)),
            ("encoding", { $0 }, try schema(2, encoding: .tuple)),
            ("removed", { $0.replacing("year") { _ in nil } }, try schema(2) { $0.id == 4 ? nil : $0 }),
            ("renamed", rename, try schema(2) { $0.id == 7 ? changed($0, name: "isbn") : $0 }),
        ]
        for (name, expected, definition) in kinds {
            let (store, keyspace) = try space(100)
            let items = try keyspace.records("item")
            let old = try items.scan()
            let before = store.contents(.init(to: [0xFF]))
            let plan = try keyspace.plan(definition)
            #expect(plan.rewrites && plan.obstacleCount == 0 && plan.records == 100, "\(name): \(plan.obstacles)")
            let change = try keyspace.apply(definition)
            #expect(change.outcome == .migrated(from: 1, records: 100), "\(name)")
            #expect(try keyspace.migration(of: "item")?.phase == .switched)
            func sorted(_ records: [DynamicRecord]) -> [DynamicRecord] {
                records.sorted { "\($0["id"] ?? .null)" < "\($1["id"] ?? .null)" }
            }
            func check() throws {
                #expect(
                    sorted(try items.scan()) == sorted(old.map(expected)).map { $0.ordered(by: definition) }, "\(name)")
                let result = try keyspace.verifyIndexes(of: "item")
                #expect(result.differences == 0 && result.unbuilt.isEmpty && result.records == 100, "\(name)")
            }
            try check()
            #expect(try keyspace.undoneByRollback(of: "item").changed == 0)
            // What is written under the new version is undone with it.
            let code = definition.field(id: 7)?.name ?? ""
            try items.delete(parts(old[3], definition))
            try items.update(parts(expected(old[4]), definition), set: [code: nil, "name": "other"])
            var added = expected(old[5])
            added["id"] = 1000
            added[code] = nil
            try items.insert(added)
            let undone = try keyspace.undoneByRollback(of: "item")
            #expect(undone == RollbackPlan(version: 1, records: 100, changed: 1, inserted: 1, deleted: 1), "\(name)")
            try keyspace.rollback("item")
            #expect(store.contents(.init(to: [0xFF])) == before, "\(name)")
            #expect(try items.scan() == old, "\(name)")
            #expect(try keyspace.verifyIndexes(of: "item").differences == 0, "\(name)")
            #expect(isClean(store), "\(name)")
            // Once more, and for good.
            try keyspace.apply(definition)
            try check()
            try keyspace.commit("item")
            try check()
            #expect(isClean(store), "\(name)")
            #expect(store.contents(.prefix([0xFF, 0x69])).count == (try keyspace.verifyIndexes(of: "item").entries))
            let events = try Keyspace(store).history(of: "item")
            #expect(events.map(\.kind) == [.created, .migrated, .rolledBack, .migrated, .committed])
            #expect(events.map(\.version) == [1, 2, 1, 2, 2])
            #expect(throws: RecordError.self) { try keyspace.rollback("item") }
        }
    }

    private func parts(_ record: DynamicRecord, _ definition: SchemaDefinition) -> [KeyValue] {
        definition.keyFields.compactMap { if case .scalar(let value)? = record[$0.name] { value } else { nil } }
    }

    @Test(
        "a value that cannot be converted, and keys that would be one, stop the plan with the record, and nothing is changed"
    )
    func obstacles() throws {
        let (store, keyspace) = try space(20)
        let items = try keyspace.records("item")
        try items.update(["a", 3], set: ["code": "x"])
        let contents = store.contents()
        let toInt = try schema(2) { $0.id == 7 ? changed($0, type: .scalar(.int())) : $0 }
        let error = #expect(throws: RecordError.self) { try keyspace.apply(toInt) }
        #expect(error?.code == .schemaConflict)
        #expect(error?.key == "item:a:3:")
        #expect(error?.field == "code")
        #expect(error?.message == "something there does not fit: \"x\" is not an integer")
        // The part of the key that tells records apart is in it no more.
        let collide = try schema(2, key: "item:{group}:{field}") {
            FieldDefinition($0.name, id: $0.id, type: $0.type, isNullable: $0.isNullable)
        }
        let plan = try keyspace.plan(collide)
        #expect(plan.obstacleCount == 17)
        #expect(plan.obstacles.first?.key == "item:a:12:")
        #expect(throws: RecordError.self) { try keyspace.apply(collide) }
        // A key of nobody is where the new records would be.
        try keyspace.put("things:x", "mine")
        let moved = try schema(2, key: elsewhere)
        #expect(try keyspace.plan(moved).obstacles.map(\.key) == ["things:x"])
        try keyspace.delete("things:x")
        #expect(store.contents() == contents)
        #expect(try keyspace.migration(of: "item") == nil)
    }

    @Test("while a rewrite is neither committed nor rolled back, what would disturb it is refused and says what to do")
    func refusals() throws {
        let (_, keyspace) = try space(20)
        let moved = try schema(2, key: elsewhere)
        try keyspace.apply(moved)
        #expect(try keyspace.apply(moved).outcome == .unchanged)
        for attempt: () throws -> Void in [
            { try keyspace.apply(schema(3, key: "others:{group}:{id}:{field}")) },
            { try keyspace.removeSchema("item", keepData: true) },
            { try keyspace.put("item:free", "x") },
            { try keyspace.put("item:a:3:name", "x") },
        ] {
            let error = #expect(throws: RecordError.self) { try attempt() }
            #expect(error?.code == .migrating, "\(error.map { "\($0)" } ?? "")")
        }
        try keyspace.put("things:a:3:name", "x")
        #expect(try keyspace.records("item").get(["a", 3])?["name"] == "x")
        try keyspace.commit("item")
        try keyspace.put("item:free", "x")
        let error = #expect(throws: RecordError.self) { try keyspace.commit("item") }
        #expect(error?.code == .schemaConflict)
    }
}

extension DynamicRecord {
    fileprivate func replacing(_ name: String, _ change: (FieldValue) -> FieldValue?) -> DynamicRecord {
        var record = self
        if let value = record[name] { record[name] = change(value) }
        return record
    }

    /// The fields in the order that a schema's records have them.
    fileprivate func ordered(by schema: SchemaDefinition) -> DynamicRecord {
        var record = DynamicRecord()
        for field in schema.keyFields + schema.storedFields { record[field.name] = self[field.name] }
        for field in fields where record[field.name] == nil { record[field.name] = field.value }
        return record
    }
}
