internal import KeySchemas
internal import OrderedStore

extension StoreReader where Self: ~Copyable {
    /// Puts the records together that have some values alike, and makes a value of each group: in one pass, with one
    /// group at a time where they come together, and a table of them where not.
    ///
    /// - Returns: the groups in the order of their values.
    borrowing func group(
        _ query: PreparedQuery, by paths: [IndexPath], _ aggregates: [Accumulator], _ trace: inout QueryTrace,
        size: (KeyRange) throws -> UInt64
    ) throws -> [QueryGroup] {
        let plan = try plan(query, size: size)
        trace.note(plan)
        let keys = SortKeyMaker(
            ResultOrder(terms: paths.map { ResultOrder.Term($0) }), query.schema.definition)
        var groups: [(key: [UInt8], accumulators: [Accumulator])] = []
        var positions: [[UInt8]: Int] = [:]
        let areTogether = plan.access.keepsTogether(paths.filter { !query.terms.isConstant($0) })
        var left = query.memory
        var key: [UInt8] = []
        try find(plan, memory: query.memory, &trace.counts) { record, _, _ in
            key.removeAll(keepingCapacity: true)
            try keys.appendValues(record, to: &key)
            var position = groups.count - 1
            if groups.isEmpty || groups[position].key != key {
                if !areTogether, let known = positions[key] {
                    position = known
                } else {
                    position = groups.count
                    groups.append((key, aggregates))
                    left -= 2 * key.count + 64 + aggregates.count * MemoryLayout<Accumulator>.stride
                    guard left >= 0 else { throw RecordError.tooLarge(query.schema, "putting together so many groups") }
                    if !areTogether { positions[key] = position }
                }
            }
            for index in aggregates.indices { try groups[position].accumulators[index].add(record) }
            return true
        }
        // Without values to group by all records are one group, even none of them.
        if paths.isEmpty, groups.isEmpty { groups.append(([], aggregates)) }
        groups.sort { $0.key.span.compare(to: $1.key.span) < 0 }
        trace.counts.returned = groups.count
        return groups.map { group in
            QueryGroup(values: keys.values(group.key.span), results: group.accumulators.map(\.result))
        }
    }
}

extension AccessPath {
    /// Whether all records that have the values at some paths alike are found one after another.
    fileprivate func keepsTogether(_ paths: [IndexPath]) -> Bool {
        let wanted = Set(paths)
        return !mayRepeat && wanted == Set(grouping.prefix(wanted.count))
    }
}
