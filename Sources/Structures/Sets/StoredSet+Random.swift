internal import OrderedStore

extension StoredSet {
    /// The members at ranks.
    ///
    /// - Parameter ranks: different ones, ascending, below ``count``.
    /// - Complexity: O(log *n*) each.
    package mutating func members(atRanks ranks: [Int]) throws -> MemberList {
        var list = MemberList()
        if big != nil, !RandomRanks.isDense(ranks, of: count) {
            for rank in ranks {
                guard let key = try withBuckets({ try $0.key(atRank: rank) }) ?? nil else { break }
                try withMember(key.span, from: 0) { list.append($0) }
            }
            return list
        }
        var (next, rank) = (0, 0)
        try forEach { member in
            guard next < ranks.count else { return false }
            if ranks[next] == rank {
                list.append(member)
                next += 1
            }
            rank += 1
            return true
        }
        return list
    }

    /// Different random members, each choice of them as likely as any other, in byte order.
    ///
    /// - Parameter number: how many; all when there are not so many.
    package mutating func randomMembers(_ number: Int) throws -> MemberList {
        try members(atRanks: RandomRanks.distinct(number, of: count))
    }

    /// Lends random members, of which some may be the same.
    ///
    /// - Parameters:
    ///   - number: how many.
    ///   - body: is called with a list and the position in it.
    package mutating func randomMembers(
        repeating number: Int, _ body: (MemberList, Int) throws -> Void
    ) throws {
        guard count > 0 else { return }
        try RandomRanks.repeating(number, of: count, members: { try members(atRanks: $0) }, body)
    }

    /// Takes random members out.
    ///
    /// - Parameter number: how many; all when there are not so many.
    /// - Returns: what was taken out, in byte order.
    package mutating func pop(_ number: Int) throws -> MemberList {
        let list = try randomMembers(number)
        guard list.count < count else {
            removeAll()
            return list
        }
        for position in 0..<list.count { _ = try remove(list[position]) }
        return list
    }
}
