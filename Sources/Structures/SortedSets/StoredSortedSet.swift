internal import KeySchemas
internal import OrderedStore

/// A sorted set, loaded in a transaction to be read or changed.
///
/// Members are in the order of their scores, and in byte order where these are equal. A small set's lie in its metadata in
/// this order, each behind its score. A big set has two keys for each: `0`, member → score, and `1`, score, member →
/// nothing. What was changed is there for others once ``store(_:)`` was called.
package struct StoredSortedSet: ~Copyable {
    var collection: LoadedCollection
    var big: Big?

    struct Big {
        let members: BigMembers
        /// What the keys in the scores' order begin with.
        let scores: [UInt8]
        var buckets: CountedBuckets

        init(_ keys: StructureKeys, _ elements: BigElements) throws(StructureError) {
            var prefix = elements.prefix
            Tuple.append(Int64(0), to: &prefix)
            members = BigMembers(keys.transaction, prefix: prefix)
            prefix = elements.prefix
            Tuple.append(Int64(1), to: &prefix)
            prefix.append(Tuple.Code.double)
            scores = prefix
            buckets = try CountedBuckets(keys, elements, of: prefix)
        }

        /// What a member's key in the scores' order has behind ``scores``.
        func place(_ member: Span<UInt8>, _ score: Double) -> [UInt8] {
            var place: [UInt8] = []
            place.reserveCapacity(Score.size + member.count + 2)
            Score.append(score, to: &place)
            Tuple.append(bytes: member, to: &place)
            return place
        }

        mutating func put(_ member: Span<UInt8>, _ score: Double) throws {
            let place = stage(member, score)
            try buckets.insert(place.span)
        }

        /// Stages a member's keys without counting it.
        @discardableResult
        func stage(_ member: Span<UInt8>, _ score: Double) -> [UInt8] {
            let place = place(member, score)
            let (key, ordered) = (members.key(member), scores + place)
            members.transaction.put(own: key.span, place.span.extracting(first: Score.size))
            members.transaction.put(own: ordered.span, Span())
            return place
        }

        mutating func removePlace(_ member: Span<UInt8>, _ score: Double) throws {
            let place = place(member, score)
            let ordered = scores + place
            members.transaction.delete(own: ordered.span)
            try buckets.remove(place.span)
        }
    }

    /// Loads the sorted set of a key; an empty one where there is none.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>) throws {
        try self.init(keys, try keys.lookup(key, .sortedSet))
    }

    /// The sorted set of what was found for a key, which is a sorted set or absent.
    package init(_ keys: StructureKeys, _ found: consuming StoredKey) throws {
        let loaded = try LoadedCollection(keys, found, .sortedSet)
        let big: Big? = if let elements = loaded.big { try Big(keys, elements) } else { nil }
        collection = loaded
        self.big = big
    }

    /// Whether it lies in its metadata.
    package var isSmall: Bool { big == nil }

    /// The number of members.
    package var count: Int { big?.buckets.count ?? collection.inline.count }

    /// The score of a member; `nil` when it is not in the set.
    ///
    /// - Complexity: one lookup; O(*n*) in a small set's bytes.
    package func score(of member: Span<UInt8>) throws -> Double? {
        if let big {
            guard let value = try big.members.value(member) else { return nil }
            return try Score.read(value.span)
        }
        guard let position = try position(of: member) else { return nil }
        let item = try collection.inline.range(at: position)
        return try Score.read(collection.inline[item])
    }

    /// Sets the score of a member, which is put in if it is not there.
    ///
    /// - Parameters:
    ///   - score: not NaN.
    ///   - old: its score; `nil` when it is not there.
    /// - Complexity: O(log *n*).
    package mutating func set(_ member: Span<UInt8>, to score: Double, from old: Double?) throws {
        if big == nil {
            if old != nil, let position = try position(of: member) { try collection.inline.remove(at: position) }
            if collection.inline.hasRoom(for: member.count + Score.size) {
                var item: [UInt8] = []
                item.reserveCapacity(Score.size + member.count)
                Score.append(score, to: &item)
                item.append(copying: member)
                return collection.inline.insert(item.span, at: try place(of: item.span))
            }
            try grow()
        } else if let old {
            try big?.removePlace(member, old)
        }
        try big?.put(member, score)
    }

    /// Takes a member out.
    ///
    /// - Returns: whether it was there.
    /// - Complexity: O(log *n*).
    package mutating func remove(_ member: Span<UInt8>) throws -> Bool {
        guard let key = big?.members.key(member) else {
            guard let position = try position(of: member) else { return false }
            try collection.inline.remove(at: position)
            return true
        }
        guard let score = try score(of: member) else { return false }
        collection.keys.transaction.delete(own: key.span)
        try big?.removePlace(member, score)
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

    /// Stages the set's metadata, or the key's removal when the set is empty. It keeps its expiry.
    ///
    /// - Parameter key: the key that it was loaded for.
    /// - Throws: when the key is under a schema's prefix.
    package consuming func store(_ key: Span<UInt8>) throws {
        big?.buckets.flush()
        if let big { collection.big?.count(in: big.buckets) }
        try collection.store(key)
    }

    /// Lends the members of a small set in order, until `body` returns `false`.
    func forEachInline(_ body: (Span<UInt8>, Double) throws -> Bool) throws {
        var position = collection.inline.start
        while position < collection.inline.end {
            let range = try collection.inline.range(at: position)
            let item = collection.inline[range]
            position = range.upperBound
            guard try body(item.extracting(droppingFirst: Score.size), try Score.read(item)) else { return }
        }
    }

    /// Where the item of a member of a small set begins.
    private func position(of member: Span<UInt8>) throws(StructureError) -> Int? {
        var position = collection.inline.start
        while position < collection.inline.end {
            let range = try collection.inline.range(at: position)
            guard range.count >= Score.size else { throw .malformed("a score") }
            if collection.inline[range].extracting(droppingFirst: Score.size).equals(member) { return position }
            position = range.upperBound
        }
        return nil
    }

    /// Where an item that is not there would be in a small set. Score before member, items are in byte order.
    private func place(of item: Span<UInt8>) throws(StructureError) -> Int {
        var position = collection.inline.start
        while position < collection.inline.end {
            let range = try collection.inline.range(at: position)
            if collection.inline[range].compare(to: item) > 0 { return position }
            position = range.upperBound
        }
        return position
    }

    /// Makes a big set of a small one.
    private mutating func grow() throws {
        let small = try collection.grow()
        guard let elements = collection.big else { return }
        var big = try Big(collection.keys, elements)
        var position = small.start
        while position < small.end {
            let range = try small.range(at: position)
            let item = small[range]
            try big.put(item.extracting(droppingFirst: Score.size), try Score.read(item))
            position = range.upperBound
        }
        self.big = big
    }
}
