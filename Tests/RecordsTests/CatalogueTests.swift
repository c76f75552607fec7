import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

@Suite("the catalogue")
struct CatalogueTests {
    /// The book schema with some text replaced.
    private func schema(_ version: Int, _ changes: (String, String)...) throws -> SchemaDefinition {
        var text = bookYAML.replacing("version: 1", with: "version: \(version)")
        for (old, new) in changes { text = text.replacing(old, with: new) }
        return try SchemaDefinition(parsing: text, file: "b.yaml")
    }

    @Test("a schema is kept in the store, and another keyspace finds it there")
    func persistence() throws {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        let book = try schema(1)
        #expect(try keyspace.apply(book).outcome == .created)
        #expect(try keyspace.apply(book).outcome == .unchanged)
        let again = try Keyspace(store)
        #expect(again.schemas == [book])
        #expect(again.schema("book") == book)
        #expect(again.schema("nope") == nil)
        #expect(throws: RecordError.self) { try again.put("book:x", "y") }
        // FF s and the tuple ("book"); FF v.
        #expect(try store.contains([0xFF, 0x73, 0x02] + Array("book".utf8) + [0x00]))
        #expect(store.get([UInt8]([0xFF, 0x76]).span)?.string == "1")
    }

    @Test("a newer format is refused, and a store without schemas is left as it is")
    func format() throws {
        let store = MemoryStore()
        _ = try Keyspace(store)
        #expect(try store.count() == 0)
        try store.put([UInt8]([0xFF, 0x76]), "2")
        let error = #expect(throws: RecordError.self) { try Keyspace(store) }
        #expect(error?.code == .newerFormat)
    }

    @Test("a damaged entry is refused with its key")
    func damaged() throws {
        for text in ["", "{", "[]", "{\"schema\":\"x\"}"] {
            let store = MemoryStore()
            try store.put([0xFF, 0x73, 0x02, 0x78, 0x00] as [UInt8], text)
            #expect(throws: RecordError.self) { try Keyspace(store) }
        }
    }

    @Test("instant changes are taken with a higher version")
    func instant() throws {
        let keyspace = try bookspace()
        try keyspace.records("book").insert(wind)
        let changed = try schema(
            2, ("max: 2100", "max: 3000"),
            ("author: {id: 4, type: string, required: true}", "author: {id: 4, type: string}"),
            ("maxBytes: 64", "maxBytes: 100"), ("  extra:", "  isbn: {id: 7, type: string}\n  extra:"))
        #expect(throws: RecordError.self) { try keyspace.apply(schema(1, ("max: 2100", "max: 3000"))) }
        let change = try keyspace.apply(changed)
        #expect(change.outcome == .updated(from: 1))
        #expect(change.differences.count == 4)
        try keyspace.put("book:fantasy:1:year", "2500")
        try keyspace.delete("book:fantasy:1:author")
        #expect(try keyspace.records("book").get(["fantasy", "1"])?["year"] == 2500)
        #expect(throws: RecordError.self) { try keyspace.apply(schema(1)) }
    }

    @Test("a new schema must fit the keys that are there, and names the first that does not")
    func existingKeys() throws {
        for (key, value, part) in [
            ("book:fantasy", "x", "book:fantasy: "), ("book:f:1:year", "x", "book:f:1:year: field year"),
            ("book:f:1:title", "x", "field author"), ("book:f:a b:title", "x", "field id"), ("book:", "", "book:: "),
        ] {
            let keyspace = try Keyspace(MemoryStore())
            try keyspace.put("book:a:1:author", "A")
            try keyspace.put("book:a:1:title", "T")
            try keyspace.put("book:a:1:unknown", "U")
            try keyspace.put(key, value)
            let error = #expect(throws: RecordError.self) { try keyspace.apply(schema(1)) }
            #expect(error?.code == .schemaConflict)
            #expect(error.map { "\($0)".contains(part) } == true, "\(error.map { "\($0)" } ?? "")")
            #expect(keyspace.schemas.isEmpty)
            try keyspace.delete(key)
            try keyspace.apply(schema(1))
            #expect(try keyspace.records("book").count() == 1)
        }
    }

    @Test("schemas whose keys overlap cannot live together; others may share a beginning")
    func overlap() throws {
        func small(_ name: String, _ key: String) throws -> SchemaDefinition {
            try SchemaDefinition(
                parsing: "{schema: \(name), version: 1, key: '\(key)', fields: {k: {id: 1, type: string}, "
                    + "v: {id: 2, type: string}}}", file: "s")
        }
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(small("a", "x:{k}:one:{field}"))
        let error = #expect(throws: RecordError.self) { try keyspace.apply(small("b", "x:{k}:{field}")) }
        #expect(error?.message.contains("schema a") == true)
        try keyspace.apply(small("c", "x:{k}:two:{field}"))
        try keyspace.apply(small("d", "x:y:three:{k}:{field}"))
        try keyspace.records("a").insert(["k": "1", "v": "a"])
        try keyspace.records("c").insert(["k": "1", "v": "c"])
        try keyspace.records("d").insert(["k": "1", "v": "d"])
        try keyspace.put("x:y:three:1:v", "D")
        for (name, value) in [("a", "a"), ("c", "c"), ("d", "D")] {
            #expect(try keyspace.records(name).scan().map { $0["v"] } == [.scalar(.string(value))])
        }
        #expect(throws: RecordError.self) { try keyspace.put("x:1:four:v", "x") }
        #expect(throws: RecordError.self) { try keyspace.put("x:1", "x") }
    }

    @Test("a schema goes when it has no records, or leaves them as plain keys")
    func remove() throws {
        let keyspace = try bookspace()
        let books = try keyspace.records("book")
        try books.insert(wind)
        var error = #expect(throws: RecordError.self) { try keyspace.removeSchema("book") }
        #expect(error?.code == .schemaInUse)
        error = #expect(throws: RecordError.self) { try keyspace.removeSchema("books") }
        #expect(error?.message.contains("did you mean book?") == true)
        try keyspace.removeSchema("book", keepData: true)
        #expect(keyspace.schemas.isEmpty)
        try keyspace.put("book:fantasy:1:year", "abc")
        error = #expect(throws: RecordError.self) { try books.scan() }
        #expect(error?.code == .unknownSchema)
    }

    @Test("a schema that is applied meanwhile is heard of by every writer")
    func race() async throws {
        for _ in 0..<20 {
            let keyspace = try Keyspace(MemoryStore())
            let definition = try schema(1)
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for number in 0..<50 {
                            try? keyspace.put("book:\(writer):\(number)", "no record's key")
                        }
                    }
                }
                group.addTask { _ = try? keyspace.apply(definition) }
            }
            // Either the keys were there first, and it was refused; or it was first, and they were.
            let count = try keyspace.store.count(in: Keyspace<MemoryStore>.userKeys)
            #expect(keyspace.schemas.isEmpty ? count == 200 : count == 0)
        }
    }
}
