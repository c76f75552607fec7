// Key schemas, and the ordered stores that they are for.

import LVKV

// snippet.typed
let visits = KeySchema<String, UInt64>("visit")
let key = visits.key("ann", 1)  // visit:ann:00000000000000000001
let all = try visits.range("ann")  // all of Ann's visits
let some = try visits.range("ann", in: 100..<200)  // those with numbers from 100 up to 199
let (user, time) = try visits.decode(key)
// snippet.end
print(user, time, all, some)

// snippet.layout
let layout = try KeyLayout(
    KeyTemplate("book:{genre}:{id}:{field}"), types: [.string, .string], encoding: .text)
let parts: [KeyValue] = [.string("fantasy"), .string("9788580410631")]
let title = try layout.key(parts, field: "title")  // book:fantasy:9788580410631:title
let fantasy = try layout.range(under: [.string("fantasy")])
// snippet.end
print(fantasy.contains(title.span))

// snippet.store
let store = MemoryStore()
try store.put("greeting", "hello")

try store.write { batch in  // all of it, or nothing if the body throws
    batch.put("visit:ann:1", "home")
    batch.delete("visit:ann:0")
}

try store.read { snapshot in  // everything inside sees one moment
    var cursor = snapshot.cursor(in: .prefix("visit:ann:"))
    while let entry = cursor.next() {  // key and value are lent, not copied
        print(entry.key.count, entry.value.count)
    }
}

let count = try store.transact { transaction in  // reads and writes as if nobody else were there
    let old = try transaction.get("visits")
    let count = (Int(old?.string ?? "") ?? 0) + 1
    transaction.put("visits", "\(count)")
    return count
}
// snippet.end
print(count)
