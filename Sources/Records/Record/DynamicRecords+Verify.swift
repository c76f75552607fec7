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
        var count = 0
        try keyspace.readWithCatalogue { snapshot, catalogue in
            let schema = try compiled(catalogue)
            var keys = snapshot.cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
            while let entry = try keys.next() {
                if case .misfit = catalogue.owner(of: entry.key) { try report(schema.misfit(entry.key)) }
            }
            var cursor = snapshot.cursor(in: schema.range, options: ScanOptions(fillCache: false))
            var assembler = RecordAssembler(schema, .stored)
            while try assembler.next(from: &cursor) {
                count += 1
                do throws(RecordError) { try assembler.buffer.check() } catch { try report(error) }
            }
        }
        return count
    }
}
