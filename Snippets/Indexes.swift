// Indexes of a Swift type, and reading by them.

import Foundation
import LVKV

// snippet.type
struct Book: Record {
    var genre: String, id: String
    var title: String, author: String, year: Int?
    static let schema = RecordSchema<Book>(
        "book", version: 1, key: "book:{genre}:{id}:{field}",
        indexes: [
            Index("byAuthor", on: [.ascending(\.author), .descending(\.year)], include: [\.title]),
            Index("byTitle", on: \.title),
        ])
}
// snippet.end

let path = FileManager.default.temporaryDirectory.appending(path: "indexes-\(UUID()).lvkv").path
let database = try Database(at: path)
do {
    let books = try database.records(of: Book.self)
    for (id, title, author, year) in [
        ("1", "The Hobbit", "Tolkien, J.", 1937), ("2", "The Two Towers", "Tolkien, J.", 1954),
        ("3", "Lilith", "MacDonald, G.", 1895),
    ] {
        try books.insert(Book(genre: "fantasy", id: id, title: title, author: author, year: year))
    }
}

do {
    // snippet.typed
    let books = try database.records(of: Book.self)
    let his = try books.find(index: "byAuthor", equals: ["Tolkien, J."])
    let one = try books.first(index: "byTitle", equals: ["The Hobbit"])
    // snippet.end
    precondition(his.map(\.id) == ["2", "1"] && one?.id == "1")
}

do {
    // snippet.dynamic
    let books = try database.records("book")
    for book in try books.find(index: "byAuthor", equals: ["Tolkien, J."], from: 1950, limit: 20) { print(book.json) }
    let known = try books.count(index: IndexScan("byTitle", equals: ["Lilith"]))
    // snippet.end
    precondition(known == 1)

    func show(_ records: [DynamicRecord]) { for record in records { print(record.json) } }
    var bytes = 0
    // snippet.lend
    try books.lend(IndexScan("byAuthor", fields: ["author", "title"])) { book in
        bytes += try book.utf8("title")?.count ?? 0
    }

    var token: String?
    repeat {
        let page = try books.page(IndexScan("byAuthor", limit: 50), after: token)
        show(page.records)
        token = page.next
    } while token != nil
    // snippet.end
    precondition(bytes == 30)
}

try database.close()
try FileManager.default.removeItem(atPath: path)
