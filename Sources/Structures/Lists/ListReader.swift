internal import OrderedStore

/// A list to be read.
package struct ListReader: ~Copyable {
    private let keys: StructureKeys
    private let found: StoredKey
    private var big: BigElements?
    /// How many elements there are.
    package let count: Int

    /// The list at `key`; where there is none, an empty one.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>) throws {
        try self.init(keys, try keys.lookup(key, .list))
    }

    private init(_ keys: StructureKeys, _ found: consuming StoredKey) throws {
        self.keys = keys
        if found.exists, !found.state.isInline {
            let big = try BigElements(found.body)
            count = big.count
            self.big = big
        } else {
            count = PackedItems.count(found.body)
            big = nil
        }
        self.found = found
    }

    /// Whether the key is there.
    package var exists: Bool { found.exists }

    /// Lends the element at `index`; `nil` when there is none.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(1); one get of a big list's element.
    package mutating func withElement<Result>(
        at index: Int64, _ body: (Span<UInt8>?) throws -> Result
    ) throws -> Result {
        guard let index = ListIndex.resolve(index, count: count) else { return try body(nil) }
        if big != nil {
            guard let element = try big?.element(at: index, keys.transaction) else {
                throw StructureError.malformed("a list")
            }
            return try body(element.span)
        }
        var items = PackedItems(found.body)
        try items.skip(index)
        return try body(try items.next())
    }

    /// Lends the elements of `range`, which are all there, in order or from the last to the first, until `body` returns
    /// `false`.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: O(*n*) in the range.
    package mutating func forEach(
        _ range: Range<Int>, reverse: Bool = false, _ body: (Span<UInt8>) throws -> Bool
    ) throws {
        if big != nil {
            try big?.forEachElement(range, reverse: reverse, keys.transaction, body)
        } else {
            try PackedItems(found.body).forEach(range, reverse: reverse, body)
        }
    }
}
