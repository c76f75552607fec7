import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

private let head = """
    schema: book
    version: 1
    key: "book:{genre}:{id}:{field}"
    fields:
      genre: {id: 1, type: string}
      id: {id: 2, type: string}
      author: {id: 3, type: string}
      year: {id: 4, type: int, nullable: true}
      extra: {id: 5, type: json}

    """

private func schema(_ indexes: String, retired: String = "[]") throws -> SchemaDefinition {
    try SchemaDefinition(
        parsing: head + indexes + "\nretired: {indexes: \(retired)}\n", file: "b.yaml")
}

@Suite("indexes in schema files")
struct IndexSchemaTests {
    @Test("a schema file says all that an index has, and the catalogue's JSON says the same")
    func parse() throws {
        let definition = try schema(
            """
            indexes:
              byAuthor: {id: 1, on: [author, {year: desc}], include: [extra]}
              byId: {id: 7, on: [id], unique: true}
              byCity: {id: 3, on: [extra.publisher.city, {genre: asc}], sparse: true}
              byTag: {id: 4, on: ["extra.tags[]"]}
              byName: {id: 5, on: ["extra.authors[].name"]}
            """, retired: "[2]")
        #expect(
            definition.indexes == [
                IndexDefinition(
                    "byAuthor", id: 1, on: ["author", IndexPart("year", descending: true)], include: ["extra"]),
                IndexDefinition("byId", id: 7, on: ["id"], unique: true),
                IndexDefinition("byCity", id: 3, on: ["extra.publisher.city", "genre"], sparse: true),
                IndexDefinition("byTag", id: 4, on: ["extra.tags[]"]),
                IndexDefinition("byName", id: 5, on: ["extra.authors[].name"]),
            ])
        #expect(definition.retiredIndexes == [2])
        let again = try SchemaDefinition(parsing: definition.json.text(), file: "b.json")
        #expect(again == definition)
        #expect(again.indexes == definition.indexes)
    }

    @Test(
        "what makes no sense is refused with its line and its reason",
        arguments: [
            ("{id: 1}", "b.yaml:11: field indexes.x: the key on is missing"),
            ("{on: [author]}", "b.yaml:11: field indexes.x: the key id is missing"),
            ("{id: 0, on: [author]}", "b.yaml:11: index x: the id is 0"),
            ("{id: 9, on: [author]}", "b.yaml:11: index x: the id 9 is retired"),
            ("{id: 1, on: []}", "b.yaml:11: index x: on is empty"),
            ("{id: 1, on: author}", "b.yaml:11: field indexes.x.on: a list belongs here, not a single value"),
            ("{id: 1, on: [auther]}", "b.yaml:11: index x: there is no field auther; did you mean author?"),
            ("{id: 1, on: [author.name]}", "author.name is a way inside author, which is of type string, not json"),
            ("{id: 1, on: [author, author]}", "index x: author is there twice"),
            ("{id: 1, on: [{year: down}]}", "field indexes.x.on: unknown direction down; one of asc, desc"),
            ("{id: 1, on: [{year: desc, id: asc}]}", "one path with its direction belongs here"),
            ("{id: 1, on: ['extra.a[].b[]']}", "index x: extra.a[].b[] has more than one []"),
            ("{id: 1, on: ['extra.a[]', 'extra.b[]']}", "index x: two parts have []"),
            ("{id: 1, on: ['extra..a']}", "index x: extra..a is no path"),
            ("{id: 1, on: ['extra.a[0]']}", "index x: extra.a[0] is no path"),
            ("{id: 1, on: ['author[]']}", "author[] is a way inside author"),
            ("{id: 1, on: [author], include: [titel]}", "index x: include: there is no field titel"),
            ("{id: 1, on: [author], include: [genre]}", "index x: include: genre is a part of the key"),
            ("{id: 1, on: [author], include: [year, year]}", "index x: include: year is there twice"),
            ("{id: 1, on: [author], uniqe: true}", "unknown key uniqe; did you mean unique?"),
            ("{id: 1, on: [author], unique: 1}", "field indexes.x.unique: true or false belongs here"),
        ])
    func refuse(index: String, reason: String) {
        let error = #expect(throws: RecordError.self) {
            try schema("indexes:\n  x: \(index)", retired: "[9]")
        }
        #expect(error?.code == .malformedSchema)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("two indexes with one id are refused, at the second one's line")
    func sameId() {
        let error = #expect(throws: RecordError.self) {
            try schema("indexes:\n  x: {id: 1, on: [author]}\n  y: {id: 1, on: [year]}")
        }
        #expect(error?.description.contains("b.yaml:12: index y: the id 1 is x's") == true)
    }

    @Test("an index that goes must leave its id in retired, and a retired id is not given again")
    func retire() throws {
        let keyspace = try Keyspace(MemoryStore())
        func version(_ number: Int, _ indexes: String, retired: String = "[]") throws -> SchemaDefinition {
            let text = head.replacing("version: 1", with: "version: \(number)")
            return try SchemaDefinition(
                parsing: text + indexes + "\nretired: {indexes: \(retired)}\n", file: "b.yaml")
        }
        try keyspace.apply(version(1, "indexes: {x: {id: 1, on: [author]}}"))
        let error = #expect(throws: RecordError.self) { try keyspace.apply(version(2, "")) }
        #expect(error?.code == .schemaConflict)
        #expect(error?.message == "index x is dropped: put its id, 1, into retired.indexes")
        let change = try keyspace.apply(version(2, "", retired: "[1]"))
        #expect(change.differences.map(\.description) == ["index x is dropped"])
        #expect(try keyspace.indexes(of: "book") == [])
        let other = #expect(throws: RecordError.self) {
            try keyspace.apply(version(3, "indexes: {x: {id: 1, on: [year]}}"))
        }
        #expect(other?.message == "the index id 1 was retired and must stay in retired")
    }

    @Test("indexes of a schema without records can be read at once, also after reopening")
    func instant() throws {
        let store = MemoryStore()
        let definition = try schema("indexes: {x: {id: 1, on: [author]}}")
        let change = try Keyspace(store).apply(definition)
        #expect(change.indexesToBuild == [])
        let again = try Keyspace(store)
        #expect(try again.indexes(of: "book").map(\.isReady) == [true])
        #expect(try again.records("book").find(index: "x", equals: ["A"]) == [])
    }
}
