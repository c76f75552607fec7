import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("Walking over keys")
struct KeyWalkTests {
    let store = UncheckedStore(MemoryStore())
    let state = StructureState(isEnabled: true, clock: { 1_000_000 })

    struct Seen: Equatable {
        var key: String
        var kind: StructureKind
    }

    func put(_ key: String, _ kind: StructureKind = .string, expiry: Int64? = nil, database: Int = 0) throws {
        try StructureKeys.write(store, state, database: database) { keys in
            let old = try keys.lookup(key.utf8.span)
            if kind == .string {
                try keys.storeString(key.utf8.span, "value".utf8.span, expiry: expiry, replacing: old)
            } else {
                let inline = KeyState(kind: kind, isInline: true, expiry: expiry)
                try keys.store(key.utf8.span, inline, [0].span, replacing: old)
            }
        }
    }

    func walk(
        _ range: KeyRange = .all, _ options: WalkOptions = WalkOptions(), database: Int = 0
    ) throws -> [Seen] {
        try StructureKeys.read(store, state, database: database) { keys in
            var seen: [Seen] = []
            try keys.walk(range, options) { walked in
                seen.append(
                    Seen(key: String(decoding: walked.key.array, as: UTF8.self), kind: try #require(walked.state.kind)))
                return true
            }
            return seen
        }
    }

    @Test("keys of all kinds come in key order, both ways, in ranges and up to limits")
    func model() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var model: [String: StructureKind] = [:]
        for _ in 0..<1_500 {
            let key = "k\(Int.random(in: 0..<5_000, using: &random))"
            let kind = StructureKind.allCases.randomElement(using: &random)!
            let isGone = Int.random(in: 0..<10, using: &random) == 0
            try put(key, kind, expiry: isGone ? 999_999 : Bool.random(using: &random) ? 2_000_000 : nil)
            model[key] = isGone ? nil : kind
        }
        let sorted = model.map { Seen(key: $0.key, kind: $0.value) }.sorted { $0.key < $1.key }
        #expect(try walk() == sorted, "seed \(seed)")
        #expect(try walk(.all, WalkOptions(reverse: true)) == sorted.reversed(), "seed \(seed)")
        for _ in 0..<50 {
            let bounds = [
                "k\(Int.random(in: 0..<5_000, using: &random))", "k\(Int.random(in: 0..<5_000, using: &random))",
            ]
            let range = KeyRange(from: bounds[0], to: bounds[1])
            let kind = Bool.random(using: &random) ? nil : StructureKind.allCases.randomElement(using: &random)
            let limit = Bool.random(using: &random) ? nil : Int.random(in: 0..<100, using: &random)
            let reverse = Bool.random(using: &random)
            var expected = sorted.filter {
                $0.key >= bounds[0] && $0.key < bounds[1] && (kind == nil || $0.kind == kind)
            }
            if reverse { expected.reverse() }
            if let limit { expected = Array(expected.prefix(limit)) }
            let options = WalkOptions(reverse: reverse, limit: limit, kind: kind)
            #expect(try walk(range, options) == expected, "seed \(seed)")
        }
    }

    @Test("databases do not mix")
    func databases() throws {
        try put("zero", .string)
        try put("zero-list", .list)
        try put("one", .string, database: 1)
        try put("fifteen", .hash, database: 15)
        #expect(try walk().map(\.key) == ["zero", "zero-list"])
        #expect(try walk(database: 1) == [Seen(key: "one", kind: .string)])
        #expect(try walk(database: 15) == [Seen(key: "fifteen", kind: .hash)])
        #expect(try walk(database: 2) == [])
    }

    @Test("values of plain strings are lent where asked for")
    func values() throws {
        try put("a")
        try StructureKeys.read(store, state) { keys in
            var values: [[UInt8]] = []
            try keys.walk(.all, WalkOptions(wantsValues: true)) { walked in
                values.append(walked.plainValue.array)
                return true
            }
            #expect(values == [Array("value".utf8)])
        }
    }

    @Test("the body stops the walk")
    func stops() throws {
        for index in 0..<10 { try put("k\(index)", index % 2 == 0 ? .string : .set) }
        try StructureKeys.read(store, state) { keys in
            var count = 0
            let ended = try keys.walk { _ in
                count += 1
                return count < 4
            }
            #expect(count == 4)
            #expect(!ended)
        }
    }
}

@Suite("Where scans stand")
struct ScanPositionsTests {
    @Test("a number finds its position until it is old")
    func numbers() {
        let scans = ScanPositions()
        let first = scans.number(for: [1])
        #expect(first != 0)
        #expect(scans.position(of: first) == [1])
        #expect(scans.position(of: first + 1) == nil)
        for index in 0..<20_000 {
            let number = scans.number(for: [UInt8(index % 256)])
            #expect(scans.position(of: number) == [UInt8(index % 256)])
        }
        #expect(scans.position(of: first) == nil)
    }

    @Test("long positions are forgotten sooner, and the latest never")
    func bytes() {
        let scans = ScanPositions()
        let numbers = (0..<5).map { _ in scans.number(for: Array(repeating: 7, count: 10 << 20)) }
        #expect(scans.position(of: numbers[0]) == nil)
        #expect(scans.position(of: numbers[4])?.count == 10 << 20)
    }
}
