internal import OrderedStore

/// A list to be changed: loaded, changed, and stored back with ``store(_:)``.
///
/// A small one lies in its metadata; of a big one each element is an entry. Whoever changes a list notes what happened
/// (``StructureKeys/note(_:_:_:)``).
package struct StoredList: ~Copyable {
    private var collection: LoadedCollection
    private let transaction: any CheckedTransaction

    /// The list at `key`; where there is none, an empty one.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>) throws {
        collection = try LoadedCollection(keys, key, .list)
        transaction = keys.transaction
    }

    /// An empty list in place of what was found for its key. It does not expire.
    package init(_ keys: StructureKeys, replacing found: consuming StoredKey) {
        collection = LoadedCollection(keys, replacing: found, .list)
        transaction = keys.transaction
    }

    /// Whether there was a list.
    package var exists: Bool { collection.old.exists }

    /// How many elements there are.
    package var count: Int { collection.big?.count ?? collection.inline.count }

    /// Whether each element is an entry of its own.
    package var isBig: Bool { collection.big != nil }

    /// Stages the list under its key; an empty one is removed.
    ///
    /// - Throws: when the key is under a schema's prefix.
    /// - Complexity: O(1).
    package borrowing func store(_ key: Span<UInt8>) throws { try collection.store(key) }

    // MARK: - At the ends

    /// Adds an element at an end.
    ///
    /// - Throws: `StoreError`.
    /// - Complexity: O(1).
    package mutating func push(_ element: Span<UInt8>, at end: ListEnd) throws {
        if !isBig {
            if collection.inline.hasRoom(for: element.count) {
                if end == .tail {
                    collection.inline.append(element)
                } else {
                    collection.inline.insert(element, at: collection.inline.start)
                }
                return
            }
            try grow()
        }
        collection.big?.push(element, at: end, transaction)
    }

    /// Takes up to `number` elements from an end, and lends each to `body`, from the end on.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    /// - Complexity: O(`number`).
    package mutating func pop(_ number: Int, at end: ListEnd, _ body: (Span<UInt8>) throws -> Void) throws {
        let count = count
        let number = min(number, count)
        if isBig {
            if number == 1 {
                guard let element = try collection.big?.element(at: end == .head ? 0 : count - 1, transaction) else {
                    throw StructureError.malformed("a list")
                }
                try body(element.span)
            } else {
                let range = end == .head ? 0..<number : count - number..<count
                try collection.big?.forEachElement(range, reverse: end == .tail, transaction) { element in
                    try body(element)
                    return true
                }
            }
            drop(number, at: end)
        } else if end == .head {
            for _ in 0..<number {
                let element = try collection.inline.range(at: collection.inline.start)
                try body(collection.inline[element])
                try collection.inline.remove(at: collection.inline.start)
            }
        } else {
            let start = try collection.inline.position(after: count - number)
            var items = collection.inline.items
            try items.skip(count - number)
            for element in try items.ranges(number).reversed() { try body(items[element]) }
            try collection.inline.remove(number, at: start)
        }
    }

    /// Leaves only the elements of `range`, which are all there.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*) in what goes or in what stays, whichever is less.
    package mutating func trim(to range: Range<Int>) throws {
        guard let big = collection.big else {
            try collection.inline.remove(
                count - range.upperBound, at: collection.inline.position(after: range.upperBound))
            return try collection.inline.remove(range.lowerBound, at: collection.inline.start)
        }
        guard range.count < big.count - range.count else {
            drop(big.count - range.upperBound, at: .tail)
            return drop(range.lowerBound, at: .head)
        }
        // What stays moves to a list of its own, and the old one is left to the reclaimer.
        var old = big
        collection.big = BigElements(id: range.isEmpty ? big.id : try collection.keys.newIdentifier())
        try old.forEachStaging(range, transaction) { _, element in
            collection.big?.push(element, at: .tail, transaction)
        }
    }

    /// Drops elements at an end. Those of a list that becomes empty are left to the reclaimer.
    private mutating func drop(_ number: Int, at end: ListEnd) {
        if number == count { collection.big?.count = 0 } else { collection.big?.drop(number, at: end, transaction) }
    }

    // MARK: - By index and value

    /// Replaces the element at `index`.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `outOfRange` when there is none.
    /// - Complexity: O(1).
    package mutating func set(_ element: Span<UInt8>, at index: Int64) throws {
        guard let index = ListIndex.resolve(index, count: count) else { throw StructureError.indexOutOfRange }
        if !isBig {
            let position = try collection.inline.position(after: index)
            let old = try collection.inline.range(at: position)
            let growth = element.count - old.count
            if growth <= 0 || collection.inline.hasRoom(for: growth, mostItems: .max) {
                return try collection.inline.replace(at: position, with: element)
            }
            try grow()
        }
        collection.big?.set(element, at: index, transaction)
    }

    /// Inserts an element before or behind the first that is `pivot`.
    ///
    /// - Returns: whether there is such an element.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*).
    package mutating func insert(_ element: Span<UInt8>, _ side: ListEnd, of pivot: Span<UInt8>) throws -> Bool {
        guard let found = try indexes(of: pivot, most: 1, from: .head).first else { return false }
        let index = side == .head ? found : found + 1
        if !isBig {
            if collection.inline.hasRoom(for: element.count) {
                collection.inline.insert(element, at: try collection.inline.position(after: index))
                return true
            }
            try grow()
        }
        try collection.big?.insert(element, at: index, transaction)
        return true
    }

    /// Removes elements that are `element`: up to `most`, counted from an end.
    ///
    /// - Returns: how many were removed.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*).
    package mutating func remove(_ element: Span<UInt8>, most: Int, from end: ListEnd) throws -> Int {
        var indexes = try indexes(of: element, most: most, from: end)
        if end == .tail { indexes.reverse() }
        guard !indexes.isEmpty else { return 0 }
        if indexes.count == count {
            try trim(to: 0..<0)
        } else if isBig {
            try collection.big?.remove(indexes, transaction)
        } else {
            for index in indexes.reversed() {
                try collection.inline.remove(at: try collection.inline.position(after: index))
            }
        }
        return indexes.count
    }

    /// The indexes of elements that are `element`, in the order they were met.
    private mutating func indexes(of element: Span<UInt8>, most: Int, from end: ListEnd) throws -> [Int] {
        var indexes: [Int] = []
        var index = end == .head ? 0 : count - 1
        let step = end == .head ? 1 : -1
        try forEach(0..<count, reverse: end == .tail) { other in
            if other.equals(element) { indexes.append(index) }
            index += step
            return indexes.count < most
        }
        return indexes
    }

    private mutating func forEach(
        _ range: Range<Int>, reverse: Bool, _ body: (Span<UInt8>) throws -> Bool
    ) throws {
        if isBig {
            try collection.big?.forEachElement(range, reverse: reverse, transaction, body)
        } else {
            try collection.inline.items.forEach(range, reverse: reverse, body)
        }
    }

    // MARK: - Growing

    private mutating func grow() throws {
        let elements = try collection.grow()
        var items = elements.items
        while let element = try items.next() { collection.big?.push(element, at: .tail, transaction) }
    }
}
