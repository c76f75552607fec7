internal import OrderedStore

extension ConformanceCheck {
    /// Bounds, limits and directions.
    static func rangeChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("all 256 single-byte keys come in the order of their bytes", seed: seed) { store, seed in
                var random = SeededGenerator(seed: seed)
                let keys = (0...255).map { [UInt8($0)] }
                for key in keys.shuffled(using: &random) { try store.put(key, key) }
                try expect(try store.collect().map(\.key), is: keys, "a scan")
                try expect(try store.collect(.all, .reverse).map(\.key), is: keys.reversed(), "a reverse scan")
                for key in keys {
                    try expect(try store.collect(.only(key)).map(\.key), is: [key], "the range of one key")
                    try expect(try store.collect(.prefix(key)).map(\.key), is: [key], "the keys under a prefix")
                }
            },
            ConformanceCheck("half-open ranges hold their lower bound and not their upper one", seed: seed) {
                store, _ in
                let model = try fillWithEdges(store)
                try store.read { snapshot in
                    for range in edgeRanges {
                        try expect(try snapshot.collect(range), is: model.scan(range, .forward), "\(range)")
                    }
                }
            },
            ConformanceCheck("every range backward is the same range mirrored", seed: seed) { store, _ in
                let model = try fillWithEdges(store)
                try store.read { snapshot in
                    for range in edgeRanges {
                        let forward = model.scan(range, .forward)
                        try expect(try snapshot.collect(range, .reverse), is: forward.reversed(), "reverse \(range)")
                    }
                }
            },
            ConformanceCheck("a range that ends before it starts is empty", seed: seed) { store, _ in
                _ = try fillWithEdges(store)
                for options in [ScanOptions.forward, .reverse] {
                    for bounds: ([UInt8], [UInt8]) in [
                        ([2], [1]), ([1], [1]), ([1], []), ([], []), ([255, 255], [255]),
                    ] {
                        let range = KeyRange(from: bounds.0, to: bounds.1)
                        try expect(try store.collect(range, options), is: [], "\(range) reverse: \(options.reverse)")
                        try store.read { snapshot in
                            var cursor = snapshot.cursor(in: range, options: options)
                            for key: [UInt8] in [[], [1], [2], [255, 255, 255]] {
                                try cursor.seek(to: key.span)
                                try expect(try cursor.next() == nil, "next after a seek in an empty range")
                                try cursor.seek(to: key.span)
                                try expect(try cursor.previous() == nil, "previous after a seek in an empty range")
                            }
                        }
                    }
                }
            },
            ConformanceCheck("a limit lends so many entries and no more", seed: seed) { store, _ in
                let model = try fillWithEdges(store)
                let ranges = [KeyRange.all, KeyRange(from: [97], to: [98]), KeyRange(from: [255]), .only([5])]
                for range in ranges {
                    for reverse in [false, true] {
                        let all = model.scan(range, ScanOptions(reverse: reverse))
                        for limit in [0, 1, 2, all.count - 1, all.count, all.count + 1, .max] {
                            let options = ScanOptions(reverse: reverse, limit: limit)
                            try expect(
                                try store.collect(range, options), is: Array(all.prefix(max(0, limit))),
                                "\(range) reverse: \(reverse) limit: \(limit)")
                        }
                    }
                }
            },
            ConformanceCheck("a scan of keys only lends empty values", seed: seed) { store, _ in
                let model = try fillWithEdges(store)
                for reverse in [false, true] {
                    let options = ScanOptions(reverse: reverse, keysOnly: true)
                    try expect(try store.collect(.all, options), is: model.scan(.all, options), "reverse: \(reverse)")
                }
            },
            ConformanceCheck("an empty store has nothing in any range", seed: seed) { store, _ in
                try store.read { snapshot in
                    for range in edgeRanges {
                        for options in [ScanOptions.forward, .reverse] {
                            try expect(try snapshot.collect(range, options), is: [], "\(range)")
                        }
                    }
                }
            },
        ]
    }

    /// Puts the keys at which bounds go wrong.
    private static func fillWithEdges(_ store: Store) throws -> ModelStore {
        var keys: [[UInt8]] = [[]]
        for byte in UInt8.min...UInt8.max { keys.append([byte]) }
        for first: UInt8 in [0, 97, 254, 255] {
            for second: UInt8 in [0, 97, 255] { keys.append([first, second]) }
        }
        keys += [[0, 0, 0], [97, 255, 255], [255, 255, 0], [255, 255, 255], [255, 255, 255, 255]]
        var model = ModelStore()
        for key in keys { model.put(key, key) }
        try store.fill(keys.reversed())
        return model
    }

    private static var edgeRanges: [KeyRange] {
        let bounds: [[UInt8]] = [
            [], [0], [0, 0], [0, 0, 1], [1], [97], [97, 0], [97, 98], [98], [254], [255], [255, 0], [255, 255],
            [255, 255, 255], [255, 255, 255, 255, 0],
        ]
        return bounds.flatMap { lower in
            [KeyRange(from: lower)] + bounds.map { KeyRange(from: lower, to: $0) }
        }
    }
}
