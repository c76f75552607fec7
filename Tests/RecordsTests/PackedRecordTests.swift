import Testing

internal import Foundation
internal import KeySchemas
internal import OrderedStore
@testable internal import Records

private let packedBooks = """
    schema: book
    version: 3
    key: "book:{genre}:{id}"
    layout: packed
    fields:
      genre: {id: 1, type: string}
      id: {id: 2, type: string, pattern: "^[0-9A-Za-z-]+$"}
      title: {id: 3, type: string, required: true}
      year: {id: 5, type: int, nullable: true, check: {min: -3000, max: 2100}}
      author: {id: 4, type: string}
      extra: {id: 6, type: json}
    indexes:
      byYear: {id: 1, on: [year], include: [title]}
      byAuthor: {id: 2, on: [author], unique: true, sparse: true}
    """

private struct PackedNote: Record, Equatable {
    var topic: String, number: Int
    var text: String, stars: Int?, tags: [String]?
    static let schema = RecordSchema<PackedNote>("note", version: 1, key: "note:{topic}:{number}", layout: .packed)
}

/// The same records, but for a field that it does not know.
private struct DirectPackedNote: FieldRecord {
    var topic: String, number: Int
    var text: String, stars: Int?
    static let schema = RecordSchema<DirectPackedNote>(
        "note", version: 1, key: "note:{topic}:{number}", layout: .packed)

    init(topic: String, number: Int, text: String, stars: Int?) {
        (self.topic, self.number, self.text, self.stars) = (topic, number, text, stars)
    }

    init(fields: inout FieldReader) throws(RecordError) {
        topic = try fields.read("topic")
        number = try fields.read("number")
        text = try fields.read("text")
        stars = try fields.read("stars")
    }

    func write(to fields: inout FieldWriter) throws(RecordError) {
        try fields.write("topic", topic)
        try fields.write("number", number)
        try fields.write("text", text)
        try fields.write("stars", stars)
    }
}

@Suite("packed records")
struct PackedRecordTests {
    private let keyspace: Keyspace<MemoryStore>
    private let books: DynamicRecords<MemoryStore>

    init() throws {
        keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(SchemaDefinition(parsing: packedBooks, file: "book.yaml"))
        books = try keyspace.records("book")
    }

    private let wind: DynamicRecord = ["genre": "sci:fi", "id": "1", "title": "W", "year": .null, "author": "P"]

    private func value(_ fields: [(id: Int, bytes: [UInt8])]) -> [UInt8] { packedBytes(version: 3, fields) }

    private func verify() throws {
        #expect(try keyspace.verifyIndexes(of: "book").differences == 0)
        #expect(try books.verify { Issue.record($0) } == books.count())
    }

    @Test("a record is one key with one value, its fields by id")
    func insert() throws {
        try books.insert(wind)
        #expect(try contents(keyspace) == [#"book:sci;0fi:1=\x01\x03\x03\x01W\x01\x01P\x01\x01\x00"#])
        #expect(try books.get(["sci:fi", "1"]) == wind)
        #expect(try books.get(["sci:fi", "1"], fields: ["author", "id"]) == ["id": "1", "author": "P"])
        #expect(try books.get(["sci:fi", "2"]) == nil)
        let error = #expect(throws: RecordError.self) { try books.insert(wind) }
        #expect(error?.code == .alreadyExists)
        try books.update(["sci:fi", "1"], set: ["year": 1990, "author": nil])
        #expect(try keyspace.get("book:sci;0fi:1")?.bytes == value([(3, [0x57]), (5, Array("1990".utf8))]))
        try books.move(["sci:fi", "1"], to: ["a", "1"])
        #expect(try books.find(index: "byYear").map(\.json) == books.scan().map(\.json))
        try verify()
        #expect(try books.delete(["a", "1"]))
        #expect(try !books.delete(["a", "1"]))
        #expect(try keyspace.store.count(in: KeyRange(to: [0xFF])) == 0)
        #expect(try keyspace.store.count(in: .prefix([0xFF, 0x69])) == 0)
    }

    @Test("a record of which only the key is stored is one")
    func bare() throws {
        let text = "{schema: t, version: 1, key: 't:{a}', layout: packed, fields: {a: {id: 1, type: int}}}"
        try keyspace.apply(SchemaDefinition(parsing: text, file: "t"))
        let records = try keyspace.records("t")
        try records.insert(["a": 7])
        #expect(try keyspace.get("t:7")?.bytes == [1, 1])
        #expect(try records.scan() == [["a": 7]])
        try keyspace.delete("t:7")
        #expect(try records.count() == 0)
    }

    @Test("a schema whose key has no parts has one record")
    func single() throws {
        for encoding in KeyEncoding.allCases {
            let keyspace = try Keyspace(MemoryStore())
            let text = "{schema: t, version: 1, key: settings, layout: packed, encoding: \(encoding), "
            try keyspace.apply(SchemaDefinition(parsing: text + "fields: {a: {id: 1, type: int}}}", file: "t"))
            try keyspace.put("settings2", "plain")
            let records = try keyspace.records("t")
            try records.insert(["a": 7])
            #expect(try records.scan() == [["a": 7]])
            #expect(try records.page(RecordScan(limit: 5)).records == [["a": 7]])
            #expect(try records.verify { Issue.record($0) } == 1)
            #expect(try records.delete([]))
        }
    }

    @Test("scans, pages and counts go over whole records, both ways")
    func scan() throws {
        for shape in RecordShape.all where shape.layout == .packed {
            let keyspace = try Keyspace(MemoryStore())
            let text = "{schema: t, version: 1, \(shape.members(key: "t:{a}:{b}")), fields: "
            let fields = "{a: {id: 1, type: string}, b: {id: 2, type: string}, c: {id: 3, type: string}}}"
            try keyspace.apply(SchemaDefinition(parsing: text + fields, file: "t"))
            let records = try keyspace.records("t")
            var all: [DynamicRecord] = []
            for a in ["", "a", "a2", "a:b", "b"] {
                for b in ["", "1", "1:", "10"] {
                    all.append(["a": .scalar(.string(a)), "b": .scalar(.string(b)), "c": "x"])
                }
            }
            for record in all.shuffled() { try records.insert(record) }
            #expect(try Set(records.scan()) == Set(all))
            #expect(try records.scan(RecordScan(reverse: true)) == records.scan().reversed())
            #expect(try records.count() == 20)
            for a in ["", "a", "a:b"] {
                let some = all.filter { $0["a"] == .scalar(.string(a)) }
                #expect(try Set(records.scan(RecordScan(under: [.string(a)]))) == Set(some))
                #expect(try records.count(RecordScan(under: [.string(a)], reverse: true)) == 4)
                let ones = some.filter { "\($0["b"] ?? "")".hasPrefix("1") }
                #expect(try Set(records.scan(RecordScan(under: [.string(a)], startingWith: "1"))) == Set(ones))
                // In both encodings the order of the last part is that of its values.
                #expect(try records.scan(RecordScan(under: [.string(a)], from: "1", to: "10")).count == 1)
            }
            #expect(try records.scan(RecordScan(startingWith: "a")).count == 12)
            for reverse in [false, true] {
                var found: [DynamicRecord] = []
                var token: String?
                repeat {
                    let page = try records.page(RecordScan(reverse: reverse, limit: 7), after: token)
                    found += page.records
                    token = page.next
                } while token != nil
                #expect(try found == records.scan(RecordScan(reverse: reverse)))
            }
        }
    }

    @Test("schemas whose keys go on where others end share a prefix, and each sees its own")
    func nested() throws {
        let keyspace = try Keyspace(MemoryStore())
        func schema(_ name: String, _ key: String, _ more: String = "") throws -> SchemaDefinition {
            let fields = "a: {id: 1, type: string}\(key.contains("{b}") ? ", b: {id: 2, type: string}" : "")\(more)"
            return try SchemaDefinition(
                parsing: "{schema: \(name), version: 1, key: '\(key)', layout: packed, fields: {\(fields)}}", file: name
            )
        }
        try keyspace.apply(schema("genre", "book:{a}"))
        try keyspace.apply(schema("book", "book:{a}:{b}"))
        let genres = try keyspace.records("genre")
        let books = try keyspace.records("book")
        for a in ["a", "a2"] {
            try genres.insert(["a": .scalar(.string(a))])
            for b in ["", "1", "2"] { try books.insert(["a": .scalar(.string(a)), "b": .scalar(.string(b))]) }
        }
        #expect(try genres.scan() == [["a": "a"], ["a": "a2"]])
        #expect(try genres.scan(RecordScan(reverse: true)).count == 2)
        #expect(try books.count() == 6)
        #expect(try books.count(RecordScan(under: ["a"])) == 3)
        #expect(try genres.get(["a"]) == ["a": "a"])
        #expect(try genres.delete(["a"]))
        #expect(try genres.get(["a"]) == nil)
        #expect(try books.count(RecordScan(under: ["a"])) == 3)
        for (name, key) in [("x", "book:{a}"), ("y", "book:x"), ("z", "book:{a}:z")] {
            let error = #expect(throws: RecordError.self) { try keyspace.apply(schema(name, key)) }
            #expect(error?.code == .schemaConflict)
        }
        let error = #expect(throws: RecordError.self) { try keyspace.put("book:a:b:c", "x") }
        #expect(error?.code == .malformedKey)
    }

    @Test("a plain put of a record's key takes a good packed value, and a plain delete removes the record")
    func plainDoors() throws {
        let good = value([(3, Array("T".utf8)), (5, Array("1990".utf8)), (99, [1])])
        try keyspace.put("book:a:1", good)
        #expect(try keyspace.get("book:a:1")?.bytes == good)
        let record: DynamicRecord = ["genre": "a", "id": "1", "title": "T", "year": 1990, "#99": .raw([1])]
        #expect(try books.find(index: "byYear", equals: [1990]) == [record])
        try verify()
        for (key, bytes, code, field) in [
            ("book:a:2", Array("text".utf8), .invalidValue, nil), ("book:a:2", [], .invalidValue, nil),
            ("book:a:2", [2, 1], .newerFormat, nil), ("book:a:2", value([(5, [0])]), .missingField, "title"),
            ("book:a:2", value([(3, [0])]), .invalidValue, "title"),
            ("book:a:2", value([(3, [0x41]), (5, [0x41])]), .invalidValue, "year"),
            ("book:a:2", value([(3, [0x41]), (5, Array("9999".utf8))]), .invalidValue, "year"),
            ("book:a:2", value([(3, [0x41])]) + [0], .invalidValue, nil),
            ("book:a:_", value([(3, [0x41])]), .invalidValue, "id"),
            ("book:a", value([(3, [0x41])]), .malformedKey, nil),
            ("book:a:2:title", Array("T".utf8), .malformedKey, nil),
        ] as [(String, [UInt8], RecordError.Code, String?)] {
            let error = #expect(throws: RecordError.self, "\(key) \(bytes)") { try keyspace.put(key, bytes) }
            #expect(error?.code == code && error?.field == field, "\(key) \(bytes) \(error?.description ?? "")")
            #expect(error?.key == key && error?.schema == "book")
        }
        // A unique value moves from one record to another in one batch of plain keys.
        try keyspace.put("book:a:1", value([(3, [0x41]), (4, [0x42])]))
        let error = #expect(throws: RecordError.self) {
            try keyspace.put("book:a:2", value([(3, [0x41]), (4, [0x42])]))
        }
        #expect(error?.code == .uniqueViolation)
        try keyspace.write {
            $0.put("book:a:2", value([(3, [0x41]), (4, [0x42])]))
            $0.delete("book:a:1")
        }
        #expect(try books.find(index: "byAuthor", equals: ["B"]).map { $0["id"] } == ["2"])
        try keyspace.delete("book:a:2")
        #expect(try keyspace.store.count(in: .prefix([0xFF, 0x69])) == 0)
    }

    @Test("fields that the schema does not know are kept, shown by id or name, and changed as such")
    func unknown() throws {
        let bytes = packedBytes(
            version: 2, named: [("shelf", [1]), ("é", [2])], [(3, [0x41]), (7, [3]), (65_535, [])])
        try keyspace.put("book:a:1", bytes)
        let record: DynamicRecord = [
            "genre": "a", "id": "1", "title": "A", "shelf": .raw([1]), "é": .raw([2]), "#7": .raw([3]),
            "#65535": .raw([]),
        ]
        #expect(try books.get(["a", "1"]) == record)
        try books.upsert(["genre": "a", "id": "1", "title": "B", "#7": .raw([4])])
        try books.update(["a", "1"], set: ["shelf": nil, "#65535": nil, "box": .raw([9])])
        #expect(
            try keyspace.get("book:a:1")?.bytes
                == packedBytes(version: 3, named: [("box", [9]), ("é", [2])], [(3, [0x42]), (7, [4])]))
        try books.move(["a", "1"], to: ["b", "1"])
        #expect(try books.get(["b", "1"])?["é"] == .raw([2]))
        for name in ["#3", "#0", "#65536", "#07", "#", "#x", ""] {
            let error = #expect(throws: RecordError.self) { try books.update(["b", "1"], set: [name: .raw([1])]) }
            #expect(error?.code == .unknownField, "\(name)")
            let other = #expect(throws: RecordError.self) {
                try books.insert(["genre": "c", "id": "1", "title": "B", name: .raw([1])])
            }
            #expect(other?.code == .unknownField, "\(name)")
        }
        let json = try #require(try books.get(["b", "1"])).json
        try books.delete(["b", "1"])
        try books.insert(books.schema.record(json: json, keepsUnknown: true))
        #expect(try books.get(["b", "1"])?.json == json)
    }

    @Test("a record whose bytes are none is an error by name, and can be replaced or removed")
    func malformed() throws {
        for id in ["1", "2", "3"] { try books.insert(["genre": "a", "id": .scalar(.string(id)), "title": "T"]) }
        try keyspace.store.put("book:a:2", "nonsense")
        var found: [FieldValue?] = []
        for reading in [
            { try books.forEach { found.append($0["id"]) } }, { _ = try books.get(["a", "2"]) },
            { try books.update(["a", "2"], set: ["title": "x"]) }, { try books.move(["a", "2"], to: ["a", "4"]) },
            { _ = try books.find(index: "byYear") }, { _ = try books.page(RecordScan()) },
        ] as [() throws -> Void] {
            let error = #expect(throws: RecordError.self) { try reading() }
            #expect(error?.code == .malformedValue)
            #expect(error?.key == "book:a:2" && error?.schema == "book")
        }
        #expect(found == ["1"])
        var errors: [String] = []
        #expect(try books.verify { errors.append($0.description) } == 3)
        #expect(errors == ["schema book: book:a:2: the value is no packed record: it begins with 110 where 1 belongs"])
        #expect(try books.count() == 3)
        #expect(try books.delete(["a", "2"]))
        try keyspace.store.put("book:a:3", [2, 1])
        let error = #expect(throws: RecordError.self) { try books.get(["a", "3"]) }
        #expect(error?.code == .newerFormat)
        try books.upsert(["genre": "a", "id": "3", "title": "U"])
        #expect(try books.get(["a", "3"]) == ["genre": "a", "id": "3", "title": "U"])
    }

    @Test("a write that changes nothing writes nothing")
    func unchanged() throws {
        try keyspace.put("book:a:1", packedBytes(version: 1, [(3, [0x41])]))
        try books.upsert(["genre": "a", "id": "1", "title": "A"])
        #expect(try keyspace.get("book:a:1")?.bytes == packedBytes(version: 1, [(3, [0x41])]))
    }

    @Test("fields are renamed, removed and added in no time, and their ids tell them apart")
    func changes() throws {
        try books.insert([
            "genre": "a", "id": "1", "title": "T", "year": 1990, "author": "A", "extra": .json(.array([1])),
        ])
        let second = packedBooks.replacing("version: 3", with: "version: 4")
            .replacing("  author: {id: 4, type: string}", with: "  writer: {id: 4, type: string}")
            .replacing("on: [author]", with: "on: [writer]")
            .replacing("  extra: {id: 6, type: json}", with: "  pages: {id: 7, type: int, default: 0}")
        let schema = try SchemaDefinition(parsing: second + "\nretired: {fields: [6]}", file: "book.yaml")
        #expect(try Set(keyspace.plan(schema).differences.map(\.kind)) == [.instant])
        let change = try keyspace.apply(schema)
        #expect(change.indexesToBuild.isEmpty)
        let record: DynamicRecord = [
            "genre": "a", "id": "1", "title": "T", "year": 1990, "writer": "A", "pages": 0,
            "#6": .raw(Array("[1]".utf8)),
        ]
        #expect(try books.get(["a", "1"]).map { Set($0.fields) } == Set(record.fields))
        #expect(try books.find(index: "byAuthor", equals: ["A"]).map { $0["writer"] } == ["A"])
        try verify()
        try books.update(["a", "1"], set: ["writer": "B", "pages": 7])
        let written = try keyspace.get("book:a:1")?.bytes
        let fields: [(id: Int, bytes: [UInt8])] = [
            (3, Array("T".utf8)), (4, Array("B".utf8)), (5, Array("1990".utf8)), (6, Array("[1]".utf8)),
            (7, Array("7".utf8)),
        ]
        #expect(written == packedBytes(version: 4, fields))
        try verify()
    }

    @Test("moving a schema between the layouts is a rewrite")
    func moves() throws {
        let fields = packedBooks.replacing("packed", with: "fields").replacing("{id}\"", with: "{id}:{field}\"")
        let other = try SchemaDefinition(parsing: fields.replacing("version: 3", with: "version: 4"), file: "b")
        #expect(try other.differences(from: books.schema).map(\.kind) == [.rewritten, .rewritten])
    }

    @Test("an index finds packed records by its entries, in pages too")
    func indexes() throws {
        for number in 0..<50 {
            let text = FieldValue.scalar(.string("\(number)"))
            try books.insert([
                "genre": "g", "id": text, "title": text, "year": .scalar(.integer(Int64(number % 7))), "author": text,
            ])
        }
        let all = try books.find(index: "byYear")
        #expect(Set(all) == Set(try books.scan()))
        #expect(try books.find(index: "byAuthor", equals: ["13"]).map { $0["id"] } == ["13"])
        #expect(try books.find(index: "byAuthor", equals: ["99"]).isEmpty)
        #expect(try books.find(index: "byYear", equals: [3], fields: ["title", "year"]).count == 7)
        #expect(try books.find(index: "byYear", from: 5, reverse: true, limit: 3).allSatisfy { $0["year"] == 6 })
        try keyspace.store.delete("book:g:13", durability: .buffered)
        let error = #expect(throws: RecordError.self) { try books.find(index: "byAuthor", equals: ["13"]) }
        #expect(error?.code == .damagedIndex)
        #expect(try keyspace.verifyIndexes(of: "book").differences == 2)
        try keyspace.rebuildIndex("byAuthor", of: "book")
        try keyspace.rebuildIndex("byYear", of: "book")
        try verify()
    }

    @Test("a Swift type is stored packed, through Codable and by its own code")
    func typed() throws {
        let keyspace = try Keyspace(MemoryStore())
        let notes = try keyspace.records(of: PackedNote.self)
        let direct = try keyspace.records(of: DirectPackedNote.self)
        let first = PackedNote(topic: "a:b", number: 1, text: "x", stars: 5, tags: ["p"])
        let second = PackedNote(topic: "a:b", number: 2, text: "", stars: nil, tags: nil)
        try notes.insert(first)
        try direct.insert(DirectPackedNote(topic: "a:b", number: 2, text: "", stars: nil))
        #expect(try keyspace.store.count(in: KeyRange(to: [0xFF])) == 2)
        #expect(try notes.get("a:b", 1) == first)
        #expect(try direct.get("a:b", 1)?.stars == 5)
        try notes.upsert(second)
        #expect(try notes.scan(under: "a:b") == [first, second])
        #expect(try notes.scan(under: "a:b", reverse: true, limit: 1) == [second])
        // What the type does not know stays.
        try direct.update("a:b", 1) { $0.stars = nil }
        #expect(try notes.get("a:b", 1)?.tags == ["p"])
        #expect(try notes.update("a:b", 1) { $0.stars = 3 }.stars == 3)
        #expect(throws: RecordError.self) { try notes.insert(first) }
        try notes.move(["a:b", 2], to: ["c", 2])
        #expect(try notes.delete("c", 2))
        #expect(try notes.page(RecordScan(limit: 1)).records.map(\.stars) == [3])
        struct Elsewhere: Record {
            var topic: String, number: Int, text: String
            static let schema = RecordSchema<Elsewhere>("note", version: 1, key: "note:{topic}:{number}:{field}")
        }
        let error = #expect(throws: RecordError.self) { try keyspace.records(of: Elsewhere.self) }
        #expect(error?.message.contains("the layout is fields in the type, packed in the database") == true)
    }

    @Test("the example of the documentation is what is stored")
    func documented() throws {
        let page = try String(
            contentsOfFile: packagePath("Sources/Records/Records.docc/PackedLayout.md"), encoding: .utf8)
        let blocks = page.split(separator: "```")
        let yaml = try #require(blocks.first { $0.hasPrefix("yaml\n") }).dropFirst(5)
        let bytes = try #require(blocks.first { $0.hasPrefix("\n01 01") }).split(separator: "\n").flatMap { line in
            line.split(separator: " ").prefix { $0.count == 2 }.compactMap { UInt8($0, radix: 16) }
        }
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(SchemaDefinition(parsing: String(yaml), file: "page"))
        try keyspace.records("book").insert(["genre": "a", "id": "1", "title": "Wind", "year": .null])
        #expect(try keyspace.get("book:a:1")?.bytes == bytes)
    }

    @Test("the layout and the key's shape go together")
    func schemas() throws {
        for (text, part) in [
            (packedBooks.replacing("{id}\"", with: "{id}:{field}\""), "no segment"),
            (packedBooks.replacing("packed", with: "fields"), "needs {field}"),
            (packedBooks.replacing("packed", with: "rows"), "one of fields, packed"),
        ] {
            let error = #expect(throws: RecordError.self) { try SchemaDefinition(parsing: text, file: "b.yaml") }
            #expect(error?.code == .malformedSchema && error?.message.contains(part) == true)
        }
        let schema = try books.schema
        #expect(schema.recordLayout == .packed)
        #expect(try SchemaDefinition(parsing: schema.json.text(), file: "b.json") == schema)
        let taken = try Keyspace(keyspace.store).schema("book")
        #expect(taken == schema)
    }
}
