// The bare wrapper over LevelDB.

// snippet.first
import LevelDB
import OrderedStore

let store = try LevelDBStore(at: "library.ldb", options: LevelDBOptions(mode: .createIfMissing))
try store.put("greeting", "hello")
if let value = try store.get("greeting") { print(value.string) }

try store.read { snapshot in
    var cursor = snapshot.cursor(in: .prefix("greet"))
    while let entry = try cursor.next() { print(entry.key.count, entry.value.count) }
}
// snippet.end

try store.close()
