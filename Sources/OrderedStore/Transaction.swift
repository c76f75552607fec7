/// A transaction's view: what the store held when it began, under what it has staged since.
///
/// An engine makes one over its snapshot, hands it to the body, and commits ``staged``.
public struct Transaction<Base: StoreReader & ~Copyable>: StoreReader, StoreWriter, ~Copyable {
    private let order: KeyOrder
    private var writes: StagedWrites
    /// Stretches of keys, from the element's on, in which the base has none; the payload is its first key behind.
    private var gaps: SortedBytes<[UInt8]?>
    /// The last, as its size is not known here: where the others are is known then without asking.
    private let base: Base

    /// A transaction that has read and staged nothing yet.
    public init(over base: consuming Base) {
        self.init(over: base, order: .bytewise)
    }

    /// A transaction on a store whose keys are ordered by `order`.
    ///
    /// - Parameter memory: what an earlier one has left of its own.
    package init(over base: consuming Base, order: KeyOrder, in memory: consuming StagingMemory = StagingMemory()) {
        self.order = order
        writes = memory.writes ?? StagedWrites(order: order)
        gaps = SortedBytes(order: order)
        self.base = base
    }

    /// Leaves the memory of what was staged, which is forgotten, to a later transaction on the same store.
    package mutating func takeMemory() -> StagingMemory {
        var left = StagedWrites(order: order)
        swap(&writes, &left)
        left.clear()
        return StagingMemory(writes: left)
    }

    /// What the body has staged, in key order: what is to be written.
    public var staged: WriteBatch {
        var batch = WriteBatch()
        forEachStaged { key, value in
            if let value { batch.put(key, value) } else { batch.delete(key) }
        }
        return batch
    }

    /// How many bytes the keys and values have that were staged, what was staged over again included.
    package var stagedByteCount: Int { writes.byteCount }

    /// Has what is staged from now on be such that ``truncate(to:)`` can take it back.
    package mutating func keepChanges() { writes.keepsChanges = true }

    /// How many operations were staged since ``keepChanges()``, to take later ones back with ``truncate(to:)``.
    package var stagedCount: Int { writes.count }

    /// Takes back what was staged after the first `count` operations since ``keepChanges()``.
    package mutating func truncate(to count: Int) {
        guard count < writes.count else { return }
        writes.truncate(to: count)
        gaps = SortedBytes(order: order)
    }

    /// Whether the body has staged nothing.
    package var isUnchanged: Bool { writes.isEmpty }

    /// Calls `body` with each operation of ``staged``; the value is `nil` for a delete.
    package func forEachStaged(_ body: (_ key: Span<UInt8>, _ value: Span<UInt8>?) -> Void) {
        var position = writes.start
        while position != writes.end {
            let operation = writes[position]
            body(writes.key(of: operation), operation.isDelete ? nil : writes.value(of: operation))
            position = writes.position(after: position)
        }
    }

    /// Whether there is no key in `range`, among what was there and what is staged. For who asks about one range
    /// after another: what one call finds out about the keys between is not looked up again.
    ///
    /// - Throws: ``StoreError`` when the store's bytes are damaged.
    package mutating func isEmpty(_ range: KeyRange) throws(StoreError) -> Bool {
        let lower = range.lower
        let next = writes.position(atOrAfter: lower.span)
        if next != writes.end {
            // What is staged in the range may be deletes only: that takes a closer look.
            if isBelow(range.upper, writes.key(of: writes[next])) {
                var cursor = cursor(in: range, options: ScanOptions(limit: 1, keysOnly: true))
                return try cursor.next() == nil
            }
        }
        if isInGap(range) { return true }
        var key: [UInt8]?
        do {
            var cursor = base.cursor(in: KeyRange(from: lower), options: ScanOptions(limit: 1, keysOnly: true))
            if let entry = try cursor.next() { key = entry.key.array }
        }
        if let key, isBelow(range.upper, key.span) { return false }
        // What is staged first may be all, and nothing asked after it.
        if !writes.isEmpty { gaps.set(lower.span, to: key) }
        return true
    }

    /// Whether nothing is staged on keys that begin with `prefix`, neither a put nor a delete. For who is about to put
    /// some: their place is not looked up again.
    package mutating func isUntouched(under prefix: Span<UInt8>) -> Bool {
        if writes.isEmpty { return true }
        let next = writes.position(atOrAfter: prefix)
        writes.expectChange(at: next)
        return next == writes.end || !writes.key(of: writes[next]).starts(with: prefix)
    }

    /// The value that is stored for `key`, whatever is staged.
    package func getStored(_ key: Span<UInt8>) throws(StoreError) -> Value? { try base.get(key) }

    private func isInGap(_ range: KeyRange) -> Bool {
        let lower = range.lower
        var position = gaps.position(atOrAfter: lower.span)
        if !gaps.holds(lower.span, at: position) {
            guard let before = gaps.position(before: position) else { return false }
            position = before
        }
        guard let key = gaps[position].payload else { return true }
        return !isBelow(range.upper, key.span)
    }

    private func isBelow(_ upper: [UInt8]?, _ key: Span<UInt8>) -> Bool {
        guard let upper else { return true }
        return order.compare(key, upper.span) < 0
    }

    public func get(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        if let operation = writes.operation(on: key) {
            return operation.isDelete ? nil : Value(copying: writes.value(of: operation))
        }
        return try base.get(key)
    }

    public func knows(_ key: Span<UInt8>) -> Bool {
        if let operation = writes.operation(on: key) { return !operation.isDelete }
        return base.knows(key)
    }

    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        writes.set(key, Span(), to: value)
    }

    /// Stages `value` for the key that `head` and `tail` make.
    package mutating func put(_ head: Span<UInt8>, _ tail: Span<UInt8>, _ value: Span<UInt8>) {
        writes.set(head, tail, to: value)
    }

    public mutating func delete(_ key: Span<UInt8>) {
        writes.set(key, Span(), to: nil)
    }

    /// A cursor that merges what is staged into what was there. Holds off further writes while it lives.
    @_lifetime(borrow self)
    public func cursor(in range: KeyRange, options: ScanOptions) -> TransactionCursor<Base.Cursor> {
        var unlimited = options
        unlimited.limit = nil
        return TransactionCursor(
            over: base.cursor(in: range, options: unlimited), writes: writes, range: range, options: options)
    }
}

/// What a transaction leaves to the next one, where making it anew would be much of a small one.
package struct StagingMemory: Sendable {
    fileprivate let writes: StagedWrites?

    fileprivate init(writes: StagedWrites) { self.writes = writes }

    /// Nothing.
    package init() { writes = nil }
}

/// Merges a transaction's staged writes into a cursor over the store.
public struct TransactionCursor<Base: StoreCursor & ~Copyable & ~Escapable>: StoreCursor, ~Copyable, ~Escapable {
    private enum Source { case none, base, staged, both }
    private enum Heading { case ahead, back }

    private var base: Base
    private let writes: StagedWrites
    private let first: StagedWrites.Position
    private let last: StagedWrites.Position
    private let reverse: Bool
    private let keysOnly: Bool
    private var remaining: Int?

    /// Where in `writes` the cursor stands; `nil` beyond either end.
    private var position: StagedWrites.Position?
    private var operation: StagedWrites.Operation?
    /// Which of the two holds the current entry.
    private var source = Source.none
    /// Both stand at or beyond the current entry, in this direction. With no current entry the cursor ran
    /// off that end, and a new one counts as having run off its front.
    private var heading = Heading.back
    /// What `seek` was asked for, until the first move after it.
    private var sought: [UInt8]?

    @_lifetime(copy base)
    init(
        over base: consuming Base, writes: StagedWrites, range: KeyRange, options: ScanOptions
    ) {
        self.base = base
        self.writes = writes
        reverse = options.reverse
        keysOnly = options.keysOnly
        remaining = options.limit
        first = range.lower.isEmpty ? writes.start : writes.position(atOrAfter: range.lower.span)
        var end = writes.end
        if let upper = range.upper { end = writes.position(atOrAfter: upper.span) }
        // A range that ends before it starts holds nothing.
        last = Swift.max(first, end)
    }

    public var current: Entry? {
        @_lifetime(borrow self)
        borrowing get {
            switch source {
            case .none: return nil
            case .base: return base.current
            case .staged, .both:
                guard let operation, !operation.isDelete else { return nil }
                let value = writes.value(of: operation)
                let entry = Entry(
                    key: writes.key(of: operation), value: keysOnly ? value.extracting(first: 0) : value)
                // The bytes are this cursor's.
                return unsafe _overrideLifetime(entry, borrowing: self)
            }
        }
    }

    @_lifetime(&self)
    public mutating func next() throws(StoreError) -> Entry? {
        if let remaining, remaining <= 0 { return nil }
        try move(.ahead)
        if let remaining, source != .none { self.remaining = remaining - 1 }
        return current
    }

    @_lifetime(&self)
    public mutating func previous() throws(StoreError) -> Entry? {
        try move(.back)
        return current
    }

    public mutating func seek(to key: Span<UInt8>) throws(StoreError) {
        try align(.ahead, at: key, including: true)
        source = .none
        sought = key.array
    }

    public borrowing func checkIntact() throws(StoreError) { try base.checkIntact() }

    /// Moves to the nearest entry in `direction`.
    private mutating func move(_ direction: Heading) throws(StoreError) {
        if let key = sought {
            sought = nil
            if direction == .back { try align(.back, at: key.span, including: false) }
        } else if direction == heading || source == .none {
            try step(direction)
        } else {
            let key = currentKey()
            try align(direction, at: key.span, including: false)
        }
        heading = direction
        try settle(direction)
    }

    /// Chooses the nearer of the two, and passes over what was deleted.
    private mutating func settle(_ direction: Heading) throws(StoreError) {
        let sign = (direction == .ahead) == reverse ? -1 : 1
        while true {
            switch (base.current, operation) {
            case (nil, nil):
                source = .none
                return
            case (_?, nil):
                source = .base
                return
            case (nil, _?):
                source = .staged
            case (let entry?, let operation?):
                let order = sign * writes.order.compare(entry.key, writes.key(of: operation))
                if order < 0 {
                    source = .base
                    return
                }
                source = order == 0 ? .both : .staged
            }
            if let operation, !operation.isDelete { return }
            try step(direction)
        }
    }

    /// Moves whichever of the two holds the current entry.
    private mutating func step(_ direction: Heading) throws(StoreError) {
        if source == .none {
            // Beyond an end: both turn round there.
            guard direction != heading else { return }
            try stepBase(direction)
            let entering = (direction == .ahead) != reverse ? (first == last ? nil : first) : before(last)
            place(entering)
            return
        }
        if source == .base || source == .both { try stepBase(direction) }
        if source == .staged || source == .both, let position {
            if (direction == .ahead) != reverse {
                let next = writes.position(after: position)
                place(next == last ? nil : next)
            } else {
                place(before(position))
            }
        }
    }

    private func baseStands(on key: Span<UInt8>) -> Bool {
        guard let entry = base.current else { return false }
        return writes.order.compare(entry.key, key) == 0
    }

    private mutating func stepBase(_ direction: Heading) throws(StoreError) {
        if direction == .ahead { _ = try base.next() } else { _ = try base.previous() }
    }

    /// Places both at the first entry from `key` on in `direction`, with or without `key` itself.
    private mutating func align(_ direction: Heading, at key: Span<UInt8>, including: Bool) throws(StoreError) {
        try base.seek(to: key)
        try stepBase(direction)
        if !including && baseStands(on: key) { try stepBase(direction) }
        let ascending = (direction == .ahead) != reverse
        var found = writes.position(atOrAfter: key)
        let isThere = writes.holds(key, at: found)
        if ascending {
            if isThere && !including { found = writes.position(after: found) }
            if found < first { found = first }
            place(found < last ? found : nil)
        } else if isThere && including && found < last {
            place(found < first ? nil : found)
        } else {
            place(before(found < last ? found : last))
        }
        heading = direction
    }

    private func before(
        _ position: StagedWrites.Position
    ) -> StagedWrites.Position? {
        first < position ? writes.position(before: position) : nil
    }

    private mutating func place(_ position: StagedWrites.Position?) {
        self.position = position
        operation = position.map { writes[$0] }
    }

    private func currentKey() -> [UInt8] {
        current?.key.array ?? []
    }
}
