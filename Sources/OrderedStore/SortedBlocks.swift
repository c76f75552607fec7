/// Elements in order, in blocks: inserting moves at most a block's worth of them, and a copy shares all blocks that
/// neither side changes. What the order is, each call says.
struct SortedBlocks<Element: Sendable>: Sendable {
    /// A place between or on elements; valid until the next change.
    struct Position: Comparable, Sendable {
        var block: Int
        var offset: Int

        @inline(__always)
        static func < (left: Position, right: Position) -> Bool {
            left.block == right.block ? left.offset < right.offset : left.block < right.block
        }
    }

    private static var mostPerBlock: Int { 64 }

    /// Never empty, each sorted, and all before the next one's.
    private var blocks: [[Element]] = []
    /// The memory of a block that is no more, for the first one.
    private var spare: [Element] = []
    /// The number of elements.
    private(set) var count = 0
    /// Where the last element was set: neighbouring ones tend to follow each other.
    private var latest: Position?

    var isEmpty: Bool { count == 0 }
    var start: Position { Position(block: 0, offset: 0) }
    var end: Position { Position(block: blocks.count, offset: 0) }

    subscript(position: Position) -> Element {
        @inline(__always) get { blocks[position.block][position.offset] }
        @inline(__always) set {
            blocks[position.block][position.offset] = newValue
            latest = position
        }
    }

    /// The place after `position`, which is not the end.
    func position(after position: Position) -> Position {
        position.offset + 1 < blocks[position.block].count
            ? Position(block: position.block, offset: position.offset + 1)
            : Position(block: position.block + 1, offset: 0)
    }

    /// The place before `position`; `nil` at the start.
    func position(before position: Position) -> Position? {
        if position.offset > 0 { return Position(block: position.block, offset: position.offset - 1) }
        if position.block == 0 { return nil }
        return Position(block: position.block - 1, offset: blocks[position.block - 1].count - 1)
    }

    /// The place of the first element that `compare` does not say to be below what is sought.
    ///
    /// - Parameter compare: a negative number for an element below it, zero, or a positive number.
    /// - Complexity: O(log *n*).
    @inline(__always)
    func position(atOrAfter compare: (Element) -> Int) -> Position {
        // The last block whose first element is not above, or the first block.
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if compare(blocks[middle][0]) <= 0 { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return start }
        let block = low - 1
        low = 0
        high = blocks[block].count
        while low < high {
            let middle = (low + high) / 2
            if compare(blocks[block][middle]) < 0 { low = middle + 1 } else { high = middle }
        }
        return low < blocks[block].count
            ? Position(block: block, offset: low) : Position(block: block + 1, offset: 0)
    }

    /// As ``position(atOrAfter:)``, which it need not ask when the place is behind that of the last change.
    @inline(__always)
    func positionNearLatest(atOrAfter compare: (Element) -> Int) -> Position {
        if let latest, latest.block < blocks.count, latest.offset < blocks[latest.block].count,
            compare(blocks[latest.block][latest.offset]) < 0
        {
            let next = position(after: latest)
            if next == end || compare(blocks[next.block][next.offset]) >= 0 { return next }
        }
        return position(atOrAfter: compare)
    }

    /// Makes it known that the next change is likely to be at `position`: ``positionNearLatest(atOrAfter:)`` looks there.
    mutating func expectChange(at position: Position) {
        if let before = self.position(before: position) { latest = before }
    }

    /// Whether there is an element at `position`.
    @inline(__always)
    func holds(_ position: Position) -> Bool { position.block < blocks.count }

    /// Inserts an element at its place.
    ///
    /// - Complexity: moves at most a block's worth of elements.
    mutating func insert(_ element: Element, at position: Position) {
        count += 1
        guard !blocks.isEmpty else {
            var block: [Element] = []
            swap(&block, &spare)
            if block.capacity == 0 { block.reserveCapacity(16) }
            block.append(element)
            blocks.append(block)
            latest = start
            return
        }
        var block = position.block
        var offset = position.offset
        // Between two blocks there is a choice: the end of the one before, unless only the one behind has room.
        if offset == 0 && block > 0
            && (block == blocks.count || blocks[block - 1].count < SortedBlocks.mostPerBlock)
        {
            block -= 1
            offset = blocks[block].count
        }
        if blocks[block].count == SortedBlocks.mostPerBlock { split(&block, &offset) }
        if offset == blocks[block].count {
            blocks[block].append(element)
        } else {
            blocks[block].insert(element, at: offset)
        }
        latest = Position(block: block, offset: offset)
    }

    /// Removes all elements, and keeps the memory of a block.
    mutating func clear() {
        if !blocks.isEmpty { swap(&spare, &blocks[0]) }
        spare.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        latest = nil
        count = 0
    }

    /// Removes the element at `position`.
    mutating func remove(at position: Position) {
        count -= 1
        blocks[position.block].remove(at: position.offset)
        if blocks[position.block].isEmpty {
            blocks.remove(at: position.block)
        } else {
            joinNext(position.block)
        }
    }

    /// Joins a block with the next one when both are nearly empty, so that removing leaves no crumbs behind.
    private mutating func joinNext(_ block: Int) {
        let next = block + 1
        guard next < blocks.count, blocks[block].count + blocks[next].count <= SortedBlocks.mostPerBlock / 4 else {
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
