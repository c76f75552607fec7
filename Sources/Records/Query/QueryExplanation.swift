internal import KeySchemas
internal import OrderedStore

/// How a query is answered, and after the run what it took.
public struct QueryExplanation: Hashable, Sendable, CustomStringConvertible {
    /// Where the records are found: `records` or `index byAuthor`.
    public internal(set) var plan: String
    /// The ranges of keys that are read, for people; the first ones of many.
    public internal(set) var ranges: [String]
    /// How many ranges there are.
    public internal(set) var rangeCount: Int
    /// Whether the ranges are read from the last key to the first.
    public internal(set) var isReversed: Bool
    /// Whether the entries of the index hold all that is read, so that the records are not touched.
    public internal(set) var isCovered: Bool
    /// What is checked of each record that is found; `nil` when the ranges say all.
    public internal(set) var filter: String?
    /// What the results are ordered by.
    public internal(set) var order: [String]
    /// Whether the records are found in another order and sorted.
    public internal(set) var isSorted: Bool
    /// The path whose values are gone over by placing the cursor behind each; `nil` where keys are read one by one.
    public internal(set) var skips: String?
    /// About how many keys lie in the ranges.
    public internal(set) var expectedKeys: Int
    /// What was read; `nil` when the query was not run.
    public internal(set) var counts: QueryCounts?

    /// A line each.
    public var description: String {
        var lines = ["plan      \(plan)\(isCovered ? ", which holds all that is read" : "")"]
        for (position, range) in ranges.enumerated() {
            lines.append((position == 0 ? "keys      " : "          ") + range)
        }
        if rangeCount == 0 { lines.append("keys      none: nothing can be as the condition says") }
        if rangeCount > ranges.count { lines.append("          and \(rangeCount - ranges.count) more ranges") }
        if isReversed { lines.append("          from the last to the first") }
        if let skips { lines.append("skips     from each \(skips) to the next") }
        if let filter { lines.append("filter    \(filter)") }
        if !order.isEmpty {
            lines.append("order     \(order.joined(separator: ", "))\(isSorted ? ", sorted" : ", as found")")
        }
        lines.append("expected  \(expectedKeys) keys")
        if let counts {
            lines.append("read      \(counts.keys) keys, \(counts.records) records; returned \(counts.returned)")
        }
        return lines.joined(separator: "\n")
    }

    /// The same as a JSON object.
    public var json: JSONValue {
        var object: JSONObject = [
            "plan": .string(plan), "covered": .bool(isCovered), "ranges": .array(ranges.map { .string($0) }),
            "rangeCount": .integer(rangeCount), "reverse": .bool(isReversed),
        ]
        if let skips { object["skips"] = .string(skips) }
        object["filter"] = filter.map { .string($0) } ?? .null
        object["order"] = .array(order.map { .string($0) })
        object["sorted"] = .bool(isSorted)
        object["expectedKeys"] = .integer(expectedKeys)
        if let counts {
            object["read"] = .object([
                "keys": .integer(counts.keys), "records": .integer(counts.records),
                "returned": .integer(counts.returned),
            ])
        }
        return .object(object)
    }
}

/// What is noted down of a query while it runs.
struct QueryTrace {
    var counts = QueryCounts()
    private(set) var plan: QueryPlan?
    private(set) var access: AccessPath?
    private(set) var skips: IndexPath?

    mutating func note(_ plan: QueryPlan) {
        self.plan = plan
        access = plan.access
    }

    mutating func note(_ access: AccessPath, skips path: IndexPath) {
        self.access = access
        skips = path
    }

    /// The explanation of what was noted.
    ///
    /// - Parameter keys: about how many keys lie in the ranges.
    func explanation(keys: Double) -> QueryExplanation {
        let ranges = access?.ranges ?? []
        let index = access?.index
        return QueryExplanation(
            plan: index.map { "index \($0.name)" } ?? "records",
            ranges: ranges.prefix(10).map { $0.described(by: index) }, rangeCount: ranges.count,
            isReversed: plan?.reverse ?? false, isCovered: plan?.isCovered ?? (index != nil),
            filter: plan.flatMap { $0.filter == nil ? nil : "\($0.condition)" },
            order: plan?.order.terms.map { $0.path.conditionPath + ($0.isDescending ? " desc" : "") } ?? [],
            isSorted: plan?.sorts ?? false, skips: skips?.conditionPath, expectedKeys: Int(keys), counts: counts)
    }
}

extension KeyRange {
    /// The range for people: entries of an index as their values, all other keys as text.
    fileprivate func described(by index: CompiledIndex?) -> String {
        func text(_ bytes: [UInt8]) -> String {
            index.map { "(\($0.values(bytes.span)))" } ?? RecordError.printable(bytes.span)
        }
        guard let upper else { return "from \(text(lower))" }
        let isWhole = upper == lower + [Tuple.Code.escape]
        if isWhole || index == nil && upper == KeyRange.successor(ofPrefix: lower) { return "under \(text(lower))" }
        return "from \(text(lower)) to \(text(upper))"
    }
}

extension CompiledIndex {
    /// The values that a bound of a range of entries begins with.
    fileprivate func values(_ bound: Span<UInt8>) -> String {
        // Behind whole values FF stands for all that goes on.
        let isPast = bound.count > 0 && bound[bound.count - 1] == Tuple.Code.escape
        let bytes = bound.extracting(first: bound.count - (isPast ? 1 : 0))
        var texts: [String] = []
        var position = prefix.count
        for part in parts {
            guard let end = IndexCode.end(of: part, in: bytes, from: position) else { break }
            defer { position = end }
            switch part.value(bytes.extracting(position..<end)) {
            case nil: texts.append("?")
            case .absent?: texts.append("absent")
            case .null?: texts.append("null")
            case .value(let value)?: texts.append(RecordError.printable(value.description.utf8.span))
            }
        }
        if position < bound.count { texts.append("…") }
        return texts.joined(separator: ", ")
    }
}
