import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("Sorted sets")
struct StoredSortedSetTests {
    let store = UncheckedStore(MemoryStore())
    let state = StructureState(isEnabled: true)

    private struct Item: Equatable {
        var member: [UInt8]
        var score: Double
    }

    private func write<Result>(_ body: (StructureKeys) throws -> Result) throws -> Result {
        try StructureKeys.write(store, state, body)
    }

    private static let scores: [Double] = [-.infinity, -1e300, -2, -1.5, 0, -0.0, 1e-300, 1, 2, 3, 1e17, .infinity]

    private static func sorted(_ model: [[UInt8]: Double]) -> [Item] {
        model.map { Item(member: $0.key, score: $0.value) }.sorted { left, right in
            left.score == right.score
                ? left.member.lexicographicallyPrecedes(right.member) : left.score < right.score
        }
    }

    private static func items(
        _ set: inout StoredSortedSet, _ range: SortedSetRange, _ reverse: Bool, _ skipped: Int, _ limit: Int?
    ) throws -> [Item] {
        var items: [Item] = []
        try set.forEach(range, reverse: reverse, skipping: skipped, limit: limit) { member, score in
            items.append(Item(member: member.array, score: score))
            return true
        }
        return items
    }

    private static func check(
        _ set: inout StoredSortedSet, _ model: [[UInt8]: Double], _ generator: inout SeededGenerator
    ) throws {
        let all = sorted(model)
        let count = set.count
        #expect(count == all.count)
        let whole = try items(&set, .ranks(0..<Int.max), false, 0, nil)
        #expect(whole == all)
        for _ in 0..<8 {
            let range = randomRange(count: all.count, &generator)
            let reverse = Bool.random(using: &generator)
            let skipped = Int.random(in: 0...3, using: &generator) * [1, 200].randomElement(using: &generator)!
            let limit = [nil, 0, 1, 10, 1_000].randomElement(using: &generator)!
            var expected = all.indices.filter { contains(range, all[$0], rank: $0) }.map { all[$0] }
            let number = try set.count(in: range)
            #expect(number == expected.count, "\(range)")
            if reverse { expected.reverse() }
            expected = Array(expected.dropFirst(skipped).prefix(limit ?? .max))
            let found = try items(&set, range, reverse, skipped, limit)
            #expect(found == expected, "\(range), reverse \(reverse), skipping \(skipped), limit \(limit ?? -1)")
        }
        let asked = model.keys.randomElement(using: &generator) ?? []
        let rank = try set.rank(of: asked.span)
        #expect(rank == all.firstIndex { $0.member == asked })
        let other = randomMember(&generator)
        let score = try set.score(of: other.span)
        #expect(score == model[other])
    }

    private static func contains(_ range: SortedSetRange, _ item: Item, rank: Int) -> Bool {
        switch range {
        case .ranks(let ranks): return ranks.contains(rank)
        case .scores(let lower, let upper):
            return (lower.isExclusive ? item.score > lower.score : item.score >= lower.score)
                && (upper.isExclusive ? item.score < upper.score : item.score <= upper.score)
        case .members(let lower, let upper):
            var isIn = true
            switch lower {
            case .first: break
            case .last: isIn = false
            case .member(let own, let isExclusive):
                isIn = own.lexicographicallyPrecedes(item.member) || own == item.member && !isExclusive
            }
            switch upper {
            case .first: isIn = false
            case .last: break
            case .member(let own, let isExclusive):
                isIn = isIn && (item.member.lexicographicallyPrecedes(own) || own == item.member && !isExclusive)
            }
            return isIn
        }
    }

    private static func randomRange(count: Int, _ generator: inout SeededGenerator) -> SortedSetRange {
        if Bool.random(using: &generator) {
            let lower = Int.random(in: 0...count, using: &generator)
            return .ranks(lower..<Int.random(in: lower...count, using: &generator))
        }
        func bound() -> ScoreBound {
            ScoreBound(
                scores.randomElement(using: &generator) ?? 0, isExclusive: Bool.random(using: &generator))
        }
        return .scores(bound(), bound())
    }

    @Test("small and big, ranges, ranks and scores are those of a sorted array", arguments: 0..<4)
    func model(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var model: [[UInt8]: Double] = [:]
        let key = Array("set".utf8)
        for round in 0..<75 {
            let grows = (round / 25) % 2 == 0
            try write { keys in
                var set = try StoredSortedSet(keys, key.span)
                for _ in 0..<10 {
                    if grows {
                        let member = randomMember(&generator)
                        let score = Self.scores.randomElement(using: &generator) ?? 0
                        let old = try set.score(of: member.span)
                        #expect(old == model[member])
                        try set.set(member.span, to: score, from: old)
                        model[member] = score
                    } else {
                        let member = model.keys.randomElement(using: &generator) ?? []
                        let wasThere = try set.remove(member.span)
                        #expect(wasThere == (model.removeValue(forKey: member) != nil))
                    }
                }
                try set.store(key.span)
            }
            try write { keys in
                var set = try StoredSortedSet(keys, key.span)
                try Self.check(&set, model, &generator)
            }
        }
    }

    @Test("thousands of members have ranks, too, and are removed by ranges")
    func many() throws {
        var generator = SeededGenerator(seed: 3)
        var model: [[UInt8]: Double] = [:]
        let key = Array("set".utf8)
        try write { keys in
            var set = try StoredSortedSet(keys, key.span)
            for number in 0..<3_000 {
                let member = Array("member \(number)".utf8)
                let score = Double(Int.random(in: -50...50, using: &generator))
                try set.set(member.span, to: score, from: nil)
                model[member] = score
            }
            try Self.check(&set, model, &generator)
            try set.store(key.span)
        }
        while !model.isEmpty {
            try write { keys in
                var set = try StoredSortedSet(keys, key.span)
                let all = Self.sorted(model)
                var range = Self.randomRange(count: all.count, &generator)
                if all.count < 200 { range = .ranks(0..<all.count) }
                let removed = try set.remove(range)
                for (rank, item) in all.enumerated() where Self.contains(range, item, rank: rank) {
                    model[item.member] = nil
                }
                #expect(removed == all.count - model.count)
                try Self.check(&set, model, &generator)
                try set.store(key.span)
            }
        }
        try write { keys in
            let found = try keys.lookup(key.span)
            let exists = found.exists
            #expect(!exists)
        }
    }

    @Test("ranges by members, where all have one score", arguments: [20, 400])
    func members(count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(count))
        var model: [[UInt8]: Double] = [:]
        let key = Array("set".utf8)
        try write { keys in
            var set = try StoredSortedSet(keys, key.span)
            while model.count < count {
                let member = randomMember(&generator)
                let old = try set.score(of: member.span)
                try set.set(member.span, to: 7, from: old)
                model[member] = 7
            }
            let all = Self.sorted(model)
            for _ in 0..<100 {
                func bound() -> MemberBound {
                    switch Int.random(in: 0..<8, using: &generator) {
                    case 0: .first
                    case 1: .last
                    default: .member(randomMember(&generator), isExclusive: Bool.random(using: &generator))
                    }
                }
                let range = SortedSetRange.members(bound(), bound())
                let expected = all.filter { Self.contains(range, $0, rank: 0) }
                let number = try set.count(in: range)
                #expect(number == expected.count, "\(range)")
                let found = try Self.items(&set, range, true, 1, 5)
                #expect(found == Array(expected.reversed().dropFirst().prefix(5)), "\(range)")
            }
        }
    }

    @Test("scores are weighted and put together as Redis does it")
    func weights() throws {
        let (first, second, plain) = (Array("first".utf8), Array("second".utf8), Array("plain".utf8))
        try write { keys in
            var list = MemberList()
            for (member, score) in [("a", 1.0), ("b", 2), ("inf", .infinity)] { list.append(member.utf8.span, score) }
            try list.storeAsSortedSet(keys, first.span, replacing: try keys.lookup(first.span))
            list.removeAll()
            for (member, score) in [("b", 10.0), ("inf", -.infinity)] { list.append(member.utf8.span, score) }
            try list.storeAsSortedSet(keys, second.span, replacing: try keys.lookup(second.span))
            var set = try StoredSet(keys, plain.span)
            for member in ["a", "b"] { _ = try set.insert(member.utf8.span) }
            try set.store(plain.span)

            func result(
                _ operation: SetOperation, _ names: [[UInt8]], _ weights: [Double], _ aggregate: ScoreAggregate
            ) throws -> [String: Double] {
                let streams = try names.map { try MemberStream(keys, $0.span, allowsSortedSets: true) }
                var sets = SetAlgebra(operation, streams, weights: weights, aggregate: aggregate)
                var scores: [String: Double] = [:]
                try sets.forEach { member, score in
                    scores[String(decoding: member.array, as: UTF8.self)] = score
                    return true
                }
                return scores
            }
            let names = [first, second, plain]
            #expect(try result(.union, names, [1, 2, 3], .sum) == ["a": 4, "b": 25, "inf": 0])
            #expect(try result(.union, [first, second], [0, 1], .max) == ["a": 0, "b": 10, "inf": 0])
            #expect(try result(.intersection, names, [1, 1, 1], .min) == ["b": 1])
            #expect(try result(.difference, [first, second], [], .sum) == ["a": 1])
        }
    }
}
