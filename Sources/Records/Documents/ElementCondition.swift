/// Which elements of an array `$pull` removes: those equal to a value, or those of which a filter is true.
///
/// `{"$gt": 5}` is about the elements, `{"score": {"$gt": 5}}` about a member of each.
struct ElementCondition {
    private enum Test {
        case isEqual(JSONValue)
        case filter(CompiledCondition, CompiledSchema)
    }

    private static let name = "value"
    private let test: Test

    /// - Throws: ``RecordError`` that says what is wrong with the filter.
    init(_ argument: JSONValue) throws(RecordError) {
        guard case .object(let object) = argument else {
            test = .isEqual(argument)
            return
        }
        // The filters' own evaluator decides, over a record with the element as its one field.
        let value = FieldDefinition(ElementCondition.name, id: 2, type: .json)
        let schema = try DocumentSchema.make("element", fields: [value])
        let condition: Condition
        do { condition = try Condition(filter: .object(ElementCondition.moved(object)), for: schema) } catch {
            throw RecordError(.invalidValue, field: "$pull", message: "\(error)")
        }
        test = .filter(try CompiledCondition(condition, schema), CompiledSchema(schema))
    }

    /// The filter with each path moved to where the element is.
    private static func moved(_ filter: JSONObject) -> JSONObject {
        var result = JSONObject()
        var operators = JSONObject()
        for member in filter.members {
            switch (member.key, member.value) {
            case ("$and", .array(let parts)), ("$or", .array(let parts)), ("$nor", .array(let parts)):
                result[member.key] = .array(
                    parts.map { if case .object(let part) = $0 { .object(moved(part)) } else { $0 } })
            case (let key, _) where key.utf8.first == UInt8(ascii: "$"): operators[key] = member.value
            default: result["\(name).\(member.key)"] = member.value
            }
        }
        if operators.count > 0 { result[name] = .object(operators) }
        return result
    }

    func matches(_ element: JSONValue) -> Bool {
        switch test {
        case .isEqual(let value): return element.hasSameValue(as: value)
        case .filter(let condition, let schema):
            var record = RecordBuffer(schema)
            record.set(0, .json(element))
            return condition.matches(record)
        }
    }
}
