internal import OrderedStore

/// Members of sets one after another in one piece of memory, those of sorted sets with their scores.
package struct MemberList: Sendable {
    private var bytes: [UInt8] = []
    /// Where each member ends in `bytes`.
    private var ends: [Int] = []
    /// The members' scores; empty for members of sets.
    package private(set) var scores: [Double] = []

    package init() {}

    package var count: Int { ends.count }
    package var isEmpty: Bool { ends.isEmpty }

    package mutating func append(_ member: Span<UInt8>) {
        bytes.append(copying: member)
        ends.append(bytes.count)
    }

    package mutating func append(_ member: Span<UInt8>, _ score: Double) {
        append(member)
        scores.append(score)
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        scores.removeAll(keepingCapacity: true)
    }

    package subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { bytes.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index]) }
    }

    /// The positions of the members such that scores ascend, and members where scores are equal.
    ///
    /// - Complexity: O(*n* log *n*).
    package var orderByScore: [Int] {
        (0..<count).sorted { left, right in
            let (first, second) = (scores[left], scores[right])
            return first == second ? self[left].compare(to: self[right]) < 0 : first < second
        }
    }

    /// The positions of the members in byte order.
    ///
    /// - Complexity: O(*n* log *n*).
    package var orderByMember: [Int] {
        (0..<count).sorted { left, right in self[left].compare(to: self[right]) < 0 }
    }
}
