import Foundation
import LVKV
import StoreConformance
import Testing

@Suite("A database")
struct DatabaseTests: ~Copyable {
    let path = NSTemporaryDirectory() + "lvkv-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static let bookSchema = """
        schema: book
        version: 1
        key: "book:{genre}:{id}:{field}"
        fields:
          genre: {id: 1, type: string}
          id: {id: 2, type: string}
          title: {id: 3, type: string, required: true}
          year: {id: 4, type: int, nullable: true}
        """

    func keys(_ database: Database, _ range: KeyRange = .all, _ options: ScanOptions = .forward) throws -> [String] {
        try database.read { snapshot in
            var keys: [String] = []
            var cursor = snapshot.cursor(in: range, options: options)
            while let entry = try cursor.next() { keys.append(String(decoding: entry.key.array, as: UTF8.self)) }
            return keys
        }
    }

    @Test("a database is created on the first open, unless told otherwise, and found at the next")
    func creation() throws {
        let error = #expect(throws: StoreError.self) {
            try Database(at: path, options: LevelDBOptions(mode: .existing))
        }
        #expect(error?.code == .notFound)
        let database = try Database(at: path)
        try database.put("greeting", "hello")
        try database.close()
        try database.close()
        let again = try Database(at: path, options: LevelDBOptions(mode: .existing))
        let value = try again.get("greeting")?.string
        #expect(value == "hello")
    }

    @Test("lvkv's own keys are in no scan and no count, in either direction, and cannot be written")
    func ownKeys() throws {
        let database = try Database(at: path)
        try database.apply(SchemaDefinition(parsing: Self.bookSchema, file: "book.yaml"))
        try database.put("a", "1")
        try database.put("zz", "2")
        #expect(try keys(database) == ["a", "zz"])
        #expect(try keys(database, .all, .reverse) == ["zz", "a"])
        #expect(try keys(database, KeyRange(from: [0xFF])) == [])
        #expect(try database.count() == 2)
        let snapshot = try database.snapshot()
        let count = try snapshot.count()
        #expect(count == 2)
        for key in [[0xFF], [0xFF, 0x73, 1]] as [[UInt8]] {
            #expect(throws: RecordError.self) { try database.put(key, "") }
            #expect(throws: RecordError.self) { try database.delete(key) }
            #expect(throws: RecordError.self) { try database.write { batch in batch.put(key, "") } }
            #expect(throws: RecordError.self) { try database.transact { try $0.put(key, "") } }
        }
    }

    @Test("a plain entry is exactly its key and value to LevelDB")
    func plain() throws {
        let database = try Database(at: path)
        try database.put("key", "value")
        try database.close()
        let store = try LevelDBStore(at: path)
        let value = try store.get("key")?.string
        let count = try store.count()
        #expect(value == "value")
        #expect(count == 1)
    }

    @Test("schemas and records are there after closing and opening again")
    func schemas() throws {
        do {
            let database = try Database(at: path)
            try database.apply(SchemaDefinition(parsing: Self.bookSchema, file: "book.yaml"))
            try database.records("book").insert([
                "genre": "fantasy", "id": "1", "title": "Lilith", "year": 1895,
            ])
            try database.close()
        }
        let database = try Database(at: path)
        #expect(database.schemas.map(\.name) == ["book"])
        let book = try database.records("book").get([.string("fantasy"), .string("1")])
        #expect(book?["title"] == "Lilith")
        #expect(try keys(database) == ["book:fantasy:1:title", "book:fantasy:1:year"])
        let error = #expect(throws: RecordError.self) { try database.put("book:fantasy:1:year", "abc") }
        #expect(error?.field == "year")
    }

    @Test("a comparator is refused, since schemas rely on byte order")
    func comparator() {
        struct Reverse: KeyComparator {
            let name = "reverse"
            func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int { right.compare(to: left) }
        }
        var options = LevelDBOptions(mode: .createIfMissing)
        options.comparator = Reverse()
        let error = #expect(throws: StoreError.self) { try Database(at: path, options: options) }
        #expect(error?.code == .invalidArgument)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("after close every call says so")
    func closed() throws {
        let database = try Database(at: path)
        try database.put("k", "v")
        let snapshot = try database.snapshot()
        try database.close()
        func code(_ body: () throws -> Void) -> StoreError.Code? {
            do {
                try body()
                return nil
            } catch { return (error as? StoreError)?.code }
        }
        #expect(code { _ = try database.get("k") } == .closed)
        #expect(code { try database.put("k", "v") } == .closed)
        #expect(code { try database.delete("k") } == .closed)
        #expect(code { try database.write { $0.put("k", "v") } } == .closed)
        #expect(code { try database.transact { _ in } } == .closed)
        #expect(code { try database.read { _ in } } == .closed)
        #expect(code { _ = try database.count() } == .closed)
        #expect(code { _ = try database.snapshot() } == .closed)
        #expect(throws: StoreError.self) { _ = try snapshot.count() }
    }

    @Test("while a migration keeps records elsewhere, plain gets and puts find them, and plain scans say why not")
    func movedRecords() throws {
        struct Stop: Error {}
        let database = try Database(at: path)
        try database.apply(SchemaDefinition(parsing: Self.bookSchema, file: "book.yaml"))
        try database.put("free", "x")
        let records = try database.records("book")
        for id in 1...9 {
            try records.insert(["genre": "sf", "id": .scalar(.string("\(id)")), "title": "T"])
        }
        let kept = try database.snapshot()
        let next = Self.bookSchema.replacingOccurrences(of: "version: 1", with: "version: 2")
            .replacingOccurrences(of: "title: {", with: "name: {")
        let second = try SchemaDefinition(parsing: next, file: "book.yaml")
        #expect(throws: Stop.self) {
            try database.keyspace.apply(second) { if $0.phase == .building { throw Stop() } }
        }
        #expect(try database.get("book:sf:3:title")?.string == "T")
        #expect(try database.get("book:sf:3:name") == nil)
        try database.put("book:sf:3:title", "U")
        #expect(try database.get("book:sf:3:title")?.string == "U")
        #expect(try database.values(for: ["book:sf:3:title", "free"]).map { $0?.count } == [1, 1])
        #expect(try database.transact { try $0.get("book:sf:3:title")?.string } == "U")
        let error = #expect(throws: StoreError.self) { try keys(database) }
        #expect(error?.code == .busy)
        #expect(try keys(database, .prefix("free")) == ["free"])
        #expect(try kept.get("book:sf:3:title")?.string == "T")
        #expect(try kept.count(in: .prefix("book:")) == 9)
        try database.keyspace.apply(second)
        #expect(try database.get("book:sf:3:name")?.string == "U")
        #expect(try keys(database, .prefix("book:sf:3:")) == ["book:sf:3:name"])
        try database.keyspace.commit("book")
        #expect(try keys(database).count == 10)
        try database.close()
    }

    @Test(
        "a close and a reopening come to their end while a read looks at schemas that are about to change",
        arguments: [false, true])
    func closingAndSchemas(reopens: Bool) throws {
        let database = try Database(at: path)
        let schema = try SchemaDefinition(parsing: Self.bookSchema, file: "book.yaml")
        let isInside = DispatchSemaphore(value: 0)
        try onThreads(3) { thread in
            switch thread {
            case 0:
                try database.read { _ in
                    for _ in 0..<2 { isInside.signal() }
                    // The two others wait by now: one for this read, one for the other.
                    usleep(80_000)
                    _ = database.schemas
                }
            case 1:
                isInside.wait()
                if reopens { try database.store.reopen() } else { try database.close() }
            default:
                isInside.wait()
                usleep(30_000)
                do { try database.apply(schema) } catch let error as StoreError where error.code == .closed {}
            }
        }
        try database.close()
    }
}
