internal import OrderedStore

/// A collection on its way from the store and back: what each type that changes one is made of.
///
/// A small one is in ``inline``. When ``big`` is not `nil` it is a big one, and ``inline`` is empty.
package struct LoadedCollection: ~Copyable {
    package let keys: StructureKeys
    package let kind: StructureKind
    /// What was found.
    package let old: StoredKey
    /// When it expires; `nil` for never.
    private let expiry: Int64?
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

    /// A collection to be changed, from what was found for its key: one of `kind`, or nothing.
    ///
    /// - Throws: ``StructureError``, when it is of another kind or its metadata cannot be read.
    package init(_ keys: StructureKeys, _ found: consuming StoredKey, _ kind: StructureKind) throws {
        try found.require(kind)
        let isBig = found.exists && !found.state.isInline
        let big = isBig ? try BigElements(found.body) : nil
        self.keys = keys
        self.kind = kind
        self.big = big
        inline = isBig ? InlineElements() : InlineElements(found.body)
        expiry = found.expiry
        old = found
    }

    /// An empty collection to be filled and stored in place of what was found for its key. It does not expire.
    package init(_ keys: StructureKeys, replacing found: consuming StoredKey, _ kind: StructureKind) {
        self.keys = keys
        self.kind = kind
        inline = InlineElements()
        big = nil
        expiry = nil
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
        if let big {
            guard big.count > 0 else { return try keys.remove(key, old) }
            let body = big.body
            // Where only elements were replaced there is nothing to write here.
            if old.identifier == big.id, old.body.equals(body.span) { return }
            try keys.store(key, KeyState(kind: kind, expiry: expiry), body.span, replacing: old)
        } else {
            guard inline.count > 0 else { return try keys.remove(key, old) }
            let body = inline.bytes
            try keys.store(key, KeyState(kind: kind, isInline: true, expiry: expiry), body.span, replacing: old)
        }
    }
}
