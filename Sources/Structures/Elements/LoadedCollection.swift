/// A collection on its way from the store and back: what each type that changes one is made of.
///
/// A small one is in ``inline``. When ``big`` is not `nil` it is a big one, and ``inline`` is empty.
package struct LoadedCollection: ~Copyable {
    package let keys: StructureKeys
    package let kind: StructureKind
    /// What was found.
    package let old: StoredKey
    /// A small collection's elements.
    package var inline: InlineElements
    /// A big collection's count and keys.
    package var big: BigElements?

    /// Loads a collection to change it; where there is none, an empty one.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>, _ kind: StructureKind) throws {
        try self.init(keys, try keys.lookup(key, kind), kind)
    }

    /// A collection to be changed, from what was found for its key. What is of another kind is to be replaced.
    package init(_ keys: StructureKeys, _ found: consuming StoredKey, _ kind: StructureKind) throws {
        self.keys = keys
        self.kind = kind
        let isThere = found.kind == kind
        inline = isThere && found.state.isInline ? InlineElements(found.body) : InlineElements()
        big = isThere && !found.state.isInline ? try BigElements(found.body) : nil
        old = found
    }

    /// Makes a big collection of a small one.
    ///
    /// - Returns: the elements that there were: whoever calls stages each under its key and counts them in ``big``.
    /// - Throws: `StoreError`.
    package mutating func grow() throws -> InlineElements {
        let elements = inline
        inline = InlineElements()
        big = BigElements(id: try keys.newIdentifier())
        return elements
    }

    /// Stages the collection's metadata, or the key's removal when it has become empty. It keeps its expiry.
    ///
    /// - Throws: when the key is under a schema's prefix.
    /// - Complexity: O(1); O(*n*) in a small collection's bytes.
    package borrowing func store(_ key: Span<UInt8>) throws {
        let expiry = old.kind == kind ? old.expiry : nil
        if let big {
            guard big.count > 0 else { return try keys.remove(key, old) }
            let body = big.body
            try keys.store(key, KeyState(kind: kind, expiry: expiry), body.span, replacing: old)
        } else {
            guard inline.count > 0 else { return try keys.remove(key, old) }
            let body = inline.bytes
            try keys.store(key, KeyState(kind: kind, isInline: true, expiry: expiry), body.span, replacing: old)
        }
    }
}
