import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("Hashes")
struct HashModelTests {
    let store = UncheckedStore(MemoryStore())
    let state = StructureState(isEnabled: true)
    let key: [UInt8] = [107]

    @Test("random operations are those of a dictionary, small and big", arguments: 0..<9 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var model: [[UInt8]: [UInt8]] = [:]
        // Few fields stay small; many, or long values, make a big hash.
        let fields = [60, 300, 3_000][Int(seed % 3)]
        for _ in 0..<150 {
            try StructureKeys.write(store, state) { keys in
                var hash = try StoredHash(keys, key.span)
                for _ in 0..<Int.random(in: 1...fields / 20, using: &random) {
                    try HashModelTests.change(&hash, &model, fields, &random)
                }
                let count = hash.count
                #expect(count == model.count)
                try hash.store(key.span)
            }
            if random.next() % 8 == 0 { try check(model) }
        }
        try check(model)
    }

    private static func change(
        _ hash: inout StoredHash, _ model: inout [[UInt8]: [UInt8]], _ fields: Int, _ random: inout SeededGenerator
    ) throws {
        // Zeros and FF are what is escaped in keys.
        let number = Int.random(in: 0..<fields, using: &random)
        let field = [[0, 0xFF, 65][number % 3], UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] as [UInt8]
        let value = [UInt8](repeating: 7, count: [0, 1, 20, 300].randomElement(using: &random) ?? 0)
        switch random.next() % 6 {
        case 0, 1, 2:
            let isNew = try hash.set(field.span, value.span)
            #expect(isNew == (model[field] == nil))
            model[field] = value
        case 3:
            let isNew = try hash.set(field.span, value.span, isNewOnly: true)
            #expect(isNew == (model[field] == nil))
            if isNew { model[field] = value }
        case 4:
            let removed = try hash.remove(field.span)
            #expect(removed == (model.removeValue(forKey: field) != nil))
        default:
            let found = try hash.withValue(of: field.span) { $0?.array }
            #expect(found == model[field])
        }
    }

    private func check(_ model: [[UInt8]: [UInt8]]) throws {
        try StructureKeys.read(store, state) { keys in
            let hash = try HashReader(keys, key.span)
            let (count, exists) = (hash.count, hash.exists)
            #expect(count == model.count)
            #expect(exists == !model.isEmpty)
            var all: [[UInt8]: [UInt8]] = [:]
            try hash.forEach { field, value in
                all[field.array] = value.array
                return true
            }
            #expect(all == model)
            var chosen: [[UInt8]: [UInt8]] = [:]
            try hash.forEachRandom(5) { chosen[$0.array] = $1.array }
            #expect(chosen.count == min(5, model.count))
            try hash.repeatRandom(5) { chosen[$0.array] = $1.array }
            for (field, value) in chosen { #expect(model[field] == value) }
        }
    }

    @Test("each field of a big hash is as likely as any other")
    func uniform() throws {
        try StructureKeys.write(store, state) { keys in
            var hash = try StoredHash(keys, key.span)
            for number in 0..<1_000 {
                let field = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
                _ = try hash.set(field.span, field.span)
            }
            try hash.store(key.span)
        }
        try StructureKeys.read(store, state) { keys in
            let hash = try HashReader(keys, key.span)
            var counts = Array(repeating: 0, count: 10)
            try hash.repeatRandom(2_000) { field, _ in counts[(Int(field[0]) << 8 | Int(field[1])) / 100] += 1 }
            // 200 in each tenth on average; 14 is the standard deviation.
            for count in counts { #expect(count > 100 && count < 300) }
        }
    }
}
