import Foundation
import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

struct Book: Record, Equatable {
    var genre: String, id: String
    var title: String, author: String, year: Int?
    static let schema = RecordSchema<Book>("book", version: 1, key: "book:{genre}:{id}:{field}")
}

/// The same records by their own code.
struct DirectBook: FieldRecord, Equatable {
    var genre: String, id: String
    var title: String, author: String, year: Int?
    static let schema = RecordSchema<DirectBook>("book", version: 1, key: "book:{genre}:{id}:{field}")

    init(_ book: Book) {
        (genre, id, title, author, year) = (book.genre, book.id, book.title, book.author, book.year)
    }

    init(fields: inout FieldReader) throws(RecordError) {
        genre = try fields.read("genre")
        id = try fields.read("id")
        title = try fields.read("title")
        author = try fields.read("author")
        year = try fields.read("year")
    }

    func write(to fields: inout FieldWriter) throws(RecordError) {
        try fields.write("genre", genre)
        try fields.write("id", id)
        try fields.write("title", title)
        try fields.write("author", author)
        try fields.write("year", year)
    }
}

struct Everything: Record, Equatable {
    enum Color: String, Codable, CaseIterable { case red, green }
    struct Address: Codable, Equatable { var street: String, numbers: [Int] }

    var day: CalendarDate, number: Int
    var text: String, small: UInt8, large: UInt64?, ratio: Double, single: Float, flag: Bool, bytes: [UInt8]
    var at: Timestamp?, id: UUID128, color: Color, shade: Color?, address: Address?, tags: [String]
    static let schema = RecordSchema<Everything>(
        "all", version: 1, key: "all:{day}:{number}:{field}", encoding: .tuple)
}

struct Noted: Record, Equatable {
    var id: Int
    var note: JSONValue, more: JSONValue?
    static let schema = RecordSchema<Noted>("noted", version: 1, key: "noted:{id}:{field}")
}

@Suite("typed records")
struct TypedRecordTests {
    private let wind = Book(
        genre: "fantasy", id: "9788580410631", title: "Name of the Wind", author: "Patrick Rothfuss", year: 2007)

    @Test("any JSON is a property, and comes back with its numbers and the order of its keys")
    func json() throws {
        let notes = try Keyspace(MemoryStore()).records(of: Noted.self)
        for text in [
            #"{"z":1.10,"a":[12345678901234567890.123,null,{"b":true,"a":"é"}]}"#, "1.0", #""text""#, "[]", "false",
        ] {
            let note = Noted(id: 1, note: try JSONValue(parsing: text), more: nil)
            try notes.upsert(note)
            #expect(try notes.get(1) == note)
            #expect(try notes.get(1)?.note.text() == text)
        }
    }

    @Test("JSON goes through Foundation's coders as they can")
    func jsonElsewhere() throws {
        let value = try JSONValue(parsing: #"{"a":[1,-2.5,18446744073709551615,null,true,"x",{}]}"#)
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
    }

    @Test("a Swift type is a schema, and its values are records")
    func book() throws {
        let keyspace = try Keyspace(MemoryStore())
        let books = try keyspace.records(of: Book.self)
        #expect(keyspace.schema("book")?.fields.map(\.name) == ["genre", "id", "title", "author", "year"])
        #expect(keyspace.schema("book")?.fields.map(\.isRequired) == [true, true, true, true, false])
        try books.insert(wind)
        #expect(
            try contents(keyspace) == [
                "book:fantasy:9788580410631:author=Patrick Rothfuss",
                "book:fantasy:9788580410631:title=Name of the Wind", "book:fantasy:9788580410631:year=2007",
            ])
        #expect(try books.get("fantasy", "9788580410631") == wind)
        #expect(try books.get("fantasy", "1") == nil)
        #expect(throws: RecordError.self) { try books.insert(wind) }
        #expect(throws: RecordError.self) { try books.get("fantasy") }
        var other = Book(genre: "fantasy", id: "2", title: "T", author: "A", year: nil)
        try books.upsert(other)
        other.author = "B"
        try books.upsert(other)
        #expect(try books.scan(under: "fantasy") == [other, wind])
        #expect(try books.scan(under: "fantasy", reverse: true, limit: 1) == [wind])
        var titles: [String] = []
        for book in try books.scan(under: "fantasy") { titles.append(book.title) }
        #expect(titles == ["T", "Name of the Wind"])
        let changed = try books.update("fantasy", "2") { $0.year = 1999 }
        #expect(changed.year == 1999)
        #expect(try books.get("fantasy", "2") == changed)
        #expect(throws: RecordError.self) { try books.update("fantasy", "2") { $0.id = "3" } }
        try books.move(["fantasy", "2"], to: ["epic", "2"])
        #expect(try books.get("epic", "2")?.year == 1999)
        #expect(try books.delete("epic", "2"))
        #expect(try !books.delete("epic", "2"))
        let page = try books.page(RecordScan(limit: 1))
        #expect(page.records == [wind])
        #expect(page.next == nil)
    }

    @Test("a type's own code reads and writes what Codable does")
    func direct() throws {
        let keyspace = try Keyspace(MemoryStore())
        let books = try keyspace.records(of: Book.self)
        let direct = try keyspace.records(of: DirectBook.self)
        for (index, genre) in ["a:b", "c;d", "", "é"].enumerated() {
            for year in [nil, 0, -720, Int.max, Int.min] as [Int?] {
                let book = Book(genre: genre, id: "\(index)", title: "\0x", author: "", year: year)
                try books.upsert(book)
                #expect(try direct.get(.string(genre), .string("\(index)")) == DirectBook(book))
                try direct.upsert(DirectBook(book))
                #expect(try books.get(.string(genre), .string("\(index)")) == book)
            }
        }
        #expect(try direct.scan() == books.scan().map { DirectBook($0) })
    }

    @Test("values of every kind come back as they were", arguments: [true, false])
    func everything(full: Bool) throws {
        let keyspace = try Keyspace(MemoryStore())
        let records = try keyspace.records(of: Everything.self)
        let value = Everything(
            day: try #require(CalendarDate("2024-02-29")), number: -5, text: "é:;\0", small: 255,
            large: full ? UInt64.max / 2 : nil, ratio: 0.1, single: 1.5, flag: true, bytes: [0, 1, 255],
            at: full ? Timestamp("20240131T235959.123Z") : nil,
            id: try #require(UUID128("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")), color: .green, shade: full ? .red : nil,
            address: full ? Everything.Address(street: "s", numbers: [1, 2]) : nil, tags: full ? ["a", "b"] : [])
        try records.insert(value)
        #expect(try records.scan() == [value])
        let kinds = try #require(keyspace.schema("all")).fields.map(\.type.name)
        #expect(
            kinds == [
                "date", "int", "string", "int", "int", "double", "double", "bool", "bytes", "timestamp", "uuid",
                "string", "string", "json", "json",
            ])
    }

    @Test("a type that disagrees with the catalogue is told how, field by field")
    func disagreement() throws {
        struct Odd: Record {
            var genre: String, id: Int
            var title: String?, year: String?, extra: Int, isbn: String?
            static let schema = RecordSchema<Odd>("book", version: 1, key: "book:{genre}:{id}:{field}")
        }
        let keyspace = try bookspace()
        let error = #expect(throws: RecordError.self) { try keyspace.records(of: Odd.self) }
        #expect(error?.code == .typeMismatch)
        let message = error?.message ?? ""
        for part in [
            "field id is int in the type, string in the database",
            "field title is optional in the type, required in the database",
            "field year is string in the type, int in the database",
            "field extra is int in the type, json in the database", "field isbn is not in the database's schema",
            "field author is required in the database and not in the type",
        ] {
            #expect(message.contains(part), "\(message)")
        }
    }

    @Test("fields that a type does not know stay when its values are written")
    func foreignFields() throws {
        let keyspace = try bookspace()
        let books = try keyspace.records(of: Book.self)
        try books.insert(wind)
        try keyspace.put("book:fantasy:9788580410631:extra", "[1]")
        try keyspace.put("book:fantasy:9788580410631:shelf", "A")
        var changed = wind
        changed.year = nil
        try books.upsert(changed)
        #expect(try books.get("fantasy", "9788580410631") == changed)
        let record = try #require(try books.untyped.get(["fantasy", "9788580410631"]))
        #expect(record["extra"] == .json(.array([1])))
        #expect(record["shelf"] == .raw([65]))
        #expect(record["year"] == nil)
    }

    @Test("a schema's checks hold for typed writes, and a null reads as nil")
    func checks() throws {
        let keyspace = try bookspace()
        for direct in [false, true] {
            var book = wind
            book.year = 9999
            let error = #expect(throws: RecordError.self) {
                if direct {
                    try keyspace.records(of: DirectBook.self).upsert(DirectBook(book))
                } else {
                    try keyspace.records(of: Book.self).upsert(book)
                }
            }
            #expect(error?.field == "year")
        }
        let books = try keyspace.records(of: Book.self)
        try books.insert(wind)
        try keyspace.put("book:fantasy:9788580410631:year", [0])
        #expect(try books.scan().first?.year == nil)
    }

    @Test("a schema that cannot be derived says what to do")
    func notDerivable() throws {
        struct Strict: Codable, Equatable {
            let value: String
            init(from decoder: any Decoder) throws {
                let text = try decoder.singleValueContainer().decode(String.self)
                guard text.hasPrefix("x") else {
                    throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no x"))
                }
                value = text
            }
        }
        struct Holder: Record {
            var id: String
            var strict: Strict
            static let schema = RecordSchema<Holder>("holder", version: 1, key: "holder:{id}:{field}")
        }
        struct BadKey: Record {
            var id: String
            static let schema = RecordSchema<BadKey>("bad", version: 1, key: "bad:{id}:{other}:{field}")
        }
        let keyspace = try Keyspace(MemoryStore())
        let error = #expect(throws: RecordError.self) { try keyspace.records(of: Holder.self) }
        #expect(error?.message.contains("its property strict does not decode") == true)
        #expect(throws: RecordError.self) { try keyspace.records(of: BadKey.self) }
    }

    @Test("a schema may be given its fields, with decimals and checks")
    func explicitFields() throws {
        struct Price: Record, Equatable {
            var id: Int
            var amount: FixedDecimal
            static let schema = RecordSchema<Price>(
                "price", version: 1, key: "price:{id}:{field}",
                fields: [
                    FieldDefinition("id", id: 1, type: .scalar(.int(pad: 6))),
                    FieldDefinition(
                        "amount", id: 2, type: .scalar(.decimal(precision: 8, scale: 2)), isRequired: true),
                ])
        }
        let keyspace = try Keyspace(MemoryStore())
        let prices = try keyspace.records(of: Price.self)
        let price = Price(id: 7, amount: try #require(FixedDecimal("12.50")))
        try prices.insert(price)
        #expect(try contents(keyspace) == ["price:000007:amount=12.50"])
        #expect(try prices.get(7) == price)
    }
}
