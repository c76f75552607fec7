internal import OrderedStore

/// A big list: its elements lie at consecutive positions, from the one that ``extra`` holds on. They grow both ways, so
/// both ends and each index are single gets.
extension BigElements {
    private func position(_ index: Int) -> Int64 { extra &+ Int64(index) }

    /// The element at `index`; `nil` when it is not there.
    ///
    /// - Throws: `StoreError`.
    mutating func element(at index: Int, _ transaction: any CheckedTransaction) throws(StoreError) -> Value? {
        let key = key(position(index))
        return try transaction.get(key.span)
    }

    /// Stages the element at `index`, whatever is there.
    mutating func set(_ element: Span<UInt8>, at index: Int, _ transaction: any CheckedTransaction) {
        let key = key(position(index))
        transaction.put(own: key.span, element)
    }

    private mutating func removeElement(at index: Int, _ transaction: any CheckedTransaction) {
        let key = key(position(index))
        transaction.delete(own: key.span)
    }

    /// Stages an element more.
    mutating func push(_ element: Span<UInt8>, at end: ListEnd, _ transaction: any CheckedTransaction) {
        if end == .head { extra &-= 1 }
        count += 1
        set(element, at: end == .head ? 0 : count - 1, transaction)
    }

    /// Lends the elements of `range`, which are all there, until `body` returns `false`. It must not stage anything.
    ///
    /// - Throws: `StoreError`; ``StructureError`` when some are missing; what `body` throws.
    mutating func forEachElement(
        _ range: Range<Int>, reverse: Bool, _ transaction: any CheckedTransaction, _ body: (Span<UInt8>) throws -> Bool
    ) throws {
        guard !range.isEmpty else { return }
        var left = range.count
        let keys = KeyRange(from: key(position(range.lowerBound)), to: key(position(range.upperBound)))
        try transaction.scan(keys, ScanOptions(reverse: reverse)) { entry in
            left -= 1
            guard try body(entry.value) else {
                left = 0
                return .stop
            }
            return .next
        }
        guard left == 0 else { throw StructureError.malformed("a list") }
    }

    /// Stages the removal of `number` elements at an end.
    ///
    /// - Complexity: O(`number`).
    mutating func drop(_ number: Int, at end: ListEnd, _ transaction: any CheckedTransaction) {
        for index in 0..<number { removeElement(at: end == .head ? index : count - 1 - index, transaction) }
        if end == .head { extra &+= Int64(number) }
        count -= number
    }

    // MARK: - In the middle

    /// Stages an element before the one at `index`: the shorter side moves.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*) in the shorter side.
    mutating func insert(_ element: Span<UInt8>, at index: Int, _ transaction: any CheckedTransaction) throws {
        if index <= count / 2 {
            try move(0..<index, by: -1, transaction)
            extra &-= 1
        } else {
            try move(index..<count, by: 1, transaction)
        }
        count += 1
        set(element, at: index, transaction)
    }

    /// Stages the removal of the elements at `indexes`, in rising order. The longest run between two of them stays where
    /// it is, the others move up to it.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*) in the elements outside the longest run.
    mutating func remove(_ indexes: [Int], _ transaction: any CheckedTransaction) throws {
        // The elements that stay, in runs; each but the last has one behind it that goes.
        var runs: [Range<Int>] = []
        for index in indexes { runs.append((runs.last.map { $0.upperBound + 1 } ?? 0)..<index) }
        runs.append((runs.last.map { $0.upperBound + 1 } ?? 0)..<count)
        guard let still = runs.indices.max(by: { runs[$0].count < runs[$1].count }) else { return }

        for run in stride(from: still - 1, through: 0, by: -1) { try move(runs[run], by: still - run, transaction) }
        for run in runs.indices.dropFirst(still + 1) { try move(runs[run], by: still - run, transaction) }
        for index in 0..<still { removeElement(at: index, transaction) }
        for index in count - (indexes.count - still)..<count { removeElement(at: index, transaction) }
        extra &+= Int64(still)
        count -= indexes.count
    }

    /// Stages the elements of `range` at indexes that are `distance` higher. Those that stood there must have been
    /// moved, or go.
    private mutating func move(
        _ range: Range<Int>, by distance: Int, _ transaction: any CheckedTransaction
    ) throws {
        // The last come first when they move up: no element is written over before it is read.
        var index = distance > 0 ? range.upperBound - 1 : range.lowerBound
        try forEachStaging(range, reverse: distance > 0, transaction) { list, element in
            list.set(element, at: index + distance, transaction)
            index += distance > 0 ? -1 : 1
        }
    }

    /// How many bytes are read before some are staged.
    private static let pieceSize = 1 << 18

    /// Lends the elements of `range`, which are all there, to who stages something for each.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    mutating func forEachStaging(
        _ range: Range<Int>, reverse: Bool = false, _ transaction: any CheckedTransaction,
        _ body: (inout BigElements, Span<UInt8>) -> Void
    ) throws {
        var rest = range
        while !rest.isEmpty {
            var piece = InlineElements()
            var read = 0
            try forEachElement(rest, reverse: reverse, transaction) { element in
                piece.append(element)
                read += 1
                return piece.bytes.count < BigElements.pieceSize
            }
            var items = piece.items
            while let element = try items.next() { body(&self, element) }
            rest = reverse ? rest.dropLast(read) : rest.dropFirst(read)
        }
    }
}
