import Dispatch
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
internal import Records
internal import Synchronization

@Suite("unique indexes")
struct UniqueIndexTests {
    private func keyspace() throws -> Keyspace<MemoryStore> {
        try shelf(indexes: "  byCode: {id: 1, on: [code, year], unique: true}")
    }

    @Test("a violation names the index, the value and the record that has it, and nothing is written")
    func violation() throws {
        let keyspace = try keyspace()
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "code": "c", "year": 7])
        let error = #expect(throws: RecordError.self) {
            try items.insert(["group": "b", "id": 2, "code": "c", "year": 7])
        }
        #expect(error?.code == .uniqueViolation)
        #expect(
            error?.description
                == "schema item: item:b:2:: index byCode: the value (c, 7) is that of record item:a:1: already")
        #expect(try items.count() == 1)
    }

    @Test("every door is refused: upsert, update, move, plain puts; the record's own value is no obstacle")
    func doors() throws {
        let keyspace = try keyspace()
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "code": "c", "year": 7])
        try items.insert(["group": "a", "id": 2, "code": "d", "year": 7])
        func code(_ body: () throws -> Void) -> RecordError.Code? {
            #expect(throws: RecordError.self) { try body() }?.code
        }
        #expect(code { try items.upsert(["group": "a", "id": 2, "code": "c", "year": 7]) } == .uniqueViolation)
        #expect(code { try items.update(["a", 2], set: ["code": "c"]) } == .uniqueViolation)
        #expect(code { try keyspace.put("item:a:2:code", "c") } == .uniqueViolation)
        #expect(
            code {
                try keyspace.write { batch in
                    batch.put("item:a:3:code", "x")
                    batch.put("item:a:4:code", "x")
                }
            } == .uniqueViolation)
        try items.upsert(["group": "a", "id": 1, "code": "c", "year": 7, "name": "n"])
        try items.move(["a", 1], to: ["a", 9])
        #expect(try items.find(index: "byCode", equals: ["c", 7]).map { $0["id"] } == [9])
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
        #expect(try items.count() == 2)
    }

    @Test("within one batch a record may take the value that another one gives up")
    func swap() throws {
        let keyspace = try keyspace()
        let items = try keyspace.records("item")
        for id in 1...20 {
            try items.insert([
                "group": "a", "id": .scalar(.integer(Int64(id))), "code": .scalar(.string("c\(id)")), "year": 1,
            ])
        }
        // Each takes its neighbour's value.
        try keyspace.write { batch in
            for id in 1...20 { batch.put("item:a:\(id):code", "c\(id % 20 + 1)") }
        }
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
        #expect(try items.find(index: "byCode", equals: ["c1", 1]).map { $0["id"] } == [20])
        try keyspace.transact { transaction in
            try transaction.delete("item:a:5:code")
            try items.upsert(["group": "b", "id": 1, "code": "c6", "year": 1], in: &transaction)
        }
        #expect(try items.find(index: "byCode", equals: ["c6", 1]).map { $0["group"] } == ["b"])
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
    }

    @Test("a violation that a transaction's body catches leaves nothing of the refused write")
    func caught() throws {
        let keyspace = try keyspace()
        let items = try keyspace.records("item")
        try items.insert(["group": "a", "id": 1, "code": "c", "year": 7])
        try keyspace.transact { transaction in
            try items.insert(["group": "a", "id": 3, "code": "e", "year": 7], in: &transaction)
            #expect(throws: RecordError.self) {
                try items.insert(["group": "a", "id": 2, "code": "c", "year": 7], in: &transaction)
            }
            #expect(throws: RecordError.self) {
                try items.move(["a", 3], to: ["a", 1], in: &transaction)
            }
        }
        #expect(try items.scan().map { $0["id"] } == [1, 3])
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
    }

    @Test("null and absent are values of a unique index; a sparse one takes any number of them")
    func nulls() throws {
        let strict = try shelf(indexes: "  u: {id: 1, on: [year], unique: true}").records("item")
        try strict.insert(["group": "a", "id": 1])
        try strict.insert(["group": "a", "id": 2, "year": .null])
        let error = #expect(throws: RecordError.self) { try strict.insert(["group": "a", "id": 3, "year": .null]) }
        #expect(error?.message == "the value null is that of record item:a:2: already")
        let sparse = try shelf(indexes: "  u: {id: 1, on: [year], unique: true, sparse: true}").records("item")
        for id in 1...3 {
            try sparse.insert(["group": "a", "id": .scalar(.integer(Int64(id))), "year": .null])
            try sparse.insert(["group": "b", "id": .scalar(.integer(Int64(id)))])
        }
        #expect(try sparse.count() == 6)
    }

    @Test("of many threads that insert the same value exactly one wins, in memory")
    func raceInMemory() throws { try race(over: MemoryStore()) }

    @Test("of many threads that insert the same value exactly one wins, on LevelDB")
    func raceOnLevelDB() throws {
        try withDirectory { path in
            let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
            try race(over: store)
            try store.close()
        }
    }

    private func race<Store: OrderedStore>(over store: Store) throws {
        let keyspace = try Keyspace(store)
        try keyspace.apply(shelfSchema(indexes: "  byCode: {id: 1, on: [code], unique: true}"))
        let items = try keyspace.records("item")
        let rounds = 50
        let threads = 8
        let wins = Mutex([Int](repeating: 0, count: rounds))
        let others = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for round in 0..<rounds {
                do {
                    try items.insert([
                        "group": .scalar(.string("g\(thread)")), "id": .scalar(.integer(Int64(round))),
                        "code": .scalar(.string("c\(round)")),
                    ])
                    wins.withLock { $0[round] += 1 }
                } catch let error as RecordError where error.code == .uniqueViolation {
                } catch {
                    others.withLock { $0 += 1 }
                }
            }
        }
        #expect(wins.withLock { $0 } == [Int](repeating: 1, count: rounds))
        #expect(others.withLock { $0 } == 0)
        #expect(try items.count() == rounds)
        #expect(try keyspace.verifyIndexes(of: "item").differences == 0)
    }
}
