internal import KeySchemas
import Testing

@testable internal import Records

private enum Genre: String, Codable, CaseIterable, FieldConvertible {
    case fantasy, crime
}

private struct Publisher: Codable {
    var city: String
    var founded: Int?
}

private struct Novel: Record {
    var genre: Genre, id: Int
    var title: String, author: String?, year: Int?, price: Double
    var publisher: Publisher?
    var tags: [String]
    var day: CalendarDate
    var initial: String { String(title.prefix(1)) }
    static let schema = RecordSchema<Novel>("novel", version: 1, key: "novel:{genre}:{id}:{field}")
}

@Suite("conditions in Swift")
struct TypedConditionTests {
    private func check(_ condition: TypedCondition<Novel>, _ text: String) throws {
        let found = try condition.condition.get()
        let expected = try Condition(parsing: text)
        #expect(found == expected, "\(found)")
        #expect(try found.bound(to: Novel.schema.definition.get()) == expected.bound(to: Novel.schema.definition.get()))
    }

    @Test("properties and operators make the condition that a text is")
    func operators() throws {
        try check(\.year >= 1950 && \.author == "Tolkien, J.", #"year >= 1950 and author = "Tolkien, J.""#)
        try check(
            \.genre == .crime && (\.year < 1900 || \.year > 2000) && !(\.id <= 7),
            #"genre = "crime" and (year < 1900 or year > 2000) and not id <= 7"#)
        try check(\.price > 1.5 || \.price == 2 || \.title != "x", #"price > 1.5 or price = 2.0 or title != "x""#)
        try check(\.id == 9_007_199_254_740_993, "id = 9007199254740993")
        let year: Int? = 1950
        try check(\.year == year, "year = 1950")
    }

    @Test("an optional property compares with nil")
    func optionals() throws {
        try check(\.year == nil, "year is absent or year is null")
        try check(\.year != nil, "year exists and year is not null")
        try check(\.year < nil, "false")
    }

    @Test("lists, beginnings, patterns and elements")
    func others() throws {
        try check(.in(\.genre, [.fantasy, .crime]), #"genre in ("fantasy", "crime")"#)
        try check(.in(\.id, 1...5) && \.title == "x", #"id >= 1 and id <= 5 and title = "x""#)
        try check(
            .starts(\.title, with: "The ") && .starts(\.author, with: "T"),
            #"title starts with "The " and author starts with "T""#)
        try check(.matches(\.title, "^The"), #"title matches "^The""#)
        try check(.contains(\.tags, "elves"), #"tags[] = "elves""#)
        try check(.in(\.year, [1950, nil]), "year in (1950) or year is absent or year is null")
    }

    @Test("a property of a property is a path into JSON")
    func nested() throws {
        try check(\.publisher?.city == "Oslo", #"publisher.city = "Oslo""#)
        try check(\.publisher?.founded == 1890, "publisher.founded = 1890")
        #expect(try (\Novel.publisher).fieldPath() == "publisher")
    }

    @Test("what is no stored property is refused, with what to do")
    func computed() throws {
        let condition: TypedCondition<Novel> = \.initial == "T" && \.id == 1
        let error = try #require(throws: RecordError.self) { try condition.condition.get() }
        #expect(error.code == .unknownField)
        #expect(error.message.contains("no stored property"))
        #expect(throws: RecordError.self) { try (\Novel.self).fieldPath() }
        #expect(throws: RecordError.self) { try (\Novel.tags.count).fieldPath() }
        #expect(throws: RecordError.self) { try TypedCondition<Novel>.matches(\.title, "(").condition.get() }
    }
}
