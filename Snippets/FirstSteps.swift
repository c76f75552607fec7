// A database of plain keys.

// snippet.first
import LVKV

let database = try Database(at: "library.lvkv")
try database.put("greeting", "hello")
if let value = try database.get("greeting") { print(value.string) }

try database.write { batch in  // one atomic batch; nothing is written if the body throws
    batch.put("a", "1")
    batch.delete("b")
}

try database.read { snapshot in  // everything inside sees one moment
    var cursor = snapshot.cursor(in: .prefix("gree"))
    while let entry = try cursor.next() {  // key and value are lent, not copied
        print(entry.key.count, entry.value.count)
    }
}
// snippet.end

try database.close()
