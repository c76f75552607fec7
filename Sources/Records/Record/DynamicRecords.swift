public import KeySchemas
public import OrderedStore

/// The records of one schema whose shape is known at run time only.
///
/// Each write is one atomic batch. All calls are synchronous and may come from any thread. A schema that is
/// changed or removed meanwhile counts from the next call on.
public struct DynamicRecords<Store: OrderedStore>: Sendable {
    /// Where the records are.
    public let keyspace: Keyspace<Store>
    /// The schema's name.
    public let name: String

    /// The schema as it is now.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema`.
    public var schema: SchemaDefinition {
        get throws(RecordError) { try compiled(keyspace.catalogue).definition }
    }

    func compiled(_ catalogue: Catalogue) throws(RecordError) -> CompiledSchema {
        guard let schema = catalogue.schema(name) else { throw catalogue.unknown(name) }
        return schema
    }
}

extension Keyspace {
    /// The records of the schema called `name`.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema`.
    public func records(_ name: String) throws(RecordError) -> DynamicRecords<Store> {
        let records = DynamicRecords(keyspace: self, name: name)
        _ = try records.schema
        return records
    }
}

// MARK: - Writing

extension DynamicRecords {
    /// Writes a new record.
    ///
    /// - Throws: ``RecordError``: `alreadyExists` when it is there, and others that name the field; `StoreError`.
    public func insert(_ record: DynamicRecord, durability: Durability = .buffered) throws {
        try keyspace.transact(durability: durability) { try insert(record, in: &$0) }
    }

    /// Writes a record, in place of the one with the same key if there is one. Of that, only the fields that the
    /// schema does not know stay; an open schema knows all.
    ///
    /// - Throws: ``RecordError`` that names the field; `StoreError`.
    public func upsert(_ record: DynamicRecord, durability: Durability = .buffered) throws {
        try keyspace.transact(durability: durability) { try upsert(record, in: &$0) }
    }

    /// Changes some fields of a record; `nil` removes one.
    ///
    /// - Returns: the record as it is then.
    /// - Throws: ``RecordError``: `notFound`, `missingField` when a required field is to go, and others that name
    ///   the field; `StoreError`.
    @discardableResult
    public func update(
        _ parts: [KeyValue], set changes: [String: FieldValue?], durability: Durability = .buffered
    ) throws -> DynamicRecord {
        try keyspace.transact(durability: durability) { try update(parts, set: changes, in: &$0) }
    }

    /// Removes a record with all its fields.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``RecordError`` that names the part; `StoreError`.
    @discardableResult
    public func delete(_ parts: [KeyValue], durability: Durability = .buffered) throws -> Bool {
        try keyspace.transact(durability: durability) { try delete(parts, in: &$0) }
    }

    /// Gives a record another key, with all its fields. A record that is there is replaced only when `overwriting`.
    ///
    /// - Throws: ``RecordError``: `notFound`, or `alreadyExists` at the new key; `StoreError`.
    public func move(
        _ parts: [KeyValue], to destination: [KeyValue], overwriting: Bool = false,
        durability: Durability = .buffered
    ) throws {
        try keyspace.transact(durability: durability) {
            try move(parts, to: destination, overwriting: overwriting, in: &$0)
        }
    }

    /// Checks a record and encodes it, away from any transaction.
    ///
    /// - Throws: ``RecordError`` that names the field.
    package func encode(_ record: DynamicRecord) throws(RecordError) -> EncodedRecord {
        var buffer = RecordBuffer(try compiled(keyspace.catalogue))
        try buffer.encode(record)
        return EncodedRecord(buffer)
    }

    /// Writes an encoded record as part of a transaction.
    ///
    /// - Parameter replaces: whether a record that is there is replaced, as by an upsert; else it is an error.
    /// - Throws: ``RecordError`` with code `alreadyExists`, or `schemaConflict` when the schema was changed since
    ///   the record was encoded; `StoreError`.
    package func write(
        _ record: EncodedRecord, replaces: Bool, in transaction: inout KeyspaceTransaction<Store.Snapshot>
    ) throws {
        guard record.buffer.schema === (try compiled(transaction.catalogue)) else {
            throw RecordError(
                .schemaConflict, schema: name, message: "the schema was changed meanwhile; encode the record again")
        }
        try transaction.write(record.buffer, replaces ? record.buffer.wholeMode : .insert)
    }

    /// Writes a new record as part of a transaction.
    public func insert(
        _ record: DynamicRecord, in transaction: inout KeyspaceTransaction<Store.Snapshot>
    ) throws {
        var buffer = RecordBuffer(try compiled(transaction.catalogue))
        try buffer.encode(record)
        try transaction.write(buffer, .insert)
    }

    /// Writes a record, new or not, as part of a transaction.
    public func upsert(
        _ record: DynamicRecord, in transaction: inout KeyspaceTransaction<Store.Snapshot>
    ) throws {
        var buffer = RecordBuffer(try compiled(transaction.catalogue))
        try buffer.encode(record)
        try transaction.write(buffer, buffer.wholeMode)
    }

    /// Changes some fields of a record as part of a transaction.
    @discardableResult
    public func update(
        _ parts: [KeyValue], set changes: [String: FieldValue?],
        in transaction: inout KeyspaceTransaction<Store.Snapshot>
    ) throws -> DynamicRecord {
        let schema = try compiled(transaction.catalogue)
        var record = try transaction.update(schema, try schema.prefix(parts)) { record throws(RecordError) in
            for (name, value) in changes.sorted(by: { $0.key < $1.key }) { try record.change(name, value) }
        }
        record.fillDefaults()
        return try record.record()
    }

    /// Removes a record as part of a transaction.
    @discardableResult
    public func delete(
        _ parts: [KeyValue], in transaction: inout KeyspaceTransaction<Store.Snapshot>
    ) throws -> Bool {
        let schema = try compiled(transaction.catalogue)
        return try transaction.remove(schema, try schema.prefix(parts))
    }

    /// Gives a record another key as part of a transaction.
    public func move(
        _ parts: [KeyValue], to destination: [KeyValue], overwriting: Bool = false,
        in transaction: inout KeyspaceTransaction<Store.Snapshot>
    ) throws {
        let schema = try compiled(transaction.catalogue)
        var target = RecordBuffer(schema)
        try target.beginChecked(destination)
        try transaction.move(schema, try schema.prefix(parts), to: target, overwriting: overwriting)
    }
}

/// A record as it will be stored, checked against its schema.
package final class EncodedRecord: Sendable {
    let buffer: RecordBuffer

    init(_ buffer: RecordBuffer) { self.buffer = buffer }
}

// MARK: - Reading

extension DynamicRecords {
    /// The record with these parts of the key, or the named fields of it; `nil` when there is none.
    ///
    /// - Throws: ``RecordError`` that names the part or the field; `StoreError`.
    public func get(_ parts: [KeyValue], fields: [String]? = nil) throws -> DynamicRecord? {
        let schema = try compiled(keyspace.catalogue)
        // Too few parts are many records.
        _ = try schema.prefix(parts)
        var found: DynamicRecord?
        try forEach(RecordScan(under: parts, limit: 1, fields: fields)) { found = $0 }
        return found
    }

    /// Whether there is a record with these parts of the key.
    public func contains(_ parts: [KeyValue]) throws -> Bool { try get(parts, fields: []) != nil }

    /// Calls `body` with each record of a scan, as they were at one moment.
    ///
    /// - Complexity: O(*n*) in the keys read; memory for one record, however many there are.
    /// - Throws: ``RecordError``: `unordered` for a range of a part whose keys are not in its order, and others that
    ///   name the key and the field; `StoreError`; what `body` throws, which ends the scan.
    public func forEach(_ scan: RecordScan = RecordScan(), _ body: (DynamicRecord) throws -> Void) throws {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try PreparedScan(scan, try compiled(catalogue))
            try snapshot.scan(prepared, limit: scan.limit) { record in
                try body(try record.record(wanted: prepared.wanted))
                return true
            }
        }
    }

    @usableFromInline
    func prepare(_ scan: RecordScan, _ catalogue: Catalogue) throws -> PreparedScan {
        try PreparedScan(scan, try compiled(catalogue))
    }

    /// Lends each record of a scan to `body`, as they were at one moment; nothing is allocated for a record. The
    /// scan's list of fields counts for nothing: what is not asked for costs little.
    ///
    /// - Complexity: as ``forEach(_:_:)-(RecordScan,_)``.
    /// - Throws: as ``forEach(_:_:)-(RecordScan,_)``.
    @inlinable
    public func lend(_ scan: RecordScan, _ body: (inout FieldReader) throws -> Void) throws {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            try snapshot.scan(try prepare(scan, catalogue), limit: scan.limit) { record in
                var fields = FieldReader(record)
                try body(&fields)
                return true
            }
        }
    }

    /// The records of a scan.
    ///
    /// All of them are in memory at once: use ``forEach(_:_:)-(RecordScan,_)`` or pages for many.
    ///
    /// - Throws: as ``forEach(_:_:)-(RecordScan,_)``.
    public func scan(_ scan: RecordScan = RecordScan()) throws -> [DynamicRecord] {
        var records: [DynamicRecord] = []
        try forEach(scan) { records.append($0) }
        return records
    }

    /// How many records a scan goes over.
    ///
    /// - Complexity: O(*n*): it reads their keys.
    public func count(_ scan: RecordScan = RecordScan()) throws -> Int {
        var count = 0
        try keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try PreparedScan(scan, try compiled(catalogue))
            try snapshot.scan(prepared, limit: scan.limit, keysOnly: true) { _ in
                count += 1
                return true
            }
        }
        return count
    }

    /// Some of a scan's records, and a token to go on with. Each page is of its own moment and ends with a whole
    /// record; a record that is written meanwhile shows if its key is still ahead.
    ///
    /// - Parameters:
    ///   - scan: the same one for each page; its limit is the page's size, 100 when it has none.
    ///   - token: of the page before; `nil` for the first.
    /// - Throws: ``RecordError`` with code `badToken` for a token that the same scan did not give; as
    ///   ``forEach(_:_:)-(RecordScan,_)``.
    public func page(_ scan: RecordScan, after token: String? = nil) throws -> RecordPage<DynamicRecord> {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            var page = try PreparedScan(scan, try compiled(catalogue))
            if let token { try page.resume(token) }
            let wanted = page.wanted
            return try snapshot.page(page, size: scan.limit) { record in try record.record(wanted: wanted) }
        }
    }
}

extension CompiledSchema {
    /// The prefix of the record with all these parts.
    func prefix(_ parts: [KeyValue]) throws(RecordError) -> [UInt8] {
        do { return try layout.prefix(parts) } catch { throw RecordError(error, schema: name) }
    }
}

extension StoreReader where Self: ~Copyable {
    /// Goes over the records of a scan until `body` says that it has enough.
    @inlinable
    borrowing func scan(
        _ scan: PreparedScan, limit: Int?, keysOnly: Bool = false,
        _ body: (inout RecordBuffer) throws -> Bool
    ) throws {
        var left = limit ?? Int.max
        guard left > 0, !scan.range.isEmpty else { return }
        var run = RecordRun(scan.schema, reverse: scan.reverse, keysOnly ? .keysOnly : .reading)
        if scan.isOneKey {
            let key = scan.range.lower
            if try run.assembler.find(key.span, in: self) { _ = try body(&run.assembler.buffer) }
            return
        }
        let options = ScanOptions(reverse: scan.reverse, keysOnly: keysOnly)
        var cursor = cursor(in: scan.range, options: options)
        // A function of the record in place, which is too large to copy.
        func lend(_ record: inout RecordBuffer) throws -> Bool {
            guard try scan.includes(record) else { return true }
            left -= 1
            return try body(&record)
        }
        if scan.schema.isPacked {
            // No damage cuts a record that is a single key.
            while left > 0, try run.assembler.next(from: &cursor) {
                guard try lend(&run.assembler.buffer) else { return }
            }
            return
        }
        while left > 0, try run.fill(from: &cursor, upTo: left) {
            for index in 0..<run.count {
                guard try lend(&run.records[index]) else { return }
            }
        }
    }

    /// Reads one page.
    borrowing func page<Element>(
        _ scan: PreparedScan, size: Int?, _ make: (inout RecordBuffer) throws -> Element
    ) throws -> RecordPage<Element> {
        let size = Swift.max(size ?? 100, 1)
        var records: [Element] = []
        var last: [UInt8] = []
        var next: String?
        try self.scan(scan, limit: nil) { record in
            guard records.count < size else {
                next = scan.token(after: last)
                return false
            }
            let prefix = record.prefix
            records.append(try make(&record))
            last = prefix
            return true
        }
        return RecordPage(records: records, next: next)
    }
}
