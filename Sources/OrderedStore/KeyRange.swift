/// A half-open range of keys in byte order: from ``lower``, included, to ``upper``, excluded.
public struct KeyRange: Hashable, Sendable {
    /// The first key in the range; empty means from the start.
    public let lower: [UInt8]
    /// The first key after the range; `nil` means to the end.
    public let upper: [UInt8]?

    /// The keys from `lower`, included, up to `upper`, excluded. Empty when `upper` is not above `lower`.
    public init(from lower: [UInt8] = [], to upper: [UInt8]? = nil) {
        self.lower = lower
        self.upper = upper
    }

    /// The keys from `lower`, included, up to `upper`, excluded.
    // Arrays are to be taken over by the other one, and not copied.
    @_disfavoredOverload
    public init(
        from lower: borrowing some ByteSource & ~Copyable & ~Escapable,
        to upper: borrowing some ByteSource & ~Copyable & ~Escapable
    ) {
        self.lower = lower.withBytes { $0.array }
        self.upper = upper.withBytes { $0.array }
    }

    /// Every key.
    public static var all: KeyRange { KeyRange() }

    /// The keys that begin with the bytes of `prefix`, `prefix` itself included.
    ///
    /// These are bytes: `prefix("fantasy")` holds `fantasy2` too. Whole key parts are a key schema's business.
    public static func prefix(_ prefix: borrowing some ByteSource & ~Copyable & ~Escapable) -> KeyRange {
        let lower = prefix.withBytes { $0.array }
        return KeyRange(from: lower, to: KeyRange.successor(ofPrefix: lower))
    }

    /// The one key.
    public static func only(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) -> KeyRange {
        let lower = key.withBytes { $0.array }
        return KeyRange(from: lower, to: lower + [0])
    }

    /// The first key above every key that begins with `prefix`; `nil` when there is none (all bytes `FF`).
    public static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
        var successor = Array(prefix[...last])
        successor[last] += 1
        return successor
    }

    /// Whether no key can be in the range, by byte order.
    public var isEmpty: Bool {
        guard let upper else { return false }
        return lower.span.compare(to: upper.span) >= 0
    }

    /// Whether `key` is in the range, by byte order.
    public func contains(_ key: Span<UInt8>) -> Bool {
        key.compare(to: lower.span) >= 0 && isBelowUpper(key)
    }

    /// Whether `key` is below the upper bound.
    func isBelowUpper(_ key: Span<UInt8>) -> Bool {
        guard let upper else { return true }
        return key.compare(to: upper.span) < 0
    }

    /// The keys that are in both ranges.
    public func intersection(_ other: KeyRange) -> KeyRange {
        let lower = lower.span.compare(to: other.lower.span) >= 0 ? lower : other.lower
        switch (upper, other.upper) {
        case (let mine?, let theirs?):
            return KeyRange(from: lower, to: mine.span.compare(to: theirs.span) <= 0 ? mine : theirs)
        case (let upper?, nil), (nil, let upper?):
            return KeyRange(from: lower, to: upper)
        case (nil, nil):
            return KeyRange(from: lower)
        }
    }
}
