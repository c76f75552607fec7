internal import OrderedStore

/// A hash to be read.
package struct HashReader: ~Copyable {
    private let keys: StructureKeys
    private let found: StoredKey
    private let big: BigElements?
    /// A big hash's fields.
    private let fields: BigMembers?
    /// How many fields there are.
    package let count: Int

    /// The hash at `key`; where there is none, an empty one.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>) throws {
        try self.init(keys, try keys.lookup(key, .hash))
    }

    /// The hash that was found for its key, or nothing.
    init(_ keys: StructureKeys, _ found: consuming StoredKey) throws {
        self.keys = keys
        if found.exists, !found.state.isInline {
            let big = try BigElements(found.body)
            count = big.count
            self.big = big
            fields = BigMembers(keys.transaction, prefix: big.prefix)
        } else {
            count = PackedItems.count(found.body) / 2
            big = nil
            fields = nil
        }
        self.found = found
    }

    /// Whether the key is there.
    package var exists: Bool { found.exists }

    /// Whether each field is an entry of its own.
    package var isBig: Bool { big != nil }

    /// Lends the value of a field; `nil` when there is none.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: one get of a big hash's field.
    package func withValue<Result>(
        of field: Span<UInt8>, _ body: (Span<UInt8>?) throws -> Result
    ) throws -> Result {
        if let fields {
            guard let value = try fields.value(field) else { return try body(nil) }
            return try body(value.span)
        }
        var items = PackedItems(found.body)
        while let other = try items.next() {
            if other.equals(field) { return try body(try items.next()) }
            try items.skip(1)
        }
        return try body(nil)
    }

    /// Lends each field and its value, until `body` returns `false`. A big hash's fields come in the order of their
    /// bytes, a small one's in the order they were set.
    ///
    /// - Parameter field: of a big hash, the field that it begins behind, which need not be there; `nil` for the first.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: O(*n*).
    package func forEach(
        after field: Span<UInt8>? = nil, _ body: (Span<UInt8>, Span<UInt8>) throws -> Bool
    ) throws {
        if let fields { return try fields.forEach(from: field, isAfter: true, body) }
        var items = PackedItems(found.body)
        while let field = try items.next(), let value = try items.next() {
            guard try body(field, value) else { return }
        }
    }

    // MARK: - At random

    /// Lends `number` different fields and their values, or all there are, each choice of them as likely as any other.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: O(*m* log *n*) for *m* of *n* fields.
    package func forEachRandom(_ number: Int, _ body: (Span<UInt8>, Span<UInt8>) throws -> Void) throws {
        let ranks = RandomRanks.distinct(number, of: count)
        if isBig, !RandomRanks.isDense(ranks, of: count) { return try lend(ranks, body) }
        var (rank, next) = (0, 0)
        try forEach { field, value in
            guard next < ranks.count else { return false }
            if ranks[next] == rank {
                try body(field, value)
                next += 1
            }
            rank += 1
            return true
        }
    }

    /// Lends a field and its value so many times, each time any one of them.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: O(*m* log *n*) for *m* times and *n* fields.
    package func repeatRandom(_ number: Int, _ body: (Span<UInt8>, Span<UInt8>) throws -> Void) throws {
        let count = count
        guard count > 0 else { return }
        let ranks = (0..<number).lazy.map { _ in Int.random(in: 0..<count) }
        if isBig { return try lend(ranks, body) }
        var items = PackedItems(found.body)
        let ranges = try items.ranges(items.count)
        guard ranges.count == 2 * count else { throw StructureError.malformed("a hash") }
        for rank in ranks { try body(items[ranges[2 * rank]], items[ranges[2 * rank + 1]]) }
    }

    /// Lends a big hash's fields at ranks.
    private func lend(_ ranks: some Sequence<Int>, _ body: (Span<UInt8>, Span<UInt8>) throws -> Void) throws {
        guard let big, let fields else { return }
        var buckets = try CountedBuckets(keys, big, of: fields.prefix)
        for rank in ranks {
            guard let name = try buckets.key(atRank: rank) else { throw StructureError.malformed("a hash") }
            let key = fields.prefix + name
            guard let value = try keys.transaction.get(key.span) else { throw StructureError.malformed("a hash") }
            try withMember(key.span, from: fields.prefix.count) { try body($0, value.span) }
        }
    }
}
