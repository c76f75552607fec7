import StoreConformance
import Testing

internal import KeySchemas
internal import OrderedStore

@testable internal import Records

@Suite("records that are collected before they are lent")
struct RecordRunTests {
    @Test("a scan lends each record once and in order, whatever their sizes, its limit and its filter")
    func sizes() throws {
        let schema = try SchemaDefinition(
            parsing: """
                schema: note
                version: 1
                key: "note:{id}:{field}"
                fields:
                  id: {id: 1, type: int}
                  text: {id: 2, type: string}
                  title: {id: 3, type: string}
                """, file: "note.yaml")
        let items = try Keyspace(MemoryStore())
        try items.apply(schema)
        let notes = try items.records("note")
        var random = SeededGenerator(seed: 41)
        let all = (1000..<1200).map { number -> DynamicRecord in
            // Some alone have more bytes than a run.
            let count = random.next() % 5 == 0 ? 5000 + Int(random.next() % 5000) : Int(random.next() % 40)
            return [
                "id": .scalar(.integer(Int64(number))), "text": .scalar(.string(String(repeating: "x", count: count))),
                "title": .scalar(.string("\(number)")),
            ]
        }
        for note in all { try notes.insert(note) }
        #expect(try notes.scan() == all)
        for limit in [0, 1, 2, 3, 7, 8, 9, 15, 16, 150] {
            for reverse in [false, true] {
                let scan = RecordScan(reverse: reverse, limit: limit)
                #expect(try notes.scan(scan) == Array((reverse ? all.reversed() : all).prefix(limit)))
                let filtered = RecordScan(
                    from: .integer(1090), to: .integer(1120), reverse: reverse, limit: limit, filters: true)
                #expect(try notes.scan(filtered).count == min(limit, 30))
            }
        }
    }

    @Test("the memory of large records is kept at one place only")
    func memory() throws {
        let schema = CompiledSchema(
            try SchemaDefinition(
                parsing: """
                    schema: note
                    version: 1
                    key: "note:{id}:{field}"
                    fields:
                      id: {id: 1, type: int}
                      text: {id: 2, type: string}
                    """, file: "note.yaml"))
        let store = MemoryStore()
        var number = 100
        for large in 0..<8 {
            for position in 0..<32 {
                let count = position % 8 == large ? 100_000 : 1
                try store.put("note:\(number):text".utf8.span, [UInt8](repeating: 0x78, count: count).span)
                number += 1
            }
        }
        let snapshot = store.snapshot()
        var cursor = snapshot.cursor(in: .all, options: .forward)
        var run = RecordRun(schema, reverse: false)
        var count = 0
        while try run.fill(from: &cursor, upTo: .max) {
            count += run.count
            let kept = run.records.reduce(0) { $0 + $1.values.count }
            #expect(kept <= 3 * 131_072)
        }
        #expect(count == 256)
    }
}
