import LVKV

/// The work of `floor` on plain entries: through the wrapper, and through a database.
struct PlainEntries {
    let arguments: Arguments

    /// Through the wrapper, `LevelDBStore`.
    func runOnStore() throws {
        let store = try LevelDBStore(at: arguments.directory, options: arguments.options)
        switch arguments.work {
        case "readseq": try scan(store, .forward)
        case "readreverse": try scan(store, .reverse)
        case "readrandom": try get { key in try store.get(key)?.count }
        default: try fill { key, value in try store.put(key, value) }
        }
        try store.close()
    }

    /// Through `Database`, which has to see that no schema is concerned.
    func runOnDatabase() throws {
        let database = try Database(at: arguments.directory, options: arguments.options)
        // A schema elsewhere, so that there is something to look through.
        _ = try database.keyspace.records(of: Item.self)
        switch arguments.work {
        case "readrandom": try get { key in try database.get(key)?.count }
        default: try fill { key, value in try database.put(key, value) }
        }
        try database.close()
    }

    @inline(__always)
    private func fill(_ put: (Span<UInt8>, Span<UInt8>) throws -> Void) throws {
        let keys = try keysToFill()
        let values = Values()
        try measure(arguments.work, operations: keys.count) {
            var piece = 0
            for i in 0..<keys.count {
                let key = keys[i]
                let value = values[piece]
                try put(key, value)
                piece += 1
                if piece == values.count { piece = 0 }
            }
            return keys.count
        }
    }

    private func keysToFill() throws -> Keys {
        switch arguments.work {
        case "fillseq": Keys(count: arguments.entries)
        case "fillrandom": Keys(count: arguments.entries, shuffledWith: 1)
        default: throw UsageError(message: "unknown work \(arguments.work)")
        }
    }

    @inline(__always)
    private func get(_ get: (Span<UInt8>) throws -> Int?) throws {
        let keys = Keys(count: arguments.entries, shuffledWith: 2)
        try measure(arguments.work, operations: keys.count) {
            var sum = 0
            for i in 0..<keys.count { sum += try get(keys[i]) ?? 0 }
            return sum
        }
    }

    private func scan(_ store: LevelDBStore, _ options: ScanOptions) throws {
        try measure(arguments.work, operations: arguments.entries) {
            try store.read { snapshot in
                var cursor = snapshot.cursor(in: .all, options: options)
                var sum = 0
                while let entry = try cursor.next() {
                    sum += entry.key.count + entry.value.count + Int(entry.key[entry.key.count - 1])
                }
                return sum
            }
        }
    }
}
