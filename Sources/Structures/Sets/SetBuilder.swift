internal import OrderedStore

/// A new set, put together from members in byte order.
package struct SetBuilder: ~Copyable {
    private let keys: StructureKeys
    private var inline = InlineElements()
    private var big: BigElements?
    private var members: BigMembers?
    /// The number of members.
    package private(set) var count = 0

    package init(_ keys: StructureKeys) { self.keys = keys }

    /// Puts a member in that is above all that are there.
    ///
    /// - Throws: `StoreError`.
    package mutating func append(_ member: Span<UInt8>) throws {
        count += 1
        if members == nil {
            if inline.hasRoom(for: member.count) { return inline.append(member) }
            try grow()
        }
        put(member)
    }

    private func put(_ member: Span<UInt8>) {
        guard let key = members?.key(member) else { return }
        keys.transaction.put(own: key.span, Span())
    }

    private mutating func grow() throws {
        let elements = BigElements(id: try keys.newIdentifier())
        big = elements
        members = BigMembers(keys.transaction, prefix: elements.prefix)
        var items = inline.items
        while let item = try items.next() { put(item) }
    }

    /// Stages the set in place of what a key holds. Without members, the key is removed.
    ///
    /// - Throws: when a schema refuses it.
    package consuming func store(_ key: Span<UInt8>, replacing old: borrowing StoredKey) throws {
        guard count > 0 else { return try keys.remove(key, old) }
        guard var big, let members else {
            let body = inline.bytes
            return try keys.store(key, KeyState(kind: .set, isInline: true), body.span, replacing: old)
        }
        var buckets = try CountedBuckets(keys, big, of: members.prefix)
        try buckets.build(count)
        big.count(in: buckets)
        let body = big.body
        try keys.store(key, KeyState(kind: .set), body.span, replacing: old)
    }
}
