// Records by what they are like.

import Foundation
import LVKV

struct Book: Record {
    var genre: String, id: String
    var title: String, author: String, year: Int?
    static let schema = RecordSchema<Book>(
        "book", version: 1, key: "book:{genre}:{id}:{field}",
        indexes: [IndexDefinition("byAuthor", id: 1, on: ["author", IndexPart("year", descending: true)])])
}

let path = FileManager.default.temporaryDirectory.appending(path: "queries-\(UUID()).lvkv").path
let database = try Database(at: path)
let books = try database.records(of: Book.self)
for (id, title, author, year) in [
    ("1", "The Hobbit", "Tolkien, J.", 1937), ("2", "Smith of Wootton Major", "Tolkien, J.", 1967),
    ("3", "The Two Towers", "Tolkien, J.", 1954), ("4", "Lilith", "MacDonald, G.", 1895),
] {
    try books.insert(Book(genre: "fantasy", id: id, title: title, author: author, year: year))
}

// snippet.typed
let his = try books.find(
    where: \.author == "Tolkien, J." && \.year >= 1950, order: [.descending(\.year)], limit: 20)
for book in his { print(book.title) }
// snippet.end

// snippet.dynamic
let records = try database.records("book")
var query = Query(
    where: try Condition(parsing: "author starts with \"Tol\" and year < 1960"), select: ["title", "year"],
    order: ["author", .descending("year")], limit: 1)
repeat {
    let page = try records.page(query)  // a page at a time, also after a restart
    for record in page.records { print(record.json) }
    query.after = page.next
} while query.after != nil
// snippet.end

// snippet.groups
let genres = try records.distinct("genre")  // a seek a value, however many books there are
for group in try records.aggregate([.count, .min("year")], by: ["author"]) { print(group.values, group.results) }
print(genres, try records.count(where: .compare("year", .less, 1950)))
print(try records.explain(query))
// snippet.end

try database.close()
try FileManager.default.removeItem(atPath: path)
