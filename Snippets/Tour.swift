// The library in one page.

import Foundation
import LVKV

let path = FileManager.default.temporaryDirectory.appending(path: "tour-\(UUID()).lvkv").path
let database = try Database(at: path)

// snippet.plain
try database.put("greeting", "hello")
if let value = try database.get("greeting") { print(value.string) }

let visits = KeySchema<String, UInt64>("visit")  // typed key parts
try database.write { batch in  // one atomic batch; nothing is written if the body throws
    batch.put(visits.key("ann", 1), "home")
    batch.delete(visits.key("ann", 0))
}

try database.read { snapshot in  // everything inside sees one moment
    var cursor = snapshot.cursor(in: try visits.range("ann"))
    while let entry = try cursor.next() {  // key and value are lent, not copied
        let (user, time) = try visits.decode(entry.key)
        print(user, time, entry.value.count)
    }
}

let count = try database.transact { transaction in  // serialisable: reads and writes as if alone
    let count = try Int(transaction.get("count")?.string ?? "0")! + 1
    try transaction.put("count", "\(count)")
    return count
}
// snippet.end
print(count)

try database.close()
try FileManager.default.removeItem(atPath: path)
