import Testing

internal import KeySchemas
internal import OrderedStore
@testable internal import Records

@Suite("Queries")
struct QueryTests {
    private func library(_ count: Int = 200, encoding: String = "text") throws -> DynamicRecords<MemoryStore> {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(
            try SchemaDefinition(
                parsing: """
                    schema: book
                    version: 1
                    key: "book:{genre}:{id}:{field}"
                    encoding: \(encoding)
                    fields:
                      genre: {id: 1, type: string}
                      id: {id: 2, type: int, pad: 6}
                      title: {id: 3, type: string}
                      author: {id: 4, type: string}
                      year: {id: 5, type: int}
                      price: {id: 6, type: decimal, precision: 10, scale: 2}
                    indexes:
                      byAuthor: {id: 1, on: [author, {year: desc}], include: [title]}
                      byTitle: {id: 2, on: [title], unique: true}
                    """, file: "book.yaml"))
        let records = try keyspace.records("book")
        for id in 0..<count {
            try records.insert([
                "genre": .scalar(.string(["crime", "fantasy", "poems", "sf"][id % 4])),
                "id": .scalar(.integer(Int64(id))), "title": .scalar(.string("Title \(id)")),
                "author": .scalar(.string("Author \(id % 10)")), "year": .scalar(.integer(Int64(1900 + id % 50))),
            ])
        }
        return records
    }

    private func explain(
        _ records: DynamicRecords<MemoryStore>, _ condition: String, select: [String]? = nil,
        order: [Query.Order] = [], limit: Int? = nil
    ) throws -> QueryExplanation {
        try records.explain(
            Query(where: try Condition(parsing: condition), select: select, order: order, limit: limit))
    }

    @Test("the plan is the way that reads least")
    func plans() throws {
        let records = try library()
        let point = try explain(records, #"genre = "sf" and id = 3"#)
        #expect(point.plan == "records")
        #expect(point.counts?.records == 1)
        let unique = try explain(records, #"title = "Title 7" and year > 3"#)
        #expect(unique.plan == "index byTitle")
        #expect(unique.counts?.records == 1)
        let author = try explain(
            records, #"author = "Author 3" and year >= 1910 and year < 1940"#, order: [.descending("year")])
        #expect(author.plan == "index byAuthor")
        #expect(!author.isSorted)
        #expect(author.filter == nil)
        #expect(author.counts?.records == author.counts?.returned)
        let covered = try explain(records, #"author in ("Author 1", "Author 3")"#, select: ["title", "year"])
        #expect(covered.isCovered)
        #expect(covered.rangeCount == 2)
        #expect(covered.counts?.records == 40)
        let scan = try explain(records, "price > 3", order: ["year"])
        #expect(scan.plan == "records")
        #expect(scan.isSorted)
        #expect(scan.filter == "price > 3.00")
        #expect(try explain(records, "false").counts == QueryCounts())
        let limited = try explain(records, "true", order: ["author"], limit: 3)
        #expect(limited.plan == "index byAuthor")
        #expect((limited.counts?.keys ?? .max) < 40)
    }

    @Test("an explanation is text and JSON")
    func explanations() throws {
        let records = try library()
        let found = try explain(
            records, #"author = "Author 3" and year >= 1940 and price is absent"#, order: ["year"])
        let lines = found.description.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(5) == [
                "plan      index byAuthor", "keys      from (Author 3, …) to (Author 3, 1940, …)",
                "          from the last to the first",
                "filter    not price exists", "order     year, as found",
            ], "\(found)")
        #expect(found.json.text().contains(#""plan":"index byAuthor""#))
    }

    @Test(
        "distinct values of a key's last part are all there, also where one begins another",
        arguments: RecordShape.all)
    func distinctLastPart(_ shape: RecordShape) throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(shelfSchema(encoding: shape.encoding.rawValue, layout: shape.layout))
        let records = try keyspace.records("item")
        for id in [1, 2, 10, 12, 100] as [FieldValue] { try records.insert(["group": "a", "id": id]) }
        #expect(try records.distinct("id", where: .compare("group", .equal, "a")) == [1, 2, 10, 12, 100])
    }

    @Test("distinct values of key parts and index parts are skipped to")
    func distinct() throws {
        for encoding in ["text", "tuple"] {
            let records = try library(1000, encoding: encoding)
            let genres = try records.explainedDistinct("genre", where: .all, memory: 1 << 20)
            #expect(genres.values == ["crime", "fantasy", "poems", "sf"])
            #expect(genres.explanation.skips == "genre")
            #expect((genres.explanation.counts?.keys ?? .max) < 60)
            let authors = try records.explainedDistinct("author", where: .all, memory: 1 << 20)
            #expect(authors.values.count == 10)
            #expect((authors.explanation.counts?.keys ?? .max) < 150)
            let ids = try records.explainedDistinct("id", where: .compare("genre", .equal, "sf"), memory: 1 << 20)
            #expect(ids.values.count == 250)
            #expect(try records.distinct("price").isEmpty)
            #expect(throws: RecordError.self) { try records.aggregate([.count], by: ["year", "id"], memory: 1) }
        }
    }

    @Test("a sort that takes more memory than it may goes on in a file")
    func spilling() throws {
        let records = try library(3000)
        var query = Query(order: [.descending("year"), "title"], memory: 1)
        let sorted = try records.query(query)
        query.memory = Query.usualMemory
        #expect(sorted == (try records.query(query)))
        #expect(sorted.count == 3000)
        query.memory = 1
        query.limit = 1000
        query.skip = 500
        #expect(try records.query(query) == Array(sorted[500..<1500]))
    }

    @Test("a token is refused by another question, and when it is damaged")
    func tokens() throws {
        let records = try library()
        var query = Query(where: .compare("year", .greater, 1910), order: ["author"], limit: 5)
        let token = try #require(try records.page(query).next)
        query.after = token
        #expect(try records.page(query).records.count == 5)
        for bad in [String(token.dropLast(2)), token + "00", "", "zz", String(token.dropFirst(2)), "00" + token] {
            query.after = bad
            #expect(throws: RecordError.self, "\(bad)") { try records.page(query) }
        }
        query.after = token
        query.order = ["year"]
        #expect(throws: RecordError.self) { try records.page(query) }
    }

    @Test("sums are exact, and too large ones are an error")
    func sums() throws {
        var sum = ExactSum()
        let numbers: [FieldValue] = [
            .scalar(.integer(.max)), .scalar(.integer(.max)), .json(.number(JSONNumber(unchecked: "0.10"))), .null, "x",
        ]
        for number in numbers { _ = try sum.add(number) }
        #expect(sum.value.description == "18446744073709551614.10")
        for _ in 0..<10 { _ = try sum.add(.json(.number(JSONNumber(unchecked: "0.10")))) }
        #expect(sum.value.description == "18446744073709551615.10")
        var large = ExactSum()
        let most = FieldValue.json(.number(JSONNumber(unchecked: String(repeating: "9", count: 38))))
        #expect(try large.add(most))
        #expect(throws: RecordError.self) { for _ in 0..<2 { _ = try large.add(most) } }
        var doubles = ExactSum()
        for number in [1e100, 1.0, -1e100] { _ = try doubles.add(.scalar(.double(number))) }
        #expect(doubles.value == 1.0)
    }

    @Test("what makes no sense is refused by name")
    func refusals() throws {
        let records = try library(1)
        #expect(throws: RecordError.self) { try records.query(Query(select: ["autor"])) }
        #expect(throws: RecordError.self) { try records.query(Query(order: ["autor"])) }
        #expect(throws: RecordError.self) { try records.query(Query(where: .exists("autor"))) }
        #expect(throws: RecordError.self) { try records.distinct("autor") }
        #expect(throws: RecordError.self) { try records.aggregate([.sum("title")]) }
        #expect(throws: RecordError.self) { try records.aggregate([.count], by: ["autor"]) }
    }
}
