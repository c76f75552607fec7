import Foundation
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
@testable internal import Records

@Suite("building and checking indexes")
struct IndexBuildTests {
    private struct Stop: Error {}

    private static let byName = "  byName: {id: 1, on: [name]}"

    /// A store with many records and no index.
    private func filled(_ count: Int) throws -> MemoryStore {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        try keyspace.apply(shelfSchema(indexes: "  {}"))
        var batch = WriteBatch()
        for id in 0..<count { batch.put("item:a:\(id):name", "n\(id % 7)") }
        try keyspace.write(batch)
        return store
    }

    @Test("an index of a schema with records is built in batches, and read only then")
    func build() throws {
        let store = try filled(10_000)
        let keyspace = try Keyspace(store)
        let change = try keyspace.apply(shelfSchema(version: 2, indexes: Self.byName))
        #expect(change.differences.map(\.description) == ["index byName is new"])
        #expect(change.indexesToBuild == ["byName"])
        let items = try keyspace.records("item")
        let error = #expect(throws: RecordError.self) { try items.find(index: "byName") }
        #expect(error?.code == .indexNotReady)
        #expect(try keyspace.verifyIndexes(of: "item").unbuilt == ["byName"])
        var steps: [Int] = []
        #expect(try keyspace.rebuildIndex("byName", of: "item") { steps.append($0) } == 10_000)
        #expect(steps.count > 1)
        #expect(steps == steps.sorted())
        #expect(steps.last == 10_000)
        #expect(try items.count(index: IndexScan("byName", equals: ["n3"])) == (0..<10_000).count { $0 % 7 == 3 })
        let result = try keyspace.verifyIndexes(of: "item")
        #expect(result == IndexVerification(records: 10_000, entries: 10_000, differences: 0, unbuilt: []))
    }

    @Test("a build waits for a disk without room, and goes on by itself when there is some")
    func noRoom() throws {
        let path = NSTemporaryDirectory() + "lvkv-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var options = LevelDBOptions(mode: .createIfMissing)
        options.disk = DiskPolicy(leastFreeBytes: 0)
        let store = try LevelDBStore(at: path, options: options)
        let keyspace = try Keyspace(store)
        try keyspace.apply(shelfSchema(indexes: "  {}"))
        try keyspace.write { batch in
            for id in 0..<10_000 { batch.put("item:a:\(id):name", "n\(id % 7)") }
        }
        try keyspace.apply(shelfSchema(version: 2, indexes: Self.byName))
        var steps = 0
        try keyspace.rebuildIndex("byName", of: "item") { _ in
            steps += 1
            guard steps == 1 else { return }
            store.setLeastFreeBytes(.max)
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { store.setLeastFreeBytes(0) }
        }
        #expect(steps > 1)
        let result = try keyspace.verifyIndexes(of: "item")
        #expect(result == IndexVerification(records: 10_000, entries: 10_000, differences: 0, unbuilt: []))
        try store.close()
    }

    @Test("a build that was stopped goes on where it was, in another process too; writes meanwhile are in it")
    func resume() throws {
        let store = try filled(10_000)
        try Keyspace(store).apply(shelfSchema(version: 2, indexes: Self.byName))
        let first = try Keyspace(store)
        #expect(throws: Stop.self) { try first.rebuildIndex("byName", of: "item") { _ in throw Stop() } }
        // What is behind the build and what is ahead of it change.
        let second = try Keyspace(store)
        let items = try second.records("item")
        try items.update(["a", 0], set: ["name": "changed"])
        try items.update(["a", 9999], set: ["name": "changed"])
        try items.delete(["a", 1])
        try items.delete(["a", 9998])
        try items.move(["a", 2], to: ["z", 2])
        try items.move(["a", 9997], to: ["A", 9997])
        let rest = try second.rebuildIndex("byName", of: "item")
        #expect(rest < 10_000 - 1_000)
        #expect(try second.verifyIndexes(of: "item").differences == 0)
        #expect(try items.count(index: IndexScan("byName")) == 9_998)
        #expect(try items.find(index: "byName", equals: ["changed"]).map { $0["id"] } == [0, 9999])
    }

    @Test("building a unique index stops at two records with one value, and goes on when one has changed")
    func uniqueBuild() throws {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        try keyspace.apply(shelfSchema(indexes: "  {}"))
        try keyspace.put("item:a:1:code", "x")
        try keyspace.put("item:b:1:code", "x")
        try keyspace.put("item:c:1:code", "y")
        try keyspace.apply(
            shelfSchema(version: 2, indexes: "  u: {id: 1, on: [code], unique: true, include: [name]}"))
        let error = #expect(throws: RecordError.self) { try keyspace.rebuildIndex("u", of: "item") }
        #expect(error?.code == .uniqueViolation)
        #expect(error?.message == "the value x is that of record item:a:1: already")
        #expect(error?.key == "item:b:1:")
        let items = try keyspace.records("item")
        try items.delete(["b", 1])
        try keyspace.rebuildIndex("u", of: "item")
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
        #expect(try items.count(index: IndexScan("u")) == 2)
    }

    @Test("while a unique index is built, a record that shares a value does not take the other's entry with it")
    func sharedWhileBuilding() throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(shelfSchema(indexes: "  {}"))
        var batch = WriteBatch()
        for id in 0..<9_000 { batch.put("item:a:\(id):code", "c\(id)") }
        batch.put("item:z:1:code", "c0")
        batch.put("item:z:2:code", "c0")
        try keyspace.write(batch)
        try keyspace.apply(shelfSchema(version: 2, indexes: "  u: {id: 1, on: [code], unique: true}"))
        #expect(throws: Stop.self) { try keyspace.rebuildIndex("u", of: "item") { _ in throw Stop() } }
        let items = try keyspace.records("item")
        try items.delete(["z", 1])
        try items.update(["z", 2], set: ["code": "other"])
        try keyspace.rebuildIndex("u", of: "item")
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
        #expect(try items.find(index: "u", equals: ["c0"]).map { $0["group"] } == ["a"])
    }

    @Test("a dropped index leaves no entry behind, and a changed one is built anew")
    func dropAndChange() throws {
        let store = try filled(100)
        let keyspace = try Keyspace(store)
        func entries() throws -> Int { try store.count(in: .prefix([0xFF, 0x69])) }
        try keyspace.apply(shelfSchema(version: 2, indexes: Self.byName + "\n  byYear: {id: 2, on: [year]}"))
        for name in ["byName", "byYear"] { try keyspace.rebuildIndex(name, of: "item") }
        #expect(try entries() == 200)
        let change = try keyspace.apply(
            shelfSchema(version: 3, indexes: "  byName: {id: 1, on: [{name: desc}]}\n  years: {id: 2, on: [year]}"))
        #expect(change.differences.map(\.description) == ["index byName changes", "index byYear is renamed to years"])
        #expect(change.indexesToBuild == ["byName"])
        #expect(try entries() == 100)
        #expect(try keyspace.records("item").count(index: IndexScan("years")) == 100)
        try keyspace.rebuildIndex("byName", of: "item")
        #expect(try entries() == 200)
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
        try keyspace.removeSchema("item", keepData: true)
        #expect(try entries() == 0)
        #expect(try store.count(in: OwnKeys.allIndexGarbage) == 0)
        #expect(try store.count() == 100 + 2)
    }

    @Test("what a killed process left of a dropped index goes with the next change")
    func reclaim() throws {
        let store = try filled(10)
        let keyspace = try Keyspace(store)
        try keyspace.apply(shelfSchema(version: 2, indexes: Self.byName))
        try keyspace.rebuildIndex("byName", of: "item")
        // As if it had been dropped, and nothing more had been done.
        try store.put(OwnKeys.indexGarbage(77), [UInt8]())
        try store.put(OwnKeys.indexEntries(77) + [0x15, 1], "x")
        try keyspace.reclaimIndexes()
        #expect(try store.count(in: .prefix([0xFF, 0x69])) == 10)
        #expect(try store.count(in: OwnKeys.allIndexGarbage) == 0)
    }

    @Test("verifying finds missing, altered and stray entries, and rebuilding mends them")
    func verify() throws {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        try keyspace.apply(
            shelfSchema(indexes: "  n: {id: 1, on: [name], include: [code]}\n  u: {id: 2, on: [code], unique: true}"))
        let items = try keyspace.records("item")
        for id in 1...4 {
            try items.insert([
                "group": "a", "id": .scalar(.integer(Int64(id))), "name": .scalar(.string("n\(id)")),
                "code": .scalar(.string("c\(id)")),
            ])
        }
        let names = OwnKeys.indexEntries(1)
        let codes = OwnKeys.indexEntries(2)
        try store.delete(names + Tuple.pack(["n1", "a", 1]))
        try store.put(names + Tuple.pack(["n2", "a", 2]), Tuple.pack([.bytes(Array("wrong".utf8))]))
        try store.put(names + Tuple.pack(["n9", "a", 3]), [UInt8]())
        try store.put(names + Tuple.pack(["n9", "b", 3]), [UInt8]())
        try store.put(names + [0x02], [UInt8]())
        try store.put(codes + Tuple.pack(["c1"]), Tuple.pack(["a", 2]))
        try store.put(codes + Tuple.pack(["c9"]), Tuple.pack(["a", 2]))
        var found: Set<String> = []
        let result = try keyspace.verifyIndexes(of: "item") { found.insert("\($0)") }
        #expect(
            found == [
                "index n: the entry of n1 for item:a:1: is missing",
                "index n: the entry of n2 for item:a:2: holds something else",
                "index n: the entry of n9 for item:a:3: is not what the record says",
                "index n: the entry of n9 for item:b:3: is not what the record says",
                "index n: the entry of () for no record is not what the record says",
                "index u: the entry of c1 for item:a:1: holds something else",
                "index u: the entry of c1 for item:a:2: is not what the record says",
                "index u: the entry of c9 for item:a:2: is not what the record says",
            ])
        #expect(result.differences == found.count)
        for name in ["n", "u"] { try keyspace.rebuildIndex(name, of: "item") }
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
        #expect(try items.count(index: IndexScan("n")) == 4)
    }
}
