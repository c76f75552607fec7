internal import KeySchemas
internal import OrderedStore

/// How a question is answered: where the records are found, in which direction, what is checked of each, and
/// whether they are sorted then.
struct QueryPlan: Sendable {
    let schema: CompiledSchema
    let access: AccessPath
    /// From the last range down.
    let reverse: Bool
    /// The order of the results; no two are alike in it.
    let order: ResultOrder
    /// Whether the records are found in another order.
    let sorts: Bool
    /// What the ranges do not say.
    let condition: Condition
    let filter: CompiledCondition?
    /// The fields that results have; `nil` for all.
    let wanted: Set<String>?
    /// The fields that are read; `nil` for all.
    let read: [String]?
    /// Whether the entries of the index hold all that is read.
    let isCovered: Bool
    let sortKeys: SortKeyMaker
    /// Where to go on.
    let start: [UInt8]?

    init(_ query: PreparedQuery, _ access: AccessPath) throws(RecordError) {
        schema = query.schema
        condition = query.terms.rest(without: access.exact)
        let filter = condition == .all ? nil : try CompiledCondition(condition, query.schema.definition)
        self.filter = filter
        wanted = query.wanted
        let found: Bool?
        if let resume = query.resume {
            found = access.gives(exactly: resume.order)
            order = resume.order
        } else {
            // A record that is found by several entries has no place in their order.
            found = query.isPaged && access.mayRepeat ? nil : access.gives(query.order)
            order = found.map { access.resultOrder(query.order, reverse: $0) } ?? ResultOrder(terms: query.order)
        }
        reverse = found ?? false
        sorts = found == nil
        sortKeys = SortKeyMaker(order, schema.definition)
        if let wanted {
            var read = wanted.union(filter?.fields ?? [])
            // What is sorted is made of records; a place in the index's own order is that of an entry.
            if sorts {
                read.formUnion(order.terms.map(\.path.field.name))
                read.formUnion(schema.definition.keyFields.map(\.name))
            }
            self.read = Array(read)
            isCovered = !access.mayRepeat && access.index?.covers(read) ?? false
        } else {
            read = nil
            isCovered = false
        }
        var access = access
        start = query.resume?.place
        if let start, !sorts { access.narrow(after: start.span, sortKeys, schema, reverse: reverse) }
        self.access = access
    }
}

extension QueryPlan {
    /// The place of a record that was found, in the order of the results.
    ///
    /// - Parameters:
    ///   - key: of the entry that it was found by; empty where it was found by itself.
    ///   - value: of that entry.
    func appendPlace(
        _ record: borrowing RecordBuffer, _ key: Span<UInt8>, _ value: Span<UInt8>, to place: inout [UInt8]
    ) throws(RecordError) {
        guard let index = access.index, !sorts else { return try sortKeys.append(record, to: &place) }
        var position = index.prefix.count
        for (number, part) in index.parts.enumerated() {
            guard let end = IndexCode.end(of: part, in: key, from: position) else { throw index.damaged(key) }
            defer { position = end }
            guard access.constants[number] == nil else { continue }
            let form = key.extracting(position..<end)
            guard reverse else {
                place.append(copying: form)
                continue
            }
            guard let flipped = IndexCode.flipped(form, isDescending: part.isDescending) else {
                throw index.damaged(key)
            }
            place += flipped
        }
        var tie = key.extracting(droppingFirst: position).array
        if index.isUnique {
            var prefix: [UInt8] = []
            guard let end = schema.layout.appendPrefix(fromTuple: value, at: 0, to: &prefix) else {
                throw index.damaged(key)
            }
            tie = value.extracting(first: end).array
        }
        place += order.tie(tie.span)
    }
}
