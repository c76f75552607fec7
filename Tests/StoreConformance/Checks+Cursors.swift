package import OrderedStore

extension ConformanceCheck {
    /// Moving about.
    static func cursorChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("a seek lands before, on, between and after keys", seed: seed) { store, _ in
                try store.fill([[0], [2], [4], [6], [8]])
                let range = KeyRange(from: [2], to: [8])
                let expected: [(seek: [UInt8], up: [UInt8]?, below: [UInt8]?, down: [UInt8]?, above: [UInt8]?)] = [
                    // What next and previous lend after it, forward, then the same in reverse.
                    ([], [2], nil, nil, [2]), ([0], [2], nil, nil, [2]), ([1], [2], nil, nil, [2]),
                    ([2], [2], nil, [2], [4]), ([2, 0], [4], [2], [2], [4]), ([3], [4], [2], [2], [4]),
                    ([4], [4], [2], [4], [6]), ([5], [6], [4], [4], [6]), ([6], [6], [4], [6], nil),
                    ([7], nil, [6], [6], nil), ([8], nil, [6], [6], nil), ([9], nil, [6], [6], nil),
                    ([255, 255], nil, [6], [6], nil),
                ]
                try store.read { snapshot in
                    var forward = snapshot.cursor(in: range)
                    var reverse = snapshot.cursor(in: range, options: .reverse)
                    for row in expected {
                        try forward.seek(to: row.seek.span)
                        try expect(forward.current == nil, "a current entry right after a seek")
                        try expect(try key(forward.next()), is: row.up, "next after a seek to \(row.seek)")
                        try forward.seek(to: row.seek.span)
                        try expect(try key(forward.previous()), is: row.below, "previous after a seek to \(row.seek)")
                        try reverse.seek(to: row.seek.span)
                        try expect(try key(reverse.next()), is: row.down, "reverse next after a seek to \(row.seek)")
                        try reverse.seek(to: row.seek.span)
                        try expect(
                            try key(reverse.previous()), is: row.above, "reverse previous after a seek to \(row.seek)")
                    }
                }
            },
            ConformanceCheck("a cursor turns round at both ends", seed: seed) { store, _ in
                try store.fill([[1], [2], [3]])
                try store.read { snapshot in
                    var cursor = snapshot.cursor()
                    try expect(try key(cursor.previous()), is: nil, "previous of a new cursor")
                    try expect(try key(cursor.next()), is: [1], "next after that")
                    try expect(try key(cursor.previous()), is: nil, "previous of the first")
                    try expect(try key(cursor.previous()), is: nil, "previous before the first")
                    for byte: UInt8 in 1...3 { try expect(try key(cursor.next()), is: [byte], "next") }
                    try expect(try key(cursor.next()), is: nil, "next of the last")
                    try expect(try key(cursor.next()), is: nil, "next after the last")
                    try expect(try key(cursor.previous()), is: [3], "previous after the last")
                    try expect(key(cursor.current), is: [3], "the current entry")
                }
            },
            ConformanceCheck("at its limit a cursor stays where it is", seed: seed) { store, _ in
                try store.fill([[1], [2], [3]])
                try store.read { snapshot in
                    var cursor = snapshot.cursor(in: .all, options: ScanOptions(limit: 2))
                    try expect(try key(cursor.next()), is: [1], "the first of two")
                    try expect(try key(cursor.previous()), is: nil, "back before it")
                    try expect(try key(cursor.next()), is: [1], "the second of two")
                    try expect(try key(cursor.next()), is: nil, "the third of two")
                    try expect(key(cursor.current), is: [1], "the current entry at the limit")
                    try cursor.seek(to: [UInt8]([3]).span)
                    try expect(try key(cursor.next()), is: nil, "next at the limit, after a seek")
                    try expect(try key(cursor.previous()), is: [2], "previous, which does not count")
                }
            },
            ConformanceCheck("an end that was run into does not use the limit up", seed: seed) { store, _ in
                try store.fill([[1]])
                try store.read { snapshot in
                    var cursor = snapshot.cursor(in: .all, options: ScanOptions(limit: 3))
                    try expect(try key(cursor.next()), is: [1], "next")
                    for _ in 0..<5 { try expect(try key(cursor.next()), is: nil, "next at the end") }
                    for _ in 0..<2 {
                        try cursor.seek(to: [UInt8]().span)
                        try expect(try key(cursor.next()), is: [1], "next after going back")
                    }
                    try cursor.seek(to: [UInt8]().span)
                    try expect(try key(cursor.next()), is: nil, "next at the limit")
                }
            },
            ConformanceCheck("random walks of a cursor follow the documented rules", seed: seed) { store, seed in
                var random = SeededGenerator(seed: seed)
                var model = ModelStore()
                for _ in 0..<60 {
                    let (key, value) = (random.key(), random.value())
                    model.put(key, value)
                    try store.put(key, value)
                }
                try store.read { snapshot in
                    for _ in 0..<400 {
                        try walk(snapshot, model, random.range(), random.options(), steps: 25, &random)
                    }
                }
            },
            ConformanceCheck("random walks inside a transaction see its own writes", seed: seed) { store, seed in
                var random = SeededGenerator(seed: seed)
                var model = ModelStore()
                for round in 0..<40 {
                    try store.write { batch in
                        for _ in 0..<random.next() % 8 {
                            let (key, value) = (random.key(), random.value())
                            model.put(key, value)
                            batch.put(key, value)
                        }
                    }
                    let before = model
                    do {
                        try store.transact { transaction in
                            model = before
                            for _ in 0..<6 {
                                for _ in 0..<random.next() % 6 {
                                    let key = random.key()
                                    if Bool.random(using: &random) {
                                        let value = random.value()
                                        model.put(key, value)
                                        transaction.put(key, value)
                                    } else {
                                        model.delete(key)
                                        transaction.delete(key)
                                    }
                                }
                                for _ in 0..<3 {
                                    let options = random.options()
                                    try walk(transaction, model, random.range(), options, steps: 25, &random)
                                }
                            }
                            if round % 5 == 4 { throw Interruption() }
                        }
                    } catch is Interruption {
                        model = before
                    }
                    try expect(try store.collect(), is: model.pairs, "the store after round \(round)")
                }
            },
        ]
    }
}

/// The key of a lent entry, copied.
func key(_ entry: Entry?) -> [UInt8]? {
    guard let entry else { return nil }
    return entry.key.array
}

/// Moves a cursor and its model the same random way, and compares them at each step.
func walk<Reader: StoreReader & ~Copyable>(
    _ reader: borrowing Reader, _ model: ModelStore, _ range: KeyRange, _ options: ScanOptions, steps: Int,
    _ random: inout SeededGenerator
) throws {
    var cursor = reader.cursor(in: range, options: options)
    var expected = ModelCursor(model, range, options)
    var trail: [String] = []
    for _ in 0..<steps {
        var seen: Pair?
        let wanted: Pair?
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            trail.append("next")
            if let entry = try cursor.next() { seen = Pair(key: entry.key.array, value: entry.value.array) }
            wanted = expected.next()
        case 5..<8:
            trail.append("previous")
            if let entry = try cursor.previous() { seen = Pair(key: entry.key.array, value: entry.value.array) }
            wanted = expected.previous()
        default:
            let key = random.key()
            trail.append("seek \(key)")
            try cursor.seek(to: key.span)
            expected.seek(key)
            wanted = nil
        }
        var current: Pair?
        if let entry = cursor.current { current = Pair(key: entry.key.array, value: entry.value.array) }
        guard seen == wanted && current == expected.current else {
            throw ConformanceFailure(
                "in \(range), \(options), over \(model.pairs), after \(trail.joined(separator: ", ")): expected "
                    + "\(String(describing: wanted)) with current \(String(describing: expected.current)), saw "
                    + "\(String(describing: seen)) with current \(String(describing: current))")
        }
    }
}

/// Moves cursors of `reader` at random, which holds exactly `entries`, and compares each step with what is documented.
///
/// - Throws: ``ConformanceFailure``, which says what was expected, what was seen and the seed.
package func checkCursors<Reader: StoreReader & ~Copyable>(
    of reader: borrowing Reader, holding entries: [[UInt8]: [UInt8]], walks: Int, seed: UInt64
) throws {
    var random = SeededGenerator(seed: seed)
    var model = ModelStore()
    for (key, value) in entries { model.put(key, value) }
    do {
        for _ in 0..<walks { try walk(reader, model, random.range(), random.options(), steps: 30, &random) }
    } catch let failure as ConformanceFailure {
        throw ConformanceFailure("\(failure.message) (seed \(seed))")
    }
}
