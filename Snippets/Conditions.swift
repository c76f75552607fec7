// Three ways to write one condition.

// snippet.first
import LVKV

struct Book: Record {
    var genre: String, id: String
    var title: String, author: String, year: Int?
    static let schema = RecordSchema<Book>("book", version: 1, key: "book:{genre}:{id}:{field}")
}

let schema = try Book.schema.definition.get()
let text = try Condition(parsing: #"author = "Tolkien, J." and year >= 1950"#, for: schema)
let filter = try Condition(parsingFilter: #"{"author": "Tolkien, J.", "year": {"$gte": 1950}}"#, for: schema)
let typed: TypedCondition<Book> = \.author == "Tolkien, J." && \.year >= 1950

print(try text == filter && filter == typed.condition.get())  // true
print(text)  // author = "Tolkien, J." and year >= 1950
// snippet.end

struct Tagged: Record {
    var genre: String, id: String
    var title: String, year: Int?, tags: [String]
    static let schema = RecordSchema<Tagged>("tagged", version: 1, key: "tagged:{genre}:{id}:{field}")
}

let conditions: [TypedCondition<Tagged>] = [
    // snippet.methods
    .in(\.genre, ["fantasy", "crime"]),
    .in(\.year, 1950...1960),
    .starts(\.title, with: "The "),
    .matches(\.id, "^97"),
    .contains(\.tags, "elves"),
    // snippet.end
]
for condition in conditions { print(try condition.condition.get()) }
