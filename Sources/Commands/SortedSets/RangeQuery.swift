internal import OrderedStore
internal import Structures

/// Which members of a sorted set a command is about.
struct RangeQuery {
    enum Kind { case rank, score, member }

    /// The two ends.
    enum Bounds {
        /// Negative ones are counted from the end.
        case ranks(Int64, Int64)
        case values(SortedSetRange)

        /// The range of a sorted set of `count` members.
        ///
        /// - Parameter reverse: whether ranks are counted from the highest score on.
        func range(of count: Int, reverse: Bool) -> SortedSetRange {
            switch self {
            case .values(let range): return range
            case .ranks(let start, let stop):
                let size = Int64(count)
                let first = max(0, start < 0 ? start + size : start)
                let last = min(size - 1, stop < 0 ? stop + size : stop)
                guard first <= last else { return .ranks(0..<0) }
                return .ranks(reverse ? Int(size - 1 - last)..<Int(size - first) : Int(first)..<Int(last + 1))
            }
        }
    }

    let bounds: Bounds
    let reverse: Bool
    private(set) var withScores = false
    /// How many members to pass over; negative for all.
    private(set) var offset = 0
    /// The most members; `nil` for all.
    private(set) var limit: Int?

    /// Reads the ends from the two words at `start`, and the options behind.
    ///
    /// - Parameters:
    ///   - kind: what the command goes by; `nil` when an option says so.
    ///   - reverse: whether the last comes first; `nil` when an option says so.
    ///   - isStored: whether the members are stored, so that scores are no question.
    init(
        _ arguments: Arguments, at start: Int, _ kind: Kind?, reverse: Bool?, isStored: Bool = false
    ) throws(CommandError) {
        var (chosenKind, chosenReverse, hasLimit) = (kind, reverse, false)
        var index = start + 2
        while index < arguments.count {
            if !isStored, arguments.matches(index, "WITHSCORES") {
                withScores = true
            } else if arguments.matches(index, "LIMIT"), index + 2 < arguments.count {
                let (offset, limit) = (try arguments.integer(index + 1), try arguments.integer(index + 2))
                self.offset = Int(offset)
                self.limit = limit < 0 ? nil : Int(limit)
                // As Redis, which takes -1 for no limit at all.
                hasLimit = limit != -1
                index += 2
            } else if chosenReverse == nil, arguments.matches(index, "REV") {
                chosenReverse = true
            } else if chosenKind == nil, arguments.matches(index, "BYLEX") {
                chosenKind = .member
            } else if chosenKind == nil, arguments.matches(index, "BYSCORE") {
                chosenKind = .score
            } else {
                throw CommandError.syntax
            }
            index += 1
        }
        if hasLimit, chosenKind ?? .rank == .rank {
            throw CommandError(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
        }
        if withScores, chosenKind == .member {
            throw CommandError("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
        }
        if chosenKind ?? .rank == .rank { offset = 0 }
        self.reverse = chosenReverse ?? false
        // From the end on, the upper end comes first, but for ranks.
        let isTurned = self.reverse && chosenKind ?? .rank != .rank
        bounds = try RangeQuery.bounds(
            arguments, chosenKind ?? .rank, lower: isTurned ? start + 1 : start, upper: isTurned ? start : start + 1)
    }

    static func bounds(
        _ arguments: Arguments, _ kind: Kind, lower: Int, upper: Int
    ) throws(CommandError) -> Bounds {
        switch kind {
        case .rank:
            return .ranks(try arguments.integer(lower), try arguments.integer(upper))
        case .score:
            guard let lower = ScoreBound(redis: arguments[lower]), let upper = ScoreBound(redis: arguments[upper])
            else {
                throw CommandError("ERR min or max is not a float")
            }
            return .values(.scores(lower, upper))
        case .member:
            guard let lower = MemberBound(redis: arguments[lower]), let upper = MemberBound(redis: arguments[upper])
            else {
                throw CommandError("ERR min or max not valid string range item")
            }
            return .values(.members(lower, upper))
        }
    }
}

extension ScoreBound {
    /// A number as C's `strtod` reads it up to a zero byte, behind `(` when the number itself is outside. Nothing is 0.
    init?(redis text: Span<UInt8>) {
        let isExclusive = text.count > 0 && text[0] == UInt8(ascii: "(")
        var number = isExclusive ? text.extracting(droppingFirst: 1) : text
        for index in number.indices where number[index] == 0 {
            number = number.extracting(first: index)
            break
        }
        guard number.count > 0 else {
            self.init(0, isExclusive: isExclusive)
            return
        }
        while number.count > 1, number[0] == UInt8(ascii: " ") || number[0] >= 9 && number[0] <= 13 {
            number = number.extracting(droppingFirst: 1)
        }
        guard let score = Double(String(decoding: number.array, as: UTF8.self)), !score.isNaN else { return nil }
        self.init(score, isExclusive: isExclusive)
    }
}

extension MemberBound {
    /// `-`, `+`, or a member behind `[`, or `(` when it is outside.
    init?(redis text: Span<UInt8>) {
        guard text.count > 0 else { return nil }
        switch text[0] {
        case UInt8(ascii: "-") where text.count == 1: self = .first
        case UInt8(ascii: "+") where text.count == 1: self = .last
        case UInt8(ascii: "["): self = .member(text.extracting(droppingFirst: 1).array, isExclusive: false)
        case UInt8(ascii: "("): self = .member(text.extracting(droppingFirst: 1).array, isExclusive: true)
        default: return nil
        }
    }
}
