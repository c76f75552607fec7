import OrderedStore
import StoreConformance
import Structures
import Testing

/// Short members with bytes that keys escape, the empty one among them.
func randomMember(_ generator: inout some RandomNumberGenerator, most: Int = 3) -> [UInt8] {
    (0..<Int.random(in: 0...most, using: &generator)).map { _ in
        [0, 1, 0x61, 0x62, 0x63, 0xFE, 0xFF].randomElement(using: &generator) ?? 0
    }
}

@Suite("Sets")
struct StoredSetTests {
    let store = UncheckedStore(MemoryStore())
    let state = StructureState(isEnabled: true)

    private func write<Result>(_ body: (StructureKeys) throws -> Result) throws -> Result {
        try StructureKeys.write(store, state, body)
    }

    private func members(_ set: borrowing StoredSet, after: [UInt8]? = nil) throws -> [[UInt8]] {
        var members: [[UInt8]] = []
        let body: (Span<UInt8>) -> Bool = { member in
            members.append(member.array)
            return true
        }
        if let after { try set.forEach(after: after.span, body) } else { try set.forEach(body) }
        return members
    }

    @Test("small and big, a set is what a Swift set is", arguments: 0..<4)
    func model(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var model: Set<[UInt8]> = []
        let key = Array("set".utf8)
        for round in 0..<120 {
            // Beyond what stays small, and back to nothing.
            let grows = (round / 40) % 2 == 0
            try write { keys in
                var set = try StoredSet(keys, key.span)
                for _ in 0..<10 {
                    let member = grows ? randomMember(&generator) : model.randomElement(using: &generator) ?? []
                    if grows {
                        let isNew = try set.insert(member.span)
                        #expect(isNew == model.insert(member).inserted)
                    } else {
                        let wasThere = try set.remove(member.span)
                        #expect(wasThere == (model.remove(member) != nil))
                    }
                }
                let count = set.count
                #expect(count == model.count)
                try set.store(key.span)
            }
            try write { keys in
                let found = try keys.lookup(key.span, .set)
                let exists = found.exists
                #expect(exists == !model.isEmpty)
                let set = try StoredSet(keys, found)
                let sorted = model.sorted { $0.lexicographicallyPrecedes($1) }
                let all = try members(set)
                #expect(all == sorted)
                let after = randomMember(&generator)
                let rest = try members(set, after: after)
                #expect(rest == sorted.filter { after.lexicographicallyPrecedes($0) })
                let asked = randomMember(&generator)
                let isThere = try set.contains(asked.span)
                #expect(isThere == model.contains(asked))
            }
        }
    }

    @Test("random members are members, different ones where that is asked for", arguments: [5, 100, 700])
    func random(count: Int) throws {
        let key = Array("set".utf8)
        let all = (0..<count).map { Array("member \($0)".utf8) }
        try write { keys in
            var set = try StoredSet(keys, key.span)
            for member in all { _ = try set.insert(member.span) }
            for number in [1, 3, count / 2, count - 1, count, count + 5] {
                let list = try set.randomMembers(number)
                let chosen = (0..<list.count).map { list[$0].array }
                #expect(chosen.count == min(number, count))
                #expect(Set(chosen).count == chosen.count)
                #expect(Set(chosen).isSubset(of: all))
            }
            var repeated: Set<[UInt8]> = []
            var calls = 0
            try set.randomMembers(repeating: 20 * count) { list, index in
                repeated.insert(list[index].array)
                calls += 1
            }
            #expect(calls == 20 * count)
            // That one of them is left out has a chance below 10^-5.
            #expect(repeated == Set(all))
            let popped = try set.pop(2)
            let left = set.count
            #expect(left == count - 2)
            let isThere = try set.contains(popped[0])
            #expect(!isThere)
            let rest = try set.pop(count)
            #expect(rest.count == count - 2)
            let end = set.count
            #expect(end == 0)
        }
    }

    @Test("each member of a big set is as likely as any other")
    func uniform() throws {
        let key = Array("set".utf8)
        try write { keys in
            var set = try StoredSet(keys, key.span)
            // Members crowd at one end, so buckets are of different sizes.
            for number in 0..<1_500 {
                let member = Array((number < 1_400 ? "a\(number)" : "b\(number)").utf8)
                _ = try set.insert(member.span)
            }
            var (last, draws) = (0, 0)
            try set.randomMembers(repeating: 30_000) { list, index in
                draws += 1
                if list[index][0] == UInt8(ascii: "b") { last += 1 }
            }
            #expect(draws == 30_000)
            // 2,000 of 30,000 are expected; six standard deviations are 260.
            #expect(abs(last - 2_000) < 260)
        }
    }

    @Test("union, intersection and difference of sets of all sizes are those of Swift sets", arguments: 0..<30)
    func algebra(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var models: [Set<[UInt8]>] = []
        for index in 0..<Int.random(in: 1...4, using: &generator) {
            let size = [0, 3, 50, 300, 3_000].randomElement(using: &generator) ?? 0
            let most = Int.random(in: 2...5, using: &generator)
            models.append(Set((0..<size).map { _ in randomMember(&generator, most: most) }))
            let key = Array("set \(index)".utf8)
            try write { keys in
                var set = try StoredSet(keys, key.span)
                for member in models[index] { _ = try set.insert(member.span) }
                try set.store(key.span)
            }
        }
        let expected: [(SetOperation, Set<[UInt8]>)] = [
            (.union, models.reduce([]) { $0.union($1) }),
            (.intersection, models.dropFirst().reduce(models[0]) { $0.intersection($1) }),
            (.difference, models.dropFirst().reduce(models[0]) { $0.subtracting($1) }),
        ]
        for (operation, model) in expected {
            try write { keys in
                let streams = try models.indices.map { index in
                    let key = Array("set \(index)".utf8)
                    return try MemberStream(keys, key.span, allowsSortedSets: false)
                }
                var sets = SetAlgebra(operation, streams)
                var builder = SetBuilder(keys)
                var found: [[UInt8]] = []
                try sets.forEach { member, _ in
                    found.append(member.array)
                    try builder.append(member)
                    return true
                }
                #expect(found == model.sorted { $0.lexicographicallyPrecedes($1) }, "\(operation), seed \(seed)")
                let key = Array("result".utf8)
                try builder.store(key.span, replacing: try keys.lookup(key.span))
                let result = try StoredSet(keys, key.span)
                let stored = try members(result)
                #expect(stored == found)
            }
        }
    }
}
