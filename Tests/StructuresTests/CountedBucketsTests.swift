import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("Counted buckets")
struct CountedBucketsTests {
    private static let elements: [UInt8] = [0xFF, 0x64, 1]
    private static let nodes: [UInt8] = [0xFF, 0x64, 2]

    /// A counted collection and what it must be equal to.
    private struct Model {
        let transaction: any CheckedTransaction
        var buckets: CountedBuckets
        var keys: [[UInt8]] = []

        init(_ transaction: any CheckedTransaction, _ shape: CountedBuckets.Shape) throws {
            self.transaction = transaction
            buckets = try CountedBuckets(
                transaction, elements: elements, nodes: nodes, count: 0, levels: 0, shape: shape)
        }

        /// As another command finds it.
        mutating func reopen(_ shape: CountedBuckets.Shape) throws {
            buckets.flush()
            buckets = try CountedBuckets(
                transaction, elements: elements, nodes: nodes, count: buckets.count, levels: buckets.levels,
                shape: shape)
        }

        private func position(_ key: [UInt8]) -> Int {
            var low = 0
            var high = keys.count
            while low < high {
                let middle = (low + high) / 2
                if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
            }
            return low
        }

        mutating func toggle(_ key: [UInt8]) throws {
            let position = position(key)
            let stored = elements + key
            if position < keys.count, keys[position] == key {
                keys.remove(at: position)
                transaction.delete(own: stored.span)
                try buckets.remove(key.span)
            } else {
                keys.insert(key, at: position)
                transaction.put(own: stored.span, Span())
                try buckets.insert(key.span)
            }
        }

        mutating func check(_ generator: inout some RandomNumberGenerator) throws {
            #expect(buckets.count == keys.count)
            let outside = try [buckets.key(atRank: -1), buckets.key(atRank: keys.count)]
            #expect(outside == [nil, nil])
            for _ in 0..<4 where !keys.isEmpty {
                let rank = Int.random(in: 0..<keys.count, using: &generator)
                let reached = try buckets.key(atRank: rank)
                #expect(reached == keys[rank])
                let key = keys[rank]
                let found = try buckets.rank(of: key.span)
                #expect(found == rank)
            }
            let (lower, upper) = (CountedBucketsTests.randomKey(&generator), CountedBucketsTests.randomKey(&generator))
            let expected = max(0, position(upper) - position(lower))
            let counted = try buckets.count(from: lower.span, to: upper.span)
            #expect(counted == expected)
            let rest = try buckets.count(from: lower.span, to: nil)
            #expect(rest == keys.count - position(lower))
        }

        /// Each level counts everything once, and no bucket counts more than it may.
        func checkNodes(_ shape: CountedBuckets.Shape, most: Int) throws {
            var totals: [UInt8: Int] = [:]
            var numbers: [UInt8: Int] = [:]
            try transaction.scan(.prefix(nodes)) { entry in
                let (level, count) = (entry.key[nodes.count], Int(entry.value.bigEndian(at: 0)))
                totals[level, default: 0] += count
                numbers[level, default: 0] += 1
                if level == 1 { #expect(count <= shape.bucket) }
                return .next
            }
            #expect(totals.count == buckets.levels)
            #expect(totals.values.allSatisfy { $0 == keys.count })
            #expect(numbers[UInt8(buckets.levels), default: 0] <= most)
        }
    }

    private static func randomKey(_ generator: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in UInt8.random(in: 0...15, using: &generator) * 17 }
    }

    private func inTransaction(_ body: (any CheckedTransaction) throws -> Void) throws {
        try UncheckedStore(MemoryStore()).transactChecked(durability: .buffered, body)
    }

    @Test("ranks, elements at ranks and counts of ranges are those of a sorted array", arguments: 0..<6)
    func model(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let shape = CountedBuckets.Shape(bucket: 8, fanout: 4)
        try inTransaction { transaction in
            var model = try Model(transaction, shape)
            for round in 0..<3_000 {
                // Grows, shrinks to nothing, and grows again.
                let grows = (round / 1_000) % 2 == 0
                if grows || model.keys.isEmpty {
                    try model.toggle(Self.randomKey(&generator))
                } else {
                    let position = Int.random(in: 0..<model.keys.count, using: &generator)
                    try model.toggle(model.keys[position])
                }
                if round % 50 == 0 { try model.check(&generator) }
                if round % 7 == 0 {
                    try model.reopen(shape)
                    try model.checkNodes(shape, most: 4 * 4)
                }
            }
            while let key = model.keys.last { try model.toggle(key) }
            try model.check(&generator)
            #expect(model.buckets.levels == 0)
            model.buckets.flush()
            try transaction.scan(.prefix(Self.nodes)) { _ in
                Issue.record("a node is left over")
                return .stop
            }
        }
    }

    @Test("in ascending and in descending order too", arguments: [true, false])
    func ordered(isAscending: Bool) throws {
        var generator = SeededGenerator(seed: 7)
        let shape = CountedBuckets.Shape(bucket: 8, fanout: 4)
        try inTransaction { transaction in
            var model = try Model(transaction, shape)
            for round in 0..<2_000 {
                let number = isAscending ? round : 2_000 - round
                try model.toggle([UInt8(number >> 8), UInt8(number & 0xFF)])
                if round % 100 == 0 { try model.check(&generator) }
            }
            while let key = model.keys.first {
                try model.toggle(key)
                if model.keys.count % 100 == 0 { try model.check(&generator) }
            }
        }
    }

    @Test("what was staged uncounted is counted all at once, and goes on", arguments: [0, 8, 9, 200, 3_000])
    func build(count: Int) throws {
        var generator = SeededGenerator(seed: 1)
        let shape = CountedBuckets.Shape(bucket: 8, fanout: 4)
        try inTransaction { transaction in
            var model = try Model(transaction, shape)
            for number in 0..<count {
                let key = [UInt8(number >> 8), UInt8(number & 0xFF)]
                let stored = Self.elements + key
                transaction.put(own: stored.span, Span())
                model.keys.append(key)
            }
            try model.buckets.build(count)
            try model.check(&generator)
            for _ in 0..<500 { try model.toggle(Self.randomKey(&generator)) }
            try model.check(&generator)
        }
    }

    @Test("up to 512 elements nothing is written, then one node an insert")
    func fewWrites() throws {
        try inTransaction { transaction in
            var model = try Model(transaction, .standard)
            for number in 0..<512 { try model.toggle([UInt8(number >> 8), UInt8(number & 0xFF)]) }
            #expect(model.buckets.levels == 0)
            for number in 512..<2_000 { try model.toggle([UInt8(number >> 8), UInt8(number & 0xFF)]) }
            #expect(model.buckets.levels == 1)
        }
    }

    @Test("damaged counts are refused, not believed")
    func damaged() throws {
        try inTransaction { transaction in
            #expect(throws: StructureError.self) {
                _ = try CountedBuckets(
                    transaction, elements: Self.elements, nodes: Self.nodes, count: 1, levels: 1_000)
            }
            var buckets = try CountedBuckets(
                transaction, elements: Self.elements, nodes: Self.nodes, count: 2_000, levels: 1)
            let key: [UInt8] = [1]
            func insert(_ key: [UInt8]) throws { try buckets.insert(key.span) }
            #expect(throws: StructureError.self) { try insert(key) }
            let node = Self.nodes + [1]
            transaction.put(own: node.span, key.span)
            #expect(throws: StructureError.self) { try insert(key) }
        }
    }
}
