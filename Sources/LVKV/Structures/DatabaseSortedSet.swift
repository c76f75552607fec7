internal import Structures

/// A set of byte strings at a key, each with a score, in the order of the scores; members of one score are in byte
/// order.
///
/// A set that becomes empty is removed with its key. Each call is a transaction, or part of its ``KeyTransaction``, and
/// throws a `StructureError` with code `wrongType` when the key holds another kind of value, a `RecordError` when it is
/// under a schema's prefix, and a `StoreError`.
public struct DatabaseSortedSet: Sendable {
    /// A member and its score.
    public struct Element: Hashable, Sendable {
        /// The member's bytes.
        public var member: [UInt8]
        /// Its score; never NaN.
        public var score: Double

        /// A member with a score.
        public init(_ member: [UInt8], score: Double) {
            self.member = member
            self.score = score
        }
    }

    /// The set's key.
    public let key: [UInt8]
    private let access: KeyAccess

    init(key: [UInt8], _ access: KeyAccess) {
        self.key = key
        self.access = access
    }

    /// The number of members; 0 when there is no set.
    ///
    /// - Complexity: O(1).
    public var count: Int {
        get throws { try access.read { keys in try StoredSortedSet(keys, key.span).count } }
    }

    /// The score of `member`; `nil` when it is not in the set.
    ///
    /// - Complexity: O(log *n*).
    public func score(of member: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Double? {
        try member.withBytes { member in
            try access.read { keys in try StoredSortedSet(keys, key.span).score(of: member) }
        }
    }

    /// How many members stand before `member`; `nil` when it is not in the set.
    ///
    /// - Complexity: O(log *n*).
    public func rank(of member: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Int? {
        try member.withBytes { member in
            try access.read { keys in
                var set = try StoredSortedSet(keys, key.span)
                return try set.rank(of: member)
            }
        }
    }

    /// The members at the ranks in `range`, the lowest score first; those that are not there are left out.
    ///
    /// - Parameters:
    ///   - range: of ranks, which begin at 0.
    ///   - reverse: the highest score first; ranks count from it then.
    /// - Complexity: O(log *n* + *m*) for *m* members.
    public func elements(in range: Range<Int> = 0..<Int.max, reverse: Bool = false) throws -> [Element] {
        try elements(.ranks(0..<Int.max), reverse, skipping: range.lowerBound, limit: range.count)
    }

    /// The members whose scores are in `scores`, the lowest first.
    ///
    /// - Parameters:
    ///   - scores: the lowest and the highest.
    ///   - reverse: the highest score first.
    ///   - limit: at most so many; `nil` for all.
    /// - Complexity: O(log *n* + *m*) for *m* members.
    public func elements(
        scores: ClosedRange<Double>, reverse: Bool = false, limit: Int? = nil
    ) throws -> [Element] {
        let range = SortedSetRange.scores(ScoreBound(scores.lowerBound), ScoreBound(scores.upperBound))
        return try elements(range, reverse, skipping: 0, limit: limit)
    }

    private func elements(
        _ range: SortedSetRange, _ reverse: Bool, skipping skipped: Int, limit: Int?
    ) throws -> [Element] {
        try access.read { keys in
            var elements: [Element] = []
            var set = try StoredSortedSet(keys, key.span)
            try set.forEach(range, reverse: reverse, skipping: skipped, limit: limit) { member, score in
                elements.append(Element(member.array, score: score))
                return true
            }
            return elements
        }
    }

    /// The number of members whose scores are in `scores`.
    ///
    /// - Complexity: O(log *n*).
    public func count(scores: ClosedRange<Double>) throws -> Int {
        try access.read { keys in
            var set = try StoredSortedSet(keys, key.span)
            return try set.count(in: .scores(ScoreBound(scores.lowerBound), ScoreBound(scores.upperBound)))
        }
    }

    /// Puts a member in, or gives it another score.
    ///
    /// - Parameters:
    ///   - member: any bytes.
    ///   - score: any number but NaN.
    /// - Returns: whether it was not there.
    /// - Complexity: O(log *n*).
    /// - Throws: `StructureError` with code `notAFloat` when the score is NaN.
    @discardableResult
    public func insert(
        _ member: borrowing some ByteSource & ~Copyable & ~Escapable, score: Double
    ) throws -> Bool {
        try member.withBytes { member in try set(member, "zadd") { _ in score }.old == nil }
    }

    /// Adds to the score of `member`; where it is not there, to 0.
    ///
    /// - Returns: the sum.
    /// - Complexity: O(log *n*).
    /// - Throws: `StructureError` with code `notAFloat` when the sum is NaN.
    @discardableResult
    public func increment(
        _ member: borrowing some ByteSource & ~Copyable & ~Escapable, by summand: Double
    ) throws -> Double {
        try member.withBytes { member in try set(member, "zincr") { ($0 ?? 0) + summand }.new }
    }

    private func set(
        _ member: Span<UInt8>, _ event: StaticString, _ score: (Double?) -> Double
    ) throws -> (old: Double?, new: Double) {
        try access.write { keys in
            var set = try StoredSortedSet(keys, key.span)
            let old = try set.score(of: member)
            let new = score(old)
            guard !new.isNaN else { throw StructureError(.notAFloat, "a score cannot be NaN") }
            guard old != new else { return (old, new) }
            try set.set(member, to: new, from: old)
            try set.store(key.span)
            keys.note(key.span, event, .sortedSet)
            return (old, new)
        }
    }

    /// Takes a member out.
    ///
    /// - Returns: whether it was there.
    /// - Complexity: O(log *n*).
    @discardableResult
    public func remove(_ member: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try member.withBytes { member in
            try change("zrem") { set in try set.remove(member) }
        }
    }

    /// Takes the members out whose scores are in `scores`.
    ///
    /// - Returns: how many there were.
    /// - Complexity: O(*m* log *n*) for *m* members.
    @discardableResult
    public func remove(scores: ClosedRange<Double>) throws -> Int {
        try change("zremrangebyscore") { set in
            try set.remove(.scores(ScoreBound(scores.lowerBound), ScoreBound(scores.upperBound)))
        }
    }

    /// Takes the members with the lowest scores out, the lowest first; all when there are not so many.
    ///
    /// - Complexity: O(*m* log *n*) for *m* members.
    @discardableResult
    public func popLowest(_ count: Int = 1) throws -> [Element] { try pop(count, highest: false) }

    /// Takes the members with the highest scores out, the highest first; all when there are not so many.
    ///
    /// - Complexity: O(*m* log *n*) for *m* members.
    @discardableResult
    public func popHighest(_ count: Int = 1) throws -> [Element] { try pop(count, highest: true) }

    private func pop(_ count: Int, highest: Bool) throws -> [Element] {
        guard count > 0 else { return [] }
        return try change(highest ? "zpopmax" : "zpopmin") { set in
            let popped = try set.pop(count, highest: highest)
            return (0..<popped.count).map { Element(popped[$0].array, score: popped.scores[$0]) }
        }
    }

    private func change<Result>(
        _ event: StaticString, _ body: (inout StoredSortedSet) throws -> Result
    ) throws -> Result {
        try access.write { keys in
            var set = try StoredSortedSet(keys, key.span)
            let before = set.count
            let result = try body(&set)
            let after = set.count
            guard after != before else { return result }
            try set.store(key.span)
            keys.note(key.span, event, .sortedSet)
            if after == 0 { keys.note(key.span, "del", .generic) }
            return result
        }
    }
}
