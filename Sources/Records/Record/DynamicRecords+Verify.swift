internal import KeySchemas
internal import OrderedStore

extension DynamicRecords {
    /// Reads every record and checks it against the schema: what another program wrote may not fit.
    ///
    /// - Parameter report: is handed what is wrong, a record or a key at a time; the others are read all the same.
    /// - Returns: how many records there are.
    /// - Complexity: O(*n*) in the keys; memory for one record.
    /// - Throws: `StoreError`; what `report` throws, which ends it.
    public func verify(_ report: (RecordError) throws -> Void) throws -> Int {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            try snapshot.checkRecords(of: try compiled(catalogue), in: catalogue, report)
        }
    }
}

extension StoreReader where Self: ~Copyable {
    /// Reads every record of a schema and reports what does not fit it.
    ///
    /// - Returns: how many records there are.
    borrowing func checkRecords(
        of schema: CompiledSchema, in catalogue: Catalogue, _ report: (RecordError) throws -> Void
    ) throws -> Int {
        var count = 0
        do {
            var keys = cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
            while let entry = try keys.next() {
                if case .misfit = catalogue.owner(of: entry.key) { try report(schema.misfit(entry.key)) }
            }
        }
        var cursor = cursor(in: schema.range, options: ScanOptions(fillCache: false))
        var assembler = RecordAssembler(schema, .stored)
        while try assembler.next(from: &cursor) {
            count += 1
            do throws(RecordError) { try assembler.buffer.check() } catch { try report(error) }
        }
        return count
    }
}
