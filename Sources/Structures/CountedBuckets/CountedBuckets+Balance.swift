internal import OrderedStore

extension CountedBuckets {
    // MARK: - Splitting

    /// Halves the nodes that count more than they may, of those that were changed last.
    mutating func split() throws {
        for level in stride(from: 1, through: levels, by: 1) {
            guard let node = path[level - 1], node.count > shape.capacity(level) else { continue }
            flush()
            try halve(level, node.lower, node.count)
            path[level - 1] = nil
        }
        if count > shape.capacity(levels + 1) {
            flush()
            levels += 1
            path.append(nil)
            try halve(levels, [], count)
        }
    }

    private func halve(_ level: Int, _ lower: [UInt8], _ count: Int) throws {
        guard let middle = try middle(level, lower, count) else { return put(level, lower, count) }
        put(level, lower, middle.before)
        put(level, middle.key, count - middle.before)
    }

    /// Where to cut the elements from `lower` on, `count` of them, so that a cut is also one of the level below.
    private func middle(_ level: Int, _ lower: [UInt8], _ count: Int) throws -> (key: [UInt8], before: Int)? {
        if level == 1 {
            let key = try key(from: lower, skipping: count / 2)
            return key.map { ($0, count / 2) }
        }
        var before = 0
        var middle: (key: [UInt8], before: Int)?
        try forEachNode(of: level - 1, from: lower) { key, part in
            if before > 0, before >= count / 2 || before + part >= count {
                middle = (key.array, before)
                return .stop
            }
            before += part
            return before < count ? .next : .stop
        }
        return middle
    }

    // MARK: - Merging

    /// Joins nodes that count little with a neighbour that does, too, of those that were changed last.
    mutating func merge() throws {
        for level in stride(from: 1, through: levels, by: 1) {
            let capacity = shape.capacity(level)
            // Looking at the neighbours now and then is enough.
            guard let node = path[level - 1], node.count < capacity / 4, node.count % max(1, capacity / 16) == 0 else {
                continue
            }
            if let next = try self.node(at: level, after: node.lower), next.count + node.count <= capacity / 2,
                try !isBeginning(next.lower, above: level)
            {
                join(level, node, next, total: next.count + node.count)
            } else if !node.lower.isEmpty, try !isBeginning(node.lower, above: level),
                let previous = try self.node(at: level, before: node.lower),
                previous.count + node.count <= capacity / 2
            {
                join(level, previous, node, total: previous.count + node.count)
            }
        }
        while levels > 0, count <= shape.capacity(levels) / 4 { try removeTop() }
    }

    private mutating func join(_ level: Int, _ left: Node, _ right: Node, total: Int) {
        delete(level, right.lower)
        put(level, left.lower, total)
        path[level - 1] = nil
    }

    private func isBeginning(_ lower: [UInt8], above level: Int) throws -> Bool {
        guard level < levels else { return false }
        let key = prefix(level + 1) + lower
        return try transaction.get(key.span) != nil
    }

    /// Removes the uppermost level, as soon as one node would do.
    private mutating func removeTop() throws {
        var lowers: [[UInt8]] = []
        try forEachNode(of: levels, from: []) { lower, _ in
            lowers.append(lower.array)
            return .next
        }
        for lower in lowers { delete(levels, lower) }
        levels -= 1
        path.removeLast()
    }

    // MARK: - All at once

    /// Counts elements that were staged without being counted one by one, all of the collection.
    ///
    /// - Parameter total: how many there are.
    /// - Throws: `StoreError`.
    /// - Complexity: O(*n*).
    package mutating func build(_ total: Int) throws {
        count = total
        levels = 0
        // Nodes begin three quarters full: there is room for more, and to lose some.
        while count > shape.capacity(levels + 1) {
            let most = max(1, shape.capacity(levels + 1) * 3 / 4)
            let starts = try levels == 0 ? elementStarts(every: most) : nodeStarts(of: levels, most: most)
            levels += 1
            for start in starts { put(levels, start.lower, start.count) }
        }
        path = Array(repeating: nil, count: levels)
    }

    private func elementStarts(every most: Int) throws -> [(lower: [UInt8], count: Int)] {
        var starts: [(lower: [UInt8], count: Int)] = [([], 0)]
        try transaction.scan(KeyRange.prefix(elements), ScanOptions(keysOnly: true)) { entry in
            if starts[starts.count - 1].count == most {
                starts.append((entry.key.extracting(droppingFirst: elements.count).array, 0))
            }
            starts[starts.count - 1].count += 1
            return .next
        }
        return starts
    }

    private func nodeStarts(of level: Int, most: Int) throws -> [(lower: [UInt8], count: Int)] {
        var starts: [(lower: [UInt8], count: Int)] = [([], 0)]
        try forEachNode(of: level, from: []) { lower, count in
            if starts[starts.count - 1].count + count > most { starts.append((lower.array, 0)) }
            starts[starts.count - 1].count += count
            return .next
        }
        return starts
    }
}
