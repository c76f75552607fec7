import StoreConformance
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
@testable internal import Records
internal import Synchronization

/// Two versions of a schema that differ in all that a rewrite may change at once.
private func version(_ number: Int) throws -> SchemaDefinition {
    try SchemaDefinition(
        parsing: """
            schema: item
            version: \(number)
            key: "\(number == 1 ? "item:{group}:{id}" : "item:{id}:{group}"):{field}"
            fields:
              group: {id: 1, type: string}
              id: {id: 2, type: int}
              \(number == 1 ? "name" : "title"): {id: 3, type: string}
              code: {id: 4, type: \(number == 1 ? "string" : "int")}
            indexes:
              byCode: {id: 1, on: [code], unique: true}
              byName: {id: 2, on: [\(number == 1 ? "name" : "title"), group]}
            """, file: "item.yaml")
}

/// What the records should be: group, id, and the name of each.
private typealias Model = [Int64: String]

private func group(_ id: Int64) -> FieldValue { .scalar(.string(id % 2 == 0 ? "a" : "b")) }

private func record(_ id: Int64, _ name: String, _ version: Int) -> DynamicRecord {
    // In the order of the key.
    var record: DynamicRecord = version == 1 ? ["group": group(id)] : ["id": .scalar(.integer(id))]
    record["group"] = group(id)
    record["id"] = .scalar(.integer(id))
    record[version == 1 ? "name" : "title"] = .scalar(.string(name))
    record["code"] = version == 1 ? .scalar(.string("\(id)")) : .scalar(.integer(id))
    return record
}

extension Keyspace {
    /// Checks that each record is there once, under the version that is the current one, and its indexes with it.
    fileprivate func check(_ model: Model, _ comment: Comment) throws {
        let items = try records("item")
        let version = try items.schema.version
        var found: [Int64: Int] = [:]
        try items.forEach { item in
            guard case .scalar(.integer(let id))? = item["id"] else { return #expect(Bool(false), comment) }
            found[id, default: 0] += 1
            guard let name = model[id] else { return #expect(Bool(false), comment) }
            var known = item
            known["odd"] = nil
            #expect(known == record(id, name, version), comment)
        }
        #expect(found.count == model.count && found.values.allSatisfy { $0 == 1 }, comment)
        let result = try verifyIndexes(of: "item")
        #expect(result.differences == 0 && result.unbuilt.isEmpty, comment)
        for id in model.keys {
            let code: FieldValue = version == 1 ? .scalar(.string("\(id)")) : .scalar(.integer(id))
            #expect(try items.find(index: "byCode", equals: [code]).count == 1, comment)
        }
    }

    /// Changes, adds and removes records at both ends, under whatever version is the current one.
    fileprivate func disturb(_ model: inout Model, _ step: Int64) throws {
        let items = try records("item")
        let version = try items.schema.version
        let ids = model.keys.sorted()
        func parts(_ id: Int64) -> [KeyValue] {
            let group = KeyValue.string(id % 2 == 0 ? "a" : "b")
            return version == 1 ? [group, .integer(id)] : [.integer(id), group]
        }
        for id in [ids[0], ids[ids.count - 1]] {
            try items.update(parts(id), set: [version == 1 ? "name" : "title": .scalar(.string("changed \(step)"))])
            model[id] = "changed \(step)"
        }
        for id in [ids[1], ids[ids.count - 2]] {
            try items.delete(parts(id))
            model[id] = nil
        }
        for id in [ids[0] - 1, ids[ids.count - 1] + 1] {
            try items.insert(record(id, "new", version))
            model[id] = "new"
        }
        // A plain put of one field comes through another door.
        let layout = try items.schema.layout
        try put(try layout.key(parts(ids[2]), field: version == 1 ? "name" : "title"), "plain \(step)")
        model[ids[2]] = "plain \(step)"
    }
}

@Suite("rewrites that are killed")
struct MigrationFaultTests {
    private func populated() throws -> (contents: [[UInt8]: [UInt8]], model: Model) {
        let store = MemoryStore()
        let keyspace = try Keyspace(store, migrationBatch: 11)
        try keyspace.apply(version(1))
        let items = try keyspace.records("item")
        var model: Model = [:]
        for id in Int64(100)..<140 {
            var item = record(id, "n\(id % 7)", 1)
            item["odd"] = .raw(Array("kept".utf8))
            try items.insert(item)
            model[id] = "n\(id % 7)"
        }
        return (store.contents(), model)
    }

    private func store(_ contents: [[UInt8]: [UInt8]]) throws -> MemoryStore {
        let store = MemoryStore()
        var batch = WriteBatch()
        for (key, value) in contents { batch.put(key, value) }
        try store.write(batch)
        return store
    }

    /// Runs `body` with a store that fails after `count` writes, and takes the failure.
    ///
    /// - Returns: whether it was killed.
    private func killed(
        after count: Int, _ store: MemoryStore, _ body: (Keyspace<FailingStore>) throws -> Void
    ) throws -> Bool {
        let failing = FailingStore(over: store)
        let keyspace = try Keyspace(failing, migrationBatch: 11)
        failing.fail(after: count)
        do {
            try body(keyspace)
            return false
        } catch let error as StoreError {
            #expect(error.message == "killed")
            return true
        }
    }

    @Test("killed after any write, a rewrite goes on and ends as if nothing had been, with writes in between")
    func apply() throws {
        let (contents, start) = try populated()
        var count = 0
        while true {
            let store = try store(contents)
            var model = start
            let wasKilled = try killed(after: count, store) { try $0.apply(version(2)) }
            let keyspace = try Keyspace(store, migrationBatch: 11)
            let comment: Comment = "killed after \(count) writes, \(try keyspace.migration(of: "item")?.advice ?? "")"
            try keyspace.check(model, comment)
            try keyspace.disturb(&model, Int64(count))
            try keyspace.check(model, comment)
            // Once more in the middle of what is left.
            _ = try killed(after: 2, store) { try $0.apply(version(2)) }
            let again = try Keyspace(store)
            try again.check(model, comment)
            try again.disturb(&model, Int64(count) + 1)
            try again.apply(version(2))
            #expect(try again.migration(of: "item")?.phase == .switched, comment)
            try again.check(model, comment)
            #expect(again.schema("item")?.version == 2, comment)
            if !wasKilled { break }
            count += 1
        }
        #expect(count > 12)
    }

    @Test("killed after any write, a rollback goes on and leaves the old bytes, from whatever step it began")
    func rollback() throws {
        let (contents, start) = try populated()
        let plain = contents.filter { $0.key.first != 0xFF }
        for applied in [1, 4, 7, 10, Int.max] {
            var count = 0
            while true {
                let store = try store(contents)
                _ = try killed(after: applied, store) { try $0.apply(version(2)) }
                let wasKilled = try killed(after: count, store) { try $0.rollback("item") }
                let keyspace = try Keyspace(store, migrationBatch: 11)
                let comment: Comment = "applied \(applied), rolled back \(count)"
                if try keyspace.migration(of: "item") != nil {
                    try keyspace.check(start, comment)
                    try keyspace.rollback("item")
                }
                try keyspace.check(start, comment)
                #expect(store.contents(.init(to: [0xFF])) == plain, comment)
                #expect(store.contents(.prefix([0xFF, 0x6A])).isEmpty, comment)
                #expect(keyspace.schema("item")?.version == 1, comment)
                if !wasKilled { break }
                count += 1
            }
        }
    }

    @Test("what is written while a rollback goes on stays")
    func writesWhileRollingBack() throws {
        let (contents, start) = try populated()
        for count in 1...9 {
            let store = try store(contents)
            try Keyspace(store, migrationBatch: 11).apply(version(2))
            _ = try killed(after: count, store) { try $0.rollback("item") }
            let keyspace = try Keyspace(store, migrationBatch: 11)
            guard try keyspace.migration(of: "item") != nil else { continue }
            var model = start
            try keyspace.disturb(&model, 1)
            try keyspace.check(model, "rolled back \(count)")
            try keyspace.rollback("item")
            try keyspace.check(model, "rolled back \(count)")
        }
    }

    @Test("killed after any write, a commit goes on and leaves nothing of the old version")
    func commit() throws {
        let (contents, start) = try populated()
        var count = 0
        while true {
            let store = try store(contents)
            try Keyspace(store, migrationBatch: 11).apply(version(2))
            let wasKilled = try killed(after: count, store) { try $0.commit("item") }
            let keyspace = try Keyspace(store, migrationBatch: 11)
            try keyspace.check(start, "committed \(count)")
            if try keyspace.migration(of: "item") != nil { try keyspace.commit("item") }
            try keyspace.reclaimIndexes()
            try keyspace.check(start, "committed \(count)")
            #expect(store.contents(.prefix([0xFF, 0x6A])).isEmpty)
            #expect(
                store.contents(.prefix([0xFF, 0x69])).count == (try keyspace.verifyIndexes(of: "item").entries))
            if !wasKilled { break }
            count += 1
        }
        #expect(count > 2)
    }
}

@Suite("rewrites beside readers and writers")
struct MigrationConcurrencyTests {
    private static let count: Int64 = 2_000

    private func filled(_ path: String) throws -> Keyspace<LevelDBStore> {
        let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
        let keyspace = try Keyspace(store, migrationBatch: 200)
        try keyspace.apply(version(1))
        var batch = WriteBatch()
        for id in 0..<Self.count {
            let prefix = "item:\(id % 2 == 0 ? "a" : "b"):\(id):"
            batch.put(prefix + "name", "0")
            batch.put(prefix + "code", "\(id)")
            batch.put(prefix + "odd", [UInt8](repeating: 0x61, count: 300))
        }
        try keyspace.write(batch)
        return keyspace
    }

    private func scan(_ keyspace: Keyspace<LevelDBStore>) throws {
        var seen: Set<FieldValue> = []
        var records = 0
        try keyspace.records("item").forEach { item in
            records += 1
            if let id = item["id"] { seen.insert(id) }
        }
        #expect(records == Int(Self.count) && seen.count == Int(Self.count))
    }

    /// Changes one record of a thread, under the version that is the current one.
    private func update(_ keyspace: Keyspace<LevelDBStore>, _ id: Int64, _ name: String) throws {
        let group = KeyValue.string(id % 2 == 0 ? "a" : "b")
        let items = try keyspace.records("item")
        try keyspace.transact { transaction in
            let isOld = transaction.catalogue.schema("item")?.definition.version == 1
            let parts: [KeyValue] = isOld ? [group, .integer(id)] : [.integer(id), group]
            try items.update(parts, set: [isOld ? "name" : "title": .scalar(.string(name))], in: &transaction)
        }
    }

    @Test("scans see each record once, and no write is lost, while records are rewritten and committed")
    func rewrite() throws {
        try withDirectory { path in
            let keyspace = try filled(path)
            let isDone = Atomic(false)
            let last = Mutex<[Int64: String]>([:])
            try onThreads(4) { thread in
                switch thread {
                case 0:
                    try keyspace.apply(version(2))
                    try keyspace.commit("item")
                    isDone.store(true, ordering: .releasing)
                case 1:
                    repeat { try scan(keyspace) } while !isDone.load(ordering: .acquiring)
                default:
                    var random = SeededGenerator(seed: UInt64(thread))
                    var step = 0
                    repeat {
                        let id = Int64.random(in: 0..<Self.count / 2, using: &random) * 2 + Int64(thread - 2)
                        step += 1
                        try update(keyspace, id, "\(step)")
                        last.withLock { $0[id] = "\(step)" }
                    } while !isDone.load(ordering: .acquiring)
                }
            }
            try scan(keyspace)
            #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
            let written = last.withLock { $0 }
            #expect(!written.isEmpty)
            try keyspace.records("item").forEach { item in
                guard case .scalar(.integer(let id))? = item["id"] else { return }
                #expect(item["title"] == .scalar(.string(written[id] ?? "0")))
            }
            try keyspace.store.close()
        }
    }

    @Test("scans see each record once while a rewrite is rolled back, and what is there is whole")
    func rollback() throws {
        try withDirectory { path in
            let keyspace = try filled(path)
            let isDone = Atomic(false)
            try onThreads(3) { thread in
                switch thread {
                case 0:
                    for _ in 0..<2 {
                        try keyspace.apply(version(2))
                        try keyspace.rollback("item")
                    }
                    isDone.store(true, ordering: .releasing)
                case 1:
                    repeat { try scan(keyspace) } while !isDone.load(ordering: .acquiring)
                default:
                    var random = SeededGenerator(seed: 7)
                    repeat {
                        try update(keyspace, .random(in: 0..<Self.count, using: &random), "w")
                    } while !isDone.load(ordering: .acquiring)
                }
            }
            try scan(keyspace)
            #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
            #expect(try keyspace.records("item").verify { Issue.record("\($0)") } == Int(Self.count))
            #expect(try keyspace.store.count(in: .prefix([0xFF, 0x6A])) == 0)
            try keyspace.store.close()
        }
    }
}
