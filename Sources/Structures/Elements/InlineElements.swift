internal import OrderedStore

/// The items of a small collection, to be changed in place: see ``PackedItems``.
///
/// Items are named by their positions: where they begin in the bytes. A change moves the items behind it.
package struct InlineElements: Sendable {
    /// The most elements that are kept in the metadata, whatever the number of items an element has.
    package static let mostElements = 128
    /// The most bytes that they take there.
    package static let mostBytes = 4_096

    /// What is stored.
    package private(set) var bytes: [UInt8]
    /// How many items there are.
    package private(set) var count: Int

    /// No items.
    package init() {
        bytes = [0, 0]
        count = 0
    }

    /// The items of an inline collection's metadata.
    package init(_ body: Span<UInt8>) {
        count = PackedItems.count(body)
        bytes = []
        bytes.reserveCapacity(body.count + 64)
        if body.count < PackedItems.start { bytes = [0, 0] } else { bytes.append(copying: body) }
    }

    /// The items, to be read one after another.
    package var items: PackedItems {
        @_lifetime(borrow self)
        borrowing get { PackedItems(bytes.span) }
    }

    /// The first item's position.
    package var start: Int { PackedItems.start }

    /// The position behind the last item.
    package var end: Int { bytes.count }

    /// The position of the item that `number` items lie before, from `position` on; ``end`` when there are fewer.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    /// - Complexity: O(`number`).
    package func position(after number: Int, from position: Int = PackedItems.start) throws(StructureError) -> Int {
        try PackedItems.position(bytes.span, after: number, from: position)
    }

    /// Where the bytes of the item at `position` lie; the next item's position is where they end.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    package func range(at position: Int) throws(StructureError) -> Range<Int> {
        try PackedItems.item(bytes.span, at: position)
    }

    /// The bytes that lie in `range`.
    package subscript(range: Range<Int>) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { bytes.span.extracting(range) }
    }

    /// The position of the first item that is `item`, among the first of each `step` items; `nil` when there is none.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*) in the items.
    package func find(_ item: Span<UInt8>, step: Int = 1) throws(StructureError) -> Int? {
        let span = bytes.span
        var position = PackedItems.start
        while position < span.count {
            let range = try PackedItems.item(span, at: position)
            if span.extracting(range).equals(item) { return position }
            position = try PackedItems.position(span, after: step - 1, from: range.upperBound)
        }
        return nil
    }

    /// Whether there is room for one more item of `bytes` bytes.
    ///
    /// - Parameter mostItems: the most items that are allowed.
    package func hasRoom(for bytes: Int, mostItems: Int = mostElements) -> Bool {
        count < mostItems && bytes <= InlineElements.mostBytes
            && self.bytes.count + bytes + 2 <= InlineElements.mostBytes
    }

    /// Puts an item before the one at `position`.
    ///
    /// - Complexity: O(*n*) in the bytes behind it.
    package mutating func insert(_ item: Span<UInt8>, at position: Int) {
        replace(position..<position, with: item)
        setCount(count + 1)
    }

    /// Puts an item behind the last.
    package mutating func append(_ item: Span<UInt8>) {
        bytes.appendVarint(UInt64(item.count))
        bytes.append(copying: item)
        setCount(count + 1)
    }

    /// Replaces the item at `position`.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*) in the bytes behind it when the length changes.
    package mutating func replace(at position: Int, with item: Span<UInt8>) throws(StructureError) {
        let old = try range(at: position)
        replace(position..<old.upperBound, with: item)
    }

    /// Removes `number` items from `position` on, or all there are.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    /// - Complexity: O(*n*) in the bytes behind them.
    package mutating func remove(_ number: Int = 1, at position: Int) throws(StructureError) {
        var (end, removed) = (position, 0)
        while removed < number, end < bytes.count {
            end = try range(at: end).upperBound
            removed += 1
        }
        bytes.removeSubrange(position..<end)
        setCount(count - removed)
    }

    private mutating func replace(_ old: Range<Int>, with item: Span<UInt8>) {
        let head = [UInt8].varintCount(UInt64(item.count))
        bytes.replaceSubrange(old, with: repeatElement(0, count: head + item.count))
        var position = old.lowerBound
        var length = UInt64(item.count)
        var target = bytes.mutableSpan
        while length >= 0x80 {
            target[position] = UInt8(truncatingIfNeeded: length) | 0x80
            length >>= 7
            position += 1
        }
        target[position] = UInt8(truncatingIfNeeded: length)
        for index in item.indices { target[position + 1 + index] = item[index] }
    }

    private mutating func setCount(_ number: Int) {
        count = Swift.max(0, number)
        bytes[0] = UInt8(truncatingIfNeeded: count >> 8)
        bytes[1] = UInt8(truncatingIfNeeded: count)
    }
}
