import LevelDB
import OrderedStore

/// The work of `floor`, through the wrapper.
enum Wrapper {
    static func run(_ arguments: Arguments) throws {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.blockCacheSize = arguments.cache
        options.writeBufferSize = arguments.writeBuffer
        options.filter = .bloom(bitsPerKey: arguments.bloomBits)
        let store = try LevelDBStore(at: arguments.directory, options: options)
        let entries = arguments.entries
        switch arguments.work {
        case "fillseq":
            try fill(store, Keys(count: entries), arguments)
        case "fillrandom":
            try fill(store, Keys(count: entries, shuffledWith: 1), arguments)
        case "readrandom":
            let keys = Keys(count: entries, shuffledWith: 2)
            try measure(arguments.work, operations: entries) { try get(store, keys) }
        case "readseq":
            try measure(arguments.work, operations: entries) { try scan(store, .forward) }
        case "readreverse":
            try measure(arguments.work, operations: entries) { try scan(store, .reverse) }
        default:
            throw UsageError(message: "unknown work \(arguments.work)")
        }
        try store.close()
    }

    private static func fill(_ store: LevelDBStore, _ keys: Keys, _ arguments: Arguments) throws {
        let values = Values()
        try measure(arguments.work, operations: keys.count) {
            for i in 0..<keys.count { try store.put(keys[i], values[i]) }
            return keys.count
        }
    }

    private static func get(_ store: LevelDBStore, _ keys: Keys) throws -> Int {
        var sum = 0
        for i in 0..<keys.count {
            if let value = try store.get(keys[i]) { sum += value.count }
        }
        return sum
    }

    private static func scan(_ store: LevelDBStore, _ options: ScanOptions) throws -> Int {
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
