internal import OrderedStore

extension ConformanceCheck {
    /// Single keys and values, and batches.
    static func entryChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("what was put is there, what was deleted is not", seed: seed) { store, _ in
                try expect(try store.bytes([1]), is: nil, "a key of an empty store")
                try store.put([1], [10])
                try store.put([2], [20])
                try store.put([1], [11])
                try store.delete([2])
                try store.delete([3])
                try expect(try store.bytes([1]), is: [11], "a key that was put twice")
                try expect(try store.bytes([2]), is: nil, "a deleted key")
                try expect(try store.contains([1]), "contains a key that is there")
                try expect(try !store.contains([2]), "does not contain a deleted key")
            },
            ConformanceCheck("the empty key is a key", seed: seed) { store, _ in
                try store.put([UInt8](), [7])
                try store.put([0], [8])
                try expect(try store.bytes([]), is: [7], "the empty key")
                try expect(try store.collect().map(\.key), is: [[], [0]], "the empty key comes first")
                try store.delete([UInt8]())
                try expect(try store.bytes([]), is: nil, "the deleted empty key")
                try expect(try store.collect().map(\.key), is: [[0]], "all keys")
            },
            ConformanceCheck("an empty value is there, a missing one is not", seed: seed) { store, _ in
                try store.put([1], [UInt8]())
                try expect(try store.bytes([1]), is: [], "an empty value")
                try expect(try store.contains([1]), "contains a key with an empty value")
                try expect(try store.bytes([2]), is: nil, "a missing value")
                try expect(try store.collect(), is: [Pair(key: [1], value: [])], "a scan over an empty value")
                let values = try store.values(for: [[1], [2], [1]] as [[UInt8]])
                try expect(values, is: [[], nil, []], "values of several keys")
            },
            ConformanceCheck("NUL bytes are bytes like any other", seed: seed) { store, _ in
                let keys: [[UInt8]] = [[0], [0, 0], [0, 1], [97], [97, 0], [97, 0, 98], [97, 1]]
                try store.fill(keys)
                try expect(try store.collect().map(\.key), is: keys, "keys with NUL bytes, in order")
                for key in keys { try expect(try store.bytes(key), is: key, "the value of \(key)") }
            },
            ConformanceCheck("strings are stored as their UTF-8, normalised by nobody", seed: seed) { store, _ in
                try store.put("caf\u{E9}", "composed")
                try store.put("cafe\u{301}", "decomposed")
                try expect(try store.count(), is: 2, "keys that are equal as strings and differ as bytes")
                try expect(
                    try store.bytes(Array("caf\u{E9}".utf8)), is: Array("composed".utf8), "the composed key's value")
            },
            ConformanceCheck("values of 64 MiB come back whole", seed: seed) { store, seed in
                var random = SeededGenerator(seed: seed)
                var large = [UInt8](repeating: 0xA5, count: 64 << 20)
                for _ in 0..<1000 { large[Int.random(in: 0..<large.count, using: &random)] = random.value().first ?? 0 }
                try store.put([1], large)
                try store.put([2], [2])
                // Compared in place: a failure must not print 64 MiB.
                var isWhole = false
                if let value = try store.get([1]) { isWhole = value.span.equals(large.span) }
                try expect(isWhole, "a value of 64 MiB differs when it is read")
                isWhole = false
                try store.read { snapshot in
                    var cursor = snapshot.cursor()
                    if let entry = try cursor.next() { isWhole = entry.value.equals(large.span) }
                }
                try expect(isWhole, "a value of 64 MiB differs when it is scanned")
                try store.put([1], [UInt8]())
                try expect(try store.bytes([1]), is: [], "an empty value in a large one's place")
                try expect(try store.bytes([2]), is: [2], "the key behind it")
            },
            ConformanceCheck("of two operations of a batch on one key the later one holds", seed: seed) { store, _ in
                try store.put([3], [30])
                try store.write { batch in
                    batch.put([1], [1])
                    batch.delete([1])
                    batch.delete([2])
                    batch.put([2], [2])
                    batch.delete([3])
                    batch.put([4], [4])
                    batch.put([4], [5])
                }
                try expect(
                    try store.collect(), is: [Pair(key: [2], value: [2]), Pair(key: [4], value: [5])],
                    "put and delete, delete and put, delete, put twice")
            },
            ConformanceCheck("a batch may be empty, written twice, and as durable as asked", seed: seed) { store, _ in
                var batch = WriteBatch()
                try store.write(batch)
                try store.write(batch, durability: .synced)
                batch.put([1], [1])
                try store.write(batch, durability: .synced)
                try store.delete([1], durability: .synced)
                try expect(try store.bytes([1]), is: nil, "a key that was deleted")
                try store.write(batch)
                try store.put([2], [2], durability: .synced)
                try store.transact(durability: .synced) { $0.put([3], [3]) }
                try expect(try store.collect().map(\.key), is: [[1], [2], [3]], "all keys")
            },
            ConformanceCheck("a batch whose body throws leaves nothing", seed: seed) { store, _ in
                do {
                    try store.write { batch in
                        batch.put([1], [1])
                        throw Interruption()
                    }
                    throw ConformanceFailure("the body's error did not come out")
                } catch is Interruption {}
                try expect(try store.count(), is: 0, "keys after a body that threw")
            },
            ConformanceCheck("clear and count know their range", seed: seed) { store, _ in
                try store.fill((0...255).map { [$0] } + [[10, 0], [10, 255], [11, 0]])
                try expect(try store.count(), is: 259, "all keys")
                try expect(try store.count(in: .prefix([10])), is: 3, "keys under a prefix")
                try expect(try store.clear(.prefix([10])), is: 3, "keys that were cleared")
                try expect(try store.bytes([9]), is: [9], "the key before")
                try expect(try store.bytes([10]), is: nil, "the first key of the range")
                try expect(try store.bytes([11]), is: [11], "the key behind")
                try expect(try store.clear(KeyRange(from: [9], to: [5])), is: 0, "keys in an inverted range")
                try expect(try store.clear(.all), is: 256, "keys that were left")
                try expect(try store.count(), is: 0, "keys of a cleared store")
            },
        ]
    }
}

/// What a body throws to stop a write.
struct Interruption: Error {}
