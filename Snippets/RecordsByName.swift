// Records by their schema's name.

import LVKV

let text = """
    schema: book
    version: 1
    key: "book:{genre}:{id}:{field}"
    fields:
      genre:  {id: 1, type: string}
      id:     {id: 2, type: string}
      title:  {id: 3, type: string, required: true}
      author: {id: 4, type: string, required: true}
      year:   {id: 5, type: int}
    """

// snippet.dynamic
let keyspace = try Keyspace(MemoryStore())
try keyspace.apply(SchemaDefinition(parsing: text, file: "book.yaml"))

let books = try keyspace.records("book")
try books.insert(["genre": "fantasy", "id": "1", "title": "Name of the Wind", "author": "Patrick Rothfuss"])
try books.update(["fantasy", "1"], set: ["year": 2007])
try books.forEach(RecordScan(under: ["fantasy"])) { print($0.json) }

try keyspace.put("book:fantasy:1:year", "2008")  // the same field, as a plain key
// snippet.end

do {
    // snippet.refused
    try keyspace.put("book:fantasy:1:year", "abc")  // refused: field year: "abc" is not an integer
    // snippet.end
} catch let error as RecordError {
    print(error)
}
