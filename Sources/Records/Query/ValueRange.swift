internal import KeySchemas
internal import OrderedStore

/// What a condition asks of the value at one path, as far as a range of keys can say it.
///
/// Every record that the condition is true of has its value, or of an array an element, in the range. The other way
/// round that holds when ``exact`` names all conjuncts.
struct ValueRange: Hashable, Sendable {
    /// One end of a range.
    struct Bound: Hashable, Sendable {
        var value: FieldValue
        var isInclusive: Bool
    }

    /// Where the value is.
    let path: IndexPath
    /// The value is one of these, each in the form that the field's type stores, in order and none twice; `nil`
    /// among them is absent. No value: no record. `nil` when the conditions name no values; then the rest counts.
    var equals: [FieldValue?]?
    /// Where the values begin. A range with a bound holds neither absent nor null; of a json field, or an id, it holds
    /// values of the bound's kind only.
    var lower: Bound?
    /// Where the values end.
    var upper: Bound?
    /// What the value, a string, begins with.
    var prefix: String?
    /// The conjuncts, by their positions, that are true of every record with a value in the range.
    var exact: Set<Int> = []

    /// Whether nothing is said.
    var isUnbounded: Bool { equals == nil && lower == nil && upper == nil && prefix == nil }
}

extension Condition {
    /// The ranges that the conjuncts of a bound and normalized condition put on single paths.
    ///
    /// Conjuncts about one path are joined into one range; of a path with `[]` each is on its own, as different
    /// elements may satisfy them.
    ///
    /// - Throws: ``RecordError`` for a path that the schema does not have.
    /// - Complexity: O(*n* log *n*) in the condition's size.
    func valueRanges(in schema: SchemaDefinition) throws(RecordError) -> [ValueRange] {
        var ranges: [ValueRange] = []
        for (position, conjunct) in conjuncts.enumerated() {
            guard let range = try conjunct.valueRange(in: schema, at: position) else { continue }
            if !range.path.isMultivalued, let known = ranges.firstIndex(where: { $0.path == range.path }) {
                ranges[known].formIntersection(range)
            } else {
                ranges.append(range)
            }
        }
        return ranges
    }

    private func valueRange(in schema: SchemaDefinition, at position: Int) throws(RecordError) -> ValueRange? {
        func range(_ text: String) throws(RecordError) -> ValueRange {
            ValueRange(path: try ConditionPath(text).resolved(in: schema))
        }
        switch self {
        case .not(.exists(let text)):
            var range = try range(text)
            range.equals = range.path.field.isKeyPart ? [] : [nil]
            if !range.path.isMultivalued { range.exact = [position] }
            return range
        case .compare(let text, .equal, let value):
            return try range(text).equal(to: [value], at: position)
        case .isIn(let text, let values):
            return try range(text).equal(to: values, at: position)
        case .compare(let text, let comparison, let value):
            return try range(text).bounded(comparison, value, at: position)
        case .startsWith(let text, let prefix):
            var range = try range(text)
            range.prefix = prefix
            range.exact = [position]
            return range
        case .matches(let text, let pattern):
            guard let (prefix, isWhole) = pattern.literalPrefix else { return nil }
            var range = try range(text)
            range.prefix = prefix
            if isWhole { range.exact = [position] }
            return range
        default:
            return nil
        }
    }
}

extension ValueRange {
    fileprivate func equal(to values: [FieldValue], at position: Int) -> ValueRange {
        var range = self
        // A number that the type has no form of is no record's, and no part of a key is null.
        let held = values.filter { $0 == .null ? !path.field.isKeyPart : !isForeign($0) }
        range.equals = ValueRange.sorted(held)
        if !held.contains(where: isBlurred) { range.exact = [position] }
        return range
    }

    fileprivate func bounded(_ comparison: Comparison, _ value: FieldValue, at position: Int) -> ValueRange? {
        let isLower = comparison == .greater || comparison == .greaterOrEqual
        var bound = Bound(value: value, isInclusive: comparison == .lessOrEqual || comparison == .greaterOrEqual)
        var range = self
        if isForeign(value) {
            guard let nearest = whole(value, isLower: isLower) else { return nil }
            bound = nearest
            range.exact = [position]
        } else if isBlurred(value) {
            bound.isInclusive = true
        } else if path.field.type != .scalar(.id) {
            // Keys and entries hold ids of text and of numbers in one order.
            range.exact = [position]
        }
        if isLower { range.lower = bound } else { range.upper = bound }
        return range
    }

    /// Whether the value is one of a scalar field whose type has no form of it.
    private func isForeign(_ value: FieldValue) -> Bool {
        guard path.field.type != .json, case .json = value else { return false }
        return true
    }

    /// Whether an index does not tell the value from others: numbers of json fields are held as doubles there.
    private func isBlurred(_ value: FieldValue) -> Bool {
        guard case .json(.number) = value else { return false }
        return true
    }

    /// The integer next to a number with a fraction, as a bound of an integer field.
    private func whole(_ value: FieldValue, isLower: Bool) -> Bound? {
        guard case .json(.number(let number)) = value, case .scalar(.int) = path.field.type,
            let text = number.plainText, let point = text.firstIndex(of: "."), number.integerText == nil
        else { return nil }
        let digits = String(text[..<point])
        guard let integer = try? ComponentType.int().parse(digits == "-0" ? "0" : digits),
            case .scalar(let type) = path.field.type, let whole = try? type.normalize(integer)
        else { return nil }
        // Cut towards zero, a positive number is above its integer and a negative one below.
        return Bound(value: .scalar(whole), isInclusive: text.hasPrefix("-") == isLower)
    }

    fileprivate mutating func formIntersection(_ other: ValueRange) {
        // What one side says by values and the other by bounds is not joined: the values are fewer.
        switch (equals, other.equals) {
        case (let mine?, let theirs?):
            equals = mine.filter(Set(theirs).contains)
            exact.formUnion(other.exact)
            return
        case (.some, nil): return
        case (nil, .some):
            self = other
            return
        case (nil, nil): break
        }
        guard other.agrees(with: self) else { return }
        var isJoined = true
        if let prefix = other.prefix {
            if let mine = self.prefix, !prefix.utf8.starts(with: mine.utf8) {
                // The longer one says both, or there is no such string.
                if !mine.utf8.starts(with: prefix.utf8) { equals = [] }
            } else {
                self.prefix = prefix
            }
        }
        lower = ValueRange.tighter(lower, other.lower, isLower: true, &isJoined)
        upper = ValueRange.tighter(upper, other.upper, isLower: false, &isJoined)
        if isJoined { exact.formUnion(other.exact) }
    }

    /// Whether the two are about values of one kind, which a single range can hold.
    private func agrees(with other: ValueRange) -> Bool {
        guard path.field.type == .json || path.field.type == .scalar(.id) else { return true }
        func kind(_ range: ValueRange) -> String? {
            range.prefix != nil ? JSONValue.string("").kind : (range.lower ?? range.upper)?.value.json.kind
        }
        return kind(self) == kind(other)
    }

    private static func tighter(_ left: Bound?, _ right: Bound?, isLower: Bool, _ isJoined: inout Bool) -> Bound? {
        guard let left, let right else { return left ?? right }
        guard let order = FieldValue.order(left.value, right.value) else {
            isJoined = false
            return left
        }
        if order == 0 { return left.isInclusive ? right : left }
        return (order > 0) == isLower ? left : right
    }

    private static func sorted(_ values: [FieldValue]) -> [FieldValue?] {
        var distinct: [FieldValue] = []
        for value in Set(values) { distinct.append(value) }
        // Any order will do for values that have none between them, if it is always the same.
        distinct.sort { left, right in
            switch FieldValue.order(left, right) {
            case let order?: order < 0
            case nil: (left.rank, left.description) < (right.rank, right.description)
            }
        }
        return distinct
    }
}

extension FieldValue {
    /// Three-way comparison of two bound values; `nil` when they have no order.
    static func order(_ left: FieldValue, _ right: FieldValue) -> Int? {
        switch (left, right) {
        case (.scalar(let left), .scalar(let right)): left < right ? -1 : left == right ? 0 : 1
        case (.json(.number(let left)), .json(.number(let right))): DecimalText.order(left.text, right.text)
        case (.json(.string(let left)), .json(.string(let right))): left.utf8.span.compare(to: right.utf8.span)
        case (.json(.bool(let left)), .json(.bool(let right))): left == right ? 0 : right ? -1 : 1
        default: nil
        }
    }

    fileprivate var rank: Int {
        switch self {
        case .null, .json(.null): 0
        case .json(.bool): 1
        case .json(.number): 2
        case .json(.string): 3
        case .json(.array), .json(.object): 4
        case .scalar: 5
        case .raw: 6
        }
    }
}

extension Pattern {
    /// What every text that matches begins with, and whether any text that begins so matches; `nil` when nothing is
    /// known of the beginning.
    var literalPrefix: (text: String, isWhole: Bool)? {
        var parser = PatternParser(source)
        guard case .sequence(let nodes)? = try? parser.parse(), case .start? = nodes.first else { return nil }
        var text = ""
        for node in nodes.dropFirst() {
            guard case .set(let set) = node, !set.isNegated, set.ranges.count == 1,
                let range = set.ranges.first, range.count == 1, let scalar = Unicode.Scalar(range.lowerBound)
            else { return text.isEmpty ? nil : (text, false) }
            text.unicodeScalars.append(scalar)
        }
        return (text, true)
    }
}
