internal import OrderedStore

/// How the scores of a member in several sorted sets become one.
package enum ScoreAggregate: Sendable {
    case sum, min, max

    func combine(_ score: Double, _ other: Double) -> Double {
        switch self {
        case .sum:
            let sum = score + other
            // As Redis: infinities that cancel each other out count as nothing.
            return sum.isNaN ? 0 : sum
        case .min: return other < score ? other : score
        case .max: return other > score ? other : score
        }
    }
}

/// How sets become one.
package enum SetOperation: Sendable { case union, intersection, difference }

/// Several sets or sorted sets, merged in the members' byte order.
///
/// Memory is bounded, whatever their sizes: each is read piece by piece, and passed over or asked for single members
/// where it is much larger than another.
package struct SetAlgebra {
    private var streams: [MemberStream]
    private var weights: [Double]
    private let operation: SetOperation
    private let aggregate: ScoreAggregate
    /// The current member.
    private var member: [UInt8] = []

    /// - Parameters:
    ///   - streams: one or more. Of a difference the first is what the others are taken from.
    ///   - weights: what each one's scores are multiplied with; empty for 1.
    package init(
        _ operation: SetOperation, _ streams: [MemberStream], weights: [Double] = [], aggregate: ScoreAggregate = .sum
    ) {
        // Scores are added up from the smallest set on, for rounding as Redis does.
        var order = Array(streams.indices)
        if operation != .difference {
            order.sort { (streams[$0].count, $0) < (streams[$1].count, $1) }
        }
        self.streams = order.map { streams[$0] }
        self.weights = order.map { weights.isEmpty ? 1 : weights[$0] }
        self.operation = operation
        self.aggregate = aggregate
    }

    /// About how many members are read.
    package var work: Int {
        let total = streams.reduce(0) { $0 + $1.count }
        switch operation {
        case .union: return total
        case .intersection, .difference:
            let least = streams.first?.count ?? 0
            return min(total, SetAlgebra.manyTimes * least * streams.count)
        }
    }

    /// How many times larger a set is than another when single members of it are looked up.
    private static let manyTimes = 16

    /// Lends each member of the result with its score, until `body` returns `false`.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`; what `body` throws.
    package mutating func forEach(_ body: (Span<UInt8>, Double) throws -> Bool) throws {
        switch operation {
        case .union: try union(body)
        case .intersection: try intersection(body)
        case .difference: try difference(body)
        }
    }

    private mutating func takeMember(of stream: Int) {
        member.removeAll(keepingCapacity: true)
        streams[stream].appendMember(to: &member)
    }

    // MARK: - Intersection and difference

    private mutating func intersection(_ body: (Span<UInt8>, Double) throws -> Bool) throws {
        candidates: while !streams[0].isAtEnd {
            takeMember(of: 0)
            var score = weighted(0, streams[0].score)
            for index in streams.indices.dropFirst() {
                guard let other = try find(in: index) else {
                    guard try passOn(to: index) else { return }
                    continue candidates
                }
                score = aggregate.combine(score, other * weights[index])
            }
            guard try body(member.span, score) else { return }
            try streams[0].advance()
        }
    }

    /// Goes on in the first stream, to where another stands that does not hold its member.
    ///
    /// - Returns: whether there may be more in both.
    private mutating func passOn(to index: Int) throws -> Bool {
        if isLookedUp(index) {
            try streams[0].advance()
            return true
        }
        guard !streams[index].isAtEnd else { return false }
        takeMember(of: index)
        let target = member
        try streams[0].seek(to: target.span)
        return true
    }

    private mutating func difference(_ body: (Span<UInt8>, Double) throws -> Bool) throws {
        candidates: while !streams[0].isAtEnd {
            takeMember(of: 0)
            let score = streams[0].score
            try streams[0].advance()
            for index in streams.indices.dropFirst() {
                if try find(in: index) != nil { continue candidates }
            }
            guard try body(member.span, score) else { return }
        }
    }

    /// The current member's score in another stream; `nil` when it is not there.
    private mutating func find(in index: Int) throws -> Double? {
        let target = member
        if isLookedUp(index) { return try streams[index].score(of: target.span) }
        if streams[index].isAtEnd { return nil }
        try streams[index].seek(to: target.span)
        guard !streams[index].isAtEnd, streams[index].compare(to: target.span) == 0 else { return nil }
        return streams[index].score
    }

    private func isLookedUp(_ index: Int) -> Bool { streams[index].count / SetAlgebra.manyTimes > streams[0].count }

    // MARK: - Union

    private mutating func union(_ body: (Span<UInt8>, Double) throws -> Bool) throws {
        // A heap: the stream with the least member first, among equal ones the first.
        var heap: [Int] = []
        for index in streams.indices where !streams[index].isAtEnd {
            heap.append(index)
            siftUp(&heap)
        }
        while let first = heap.first {
            takeMember(of: first)
            var score = weighted(first, streams[first].score)
            try advanceFirst(&heap)
            while let next = heap.first, streams[next].compare(to: member.span) == 0 {
                score = aggregate.combine(score, weighted(next, streams[next].score))
                try advanceFirst(&heap)
            }
            guard try body(member.span, score) else { return }
        }
    }

    /// A score times its weight; nothing where that is no number.
    private func weighted(_ index: Int, _ score: Double) -> Double {
        let score = weights[index] * score
        return score.isNaN ? 0 : score
    }

    private mutating func advanceFirst(_ heap: inout [Int]) throws {
        let first = heap[0]
        try streams[first].advance()
        if streams[first].isAtEnd {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        siftDown(&heap)
    }

    private func comesBefore(_ left: Int, _ right: Int) -> Bool {
        let order = streams[left].compare(to: streams[right])
        return order == 0 ? left < right : order < 0
    }

    private func siftUp(_ heap: inout [Int]) {
        var child = heap.count - 1
        while child > 0, comesBefore(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func siftDown(_ heap: inout [Int]) {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if comesBefore(heap[child], heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
