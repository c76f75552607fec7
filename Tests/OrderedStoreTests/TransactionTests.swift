internal import OrderedStore
internal import StoreConformance
internal import Testing

@Suite("Transactions")
struct TransactionTests {
    /// What a key may be before and inside a transaction.
    static let histories: [(stored: Bool, staged: Staged)] = [false, true].flatMap { stored in
        Staged.allCases.map { (stored, $0) }
    }

    enum Staged: CaseIterable { case nothing, put, delete }

    /// One move of a cursor.
    enum Move { case next, previous, seek([UInt8]) }

    /// A store, a second one that holds what a transaction over the first should show, and what it stages.
    private func stores(_ histories: [(stored: Bool, staged: Staged)]) throws -> (MemoryStore, MemoryStore, WriteBatch)
    {
        let (base, merged) = (MemoryStore(), MemoryStore())
        var staged = WriteBatch()
        for (index, history) in histories.enumerated() {
            let key = [UInt8(index + 1)]
            if history.stored { try base.put(key, "stored") }
            switch history.staged {
            case .nothing: if history.stored { try merged.put(key, "stored") }
            case .put:
                staged.put(key, "staged")
                try merged.put(key, "staged")
            case .delete: staged.delete(key)
            }
        }
        return (base, merged, staged)
    }

    /// Makes the same moves with a transaction's cursor and a plain one over the merged contents.
    private func compare(
        _ transaction: borrowing Transaction<MemoryStore.Snapshot>, _ merged: borrowing MemoryStore.Snapshot,
        _ range: KeyRange, _ options: ScanOptions, _ moves: [Move], _ comment: @autoclosure () -> String
    ) throws {
        var seen = transaction.cursor(in: range, options: options)
        var expected = merged.cursor(in: range, options: options)
        for move in moves {
            let (left, right): ([[UInt8]]?, [[UInt8]]?)
            switch move {
            case .next: (left, right) = (copy(try seen.next()), copy(expected.next()))
            case .previous: (left, right) = (copy(try seen.previous()), copy(expected.previous()))
            case .seek(let key):
                try seen.seek(to: key.span)
                expected.seek(to: key.span)
                (left, right) = (nil, nil)
            }
            let (leftCurrent, rightCurrent) = (copy(seen.current), copy(expected.current))
            if left != right || leftCurrent != rightCurrent {
                let saw = "saw \(String(describing: left)), current \(String(describing: leftCurrent))"
                let wanted = "expected \(String(describing: right)), current \(String(describing: rightCurrent))"
                Issue.record("\(comment()), \(range), \(options), \(moves): \(saw), \(wanted)")
                return
            }
        }
    }

    private func copy(_ entry: Entry?) -> [[UInt8]]? {
        guard let entry else { return nil }
        return [entry.key.array, entry.value.array]
    }

    @Test("every short walk over two keys of any history is the walk over the merged keys", arguments: 0..<6)
    func everyShortWalk(first: Int) throws {
        let alphabet: [Move] = [.next, .previous, .seek([1]), .seek([2]), .seek([1, 0])]
        var walks: [[Move]] = [[]]
        for _ in 0..<4 { walks = walks.flatMap { walk in alphabet.map { walk + [$0] } } }
        let ranges = [KeyRange.all, KeyRange(from: [1], to: [2]), KeyRange(from: [2], to: [1])]
        for second in TransactionTests.histories {
            let (base, merged, staged) = try stores([TransactionTests.histories[first], second])
            var transaction = Transaction(over: base.snapshot())
            staged.forEach { key, value in
                if let value { transaction.put(key, value) } else { transaction.delete(key) }
            }
            let snapshot = merged.snapshot()
            for range in ranges {
                for reverse in [false, true] {
                    let options = ScanOptions(reverse: reverse)
                    for walk in walks {
                        try compare(transaction, snapshot, range, options, walk, "\(first), \(second)")
                    }
                }
            }
        }
    }

    @Test("long random walks are those over the merged keys", arguments: 1...8 as ClosedRange<UInt64>)
    func longWalks(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            // More keys than one block of the staged ones holds.
            let count = Int.random(in: 0...20, using: &random)
            let histories = (0..<count).map { _ in
                TransactionTests.histories[Int.random(in: 0..<6, using: &random)]
            }
            let (base, merged, staged) = try stores(histories)
            var transaction = Transaction(over: base.snapshot())
            staged.forEach { key, value in
                if let value { transaction.put(key, value) } else { transaction.delete(key) }
            }
            let snapshot = merged.snapshot()
            for _ in 0..<10 {
                let moves = (0..<30).map { _ -> Move in
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0..<4: .next
                    case 4..<7: .previous
                    default: .seek([UInt8.random(in: 0...22, using: &random)])
                    }
                }
                let bounds = [UInt8.random(in: 0...22, using: &random), UInt8.random(in: 0...22, using: &random)]
                let range = Bool.random(using: &random) ? KeyRange.all : KeyRange(from: [bounds[0]], to: [bounds[1]])
                let limit = Bool.random(using: &random) ? nil : Int.random(in: 0...9, using: &random)
                let options = ScanOptions(
                    reverse: Bool.random(using: &random), limit: limit, keysOnly: Bool.random(using: &random))
                try compare(transaction, snapshot, range, options, moves, "seed \(seed), \(histories)")
            }
        }
    }

    @Test("a range is empty when a cursor finds nothing in it, whatever was asked before")
    func emptyRanges() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let base = MemoryStore()
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                try base.put([UInt8.random(in: 0...60, using: &random)], "stored")
            }
            var transaction = Transaction(over: base.snapshot())
            for _ in 0..<60 {
                let key = UInt8.random(in: 0...60, using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: transaction.put([key], "staged")
                case 1: transaction.delete([key])
                default:
                    let upper = Int.random(in: 0..<9, using: &random)
                    let range = KeyRange(from: [key], to: upper == 0 ? nil : [key + UInt8(upper)])
                    let isEmpty = try transaction.isEmpty(range)
                    var cursor = transaction.cursor(in: range)
                    let isThere = try cursor.next() != nil
                    #expect(isEmpty == !isThere, "\(range), seed \(seed)")
                }
            }
        }
    }

    @Test("what is staged is the last operation on each key, in key order")
    func staged() throws {
        var transaction = Transaction(over: MemoryStore().snapshot())
        transaction.put("b", "1")
        transaction.put("a", "1")
        transaction.delete("b")
        transaction.put("c", "")
        transaction.delete("a")
        transaction.put("a", "2")
        var found: [String] = []
        let batch = transaction.staged
        batch.forEach { key, value in
            if let value {
                found.append("put \(Value(copying: key).string) \(Value(copying: value).string)")
            } else {
                found.append("delete \(Value(copying: key).string)")
            }
        }
        #expect(found == ["put a 2", "delete b", "put c "])
    }

    @Test("what is taken back was never there", arguments: [false, true])
    func takingBack(asksForOrder: Bool) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var transaction = Transaction(over: MemoryStore().snapshot())
            transaction.keepChanges()
            var kept = WriteBatch()
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                let mark = transaction.stagedCount
                let isKept = Bool.random(using: &random)
                for _ in 0..<Int.random(in: 0..<6, using: &random) {
                    let key = [UInt8.random(in: 0..<20, using: &random)]
                    let value = [UInt8.random(in: 0...255, using: &random)]
                    if Bool.random(using: &random) {
                        transaction.put(key, value)
                        if isKept { kept.put(key, value) }
                    } else {
                        transaction.delete(key)
                        if isKept { kept.delete(key) }
                    }
                }
                if asksForOrder { _ = transaction.staged }
                if !isKept { transaction.truncate(to: mark) }
            }
            let expected = MemoryStore()
            try expected.write(kept, durability: .buffered)
            for key in UInt8(0)..<20 {
                #expect(try transaction.get([key])?.bytes == (try expected.get([key])?.bytes), "seed \(seed)")
            }
            let (staged, written) = (MemoryStore(), MemoryStore())
            try staged.write(transaction.staged, durability: .buffered)
            transaction.forEachStaged { key, value in
                if let value { try? written.put(key, value) }
            }
            for store in [staged, written] {
                let found = try store.read { snapshot in try TransactionTests.entries(snapshot) }
                #expect(
                    found == (try expected.read { snapshot in try TransactionTests.entries(snapshot) }), "seed \(seed)")
            }
        }
    }

    private static func entries(_ reader: borrowing some StoreReader & ~Copyable) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var cursor = reader.cursor(in: .all, options: .forward)
        while let entry = try cursor.next() { entries += [entry.key.array, entry.value.array] }
        return entries
    }

    @Test("a cursor keeps to a store's own order, wherever that puts the empty key")
    func customOrder() throws {
        // Over a base without entries, so that only the staged ones and the order matter.
        let backward = KeyOrder { right, left in left.compare(to: right) }
        var transaction = Transaction(over: MemoryStore().snapshot(), order: backward)
        for key: [UInt8] in [[], [1], [2], [3]] { transaction.put(key, key) }
        var found: [[UInt8]] = []
        var cursor = transaction.cursor(in: KeyRange(from: [], to: [1]))
        while let entry = try cursor.next() { found.append(entry.key.array) }
        #expect(found == [[3], [2]])
    }
}
