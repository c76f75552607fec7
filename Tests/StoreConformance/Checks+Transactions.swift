internal import OrderedStore

extension ConformanceCheck {
    /// One transaction at a time.
    static func transactionChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("a transaction reads its own writes", seed: seed) { store, _ in
                try store.fill([[1], [2], [3]])
                let result = try store.transact { transaction in
                    transaction.put([2], [22])
                    transaction.put([4], [44])
                    transaction.delete([3])
                    transaction.put([5], [55])
                    transaction.delete([5])
                    transaction.delete([6])
                    transaction.put([6], [UInt8]())
                    try expect(try transaction.bytes([1]), is: [1], "an untouched key")
                    try expect(try transaction.bytes([2]), is: [22], "an overwritten key")
                    try expect(try transaction.bytes([3]), is: nil, "a deleted key")
                    try expect(try transaction.bytes([4]), is: [44], "a new key")
                    try expect(try transaction.bytes([5]), is: nil, "a key that was put and deleted")
                    try expect(try transaction.bytes([6]), is: [], "a key that was deleted and put")
                    try expect(try transaction.count(), is: 4, "keys inside")
                    let values = try transaction.values(for: [[3], [4]] as [[UInt8]])
                    try expect(values, is: [nil, [44]], "values of several keys")
                    return 7
                }
                try expect(result, is: 7, "what the body returned")
                let expected = [
                    Pair(key: [1], value: [1]), Pair(key: [2], value: [22]), Pair(key: [4], value: [44]),
                    Pair(key: [6], value: []),
                ]
                try expect(try store.collect(), is: expected, "the store afterwards")
            },
            ConformanceCheck("a transaction's cursors merge its own writes, both ways", seed: seed) { store, _ in
                try store.fill([[1], [3], [5], [7]])
                try store.transact { transaction in
                    transaction.put([0], [100])
                    transaction.put([3], [103])
                    transaction.put([4], [104])
                    transaction.delete([5])
                    transaction.put([8], [108])
                    let merged = [
                        Pair(key: [0], value: [100]), Pair(key: [1], value: [1]), Pair(key: [3], value: [103]),
                        Pair(key: [4], value: [104]), Pair(key: [7], value: [7]), Pair(key: [8], value: [108]),
                    ]
                    try expect(try transaction.collect(), is: merged, "forward")
                    try expect(try transaction.collect(.all, .reverse), is: merged.reversed(), "reverse")
                    let inner = KeyRange(from: [1], to: [8])
                    try expect(try transaction.collect(inner), is: Array(merged[1...4]), "a range")
                    try expect(
                        try transaction.collect(inner, ScanOptions(reverse: true, limit: 2)),
                        is: [merged[4], merged[3]], "the last two of a range")
                    try expect(
                        try transaction.collect(KeyRange(from: [8], to: [1])), is: [], "an inverted range")
                    try expect(
                        try transaction.collect(.all, ScanOptions(keysOnly: true)).map(\.value),
                        is: Array(repeating: [], count: 6), "values of a scan of keys only")

                    var cursor = transaction.cursor()
                    try cursor.seek(to: [UInt8]([5]).span)
                    try expect(try key(cursor.next()), is: [7], "next after a seek to a deleted key")
                    try expect(try key(cursor.previous()), is: [4], "back over a deleted key")
                    try expect(try key(cursor.previous()), is: [3], "back to an overwritten key")
                    try expect(try key(cursor.next()), is: [4], "forward again")
                    try expect(try key(cursor.next()), is: [7], "over the deleted key again")
                }
            },
            ConformanceCheck("a transaction that empties the store scans nothing", seed: seed) { store, _ in
                try store.fill([[], [1], [255]])
                try store.transact { transaction in
                    for key: [UInt8] in [[], [1], [255]] { transaction.delete(key) }
                    for options in [ScanOptions.forward, .reverse] {
                        try expect(try transaction.collect(.all, options), is: [], "a scan inside")
                    }
                    var cursor = transaction.cursor()
                    try expect(try key(cursor.next()), is: nil, "next")
                    try expect(try key(cursor.previous()), is: nil, "previous")
                    try cursor.seek(to: [UInt8]([1]).span)
                    try expect(try key(cursor.previous()), is: nil, "previous after a seek")
                }
                try expect(try store.count(), is: 0, "keys afterwards")
            },
            ConformanceCheck("a transaction whose body throws leaves nothing", seed: seed) { store, _ in
                try store.put([1], [1])
                do {
                    try store.transact { transaction in
                        transaction.put([1], [2])
                        transaction.put([2], [2])
                        throw Interruption()
                    }
                    throw ConformanceFailure("the body's error did not come out")
                } catch is Interruption {}
                try expect(try store.collect(), is: [Pair(key: [1], value: [1])], "the store afterwards")
                try store.transact { $0.put([3], [3]) }
                try store.put([4], [4])
                try expect(try store.count(), is: 3, "keys after the next writes")
            },
            ConformanceCheck("nothing of a transaction shows before it returns", seed: seed) { store, _ in
                try store.put([1], [1])
                try store.transact { transaction in
                    transaction.put([1], [2])
                    transaction.put([2], [2])
                    try expect(try store.bytes([1]), is: [1], "the store's own view of an overwritten key")
                    try expect(try store.count(), is: 1, "the store's own count")
                }
                try expect(try store.bytes([1]), is: [2], "the overwritten key afterwards")
                try expect(try store.count(), is: 2, "keys afterwards")
            },
            ConformanceCheck("a transaction that only reads changes nothing", seed: seed) { store, _ in
                try store.put([1], [1])
                let value = try store.transact { try $0.bytes([1]) }
                try expect(value, is: [1], "what it read")
                try expect(try store.count(), is: 1, "keys afterwards")
            },
            ConformanceCheck("a write inside a transaction's body is refused and does not hang", seed: seed) {
                store, _ in
                try onThreads(1) { _ in
                    try store.transact { transaction in
                        transaction.put([1], [1])
                        var batch = WriteBatch()
                        batch.put([2], [2])
                        try expectRefusal(.busy, of: "put") { try store.put([2], [2]) }
                        try expectRefusal(.busy, of: "delete") { try store.delete([1]) }
                        try expectRefusal(.busy, of: "write") { try store.write(batch) }
                        try expectRefusal(.busy, of: "transact") { try store.transact { $0.put([3], [3]) } }
                    }
                    try store.put([4], [4])
                    try store.transact { $0.put([5], [5]) }
                }
                try expect(try store.collect().map(\.key), is: [[1], [4], [5]], "keys afterwards")
            },
        ]
    }
}
