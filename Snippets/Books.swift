// Swift types as records.

// snippet.first
import LVKV

struct Book: Record {
    var genre: String, id: String  // the parts of the key
    var title: String, author: String, year: Int?
    static let schema = RecordSchema<Book>("book", version: 1, key: "book:{genre}:{id}:{field}")
}

let database = try Database(at: "library.lvkv")
let books = try database.records(of: Book.self)
try books.upsert(Book(genre: "fantasy", id: "lilith", title: "Lilith", author: "George MacDonald", year: 1895))
for book in try books.scan(under: "fantasy") { print(book.title) }  // never those of fantasy2
// snippet.end

try database.close()
