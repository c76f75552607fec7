internal import Synchronization

/// A store in memory: for tests, caches and trying things out. Nothing outlives it, so both durabilities
/// mean the same.
///
/// A snapshot shares everything with the store until one of the two changes. Blind writes go side by side
/// with each other; a transaction has the store to itself, and what would wait for it from inside its own
/// body is refused as ``StoreError/Code/busy``.
public final class MemoryStore: OrderedStore {
    private let entries = Mutex(SortedBytes<[UInt8]>())
    /// Blind writes enter together, a transaction alone.
    private let gate = Gate()

    /// An empty store.
    public init() {}

    /// - Complexity: O(log *n*), and copies the value.
    public func get(_ key: Span<UInt8>) -> Value? {
        let found = entries.withLock { $0[key] }
        guard let found else { return nil }
        return Value(copying: found.span)
    }

    /// - Complexity: O(1). While a snapshot lives, the first change of each block of entries copies that block.
    public func snapshot() -> Snapshot {
        Snapshot(entries: entries.withLock { $0 })
    }

    /// - Complexity: O(*m* log *n*) for *m* operations.
    /// - Throws: ``StoreError/Code/busy`` inside the body of a transaction on this store.
    public func write(_ batch: borrowing WriteBatch, durability: Durability) throws(StoreError) {
        guard gate.enter() else { throw MemoryStore.busy("write", "Stage it with the transaction instead.") }
        defer { gate.leave() }
        apply(batch)
    }

    /// - Throws: ``StoreError/Code/busy`` inside the body of another transaction on this store; what `body` throws.
    public func transact<Result>(
        durability: Durability, _ body: (inout Transaction<Snapshot>) throws -> Result
    ) throws -> Result {
        guard gate.enterAlone() else { throw MemoryStore.busy("transact", "Use the outer transaction instead.") }
        defer { gate.leaveAlone() }
        var transaction = Transaction(over: snapshot())
        let result = try body(&transaction)
        let staged = transaction.staged
        // Lets go of the snapshot first, so that writing copies nothing.
        _ = consume transaction
        apply(staged)
        return result
    }

    private func apply(_ batch: borrowing WriteBatch) {
        entries.withLock { entries in
            batch.forEach { key, value in
                if let value { entries.set(key, to: value.array) } else { entries.remove(key) }
            }
        }
    }

    private static func busy(_ operation: String, _ advice: String) -> StoreError {
        StoreError(
            .busy, operation: operation,
            message:
                "this thread is inside the body of a transaction on this store and would wait for itself. \(advice)")
    }
}

extension MemoryStore {
    /// One moment of a ``MemoryStore``. Copies and threads may share it.
    public struct Snapshot: StoreReader, Sendable {
        fileprivate let entries: SortedBytes<[UInt8]>

        /// - Complexity: O(log *n*), and copies the value.
        public func get(_ key: Span<UInt8>) -> Value? {
            guard let found = entries[key] else { return nil }
            return Value(copying: found.span)
        }

        /// - Complexity: O(log *n*).
        @_lifetime(borrow self)
        public func cursor(in range: KeyRange, options: ScanOptions) -> Cursor {
            Cursor(over: self, range: range, options: options)
        }
    }

    /// Moves over a range of a ``Snapshot``.
    public struct Cursor: StoreCursor, ~Copyable, ~Escapable {
        private typealias Position = SortedBytes<[UInt8]>.Position

        private let entries: SortedBytes<[UInt8]>
        private let first: Position
        private let last: Position
        private let reverse: Bool
        private let keysOnly: Bool
        private var remaining: Int?
        /// The entry the cursor stands on, or in a gap the one above it.
        private var position: Position
        /// What is at `position`; `nil` in a gap.
        private var element: SortedBytes<[UInt8]>.Element?

        @_lifetime(borrow snapshot)
        fileprivate init(over snapshot: borrowing Snapshot, range: KeyRange, options: ScanOptions) {
            entries = snapshot.entries
            first = entries.position(atOrAfter: range.lower.span)
            let end = range.upper.map { [entries] in entries.position(atOrAfter: $0.span) } ?? entries.end
            // A range that ends before it starts holds nothing.
            last = Swift.max(first, end)
            reverse = options.reverse
            keysOnly = options.keysOnly
            remaining = options.limit
            position = reverse ? last : first
        }

        public var current: Entry? {
            @_lifetime(borrow self)
            borrowing get {
                guard let element else { return nil }
                let value = element.payload.span
                let entry = Entry(key: element.key.span, value: keysOnly ? value.extracting(first: 0) : value)
                // The arrays live in `element`, which this cursor holds until it moves.
                return unsafe _overrideLifetime(entry, borrowing: self)
            }
        }

        /// - Complexity: O(1).
        @_lifetime(&self)
        public mutating func next() -> Entry? {
            if let remaining, remaining <= 0 { return nil }
            if reverse { moveDown() } else { moveUp() }
            if let remaining, element != nil { self.remaining = remaining - 1 }
            return current
        }

        /// - Complexity: O(1).
        @_lifetime(&self)
        public mutating func previous() -> Entry? {
            if reverse { moveUp() } else { moveDown() }
            return current
        }

        /// - Complexity: O(log *n*).
        public mutating func seek(to key: Span<UInt8>) {
            var found = entries.position(atOrAfter: key)
            if reverse && entries.holds(key, at: found) { found = entries.position(after: found) }
            position = Swift.min(Swift.max(found, first), last)
            element = nil
        }

        private mutating func moveUp() {
            if element != nil { position = entries.position(after: position) }
            element = position < last ? entries[position] : nil
        }

        private mutating func moveDown() {
            if first < position, let below = entries.position(before: position) {
                position = below
                element = entries[below]
            } else {
                element = nil
            }
        }
    }
}
