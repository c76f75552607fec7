import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

@Suite("dynamic records")
struct DynamicRecordTests {
    private let keyspace: Keyspace<MemoryStore>
    private let books: DynamicRecords<MemoryStore>

    init() throws {
        keyspace = try bookspace()
        books = try keyspace.records("book")
    }

    private func book(_ genre: String, _ id: String, _ more: DynamicRecord = [:]) -> DynamicRecord {
        var record: DynamicRecord = [
            "genre": .scalar(.string(genre)), "id": .scalar(.string(id)), "title": .scalar(.string("T\(id)")),
            "author": "A",
        ]
        for field in more.fields { record[field.name] = field.value }
        return record
    }

    @Test("a record is stored as a key a field, and comes back whole, in schema order")
    func insert() throws {
        let extra = try FieldValue.json(JSONValue(parsing: #"{"b":[1,2.50],"a":null}"#))
        try books.insert(book("sci:fi", "1", ["extra": extra, "year": .null]))
        #expect(
            try contents(keyspace) == [
                "book:sci;0fi:1:author=A", "book:sci;0fi:1:extra={\"b\":[1,2.50],\"a\":null}",
                "book:sci;0fi:1:title=T1",
                "book:sci;0fi:1:year=\\x00",
            ])
        let record = try #require(try books.get(["sci:fi", "1"]))
        #expect(record.fields.map(\.name) == ["genre", "id", "title", "author", "year", "extra"])
        #expect(
            record.json.text()
                == #"{"genre":"sci:fi","id":"1","title":"T1","author":"A","year":null,"extra":{"b":[1,2.50],"a":null}}"#
        )
        #expect(try books.get(["sci:fi", "2"]) == nil)
        #expect(try books.get(["sci:fi", "1"], fields: ["title", "id"]) == ["id": "1", "title": "T1"])
    }

    @Test("inserting a record that is there is refused; upserting replaces it and keeps unknown fields")
    func insertAndUpsert() throws {
        try books.insert(wind)
        let error = #expect(throws: RecordError.self) { try books.insert(wind) }
        #expect(error?.code == .alreadyExists)
        try keyspace.put("book:fantasy:1:shelf", "A3")
        var other = wind
        other["year"] = nil
        other["title"] = "The Name of the Wind"
        try books.upsert(other)
        other["shelf"] = .raw(Array("A3".utf8))
        #expect(try books.get(["fantasy", "1"]).map { Set($0.fields) } == Set(other.fields))
        try books.upsert(book("new", "1"))
        #expect(try books.count() == 2)
    }

    @Test("some fields are changed, removed and kept; required ones and the key are not removed so")
    func update() throws {
        try books.insert(wind)
        let updated = try books.update(["fantasy", "1"], set: ["year": nil, "title": "W", "shelf": .raw([1])])
        #expect(updated["year"] == nil)
        #expect(try books.get(["fantasy", "1"]) == updated)
        #expect(try books.update(["fantasy", "1"], set: ["shelf": nil])["shelf"] == nil)
        #expect(try contents(keyspace) == ["book:fantasy:1:author=Patrick Rothfuss", "book:fantasy:1:title=W"])
        for (changes, code) in [
            (["title": nil], .missingField), (["id": "2"], .invalidValue), (["titel": "x"], .unknownField),
            (["year": "x"], .invalidValue), (["shelf": nil], .unknownField),
        ] as [([String: FieldValue?], RecordError.Code)] {
            let error = #expect(throws: RecordError.self) { try books.update(["fantasy", "1"], set: changes) }
            #expect(error?.code == code)
        }
        let error = #expect(throws: RecordError.self) { try books.update(["fantasy", "2"], set: ["year": 1]) }
        #expect(error?.code == .notFound)
    }

    @Test("a deleted record leaves nothing, and its neighbours alone")
    func delete() throws {
        for id in ["1", "10", "11"] { try books.insert(book("g", id)) }
        try keyspace.put("book:g:1:unknown", "x")
        #expect(try books.delete(["g", "1"]))
        #expect(try !books.delete(["g", "1"]))
        #expect(try books.scan().map { $0["id"] } == ["10", "11"])
        #expect(try contents(keyspace).count == 4)
    }

    @Test("an insert sees a record that its transaction took a required field from, and one that it removed as gone")
    func insertAfterPlainWrites() throws {
        try books.insert(wind)
        let before = try contents(keyspace)
        let error = #expect(throws: RecordError.self) {
            try keyspace.transact { transaction in
                try transaction.delete("book:fantasy:1:title")
                try books.insert(wind, in: &transaction)
            }
        }
        #expect(error?.code == .alreadyExists)
        #expect(try contents(keyspace) == before)
        try keyspace.transact { transaction in
            try #expect(books.delete(["fantasy", "1"], in: &transaction))
            try books.insert(wind, in: &transaction)
        }
        #expect(try contents(keyspace) == before)
    }

    @Test("a record moves with all its fields; an occupied place is an error unless told otherwise")
    func move() throws {
        try books.insert(wind)
        try keyspace.put("book:fantasy:1:shelf", "A3")
        try books.insert(book("epic", "1", ["year": 1]))
        let error = #expect(throws: RecordError.self) { try books.move(["fantasy", "1"], to: ["epic", "1"]) }
        #expect(error?.code == .alreadyExists)
        try books.move(["fantasy", "1"], to: ["epic", "1"], overwriting: true)
        #expect(try books.count() == 1)
        let moved = try #require(try books.get(["epic", "1"]))
        #expect(moved["title"] == "Name of the Wind")
        #expect(moved["shelf"] == .raw(Array("A3".utf8)))
        #expect(throws: RecordError.self) { try books.move(["fantasy", "1"], to: ["x", "1"]) }
        #expect(throws: RecordError.self) { try books.move(["epic", "1"], to: ["x", "a b"]) }
        try books.move(["epic", "1"], to: ["epic", "1"])
        #expect(try books.get(["epic", "1"]) == moved)
    }

    @Test("what a record must be is said by field")
    func refusals() throws {
        for (record, field, code) in [
            (book("g", "1", ["year": 5000]), "year", .invalidValue),
            (book("g", "1", ["yaer": 5]), "yaer", .unknownField),
            (book("g", "a:b"), "id", .invalidValue),
            (["genre": "g", "id": "1", "title": "x"], "author", .missingField),
            (["genre": "g", "title": "x", "author": "y"], "id", .missingField),
            (book("g", "1", ["title": .null]), "title", .invalidValue),
            (book("g", "1", ["title": 5]), "title", .invalidValue),
            (book("g", "1", ["year": 5.5]), "year", .invalidValue),
        ] as [(DynamicRecord, String, RecordError.Code)] {
            let error = #expect(throws: RecordError.self) { try books.insert(record) }
            #expect(error?.field == field)
            #expect(error?.code == code)
        }
        #expect(try contents(keyspace).isEmpty)
        #expect(throws: RecordError.self) { try keyspace.records("boko") }
    }

    private func ids(_ scan: RecordScan) throws -> [String] {
        try books.scan(scan).map { $0["id"].map { "\($0)" } ?? "" }
    }

    @Test("scans go over leading parts, beginnings, in reverse, and with a limit")
    func scans() throws {
        for (genre, id) in [("a", "1"), ("a", "10"), ("a", "2"), ("a2", "1"), ("b", "7"), ("", "0")] {
            try books.insert(book(genre, id))
        }
        try keyspace.put("book", "plain")
        // `10:` comes before `1:`, as 0 comes before the colon: grouped.
        #expect(try ids(RecordScan(under: ["a"])) == ["10", "1", "2"])
        #expect(try ids(RecordScan(under: ["a"], reverse: true)) == ["2", "1", "10"])
        #expect(try ids(RecordScan(under: ["a"], limit: 2)) == ["10", "1"])
        #expect(try ids(RecordScan(under: ["a"], startingWith: "1")) == ["10", "1"])
        #expect(try ids(RecordScan(startingWith: "a")) == ["1", "10", "1", "2"])
        #expect(try ids(RecordScan(under: [""])) == ["0"])
        #expect(try ids(RecordScan(under: ["a", "2"])) == ["2"])
        #expect(try ids(RecordScan(limit: 0)) == [])
        #expect(try ids(RecordScan(under: ["nobody"])) == [])
        #expect(try books.count() == 6)
        #expect(try books.count(RecordScan(under: ["a"])) == 3)
        let error = #expect(throws: RecordError.self) { try books.scan(RecordScan(under: ["a"], from: "1", to: "2")) }
        #expect(error?.code == .unordered)
        #expect(error?.field == "id")
        #expect(try ids(RecordScan(under: ["a"], from: "1", to: "2", filters: true)) == ["10", "1"])
        #expect(throws: RecordError.self) { try books.scan(RecordScan(under: [1])) }
        #expect(throws: RecordError.self) { try books.scan(RecordScan(fields: ["titel"])) }
    }

    @Test("a part of strict order takes ranges", arguments: ["text", "tuple"])
    func ranges(encoding: String) throws {
        let text =
            "{schema: m, version: 1, key: 'm:{n}:{field}', encoding: \(encoding), fields: "
            + "{n: {id: 1, type: int, pad: 4}, v: {id: 2, type: string}}}"
        try keyspace.apply(SchemaDefinition(parsing: text, file: "m"))
        let records = try keyspace.records("m")
        for n in [-20, -3, 0, 5, 40, 9999] { try records.insert(["n": .scalar(.integer(Int64(n))), "v": "x"]) }
        func numbers(_ scan: RecordScan) throws -> [FieldValue?] { try records.scan(scan).map { $0["n"] } }
        #expect(try numbers(RecordScan(from: -3, to: 40)) == [-3, 0, 5])
        #expect(try numbers(RecordScan(from: 1)) == [5, 40, 9999])
        #expect(try numbers(RecordScan(to: -3, reverse: true)) == [-20])
        #expect(try numbers(RecordScan(from: 1, reverse: true)) == [9999, 40, 5])
    }

    @Test("pages end with whole records, resume from their tokens, and refuse those of other scans")
    func pages() throws {
        for n in 0..<23 { try books.insert(book(n % 2 == 0 ? "a" : "b", "\(n)")) }
        for reverse in [false, true] {
            for size in [1, 2, 7, 23, 50] {
                let scan = RecordScan(reverse: reverse, limit: size)
                var token: String?
                var paged: [DynamicRecord] = []
                repeat {
                    let page = try books.page(scan, after: token)
                    #expect(page.records.count <= size)
                    paged += page.records
                    token = page.next
                } while token != nil
                #expect(try paged == books.scan(RecordScan(reverse: reverse)))
            }
        }
        let token = try #require(try books.page(RecordScan(under: ["a"], limit: 2)).next)
        for (scan, token) in [
            (RecordScan(under: ["b"], limit: 2), token), (RecordScan(under: ["a"], reverse: true, limit: 2), token),
            (RecordScan(under: ["a"]), String(token.dropLast(2))), (RecordScan(under: ["a"]), "xyz"),
            (RecordScan(under: ["a"]), ""), (RecordScan(under: ["a"]), "00" + token.dropFirst(2)),
        ] {
            let error = #expect(throws: RecordError.self) { try books.page(scan, after: token) }
            #expect(error?.code == .badToken)
        }
        // The record that a page ended with may go meanwhile.
        let last = try #require(try books.page(RecordScan(under: ["a"], limit: 2)).records.last)
        try books.delete(["a", .string(last["id"].map { "\($0)" } ?? "")])
        #expect(try books.page(RecordScan(under: ["a"], limit: 2), after: token).records.count == 2)
    }

    @Test("CSV cells and JSON members become values by one rule")
    func coercion() throws {
        let schema = try books.schema
        let cells = [("genre", ""), ("id", "5"), ("title", ""), ("author", "A, B"), ("year", "2008.0"), ("extra", "")]
        let record = try schema.record(text: cells.map { (name: $0.0, text: $0.1) })
        #expect(record == ["genre": "", "id": "5", "title": "", "author": "A, B", "year": 2008])
        try books.insert(record)
        for (text, field) in [("2008.5", "year"), ("x", "year"), ("1e9", "year")] {
            let error = #expect(throws: RecordError.self) { try schema.record(text: [(name: field, text: text)]) }
            #expect(error?.field == field)
        }
        let json = try JSONValue(parsing: #"{"genre":"g","id":"6","title":"t","author":"a","year":2008.0,"extra":[1]}"#)
        let fromJSON = try schema.record(json: json)
        #expect(fromJSON["year"] == 2008)
        try books.insert(fromJSON)
        #expect(try schema.record(json: fromJSON.json) == fromJSON)
        for text in [
            #"{"year":2008.5}"#, #"{"year":"2008"}"#, #"{"title":5}"#, #"{"nope":1}"#, "[]", #"{"genre":null}"#,
        ] {
            #expect(throws: RecordError.self) { try schema.record(json: JSONValue(parsing: text)) }
        }
        #expect(try schema.parts(text: ["g", "6"]) == ["g", "6"])
    }

    @Test("unknown fields go through flat JSON and back, whatever their bytes")
    func unknownThroughJSON() throws {
        var record = wind
        for (name, bytes) in [
            ("u1", Array("text".utf8)), ("u2", [0]), ("u3", [0xFF, 0x00]), ("u4", [0, 1, 0]), ("u5", []),
        ] {
            record[name] = .raw(bytes)
        }
        try books.insert(record)
        let json = try #require(try books.get(["fantasy", "1"])).json
        #expect(try books.schema.record(json: JSONValue(parsing: json.text()), keepsUnknown: true) == record)
    }

    @Test("every type is stored as its text, and read back")
    func types() throws {
        let text = """
            {schema: all, version: 1, key: "all:{k}:{field}", fields: {k: {id: 1, type: uuid},
             s: {id: 2, type: string}, i: {id: 3, type: int}, d: {id: 4, type: decimal, precision: 9, scale: 2},
             f: {id: 5, type: double}, day: {id: 6, type: date}, at: {id: 7, type: timestamp}, u: {id: 8, type: uuid},
             b: {id: 9, type: bool}, x: {id: 10, type: bytes}, j: {id: 11, type: json}}}
            """
        let schema = try SchemaDefinition(parsing: text, file: "all")
        try keyspace.apply(schema)
        let records = try keyspace.records("all")
        let json = try JSONValue(
            parsing: """
                {"k":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","s":"\\u0000\\u0001x","i":123456789012345678901234567890,\
                "d":-12.50,"f":0.1,"day":"2024-02-29","at":"20240131T235959.123Z",\
                "u":"00000000-0000-0000-0000-000000000000","b":true,"x":"0001ff","j":{"a":[null,1.0]}}
                """)
        try records.insert(schema.record(json: json))
        let stored = try contents(keyspace).map { String($0.drop { $0 != "=" }) }
        #expect(
            stored == [
                "=20240131T235959.123Z", "=true", "=-12.50", "=2024-02-29", "=0.1", "=123456789012345678901234567890",
                "={\"a\":[null,1.0]}", "=\\x00\\x01\\x00\\x01x", "=00000000-0000-0000-0000-000000000000",
                "=\\x00\\x01\\x00\\x01\\xFF",
            ])
        let back = try #require(try records.scan().first)
        #expect(back.json == json)
    }
}
