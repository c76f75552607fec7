import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

@Suite("changes of a schema")
struct SchemaChangeTests {
    /// The book schema with some text replaced.
    private func schema(_ version: Int, _ changes: (String, String)...) throws -> SchemaDefinition {
        var text = bookYAML.replacing("version: 1", with: "version: \(version)")
        for (old, new) in changes { text = text.replacing(old, with: new) }
        return try SchemaDefinition(parsing: text, file: "b.yaml")
    }

    @Test("each difference has the class of what it asks for")
    func classes() throws {
        let changes: [([(String, String)], ChangeClass)] = [
            ([("max: 2100", "max: 2000")], .verified),
            ([("max: 2100", "max: 2200")], .instant),
            ([("{id: 6, type: json}", "{id: 6, type: json, required: true}")], .verified),
            ([("{id: 5, type: int, ", "{id: 5, type: int, required: true, default: 1, ")], .instant),
            ([("nullable: true, ", "")], .verified),
            ([("  extra:", "  isbn: {id: 7, type: string, required: true}\n  extra:")], .verified),
            ([("  extra:", "  isbn: {id: 7, type: string, required: true, default: x}\n  extra:")], .instant),
            ([("  extra:", "  isbn: {id: 7, type: string}\n  extra:")], .instant),
            ([("{id: 6, type: json}", "{id: 6, type: string}")], .rewritten),
            ([("  extra:", "  more:")], .rewritten),
            ([("  extra:  {id: 6, type: json}\n", ""), ("fields: [9]", "fields: [6, 9]")], .rewritten),
            ([("  extra:  {id: 6, type: json}\n", "")], .refused),
            ([("encoding: text", "encoding: tuple")], .rewritten),
            ([("book:{genre}:{id}", "book:{id}:{genre}")], .rewritten),
            ([("book:{genre}:{id}", "book:{genre}:{isbn}"), ("  id:", "  isbn:")], .instant),
            ([("fields: [9]", "fields: []")], .refused),
            ([("year:   {id: 5", "year:   {id: 8")], .refused),
        ]
        let old = try schema(1)
        for (change, kind) in changes {
            var text = bookYAML.replacing("version: 1", with: "version: 2")
            for (old, new) in change { text = text.replacing(old, with: new) }
            let differences = try SchemaDefinition(parsing: text, file: "b.yaml").differences(from: old)
            #expect(differences.map(\.kind).contains(kind), "\(change): \(differences)")
            #expect(differences.allSatisfy { $0.kind == kind || kind == .refused }, "\(change): \(differences)")
        }
    }

    @Test("a tightened check is taken when all records fit, and else the first that do not are named with their count")
    func verified() throws {
        let keyspace = try bookspace()
        let books = try keyspace.records("book")
        for id in 1...30 {
            try books.insert([
                "genre": "sf", "id": .scalar(.string("\(id)")), "title": "T", "author": "A",
                "year": .scalar(.integer(Int64(1990 + id))),
            ])
        }
        let tight = try schema(2, ("max: 2100", "max: 2000"))
        let plan = try keyspace.plan(tight)
        #expect(plan.records == 30)
        #expect(plan.obstacleCount == 20)
        #expect(plan.obstacles.count == SchemaPlan.mostObstacles)
        #expect(plan.obstacles.first?.key == "book:sf:11:year")
        let error = #expect(throws: RecordError.self) { try keyspace.apply(tight) }
        #expect(error?.code == .schemaConflict)
        #expect(error?.key == "book:sf:11:year")
        #expect(error?.field == "year")
        #expect(error?.message.contains("20 do not fit, after this one book:sf:12:year ") == true)
        #expect(keyspace.schema("book")?.version == 1)
        for id in 11...30 { try books.update(["sf", .string("\(id)")], set: ["year": 2000]) }
        #expect(try keyspace.plan(tight).obstacleCount == 0)
        #expect(try keyspace.apply(tight).outcome == .updated(from: 1))
        #expect(throws: RecordError.self) { try books.update(["sf", "1"], set: ["year": 2001]) }
    }

    @Test("a plan changes nothing, and says what refuses the change")
    func plan() throws {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        try keyspace.apply(schema(1))
        try keyspace.records("book").insert(wind)
        let before = try store.count()
        let refused = try keyspace.plan(schema(2, ("year:   {id: 5", "year:   {id: 8")))
        #expect(refused.obstacles.map(\.message).contains { $0.contains("changes its id from 5 to 8") })
        #expect(try keyspace.plan(schema(1, ("max: 2100", "max: 3000"))).obstacleCount == 1)
        #expect(try keyspace.plan(schema(1)).differences.isEmpty)
        let built = try keyspace.plan(schema(2, ("retired:", "indexes: {byYear: {id: 1, on: [year]}}\nretired:")))
        #expect(built.indexesToBuild == ["byYear"])
        #expect(built.records == 1)
        #expect(try store.count() == before)
        #expect(keyspace.schema("book")?.version == 1)
    }

    @Test("records of before a field was added have its default, wherever they are read")
    func defaults() throws {
        let keyspace = try bookspace()
        let books = try keyspace.records("book")
        try books.insert(wind)
        let added = try schema(
            2, ("  extra:", "  lang: {id: 7, type: string, required: true, default: en}\n  extra:"),
            ("retired:", "indexes: {byLang: {id: 1, on: [lang]}}\nretired:"))
        try keyspace.apply(added)
        try keyspace.rebuildIndex("byLang", of: "book")
        #expect(try books.get(["fantasy", "1"])?["lang"] == "en")
        #expect(try books.find(index: "byLang", equals: ["en"]).count == 1)
        #expect(try books.find(index: "byLang", equals: ["en"], fields: ["lang"]) == [["lang": "en"]])
        // What is not given is not stored, and does not keep the record from being whole.
        #expect(try keyspace.get("book:fantasy:1:lang") == nil)
        #expect(try books.update(["fantasy", "1"], set: ["year": nil])["lang"] == "en")
        #expect(try keyspace.get("book:fantasy:1:lang") == nil)
        try books.update(["fantasy", "1"], set: ["lang": "de"])
        #expect(try books.find(index: "byLang", equals: ["en"]).isEmpty)
        #expect(try keyspace.verifyIndexes(of: "book").differences == 0)
        try keyspace.delete("book:fantasy:1:lang")
        #expect(try books.find(index: "byLang", equals: ["en"]).count == 1)
        // Entries of the old default are no entries of the new one.
        let change = try keyspace.apply(
            schema(
                3, ("  extra:", "  lang: {id: 7, type: string, required: true, default: fr}\n  extra:"),
                ("retired:", "indexes: {byLang: {id: 1, on: [lang]}}\nretired:")))
        #expect(change.indexesToBuild == ["byLang"])
        try keyspace.rebuildIndex("byLang", of: "book")
        #expect(try books.find(index: "byLang", equals: ["fr"]).count == 1)
        #expect(try keyspace.verifyIndexes(of: "book").differences == 0)
    }

    @Test("a record with nothing stored but its key keeps that key when all its fields have defaults")
    func bareDefaults() throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(
            SchemaDefinition(
                parsing: "{schema: n, version: 1, key: 'n:{k}:{field}', fields: {k: {id: 1, type: string}, "
                    + "v: {id: 2, type: int, default: 7}}}", file: "n"))
        let notes = try keyspace.records("n")
        try notes.insert(["k": "a", "v": 1])
        #expect(try notes.update(["a"], set: ["v": nil])["v"] == 7)
        #expect(try notes.scan() == [["k": "a", "v": 7]])
        try notes.update(["a"], set: ["v": nil])
        #expect(try notes.scan() == [["k": "a", "v": 7]])
        #expect(try notes.count() == 1)
    }

    @Test("each version is kept with its changes, in the store")
    func history() throws {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        try keyspace.apply(schema(1))
        try keyspace.apply(schema(2, ("max: 2100", "max: 3000")))
        try keyspace.apply(schema(2, ("max: 2100", "max: 3000")))
        try keyspace.apply(schema(5, ("max: 2100", "max: 3000"), ("maxBytes: 64", "maxBytes: 100")))
        let events = try Keyspace(store).history(of: "book")
        #expect(events.map(\.version) == [1, 2, 5])
        #expect(events.map(\.kind) == [.created, .updated, .updated])
        #expect(events.map(\.definition).first == (try schema(1)))
        #expect(events[2].differences.map(\.description) == ["field genre changes maxBytes"])
        #expect(events[2].differences.map(\.kind) == [.instant])
        #expect(events[0].date.millisecondsSince1970 > 1_700_000_000_000)
        #expect(throws: RecordError.self) { try keyspace.history(of: "nope") }
        try keyspace.removeSchema("book")
        try keyspace.apply(schema(1))
        #expect(try keyspace.history(of: "book").map(\.version) == [1])
    }
}
