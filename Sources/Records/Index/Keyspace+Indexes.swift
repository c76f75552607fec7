internal import KeySchemas
internal import OrderedStore

/// An index of a database.
public struct IndexInfo: Hashable, Sendable {
    public let definition: IndexDefinition
    /// Whether it can be read; otherwise it is still to be built.
    public let isReady: Bool
}

extension Keyspace {
    /// The indexes of a schema, in its order.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema`.
    public func indexes(of schema: String) throws(RecordError) -> [IndexInfo] {
        try Keyspace.find(schema, in: catalogue).indexes.map {
            IndexInfo(definition: $0.definition, isReady: $0.state.isReady)
        }
    }

    /// Builds an index from the records: one that is still to be built from where it stopped, one that is there anew.
    ///
    /// It works in batches that take little memory and the turn to write for a moment each; meanwhile writers keep
    /// what is there already up to date, and the index cannot be read. It waits up to a minute for a disk that has failed
    /// or is full, where the store looks after that by itself. Stopped or killed at any moment, a further
    /// call goes on; two calls at a time share the work. What is done survives a loss of power when the call returns.
    ///
    /// - Parameters:
    ///   - name: the index's name.
    ///   - schema: the schema's name.
    ///   - progress: is told after each batch how many records this call has gone over; what it throws stops the build.
    /// - Returns: how many records this call has gone over.
    /// - Complexity: O(*n*) in the keys of the schema's records.
    /// - Throws: ``RecordError``: `unknownSchema`, `unknownIndex`, or `uniqueViolation` when two records have the
    ///   same value in a unique index; change one of them and call again. `StoreError`; what `progress` throws.
    @discardableResult
    public func rebuildIndex(
        _ name: String, of schema: String, progress: (Int) throws -> Void = { _ in }
    ) throws -> Int {
        try reclaimIndexes()
        let number = try startBuild(name, of: schema)
        var count = 0
        while let batch = try persisting({ try buildBatch(number, name, of: schema) }) {
            count += batch
            Failpoint.indexBuild.pass()
            try progress(count)
        }
        try persisting {
            try changeCatalogue { transaction, catalogue in
                let index = try Keyspace.find(schema, in: catalogue).index(name)
                guard index.state.number == number else { throw index.changedMeanwhile }
                transaction.set(IndexRecord(number: number, isReady: true), schema, id: index.definition.id)
            }
        }
        try reclaimIndexes()
        return count
    }

    /// Removes what indexes that are no more have left, in batches that take little memory.
    ///
    /// Applying and removing schemas and rebuilding indexes end with it; there is more to do only when one of them was
    /// killed.
    ///
    /// - Throws: `StoreError`; a further call goes on.
    public func reclaimIndexes() throws {
        let garbage: [[UInt8]] = try store.read { snapshot in
            var keys: [[UInt8]] = []
            var cursor = snapshot.cursor(in: OwnKeys.allIndexGarbage, options: .forward)
            while let entry = try cursor.next() { keys.append(entry.key.array) }
            return keys
        }
        for key in garbage {
            guard let number = try OwnKeys.indexNumber(ofGarbage: key.span) else { continue }
            let prefix = OwnKeys.indexEntries(number)
            try store.clear(KeyRange(from: prefix, to: prefix + [Tuple.Code.escape]))
            try store.delete(key, durability: .buffered)
        }
    }

    static func find(_ name: String, in catalogue: Catalogue) throws(RecordError) -> CompiledSchema {
        guard let schema = catalogue.schema(name) else { throw catalogue.unknown(name) }
        return schema
    }

    /// Makes an index one that is to be built; the entries of one that was ready become garbage.
    ///
    /// - Returns: the number of the index.
    private func startBuild(_ name: String, of schema: String) throws -> Int64 {
        let index = try Keyspace.find(schema, in: catalogue).index(name)
        if !index.state.isReady { return index.state.number }
        return try changeCatalogue { transaction, catalogue in
            let index = try Keyspace.find(schema, in: catalogue).index(name)
            if let migration = catalogue.migration(of: schema), migration.phase != .switched {
                throw migration.underway
            }
            if !index.state.isReady { return index.state.number }
            transaction.drop(index, of: schema)
            let number = try transaction.takeIndexNumber()
            transaction.set(IndexRecord(number: number, isReady: false), schema, id: index.definition.id)
            return number
        }
    }

    /// Stages the entries of the next records, and where the build stands then.
    ///
    /// - Returns: how many records; `nil` at the end.
    private func buildBatch(_ number: Int64, _ name: String, of schemaName: String) throws -> Int? {
        try transact(durability: .buffered) { transaction in
            let schema = try Keyspace.find(schemaName, in: transaction.catalogue)
            let index = try schema.index(name)
            guard index.state.number == number else { throw index.changedMeanwhile }
            // Another call may have come to the end.
            if index.state.isReady { return nil }
            return try transaction.base.build(index, of: schema)
        }
    }
}

extension CompiledIndex {
    fileprivate var changedMeanwhile: RecordError {
        RecordError(
            .indexNotReady, schema: schema.name, index: definition.name,
            message: "the index was changed or started anew meanwhile")
    }
}

extension Transaction where Base: ~Copyable {
    private static var mostRecordsPerBatch: Int { 4_096 }
    private static var mostBytesPerBatch: Int { 1 << 20 }

    /// Stages the entries of the records after the stored position.
    ///
    /// - Returns: how many records; `nil` at the end.
    fileprivate mutating func build(_ index: CompiledIndex, of schema: CompiledSchema) throws -> Int? {
        let id = index.definition.id
        guard var record = try indexRecord(schema.name, id: id) else { return nil }
        var range = schema.range
        if let position = record.position, let next = schema.range(ofPrefix: position).upper {
            range = range.intersection(KeyRange(from: next))
        }
        var change = IndexChange()
        var count = 0
        do {
            var cursor = self.cursor(in: range, options: ScanOptions(fillCache: false))
            var assembler = RecordAssembler(schema, .stored)
            while count < Self.mostRecordsPerBatch, change.byteCount < Self.mostBytesPerBatch,
                try assembler.next(from: &cursor)
            {
                try change.add(assembler.buffer, in: index)
                count += 1
                record.position = assembler.buffer.prefix
            }
        }
        if count == 0 { return nil }
        try build(change)
        set(record, schema.name, id: id)
        return count
    }
}
