internal import OrderedStore

/// What records of a Swift type are ordered by: `.descending(\.year)`.
public struct TypedOrder<Value: Record>: Sendable {
    /// The order, or why there is none: a key path that leads to no stored property.
    let order: Result<Query.Order, RecordError>

    private init(_ property: PartialKeyPath<Value>, descending: Bool) {
        do throws(RecordError) {
            order = .success(Query.Order(try property.fieldPath(), descending: descending))
        } catch {
            order = .failure(error)
        }
    }

    /// Smaller values of a property first.
    public static func ascending(_ property: PartialKeyPath<Value>) -> TypedOrder {
        TypedOrder(property, descending: false)
    }

    /// Larger values of a property first.
    public static func descending(_ property: PartialKeyPath<Value>) -> TypedOrder {
        TypedOrder(property, descending: true)
    }
}

// Records by what they are like.
extension TypedRecords {
    /// Calls `body` with each record that a query finds, in its order: see ``DynamicRecords/forEach(_:_:)-(Query,_)``.
    /// The query's list of fields counts for nothing.
    ///
    /// - Throws: as that; ``RecordError`` that names a field which cannot be read.
    public func forEach(_ query: Query, _ body: (Value) throws -> Void) throws {
        try untyped.reading(query.withAllFields) { snapshot, prepared, size in
            let plan = try snapshot.plan(prepared, size: size)
            var coder = RecordCoder<Value>(prepared.schema)
            var progress = QueryProgress()
            try snapshot.run(
                plan, skip: prepared.skip, limit: prepared.limit, memory: prepared.memory, &progress
            ) { record in
                try body(try coder.decode(&record))
                return true
            }
        }
    }

    /// The records that a query finds, in its order.
    ///
    /// - Throws: as ``forEach(_:_:)-(Query,_)``.
    public func query(_ query: Query) throws -> [Value] {
        var values: [Value] = []
        try forEach(query) { values.append($0) }
        return values
    }

    /// The records of which a condition on their properties is true.
    ///
    /// ```swift
    /// try books.find(where: \.author == "Tolkien, J." && \.year >= 1950, order: [.descending(\.year)], limit: 20)
    /// ```
    ///
    /// - Throws: as ``forEach(_:_:)-(Query,_)``.
    public func find(
        where condition: TypedCondition<Value>, order: [TypedOrder<Value>] = [], limit: Int? = nil
    ) throws -> [Value] {
        try query(try TypedRecords.query(condition, order, limit))
    }

    /// Some of the records of which a condition is true, and a token to go on with: see ``DynamicRecords/page(_:)``.
    ///
    /// - Parameters:
    ///   - condition: what the records are like.
    ///   - order: the most significant first; without it the records come as they are found.
    ///   - limit: the page's size; 100 without one.
    ///   - token: of the page before; `nil` for the first.
    /// - Throws: ``RecordError`` with code `badToken`; as ``forEach(_:_:)-(Query,_)``.
    public func page(
        where condition: TypedCondition<Value>, order: [TypedOrder<Value>] = [], limit: Int? = nil,
        after token: String? = nil
    ) throws -> RecordPage<Value> {
        var query = try TypedRecords.query(condition, order, limit)
        query.after = token
        return try untyped.reading(query, isPaged: true) { snapshot, prepared, size in
            let plan = try snapshot.plan(prepared, size: size)
            var coder = RecordCoder<Value>(prepared.schema)
            return try snapshot.page(plan, prepared) { record in try coder.decode(&record) }
        }
    }

    /// How many records a condition is true of: see ``DynamicRecords/count(where:)``.
    public func count(where condition: TypedCondition<Value>) throws -> Int {
        try untyped.count(where: try condition.condition.get())
    }

    /// The different values of a property: see ``DynamicRecords/distinct(_:where:memory:)``.
    public func distinct(
        _ property: PartialKeyPath<Value>, where condition: TypedCondition<Value> = .all
    ) throws -> [FieldValue] {
        try untyped.distinct(try property.fieldPath(), where: try condition.condition.get())
    }

    /// Says how records are found: see ``DynamicRecords/explain(_:runs:)``.
    public func explain(
        where condition: TypedCondition<Value>, order: [TypedOrder<Value>] = [], limit: Int? = nil, runs: Bool = true
    ) throws -> QueryExplanation {
        try untyped.explain(try TypedRecords.query(condition, order, limit), runs: runs)
    }

    private static func query(
        _ condition: TypedCondition<Value>, _ order: [TypedOrder<Value>], _ limit: Int?
    ) throws(RecordError) -> Query {
        Query(
            where: try condition.condition.get(),
            order: try order.map { term throws(RecordError) in try term.order.get() },
            limit: limit)
    }
}

extension Query {
    /// The same question about whole records.
    fileprivate var withAllFields: Query {
        var query = self
        query.select = nil
        return query
    }
}
