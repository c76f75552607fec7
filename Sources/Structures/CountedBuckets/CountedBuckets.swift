package import OrderedStore

/// Counts of a big collection's elements in buckets, so that an element's rank, and the element at a rank, are found
/// in O(log *n*).
///
/// The elements are the keys that begin with a prefix, in byte order. A node of level 1 (a bucket) counts at most 512 of
/// them; one of level *k* + 1 counts what up to about 64 nodes of level *k* do. A node is a key: a prefix, the level, and
/// the bytes after the elements' prefix that it begins at; its value is the count in eight bytes. The first node of a
/// level begins at no bytes, and each node's beginning is a beginning in all levels below. There is no level that would
/// have one node only: with up to 512 elements there are no nodes at all, and nothing is written beside the elements.
///
/// Changes are kept until ``flush()``: then ``count`` and ``levels`` are to be stored with the collection. Belongs to a
/// transaction.
package struct CountedBuckets {
    /// How much a node counts at most.
    package struct Shape: Sendable {
        package let bucket: Int
        package let fanout: Int

        package static let standard = Shape(bucket: 512, fanout: 64)

        package init(bucket: Int, fanout: Int) {
            self.bucket = bucket
            self.fanout = fanout
        }

        /// The most elements that a node of `level` counts.
        func capacity(_ level: Int) -> Int {
            var capacity = bucket
            for _ in 1..<max(level, 1) { capacity *= fanout }
            return capacity
        }
    }

    /// More than there can be levels.
    private static let mostLevels = 9

    let transaction: any CheckedTransaction
    /// What the elements' keys begin with.
    let elements: [UInt8]
    private let nodes: [UInt8]
    let shape: Shape
    /// The number of elements.
    package internal(set) var count: Int
    /// The number of levels of nodes.
    package internal(set) var levels: Int
    /// The node of each level that was changed last, from level 1 on: the next change is often near.
    var path: [Node?]
    /// Where nodes begin, and the number that the collection's are known by; `nil` in a transaction that only reads.
    private let known: (bounds: NodeBounds, id: UInt64)?

    /// - Parameters:
    ///   - elements: what the elements' keys begin with, and no other keys.
    ///   - nodes: what the nodes' keys are to begin with, and no other keys.
    ///   - count: the number of elements, as it is stored; 0 of a new collection.
    ///   - levels: as it is stored; 0 of a new collection.
    /// - Throws: ``StructureError`` with code `malformed`.
    package init(
        _ transaction: any CheckedTransaction, elements: [UInt8], nodes: [UInt8], count: Int, levels: Int,
        shape: Shape = .standard
    ) throws(StructureError) {
        try self.init(transaction, elements, nodes, count, levels, shape, known: nil)
    }

    init(
        _ transaction: any CheckedTransaction, _ elements: [UInt8], _ nodes: [UInt8], _ count: Int, _ levels: Int,
        _ shape: Shape, known: (bounds: NodeBounds, id: UInt64)?
    ) throws(StructureError) {
        guard count >= 0, levels >= 0, levels <= CountedBuckets.mostLevels else {
            throw .malformed("the number of levels of a collection")
        }
        self.transaction = transaction
        self.elements = elements
        self.nodes = nodes
        self.shape = shape
        self.count = count
        self.levels = levels
        self.known = known
        path = Array(repeating: nil, count: levels)
    }

    /// A node, as far as it is known.
    struct Node {
        enum Upper { case unknown, end, key([UInt8]) }

        let lower: [UInt8]
        /// Where the next node of the level begins.
        var upper: Upper
        var count: Int
        /// Whether the stored count is another.
        var isChanged = false
    }

    // MARK: - Changing

    /// Counts an element that was not there before its put was staged.
    ///
    /// - Parameter key: the element's key after the prefix.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*), amortised.
    package mutating func insert(_ key: Span<UInt8>) throws {
        try add(1, at: key)
        try split()
    }

    /// Counts an element no more, whose removal is staged.
    ///
    /// - Parameter key: the element's key after the prefix.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*), amortised.
    package mutating func remove(_ key: Span<UInt8>) throws {
        try add(-1, at: key)
        try merge()
    }

    private mutating func add(_ change: Int, at key: Span<UInt8>) throws {
        count = max(0, count + change)
        for level in stride(from: levels, through: 1, by: -1) {
            var node = try node(at: level, over: key)
            node.count = max(0, node.count + change)
            node.isChanged = true
            path[level - 1] = node
        }
    }

    /// Stages the counts that were changed.
    package mutating func flush() {
        for level in stride(from: levels, through: 1, by: -1) { writeBack(level) }
    }

    private mutating func writeBack(_ level: Int) {
        guard let node = path[level - 1], node.isChanged else { return }
        put(level, node.lower, node.count)
        path[level - 1]?.isChanged = false
    }

    // MARK: - Nodes

    /// The node of `level` that counts the element at `key`.
    private mutating func node(at level: Int, over key: Span<UInt8>) throws -> Node {
        if var node = path[level - 1] {
            if try covers(level, &node, key) { return node }
            writeBack(level)
        }
        let prefix = prefix(level)
        if let node = try knownNode(at: level, over: key, prefix) { return node }
        var found: Node?
        let range = KeyRange(from: prefix, to: prefix + key.array + [0])
        try transaction.scan(range, ScanOptions(reverse: true, limit: 1)) { entry in
            found = try CountedBuckets.node(entry, prefix.count)
            return .stop
        }
        guard let found else { throw StructureError.malformed("the count of a collection's elements") }
        return found
    }

    /// As ``node(at:over:)``, by what is known of where nodes begin; `nil` when that is nothing.
    private func knownNode(at level: Int, over key: Span<UInt8>, _ prefix: [UInt8]) throws -> Node? {
        guard let known else { return nil }
        var found = known.bounds.bounds(around: key, known.id, level)
        if found == nil {
            var bounds: [[UInt8]] = []
            try transaction.scan(KeyRange.prefix(prefix), ScanOptions(keysOnly: true)) { entry in
                bounds.append(entry.key.extracting(droppingFirst: prefix.count).array)
                return .next
            }
            known.bounds.set(bounds, known.id, level)
            found = known.bounds.bounds(around: key, known.id, level)
        }
        guard let (lower, upper) = found else { return nil }
        let nodeKey = prefix + lower
        guard let value = try transaction.get(nodeKey.span) else { return nil }
        let end = upper.map { Node.Upper.key($0) } ?? .end
        return Node(lower: lower, upper: end, count: try CountedBuckets.count(value.span))
    }

    private func covers(_ level: Int, _ node: inout Node, _ key: Span<UInt8>) throws -> Bool {
        guard node.lower.span.compare(to: key) <= 0 else { return false }
        if case .unknown = node.upper {
            let next = try self.node(at: level, after: node.lower)
            node.upper = next.map { .key($0.lower) } ?? .end
        }
        guard case .key(let upper) = node.upper else { return true }
        return key.compare(to: upper.span) < 0
    }

    /// The next node of `level` after the one that begins at `lower`, as it is stored.
    func node(at level: Int, after lower: [UInt8]) throws -> Node? {
        let prefix = prefix(level)
        let range = KeyRange(from: prefix + lower + [0], to: KeyRange.successor(ofPrefix: prefix))
        return try firstNode(range, ScanOptions(limit: 1), prefix.count)
    }

    /// The node of `level` before the one that begins at `lower`, as it is stored.
    func node(at level: Int, before lower: [UInt8]) throws -> Node? {
        let prefix = prefix(level)
        return try firstNode(
            KeyRange(from: prefix, to: prefix + lower), ScanOptions(reverse: true, limit: 1), prefix.count)
    }

    private func firstNode(_ range: KeyRange, _ options: ScanOptions, _ prefix: Int) throws -> Node? {
        var found: Node?
        try transaction.scan(range, options) { entry in
            found = try CountedBuckets.node(entry, prefix)
            return .stop
        }
        return found
    }

    /// Lends where each node of `level` begins, from the one at `lower` on, and how much it counts.
    func forEachNode(
        of level: Int, from lower: [UInt8], _ body: (Span<UInt8>, Int) throws -> ScanStep
    ) throws {
        let prefix = prefix(level)
        let range = KeyRange(from: prefix + lower, to: KeyRange.successor(ofPrefix: prefix))
        try transaction.scan(range) { entry in
            try body(entry.key.extracting(droppingFirst: prefix.count), CountedBuckets.count(entry.value))
        }
    }

    private static func node(_ entry: Entry, _ prefix: Int) throws(StructureError) -> Node {
        Node(
            lower: entry.key.extracting(droppingFirst: prefix).array, upper: .unknown, count: try count(entry.value))
    }

    private static func count(_ value: Span<UInt8>) throws(StructureError) -> Int {
        guard value.count == 8, let count = Int(exactly: value.bigEndian(at: 0)) else {
            throw .malformed("the count of a collection's elements")
        }
        return count
    }

    func prefix(_ level: Int) -> [UInt8] { nodes + [UInt8(truncatingIfNeeded: level)] }

    func put(_ level: Int, _ lower: [UInt8], _ count: Int) {
        let key = prefix(level) + lower
        var value: [UInt8] = []
        value.appendBigEndian(UInt64(count))
        transaction.put(own: key.span, value.span)
        if let known { known.bounds.insert(lower, known.id, level) }
    }

    func delete(_ level: Int, _ lower: [UInt8]) {
        let key = prefix(level) + lower
        transaction.delete(own: key.span)
        if let known { known.bounds.remove(lower, known.id, level) }
    }
}
