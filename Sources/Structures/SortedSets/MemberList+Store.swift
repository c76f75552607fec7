internal import OrderedStore

extension MemberList {
    /// Stages a new sorted set of these members in place of what a key holds. Without members, the key is removed.
    ///
    /// - Parameter old: what was found for the key.
    /// - Throws: when a schema refuses it.
    /// - Complexity: O(*n* log *n*).
    package func storeAsSortedSet(
        _ keys: StructureKeys, _ key: Span<UInt8>, replacing old: borrowing StoredKey
    ) throws {
        guard count > 0 else { return try keys.remove(key, old) }
        var inline = InlineElements()
        var item: [UInt8] = []
        for index in orderByScore {
            guard inline.hasRoom(for: self[index].count + Score.size) else {
                return try storeAsBigSortedSet(keys, key, replacing: old)
            }
            item.removeAll(keepingCapacity: true)
            Score.append(scores[index], to: &item)
            item.append(copying: self[index])
            inline.append(item.span)
        }
        let body = inline.bytes
        try keys.store(key, KeyState(kind: .sortedSet, isInline: true), body.span, replacing: old)
    }

    private func storeAsBigSortedSet(
        _ keys: StructureKeys, _ key: Span<UInt8>, replacing old: borrowing StoredKey
    ) throws {
        var elements = BigElements(id: try keys.newIdentifier())
        var big = try StoredSortedSet.Big(keys, elements)
        for index in 0..<count { big.stage(self[index], scores[index]) }
        try big.buckets.build(count)
        elements.count(in: big.buckets)
        let body = elements.body
        try keys.store(key, KeyState(kind: .sortedSet), body.span, replacing: old)
    }
}
