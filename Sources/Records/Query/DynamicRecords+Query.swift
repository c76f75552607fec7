internal import KeySchemas
internal import OrderedStore

extension DynamicRecords {
    /// Calls `body` with each record that a query finds, in its order, as they were at one moment.
    ///
    /// - Complexity: what ``explain(_:runs:)`` says. Memory for one record; a sort takes up to ``Query/memory`` and goes on
    ///   in temporary files.
    /// - Throws: ``RecordError``: `unknownField` and others that name the path; `badToken`; `tooLarge`; `StoreError`;
    ///   what `body` throws, which ends the query.
    public func forEach(_ query: Query, _ body: (DynamicRecord) throws -> Void) throws {
        let wanted = query.select.map { Set($0) }
        try results(query) { record in
            try body(try record.record(wanted: wanted))
            return true
        }
    }

    /// The records that a query finds, in its order.
    ///
    /// All of them are in memory at once: use ``forEach(_:_:)-(Query,_)`` or pages for many.
    ///
    /// - Throws: as ``forEach(_:_:)-(Query,_)``.
    public func query(_ query: Query) throws -> [DynamicRecord] {
        var records: [DynamicRecord] = []
        try forEach(query) { records.append($0) }
        return records
    }

    /// The records of which a condition is true.
    ///
    /// - Throws: as ``forEach(_:_:)-(Query,_)``.
    public func find(
        where condition: Condition, select: [String]? = nil, order: [Query.Order] = [], limit: Int? = nil
    ) throws -> [DynamicRecord] {
        try query(Query(where: condition, select: select, order: order, limit: limit))
    }

    /// Some of a query's records, and a token to go on with in ``Query/after``. Each page is of its own moment, and
    /// begins with a seek where the order is that in which records are found. The token stays good after a restart,
    /// whatever plan the next page takes; a record that is written meanwhile shows if its place is still ahead.
    ///
    /// - Parameter query: the same one for each page, but for `after`; its limit is the page's size, 100 without one.
    /// - Throws: ``RecordError`` with code `badToken` for a token that another query gave; as ``forEach(_:_:)-(Query,_)``.
    public func page(_ query: Query) throws -> RecordPage<DynamicRecord> {
        let wanted = query.select.map { Set($0) }
        return try page(query) { record in try record.record(wanted: wanted) }
    }

    /// How many records a condition is true of.
    ///
    /// - Complexity: as ``explain(_:runs:)`` says; entries of an index are counted without reading the records where they
    ///   hold what is asked.
    /// - Throws: as ``forEach(_:_:)-(Query,_)``.
    public func count(where condition: Condition) throws -> Int {
        var count = 0
        try results(Query(where: condition, select: [])) { _ in
            count += 1
            return true
        }
        return count
    }

    /// The different values at a path, in order: null is one, absent is none. With `[]` in the path they are those of
    /// the elements. Numbers of json fields are told apart as in an index.
    ///
    /// - Complexity: O(*d* log *n*) for *d* values where the path is a part of the key or of an index that follows
    ///   parts of which the condition says one value; else all records of the condition are read.
    /// - Throws: ``RecordError`` with code `tooLarge` when the values take more than ``Query/memory``; as
    ///   ``forEach(_:_:)-(Query,_)``.
    public func distinct(
        _ path: String, where condition: Condition = .all, memory: Int = Query.usualMemory
    ) throws -> [FieldValue] {
        try explainedDistinct(path, where: condition, memory: memory).values
    }

    /// Puts the records together that have some values alike, and makes values of each group.
    ///
    /// - Parameters:
    ///   - aggregates: what is made of each group.
    ///   - paths: the values that the records of a group have alike; none for one group of all records.
    ///   - condition: which records.
    ///   - memory: the most bytes of memory that the groups take.
    /// - Returns: the groups in the order of their values.
    /// - Complexity: one pass over the records of the condition.
    /// - Throws: ``RecordError``: `tooLarge` for too many groups, `outOfRange` for a sum of too many digits; as
    ///   ``forEach(_:_:)-(Query,_)``.
    public func aggregate(
        _ aggregates: [Aggregate], by paths: [String] = [], where condition: Condition = .all,
        memory: Int = Query.usualMemory
    ) throws -> [QueryGroup] {
        try explainedAggregate(aggregates, by: paths, where: condition, memory: memory).groups
    }

    /// Says how a query is answered.
    ///
    /// - Parameters:
    ///   - query: the question.
    ///   - runs: whether it is run, too, so that what it reads is counted.
    /// - Throws: as ``forEach(_:_:)-(Query,_)``.
    public func explain(_ query: Query, runs: Bool = true) throws -> QueryExplanation {
        try reading(query) { snapshot, prepared, size in
            let plan = try snapshot.plan(prepared, size: size)
            let cost = try snapshot.cost(of: plan, prepared, size)
            var progress = QueryProgress()
            if runs {
                try snapshot.run(
                    plan, skip: prepared.skip, limit: prepared.limit, memory: prepared.memory, &progress
                ) { _ in true }
            }
            var trace = QueryTrace()
            trace.note(plan)
            trace.counts = progress.counts
            var explanation = trace.explanation(keys: cost.keys)
            if !runs { explanation.counts = nil }
            return explanation
        }
    }
}

// What the forms above have in common, and what the tool and typed records read.
extension DynamicRecords {
    /// Goes over the results of a query until `body` says that it has enough.
    func results(
        _ query: Query, choice: PlanChoice = .cheapest, _ body: (inout RecordBuffer) throws -> Bool
    ) throws {
        try reading(query) { snapshot, prepared, size in
            let plan = try snapshot.plan(prepared, choice: choice, size: size)
            var progress = QueryProgress()
            try snapshot.run(
                plan, skip: prepared.skip, limit: prepared.limit, memory: prepared.memory, &progress, body)
        }
    }

    /// Reads one page.
    func page<Element>(
        _ query: Query, choice: PlanChoice = .cheapest, _ make: (inout RecordBuffer) throws -> Element
    ) throws -> RecordPage<Element> {
        try reading(query, isPaged: true) { snapshot, prepared, size in
            let plan = try snapshot.plan(prepared, choice: choice, size: size)
            return try snapshot.page(plan, prepared, make)
        }
    }

    /// ``distinct(_:where:memory:)``, and how it was answered.
    package func explainedDistinct(
        _ text: String, where condition: Condition, memory: Int
    ) throws -> (values: [FieldValue], explanation: QueryExplanation) {
        let path = try ConditionPath(text).resolved(in: try schema)
        return try reading(Query(where: condition, select: [path.field.name], memory: memory)) {
            snapshot, prepared, size in
            var trace = QueryTrace()
            let values = try snapshot.distinct(path, prepared, &trace, size: size)
            return (values, trace.explanation(keys: 0))
        }
    }

    /// ``aggregate(_:by:where:memory:)``, and how it was answered.
    package func explainedAggregate(
        _ aggregates: [Aggregate], by texts: [String], where condition: Condition, memory: Int
    ) throws -> (groups: [QueryGroup], explanation: QueryExplanation) {
        let schema = try schema
        let paths = try texts.map { try PreparedQuery.single($0, schema) }
        let accumulators = try aggregates.map { try Accumulator($0, schema) }
        let read = try paths + aggregates.compactMap(\.path).map { try PreparedQuery.single($0, schema) }
        let fields = Array(Set(read.map(\.field.name)))
        return try reading(Query(where: condition, select: fields, memory: memory)) { snapshot, prepared, size in
            var trace = QueryTrace()
            let groups = try snapshot.group(prepared, by: paths, accumulators, &trace, size: size)
            return (groups, trace.explanation(keys: 0))
        }
    }

    /// Calls `body` with a moment of the store, the query made ready for the schema of that moment, and what tells
    /// about how many bytes a range takes on disk.
    func reading<Result>(
        _ query: Query, isPaged: Bool = false,
        _ body: (borrowing Store.Snapshot, PreparedQuery, (KeyRange) throws -> UInt64) throws -> Result
    ) throws -> Result {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            try body(snapshot, try PreparedQuery(query, try compiled(catalogue), isPaged: isPaged)) { range in
                try keyspace.store.approximateSize(of: range)
            }
        }
    }
}

extension StoreReader where Self: ~Copyable {
    /// Reads one page of a query.
    borrowing func page<Element>(
        _ plan: QueryPlan, _ query: PreparedQuery, _ make: (inout RecordBuffer) throws -> Element
    ) throws -> RecordPage<Element> {
        let most = Swift.max(1, query.limit ?? 100)
        var progress = QueryProgress(keepsPlaces: true)
        var records: [Element] = []
        var hasMore = false
        try run(
            plan, skip: query.skip, limit: most < Int.max ? most + 1 : most, memory: query.memory, &progress
        ) { record in
            guard records.count < most else {
                hasMore = true
                return false
            }
            records.append(try make(&record))
            return true
        }
        return RecordPage(
            records: records, next: hasMore ? query.token(plan.order, at: progress.placeBefore) : nil)
    }
}
