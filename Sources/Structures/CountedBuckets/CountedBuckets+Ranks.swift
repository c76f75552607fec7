internal import OrderedStore

extension CountedBuckets {
    /// The number of elements before `key`, which need not be there.
    ///
    /// - Parameter key: an element's key after the prefix.
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*).
    package mutating func rank(of key: Span<UInt8>) throws -> Int {
        flush()
        var rank = 0
        var lower: [UInt8] = []
        for level in stride(from: levels, through: 1, by: -1) {
            var last = 0
            try forEachNode(of: level, from: lower) { start, count in
                guard start.compare(to: key) <= 0 else { return .stop }
                rank += last
                last = count
                lower.removeAll(keepingCapacity: true)
                lower.append(copying: start)
                return .next
            }
        }
        let range = KeyRange(from: elements + lower, to: elements + key.array)
        try transaction.scan(range, ScanOptions(keysOnly: true)) { _ in
            rank += 1
            return .next
        }
        return rank
    }

    /// The key after the prefix of the element that so many are before; `nil` when there are not so many.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*).
    package mutating func key(atRank rank: Int) throws -> [UInt8]? {
        guard rank >= 0, rank < count else { return nil }
        flush()
        var skipped = 0
        var lower: [UInt8] = []
        for level in stride(from: levels, through: 1, by: -1) {
            var last = 0
            try forEachNode(of: level, from: lower) { start, count in
                guard skipped + last <= rank else { return .stop }
                skipped += last
                last = count
                lower.removeAll(keepingCapacity: true)
                lower.append(copying: start)
                return .next
            }
        }
        return try key(from: lower, skipping: rank - skipped)
    }

    /// The number of elements from `lower` on and before `upper`; `nil` for the end.
    ///
    /// - Throws: `StoreError`; ``StructureError`` with code `malformed`.
    /// - Complexity: O(log *n*).
    package mutating func count(from lower: Span<UInt8>, to upper: Span<UInt8>?) throws -> Int {
        let end: Int
        if let upper { end = try rank(of: upper) } else { end = count }
        return max(0, end - (try rank(of: lower)))
    }

    /// The key after the prefix of the element that `skipped` are before from `lower` on.
    func key(from lower: [UInt8], skipping skipped: Int) throws -> [UInt8]? {
        let range = KeyRange(from: elements + lower, to: KeyRange.successor(ofPrefix: elements))
        var left = skipped
        var found: [UInt8]?
        try transaction.scan(range, ScanOptions(keysOnly: true)) { entry in
            left -= 1
            guard left < 0 else { return .next }
            found = entry.key.extracting(droppingFirst: elements.count).array
            return .stop
        }
        return found
    }
}
