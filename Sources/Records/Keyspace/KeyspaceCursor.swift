public import OrderedStore

/// Moves over users' keys: plain entries, and what stands beside them (values that expire, structures), in one order.
///
/// Where the database has nothing beside plain entries it is no slower than a cursor over them. A structure's value is
/// lent as no bytes.
public struct KeyspaceCursor<Base: StoreCursor & ~Copyable & ~Escapable>: StoreCursor, ~Copyable, ~Escapable {
    private enum Source { case none, plain, beside }
    private enum Heading { case ahead, back }

    @usableFromInline var plain: Base
    /// Whether there may be anything but plain entries.
    @usableFromInline let isMerged: Bool
    /// Over the keys that lvkv keeps the entries beside under; `nil` where there are none.
    private var beside: Optional<Base>
    private let overlay: (any KeyOverlay)?
    private let reverse: Bool
    private let keysOnly: Bool
    private var remaining: Int

    /// The user's key that `beside` stands on, its value's bytes, and what it is.
    private var besideKey: [UInt8] = []
    private var besideValue: [UInt8] = []
    private var besideEntry: OverlayEntry?
    /// Which of the two holds the current entry.
    private var source = Source.none
    /// Both stand at or beyond the current entry, in this direction. With no current entry the cursor ran off that
    /// end, and a new one counts as having run off its front.
    private var heading = Heading.back
    /// What `seek` was asked for, until the first move after it.
    private var sought: [UInt8]?

    /// A cursor over plain entries alone.
    @_lifetime(copy plain)
    package init(_ plain: consuming Base) {
        self.plain = plain
        isMerged = false
        beside = nil
        overlay = nil
        reverse = false
        keysOnly = false
        remaining = 0
    }

    /// A cursor over the keys of all kinds in a range of users' keys.
    @_lifetime(borrow reader)
    package init<Reader: StoreReader & ~Copyable>(
        in range: KeyRange, of reader: borrowing Reader, _ overlay: any KeyOverlay, _ options: ScanOptions
    ) where Reader.Cursor == Base {
        var unlimited = options
        unlimited.limit = nil
        plain = reader.cursor(in: range, options: unlimited)
        isMerged = true
        // Whether an entry has expired stands in its value.
        unlimited.keysOnly = false
        beside = reader.cursor(in: overlay.storedRange(of: range), options: unlimited)
        self.overlay = overlay
        reverse = options.reverse
        keysOnly = options.keysOnly
        remaining = options.limit ?? .max
    }

    /// What kind of value the current entry beside has; `nil` on a plain entry and in a gap.
    package var overlayKind: UInt8? { source == .beside ? besideEntry?.kind : nil }

    public var current: Entry? {
        @_lifetime(borrow self)
        @inlinable
        borrowing get {
            isMerged ? mergedCurrent : plain.current
        }
    }

    @inlinable
    @_lifetime(&self)
    public mutating func next() throws(StoreError) -> Entry? {
        guard isMerged else { return try plain.next() }
        guard try moveNext() else { return nil }
        return mergedCurrent
    }

    @inlinable
    @_lifetime(&self)
    public mutating func previous() throws(StoreError) -> Entry? {
        guard isMerged else { return try plain.previous() }
        try movePrevious()
        return mergedCurrent
    }

    @inlinable
    public mutating func seek(to key: Span<UInt8>) throws(StoreError) {
        guard isMerged else { return try plain.seek(to: key) }
        try seekMerged(to: key)
    }

    @usableFromInline
    var mergedCurrent: Entry? {
        @_lifetime(borrow self)
        borrowing get {
            switch source {
            case .none: return nil
            case .plain: return plain.current
            case .beside:
                // The arrays are this cursor's until it moves.
                return unsafe _overrideLifetime(Entry(key: besideKey.span, value: besideValue.span), borrowing: self)
            }
        }
    }

    /// - Returns: `false` at the limit, where the cursor stays on its entry.
    @usableFromInline
    mutating func moveNext() throws(StoreError) -> Bool {
        guard remaining > 0 else { return false }
        try move(.ahead)
        if source != .none { remaining -= 1 }
        return true
    }

    @usableFromInline
    mutating func movePrevious() throws(StoreError) { try move(.back) }

    @usableFromInline
    mutating func seekMerged(to key: Span<UInt8>) throws(StoreError) {
        try align(.ahead, at: key, including: true)
        source = .none
        sought = key.array
    }

    public borrowing func checkIntact() throws(StoreError) {
        try plain.checkIntact()
        if let error = besideFailure() { throw error }
    }

    private borrowing func besideFailure() -> StoreError? {
        do throws(StoreError) {
            switch beside {
            case .none: return nil
            case .some(let beside):
                try beside.checkIntact()
                return nil
            }
        } catch {
            return error
        }
    }

    /// Moves to the nearest entry in `direction`.
    private mutating func move(_ direction: Heading) throws(StoreError) {
        if let key = sought {
            sought = nil
            if direction == .back { try align(.back, at: key.span, including: false) }
        } else if source == .none {
            // Beyond an end: both turn round there.
            if direction != heading {
                try stepPlain(direction)
                try stepBeside(direction)
            }
        } else if direction == heading {
            if source == .plain { try stepPlain(direction) } else { try stepBeside(direction) }
        } else {
            let key = source == .plain ? plain.current?.key.array ?? [] : besideKey
            try align(direction, at: key.span, including: false)
        }
        heading = direction
        settle(direction)
    }

    /// Chooses the nearer of the two.
    private mutating func settle(_ direction: Heading) {
        guard besideEntry != nil else {
            source = plain.current == nil ? .none : .plain
            return
        }
        guard let entry = plain.current else {
            source = .beside
            return
        }
        let order = entry.key.compare(to: besideKey.span)
        source = (direction == .ahead) == reverse ? (order > 0 ? .plain : .beside) : (order < 0 ? .plain : .beside)
    }

    /// Places both at the first entry from `key` on in `direction`, with or without `key` itself.
    private mutating func align(_ direction: Heading, at key: Span<UInt8>, including: Bool) throws(StoreError) {
        try plain.seek(to: key)
        try stepPlain(direction)
        if !including, plain.current?.key.equals(key) == true { try stepPlain(direction) }
        if let overlay { try beside?.seek(to: overlay.storedKey(of: key).span) }
        try stepBeside(direction)
        if !including, besideEntry != nil, besideKey.span.equals(key) { try stepBeside(direction) }
        heading = direction
    }

    private mutating func stepPlain(_ direction: Heading) throws(StoreError) {
        if direction == .ahead { _ = try plain.next() } else { _ = try plain.previous() }
    }

    /// Moves to the next entry beside that has not expired.
    private mutating func stepBeside(_ direction: Heading) throws(StoreError) {
        guard let overlay else { return }
        while true {
            if direction == .ahead { _ = try beside?.next() } else { _ = try beside?.previous() }
            guard let stored = beside?.current else {
                besideEntry = nil
                return
            }
            if let entry = try overlay.entry(stored.value) {
                besideKey = try overlay.userKey(ofStoredKey: stored.key)
                besideEntry = entry
                besideValue.removeAll(keepingCapacity: true)
                if entry.isBytes, !keysOnly {
                    besideValue.append(copying: stored.value.extracting(droppingFirst: entry.valueStart))
                }
                return
            }
        }
    }
}
