internal import KeySchemas
internal import OrderedStore

/// Scores as they are stored: eight bytes whose order is the order of the numbers. There is one zero.
enum Score {
    static let size = 8

    static func append(_ score: Double, to bytes: inout [UInt8]) {
        bytes.appendBigEndian((score == 0 ? 0 : score).orderedBits)
    }

    static func read(_ bytes: Span<UInt8>) throws(StructureError) -> Double {
        guard bytes.count >= size else { throw .malformed("a score") }
        return Double(orderedBits: bytes.bigEndian(at: 0))
    }
}

/// One end of a range of scores.
package struct ScoreBound: Sendable {
    package var score: Double
    /// Whether the score itself is outside.
    package var isExclusive: Bool

    package init(_ score: Double, isExclusive: Bool = false) {
        self.score = score
        self.isExclusive = isExclusive
    }
}

/// One end of a range of members.
package enum MemberBound: Sendable {
    case first
    case last
    case member([UInt8], isExclusive: Bool)
}

/// Some of a sorted set's members.
package enum SortedSetRange: Sendable {
    /// By their ranks, the lowest score first.
    case ranks(Range<Int>)
    case scores(ScoreBound, ScoreBound)
    /// By the members themselves, where all scores are the same.
    case members(MemberBound, MemberBound)

    /// Whether a member is not below the range.
    func begins(before member: Span<UInt8>, _ score: Double) -> Bool {
        switch self {
        case .ranks: true
        case .scores(let lower, _): lower.isExclusive ? score > lower.score : score >= lower.score
        case .members(let lower, _): lower.compares(to: member) <= 0
        }
    }

    /// Whether a member is not above the range.
    func ends(after member: Span<UInt8>, _ score: Double) -> Bool {
        switch self {
        case .ranks: true
        case .scores(_, let upper): upper.isExclusive ? score < upper.score : score <= upper.score
        case .members(_, let upper): upper.compares(to: member, isUpper: true) >= 0
        }
    }

    /// Whether nothing can be in the range.
    var isEmpty: Bool {
        switch self {
        case .ranks(let ranks): return ranks.isEmpty
        case .scores(let lower, let upper):
            return lower.score > upper.score
                || lower.score == upper.score && (lower.isExclusive || upper.isExclusive)
        case .members(.last, _), .members(_, .first): return true
        case .members(.member(let lower, let isOpen), .member(let upper, let isOpenAbove)):
            let order = lower.span.compare(to: upper.span)
            return order > 0 || order == 0 && (isOpen || isOpenAbove)
        case .members: return false
        }
    }
}

extension MemberBound {
    /// How the bound compares with a member; as a bound that excludes itself lies just beside it.
    func compares(to member: Span<UInt8>, isUpper: Bool = false) -> Int {
        switch self {
        case .first: return -1
        case .last: return 1
        case .member(let own, let isExclusive):
            let order = own.span.compare(to: member)
            guard order == 0, isExclusive else { return order }
            return isUpper ? -1 : 1
        }
    }
}
