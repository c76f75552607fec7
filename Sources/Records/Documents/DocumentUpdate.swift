internal import OrderedStore

/// What an update does to documents: operators, each with paths and what is to become of the values there.
///
/// ```
/// {"$set": {"author.name": "Lem"}, "$inc": {"read": 1}, "$push": {"tags": {"$each": ["sf", "classic"]}}}
/// ```
struct DocumentUpdate {
    enum Operator: String, CaseIterable {
        case set = "$set"
        case unset = "$unset"
        case inc = "$inc"
        case push = "$push"
        case pull = "$pull"
        case addToSet = "$addToSet"
        case rename = "$rename"
        case min = "$min"
        case max = "$max"
    }

    private enum Action {
        case set(JSONValue)
        case unset
        case increment(JSONNumber)
        case push([JSONValue])
        case pull(ElementCondition)
        case addToSet([JSONValue])
        case rename(DocumentPath)
        case limit(JSONValue, isLeast: Bool)
    }

    private var changes: [(path: DocumentPath, action: Action)] = []

    /// Reads the operators.
    ///
    /// - Throws: ``RecordError`` with code `invalidValue` that names the operator or the path.
    init(_ update: JSONObject) throws(RecordError) {
        guard update.count > 0 else {
            throw RecordError(.invalidValue, message: "an update without operators; the least is {\"$set\": {…}}")
        }
        for member in update.members {
            guard let kind = Operator(rawValue: member.key) else { throw DocumentUpdate.unknown(member.key) }
            guard case .object(let arguments) = member.value else {
                throw RecordError(
                    .invalidValue, field: kind.rawValue,
                    message: "\(member.value.kind) where an object of paths and values belongs")
            }
            for argument in arguments.members {
                let path = try DocumentPath(argument.key)
                changes.append((path, try DocumentUpdate.action(kind, argument.value, path)))
            }
        }
        try refuseOverlaps()
    }

    private static func unknown(_ name: String) -> RecordError {
        let names = Operator.allCases.map(\.rawValue)
        guard name.utf8.first == UInt8(ascii: "$") else {
            return RecordError(
                .invalidValue, field: RecordError.printable(name.utf8.span),
                message:
                    "an update is made of operators, such as {\"$set\": {…}}; a whole document replaces another one")
        }
        let advice = Spelling.nearest(to: name, among: names).map { "did you mean \($0)?" }
        return RecordError(
            .invalidValue, field: RecordError.printable(name.utf8.span),
            message: "unknown operator; \(advice ?? "one of \(names.joined(separator: ", "))")")
    }

    private static func action(
        _ kind: Operator, _ argument: JSONValue, _ path: DocumentPath
    ) throws(RecordError) -> Action {
        switch kind {
        case .set: return .set(argument)
        case .unset: return .unset
        case .inc:
            guard case .number(let number) = argument else {
                throw path.refusal("$inc takes a number, not \(argument.kind)")
            }
            return .increment(number)
        case .push: return .push(try elements(argument, path))
        case .addToSet: return .addToSet(try elements(argument, path))
        case .pull: return .pull(try ElementCondition(argument))
        case .rename:
            guard case .string(let name) = argument else {
                throw path.refusal("$rename takes the new path as a string, not \(argument.kind)")
            }
            return .rename(try DocumentPath(name))
        case .min: return .limit(argument, isLeast: true)
        case .max: return .limit(argument, isLeast: false)
        }
    }

    /// One value, or those of `{"$each": […]}`.
    private static func elements(_ argument: JSONValue, _ path: DocumentPath) throws(RecordError) -> [JSONValue] {
        guard case .object(let object) = argument, let first = object.members.first,
            first.key.utf8.first == UInt8(ascii: "$")
        else { return [argument] }
        guard object.count == 1, first.key == "$each", case .array(let elements) = first.value else {
            throw path.refusal("{\"$each\": [values]} is the one form with an operator")
        }
        return elements
    }

    /// Two changes of one value, or of a value and what is in it, would depend on their order.
    private func refuseOverlaps() throws(RecordError) {
        var paths: [DocumentPath] = []
        for change in changes {
            paths.append(change.path)
            if case .rename(let target) = change.action { paths.append(target) }
        }
        // What a path overlaps with stands next to it.
        paths.sort { left, right in
            for (step, other) in zip(left.steps, right.steps) {
                let order = step.utf8.span.compare(to: other.utf8.span)
                if order != 0 { return order < 0 }
            }
            return left.steps.count < right.steps.count
        }
        for (path, next) in zip(paths, paths.dropFirst()) where path.overlaps(next) {
            throw next.refusal("an update changes it twice, or changes \(path.text) as well")
        }
    }

    /// Applies all changes.
    ///
    /// - Throws: ``RecordError`` that names the path whose value the operator is not for; the document is then to be
    ///   thrown away.
    func apply(to document: inout JSONObject) throws(RecordError) {
        for (path, action) in changes {
            switch action {
            case .set(let value):
                try path.change(&document, makesWay: true) { old throws(RecordError) in old = value }
            case .unset:
                try path.change(&document, makesWay: false) { old throws(RecordError) in old = nil }
            case .increment(let number):
                try path.change(&document, makesWay: true) { old throws(RecordError) in
                    old = .number(try DocumentUpdate.sum(old, number, path))
                }
            case .push(let values):
                try path.change(&document, makesWay: true) { old throws(RecordError) in
                    old = .array(try DocumentUpdate.array(old, path, "$push") + values)
                }
            case .addToSet(let values):
                try path.change(&document, makesWay: true) { old throws(RecordError) in
                    var elements = try DocumentUpdate.array(old, path, "$addToSet")
                    for value in values where !elements.contains(where: { $0.hasSameValue(as: value) }) {
                        elements.append(value)
                    }
                    old = .array(elements)
                }
            case .pull(let condition):
                try path.change(&document, makesWay: false) { old throws(RecordError) in
                    guard old != nil else { return }
                    var kept: [JSONValue] = []
                    for element in try DocumentUpdate.array(old, path, "$pull") where !condition.matches(element) {
                        kept.append(element)
                    }
                    old = .array(kept)
                }
            case .rename(let target):
                var moved: JSONValue?
                try path.change(&document, makesWay: false) { old throws(RecordError) in swap(&moved, &old) }
                guard let moved else { continue }
                try target.change(&document, makesWay: true) { old throws(RecordError) in old = moved }
            case .limit(let bound, let isLeast):
                try path.change(&document, makesWay: true) { old throws(RecordError) in
                    guard let value = old else { return old = bound }
                    let order = try DocumentUpdate.order(bound, value, path)
                    if isLeast ? order < 0 : order > 0 { old = bound }
                }
            }
        }
    }

    private static func sum(
        _ old: JSONValue?, _ number: JSONNumber, _ path: DocumentPath
    ) throws(RecordError) -> JSONNumber {
        guard let old else { return number }
        guard case .number(let value) = old else {
            throw path.refusal("$inc is for numbers, and the value is \(old.kind)")
        }
        guard let sum = value.adding(number) else { throw path.refusal("the sum has too many digits") }
        return sum
    }

    private static func array(
        _ old: JSONValue?, _ path: DocumentPath, _ name: String
    ) throws(RecordError) -> [JSONValue] {
        switch old {
        case nil: return []
        case .array(let elements)?: return elements
        case let other?: throw path.refusal("\(name) is for arrays, and the value is \(other.kind)")
        }
    }

    private static func order(
        _ bound: JSONValue, _ value: JSONValue, _ path: DocumentPath
    ) throws(RecordError) -> Int {
        switch (bound, value) {
        case (.number(let bound), .number(let value)): return DecimalText.order(bound.text, value.text) ?? 0
        case (.string(let bound), .string(let value)): return bound.utf8.span.compare(to: value.utf8.span)
        case (.bool(let bound), .bool(let value)): return (bound ? 1 : 0) - (value ? 1 : 0)
        default:
            throw path.refusal(
                "\(bound.kind) and \(value.kind) have no order; $min and $max are for values of one kind")
        }
    }
}

extension JSONValue {
    /// Whether both are equal when numbers are compared by value: `1` and `1.0` are.
    func hasSameValue(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number(let number), .number(let other)): DecimalText.order(number.text, other.text) == 0
        case (.array(let elements), .array(let others)):
            elements.count == others.count && zip(elements, others).allSatisfy { $0.hasSameValue(as: $1) }
        case (.object(let object), .object(let other)):
            object.count == other.count
                && zip(object.members, other.members).allSatisfy {
                    $0.key.hasSameBytes(as: $1.key) && $0.value.hasSameValue(as: $1.value)
                }
        default: self == other
        }
    }
}
