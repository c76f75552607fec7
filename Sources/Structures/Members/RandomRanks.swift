/// Random choices among elements by their ranks, each as likely as any other.
package enum RandomRanks {
    /// Different ranks, in ascending order.
    ///
    /// - Parameters:
    ///   - number: how many; all there are when it is more.
    ///   - count: how many elements there are.
    /// - Complexity: O(`number` log `number`).
    package static func distinct(_ number: Int, of count: Int) -> [Int] {
        guard number < count else { return Array(0..<count) }
        var chosen: [Int] = []
        chosen.reserveCapacity(number)
        if number > count / 2 {
            // Each is taken with the chance that what is left to take has among what is left.
            for rank in 0..<count where Int.random(in: 0..<count - rank) < number - chosen.count {
                chosen.append(rank)
            }
            return chosen
        }
        // Floyd's algorithm: one random number for each choice, however many there are.
        var seen: Set<Int> = []
        for last in count - number..<count {
            let rank = Int.random(in: 0...last)
            seen.insert(seen.contains(rank) ? last : rank)
        }
        chosen.append(contentsOf: seen)
        chosen.sort()
        return chosen
    }

    /// The most choices that are made at a time where the same may be made again.
    private static let piece = 1_024

    /// Calls `body` with random choices, of which some may be the same.
    ///
    /// - Parameters:
    ///   - number: how many.
    ///   - count: how many elements there are; at least one.
    ///   - members: gives the elements at ranks, which are different and ascend.
    ///   - body: is called with a list and the position in it.
    package static func repeating(
        _ number: Int, of count: Int, members: ([Int]) throws -> MemberList, _ body: (MemberList, Int) throws -> Void
    ) throws {
        var left = number
        // Few elements are fetched once.
        let all = count <= piece ? try members(Array(0..<count)) : nil
        while left > 0 {
            let ranks = (0..<min(left, piece)).map { _ in Int.random(in: 0..<count) }
            left -= ranks.count
            if let all {
                for rank in ranks { try body(all, rank) }
                continue
            }
            let distinct = Array(Set(ranks)).sorted()
            let list = try members(distinct)
            let positions = Dictionary(uniqueKeysWithValues: zip(distinct, 0...))
            for rank in ranks { if let position = positions[rank] { try body(list, position) } }
        }
    }

    /// Whether reading through a collection is cheaper than finding each rank.
    static func isDense(_ ranks: [Int], of count: Int) -> Bool { ranks.count >= count / 256 }
}
