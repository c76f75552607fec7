import Testing

internal import KeySchemas
internal import OrderedStore
@testable internal import Records

/// A keyspace with a schema that has indexes of all kinds.
func shelf(encoding: String = "text", indexes: String? = nil) throws -> Keyspace<MemoryStore> {
    let keyspace = try Keyspace(MemoryStore())
    try keyspace.apply(shelfSchema(encoding: encoding, indexes: indexes))
    return keyspace
}

func shelfSchema(
    version: Int = 1, key: String = "item:{group}:{id}", encoding: String = "text", layout: RecordLayout = .fields,
    indexes: String? = nil
) throws -> SchemaDefinition {
    try SchemaDefinition(
        parsing: """
            schema: item
            version: \(version)
            key: "\(key)\(layout == .fields ? ":{field}" : "")"
            encoding: \(encoding)
            layout: \(layout)
            fields:
              group: {id: 1, type: string}
              id: {id: 2, type: int}
              name: {id: 3, type: string}
              year: {id: 4, type: int, nullable: true}
              price: {id: 5, type: decimal, precision: 8, scale: 2}
              score: {id: 6, type: double}
              code: {id: 7, type: string}
              extra: {id: 8, type: json}
            indexes:
            \(indexes ?? allIndexes)
            """, file: "item.yaml")
}

private let allIndexes = """
      byName: {id: 1, on: [name, {year: desc}], include: [price]}
      byYear: {id: 2, on: [{year: desc}, {name: desc}]}
      byCode: {id: 3, on: [code], unique: true, sparse: true, include: [name]}
      byPrice: {id: 4, on: [price, score]}
      byCity: {id: 5, on: [extra.at.city], sparse: true}
      byTag: {id: 6, on: ["extra.tags[]", name]}
      byGroup: {id: 7, on: [{group: desc}, id]}
    """

extension DynamicRecords {
    /// The ids that a lookup finds, in its order.
    fileprivate func ids(_ scan: IndexScan) throws -> [FieldValue] {
        let records = try find(scan)
        #expect(try count(index: scan) == records.count)
        return records.compactMap { $0["id"] }
    }
}

private func json(_ text: String) throws -> FieldValue { .json(try JSONValue(parsing: text)) }

/// What lies under FF 69.
private func entryCount(_ keyspace: Keyspace<MemoryStore>) throws -> Int {
    try keyspace.store.count(in: .prefix([0xFF, 0x69]))
}

@Suite("indexes")
struct IndexTests {
    @Test(
        "an entry is a tuple of the index's number, the values and the parts of the key", arguments: ["text", "tuple"])
    func bytes(encoding: String) throws {
        let keyspace = try shelf(
            encoding: encoding,
            indexes:
                "  byName: {id: 9, on: [name, {year: desc}], include: [price]}\n  byCode: {id: 4, on: [code], unique: true}"
        )
        try keyspace.records("item").insert(["group": "g:1", "id": 5, "name": "n", "year": 300, "code": "c"])
        let snapshot = keyspace.store.snapshot()
        var cursor = snapshot.cursor(in: .prefix([0xFF, 0x69]), options: .forward)
        var entries: [([UInt8], [UInt8])] = []
        while let entry = cursor.next() { entries.append((entry.key.array, entry.value.array)) }
        #expect(entries.count == 2)
        // 300 is 16 01 2C; 00 ends what is complemented.
        let year = KeyValue.bytes([0x16, 0x01, 0x2C, 0x00].map { ~$0 })
        #expect(entries[0].0 == [0xFF, 0x69] + Tuple.pack([1, "n", year, "g:1", 5]))
        #expect(entries[0].1 == Tuple.pack([.null]))
        #expect(entries[1].0 == [0xFF, 0x69] + Tuple.pack([2, "c"]))
        #expect(entries[1].1 == Tuple.pack(["g:1", 5]))
    }

    @Test(
        "records are found by leading values, in the order of the index, forward and back",
        arguments: ["text", "tuple"])
    func order(encoding: String) throws {
        let keyspace = try shelf(encoding: encoding)
        let items = try keyspace.records("item")
        try items.insert(["group": "b", "id": 1, "name": "Ann", "year": 1990])
        try items.insert(["group": "a", "id": 2, "name": "Ann", "year": -5])
        try items.insert(["group": "a", "id": 10, "name": "Ann", "year": 2020])
        try items.insert(["group": "a", "id": 3, "name": "Ann", "year": .null])
        try items.insert(["group": "a", "id": 4, "name": "Ann"])
        try items.insert(["group": "a", "id": 5, "name": "Anna", "year": 2000])
        try items.insert(["group": "a", "id": 6, "name": "Ann\u{0}", "year": 2000])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann"])) == [10, 1, 2, 3, 4])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann"], reverse: true)) == [4, 3, 2, 1, 10])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann"], limit: 2)) == [10, 1])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann"], from: -5, to: 2020)) == [1, 2])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann"], from: 1990)) == [10, 1])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann"], to: 1990)) == [2])
        #expect(try items.ids(IndexScan("byName", equals: ["Ann", 1990])) == [1])
        #expect(try items.ids(IndexScan("byName", startingWith: "Ann")) == [10, 1, 2, 3, 4, 6, 5])
        #expect(try items.ids(IndexScan("byName", from: "Ann\u{0}", to: "Anna")) == [6])
        #expect(try items.ids(IndexScan("byYear")) == [10, 5, 6, 1, 2, 3, 4])
        #expect(try items.ids(IndexScan("byYear", equals: [2000], startingWith: "Ann")) == [5, 6])
        #expect(try items.ids(IndexScan("byGroup")) == [1, 2, 3, 4, 5, 6, 10])
        #expect(try items.ids(IndexScan("byGroup", equals: ["a"], from: 3, to: 6)) == [3, 4, 5])
    }

    @Test("null and absent are indexed, differ, and are in no range of values; a sparse index leaves both out")
    func nullAndAbsent() throws {
        let keyspace = try shelf(
            indexes: "  all: {id: 1, on: [year]}\n  some: {id: 2, on: [year, name], sparse: true}")
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "name": "x"])
        try items.insert(["group": "a", "id": 2, "name": "x", "year": .null])
        try items.insert(["group": "a", "id": 3, "name": "x", "year": -1])
        try items.insert(["group": "a", "id": 4, "year": 7])
        #expect(try items.ids(IndexScan("all")) == [1, 2, 3, 4])
        #expect(try items.ids(IndexScan("all", equals: [nil])) == [1])
        #expect(try items.ids(IndexScan("all", equals: [.null])) == [2])
        #expect(try items.ids(IndexScan("all", to: 100)) == [3, 4])
        #expect(try items.ids(IndexScan("some")) == [3])
        #expect(try entryCount(keyspace) == 5)
    }

    @Test("a path inside a json field finds nested values, numbers by what they are, whatever their text")
    func jsonPaths() throws {
        let keyspace = try shelf(indexes: "  x: {id: 1, on: [extra.at.x]}\n  d: {id: 2, on: [{extra.at.x: desc}]}")
        let items = try keyspace.records("item")
        let values = [
            #"{}"#, #"{"at":{"x":null}}"#, #"{"at":{"x":{"b":[1]}}}"#, #"{"at":{"x":"1"}}"#, #"{"at":{"x":-0.0}}"#,
            #"{"at":{"x":9007199254740992}}"#, #"{"at":{"x":9007199254740993}}"#,
            #"{"at":{"x":9223372036854775807}}"#, #"{"at":{"x":1e19}}"#, #"{"at":{"x":false}}"#,
            #"{"at":{"x":true}}"#,
        ]
        for (id, text) in values.enumerated().reversed() {
            try items.insert(["group": "a", "id": .scalar(.integer(Int64(id))), "extra": json(text)])
        }
        let order = (0..<values.count).map { FieldValue.scalar(.integer(Int64($0))) }
        #expect(try items.ids(IndexScan("x")) == order)
        #expect(try items.ids(IndexScan("d")) == order.reversed())
        #expect(try items.ids(IndexScan("x", equals: [json("0.00")])) == [4])
        #expect(try items.ids(IndexScan("x", equals: [0])) == [4])
        #expect(try items.ids(IndexScan("x", equals: [.scalar(.integer(9_007_199_254_740_993))])) == [6])
        #expect(try items.ids(IndexScan("x", equals: [json("1.0e19")])) == [8])
        #expect(try items.ids(IndexScan("x", equals: [json(#"{"b":[1]}"#)])) == [2])
        // A range holds values of the bound's kind.
        for index in ["x", "d"] {
            #expect(try Set(items.ids(IndexScan(index, from: 1))) == [5, 6, 7, 8])
            #expect(try Set(items.ids(IndexScan(index, to: 1))) == [4])
            #expect(try Set(items.ids(IndexScan(index, from: false))) == [9, 10])
            #expect(try Set(items.ids(IndexScan(index, to: "2"))) == [3])
        }
    }

    @Test("each element of an array has an entry, equal ones share it, and a record is found once")
    func arrays() throws {
        let keyspace = try shelf(indexes: "  t: {id: 1, on: ['extra.tags[]', name]}\n  n: {id: 2, on: ['extra.p[].n']}")
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "extra": json(#"{"tags":["x","y","x"],"p":[{"n":1},{"n":2},{}]}"#)])
        try items.insert(["group": "a", "id": 2, "extra": json(#"{"tags":[]}"#)])
        try items.insert(["group": "a", "id": 3, "extra": json(#"{"tags":"y"}"#)])
        try items.insert(["group": "a", "id": 4])
        #expect(try entryCount(keyspace) == (2 + 1 + 1 + 1) + (3 + 1 + 1 + 1))
        #expect(try items.ids(IndexScan("t", equals: ["y"])) == [1, 3])
        #expect(try items.ids(IndexScan("t", from: "a")) == [1, 3])
        #expect(try items.ids(IndexScan("t", equals: [nil])) == [2, 4])
        #expect(try items.ids(IndexScan("n", equals: [2])) == [1])
        try items.update(["a", 1], set: ["extra": json(#"{"tags":["z","y"]}"#)])
        #expect(try items.ids(IndexScan("t", equals: ["x"])) == [])
        #expect(try items.ids(IndexScan("t", equals: ["z"])) == [1])
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
    }

    @Test("an index that holds all wanted fields answers without the records")
    func covering() throws {
        let keyspace = try shelf()
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "name": "n", "year": .null, "code": "c"])
        try items.insert(["group": "a", "id": 2, "name": "m", "year": 3, "price": json("2.50"), "code": "d"])
        let fields = ["id", "name", "year", "price"]
        let whole = try items.find(index: "byName").map { record in
            record.fields.filter { fields.contains($0.name) }
        }
        #expect(try items.find(index: "byName", fields: fields).map(\.fields) == whole)
        #expect(
            try items.find(index: "byCode", equals: ["d"], fields: ["name", "code"]) == [["name": "m", "code": "d"]])
        // The records go behind the index's back; what is covered is still answered, the rest is not.
        try keyspace.store.clear(.prefix("item:"))
        #expect(try items.find(index: "byName", fields: fields).map(\.fields) == whole)
        let error = #expect(throws: RecordError.self) { try items.find(index: "byName", fields: ["code"]) }
        #expect(error?.code == .damagedIndex)
    }

    @Test("what does not fit the index is refused by name")
    func refusals() throws {
        let items = try shelf().records("item")
        func code(_ scan: IndexScan) -> RecordError.Code? {
            #expect(throws: RecordError.self) { try items.find(scan) }?.code
        }
        #expect(code(IndexScan("byNme")) == .unknownIndex)
        #expect(code(IndexScan("byName", equals: ["a", 1, 2])) == .missingField)
        #expect(code(IndexScan("byName", equals: ["a", 1], from: 2)) == .missingField)
        #expect(code(IndexScan("byName", equals: [1])) == .invalidValue)
        #expect(code(IndexScan("byName", equals: ["a"], startingWith: "1")) == .invalidValue)
        #expect(code(IndexScan("byName", equals: ["a"], fields: ["nme"])) == .unknownField)
    }

    @Test("every door keeps the entries: put, delete and batch of single fields, update, upsert, move, delete")
    func doors() throws {
        let keyspace = try shelf()
        let items = try keyspace.records("item")
        func check(_ names: String...) throws {
            #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
            #expect(try items.find(index: "byName").map { $0["name"] } == names.map { .scalar(.string($0)) })
        }
        try keyspace.put("item:a:1:name", "b")
        try check("b")
        try keyspace.write { batch in
            batch.put("item:a:2:name", "a")
            batch.put("item:a:2:extra", #"{"tags":[1]}"#)
            batch.put("item:a:1:name", "c")
        }
        try check("a", "c")
        try keyspace.delete("item:a:2:extra")
        try check("a", "c")
        try items.update(["a", 2], set: ["name": "d", "code": "x"])
        try check("c", "d")
        try items.upsert(["group": "a", "id": 1, "name": "e"])
        try check("d", "e")
        try items.insert(["group": "b", "id": 2, "name": "f", "code": "y"])
        try items.move(["a", 2], to: ["b", 2], overwriting: true)
        try check("d", "e")
        #expect(try items.find(index: "byCode").map { $0["group"] } == ["b"])
        try keyspace.transact { transaction in
            try transaction.put("item:a:3:name", "g")
            try items.update(["a", 3], set: ["year": 1], in: &transaction)
            try transaction.put("item:a:3:name", "h")
            try transaction.put("item:a:1:name", "i")
            try items.delete(["a", 1], in: &transaction)
            try items.move(["a", 3], to: ["a", 4], in: &transaction)
            try transaction.put("item:a:4:code", "z")
        }
        try check("d", "h")
        try items.delete(["b", 2])
        try keyspace.delete("item:a:4:name")
        try keyspace.write { batch in
            for field in ["name", "year", "code", ""] { batch.delete("item:a:4:" + field) }
        }
        try check()
        #expect(try entryCount(keyspace) == 0)
    }

    @Test("removing the last field by a plain delete keeps the record, and its entries")
    func bare() throws {
        let keyspace = try shelf()
        let items = try keyspace.records("item")
        try keyspace.put("item:a:1:name", "b")
        try keyspace.delete("item:a:1:name")
        #expect(try items.count() == 1)
        #expect(try items.ids(IndexScan("byGroup")) == [1])
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
    }

    @Test("entries that stay as they are are not written again")
    func noRewrites() throws {
        let keyspace = try shelf()
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "name": "n", "year": 1, "extra": json(#"{"tags":["a","b"]}"#)])
        func count(_ changes: [String: FieldValue?]) throws -> Int {
            try keyspace.transact { transaction in
                try items.update(["a", 1], set: changes, in: &transaction)
                var count = 0
                transaction.base.staged.forEach { key, _ in count += key.array.starts(with: [0xFF, 0x69]) ? 1 : 0 }
                return count
            }
        }
        #expect(try count(["score": 1.5]) == 2)  // byPrice: one goes, one comes
        #expect(try count(["score": 1.5]) == 0)
        #expect(try count(["code": "x"]) == 1)
        #expect(try count(["extra": json(#"{"tags":["b","c"]}"#)]) == 2)
        #expect(try count(["extra": json(#"{"tags":["c","b"],"more":1}"#)]) == 0)
        #expect(try count(["price": json("3")]) == 3)  // included in byName: one put; byPrice: two
    }
}

private struct Film: Record, Equatable {
    var id: Int
    var title: String
    var year: Int?
    static let schema = RecordSchema<Film>(
        "film", version: 1, key: "film:{id}:{field}",
        indexes: [IndexDefinition("byYear", id: 1, on: [IndexPart("year", descending: true)])])
}

@Suite("indexes of Swift types")
struct TypedIndexTests {
    @Test("a type declares its indexes, and its values are found by them")
    func find() throws {
        let films = try Keyspace(MemoryStore()).records(of: Film.self)
        let all = [
            Film(id: 1, title: "a", year: 1950), Film(id: 2, title: "b", year: nil),
            Film(id: 3, title: "c", year: 2000),
        ]
        for film in all { try films.insert(film) }
        #expect(try films.find(index: "byYear") == [all[2], all[0], all[1]])
        #expect(try films.find(index: "byYear", equals: [nil]) == [all[1]])
        #expect(try films.find(index: "byYear", from: 1950, to: 2000) == [all[0]])
        #expect(try films.first(index: "byYear", equals: [2000]) == all[2])
        #expect(try films.first(index: "byYear", equals: [1]) == nil)
        let page = try films.page(IndexScan("byYear", limit: 2))
        #expect(page.records == [all[2], all[0]])
        #expect(try films.page(IndexScan("byYear", limit: 2), after: page.next).records == [all[1]])
        var years: [Int?] = []
        try films.lend(IndexScan("byYear", fields: ["year"])) { years.append(try $0.read("year")) }
        #expect(years == [2000, 1950, nil])
    }

    @Test("an index on properties is the one that a schema file declares on their fields")
    func properties() throws {
        let schema = try Shelf.schema.definition.get()
        #expect(
            schema.indexes == [
                IndexDefinition("byAuthor", id: 1, on: ["author"]),
                IndexDefinition(
                    "byPlace", id: 2, on: ["address.city", IndexPart("year", descending: true)], sparse: true,
                    include: ["title"]),
                IndexDefinition("byTitle", id: 7, on: ["title", "id"], unique: true),
                IndexDefinition("byTag", id: 4, on: ["tags[]"]),
            ])
        let books = try Keyspace(MemoryStore()).records(of: Shelf.self)
        let book = Shelf(
            id: 1, title: "Solaris", author: "Lem", year: 1961, tags: ["sf", "sea"], address: .init(city: "Lviv"))
        try books.insert(book)
        #expect(try books.find(index: "byPlace", equals: ["Lviv", 1961]) == [book])
        #expect(try books.find(index: "byTag", equals: ["sea"]) == [book])
        #expect(try books.first(index: "byTitle", equals: ["Solaris", 1]) == book)
    }

    @Test("a property that no field is named for is an error when the type is opened")
    func computed() throws {
        struct Wrong: Record {
            var id: Int
            var double: Int { id * 2 }
            static let schema = RecordSchema<Wrong>(
                "wrong", version: 1, key: "wrong:{id}:{field}", indexes: [Index("byDouble", on: \.double)])
        }
        let error = #expect(throws: RecordError.self) { try Keyspace(MemoryStore()).records(of: Wrong.self) }
        #expect(error?.index == "byDouble")
        #expect(error?.schema == "wrong")
    }

    @Test("a type whose indexes the catalogue does not have is told which, and what to run")
    func disagreement() throws {
        let keyspace = try Keyspace(MemoryStore())
        let film = try Film.schema.definition.get()
        let other = IndexDefinition("byYear", id: 1, on: ["year"], include: ["title"])
        for (indexes, line) in [
            ([], "index byYear, on year desc in the type, is not in the database's schema"),
            ([other], "index byYear, on year desc in the type, is on year, with title in the database"),
        ] as [([IndexDefinition], String)] {
            let keyspace = try Keyspace(MemoryStore())
            try keyspace.apply(
                SchemaDefinition(
                    "film", version: 1, key: film.layout.template, fields: film.fields, indexes: indexes))
            let error = #expect(throws: RecordError.self) { try keyspace.records(of: Film.self) }
            #expect(error?.code == .typeMismatch)
            #expect(error?.message.contains(line) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("lvkv index rebuild film byYear") == true)
        }
        // One that the type does not know is its own affair.
        try keyspace.apply(
            SchemaDefinition(
                "film", version: 1, key: film.layout.template, fields: film.fields,
                indexes: film.indexes + [IndexDefinition("more", id: 2, on: ["title"])]))
        _ = try keyspace.records(of: Film.self)
    }
}

private struct Shelf: Record, Equatable {
    struct Address: Codable, Equatable { var city: String }

    var id: Int
    var title: String, author: String, year: Int
    var tags: [String], address: Address
    static let schema = RecordSchema<Shelf>(
        "shelf", version: 1, key: "shelf:{id}:{field}",
        indexes: [
            Index("byAuthor", on: \.author),
            Index("byPlace", on: [.ascending(\.address.city), .descending(\.year)], sparse: true, include: [\.title]),
            Index("byTitle", on: \.title, \.id, id: 7, unique: true),
            Index("byTag", on: [.each(\.tags)]),
        ])
}
