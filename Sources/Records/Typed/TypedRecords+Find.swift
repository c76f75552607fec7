internal import OrderedStore

// Records by their values in an index.
extension TypedRecords {
    /// Calls `body` with each record that a scan of an index finds, in the order of the index, as they were at one
    /// moment: see ``DynamicRecords/forEach(index:_:)``. The scan's list of fields counts for nothing.
    ///
    /// - Throws: as that; ``RecordError`` that names a field which cannot be read.
    @inlinable
    public func forEach(index scan: IndexScan, _ body: (Value) throws -> Void) throws {
        try untyped.keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try untyped.prepare(scan, catalogue, isWhole: true)
            var coder = RecordCoder<Value>(prepared.schema)
            try snapshot.scan(prepared, limit: scan.limit) { record, _ in
                try body(try coder.decode(&record))
                return true
            }
        }
    }

    /// Lends each record that a scan of an index finds to `body`, without making a value of it: see
    /// ``DynamicRecords/lend(_:_:)-(IndexScan,_)``.
    @inlinable
    public func lend(_ scan: IndexScan, _ body: (inout FieldReader) throws -> Void) throws {
        try untyped.lend(scan, body)
    }

    /// The records that a scan of an index finds, in the order of the index.
    ///
    /// - Throws: as ``forEach(index:_:)``.
    @inlinable
    public func find(_ scan: IndexScan) throws -> [Value] {
        var found: [Value] = []
        try forEach(index: scan) { found.append($0) }
        return found
    }

    /// The records whose values in an index are these: see
    /// ``DynamicRecords/find(index:equals:from:to:reverse:limit:fields:)``.
    @inlinable
    public func find(
        index name: String, equals values: [FieldValue?] = [], from: FieldValue? = nil, to: FieldValue? = nil,
        reverse: Bool = false, limit: Int? = nil
    ) throws -> [Value] {
        try find(IndexScan(name, equals: values, from: from, to: to, reverse: reverse, limit: limit))
    }

    /// The first record whose values in an index are these, in its order; `nil` when there is none. Of a unique index,
    /// given all values, it is the only one.
    ///
    /// - Throws: as ``forEach(index:_:)``.
    @inlinable
    public func first(index name: String, equals values: [FieldValue?]) throws -> Value? {
        var found: Value?
        try forEach(index: IndexScan(name, equals: values, limit: 1)) { found = $0 }
        return found
    }

    /// Some of the records that a scan of an index finds, and a token to go on with: see
    /// ``DynamicRecords/page(_:after:)-(IndexScan,_)``.
    public func page(_ scan: IndexScan, after token: String? = nil) throws -> RecordPage<Value> {
        try untyped.keyspace.readWithCatalogue { snapshot, catalogue in
            var prepared = try untyped.prepare(scan, catalogue, isWhole: true)
            if let token { try prepared.resume(token) }
            var coder = RecordCoder<Value>(prepared.schema)
            return try snapshot.page(prepared, size: scan.limit) { record in try coder.decode(&record) }
        }
    }
}
