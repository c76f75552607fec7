import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

/// A keyspace over memory with the book schema.
func bookspace() throws -> Keyspace<MemoryStore> {
    let keyspace = try Keyspace(MemoryStore())
    try keyspace.apply(SchemaDefinition(parsing: bookYAML, file: "book.yaml"))
    return keyspace
}

/// All the user's keys and values of a store, as text.
func contents(_ keyspace: Keyspace<MemoryStore>) throws -> [String] {
    var lines: [String] = []
    let snapshot = keyspace.store.snapshot()
    var cursor = snapshot.cursor(in: Keyspace<MemoryStore>.userKeys, options: .forward)
    while let entry = cursor.next() {
        lines.append("\(RecordError.printable(entry.key))=\(RecordError.printable(entry.value))")
    }
    return lines
}

let wind: DynamicRecord = [
    "genre": "fantasy", "id": "1", "title": "Name of the Wind", "author": "Patrick Rothfuss", "year": 2007,
]

@Suite("the checked keyspace")
struct KeyspaceTests {
    @Test("keys under no schema go straight to the store, and keys that begin with FF are refused")
    func plain() throws {
        let keyspace = try bookspace()
        try keyspace.put("greeting", "hello")
        try keyspace.put("", "empty key")
        try keyspace.put("boo", "not book")
        try keyspace.put("book;", "beyond book:")
        #expect(try keyspace.get("greeting")?.string == "hello")
        try keyspace.delete("greeting")
        #expect(try contents(keyspace) == ["=empty key", "boo=not book", "book;=beyond book:"])
        let own: [UInt8] = [0xFF, 0x73, 0x01]
        for error in [
            #expect(throws: RecordError.self) { try keyspace.put(own, "x") },
            #expect(throws: RecordError.self) { try keyspace.delete(own) },
            #expect(throws: RecordError.self) { try keyspace.write { $0.put(own, "x") } },
            #expect(throws: RecordError.self) { try keyspace.transact { try $0.put(own, "x") } },
        ] {
            #expect(error?.code == .reservedKey)
        }
    }

    /// The ways into the keyspace.
    enum Door: CaseIterable { case put, batch, transaction }

    private func put(_ key: String, _ value: String, through door: Door, of keyspace: Keyspace<MemoryStore>) throws {
        switch door {
        case .put: try keyspace.put(key, value)
        case .batch:
            try keyspace.write {
                $0.put("plain", "x")
                $0.put(key, value)
            }
        case .transaction: try keyspace.transact { try $0.put(key, value) }
        }
    }

    @Test("a bad value is refused by key, field and reason, whichever door it comes through", arguments: Door.allCases)
    func badValues(door: Door) throws {
        let keyspace = try bookspace()
        try keyspace.records("book").insert(wind)
        let before = try contents(keyspace)
        for (key, value, message) in [
            ("book:fantasy:1:year", "abc", "schema book: book:fantasy:1:year: field year: \"abc\" is not an integer"),
            ("book:fantasy:1:year", "3000", "schema book: book:fantasy:1:year: field year: 3000 is above"),
            ("book:fantasy:1:year", "007", "schema book: book:fantasy:1:year: field year: "),
            ("book:fantasy:1:year", "", "schema book: book:fantasy:1:year: field year: "),
            ("book:fantasy:1:extra", "{", "schema book: book:fantasy:1:extra: field extra: not JSON"),
            ("book:fantasy:1:title", "\u{0}", "schema book: book:fantasy:1:title: field title: null is not allowed"),
            ("book:fantasy:1:title", "\u{0}x", "schema book: book:fantasy:1:title: field title: the stored value"),
            ("book:fantasy:1:", "x", "schema book: book:fantasy:1:: the key without a field's name"),
            ("book:fantasy", "x", "schema book: book:fantasy: keys under this prefix have the shape"),
            ("book:fantasy:1:a:b", "x", "schema book: book:fantasy:1:a:b: "),
            ("book:fantasy:1 2:title", "x", "schema book: book:fantasy:1 2:: field id: \"1 2\" does not match"),
            ("book:\(String(repeating: "g", count: 65)):1:title", "x", "schema book: book:ggg"),
            ("book:a;x:1:title", "x", "schema book: book:a;x:1:: field genre: a ; that is followed"),
        ] {
            let error = #expect(throws: RecordError.self) { try put(key, value, through: door, of: keyspace) }
            let description = error.map { "\($0)" } ?? ""
            #expect(description.hasPrefix(message), "\(description)")
        }
        #expect(try contents(keyspace) == before)
    }

    @Test("a good value under a schema is stored, and an unknown field is kept", arguments: Door.allCases)
    func goodValues(door: Door) throws {
        let keyspace = try bookspace()
        try keyspace.records("book").insert(wind)
        try put("book:fantasy:1:year", "2008", through: door, of: keyspace)
        try put("book:fantasy:1:shelf", "A;3", through: door, of: keyspace)
        let record = try #require(try keyspace.records("book").get(["fantasy", "1"]))
        #expect(record["year"] == 2008)
        #expect(record["shelf"] == .raw(Array("A;3".utf8)))
    }

    @Test("a record begins with its required fields in one batch, and does not lose one")
    func required() throws {
        let keyspace = try bookspace()
        var error = #expect(throws: RecordError.self) { try keyspace.put("book:fantasy:1:title", "x") }
        #expect(error?.code == .missingField)
        #expect(error?.field == "author")
        try keyspace.write {
            $0.put("book:fantasy:1:title", "Name of the Wind")
            $0.put("book:fantasy:1:author", "Patrick Rothfuss")
        }
        error = #expect(throws: RecordError.self) { try keyspace.delete("book:fantasy:1:title") }
        #expect(error?.code == .missingField)
        #expect(throws: RecordError.self) {
            try keyspace.write {
                $0.delete("book:fantasy:1:title")
                $0.delete("book:fantasy:1:author")
            }
        }
        try keyspace.put("book:fantasy:1:year", "2007")
        try keyspace.delete("book:fantasy:1:year")
        #expect(
            try contents(keyspace) == [
                "book:fantasy:1:author=Patrick Rothfuss", "book:fantasy:1:title=Name of the Wind",
            ])
        // Who deletes the marker, too, means the record.
        try keyspace.write {
            $0.delete("book:fantasy:1:title")
            $0.delete("book:fantasy:1:author")
            $0.delete("book:fantasy:1:")
        }
        #expect(try contents(keyspace).isEmpty)
    }

    @Test("a record with no stored field keeps its marker key, and only then", arguments: ["text", "tuple"])
    func marker(encoding: String) throws {
        let keyspace = try Keyspace(MemoryStore())
        let text =
            "{schema: t, version: 1, key: 't:{k}:{field}', encoding: \(encoding), fields: "
            + "{k: {id: 1, type: string}, v: {id: 2, type: int}}}"
        let schema = try SchemaDefinition(parsing: text, file: "t")
        try keyspace.apply(schema)
        let records = try keyspace.records("t")
        func keys() throws -> [[UInt8]] {
            let snapshot = keyspace.store.snapshot()
            var cursor = snapshot.cursor(in: Keyspace<MemoryStore>.userKeys, options: .forward)
            var keys: [[UInt8]] = []
            while let entry = cursor.next() { keys.append(entry.key.array) }
            return keys
        }
        let marker = try schema.layout.key(["a"], field: "")
        let field = try schema.layout.key(["a"], field: "v")
        try records.insert(["k": "a"])
        #expect(try keys() == [marker])
        #expect(try records.scan() == [["k": "a"]])
        try keyspace.put(field, "7")
        #expect(try keys() == [field])
        try keyspace.delete(field)
        #expect(try keys() == [marker])
        try records.update(["a"], set: ["v": 8])
        #expect(try keys() == [field])
        try records.upsert(["k": "a"])
        #expect(try keys() == [marker])
        try keyspace.delete(marker)
        #expect(try keys().isEmpty)
        try keyspace.put(marker, "")
        #expect(try records.get(["a"]) == ["k": "a"])
    }

    @Test("a transaction sees its own writes, and one that throws leaves nothing")
    func transactions() throws {
        let keyspace = try bookspace()
        let books = try keyspace.records("book")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try keyspace.transact { transaction in
                try books.insert(wind, in: &transaction)
                try transaction.put("x", "y")
                throw Stop()
            }
        }
        #expect(try contents(keyspace).isEmpty)
        let count = try keyspace.transact { transaction in
            try books.insert(wind, in: &transaction)
            try transaction.put("book:fantasy:1:year", "2010")
            try books.move(["fantasy", "1"], to: ["epic", "1"], in: &transaction)
            let year = try transaction.get("book:epic:1:year")
            #expect(year?.string == "2010")
            var cursor = transaction.cursor()
            var count = 0
            while try cursor.next() != nil { count += 1 }
            return count
        }
        #expect(count == 3)
        let error = #expect(throws: (any Error).self) { try keyspace.transact { _ in try keyspace.put("a", "b") } }
        #expect(error != nil)
    }
}
