import LVKV
import OrderedStore
import Records
import StoreConformance
import Structures
import Testing

@Suite("Keys of all kinds, through the doors for plain ones")
struct KeyDoorTests: ~Copyable {
    let test: TestDatabase
    var database: Database { test.database }

    init() throws { test = try TestDatabase() }

    private func keys(_ options: ScanOptions = .forward) throws -> [String] {
        try database.read { snapshot in
            var keys: [String] = []
            var cursor = snapshot.cursor(in: .all, options: options)
            while let entry = try cursor.next() { keys.append(String(decoding: entry.key.array, as: UTF8.self)) }
            return keys
        }
    }

    @Test("a string that expires is got like any other while it lives, and nowhere to be seen after")
    func expiry() throws {
        try database.put("a", "1")
        try database.putString(Array("b".utf8), Array("2".utf8), expiry: test.clock.now + 1_000)
        let early = try database.snapshot()
        for lives in [true, false] {
            let value = try database.get("b")?.string
            #expect(value == (lives ? "2" : nil))
            #expect(try database.contains("b") == lives)
            #expect(try database.values(for: ["a", "b"]).map { $0?.count } == [1, lives ? 1 : nil])
            #expect(try keys() == (lives ? ["a", "b"] : ["a"]))
            #expect(try keys(.reverse) == (lives ? ["b", "a"] : ["a"]))
            #expect(try database.count() == (lives ? 2 : 1))
            try database.read { snapshot in
                let contains = try snapshot.contains("b")
                #expect(contains == lives)
            }
            let inTransaction = try database.transact { transaction in
                var cursor = transaction.cursor(in: KeyRange(from: Array("b".utf8)))
                let found = try cursor.next()?.value.array
                let got = try transaction.get("b")?.bytes
                #expect(found == got)
                return got
            }
            #expect(inTransaction == (lives ? Array("2".utf8) : nil))
            test.clock.advance(by: 1_000)
        }
        // Time passes in a snapshot, too.
        let late = try early.get("b")?.string
        #expect(late == nil)
    }

    @Test("a plain write over a structure takes its place, and leaves its elements to the reclaimer", arguments: 0..<6)
    func replacing(door: Int) throws {
        let id = try database.putCollection(Array("tasks".utf8), .list)
        try database.putString(Array("session".utf8), [1], expiry: test.clock.now + 1_000)
        switch door {
        case 0:
            try database.put("tasks", "plain")
            try database.put("session", "plain")
        case 1:
            try database.write { batch in
                batch.put("tasks", "plain")
                batch.put("session", "plain")
            }
        case 2:
            try database.transact { transaction in
                try transaction.put("tasks", "plain")
                try transaction.put("session", "plain")
            }
        case 3:
            try database.delete("tasks")
            try database.delete("session")
        case 4:
            try database.write { batch in
                batch.delete("tasks")
                batch.delete("session")
            }
        default:
            try database.transact { transaction in
                try transaction.delete("tasks")
                try transaction.delete("session")
                let tasks = try transaction.get("tasks")?.bytes
                #expect(tasks == nil)
            }
        }
        for key in ["tasks", "session"] {
            let value = try database.get(key)?.string
            #expect(value == (door < 3 ? "plain" : nil))
        }
        #expect(try database.garbage() == [id])
        #expect(try database.own(StructureCode.allMetadata).isEmpty)
        #expect(try database.own(StructureCode.expiryRange(before: nil)).isEmpty)
        #expect(try keys() == (door < 3 ? ["session", "tasks"] : []))
    }

    @Test(
        "who asks for the bytes of a structure is told what kind it is; it is there all the same",
        arguments: [
            (StructureKind.list, "a list"), (.hash, "a hash"), (.set, "a set"), (.sortedSet, "a sorted set"),
        ])
    func wrongType(kind: StructureKind, words: String) throws {
        try database.putCollection(Array("key".utf8), kind)
        let error = #expect(throws: StoreError.self) { _ = try database.get("key") }
        #expect(error?.code == .wrongType)
        #expect(error?.message.contains(words) == true)
        #expect(throws: StoreError.self) { try database.values(for: ["key"]) }
        #expect(throws: StoreError.self) { try database.transact { _ = try $0.get("key") } }
        #expect(throws: StoreError.self) { try database.read { _ = try $0.get("key") } }
        #expect(try database.contains("key"))
        #expect(try database.count() == 1)
        try database.read { snapshot in
            var cursor = snapshot.cursor()
            #expect(cursor.kind == nil)
            let isEmpty = try cursor.next()?.value.isEmpty
            #expect(isEmpty == true)
            #expect(cursor.kind == kind)
        }
    }

    @Test("cursors over keys of all kinds move as documented", arguments: [1, 2, 3] as [UInt64])
    func cursors(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = [0x00, 0x01, 0x61, 0x62, 0xFE, 0xFF]
        var entries: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<120 {
            let key = (0..<Int.random(in: 0...3, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0
            }
            guard key.first != 0xFF else { continue }
            let value: [UInt8] = [UInt8.random(in: .min ... .max, using: &random)]
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                try database.put(key, value)
                entries[key] = value
            case 1:
                try database.putString(key, value, expiry: test.clock.now + 10)
                entries[key] = nil
            case 2:
                try database.putString(key, value, expiry: .max)
                entries[key] = value
            case 3:
                try database.putCollection(key, .set, elements: 1)
                entries[key] = []
            default:
                try database.delete(key)
                entries[key] = nil
            }
        }
        // What was put later with an expiry may have taken the place of what is to stay.
        test.clock.advance(by: 10)
        try database.read { snapshot in try checkCursors(of: snapshot, holding: entries, walks: 200, seed: seed) }
    }

    @Test("no schema can be applied over structures, and no structure put under a schema")
    func schemas() throws {
        let schema = try SchemaDefinition(parsing: DatabaseTests.bookSchema, file: "book.yaml")
        try database.putCollection(Array("book:fantasy:1:title".utf8), .list)
        try database.putCollection(Array("bool".utf8), .list)
        let error = #expect(throws: RecordError.self) { try database.apply(schema) }
        #expect(error?.code == .schemaConflict)
        #expect(error?.key?.contains("book:fantasy:1:title") == true)
        try database.delete("book:fantasy:1:title")
        // What has expired is in nobody's way.
        try database.putString(Array("book:fantasy:2:title".utf8), [1], expiry: test.clock.now)
        try database.apply(schema)
        #expect(throws: RecordError.self) {
            try database.putCollection(Array("book:fantasy:1:title".utf8), .list)
        }
        try database.put("book:fantasy:2:title", "Sabriel")
        let title = try database.get("book:fantasy:2:title")?.string
        #expect(title == "Sabriel")
    }

    @Test("a key never has two values, also while the first structure comes among plain writes")
    func firstStructure() throws {
        let threads = 4
        let rounds = 300
        for _ in 0..<10 {
            let test = try TestDatabase()
            let database = test.database
            try inParallel(threads) { thread in
                for round in 0..<rounds {
                    let key = [UInt8(round % 7)]
                    if thread == 0, round > rounds / 4 {
                        _ = try database.putCollection(key, .list, elements: 1)
                    } else if round % 3 == 0 {
                        try database.delete(key)
                    } else {
                        try database.put(key, [UInt8(thread)])
                    }
                }
            }
            for key in 0..<UInt8(7) {
                let plain = try database.store.get([key])
                let beside = try database.store.get(database.structures.storedKey(of: [key].span))
                let isBoth = plain != nil && beside != nil
                #expect(!isBoth)
            }
        }
    }

    @Test("structures are found again after closing and opening")
    func reopening() throws {
        try database.putCollection(Array("tasks".utf8), .list)
        let path = database.path
        try database.close()
        let again = try Database(at: path)
        #expect(try again.count() == 1)
        try again.put("tasks", "plain")
        #expect(try again.garbage().count == 1)
        try again.close()
    }
}

@Suite("Who observes the writes of a database")
struct ObservingTests: ~Copyable {
    let test: TestDatabase
    var database: Database { test.database }
    let observer = RecordingObserver()

    init() throws {
        test = try TestDatabase()
        database.structures.setObserver(observer, in: database.keyspace)
    }

    private var heard: [String] { observer.events.map { "\($0.name) \(String(decoding: $0.key, as: UTF8.self))" } }

    @Test("hears of the library's writes, by whatever door, and of none that was not made")
    func doors() throws {
        struct Aborted: Error {}
        try database.put("a", "1")
        try database.write { batch in
            batch.put("b", "1")
            batch.delete("a")
        }
        try? database.transact { transaction in
            try transaction.put("c", "1")
            throw Aborted()
        }
        try database.transact { try $0.put("d", "1") }
        try database.delete("b")
        try database.putCollection(Array("e".utf8), .list)
        #expect(heard == ["set a", "del a", "set b", "set d", "del b", "made e"])
    }

    @Test("hears of the keys of records")
    func records() throws {
        try database.apply(SchemaDefinition(parsing: DatabaseTests.bookSchema, file: "book.yaml"))
        try database.records("book").insert(["genre": "fantasy", "id": "1", "title": "Sabriel"])
        #expect(heard == ["set book:fantasy:1:title"])
    }
}
