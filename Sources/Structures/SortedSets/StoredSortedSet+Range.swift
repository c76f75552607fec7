internal import KeySchemas
internal import OrderedStore

extension StoredSortedSet {
    /// The number of members below a member; `nil` when it is not in the set.
    ///
    /// - Complexity: O(log *n*).
    package mutating func rank(of member: Span<UInt8>) throws -> Int? {
        if big != nil {
            guard let score = try score(of: member), let place = big?.place(member, score) else { return nil }
            return try big?.buckets.rank(of: place.span)
        }
        var rank = 0
        var found: Int?
        try forEachInline { other, _ in
            if other.equals(member) { found = rank }
            rank += 1
            return found == nil
        }
        return found
    }

    /// The number of members in a range.
    ///
    /// - Complexity: O(log *n*).
    package mutating func count(in range: SortedSetRange) throws -> Int { try ranks(of: range).count }

    /// Lends the members in a range with their scores, until `body` returns `false`. `body` must not change the set.
    ///
    /// - Parameters:
    ///   - reverse: from the last down to the first.
    ///   - skipped: how many to pass over first.
    ///   - limit: the most members to lend; `nil` for all.
    /// - Complexity: O(log *n* + *m*) for *m* members.
    package mutating func forEach(
        _ range: SortedSetRange = .ranks(0..<Int.max), reverse: Bool = false, skipping skipped: Int = 0,
        limit: Int? = nil, _ body: (Span<UInt8>, Double) throws -> Bool
    ) throws {
        guard !range.isEmpty, skipped >= 0, limit ?? 1 > 0 else { return }
        // A few are passed over more cheaply than their ranks are found.
        if big != nil, skipped <= StoredSortedSet.mostSkipped, let places = try places(of: range) {
            return try scan(places, reverse, skipped, limit, body)
        }
        var ranks = try ranks(of: range, reverse: reverse)
        ranks = reverse ? ranks.dropLast(skipped) : ranks.dropFirst(skipped)
        if let limit { ranks = reverse ? ranks.suffix(limit) : ranks.prefix(limit) }
        guard !ranks.isEmpty else { return }
        if big == nil { return try forEachInline(ranks, reverse, body) }
        var places = (lower: [UInt8](), upper: nil as [UInt8]?)
        if reverse, ranks.upperBound < count {
            places.upper = try big?.buckets.key(atRank: ranks.upperBound)
        } else if !reverse, ranks.lowerBound > 0 {
            places.lower = try big?.buckets.key(atRank: ranks.lowerBound) ?? []
        }
        try scan(places, reverse, 0, ranks.count, body)
    }

    private static let mostSkipped = 256

    /// Takes the members in a range out.
    ///
    /// - Returns: how many there were.
    /// - Complexity: O(*m* log *n*) for *m* members; O(1) when it is all of them.
    package mutating func remove(_ range: SortedSetRange) throws -> Int {
        let ranks = try ranks(of: range)
        guard ranks.count < count else {
            removeAll()
            return ranks.count
        }
        var list = MemberList()
        try forEach(.ranks(ranks)) { member, score in
            list.append(member, score)
            return true
        }
        for position in 0..<list.count { _ = try remove(list[position]) }
        return list.count
    }

    /// Takes the members with the lowest or the highest scores out.
    ///
    /// - Parameter number: how many; all when there are not so many.
    /// - Returns: what was taken out, from the end on.
    /// - Complexity: O(*m* log *n*) for *m* members.
    package mutating func pop(_ number: Int, highest: Bool) throws -> MemberList {
        var list = MemberList()
        try forEach(reverse: highest, limit: number) { member, score in
            list.append(member, score)
            return true
        }
        guard list.count < count else {
            removeAll()
            return list
        }
        for position in 0..<list.count { _ = try remove(list[position]) }
        return list
    }

    /// Lends members with their scores in byte order, all of a small set, until `body` returns `false`.
    ///
    /// - Parameter after: a member of a big set to begin behind, which need not be there; `nil` for the beginning.
    package func forEachMember(after: Span<UInt8>?, _ body: (Span<UInt8>, Double) throws -> Bool) throws {
        guard let big else { return try forEachInline(body) }
        try big.members.forEach(from: after, isAfter: true) { member, value in try body(member, try Score.read(value)) }
    }

    /// The members at ranks.
    ///
    /// - Parameter ranks: different ones, ascending, below ``count``.
    /// - Complexity: O(log *n*) each.
    package mutating func members(atRanks ranks: [Int]) throws -> MemberList {
        var list = MemberList()
        if big != nil, !RandomRanks.isDense(ranks, of: count) {
            for rank in ranks {
                guard let place = try big?.buckets.key(atRank: rank) else { break }
                try withPlace(place.span, from: 0) { list.append($0, $1) }
            }
            return list
        }
        var (next, rank) = (0, 0)
        try forEach { member, score in
            guard next < ranks.count else { return false }
            if ranks[next] == rank {
                list.append(member, score)
                next += 1
            }
            rank += 1
            return true
        }
        return list
    }

    // MARK: - Ranks

    /// The ranks of the members in a range.
    ///
    /// - Parameter reverse: where scores are not all the same, a range by members is what is met from its end on.
    private mutating func ranks(of range: SortedSetRange, reverse: Bool = false) throws -> Range<Int> {
        if case .ranks(let ranks) = range { return ranks.clamped(to: 0..<count) }
        if range.isEmpty { return 0..<0 }
        if big != nil, let places = try places(of: range) {
            let lower = try big?.buckets.rank(of: places.lower.span) ?? 0
            guard let upper = places.upper else { return lower..<count }
            return lower..<max(lower, try big?.buckets.rank(of: upper.span) ?? 0)
        }
        return try ranksByLooking(range, reverse)
    }

    /// As Redis finds them: the first that is not below the range, and those behind it until one is above; none when
    /// the last is below or the first is above.
    private mutating func ranksByLooking(_ range: SortedSetRange, _ reverse: Bool) throws -> Range<Int> {
        var mayHoldAny = true
        try forEach(limit: 1) { member, score in
            mayHoldAny = range.ends(after: member, score)
            return false
        }
        try forEach(reverse: true, limit: 1) { member, score in
            mayHoldAny = mayHoldAny && range.begins(before: member, score)
            return false
        }
        guard mayHoldAny else { return 0..<0 }
        var (passed, number) = (0, 0)
        try forEach(reverse: reverse) { member, score in
            let (begins, ends) = (range.begins(before: member, score), range.ends(after: member, score))
            if number == 0, reverse ? !ends : !begins {
                passed += 1
                return true
            }
            guard reverse ? begins : ends else { return false }
            number += 1
            return true
        }
        return reverse ? count - passed - number..<count - passed : passed..<passed + number
    }

    private func forEachInline(
        _ ranks: Range<Int>, _ reverse: Bool, _ body: (Span<UInt8>, Double) throws -> Bool
    ) throws {
        var items: [Range<Int>] = []
        items.reserveCapacity(collection.inline.count)
        var position = collection.inline.start
        while position < collection.inline.end, items.count < ranks.upperBound {
            let item = try collection.inline.range(at: position)
            items.append(item)
            position = item.upperBound
        }
        items.removeFirst(min(ranks.lowerBound, items.count))
        if reverse { items.reverse() }
        for item in items {
            let item = collection.inline[item]
            guard try body(item.extracting(droppingFirst: Score.size), try Score.read(item)) else { return }
        }
    }

    // MARK: - Places in a big set

    /// Between which keys, behind the prefix of the scores' order, the members of a range are; `nil` for ranks, and for
    /// a range by members where scores are not all the same.
    private mutating func places(of range: SortedSetRange) throws -> (lower: [UInt8], upper: [UInt8]?)? {
        switch range {
        case .ranks: return nil
        case .scores(let lower, let upper):
            return (
                StoredSortedSet.place(lower.score, isBehind: lower.isExclusive),
                StoredSortedSet.place(upper.score, isBehind: !upper.isExclusive)
            )
        case .members(let lower, let upper):
            guard let score = try commonScore() else { return nil }
            return (
                place(score, lower, isUpper: false),
                place(score, upper, isUpper: true)
            )
        }
    }

    /// Before or behind all members with a score.
    private static func place(_ score: Double, isBehind: Bool) -> [UInt8] {
        var place: [UInt8] = []
        Score.append(score, to: &place)
        if isBehind { place.append(Tuple.Code.bytes + 1) }
        return place
    }

    private func place(_ score: Double, _ bound: MemberBound, isUpper: Bool) -> [UInt8] {
        switch bound {
        case .first: return StoredSortedSet.place(score, isBehind: false)
        case .last: return StoredSortedSet.place(score, isBehind: true)
        case .member(let member, let isExclusive):
            let place = big?.place(member.span, score) ?? []
            return isExclusive == isUpper ? place : place + [0]
        }
    }

    /// The score of all members; `nil` when they have different ones.
    private mutating func commonScore() throws -> Double? {
        var (first, last): (Double?, Double?) = (nil, nil)
        try scan(([], nil), false, 0, 1) { _, score in
            first = score
            return false
        }
        try scan(([], nil), true, 0, 1) { _, score in
            last = score
            return false
        }
        return first == last ? first : nil
    }

    private func scan(
        _ places: (lower: [UInt8], upper: [UInt8]?), _ reverse: Bool, _ skipped: Int, _ limit: Int?,
        _ body: (Span<UInt8>, Double) throws -> Bool
    ) throws {
        guard let big else { return }
        let prefix = big.scores
        let upper = places.upper.map { prefix + $0 } ?? KeyRange.successor(ofPrefix: prefix)
        var left = skipped
        let options = ScanOptions(
            reverse: reverse, limit: limit.map { min($0, .max - skipped) + skipped }, keysOnly: true)
        try collection.keys.transaction.scan(KeyRange(from: prefix + places.lower, to: upper), options) { entry in
            if left > 0 {
                left -= 1
                return .next
            }
            return try withPlace(entry.key, from: prefix.count, body) ? .next : .stop
        }
    }
}

/// Lends the member and the score of a key in the scores' order.
///
/// - Parameter start: where the score begins.
private func withPlace<Result>(
    _ key: Span<UInt8>, from start: Int, _ body: (Span<UInt8>, Double) throws -> Result
) throws -> Result {
    guard key.count > start + Score.size else { throw StructureError.malformed("the key of an element") }
    let score = try Score.read(key.extracting(droppingFirst: start))
    return try withMember(key, from: start + Score.size + 1) { try body($0, score) }
}
