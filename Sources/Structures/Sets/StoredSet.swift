internal import OrderedStore

/// A set, loaded in a transaction to be read or changed.
///
/// Members are in byte order: a small set's in its metadata, a big set's as keys without values. What was changed is
/// there for others once ``store(_:)`` was called.
package struct StoredSet: ~Copyable {
    var collection: LoadedCollection
    var big: Big?

    struct Big {
        let members: BigMembers
        /// Made when they are needed: most calls find that a member is there.
        private(set) var buckets: CountedBuckets?

        init(_ keys: StructureKeys, _ elements: BigElements) {
            members = BigMembers(keys.transaction, prefix: elements.prefix)
        }

        mutating func withBuckets<Result>(
            _ keys: StructureKeys, _ elements: BigElements, _ body: (inout CountedBuckets) throws -> Result
        ) throws -> Result {
            var buckets = try self.buckets ?? CountedBuckets(keys, elements, of: members.prefix)
            self.buckets = nil
            defer { self.buckets = buckets }
            return try body(&buckets)
        }
    }

    /// Calls `body` with the counts of a big set's members; `nil` is returned for a small one.
    mutating func withBuckets<Result>(_ body: (inout CountedBuckets) throws -> Result) throws -> Result? {
        guard let elements = collection.big else { return nil }
        return try big?.withBuckets(collection.keys, elements, body)
    }

    /// Loads the set of a key; an empty one where there is none.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>) throws {
        try self.init(keys, try keys.lookup(key, .set))
    }

    /// The set of what was found for a key, which is a set or absent.
    package init(_ keys: StructureKeys, _ found: consuming StoredKey) throws {
        let loaded = try LoadedCollection(keys, found, .set)
        let big = loaded.big.map { Big(keys, $0) }
        collection = loaded
        self.big = big
    }

    /// Whether it lies in its metadata.
    package var isSmall: Bool { big == nil }

    /// The number of members.
    package var count: Int { big?.buckets?.count ?? collection.big?.count ?? collection.inline.count }

    /// Whether `member` is in the set.
    ///
    /// - Complexity: one lookup; O(*n*) in a small set's bytes.
    package func contains(_ member: Span<UInt8>) throws -> Bool {
        if let big { return try big.members.value(member) != nil }
        return try place(of: member).isThere
    }

    /// Puts a member in.
    ///
    /// - Returns: whether it was not there.
    /// - Complexity: O(log *n*).
    package mutating func insert(_ member: Span<UInt8>) throws -> Bool {
        if big == nil {
            let (position, isThere) = try place(of: member)
            if isThere { return false }
            if collection.inline.hasRoom(for: member.count) {
                collection.inline.insert(member, at: position)
                return true
            }
            try grow()
        }
        guard let key = big?.members.key(member) else { return false }
        let transaction = collection.keys.transaction
        if try transaction.get(key.span) != nil { return false }
        transaction.put(own: key.span, Span())
        let prefixCount = prefixCount
        try withBuckets { try $0.insert(key.span.extracting(droppingFirst: prefixCount)) }
        return true
    }

    /// Takes a member out.
    ///
    /// - Returns: whether it was there.
    /// - Complexity: O(log *n*).
    package mutating func remove(_ member: Span<UInt8>) throws -> Bool {
        guard let key = big?.members.key(member) else {
            let (position, isThere) = try place(of: member)
            if isThere { try collection.inline.remove(at: position) }
            return isThere
        }
        let transaction = collection.keys.transaction
        guard try transaction.get(key.span) != nil else { return false }
        transaction.delete(own: key.span)
        let prefixCount = prefixCount
        try withBuckets { try $0.remove(key.span.extracting(droppingFirst: prefixCount)) }
        return true
    }

    /// Takes all members out.
    ///
    /// - Complexity: O(1).
    package mutating func removeAll() {
        collection.inline = InlineElements()
        collection.big = nil
        big = nil
    }

    /// Lends the members in byte order, until `body` returns `false`. `body` must not change the set.
    ///
    /// - Parameter after: a member to begin behind, which need not be there; `nil` for the beginning.
    /// - Complexity: O(*n*).
    package func forEach(after: Span<UInt8>? = nil, _ body: (Span<UInt8>) throws -> Bool) throws {
        if let big { return try big.members.forEach(from: after, isAfter: true) { member, _ in try body(member) } }
        var position = collection.inline.start
        while position < collection.inline.end {
            let range = try collection.inline.range(at: position)
            position = range.upperBound
            if let after, collection.inline[range].compare(to: after) <= 0 { continue }
            guard try body(collection.inline[range]) else { return }
        }
    }

    /// Stages the set's metadata, or the key's removal when the set is empty. It keeps its expiry.
    ///
    /// - Parameter key: the key that it was loaded for.
    /// - Throws: when the key is under a schema's prefix.
    package consuming func store(_ key: Span<UInt8>) throws {
        if var buckets = big?.buckets {
            buckets.flush()
            collection.big?.count(in: buckets)
        }
        try collection.store(key)
    }

    private var prefixCount: Int { big?.members.prefix.count ?? 0 }

    /// Where a member of a small set is, or where it would be.
    private func place(of member: Span<UInt8>) throws(StructureError) -> (position: Int, isThere: Bool) {
        var position = collection.inline.start
        while position < collection.inline.end {
            let range = try collection.inline.range(at: position)
            let order = collection.inline[range].compare(to: member)
            if order >= 0 { return (position, order == 0) }
            position = range.upperBound
        }
        return (position, false)
    }

    /// Makes a big set of a small one.
    private mutating func grow() throws {
        let small = try collection.grow()
        guard let elements = collection.big else { return }
        let big = Big(collection.keys, elements)
        var position = small.start
        while position < small.end {
            let range = try small.range(at: position)
            let key = big.members.key(small[range])
            collection.keys.transaction.put(own: key.span, Span())
            position = range.upperBound
        }
        self.big = big
        try withBuckets { try $0.build(small.count) }
    }
}

extension CountedBuckets {
    /// Those of a big collection whose metadata keeps their levels.
    ///
    /// - Parameter elements: what the elements' keys begin with that are counted.
    init(_ keys: StructureKeys, _ big: BigElements, of elements: [UInt8]) throws(StructureError) {
        try self.init(
            keys.transaction, elements, StructureCode.countPrefix(big.id), big.count, Int(clamping: big.extra),
            .standard,
            known: keys.nodeBounds.map { ($0, big.id) })
    }
}

extension BigElements {
    /// Takes over what counted buckets say, to be stored.
    mutating func count(in buckets: CountedBuckets) {
        count = buckets.count
        extra = Int64(buckets.levels)
    }
}
