// JSON documents in collections.

// snippet.documents
import LVKV

struct Note: Codable {
    var title: String, year: Int, tags: [String]
}

let database = try Database(at: "notes.lvkv")
let notes = try database.documents("notes")
let id = try notes.insertOne(["title": "Dune", "year": 1965, "tags": ["sf", "desert"]])
try notes.updateOne(["_id": id], ["$inc": ["read": 1], "$addToSet": ["tags": "classic"]])
try notes.createIndex(["year": -1])
for note in try notes.find(["tags": "sf", "year": ["$gte": 1950]], sort: ["year": -1], limit: 10) {
    print(note["title"] ?? .null)
}
for note in try notes.find(as: Note.self) { print(note.title, note.tags) }
// snippet.end

try database.close()
