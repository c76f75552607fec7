// Lists, hashes, sets, sorted sets, expiry and counters.

// snippet.structures
import LVKV

let database = try Database(at: "structures.lvkv")

let tasks = database.list("tasks")
try tasks.append("write")
try tasks.append(contentsOf: ["test", "publish"])
if let task = try tasks.popFirst() { print(String(decoding: task, as: UTF8.self)) }  // write

try database.hash("user:ann").set("city", to: "Oslo")
try database.set("tags").insert(contentsOf: ["swift", "leveldb"])
try database.sortedSet("scores").insert("ann", score: 12.5)
for element in try database.sortedSet("scores").elements(scores: 10...20) { print(element.member, element.score) }

try database.put("session:1", "ann", expiresIn: .seconds(3600))  // gone for every reader in an hour
try database.increment("visits")

try database.transactKeys { keys in  // all or nothing
    if let task = try keys.list("tasks").popFirst() {
        try keys.list("done").append(task)
        try keys.increment("done:count")
    }
}

database.startReclaiming()  // gives the space of what is gone back, in the background
// snippet.end

try database.close()
