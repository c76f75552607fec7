internal import KeySchemas
internal import OrderedStore

extension DynamicRecords {
    /// Calls `body` with each record that a scan of an index finds, in the order of the index, as they were at one
    /// moment. A record is given once, however many of its entries are in the range.
    ///
    /// - Complexity: O(log *n*) and a step for each entry, and one placing of a cursor for each record, but where the
    ///   entries hold all fields that are wanted.
    /// - Throws: ``RecordError``: `unknownIndex`, `indexNotReady`, `damagedIndex` when the index names a record that
    ///   is not there, and others that name the field; `StoreError`; what `body` throws, which ends the scan.
    public func forEach(index scan: IndexScan, _ body: (DynamicRecord) throws -> Void) throws {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try PreparedIndexScan(scan, try compiled(catalogue))
            try snapshot.scan(prepared, limit: scan.limit) { record in
                try body(try record.record(wanted: prepared.wanted))
                return true
            }
        }
    }

    /// The records that a scan of an index finds, in the order of the index.
    ///
    /// - Throws: as ``forEach(index:_:)``.
    public func find(_ scan: IndexScan) throws -> [DynamicRecord] {
        var records: [DynamicRecord] = []
        try forEach(index: scan) { records.append($0) }
        return records
    }

    /// The records whose values in an index are these, in the order of the index.
    ///
    /// - Parameters:
    ///   - name: the index's name.
    ///   - values: of its leading parts, `nil` for absent; none for all records.
    ///   - from: the least value of the part after those.
    ///   - to: the first value of that part which is beyond the scan.
    ///   - reverse: from the last record to the first.
    ///   - limit: the most records; `nil` for all.
    ///   - fields: the fields to read; `nil` for all.
    /// - Throws: as ``forEach(index:_:)``.
    public func find(
        index name: String, equals values: [FieldValue?] = [], from: FieldValue? = nil, to: FieldValue? = nil,
        reverse: Bool = false, limit: Int? = nil, fields: [String]? = nil
    ) throws -> [DynamicRecord] {
        try find(
            IndexScan(name, equals: values, from: from, to: to, reverse: reverse, limit: limit, fields: fields))
    }

    /// How many records a scan of an index finds.
    ///
    /// - Complexity: O(*n*) in the entries; no record is read.
    /// - Throws: as ``forEach(index:_:)``.
    public func count(index scan: IndexScan) throws -> Int {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            try snapshot.count(try PreparedIndexScan(scan, try compiled(catalogue)), limit: scan.limit)
        }
    }
}
