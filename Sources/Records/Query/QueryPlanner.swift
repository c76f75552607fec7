internal import KeySchemas
internal import OrderedStore

/// What a plan is expected to cost, in keys that are passed over.
struct QueryCost: Hashable, Sendable {
    /// The keys of records, or the entries, in the ranges.
    var keys: Double
    /// All work, as so many keys passed over.
    var total: Double
}

/// Which plan is taken.
enum PlanChoice: Hashable, Sendable {
    /// The one that is expected to cost least.
    case cheapest
    /// Over the records.
    case records
    /// Over an index.
    case index(String)
}

extension StoreReader where Self: ~Copyable {
    /// Chooses how a question is answered.
    ///
    /// - Parameters:
    ///   - size: about how many bytes a range takes on disk, without what is still in memory.
    ///   - choice: which plan is taken.
    /// - Throws: ``RecordError`` with code `unknownIndex` or `indexNotReady` for a choice that cannot be made;
    ///   `StoreError`.
    borrowing func plan(
        _ query: PreparedQuery, choice: PlanChoice = .cheapest, size: (KeyRange) throws -> UInt64
    ) throws -> QueryPlan {
        let schema = query.schema
        switch choice {
        case .records:
            return try QueryPlan(query, AccessPath(recordsOf: schema, query.terms))
        case .index(let name):
            let index = try schema.index(name)
            guard index.state.isReady, let access = AccessPath(index, query.terms, schema.definition) else {
                throw RecordError(
                    .indexNotReady, schema: schema.name, index: name,
                    message: "the index does not have the entries of all records that are asked for")
            }
            return try QueryPlan(query, access)
        case .cheapest:
            break
        }
        var byKey = AccessPath(recordsOf: schema, query.terms)
        if query.isNever { byKey.ranges = [] }
        // A few records that are named by all parts of their keys are not to be had for less.
        if byKey.ranges.isEmpty || byKey.isPoint { return try QueryPlan(query, byKey) }
        var candidates: [QueryPlan] = []
        for index in schema.indexes where index.state.isReady {
            guard let access = AccessPath(index, query.terms, schema.definition) else { continue }
            let plan = try QueryPlan(query, access)
            if access.ranges.isEmpty || access.isPoint && access.ranges.count == 1 { return plan }
            // All entries, in no order that is asked for, are of use only where they spare reading the records.
            if access.isRestricted || !plan.sorts && !query.order.isEmpty || plan.isCovered { candidates.append(plan) }
        }
        let first = try QueryPlan(query, byKey)
        guard !candidates.isEmpty else { return first }
        var best = (plan: first, cost: try cost(of: first, query, size))
        for plan in candidates {
            let cost = try cost(of: plan, query, size)
            if cost.total < best.cost.total { best = (plan, cost) }
        }
        return best.plan
    }

    /// What a plan is expected to cost.
    borrowing func cost(
        of plan: QueryPlan, _ query: PreparedQuery, _ size: (KeyRange) throws -> UInt64
    ) throws -> QueryCost {
        let keys = try estimateKeys(plan.access, size)
        let keysPerRecord = plan.schema.isPacked ? 1 : Double(Swift.max(1, plan.schema.stored.count))
        let seek = 25.0
        let records: Double
        var total: Double
        if plan.access.index == nil {
            records = keys / keysPerRecord
            total = keys
        } else {
            records = keys
            total = keys * (plan.isCovered ? 1.5 : seek + keysPerRecord)
        }
        if plan.sorts {
            total += records * 8
        } else if let limit = query.limit, records > 0 {
            // Where more is checked than the ranges say, one record in eight is taken to pass.
            let needed = Double(limit + query.skip) * (plan.filter == nil ? 1 : 8)
            total *= Swift.min(1, needed / records)
        }
        return QueryCost(keys: keys, total: total + seek * Double(plan.access.ranges.count))
    }

    /// About how many keys lie in the ranges: counted where there are few, and for more taken from their size on
    /// disk. What was not written to disk yet is counted only as far as that.
    private borrowing func estimateKeys(
        _ access: AccessPath, _ size: (KeyRange) throws -> UInt64
    ) throws -> Double {
        if access.isPoint, access.index != nil { return Double(access.ranges.count) }
        let mostKeys = 64
        let mostRanges = 8
        let ranges = access.ranges
        var sampled = 0.0
        let step = Swift.max(1, ranges.count / mostRanges)
        var looked = 0
        for index in stride(from: 0, to: ranges.count, by: step) {
            looked += 1
            var cursor = cursor(in: ranges[index], options: ScanOptions(limit: mostKeys))
            var keys = 0
            var bytes = 0
            while let entry = try cursor.next() {
                keys += 1
                bytes += entry.key.count + entry.value.count
            }
            guard keys == mostKeys else {
                sampled += Double(keys)
                continue
            }
            let average = Double(Swift.max(1, bytes)) / Double(keys)
            sampled += Swift.max(Double(keys), Double(try size(ranges[index])) / average)
        }
        return looked == 0 ? 0 : sampled * Double(ranges.count) / Double(looked)
    }
}
