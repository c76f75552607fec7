internal import KeySchemas
internal import OrderedStore

/// One way to find the records of a condition: ranges of keys, of the records or of an index's entries.
struct AccessPath: Sendable {
    /// Of which the entries are read; `nil` where the records are gone over themselves.
    let index: CompiledIndex?
    /// In the order of the keys; none of them overlap.
    var ranges: [KeyRange]
    /// The conjuncts of the condition that are true of all records in the ranges.
    let exact: Set<Int>
    /// What the records are ordered by as they are found, where they are: values that all have alike left out.
    private(set) var natural: [ResultOrder.Term] = []
    /// Whether no two records are alike in ``natural``.
    private(set) var isTotal = true
    /// By which values the records lie together as they are found, those first that take in most.
    private(set) var grouping: [IndexPath] = []
    /// Of an index: how many of ``natural`` are its parts; those of the key follow.
    private(set) var ownTerms = 0
    /// Of an index: the forms of its parts that all records have alike.
    private(set) var constants: [Int: [UInt8]] = [:]
    /// Whether a record may be found several times.
    private(set) var mayRepeat = false
    /// Whether each range holds one record at most.
    let isPoint: Bool
    /// Whether the ranges leave anything out.
    let isRestricted: Bool

    /// More ranges are not made: further parts are left to the filter.
    private static let mostRanges = 1000

    /// The records themselves, in the order of their keys.
    init(recordsOf schema: CompiledSchema, _ terms: QueryTerms) {
        let layout = schema.layout
        let paths = schema.definition.keyFields.map { IndexPath(field: $0, steps: []) }
        var exact: Set<Int> = []
        var leading: [[KeyValue]] = [[]]
        var part = 0
        while part < paths.count, let range = terms.range(of: paths[part]), let values = range.equals {
            // A value that no key can have is that of no record.
            let scalars = values.compactMap { layout.part($0, at: part) }
            guard leading.count * scalars.count <= AccessPath.mostRanges else { break }
            leading = leading.flatMap { start in scalars.map { start + [$0] } }
            exact.formUnion(range.exact)
            part += 1
        }
        var ranges = leading.compactMap { try? layout.range(under: $0) }
        var isBounded = false
        if part < paths.count, let range = terms.range(of: paths[part]), range.equals == nil {
            let narrowed = leading.map { layout.range(under: $0, range) }
            if narrowed.allSatisfy({ $0 != nil }) {
                ranges = narrowed.compactMap { $0 }
                exact.formUnion(range.exact)
                isBounded = true
            }
        }
        index = nil
        self.ranges = AccessPath.disjoint(ranges)
        self.exact = exact
        isRestricted = part > 0 || isBounded
        isPoint = part == paths.count
        grouping = paths.filter { !terms.isConstant($0) }
        for (position, path) in paths.enumerated() where isTotal && !terms.isConstant(path) {
            // Where the parts before it are alike or in order, keys are in the order of this one's values, or not.
            isTotal = layout.components[position].orderClass == .strict
            if isTotal { natural.append(ResultOrder.Term(path)) }
        }
    }

    /// The entries of an index; `nil` where it does not have those of all records that may be meant.
    init?(_ index: CompiledIndex, _ terms: QueryTerms, _ schema: SchemaDefinition) {
        if index.definition.isSparse,
            !index.parts.allSatisfy({ terms.excludesNull(at: $0.path) || terms.range(ofElementsAt: $0.path) != nil })
        {
            return nil
        }
        var exact: Set<Int> = []
        var leading: [[FieldValue?]] = [[]]
        var part = 0
        while part < index.parts.count, let range = terms.range(of: index.parts[part].path),
            let values = range.equals
        {
            // A value that the field cannot have is that of no record.
            let possible = values.filter { index.form(of: $0, at: part) != nil }
            guard leading.count * possible.count <= AccessPath.mostRanges else { break }
            leading = leading.flatMap { start in possible.map { start + [$0] } }
            exact.formUnion(range.exact)
            part += 1
        }
        var ranges = leading.compactMap { try? index.range(equals: $0) }
        var isBounded = false
        if part < index.parts.count, let range = terms.range(of: index.parts[part].path), range.equals == nil {
            let narrowed = leading.map { index.range(equals: $0, range) }
            if narrowed.allSatisfy({ $0 != nil }) {
                ranges = narrowed.compactMap { $0 }
                exact.formUnion(range.exact)
                isBounded = true
            }
        }
        if !isBounded, part < index.parts.count, let range = terms.range(ofElementsAt: index.parts[part].path) {
            let narrowed = leading.map { index.ranges(equals: $0, elements: range) }
            if narrowed.allSatisfy({ $0 != nil }) {
                ranges = narrowed.flatMap { $0 ?? [] }
                isBounded = true
            }
        }
        self.index = index
        self.ranges = AccessPath.disjoint(ranges)
        self.exact = exact
        isRestricted = part > 0 || isBounded
        isPoint = index.isUnique && part == index.parts.count
        let pointed = part
        for (position, part) in index.parts.enumerated() where isTotal {
            if terms.isConstant(part.path) || position == index.multivalued && position < pointed,
                let value = terms.single(at: part.path), let form = index.form(of: value, at: position)
            {
                constants[position] = form
            } else if position == index.multivalued {
                // A record has several entries, and comes at each of them.
                mayRepeat = true
                isTotal = false
            } else {
                natural.append(ResultOrder.Term(part.path, isDescending: part.isDescending))
            }
        }
        ownTerms = natural.count
        if isTotal {
            for field in schema.keyFields {
                let path = IndexPath(field: field, steps: [])
                if !terms.isConstant(path), !natural.contains(where: { $0.path == path }) {
                    natural.append(ResultOrder.Term(path))
                }
            }
        }
        grouping = natural.map(\.path)
    }

    /// The ranges that hold something, in order, each once. Two are either the same or apart, as they begin with
    /// different values.
    private static func disjoint(_ ranges: [KeyRange]) -> [KeyRange] {
        var result: [KeyRange] = []
        for range in ranges.sorted(by: { $0.lower.span.compare(to: $1.lower.span) < 0 })
        where !range.isEmpty && result.last != range {
            result.append(range)
        }
        return result
    }
}

extension AccessPath {
    /// Whether the records come in an order as they are found.
    ///
    /// - Parameter order: without the values that all records have alike.
    /// - Returns: whether they are to be gone over backwards; `nil` when they are not in the order.
    func gives(_ order: [ResultOrder.Term]) -> Bool? {
        if order.isEmpty || ranges.isEmpty || isPoint && ranges.count == 1 { return false }
        guard !mayRepeat, order.count <= natural.count || isTotal else { return nil }
        var reverse: Bool?
        for (wanted, found) in zip(order, natural) {
            let isReversed = wanted.isDescending != found.isDescending
            guard wanted.path == found.path, reverse ?? isReversed == isReversed else { return nil }
            reverse = isReversed
        }
        return reverse ?? false
    }

    /// The whole order in which the records are found, which begins with `order`.
    func resultOrder(_ order: [ResultOrder.Term], reverse: Bool) -> ResultOrder {
        guard index != nil else {
            return ResultOrder(
                terms: Array(order.prefix(natural.count)), tie: .stored, tieIsDescending: reverse)
        }
        let forward = ResultOrder(terms: Array(natural.prefix(ownTerms)), tie: .parts)
        return reverse ? forward.reversed : forward
    }

    /// Whether the records are found in exactly `order`, and in which direction if so.
    func gives(exactly order: ResultOrder) -> Bool? {
        guard !mayRepeat, let reverse = gives(order.terms) else { return nil }
        let direction = order.terms.isEmpty ? order.tieIsDescending : reverse
        return resultOrder(order.terms, reverse: direction) == order ? direction : nil
    }

    /// Leaves out all up to a place in the order in which the records are found.
    mutating func narrow(after place: Span<UInt8>, _ keys: SortKeyMaker, _ schema: CompiledSchema, reverse: Bool) {
        guard let key = startKey(place, keys, reverse: reverse) else { return }
        let beyond = index == nil ? schema.range(ofPrefix: key).upper : key + [0]
        ranges = ranges.map { range in
            range.intersection(reverse ? KeyRange(to: key) : KeyRange(from: beyond ?? key))
        }.filter { !$0.isEmpty }
    }

    /// The key of the record or the entry at a place.
    private func startKey(_ place: Span<UInt8>, _ keys: SortKeyMaker, reverse: Bool) -> [UInt8]? {
        guard let (values, tie) = keys.split(place) else { return nil }
        guard let index else { return tie }
        var key = index.prefix
        var rest = values[...]
        for (position, part) in index.parts.enumerated() {
            if let form = constants[position] {
                key += form
            } else if let range = rest.popFirst() {
                let value = place.extracting(range)
                guard reverse else {
                    key.append(copying: value)
                    continue
                }
                guard let form = IndexCode.flipped(value, isDescending: !part.isDescending) else { return nil }
                key += form
            }
        }
        return index.isUnique ? key : key + tie
    }
}

extension CompiledIndex {
    /// The entries whose leading parts have these values, and whose next part is in a range; `nil` where these are
    /// no range of keys.
    fileprivate func range(equals values: [FieldValue?], _ range: ValueRange) -> KeyRange? {
        try? self.range(
            equals: values, startingWith: range.prefix, from: range.lower.map { $0.indexBound },
            to: range.upper.map { $0.indexBound })
    }

    /// The entries whose leading parts have these values, and whose next part may be or hold a value in a range: those
    /// of that value, and those of all arrays, which are to be looked into.
    fileprivate func ranges(equals values: [FieldValue?], elements range: ValueRange) -> [KeyRange]? {
        guard let arrays = try? nested(equals: values) else { return nil }
        guard let points = range.equals else { return self.range(equals: values, range).map { [$0, arrays] } }
        let own = points.compactMap { try? self.range(equals: values + [$0]) }
        return own.filter { !arrays.contains($0.lower.span) } + [arrays]
    }

    /// The bytes that a value of a part has in an entry; `nil` when the field cannot have it.
    fileprivate func form(of value: FieldValue?, at part: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        guard (try? append(value, parts[part], to: &bytes)) != nil else { return nil }
        return bytes
    }
}

extension ValueRange.Bound {
    fileprivate var indexBound: IndexBound { isInclusive ? .including(value) : .excluding(value) }
}

extension KeyLayout {
    /// The part at `index` that a value stands for; `nil` when no key can have it.
    fileprivate func part(_ value: FieldValue?, at index: Int) -> KeyValue? {
        guard case .scalar(let scalar)? = value else { return nil }
        return try? components[index].type.normalize(scalar)
    }

    /// The keys under leading parts whose next part is in a range; `nil` where these are no range of keys.
    fileprivate func range(under leading: [KeyValue], _ range: ValueRange) -> KeyRange? {
        guard var keys = try? self.range(under: leading) else { return nil }
        if let prefix = range.prefix {
            guard let narrowed = try? self.range(under: leading, startingWith: .string(prefix)) else { return nil }
            keys = keys.intersection(narrowed)
        }
        guard range.lower != nil || range.upper != nil else { return keys }
        guard components[leading.count].orderClass == .strict else { return nil }
        func keysOf(_ bound: ValueRange.Bound) -> KeyRange? {
            part(bound.value, at: leading.count).flatMap { try? self.range(under: leading + [$0]) }
        }
        if let lower = range.lower {
            guard let own = keysOf(lower), let beyond = own.upper else { return nil }
            keys = keys.intersection(KeyRange(from: lower.isInclusive ? own.lower : beyond))
        }
        if let upper = range.upper {
            guard let own = keysOf(upper) else { return nil }
            keys = keys.intersection(KeyRange(to: upper.isInclusive ? own.upper : own.lower))
        }
        return keys
    }
}
