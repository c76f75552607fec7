/// What a transaction has staged: the latest operation on each key, in the order of the keys. All bytes lie one after
/// another, so that staging one more allocates nothing.
struct StagedWrites: Sendable {
    /// Where the key and the value of an operation are among the bytes.
    struct Operation: Sendable {
        fileprivate let keyStart: Int
        fileprivate let keyCount: Int
        fileprivate let valueStart: Int
        /// -1 marks a delete.
        fileprivate let valueCount: Int

        var isDelete: Bool { valueCount < 0 }
    }

    typealias Position = SortedBlocks<Operation>.Position

    /// An operation that was staged, and the one on the same key whose place it took.
    private struct Change: Sendable {
        let operation: Operation
        let previous: Operation?
    }

    private var operations = SortedBlocks<Operation>()
    private var bytes: [UInt8] = []
    /// Whether later operations can be taken back: what that takes is kept from then on.
    var keepsChanges = false
    /// The changes in the order they came, where they are kept.
    private var changes: [Change] = []
    let order: KeyOrder

    init(order: KeyOrder) { self.order = order }

    /// Forgets all operations and keeps the memory for others, unless it is much.
    mutating func clear() {
        guard bytes.capacity <= StagedWrites.mostBytesKept else {
            self = StagedWrites(order: order)
            return
        }
        operations.clear()
        bytes.removeAll(keepingCapacity: true)
        keepsChanges = false
        changes.removeAll()
    }

    private static var mostBytesKept: Int { 64 << 10 }

    var isEmpty: Bool { operations.isEmpty }
    var start: Position { operations.start }
    var end: Position { operations.end }

    /// How many operations were staged since changes are kept, those on the same key included.
    var count: Int { changes.count }

    /// How many bytes the keys and values have, those included that were staged over.
    var byteCount: Int { bytes.count }

    subscript(position: Position) -> Operation { operations[position] }

    @_lifetime(borrow self)
    @inline(__always)
    borrowing func key(of operation: Operation) -> Span<UInt8> {
        bytes.span.extracting(operation.keyStart..<operation.keyStart + operation.keyCount)
    }

    /// The value of an operation that is a put.
    @_lifetime(borrow self)
    @inline(__always)
    borrowing func value(of operation: Operation) -> Span<UInt8> {
        bytes.span.extracting(operation.valueStart..<operation.valueStart + operation.valueCount)
    }

    func position(after position: Position) -> Position { operations.position(after: position) }
    func position(before position: Position) -> Position? { operations.position(before: position) }

    /// The place of the first operation at or after `key`.
    ///
    /// - Complexity: O(log *n*).
    func position(atOrAfter key: Span<UInt8>) -> Position {
        operations.position { order.compare(self.key(of: $0), key) }
    }

    /// Whether the operation at `position` is there and is one on `key`.
    func holds(_ key: Span<UInt8>, at position: Position) -> Bool {
        operations.holds(position) && order.compare(self.key(of: operations[position]), key) == 0
    }

    /// Makes it known that the next operation is likely to be staged at `position`.
    mutating func expectChange(at position: Position) { operations.expectChange(at: position) }

    /// The operation on `key`.
    func operation(on key: Span<UInt8>) -> Operation? {
        if isEmpty { return nil }
        let position = position(atOrAfter: key)
        return holds(key, at: position) ? operations[position] : nil
    }

    /// Stages an operation on the key that `head` and `tail` make: a put, or a delete where there is no value.
    ///
    /// - Complexity: O(log *n*), and moves at most a block's worth of places.
    mutating func set(_ head: Span<UInt8>, _ tail: Span<UInt8>, to value: Span<UInt8>?) {
        let keyCount = head.count + tail.count
        let valueCount = value?.count ?? 0
        if bytes.isEmpty { bytes.reserveCapacity(max(1024, keyCount + valueCount)) }
        let start = bytes.count
        if let value { bytes.append(copying: head, tail, value) } else { bytes.append(copying: head, tail, Span()) }
        let operation = Operation(
            keyStart: start, keyCount: keyCount, valueStart: start + keyCount,
            valueCount: value == nil ? -1 : valueCount)
        let found = place(of: operation)
        guard operations.holds(found), order.compare(key(of: operations[found]), key(of: operation)) == 0 else {
            if keepsChanges { changes.append(Change(operation: operation, previous: nil)) }
            return operations.insert(operation, at: found)
        }
        if keepsChanges { changes.append(Change(operation: operation, previous: operations[found])) }
        operations[found] = operation
    }

    /// Takes back all operations but the first `count` since changes are kept.
    ///
    /// - Complexity: O(log *n*) for each that is taken back.
    mutating func truncate(to count: Int) {
        while changes.count > count, let change = changes.popLast() {
            let position = position(atOrAfter: key(of: change.operation))
            if let previous = change.previous {
                operations[position] = previous
            } else {
                operations.remove(at: position)
            }
            bytes.removeSubrange(change.operation.keyStart...)
        }
    }

    private func place(of operation: Operation) -> Position {
        let key = key(of: operation)
        return operations.positionNearLatest { order.compare(self.key(of: $0), key) }
    }
}
