internal import KeySchemas
internal import OrderedStore

/// A question made ready for one schema.
struct PreparedQuery: Sendable {
    let schema: CompiledSchema
    let terms: QueryTerms
    /// The fields to read; `nil` for all.
    let wanted: Set<String>?
    /// What the records are to be ordered by, without the values that all have alike.
    let order: [ResultOrder.Term]
    /// Whether the condition is true of no record.
    let isNever: Bool
    /// Whether each result is to have a place in an order.
    let isPaged: Bool
    let limit: Int?
    let skip: Int
    let memory: Int
    /// Where to go on, and in which order the page before came.
    private(set) var resume: (order: ResultOrder, place: [UInt8])?
    /// What all pages have in common: the token of another question does not fit.
    private let question: [UInt8]

    /// - Throws: ``RecordError`` that names the field or the path; with code `badToken` for a token that another
    ///   question gave.
    init(_ query: Query, _ schema: CompiledSchema, isPaged: Bool = false) throws(RecordError) {
        let definition = schema.definition
        self.schema = schema
        for name in query.select ?? [] where !definition.knows(name) { throw definition.unknownField(name) }
        wanted = query.select.map { Set($0) }
        let condition = try query.condition.bound(to: definition).normalized
        terms = try QueryTerms(condition, definition)
        isNever = condition == .none
        var order: [ResultOrder.Term] = []
        for term in query.order {
            let path = try PreparedQuery.single(term.path, definition)
            guard !terms.isConstant(path), !order.contains(where: { $0.path == path }) else { continue }
            order.append(ResultOrder.Term(path, isDescending: term.isDescending))
        }
        self.order = order
        self.isPaged = isPaged
        limit = query.limit
        skip = query.after == nil ? query.skip : 0
        memory = Swift.max(query.memory, RecordSorter.leastMemory)
        let directions = query.order.map { "\($0.path) \($0.isDescending)" }.joined(separator: ",")
        let layout = definition.layout
        question = Array(
            "\(definition.name) \(layout.template) \(layout.encoding.rawValue) \(condition) \(directions)".utf8)
        if let token = query.after { resume = try place(in: token) }
    }

    /// A path at which a record has one value.
    ///
    /// - Throws: ``RecordError`` that names it.
    static func single(_ text: String, _ schema: SchemaDefinition) throws(RecordError) -> IndexPath {
        let path = try ConditionPath(text).resolved(in: schema)
        guard !path.isMultivalued else {
            throw RecordError(
                .invalidValue, schema: schema.name, field: text,
                message: "a record has many values there, so it has no place in their order; leave the [] out")
        }
        return path
    }
}

// MARK: - Tokens

// A token says where the last record of a page is in the order in which the page came, and which order that was. So the
// next page may take another plan, and where it takes the same begins with a seek.
extension PreparedQuery {
    /// What goes on after a record.
    func token(_ order: ResultOrder, at place: [UInt8]) -> String {
        let terms = order.terms.map { KeyValue.nested([.string($0.path.conditionPath), .bool($0.isDescending)]) }
        let elements: [KeyValue] = [
            .nested(terms), .integer(order.tie.rawValue), .bool(order.tieIsDescending), .bytes(place),
        ]
        return PageToken.make(question, at: Tuple.pack(elements))
    }

    /// - Throws: ``RecordError`` with code `badToken`.
    private func place(in token: String) throws(RecordError) -> (order: ResultOrder, place: [UInt8]) {
        let bad = PageToken.bad(schema.name)
        guard let bytes = PageToken.place(in: token, question), let elements = try? Tuple.unpack(bytes.span),
            elements.count == 4, case .nested(let terms) = elements[0], case .integer(let number) = elements[1],
            let tie = ResultOrder.Tie(rawValue: number), case .bool(let isDescending) = elements[2],
            case .bytes(let place) = elements[3]
        else { throw bad }
        var order = ResultOrder(tie: tie, tieIsDescending: isDescending)
        for term in terms {
            guard case .nested(let pair) = term, pair.count == 2, case .string(let text) = pair[0],
                case .bool(let isDescending) = pair[1], let path = try? PreparedQuery.single(text, schema.definition)
            else { throw bad }
            order.terms.append(ResultOrder.Term(path, isDescending: isDescending))
        }
        // The key must be one of the schema's, or nothing could be looked for.
        guard let (_, key) = SortKeyMaker(order, schema.definition).split(place.span) else { throw bad }
        var prefix = key
        if tie == .parts {
            prefix = []
            guard schema.layout.appendPrefix(fromTuple: key.span, at: 0, to: &prefix) == key.count else { throw bad }
        }
        var parts: [Range<Int>] = []
        guard schema.layout.findParts(of: prefix.span, into: &parts) == prefix.count else { throw bad }
        return (order, place)
    }
}
