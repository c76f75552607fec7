internal import KeySchemas
internal import OrderedStore

/// What the keys of a big collection were found to be.
private struct FoundElements {
    var count = 0
    /// How many keys are none of the collection's.
    var strays = 0
    /// Elements whose key is right and whose value is not.
    var misfits = 0
}

extension StructureCheck {
    // MARK: - Lists

    /// The positions of a list's elements follow each other, from the first one's on.
    mutating func checkList(
        _ big: BigElements, _ place: CheckedKey, _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        var list = big
        var found = FoundElements()
        var next = list.key(big.extra)
        var firstGap: Int?
        var cursor = reader.cursor(in: .prefix(big.prefix), options: ScanOptions(keysOnly: true, fillCache: false))
        while let entry = try cursor.next() {
            guard let position = StructureCode.position(ofElementKey: entry.key, big.prefix.count) else {
                found.strays += 1
                continue
            }
            let index = position &- big.extra
            if index < 0 || index >= Int64(big.count) {
                found.strays += 1
                continue
            }
            if !entry.key.equals(next.span), firstGap == nil { firstGap = found.count }
            found.count += 1
            next = list.key(big.extra &+ Int64(found.count))
        }
        elements += found.count
        if found.count != big.count {
            try report(
                place.problem(
                    .elements,
                    "\(big.count - found.count) of the \(big.count) elements of the list are missing, from index "
                        + "\(firstGap ?? found.count) on"))
        }
        try reportStrays(found, place)
    }

    private func reportStrays(_ found: FoundElements, _ place: CheckedKey) throws {
        if found.strays > 0 {
            try report(
                place.problem(.elements, "it has \(found.strays) elements too many: keys that are none of its own"))
        }
        if found.misfits > 0 {
            try report(place.problem(.elements, "\(found.misfits) of its elements do not hold what they should"))
        }
    }

    // MARK: - Hashes and sets

    mutating func checkMembers(
        of big: BigElements, haveValues: Bool, _ place: CheckedKey, _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        let members = big.prefix + [Tuple.Code.bytes]
        let nodes = StructureCode.countPrefix(big.id)
        var found = FoundElements()
        var cursor = reader.cursor(in: .prefix(big.prefix), options: ScanOptions(fillCache: false))
        while let entry = try cursor.next() {
            if StructureCheck.isMember(entry.key, members) {
                found.count += 1
                if !haveValues, entry.value.count > 0 { found.misfits += 1 }
            } else if !StructureCheck.isNode(entry.key, nodes, levels: big.extra) {
                found.strays += 1
            }
        }
        elements += found.count
        try reportCount(found.count, big, place)
        try reportStrays(found, place)
        try checkBuckets(of: big, elements: members, place, reader)
    }

    private func reportCount(_ count: Int, _ big: BigElements, _ place: CheckedKey) throws {
        guard count != big.count else { return }
        try report(place.problem(.elements, "it has \(count) elements, and its metadata says \(big.count)"))
    }

    /// Whether a key is a prefix and a byte string, and nothing behind it.
    private static func isMember(_ key: Span<UInt8>, _ prefix: [UInt8]) -> Bool {
        key.starts(with: prefix.span) && Tuple.endOfText(in: key, from: prefix.count).end == key.count
    }

    private static func isNode(_ key: Span<UInt8>, _ prefix: [UInt8], levels: Int64) -> Bool {
        guard key.count > prefix.count, key.starts(with: prefix.span) else { return false }
        return key[prefix.count] > 0 && Int64(key[prefix.count]) <= levels
    }

    // MARK: - Sorted sets

    /// A member's score and its place in the scores' order say the same, both ways.
    mutating func checkSortedSet(
        _ big: BigElements, _ place: CheckedKey, _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        let layout = SortedSetKeys(big)
        var found = FoundElements()
        var (scored, places, missing) = (0, 0, 0)
        var cursor = reader.cursor(in: .prefix(big.prefix), options: ScanOptions(fillCache: false))
        var ordered: [UInt8] = []
        while let entry = try cursor.next() {
            if StructureCheck.isMember(entry.key, layout.members) {
                found.count += 1
                guard try StructureCheck.isScore(entry.value) else {
                    found.misfits += 1
                    continue
                }
                scored += 1
                ordered.removeAll(keepingCapacity: true)
                ordered += layout.scores
                ordered.append(copying: entry.value)
                ordered.append(copying: entry.key.extracting(droppingFirst: layout.members.count - 1))
                if try reader.get(ordered.span) == nil { missing += 1 }
            } else if layout.isPlace(entry.key) {
                places += 1
                if entry.value.count > 0 { found.misfits += 1 }
            } else if !StructureCheck.isNode(entry.key, layout.nodes, levels: big.extra) {
                found.strays += 1
            }
        }
        elements += found.count
        try reportCount(found.count, big, place)
        if missing > 0 {
            try report(place.problem(.elements, "\(missing) of its members are not in the order of the scores"))
        }
        // Each member that was found in the order has a place of its own there.
        let left = places - (scored - missing)
        if left > 0 {
            try report(place.problem(.elements, "\(left) places in the order of the scores are no member's"))
        }
        try reportStrays(found, place)
        try checkBuckets(of: big, elements: layout.scores, place, reader)
    }

    // MARK: - Counted buckets

    /// Each node counts what lies from its beginning to that of the next one.
    private func checkBuckets(
        of big: BigElements, elements: [UInt8], _ place: CheckedKey, _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        guard big.extra >= 0, big.extra < 10 else {
            return try report(place.problem(.count, "its counts have \(big.extra) levels"))
        }
        let nodes = StructureCode.countPrefix(big.id)
        for level in stride(from: 1, through: Int(big.extra), by: 1) {
            let below = level == 1 ? elements : nodes + [UInt8(level - 1)]
            if let reason = try flaw(of: nodes + [UInt8(level)], over: below, isLowest: level == 1, reader) {
                try report(place.problem(.count, "level \(level) of its counts: \(reason)"))
            }
        }
    }

    /// What is wrong with the nodes of one level.
    ///
    /// - Parameters:
    ///   - level: what the nodes' keys begin with.
    ///   - below: what the keys begin with that they count.
    ///   - isLowest: whether they count elements, not nodes.
    private func flaw(
        of level: [UInt8], over below: [UInt8], isLowest: Bool, _ reader: borrowing some StoreReader & ~Copyable
    ) throws -> String? {
        var nodes = reader.cursor(in: .prefix(level), options: ScanOptions(fillCache: false))
        guard var node = try StructureCheck.nextNode(&nodes, level.count), node.lower.isEmpty else {
            return "no node begins at the first element"
        }
        var following = try StructureCheck.nextNode(&nodes, level.count)
        var counted = 0
        var cursor = reader.cursor(in: .prefix(below), options: ScanOptions(keysOnly: isLowest, fillCache: false))
        while let entry = try cursor.next() {
            let name = entry.key.extracting(droppingFirst: below.count)
            while let next = following, next.lower.span.compare(to: name) <= 0 {
                guard counted == node.count else { return "a node says \(node.count) of \(counted) elements" }
                guard isLowest || next.lower.span.equals(name) else {
                    return "a node begins where none of the level below does"
                }
                node = next
                following = try StructureCheck.nextNode(&nodes, level.count)
                counted = 0
            }
            counted += isLowest ? 1 : StructureCheck.count(entry.value) ?? 0
        }
        while let next = following {
            guard counted == node.count else { return "a node says \(node.count) of \(counted) elements" }
            guard isLowest else { return "a node begins where none of the level below does" }
            node = next
            following = try StructureCheck.nextNode(&nodes, level.count)
            counted = 0
        }
        return counted == node.count ? nil : "a node says \(node.count) of \(counted) elements"
    }

    private static func nextNode(
        _ cursor: inout some StoreCursor & ~Copyable & ~Escapable, _ prefix: Int
    ) throws -> (lower: [UInt8], count: Int)? {
        guard let entry = try cursor.next() else { return nil }
        // What is no count differs from every count.
        return (entry.key.extracting(droppingFirst: prefix).array, count(entry.value) ?? -1)
    }

    private static func count(_ value: Span<UInt8>) -> Int? {
        value.count == 8 ? Int(exactly: value.bigEndian(at: 0)) : nil
    }
}

/// What the keys of a big sorted set begin with.
private struct SortedSetKeys {
    /// The members', the code of a byte string included.
    let members: [UInt8]
    /// The places' in the scores' order, up to the score.
    let scores: [UInt8]
    let nodes: [UInt8]

    init(_ big: BigElements) {
        var prefix = big.prefix
        Tuple.append(Int64(0), to: &prefix)
        members = prefix + [Tuple.Code.bytes]
        prefix = big.prefix
        Tuple.append(Int64(1), to: &prefix)
        scores = prefix + [Tuple.Code.double]
        nodes = StructureCode.countPrefix(big.id)
    }

    func isPlace(_ key: Span<UInt8>) -> Bool {
        let member = scores.count + Score.size
        guard key.count > member, key.starts(with: scores.span), key[member] == Tuple.Code.bytes else { return false }
        return Tuple.endOfText(in: key, from: member + 1).end == key.count
    }
}
