internal import KeySchemas

extension QueryExplanation {
    /// An explanation that was given as ``json``, of another process.
    package init(json: JSONValue) {
        var members = JSONObject()
        if case .object(let object) = json { members = object }
        func text(_ value: JSONValue?) -> String? { if case .string(let text)? = value { text } else { nil } }
        func flag(_ name: String) -> Bool { if case .bool(true)? = members[name] { true } else { false } }
        func texts(_ name: String) -> [String] {
            if case .array(let values)? = members[name] { values.compactMap(text) } else { [] }
        }
        func number(_ value: JSONValue?) -> Int {
            if case .number(let number)? = value { Int(clamping: number.integer ?? 0) } else { 0 }
        }
        self.init(
            plan: text(members["plan"]) ?? "", ranges: texts("ranges"), rangeCount: number(members["rangeCount"]),
            isReversed: flag("reverse"), isCovered: flag("covered"), filter: text(members["filter"]),
            order: texts("order"), isSorted: flag("sorted"), skips: text(members["skips"]),
            expectedKeys: number(members["expectedKeys"]), counts: nil)
        if case .object(let read)? = members["read"] {
            counts = QueryCounts(
                keys: number(read["keys"]), records: number(read["records"]), returned: number(read["returned"]))
        }
    }
}
