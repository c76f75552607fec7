internal import OrderedStore

/// A repeatable source of randomness (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `count` times on average.
    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    /// A short key of few different bytes, so that keys meet and share prefixes.
    mutating func key() -> [UInt8] {
        let alphabet: [UInt8] = [0x00, 0x01, 0x61, 0x62, 0xFE, 0xFF]
        return (0..<Int.random(in: 0...3, using: &self)).map { _ in alphabet.randomElement(using: &self) ?? 0 }
    }

    mutating func value() -> [UInt8] {
        (0..<Int.random(in: 0...4, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Any range: open, closed, empty or inverted.
    mutating func range() -> KeyRange {
        let lower = oneIn(3) ? [] : key()
        return oneIn(3) ? KeyRange(from: lower) : KeyRange(from: lower, to: key())
    }

    mutating func options() -> ScanOptions {
        ScanOptions(
            reverse: Bool.random(using: &self), limit: oneIn(3) ? Int.random(in: 0...6, using: &self) : nil,
            keysOnly: oneIn(8))
    }
}

/// An owned key and value.
struct Pair: Equatable, CustomStringConvertible {
    var key: [UInt8]
    var value: [UInt8]

    var description: String { "\(key)=\(value)" }
}

/// What a store should hold, kept the plainest way: one sorted array, searched from its start.
struct ModelStore: Equatable {
    private(set) var pairs: [Pair] = []

    mutating func put(_ key: [UInt8], _ value: [UInt8]) {
        if let found = pairs.firstIndex(where: { $0.key == key }) {
            pairs[found].value = value
        } else {
            let after = pairs.firstIndex { key.lexicographicallyPrecedes($0.key) } ?? pairs.count
            pairs.insert(Pair(key: key, value: value), at: after)
        }
    }

    mutating func delete(_ key: [UInt8]) {
        pairs.removeAll { $0.key == key }
    }

    func get(_ key: [UInt8]) -> [UInt8]? {
        pairs.first { $0.key == key }?.value
    }

    /// What a scan of `range` with `options` meets, were there no limit.
    func scan(_ range: KeyRange, _ options: ScanOptions) -> [Pair] {
        var found = pairs.filter { pair in
            !pair.key.lexicographicallyPrecedes(range.lower)
                && range.upper.map { pair.key.lexicographicallyPrecedes($0) } ?? true
        }
        if options.keysOnly { found = found.map { Pair(key: $0.key, value: []) } }
        return options.reverse ? found.reversed() : found
    }
}

/// The documented behaviour of `StoreCursor`, over an array.
struct ModelCursor {
    private let pairs: [Pair]
    private let reverse: Bool
    private var remaining: Int?
    /// The index of the entry stood on, or of the one behind the gap.
    private var index = 0
    private var isOnEntry = false

    init(_ model: ModelStore, _ range: KeyRange, _ options: ScanOptions) {
        pairs = model.scan(range, options)
        reverse = options.reverse
        remaining = options.limit
    }

    var current: Pair? { isOnEntry ? pairs[index] : nil }

    mutating func next() -> Pair? {
        if remaining == 0 { return nil }
        if isOnEntry { index += 1 }
        isOnEntry = index < pairs.count
        if isOnEntry, let left = remaining { remaining = left - 1 }
        return current
    }

    mutating func previous() -> Pair? {
        isOnEntry = index > 0
        if isOnEntry { index -= 1 }
        return current
    }

    mutating func seek(_ key: [UInt8]) {
        isOnEntry = false
        index =
            pairs.firstIndex { pair in
                reverse ? !key.lexicographicallyPrecedes(pair.key) : !pair.key.lexicographicallyPrecedes(key)
            } ?? pairs.count
    }
}

extension StoreReader where Self: ~Copyable {
    /// Everything a scan lends, copied.
    func collect(_ range: KeyRange = .all, _ options: ScanOptions = .forward) throws -> [Pair] {
        var cursor = cursor(in: range, options: options)
        var found: [Pair] = []
        while let entry = try cursor.next() {
            found.append(Pair(key: entry.key.array, value: entry.value.array))
        }
        return found
    }

    /// The value of `key`, copied.
    func bytes(_ key: [UInt8]) throws -> [UInt8]? {
        let value = try get(key.span)
        return value?.bytes
    }
}

extension OrderedStore {
    /// Everything a scan lends, copied.
    func collect(_ range: KeyRange = .all, _ options: ScanOptions = .forward) throws -> [Pair] {
        try read { try $0.collect(range, options) }
    }

    /// The value of `key`, copied.
    func bytes(_ key: [UInt8]) throws -> [UInt8]? {
        let value = try get(key.span)
        return value?.bytes
    }

    /// Stores these keys, each with itself as its value.
    func fill(_ keys: [[UInt8]]) throws {
        try write { batch in
            for key in keys { batch.put(key, key) }
        }
    }
}
