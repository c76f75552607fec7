package import OrderedStore

/// A key that a walk came by.
package struct WalkedKey: ~Escapable {
    /// The key's bytes.
    package let key: Span<UInt8>
    /// What it is: never absent, never expired.
    package let state: KeyState
    /// The value of a plain string, where values were asked for; of anything else use
    /// ``StructureKeys/lookup(_:probably:)``.
    package let plainValue: Span<UInt8>

    @_lifetime(copy key, copy plainValue)
    init(key: Span<UInt8>, state: KeyState, plainValue: Span<UInt8>) {
        self.key = key
        self.state = state
        self.plainValue = plainValue
    }
}

/// How a walk over keys goes.
package struct WalkOptions: Sendable {
    /// From the last key down to the first.
    package var reverse = false
    /// The most keys; `nil` for all.
    package var limit: Int?
    /// Only keys of this kind; `nil` for all.
    package var kind: StructureKind?
    /// Whether ``WalkedKey/plainValue`` is filled in.
    package var wantsValues = false
    /// Keep the blocks that are read in the cache. Off for one pass over much data.
    package var fillCache = true

    package init(
        reverse: Bool = false, limit: Int? = nil, kind: StructureKind? = nil, wantsValues: Bool = false,
        fillCache: Bool = true
    ) {
        self.reverse = reverse
        self.limit = limit
        self.kind = kind
        self.wantsValues = wantsValues
        self.fillCache = fillCache
    }
}

extension StructureKeys {
    /// Lends each key of ``database`` in `range`, of all kinds, in key order, until `body` returns `false`. What has
    /// expired is passed over. `body` must not change anything.
    ///
    /// - Returns: whether the walk came to its end: neither `body` nor the limit stopped it.
    /// - Complexity: O(*n*) in the keys of the range; memory for 512 keys at most.
    /// - Throws: `StoreError`; ``StructureError`` where metadata cannot be read; what `body` throws.
    @discardableResult
    package func walk(
        _ range: KeyRange = .all, _ options: WalkOptions = WalkOptions(), _ body: (WalkedKey) throws -> Bool
    ) throws -> Bool {
        var walk = KeyWalk(self, range, options)
        return try walk.run(body)
    }
}

extension StructureKeys {
    /// Tells the kind of each key of ``database`` that has metadata: structures, and strings that expire or are in
    /// another database than 0.
    ///
    /// - Complexity: O(*n*) in those keys.
    /// - Throws: `StoreError`; ``StructureError`` where metadata cannot be read; what `body` throws.
    package func walkMetadata(_ body: (StructureKind) throws -> Void) throws {
        let range = StructureCode.metadataRange(database, .all)
        try transaction.scan(range, ScanOptions(fillCache: false)) { entry in
            let (state, _) = try MetadataHeader.read(entry.value)
            if let kind = state.kind, state.expiry.map({ $0 > now }) ?? true { try body(kind) }
            return .next
        }
    }
}

/// A walk over plain entries and metadata, merged in key order.
///
/// The metadata is read ahead in pieces, so that one cursor stands on the plain entries all the way.
private struct KeyWalk {
    private let keys: StructureKeys
    private let range: KeyRange
    private let options: WalkOptions
    private var remaining: Int

    /// Metadata keys that were read ahead and not yet met.
    private var ahead: [(key: [UInt8], state: KeyState)] = []
    private var next = 0
    /// What of the metadata is not read yet; `nil` for nothing.
    private var unread: KeyRange?
    private var pieceSize = 16
    private static let mostAhead = 512

    init(_ keys: StructureKeys, _ range: KeyRange, _ options: WalkOptions) {
        self.keys = keys
        self.range = range
        self.options = options
        remaining = options.limit ?? .max
        unread = keys.mayHoldMetadata ? StructureCode.metadataRange(keys.database, range) : nil
    }

    mutating func run(_ body: (WalkedKey) throws -> Bool) throws -> Bool {
        guard remaining > 0 else { return false }
        if keys.database == 0, options.kind == nil || options.kind == .string {
            guard try mergePlain(body) else { return false }
        }
        while try readAhead() {
            guard try emit(body) else { return false }
        }
        return true
    }

    /// Goes over the plain entries, and over the metadata that comes before each.
    private mutating func mergePlain(_ body: (WalkedKey) throws -> Bool) throws -> Bool {
        var goesOn = true
        let scan = ScanOptions(
            reverse: options.reverse, keysOnly: !options.wantsValues, fillCache: options.fillCache)
        let plain = range.intersection(StructureCode.userKeys)
        guard !plain.isEmpty else { return true }
        try keys.transaction.scan(plain, scan) { entry in
            while try readAhead(), isBefore(entry.key) {
                goesOn = try emit(body)
                guard goesOn else { return .stop }
            }
            let state = KeyState(kind: .string, isPlain: true)
            goesOn = try body(WalkedKey(key: entry.key, state: state, plainValue: entry.value)) && countDown()
            return goesOn ? .next : .stop
        }
        return goesOn
    }

    /// Whether the next metadata key comes before a plain one.
    private func isBefore(_ key: Span<UInt8>) -> Bool {
        let own = ahead[next].key
        let order = own.span.compare(to: key)
        return options.reverse ? order > 0 : order < 0
    }

    private mutating func emit(_ body: (WalkedKey) throws -> Bool) throws -> Bool {
        let (key, state) = ahead[next]
        next += 1
        return try body(WalkedKey(key: key.span, state: state, plainValue: Span())) && countDown()
    }

    private mutating func countDown() -> Bool {
        remaining -= 1
        return remaining > 0
    }

    /// Makes sure that there is a metadata key to look at.
    ///
    /// - Returns: whether there is one.
    private mutating func readAhead() throws -> Bool {
        while next == ahead.count {
            guard let unread else { return false }
            try readPiece(of: unread)
        }
        return true
    }

    private mutating func readPiece(of unread: KeyRange) throws {
        ahead.removeAll(keepingCapacity: true)
        next = 0
        var seen = 0
        var last: [UInt8] = []
        let (now, kind, size) = (keys.now, options.kind, pieceSize)
        let scan = ScanOptions(reverse: options.reverse, fillCache: options.fillCache)
        try keys.transaction.scan(unread, scan) { entry in
            seen += 1
            let (state, _) = try MetadataHeader.read(entry.value)
            let isAlive = state.expiry.map { $0 > now } ?? true
            if isAlive, kind == nil || kind == state.kind {
                ahead.append((try StructureCode.userKey(ofMetadataKey: entry.key).key, state))
            }
            guard seen == size else { return .next }
            last = entry.key.array
            return .stop
        }
        pieceSize = min(2 * pieceSize, KeyWalk.mostAhead)
        guard seen == size else { return self.unread = nil }
        self.unread =
            options.reverse ? KeyRange(from: unread.lower, to: last) : KeyRange(from: last + [0], to: unread.upper)
    }
}
