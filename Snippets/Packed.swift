// Records of one value each: see PackedLayout in the documentation of Records.
import LVKV

struct Visit: Record {
    var user: String, number: Int
    var page: String, seconds: Int?
    static let schema = RecordSchema<Visit>("visit", version: 1, key: "visit:{user}:{number}", layout: .packed)
}

let database = try Database(at: "visits.lvkv")
let visits = try database.records(of: Visit.self)
try visits.upsert(Visit(user: "ann", number: 1, page: "/", seconds: 12))
try visits.update("ann", 1) { $0.seconds = 30 }
for visit in try visits.scan(under: "ann") { print(visit.page, visit.seconds ?? 0) }
try database.close()
