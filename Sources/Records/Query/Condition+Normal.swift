extension Condition {
    /// The same condition in the form that is planned and compiled.
    ///
    /// `not` stands before single tests only; `and` in `and` and `or` in `or` are one; what holds of every record or
    /// of none is left out, as are repetitions; `or` between equalities of one path is one ``isIn(_:_:)``; `!=` is
    /// `not` of `=`.
    ///
    /// Nothing is multiplied out, so the result is not larger than the condition.
    ///
    /// - Complexity: O(*n*) on average in the condition's size.
    package var normalized: Condition { normal(negated: false) }

    /// True of no record.
    static var none: Condition { .or([]) }

    /// What all must hold: the parts of a conjunction, or the condition itself; nothing for a condition that is true
    /// of every record.
    package var conjuncts: [Condition] {
        switch self {
        case .all: []
        case .and(let parts): parts
        default: [self]
        }
    }

    private func normal(negated: Bool) -> Condition {
        func leaf(_ condition: Condition) -> Condition { negated ? .not(condition) : condition }
        switch self {
        case .all:
            return negated ? .none : .all
        case .compare(let path, .notEqual, let value):
            return Condition.compare(path, .equal, value).normal(negated: !negated)
        case .compare(_, let comparison, let value) where comparison != .equal && !value.hasOrder:
            return negated ? .all : .none
        case .isIn(let path, let values):
            guard !values.isEmpty else { return negated ? .all : .none }
            return leaf(values.count == 1 ? .compare(path, .equal, values[0]) : .isIn(path, values))
        case .compare, .exists, .startsWith, .matches:
            return leaf(self)
        case .not(let condition):
            return condition.normal(negated: !negated)
        case .and(let parts):
            return Condition.join(parts.map { $0.normal(negated: negated) }, isAnd: !negated)
        case .or(let parts):
            return Condition.join(parts.map { $0.normal(negated: negated) }, isAnd: negated)
        }
    }

    /// Joins normal conditions.
    private static func join(_ parts: [Condition], isAnd: Bool) -> Condition {
        var flat: [Condition] = []
        var seen: Set<Condition> = []
        for part in parts {
            let inner: [Condition]
            switch part {
            case .all:
                if !isAnd { return .all }
                continue
            case .and(let parts) where isAnd: inner = parts
            case .or(let parts) where parts.isEmpty:
                if isAnd { return .none }
                continue
            case .or(let parts) where !isAnd: inner = parts
            default: inner = [part]
            }
            for part in inner where seen.insert(part).inserted { flat.append(part) }
        }
        if !isAnd { flat = mergingEqualities(flat) }
        if flat.isEmpty { return isAnd ? .all : .none }
        return flat.count == 1 ? flat[0] : isAnd ? .and(flat) : .or(flat)
    }

    /// Makes one test of all equalities of a path.
    private static func mergingEqualities(_ parts: [Condition]) -> [Condition] {
        var merged: [Condition] = []
        var positions: [UTF8Key: Int] = [:]
        var lists: [Int: [FieldValue]] = [:]
        for part in parts {
            let path: String
            let values: [FieldValue]
            switch part {
            case .compare(let name, .equal, let value): (path, values) = (name, [value])
            case .isIn(let name, let list): (path, values) = (name, list)
            default:
                merged.append(part)
                continue
            }
            let position = positions[UTF8Key(path), default: merged.count]
            if position == merged.count {
                positions[UTF8Key(path)] = position
                merged.append(part)
            }
            lists[position, default: []] += values
        }
        for (position, values) in lists where values.count > 1 {
            switch merged[position] {
            case .compare(let path, _, _), .isIn(let path, _): merged[position] = .isIn(path, values)
            default: break
            }
        }
        return merged
    }
}

extension FieldValue {
    /// Whether any value is less than another of its kind.
    fileprivate var hasOrder: Bool {
        switch self {
        case .null, .raw, .json(.null), .json(.array), .json(.object): false
        case .scalar, .json: true
        }
    }
}
