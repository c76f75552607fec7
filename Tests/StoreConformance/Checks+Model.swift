internal import OrderedStore

extension ConformanceCheck {
    /// Long random sequences against a sorted array.
    static func modelChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("random operations leave what a sorted dictionary would hold", seed: seed) { store, seed in
                var random = SeededGenerator(seed: seed)
                var model = ModelStore()
                for _ in 0..<50 {
                    // What is seen now must still be seen when everything below has happened.
                    let snapshot = try store.snapshot()
                    let before = model
                    for _ in 0..<40 { try change(store, &model, &random) }
                    try expect(try snapshot.collect(), is: before.pairs, "the snapshot from before")
                    try walk(snapshot, before, random.range(), random.options(), steps: 30, &random)
                    try compare(store, model, &random)
                }
            },
            ConformanceCheck("a few thousand keys in random order come back sorted", seed: seed) { store, seed in
                var random = SeededGenerator(seed: seed)
                let keys = (0..<3000).map { number in [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)] }
                for key in keys.shuffled(using: &random) { try store.put(key, key) }
                let survivors = keys.filter { _ in Bool.random(using: &random) }
                let kept = Set(survivors)
                try store.write { batch in
                    for key in keys.shuffled(using: &random) where !kept.contains(key) { batch.delete(key) }
                }
                try expect(try store.collect().map(\.key), is: survivors, "a scan")
                try expect(try store.collect(.all, .reverse).map(\.key), is: survivors.reversed(), "a reverse scan")
                for _ in 0..<200 {
                    let start = keys[Int.random(in: 0..<keys.count, using: &random)]
                    let options = ScanOptions(limit: 3)
                    let expected = survivors.filter { !$0.lexicographicallyPrecedes(start) }.prefix(3)
                    let seen = try store.collect(KeyRange(from: start), options).map(\.key)
                    try expect(seen, is: Array(expected), "the three keys from \(start) on")
                }
            },
        ]
    }

    /// One random write of any kind, to the store and to the model.
    private static func change(_ store: Store, _ model: inout ModelStore, _ random: inout SeededGenerator) throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8:
            let (key, value) = (random.key(), random.value())
            try store.put(key, value)
            model.put(key, value)
        case 8..<12:
            let key = random.key()
            try store.delete(key)
            model.delete(key)
        case 12..<15:
            try store.write { stage(in: &$0, &model, &random) }
        case 15..<18:
            let before = model
            try store.transact { transaction in
                model = before
                stage(in: &transaction, &model, &random)
                try walk(transaction, model, random.range(), random.options(), steps: 10, &random)
            }
        case 18:
            let before = model
            do {
                try store.transact { transaction in
                    stage(in: &transaction, &model, &random)
                    throw Interruption()
                }
            } catch is Interruption {
                model = before
            }
        default:
            let range = KeyRange.prefix(random.key())
            guard !range.lower.isEmpty else { return }
            let found = model.scan(range, .forward)
            try expect(try store.clear(range), is: found.count, "keys that clear removed from \(range)")
            for pair in found { model.delete(pair.key) }
        }
    }

    /// A few random puts and deletes.
    private static func stage(
        in writer: inout some StoreWriter & ~Copyable, _ model: inout ModelStore, _ random: inout SeededGenerator
    ) {
        for _ in 0..<Int.random(in: 0..<8, using: &random) {
            let key = random.key()
            if random.oneIn(3) {
                writer.delete(key)
                model.delete(key)
            } else {
                let value = random.value()
                writer.put(key, value)
                model.put(key, value)
            }
        }
    }

    /// Reads the store in every way and compares it with the model.
    private static func compare(_ store: Store, _ model: ModelStore, _ random: inout SeededGenerator) throws {
        try expect(try store.collect(), is: model.pairs, "everything")
        for _ in 0..<5 {
            let key = random.key()
            try expect(try store.bytes(key), is: model.get(key), "the value of \(key)")
            let (range, options) = (random.range(), random.options())
            let expected = model.scan(range, options).prefix(options.limit ?? .max)
            try expect(try store.collect(range, options), is: Array(expected), "\(range), \(options)")
            try expect(try store.count(in: range), is: model.scan(range, .forward).count, "the count of \(range)")
            try store.read { try walk($0, model, range, options, steps: 20, &random) }
        }
    }
}
