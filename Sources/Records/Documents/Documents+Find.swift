internal import KeySchemas
internal import OrderedStore

extension Documents {
    /// Calls `body` with each document that a filter is true of, as they were at one moment.
    ///
    /// - Parameters:
    ///   - filter: what the documents are like; all of them when empty.
    ///   - sort: paths with 1 for smaller values first and -1 for larger; without it documents come as they are found.
    ///   - skip: how many of the first are left out.
    ///   - limit: the most documents; `nil` for all.
    ///   - projection: paths with 1 for what is wanted, or with 0 for what is not.
    ///   - body: is called with each document.
    /// - Complexity: as ``DynamicRecords/explain(_:runs:)`` says of the query. Memory for one document, and what a sort takes.
    /// - Throws: ``ConditionError`` that says where in the filter; ``RecordError``; `StoreError`; what `body` throws,
    ///   which ends it.
    public func forEach(
        _ filter: JSONObject = [:], sort: JSONObject = [:], skip: Int = 0, limit: Int? = nil,
        projection: JSONObject = [:], _ body: (JSONObject) throws -> Void
    ) throws {
        let query = try query(filter, sort: sort, skip: skip, limit: limit)
        let wanted = projection.count > 0 ? try DocumentProjection(projection) : nil
        guard exists else { return }
        try records.forEach(query) { record in
            let document = record.object
            try body(wanted?.apply(to: document) ?? document)
        }
    }

    /// The documents that a filter is true of.
    ///
    /// All of them are in memory at once: use ``forEach(_:sort:skip:limit:projection:_:)`` for many.
    ///
    /// - Throws: as ``forEach(_:sort:skip:limit:projection:_:)``.
    public func find(
        _ filter: JSONObject = [:], sort: JSONObject = [:], skip: Int = 0, limit: Int? = nil,
        projection: JSONObject = [:]
    ) throws -> [JSONObject] {
        var documents: [JSONObject] = []
        try forEach(filter, sort: sort, skip: skip, limit: limit, projection: projection) { documents.append($0) }
        return documents
    }

    /// The first document that a filter is true of; `nil` when there is none.
    ///
    /// - Throws: as ``forEach(_:sort:skip:limit:projection:_:)``.
    public func findOne(
        _ filter: JSONObject = [:], sort: JSONObject = [:], skip: Int = 0, projection: JSONObject = [:]
    ) throws -> JSONObject? {
        try find(filter, sort: sort, skip: skip, limit: 1, projection: projection).first
    }

    /// How many documents a filter is true of.
    ///
    /// - Throws: as ``forEach(_:sort:skip:limit:projection:_:)``.
    public func countDocuments(_ filter: JSONObject = [:]) throws -> Int {
        let condition = try condition(filter, try schema())
        return exists ? try records.count(where: condition) : 0
    }

    /// The different values at a path, in order: numbers, strings, …; of an array those of its elements.
    ///
    /// - Throws: as ``forEach(_:sort:skip:limit:projection:_:)``; ``RecordError`` with code `tooLarge` when the values
    ///   take too much memory.
    public func distinct(_ path: String, _ filter: JSONObject = [:]) throws -> [JSONValue] {
        let schema = try schema()
        let condition = try condition(filter, schema)
        var steps = try DocumentPath(path).conditionSteps
        let resolved = try ConditionPath(steps).resolved(in: schema)
        if resolved.field.type == .json, steps.last != .each { steps.append(.each) }
        guard exists else { return [] }
        return try records.distinct(ConditionPath(steps).description, where: condition).map(\.json)
    }

    /// How a search is done: the plan, the ranges of keys, and what was read.
    ///
    /// - Throws: as ``forEach(_:sort:skip:limit:projection:_:)``; ``RecordError`` with code `unknownSchema` for a
    ///   collection that is not there.
    public func explain(
        _ filter: JSONObject = [:], sort: JSONObject = [:], skip: Int = 0, limit: Int? = nil
    ) throws -> QueryExplanation {
        try records.explain(try query(filter, sort: sort, skip: skip, limit: limit))
    }

    private func query(_ filter: JSONObject, sort: JSONObject, skip: Int, limit: Int?) throws -> Query {
        var order: [Query.Order] = []
        for member in sort.members {
            let path = try DocumentPath(member.key)
            guard case .number(let number) = member.value, let direction = number.integer, direction.magnitude == 1
            else { throw path.refusal("a sort says 1 or -1, not \(member.value)") }
            order.append(Query.Order(ConditionPath(path.conditionSteps).description, descending: direction < 0))
        }
        return Query(where: try condition(filter, try schema()), order: order, limit: limit, skip: skip)
    }

    func condition(_ filter: JSONObject, _ schema: SchemaDefinition) throws(ConditionError) -> Condition {
        filter.count == 0 ? .all : try Condition(filter: .object(filter), for: schema)
    }
}

extension DocumentPath {
    /// The path as conditions have it; `[]` after a name is each element.
    var conditionSteps: [IndexPath.Step] {
        steps.flatMap { step -> [IndexPath.Step] in
            step.hasSuffix("[]") ? [.member(String(step.dropLast(2))), .each] : [.member(step)]
        }
    }
}

extension DynamicRecord {
    /// The record as a document.
    package var object: JSONObject {
        if case .object(let object) = json { object } else { JSONObject() }
    }
}
