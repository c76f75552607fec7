public import OrderedStore

/// Moves over a range of a ``LevelDBStore`` and lends each entry from LevelDB's own memory.
///
/// Keeps its store open: a close on another thread waits for it. Ends with an error, rather than quietly,
/// when damaged blocks were passed over.
@safe
public struct LevelDBCursor: StoreCursor, ~Copyable, ~Escapable {
    private enum State {
        /// Before the first entry; nothing was read yet.
        case unstarted
        /// A seek placed the iterator; `next` lends what it stands on.
        case sought
        /// On the entry that was lent last.
        case on
        /// Back before the first entry.
        case before
        /// Beyond the last entry.
        case after
        /// Never opened; each move throws `failure`.
        case failed
    }

    private let iterator: RawIterator
    private let idle: IdleIterator?
    private let verifiesChecksums: Bool
    private let fillsCache: Bool
    private let store: LevelDBStore
    private let scope: UInt?
    private let failure: StoreError?
    private let range: KeyRange
    private let reverse: Bool
    private let keysOnly: Bool
    private let isBytewise: Bool
    /// The upper bound's first eight bytes as a number, with zeros for those that it does not have.
    private let upperHead: UInt64
    private var remaining: Int
    private var state = State.unstarted

    @_lifetime(immortal)
    init(
        _ iterator: RawIterator, in range: KeyRange, _ options: ScanOptions, of store: LevelDBStore, scope: UInt?,
        leavingTo idle: IdleIterator?
    ) {
        self.iterator = iterator
        self.idle = idle
        verifiesChecksums = options.verifyChecksums
        fillsCache = options.fillCache
        self.store = store
        self.scope = scope
        failure = nil
        self.range = range
        reverse = options.reverse
        keysOnly = options.keysOnly
        isBytewise = store.options.comparator == nil
        var head: UInt64 = 0
        if isBytewise, let upper = range.upper {
            for (index, byte) in upper.prefix(8).enumerated() { head |= UInt64(byte) << UInt64(56 - 8 * index) }
        }
        upperHead = head
        remaining = options.limit ?? .max
    }

    /// A cursor over nothing, which says why.
    @_lifetime(immortal)
    init(failing failure: StoreError, of store: LevelDBStore) {
        iterator = .none
        idle = nil
        verifiesChecksums = false
        fillsCache = false
        self.store = store
        scope = nil
        self.failure = failure
        range = .all
        reverse = false
        keysOnly = true
        isBytewise = true
        upperHead = 0
        remaining = 1
        state = .failed
    }

    deinit {
        if let idle {
            idle.keep(iterator, verifiesChecksums: verifiesChecksums, fillsCache: fillsCache)
        } else {
            iterator.destroy()
        }
        if let scope { store.leaveScope(scope) }
    }

    public var current: Entry? {
        @_lifetime(borrow self)
        borrowing get {
            guard state == .on else { return nil }
            return unsafe _overrideLifetime(entry(iterator.key), borrowing: self)
        }
    }

    @_lifetime(&self)
    public mutating func next() throws(StoreError) -> Entry? {
        guard remaining > 0 else {
            try checkIntact()
            return nil
        }
        switch state {
        case .on: step(ahead: true)
        case .sought: break
        case .unstarted, .before: seekToStart()
        case .after: return nil
        case .failed: try fail()
        }
        let wasPlaced = state != .on
        guard let key = unsafe try arrive(ahead: true) else { return nil }
        // Whoever asks for the first entry only never comes to the end, where the status is asked.
        if wasPlaced { try checkIntact() }
        remaining -= 1
        let lent = unsafe entry(key)
        return unsafe _overrideLifetime(lent, mutating: &self)
    }

    @_lifetime(&self)
    public mutating func previous() throws(StoreError) -> Entry? {
        switch state {
        case .unstarted, .before: return nil
        case .on: step(ahead: false)
        case .sought: if iterator.isValid { step(ahead: false) } else { seekToEnd() }
        case .after: seekToEnd()
        case .failed: try fail()
        }
        let wasPlaced = state != .on
        guard let key = unsafe try arrive(ahead: false) else { return nil }
        if wasPlaced { try checkIntact() }
        let lent = unsafe entry(key)
        return unsafe _overrideLifetime(lent, mutating: &self)
    }

    public mutating func seek(to target: Span<UInt8>) throws(StoreError) {
        if state == .failed { try fail() }
        let isBelow = !isFromLower(target)
        if isBelow || !isBelowUpper(target) {
            state = isBelow == reverse ? .after : .unstarted
            return
        }
        state = .sought
        iterator.seek(to: target)
        if reverse {
            if !iterator.isValid {
                iterator.seekToLast()
            } else if unsafe store.order.compare(Span(_unsafeElements: iterator.key), target) > 0 {
                iterator.previous()
            }
        }
        if !iterator.isValid { try checkIntact() }
    }

    private func fail() throws(StoreError) {
        if let failure { throw failure }
    }

    /// What the cursor stands on. The key is in LevelDB's memory.
    @inline(__always)
    @_lifetime(immortal)
    private func entry(_ key: UnsafeBufferPointer<UInt8>) -> Entry {
        let value = keysOnly ? unsafe UnsafeBufferPointer(start: nil, count: 0) : unsafe iterator.value
        let lentKey = unsafe _overrideLifetime(Span(_unsafeElements: key), copying: ())
        let lentValue = unsafe _overrideLifetime(Span(_unsafeElements: value), copying: ())
        return Entry(key: lentKey, value: lentValue)
    }

    @inline(__always)
    private func step(ahead: Bool) {
        if ahead != reverse { iterator.next() } else { iterator.previous() }
    }

    /// Places the iterator on the first entry in the cursor's direction, whatever it is.
    private func seekToStart() {
        if reverse { seekBelowUpper() } else { seekToLower() }
    }

    /// Places the iterator on the last entry in the cursor's direction.
    private func seekToEnd() {
        if reverse { seekToLower() } else { seekBelowUpper() }
    }

    private func seekToLower() {
        if range.lower.isEmpty { iterator.seekToFirst() } else { iterator.seek(to: range.lower.span) }
    }

    private func seekBelowUpper() {
        guard let upper = range.upper else { return iterator.seekToLast() }
        iterator.seek(to: upper.span)
        if iterator.isValid { iterator.previous() } else { iterator.seekToLast() }
    }

    /// Settles on the entry under the iterator if it is in the range. Every move comes from inside the range or
    /// from the bound behind it, so only the bound ahead can have been passed.
    ///
    /// - Returns: its key; `nil` when there is none.
    @inline(__always)
    private mutating func arrive(ahead: Bool) throws(StoreError) -> UnsafeBufferPointer<UInt8>? {
        if iterator.isValid {
            let key = unsafe iterator.key
            let isInRange =
                ahead != reverse
                ? unsafe isHeadBelowUpper(key) || isBelowUpper(Span(_unsafeElements: key))
                : unsafe isFromLower(Span(_unsafeElements: key))
            if isInRange {
                state = .on
                return unsafe key
            }
        }
        state = ahead ? .after : .before
        try checkIntact()
        return nil
    }

    /// Whether the first eight bytes of a key tell that it is below the upper bound, as they do for nearly all keys:
    /// where the bound is shorter its zeros are below nothing. `false` when they do not tell.
    @inline(__always)
    private func isHeadBelowUpper(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        guard key.count >= 8, let start = unsafe UnsafeRawPointer(key.baseAddress) else { return false }
        return unsafe UInt64(bigEndian: start.loadUnaligned(as: UInt64.self)) < upperHead
    }

    @inline(__always)
    private func isBelowUpper(_ key: Span<UInt8>) -> Bool {
        guard let upper = range.upper else { return true }
        return isBytewise ? key.compare(to: upper.span) < 0 : store.order.compare(key, upper.span) < 0
    }

    @inline(__always)
    private func isFromLower(_ key: Span<UInt8>) -> Bool {
        if range.lower.isEmpty { return true }
        return isBytewise
            ? key.compare(to: range.lower.span) >= 0 : store.order.compare(key, range.lower.span) >= 0
    }

    /// LevelDB's iterators pass over what they cannot read; this is where it shows.
    public borrowing func checkIntact() throws(StoreError) {
        guard let failure = iterator.failure else { return }
        throw StoreError(levelDB: failure, operation: "scan", path: store.path)
    }
}
