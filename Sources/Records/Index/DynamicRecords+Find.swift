internal import KeySchemas
internal import OrderedStore

extension DynamicRecords {
    @usableFromInline
    func prepare(
        _ scan: IndexScan, _ catalogue: Catalogue, isWhole: Bool = false
    ) throws(RecordError) -> PreparedIndexScan {
        try PreparedIndexScan(scan, try compiled(catalogue), isWhole: isWhole, spare: catalogue.spareReader)
    }

    /// Calls `body` with each record that a scan of an index finds, in the order of the index, as they were at one
    /// moment. A record is given once, however many of its entries are in the range.
    ///
    /// - Complexity: O(log *n*) and a step for each entry, and one placing of a cursor for each record, but where the
    ///   entries hold all fields that are wanted. Memory for one record.
    /// - Throws: ``RecordError``: `unknownIndex`, `indexNotReady`, `damagedIndex` when the index names a record that
    ///   is not there, and others that name the field; `StoreError`; what `body` throws, which ends the scan.
    public func forEach(index scan: IndexScan, _ body: (DynamicRecord) throws -> Void) throws {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try prepare(scan, catalogue)
            try snapshot.scan(prepared, limit: scan.limit) { record, _ in
                try body(try record.record(wanted: prepared.wanted))
                return true
            }
        }
    }

    /// Lends each record that a scan of an index finds to `body`: as ``forEach(index:_:)``, and nothing is allocated
    /// for a record. When the scan names its fields, all others read as absent; where the entries hold them, each is
    /// taken out of its entry when it is asked for.
    ///
    /// - Throws: as ``forEach(index:_:)``.
    @inlinable
    public func lend(_ scan: IndexScan, _ body: (inout FieldReader) throws -> Void) throws {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try prepare(scan, catalogue)
            if prepared.isCovered {
                return try snapshot.lendEntries(prepared, limit: scan.limit) { fields in try body(&fields) }
            }
            try snapshot.scan(prepared, limit: scan.limit) { record, _ in
                var fields = FieldReader(record)
                try body(&fields)
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

    /// Some of the records that a scan of an index finds, and a token to go on with. Each page is of its own moment; a
    /// record that is written meanwhile shows if its entry is still ahead. A token is good after a restart, and after
    /// the index was built anew.
    ///
    /// - Parameters:
    ///   - scan: the same one for each page; its limit is the page's size, 100 when it has none.
    ///   - token: of the page before; `nil` for the first.
    /// - Throws: ``RecordError`` with code `badToken` for a token that the same scan did not give; as
    ///   ``forEach(index:_:)``.
    public func page(_ scan: IndexScan, after token: String? = nil) throws -> RecordPage<DynamicRecord> {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            var prepared = try prepare(scan, catalogue)
            if let token { try prepared.resume(token) }
            let wanted = prepared.wanted
            return try snapshot.page(prepared, size: scan.limit) { record in try record.record(wanted: wanted) }
        }
    }

    /// How many records a scan of an index finds.
    ///
    /// - Complexity: O(*n*) in the entries; records are read only where one may have several of them.
    /// - Throws: as ``forEach(index:_:)``.
    public func count(index scan: IndexScan) throws -> Int {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            try snapshot.count(try prepare(scan, catalogue), limit: scan.limit)
        }
    }
}
