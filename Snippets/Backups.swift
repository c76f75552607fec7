// Backups, dumps and the check of everything.
import LVKV

let database = try Database(at: "library.lvkv")
try database.put("greeting", "hello")

// snippet.backup
// One moment, while writes go on; what did not change since the last one is not stored again.
let backup = try database.backup(to: "library.backups/monday")
print(backup.entries, backup.newBytes)

// A new directory, never over one that is there.
try backup.restore(to: "library-of-monday.lvkv")

let set = BackupSet(at: "library.backups")
for member in try set.members().dropLast(7) {
    if case .success(let old) = member.backup { try set.remove(old) }
}
_ = try set.verify { name, problem in print(name, problem.file, problem.message) }
// snippet.end

// snippet.dump
var stream: [UInt8] = []
try database.dump { stream += $0 }

var rest = stream[...]
try Database.load(
    at: "copy.lvkv",
    from: {
        defer { rest = [] }
        return Array(rest)
    })
// snippet.end

// snippet.verify
let found = try database.verify { problem in print(problem.kind, problem.message) }
print(found.keys, found.isClean)
// snippet.end
