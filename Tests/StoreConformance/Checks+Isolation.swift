internal import OrderedStore

extension ConformanceCheck {
    /// Snapshots.
    static func isolationChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("nothing later shows in an owned snapshot", seed: seed) { store, _ in
                let empty = try store.snapshot()
                try store.fill([[1], [2], [3]])
                let full = try store.snapshot()
                try store.put([1], [9])
                try store.delete([2])
                try store.transact { $0.put([4], [4]) }
                let pairs = [[1], [2], [3]].map { Pair(key: $0, value: $0) }
                try expect(try empty.collect(), is: [], "the snapshot of the empty store")
                try expect(try empty.bytes([1]), is: nil, "a later key")
                try expect(try full.collect(), is: pairs, "the second snapshot")
                try expect(try full.collect(.all, .reverse), is: pairs.reversed(), "the same in reverse")
                try expect(try full.bytes([1]), is: [1], "a key that was overwritten later")
                try expect(try full.bytes([2]), is: [2], "a key that was deleted later")
                try expect(try full.bytes([4]), is: nil, "a key that was put later")
                try store.clear(.all)
                try expect(try full.count(), is: 3, "keys of the snapshot of a cleared store")
            },
            ConformanceCheck("nothing later shows in a scoped snapshot", seed: seed) { store, _ in
                try store.fill([[1], [2], [3]])
                let result = try store.read { snapshot in
                    try store.put([1], [9])
                    try store.delete([3])
                    try store.put([4], [4])
                    try expect(try snapshot.bytes([1]), is: [1], "a key that was overwritten inside")
                    try expect(try snapshot.collect().map(\.key), is: [[1], [2], [3]], "a scan")
                    return 7
                }
                try expect(result, is: 7, "what the body returned")
                try expect(try store.collect().map(\.key), is: [[1], [2], [4]], "the store afterwards")
            },
            ConformanceCheck("a cursor goes on over its own moment while the store changes", seed: seed) { store, _ in
                let keys = (0..<100).map { [UInt8($0)] }
                try store.fill(keys)
                try store.read { snapshot in
                    var cursor = snapshot.cursor()
                    var seen: [[UInt8]] = []
                    while let found = try key(cursor.next()) {
                        seen.append(found)
                        try store.delete(found)
                        try store.put([found[0], 1], found)
                        try store.put([found[0] + 1], [UInt8]())
                    }
                    try expect(seen, is: keys, "the keys it met")
                }
            },
            ConformanceCheck("a body that throws ends a read and its error comes out", seed: seed) { store, _ in
                do {
                    try store.read { _ in throw Interruption() }
                    throw ConformanceFailure("the body's error did not come out")
                } catch is Interruption {}
                try store.put([1], [1])
                try expect(try store.count(), is: 1, "keys afterwards")
            },
        ]
    }
}
