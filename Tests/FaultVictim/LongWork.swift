internal import Foundation
internal import LVKV

/// The long pieces of work that a kill comes in the middle of.
struct LongWork {
    private let database: Database
    private let count: Int

    init(_ database: Database, count: Int) {
        self.database = database
        self.count = count
    }

    func run(_ work: String) throws {
        switch work {
        case "fill-records": try fillRecords()
        case "fill-structures": try fillStructures()
        case "delete-structures":
            for number in 0..<count { _ = try database.transactKeys { try $0.delete("big\(number)") } }
        case "index-build":
            for name in ["byName", "byYear", "byCode"] { try database.keyspace.rebuildIndex(name, of: "item") }
        case "migration": try migrate()
        case "reclaim": try database.reclaim()
        case "settle": try settle()
        default: FaultVictim.fail("no such work: \(work)", 64)
        }
        try database.close()
    }

    private func fillRecords() throws {
        try Operation.prepare(database)
        for number in 0..<count {
            try Operation(
                database, .buffered,
                ["w0", "\(number)", "name\(number % 97)", "\(1900 + number % 100)", "c\(number)", "t"]
            ).run("rec")
        }
    }

    /// `count` of each kind, of 2,000 elements each.
    private func fillStructures() throws {
        let elements = (0..<2_000).map { "e\($0)" }
        for number in 0..<count {
            try database.transactKeys { keys in
                switch number % 4 {
                case 0: try keys.list("big\(number)").append(contentsOf: elements)
                case 1: try keys.set("big\(number)").insert(contentsOf: elements)
                case 2: for element in elements { try keys.hash("big\(number)").set(element, to: element) }
                default:
                    for (index, element) in elements.enumerated() {
                        try keys.sortedSet("big\(number)").insert(element, score: Double(index))
                    }
                }
            }
        }
    }

    /// Rewrites all records under another key, for good.
    private func migrate() throws {
        let next = Operation.schemaText
            .replacingOccurrences(of: "version: 1", with: "version: 2")
            .replacingOccurrences(of: "item:{worker}:{id}:", with: "item:{id}:{worker}:")
        try database.migrate([
            Migration("v1", to: SchemaDefinition(parsing: Operation.schemaText, file: "item.yaml")),
            Migration("v2", to: SchemaDefinition(parsing: next, file: "item.yaml")),
        ])
        // Until then the old records are kept, to be taken back.
        if try database.keyspace.migration(of: "item") != nil { try database.keyspace.commit("item") }
    }

    /// Ends a rewrite that was under way: forward where it is decided, back otherwise.
    private func settle() throws {
        guard let rewrite = try database.keyspace.migration(of: "item") else { return }
        if rewrite.phase == .committing {
            try database.keyspace.commit("item")
        } else {
            try database.keyspace.rollback("item")
        }
    }
}
