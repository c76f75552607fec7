public import OrderedStore

extension Condition {
    /// Reads a filter in the form of MongoDB: `{"year": {"$gte": 1950}, "author": "Tolkien, J."}`.
    ///
    /// Known are `$eq $ne $gt $gte $lt $lte $in $nin $exists $regex $not` of a path, and `$and $or $nor` of filters.
    /// Members of one object must all hold. A path into a json field is true of an array there when it is of one of
    /// its elements, or, compared with an array, of the array itself. Null is equal to null only: what is absent
    /// is found with `{"$exists": false}`.
    ///
    /// - Parameters:
    ///   - filter: an object.
    ///   - schema: whose fields the paths begin with; fields and values are checked.
    /// - Throws: ``ConditionError`` that says where in the filter: `$.year.$gte`.
    public init(filter: JSONValue, for schema: SchemaDefinition) throws(ConditionError) {
        self = try FilterReader(schema: schema).filter(filter, at: "$", depth: 0)
    }

    /// Reads the JSON text of a filter.
    ///
    /// - Throws: ``ConditionError`` with the position in the JSON, or the place in the filter.
    public init(
        parsingFilter text: borrowing some ByteSource & ~Copyable & ~Escapable, for schema: SchemaDefinition
    ) throws(ConditionError) {
        let filter: JSONValue
        do { filter = try JSONValue(parsing: text) } catch { throw ConditionError(error) }
        try self.init(filter: filter, for: schema)
    }
}

/// Turns the members of a filter into conditions.
private struct FilterReader {
    let schema: SchemaDefinition

    static let operators = [
        "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not", "$regex", "$options",
    ]
    static let joins = ["$and", "$or", "$nor"]

    func filter(_ filter: JSONValue, at place: String, depth: Int) throws(ConditionError) -> Condition {
        guard case .object(let object) = filter else {
            throw ConditionError("\(filter.kind) where a filter, an object, belongs", path: place)
        }
        try check(depth, place)
        var parts: [Condition] = []
        for member in object.members {
            let here = place + "." + printable(member.key)
            switch member.key {
            case "$and": parts.append(.and(try filters(member.value, at: here, depth: depth + 2)))
            case "$or": parts.append(.or(try filters(member.value, at: here, depth: depth + 2)))
            case "$nor": parts.append(.not(.or(try filters(member.value, at: here, depth: depth + 3))))
            case let key where key.hasPrefix("$"):
                throw unknown(key, among: FilterReader.joins, at: here)
            default:
                let path = try Path(member.key, schema, at: here)
                parts.append(try condition(path, member.value, at: here, depth: depth + 1))
            }
        }
        return parts.isEmpty ? .all : parts.count == 1 ? parts[0] : .and(parts)
    }

    /// A list that is joined; what stands in it is two levels deeper.
    private func filters(_ list: JSONValue, at place: String, depth: Int) throws(ConditionError) -> [Condition] {
        guard case .array(let elements) = list, !elements.isEmpty else {
            throw ConditionError("an array of one or more filters belongs here", path: place)
        }
        var parts: [Condition] = []
        for (index, element) in elements.enumerated() {
            parts.append(try filter(element, at: "\(place)[\(index)]", depth: depth))
        }
        return parts
    }

    private func check(_ depth: Int, _ place: String) throws(ConditionError) {
        guard depth * 2 < Condition.deepest else {
            throw ConditionError("more than \(Condition.deepest / 2) filters in each other", path: place)
        }
    }

    /// What is asked of one path: a value, or an object of operators.
    private func condition(
        _ path: Path, _ value: JSONValue, at place: String, depth: Int
    ) throws(ConditionError) -> Condition {
        guard case .object(let object) = value, object.members.contains(where: { $0.key.hasPrefix("$") }) else {
            return try path.equal(to: value, at: place)
        }
        try check(depth, place)
        var parts: [Condition] = []
        for member in object.members {
            let here = place + "." + printable(member.key)
            switch member.key {
            case "$eq": parts.append(try path.equal(to: member.value, at: here))
            case "$ne": parts.append(.not(try path.equal(to: member.value, at: here)))
            case "$gt": parts.append(try path.compare(.greater, member.value, at: here))
            case "$gte": parts.append(try path.compare(.greaterOrEqual, member.value, at: here))
            case "$lt": parts.append(try path.compare(.less, member.value, at: here))
            case "$lte": parts.append(try path.compare(.lessOrEqual, member.value, at: here))
            case "$in": parts.append(try path.isIn(member.value, at: here))
            case "$nin": parts.append(.not(try path.isIn(member.value, at: here)))
            case "$exists":
                guard case .bool(let exists) = member.value else {
                    throw ConditionError("true or false belongs here", path: here)
                }
                parts.append(exists ? path.exists : .not(path.exists))
            case "$regex": parts.append(try path.matches(member.value, at: here))
            case "$options":
                guard object["$regex"] != nil, member.value == "" else {
                    throw ConditionError(
                        "no options are known here; write both cases in the pattern: [Tt]olkien", path: here)
                }
            case "$not":
                guard case .object(let operators) = member.value,
                    operators.count > 0, operators.members.allSatisfy({ $0.key.hasPrefix("$") })
                else { throw ConditionError("an object of operators belongs here", path: here) }
                parts.append(.not(try condition(path, member.value, at: here, depth: depth + 2)))
            case let key where key.hasPrefix("$"):
                throw unknown(key, among: FilterReader.operators, at: here)
            default:
                throw ConditionError("a member among operators; they stand alone in their object", path: here)
            }
        }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private func unknown(_ key: String, among known: [String], at place: String) -> ConditionError {
        let near = Spelling.nearest(to: key, among: known).map { "; did you mean \($0)?" } ?? ""
        return ConditionError("not known here\(near); known are \(known.joined(separator: " "))", path: place)
    }

    private func printable(_ key: String) -> String { RecordError.printable(key.utf8.span) }

    /// A key of a filter, and what is tested at it.
    private struct Path {
        /// The path as it is written.
        let plain: String
        /// The path that means elements of an array, too; the same as `plain` where there can be none.
        let elements: String
        private let schema: SchemaDefinition

        init(
            _ key: String, _ schema: SchemaDefinition, at place: String
        ) throws(ConditionError) {
            self.schema = schema
            var steps: [IndexPath.Step] = []
            for name in key.split(separator: ".", omittingEmptySubsequences: false) {
                var rest = name
                var arrays = 0
                while rest.hasSuffix("[]") {
                    rest = rest.dropLast(2)
                    arrays += 1
                }
                steps.append(.member(String(rest)))
                for _ in 0..<arrays { steps.append(.each) }
            }
            guard steps.count < ConditionPath.longest else {
                throw ConditionError("the path is too long", path: place)
            }
            let path = ConditionPath(steps)
            let resolved: IndexPath
            do throws(RecordError) { resolved = try path.resolved(in: schema) } catch {
                throw ConditionError(error.message, path: place)
            }
            plain = path.description
            elements =
                resolved.field.type == .json && steps.last != .each
                ? ConditionPath(steps + [.each]).description : path.description
        }

        var exists: Condition { .exists(plain) }

        func compare(_ comparison: Comparison, _ value: JSONValue, at place: String) throws(ConditionError) -> Condition
        {
            try checked(.compare(elements, comparison, FieldValue(literal: value)), at: place)
        }

        func equal(to value: JSONValue, at place: String) throws(ConditionError) -> Condition {
            let element = try compare(.equal, value, at: place)
            guard case .array = value, plain != elements else { return element }
            return .or([.compare(plain, .equal, FieldValue(literal: value)), element])
        }

        func isIn(_ list: JSONValue, at place: String) throws(ConditionError) -> Condition {
            guard case .array(let values) = list else {
                throw ConditionError("an array of values belongs here", path: place)
            }
            var literals: [FieldValue] = []
            var arrays: [FieldValue] = []
            for (index, value) in values.enumerated() {
                let literal = FieldValue(literal: value)
                _ = try checked(.compare(elements, .equal, literal), at: "\(place)[\(index)]")
                literals.append(literal)
                if case .array = value { arrays.append(literal) }
            }
            let condition = try checked(.isIn(elements, literals), at: place)
            guard !arrays.isEmpty, plain != elements else { return condition }
            return .or([.isIn(plain, arrays), condition])
        }

        func matches(_ value: JSONValue, at place: String) throws(ConditionError) -> Condition {
            guard case .string(let text) = value else {
                throw ConditionError("a string with a pattern belongs here", path: place)
            }
            let pattern: Pattern
            do { pattern = try Pattern(text) } catch {
                throw ConditionError("the pattern: \(error)", path: place)
            }
            return try checked(.matches(elements, pattern), at: place)
        }

        private func checked(_ test: Condition, at place: String) throws(ConditionError) -> Condition {
            do throws(RecordError) { _ = try test.bound(to: schema) } catch {
                throw ConditionError(error.message, path: place)
            }
            return test
        }
    }
}
