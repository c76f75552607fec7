import Foundation
import KeySchemas
import LVKV
import StoreConformance
import Structures
import Testing

@Suite("The check of a whole database")
struct VerificationTests: ~Copyable {
    let test: TestDatabase
    var database: Database { test.database }

    init() throws { test = try TestDatabase() }

    private static let schema = """
        schema: book
        version: 1
        key: "book:{genre}:{id}:{field}"
        fields:
          genre: {id: 1, type: string}
          id: {id: 2, type: string}
          title: {id: 3, type: string, required: true}
          year: {id: 4, type: int, nullable: true}
        indexes:
          byTitle: {id: 1, on: [title]}
          byYear: {id: 2, on: [{year: desc}, title]}
        """

    private func problems() throws -> [StoredProblem] {
        let found = Found()
        let result = try database.verify { found.problems.append($0) }
        #expect(result.problems == found.problems.count)
        return found.problems
    }

    private func stored(_ key: [UInt8]) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        return try database.store.get(key, into: &bytes) ? bytes : nil
    }

    private final class Found { var problems: [StoredProblem] = [] }

    /// Records with indexes, documents, structures, plain keys and keys that expire, all changed at random.
    private func fill(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        if database.schema("book") == nil {
            try database.apply(SchemaDefinition(parsing: Self.schema, file: "book.yaml"))
        }
        let books = try database.records("book")
        let notes = try database.documents("notes")
        try notes.createIndex(["year": -1])
        for _ in 0..<300 {
            let id = "\(Int.random(in: 0..<40, using: &generator))"
            let year = Int.random(in: 1900...2030, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0:
                try database.write { batch in
                    batch.put("book:sf:\(id):title", "T\(year)")
                    batch.put("book:sf:\(id):year", "\(year)")
                }
            case 1: _ = try books.delete(["sf", .string(id)])
            case 2: try notes.insertOne(["title": "note", "year": .integer(year)])
            case 3: try database.list("list \(id)").append(contentsOf: (0..<200).map { "\($0)" })
            case 4: _ = try database.hash("hash \(id)").set("f\(year)", to: "v")
            case 5: try database.delete("list \(id)")
            case 6: try database.putString(Array("expires \(id)".utf8), [1], expiry: test.clock.now + Int64(year))
            default: try database.put("plain \(id)", "\(year)")
            }
        }
    }

    @Test("nothing is found in a database that only lvkv wrote to", arguments: 0..<3)
    func healthy(seed: UInt64) throws {
        try fill(seed)
        #expect(try problems() == [])
        test.clock.advance(by: 1_950)
        #expect(try problems() == [])
        try database.reclaim()
        #expect(try problems() == [])
        try database.removeSchema("book", keepData: true)
        #expect(try problems() == [])
    }

    @Test("what is read is counted")
    func counts() throws {
        try database.apply(SchemaDefinition(parsing: Self.schema, file: "book.yaml"))
        try database.put("a", "1")
        try database.list("l").append("x")
        try database.write { batch in
            batch.put("book:sf:1:title", "Dune")
            batch.put("book:sf:1:year", "1965")
        }
        let result = try database.verify { _ in }
        #expect(result.isClean)
        #expect(result.structures == [.list: 1])
        #expect(result.schemas.map(\.name) == ["book"])
        #expect(result.schemas.map(\.records) == [1])
        #expect(result.schemas.map(\.entries) == [2])
        #expect(result.keys == (try database.store.pairs().count))
    }

    @Test("each entry of an index that is missing, and each that was changed, is found")
    func indexes() throws {
        try fill(3)
        let entries = try database.store.pairs().filter { $0.key.starts(with: [0xFF, UInt8(ascii: "i")]) }
        #expect(!entries.isEmpty)
        for entry in entries.prefix(60) {
            try database.store.delete(entry.key)
            #expect(try problems().map(\.kind) == [.index])
            try database.store.put(entry.key, entry.value + [1])
            #expect(try problems().map(\.kind) == [.index])
            try database.store.put(entry.key, entry.value)
        }
        #expect(try problems() == [])
    }

    @Test("what is planted is told by its kind")
    func planted() throws {
        try fill(4)
        try database.reclaim()
        let element = try #require(try database.store.pairs().first { $0.key.starts(with: [0xFF, UInt8(ascii: "d")]) })
        let id = StructureCode.identifier(ofElementKey: element.key.span)
        let live = StructureCode.garbageKey(try #require(id))
        var stray: [UInt8] = [0xFF, UInt8(ascii: "i")]
        Tuple.append(Int64(99), to: &stray)
        Tuple.append(.string("x"), to: &stray)
        var schema: [UInt8] = [0xFF, UInt8(ascii: "s")]
        Tuple.append(.string("nonsense"), to: &schema)
        let plants: [(kind: StoredProblem.Kind, key: [UInt8], value: [UInt8])] = [
            (.record, Array("book:sf:1:year".utf8), Array("abc".utf8)),
            (.record, Array("book:sf".utf8), Array("x".utf8)),
            (.garbage, stray, []),
            (.catalogue, schema, Array("{".utf8)),
            (.unknown, [0xFF, UInt8(ascii: "q"), 1], []),
            (.unknown, [0xFF], []),
            (.garbage, live, []),
            (.expiry, StructureCode.expiryKey(5, 0, "nobody".utf8.span), []),
        ]
        for plant in plants {
            let old = try stored(plant.key)
            try database.store.put(plant.key, plant.value)
            let found = try problems()
            #expect(found.contains { $0.kind == plant.kind }, "\(plant): \(found)")
            if let old { try database.store.put(plant.key, old) } else { try database.store.delete(plant.key) }
        }
        #expect(try problems() == [])
    }

    @Test("a key that is missing from anywhere but the plain keys is found")
    func missing() throws {
        try fill(5)
        // Nobody misses an element that is about to be reclaimed.
        try database.reclaim()
        var generator = SeededGenerator(seed: 9)
        let own = try database.store.pairs().filter { $0.key.first == 0xFF }
        for entry in own.shuffled(using: &generator).prefix(60) {
            let tag = entry.key[1]
            // A small structure's whole trace is its metadata; the format, a history and garbage have no other either.
            let isUntraceable =
                tag == UInt8(ascii: "m") && entry.value[0] & 0xC0 == 0x40 || tag == UInt8(ascii: "s")
                || tag == UInt8(ascii: "g") || entry.key.count == 2
            if isUntraceable { continue }
            try database.store.delete(entry.key)
            #expect(try !problems().isEmpty, "\(entry.key)")
            try database.store.put(entry.key, entry.value)
        }
        #expect(try problems() == [])
    }

    @Test("migrations of a program that have run are part of a catalogue that is well")
    func migrations() throws {
        let next = Self.schema.replacing("version: 1", with: "version: 2").replacing(
            "book:{genre}:{id}", with: "book:{id}:{genre}")
        try database.migrate([Migration("v1", to: SchemaDefinition(parsing: Self.schema, file: "book.yaml"))])
        try fill(6)
        #expect(try problems() == [])
        try database.migrate([
            Migration("v1", to: SchemaDefinition(parsing: Self.schema, file: "book.yaml")),
            Migration("v2", to: SchemaDefinition(parsing: next, file: "book.yaml")),
        ])
        // Before the rewrite is committed, and after.
        #expect(try problems() == [])
        try database.keyspace.commit("book")
        #expect(try problems() == [])
        let done = try #require(
            try database.store.pairs().last {
                $0.key.starts(with: [0xFF, UInt8(ascii: "s"), 0]) && $0.value == Array("book".utf8)
            })
        try database.store.put(done.key, "no name")
        #expect(try problems().map(\.kind) == [.catalogue])
    }

    @Test("a catalogue that cannot be read is a problem to be told, by who opens the store alone")
    func catalogue() throws {
        try database.apply(SchemaDefinition(parsing: Self.schema, file: "book.yaml"))
        let catalogue = try database.store.pairs().filter { $0.key.starts(with: [0xFF, UInt8(ascii: "s")]) }
        for entry in catalogue {
            try database.store.put(entry.key, "not JSON")
            #expect(try problems().contains { $0.kind == .catalogue })
            try database.store.put(entry.key, entry.value)
        }
        #expect(try problems() == [])
    }
}
