internal import KeySchemas
internal import OrderedStore

/// A bound and normal condition taken apart: what all must be true, and what that says of single paths.
struct QueryTerms: Sendable {
    let conjuncts: [Condition]
    /// One for each path; of a path with `[]` one for each conjunct.
    private let ranges: [ValueRange]

    init(_ condition: Condition, _ schema: SchemaDefinition) throws(RecordError) {
        conjuncts = condition.conjuncts
        ranges = try condition.valueRanges(in: schema)
    }

    /// What is said of one path; where it has `[]` what is said by the conjunct that leaves least.
    func range(of path: IndexPath) -> ValueRange? {
        var best: ValueRange?
        for range in ranges where range.path == path {
            guard let known = best else {
                best = range
                continue
            }
            if let equals = range.equals, equals.count < known.equals?.count ?? Int.max { best = range }
        }
        return best
    }

    /// What is said of a value that is at a path in a json field, or of an array's elements there: there is nothing said
    /// of the path itself, and null or absent is not asked for.
    func range(ofElementsAt path: IndexPath) -> ValueRange? {
        let elements = IndexPath(field: path.field, steps: path.steps + [.each])
        guard path.field.type == .json, !path.isMultivalued, range(of: path) == nil, excludesNull(at: elements) else {
            return nil
        }
        return range(of: elements)
    }

    /// The one value that is looked for at `path`, where there is one; `.some(nil)` is absent.
    func single(at path: IndexPath) -> FieldValue?? {
        guard let equals = range(of: path)?.equals, equals.count == 1 else { return nil }
        return .some(equals[0])
    }

    /// Whether all records have one value at `path`.
    func isConstant(_ path: IndexPath) -> Bool {
        guard !path.isMultivalued, case .some = single(at: path) else { return false }
        return true
    }

    /// Whether each record has a value at `path` that is not null.
    func excludesNull(at path: IndexPath) -> Bool {
        guard let range = range(of: path) else { return false }
        guard let equals = range.equals else { return !range.isUnbounded }
        return equals.allSatisfy { value in
            switch value {
            case nil, .null?, .json(.null)?: false
            default: true
            }
        }
    }

    /// What is left to be checked when `exact` is known to be true.
    func rest(without exact: Set<Int>) -> Condition {
        let rest = conjuncts.indices.filter { !exact.contains($0) }.map { conjuncts[$0] }
        return rest.isEmpty ? .all : rest.count == 1 ? rest[0] : .and(rest)
    }
}
