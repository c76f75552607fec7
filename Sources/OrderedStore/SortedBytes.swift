/// How keys are ordered: by their bytes, or as a store's own comparator says.
package struct KeyOrder: Sendable {
    private let custom: (@Sendable (Span<UInt8>, Span<UInt8>) -> Int)?

    /// Byte order.
    package static let bytewise = KeyOrder(custom: nil)

    /// The order of `compare`, which returns a negative number, zero or a positive number.
    package init(_ compare: @escaping @Sendable (Span<UInt8>, Span<UInt8>) -> Int) {
        custom = compare
    }

    private init(custom: (@Sendable (Span<UInt8>, Span<UInt8>) -> Int)?) {
        self.custom = custom
    }

    /// Compares two keys.
    package func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
        if let custom { custom(left, right) } else { left.compare(to: right) }
    }

    /// Compares an owned key with a lent one.
    package func compare(_ left: [UInt8], _ right: Span<UInt8>) -> Int {
        compare(left.span, right)
    }
}

/// A sorted dictionary of byte keys, in blocks: inserting moves at most a block's worth of elements, and a
/// copy shares all blocks that neither side changes.
package struct SortedBytes<Payload: Sendable>: Sendable {
    package struct Element: Sendable {
        package let key: [UInt8]
        package var payload: Payload
    }

    /// A place between or on elements; valid until the next change.
    package struct Position: Comparable, Sendable {
        var block: Int
        var offset: Int

        package static func < (left: Position, right: Position) -> Bool {
            (left.block, left.offset) < (right.block, right.offset)
        }
    }

    private static var mostPerBlock: Int { 256 }

    /// Never empty, each sorted, and all before the next one's.
    private var blocks: [[Element]] = []
    /// The number of elements.
    package private(set) var count = 0
    /// Where the last element was set: neighbouring keys tend to follow each other.
    private var latest: Position?
    package let order: KeyOrder

    package init(order: KeyOrder = .bytewise) {
        self.order = order
    }

    package var isEmpty: Bool { count == 0 }
    package var start: Position { Position(block: 0, offset: 0) }
    package var end: Position { Position(block: blocks.count, offset: 0) }

    package subscript(position: Position) -> Element { blocks[position.block][position.offset] }

    /// The place after `position`, which is not the end.
    package func position(after position: Position) -> Position {
        position.offset + 1 < blocks[position.block].count
            ? Position(block: position.block, offset: position.offset + 1)
            : Position(block: position.block + 1, offset: 0)
    }

    /// The place before `position`; `nil` at the start.
    package func position(before position: Position) -> Position? {
        if position.offset > 0 { return Position(block: position.block, offset: position.offset - 1) }
        if position.block == 0 { return nil }
        return Position(block: position.block - 1, offset: blocks[position.block - 1].count - 1)
    }

    /// The place of the first element at or after `key`.
    ///
    /// - Complexity: O(log *n*).
    package func position(atOrAfter key: Span<UInt8>) -> Position {
        // The last block whose first key is not above `key`, or the first block.
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if order.compare(blocks[middle][0].key, key) <= 0 { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return start }
        let block = low - 1
        low = 0
        high = blocks[block].count
        while low < high {
            let middle = (low + high) / 2
            if order.compare(blocks[block][middle].key, key) < 0 { low = middle + 1 } else { high = middle }
        }
        return low < blocks[block].count
            ? Position(block: block, offset: low) : Position(block: block + 1, offset: 0)
    }

    /// The payload of `key`.
    package subscript(key: Span<UInt8>) -> Payload? {
        guard !blocks.isEmpty else { return nil }
        let position = position(atOrAfter: key)
        guard holds(key, at: position) else { return nil }
        return blocks[position.block][position.offset].payload
    }

    /// Sets the payload of `key`.
    ///
    /// - Complexity: O(log *n*), and moves at most a block's worth of elements.
    package mutating func set(_ key: Span<UInt8>, to payload: Payload) {
        let found = positionNearLatest(atOrAfter: key)
        if holds(key, at: found) {
            blocks[found.block][found.offset].payload = payload
            latest = found
            return
        }
        count += 1
        let element = Element(key: key.array, payload: payload)
        guard !blocks.isEmpty else {
            blocks.append([element])
            return
        }
        var block = found.block
        var offset = found.offset
        // Between two blocks there is a choice: the end of the one before, unless only the one behind has room.
        if offset == 0 && block > 0
            && (block == blocks.count || blocks[block - 1].count < SortedBytes.mostPerBlock)
        {
            block -= 1
            offset = blocks[block].count
        }
        if blocks[block].count == SortedBytes.mostPerBlock {
            split(&block, &offset)
        }
        blocks[block].insert(element, at: offset)
        latest = Position(block: block, offset: offset)
    }

    /// As ``position(atOrAfter:)``, which it need not ask when the key follows the one that was set last.
    private func positionNearLatest(atOrAfter key: Span<UInt8>) -> Position {
        if let latest, latest.block < blocks.count, latest.offset < blocks[latest.block].count,
            order.compare(blocks[latest.block][latest.offset].key, key) < 0
        {
            let next = position(after: latest)
            if next == end || order.compare(blocks[next.block][next.offset].key, key) >= 0 { return next }
        }
        return position(atOrAfter: key)
    }

    /// Removes `key`.
    package mutating func remove(_ key: Span<UInt8>) {
        let position = position(atOrAfter: key)
        guard holds(key, at: position) else { return }
        count -= 1
        blocks[position.block].remove(at: position.offset)
        if blocks[position.block].isEmpty {
            blocks.remove(at: position.block)
        } else {
            joinNext(position.block)
        }
    }

    /// Whether the element at `position` is there and is `key`'s.
    func holds(_ key: Span<UInt8>, at position: Position) -> Bool {
        position.block < blocks.count
            && order.compare(blocks[position.block][position.offset].key, key) == 0
    }

    /// Joins a block with the next one when both are nearly empty, so that removing leaves no crumbs behind.
    private mutating func joinNext(_ block: Int) {
        let next = block + 1
        guard next < blocks.count, blocks[block].count + blocks[next].count <= SortedBytes.mostPerBlock / 4 else {
            return
        }
        blocks[block].append(contentsOf: blocks[next])
        blocks.remove(at: next)
    }

    /// Makes room at a full block's place; ascending inserts leave full blocks behind.
    private mutating func split(_ block: inout Int, _ offset: inout Int) {
        let full = blocks[block]
        let cut = offset == full.count ? full.count : full.count / 2
        blocks.insert(Array(full[cut...]), at: block + 1)
        blocks[block].removeSubrange(cut...)
        if offset >= cut {
            block += 1
            offset -= cut
        }
    }
}
