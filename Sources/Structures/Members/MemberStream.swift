internal import OrderedStore

/// The members of a set or a sorted set in byte order, read piece by piece: to go over several at a time.
package struct MemberStream {
    /// The number of members.
    package let count: Int
    /// Where the members of a big one are.
    private let big: BigMembers?
    /// Whether a member's value is its score; else the score is 1.
    private let hasScores: Bool
    /// Members that were read; the current one is at `position`, if there is one.
    private var piece: MemberList
    private var position = 0
    /// Whether nothing comes behind `piece`.
    private var isLast: Bool
    private var pieceSize = leastPieceSize

    private static let leastPieceSize = 32
    private static let mostPieceSize = 1_024

    /// The members of a key's value; none when there is no such key.
    ///
    /// - Parameter allowsSortedSets: whether the value may be a sorted set, too.
    /// - Throws: ``StructureError`` with code `wrongType`; as ``StructureKeys/lookup(_:probably:)``.
    package init(_ keys: StructureKeys, _ key: Span<UInt8>, allowsSortedSets: Bool) throws {
        let found = try keys.lookup(key, probably: allowsSortedSets ? .sortedSet : .set)
        if allowsSortedSets, found.kind == .sortedSet {
            try self.init(try StoredSortedSet(keys, found))
        } else {
            try found.require(.set)
            try self.init(try StoredSet(keys, found))
        }
    }

    private init(_ set: borrowing StoredSet) throws {
        count = set.count
        big = set.big?.members
        hasScores = false
        piece = MemberList()
        isLast = big == nil
        if !isLast { try read(from: nil) }
        guard isLast else { return }
        try set.forEach { member in
            piece.append(member, 1)
            return true
        }
    }

    private init(_ set: borrowing StoredSortedSet) throws {
        count = set.count
        big = set.big?.members
        hasScores = true
        piece = MemberList()
        isLast = big == nil
        if !isLast { try read(from: nil) }
        guard isLast else { return }
        var all = MemberList()
        try set.forEachInline { member, score in
            all.append(member, score)
            return true
        }
        for index in all.orderByMember { piece.append(all[index], all.scores[index]) }
    }

    /// Whether there is no current member, for all were passed.
    var isAtEnd: Bool { position == piece.count }

    /// The current member's score.
    var score: Double { piece.scores[position] }

    /// Appends the current member to bytes.
    func appendMember(to bytes: inout [UInt8]) { bytes.append(copying: piece[position]) }

    /// How the current member compares with another.
    func compare(to member: Span<UInt8>) -> Int { piece[position].compare(to: member) }

    /// How the current member compares with another stream's.
    func compare(to other: borrowing MemberStream) -> Int { piece[position].compare(to: other.piece[other.position]) }

    /// Goes to the next member.
    mutating func advance() throws {
        position += 1
        guard position == piece.count, !isLast else { return }
        let last = piece[position - 1].array
        try read(from: last.span, isAfter: true)
    }

    /// Goes on to the first member at or after `member`.
    mutating func seek(to member: Span<UInt8>) throws {
        var (low, high) = (position, piece.count)
        while low < high {
            let middle = (low + high) / 2
            if piece[middle].compare(to: member) < 0 { low = middle + 1 } else { high = middle }
        }
        position = low
        guard position == piece.count, !isLast else { return }
        try read(from: member)
    }

    /// The score of a member, found without going there; `nil` when it is not in the set.
    func score(of member: Span<UInt8>) throws -> Double? {
        if let big {
            guard let value = try big.value(member) else { return nil }
            return hasScores ? try Score.read(value.span) : 1
        }
        var (low, high) = (0, piece.count)
        while low < high {
            let middle = (low + high) / 2
            let order = piece[middle].compare(to: member)
            if order == 0 { return piece.scores[middle] }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private mutating func read(from lower: Span<UInt8>?, isAfter: Bool = false) throws {
        guard let big else { return }
        pieceSize = isAfter ? min(2 * pieceSize, MemberStream.mostPieceSize) : MemberStream.leastPieceSize
        var next = MemberList()
        try big.forEach(from: lower, isAfter: isAfter) { member, value in
            next.append(member, hasScores ? try Score.read(value) : 1)
            return next.count < pieceSize
        }
        isLast = next.count < pieceSize
        piece = next
        position = 0
    }
}
