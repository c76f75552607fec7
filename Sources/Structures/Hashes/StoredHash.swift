internal import OrderedStore

/// A hash to be changed: loaded, changed, and stored back with ``store(_:)``.
///
/// A small one lies in its metadata, each field followed by its value; of a big one each field is an entry. Whoever
/// changes a hash notes what happened (``StructureKeys/note(_:_:_:)``).
package struct StoredHash: ~Copyable {
    private var collection: LoadedCollection
    private let keys: StructureKeys
    /// A big hash's fields.
    private var fields: BigMembers?
    /// Counts a big hash's fields, as soon as one comes or goes.
    private var buckets: CountedBuckets?

    /// The hash at `key`; where there is none, an empty one.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>) throws {
        collection = try LoadedCollection(keys, key, .hash)
        self.keys = keys
        if let big = collection.big { fields = BigMembers(keys.transaction, prefix: big.prefix) }
    }

    /// Whether there was a hash.
    package var exists: Bool { collection.old.exists }

    /// How many fields there are.
    package var count: Int { buckets?.count ?? collection.big?.count ?? collection.inline.count / 2 }

    /// Whether each field is an entry of its own.
    package var isBig: Bool { collection.big != nil }

    /// Stages the hash under its key; an empty one is removed. To be called once, at the end.
    ///
    /// - Throws: when the key is under a schema's prefix.
    package mutating func store(_ key: Span<UInt8>) throws {
        buckets?.flush()
        if let buckets { collection.big?.count(in: buckets) }
        try collection.store(key)
    }

    /// Lends the value of a field; `nil` when there is none.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: one get of a big hash's field.
    package mutating func withValue<Result>(
        of field: Span<UInt8>, _ body: (Span<UInt8>?) throws -> Result
    ) throws -> Result {
        if let fields {
            guard let value = try fields.value(field) else { return try body(nil) }
            return try body(value.span)
        }
        guard let position = try collection.inline.find(field, step: 2) else { return try body(nil) }
        let value = try collection.inline.range(at: collection.inline.position(after: 1, from: position))
        return try body(collection.inline[value])
    }

    /// Sets a field.
    ///
    /// - Parameter isNewOnly: whether a field that is there keeps its value.
    /// - Returns: whether the field is new.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*).
    package mutating func set(
        _ field: Span<UInt8>, _ value: Span<UInt8>, isNewOnly: Bool = false
    ) throws -> Bool {
        if !isBig {
            if let position = try collection.inline.find(field, step: 2) {
                if try isNewOnly || setInline(value, of: position) { return false }
            } else if collection.inline.hasRoom(
                for: field.count + value.count + 2, mostItems: 2 * InlineElements.mostElements)
            {
                collection.inline.append(field)
                collection.inline.append(value)
                return true
            }
            try grow()
        }
        return try setBig(field, value, isNewOnly: isNewOnly)
    }

    /// - Returns: whether the new value has room.
    private mutating func setInline(_ value: Span<UInt8>, of position: Int) throws -> Bool {
        let place = try collection.inline.position(after: 1, from: position)
        let growth = value.count - (try collection.inline.range(at: place)).count
        guard growth <= 0 || collection.inline.hasRoom(for: growth, mostItems: .max) else { return false }
        try collection.inline.replace(at: place, with: value)
        return true
    }

    private mutating func setBig(_ field: Span<UInt8>, _ value: Span<UInt8>, isNewOnly: Bool) throws -> Bool {
        guard let fields else { return false }
        let key = fields.key(field)
        let isNew = try keys.transaction.get(key.span) == nil
        if isNew || !isNewOnly { keys.transaction.put(own: key.span, value) }
        if isNew { try count(key.span, isThere: true) }
        return isNew
    }

    /// Removes a field.
    ///
    /// - Returns: whether it was there.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*).
    package mutating func remove(_ field: Span<UInt8>) throws -> Bool {
        if let fields {
            let key = fields.key(field)
            guard try keys.transaction.get(key.span) != nil else { return false }
            keys.transaction.delete(own: key.span)
            try count(key.span, isThere: false)
            return true
        }
        guard let position = try collection.inline.find(field, step: 2) else { return false }
        try collection.inline.remove(2, at: position)
        return true
    }

    /// Counts a big hash's field that came or went.
    private mutating func count(_ key: Span<UInt8>, isThere: Bool) throws {
        guard let fields, let big = collection.big else { return }
        if buckets == nil { buckets = try CountedBuckets(keys, big, of: fields.prefix) }
        let name = key.extracting(droppingFirst: fields.prefix.count)
        if isThere { try buckets?.insert(name) } else { try buckets?.remove(name) }
    }

    private mutating func grow() throws {
        let elements = try collection.grow()
        if let big = collection.big { fields = BigMembers(keys.transaction, prefix: big.prefix) }
        var items = elements.items
        while let field = try items.next(), let value = try items.next() {
            _ = try setBig(field, value, isNewOnly: false)
        }
    }
}
