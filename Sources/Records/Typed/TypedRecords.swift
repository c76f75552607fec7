public import KeySchemas
public import OrderedStore

/// The records of one Swift type.
///
/// Each write is one atomic batch. All calls are synchronous and may come from any thread.
public struct TypedRecords<Value: Record, Store: OrderedStore>: Sendable {
    /// The same records without their type.
    public let untyped: DynamicRecords<Store>

    private var keyspace: Keyspace<Store> { untyped.keyspace }

    private func schema(_ catalogue: Catalogue) throws(RecordError) -> CompiledSchema {
        try untyped.compiled(catalogue)
    }
}

extension Keyspace {
    /// The records of a Swift type. Where the catalogue has no schema of its name, the type's is applied.
    ///
    /// - Throws: ``RecordError`` with code `typeMismatch` that says, field by field, how the type and the catalogue
    ///   disagree; as ``apply(_:progress:)``.
    public func records<Value: Record>(of type: Value.Type) throws -> TypedRecords<Value, Store> {
        let declared = try Value.schema.definition.get()
        if let known = schema(declared.name) {
            let lines = declared.disagreements(with: known)
            guard lines.isEmpty else {
                throw RecordError(
                    .typeMismatch, schema: declared.name,
                    message: "\(type) and version \(known.version) in the database disagree: "
                        + lines.joined(separator: "; ") + declared.advice(over: known))
            }
        } else {
            try apply(declared)
        }
        return TypedRecords(untyped: DynamicRecords(keyspace: self, name: declared.name))
    }
}

extension SchemaDefinition {
    /// What to do when a type declares this and the database has another version.
    fileprivate func advice(over known: SchemaDefinition) -> String {
        if version > known.version {
            return "; the type is the newer one, version \(version): run its migrations, or apply its schema"
        }
        return version < known.version
            ? "; the database is the newer one: use a program of its version, or roll the change back" : ""
    }
}

// MARK: - Writing

extension TypedRecords {
    /// Writes a new record.
    ///
    /// - Throws: ``RecordError``: `alreadyExists` when it is there, and others that name the field; `StoreError`.
    public func insert(_ value: Value, durability: Durability = .buffered) throws {
        try keyspace.transact(durability: durability) { try insert(value, in: &$0) }
    }

    /// Writes new records, all or none.
    public func insert(contentsOf values: some Sequence<Value>, durability: Durability = .buffered) throws {
        try keyspace.transact(durability: durability) { transaction in
            var encoder = ValueEncoder(try schema(transaction.catalogue))
            // Where the values lie side by side they are not copied.
            let isDone: Void? = try values.withContiguousStorageIfAvailable { values in
                for index in values.indices {
                    try unsafe encoder.encode(values[index]) { try transaction.write($0, .insert) }
                }
            }
            if isDone != nil { return }
            for value in values { try encoder.encode(value) { try transaction.write($0, .insert) } }
        }
    }

    /// Writes a record, in place of the one with the same key if there is one. Of that, only the fields that the
    /// schema does not know stay, and those that the type does not know.
    public func upsert(_ value: Value, durability: Durability = .buffered) throws {
        try keyspace.transact(durability: durability) { try upsert(value, in: &$0) }
    }

    /// Changes a record: `body` gets it as it is and leaves it as it is to be. A part of the key is not changed
    /// that way: ``move(_:to:overwriting:durability:)`` does that.
    ///
    /// - Returns: the record as it is then.
    /// - Throws: ``RecordError`` with code `notFound`; what `body` throws.
    @discardableResult
    public func update(
        _ parts: KeyValue..., durability: Durability = .buffered, _ body: (inout Value) throws -> Void
    ) throws -> Value {
        try keyspace.transact(durability: durability) { transaction in
            let schema = try schema(transaction.catalogue)
            let prefix = try schema.prefix(parts)
            var old = try transaction.base.record(schema, prefix)
            old.fillDefaults()
            var coder = RecordCoder<Value>(schema)
            var value = try coder.decode(&old)
            try body(&value)
            let record = try coder.encode(value)
            guard record.prefix == prefix else {
                throw RecordError(
                    .invalidValue, schema: schema.name, key: RecordError.printable(prefix.span),
                    message: "a part of the key changed; move the record instead")
            }
            try upsert(value, in: &transaction)
            return value
        }
    }

    /// Removes the record with these parts of the key, with all its fields.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public func delete(_ parts: KeyValue..., durability: Durability = .buffered) throws -> Bool {
        try untyped.delete(parts, durability: durability)
    }

    /// Gives a record another key, with all its fields. A record that is there is replaced only when `overwriting`.
    ///
    /// - Throws: ``RecordError``: `notFound`, or `alreadyExists` at the new key.
    public func move(
        _ parts: [KeyValue], to destination: [KeyValue], overwriting: Bool = false,
        durability: Durability = .buffered
    ) throws {
        try untyped.move(parts, to: destination, overwriting: overwriting, durability: durability)
    }

    /// Writes a new record as part of a transaction.
    public func insert(_ value: Value, in transaction: inout KeyspaceTransaction<Store.Snapshot>) throws {
        let catalogue = transaction.catalogue
        let schema = try schema(catalogue)
        var encoder = ValueEncoder(schema, catalogue.spareWriter.take(for: schema))
        try encoder.encode(value) { try transaction.write($0, .insert) }
        catalogue.spareWriter.keep(encoder.takeWriter())
    }

    /// Writes a record, new or not, as part of a transaction.
    public func upsert(_ value: Value, in transaction: inout KeyspaceTransaction<Store.Snapshot>) throws {
        let schema = try schema(transaction.catalogue)
        let coder = RecordCoder<Value>(schema)
        var record = try coder.encode(value)
        try keepUnknown(of: &record, in: transaction)
        try transaction.write(record, .upsert)
    }

    /// Takes over the fields that the type does not know from the record that is there.
    private func keepUnknown(
        of record: inout RecordBuffer, in transaction: borrowing KeyspaceTransaction<Store.Snapshot>
    ) throws {
        let schema = record.schema
        guard case .success(let declared) = Value.schema.definition,
            declared.storedFields.count < schema.stored.count
        else { return }
        var old = RecordBuffer(schema)
        guard try transaction.base.assemble(schema, record.prefix, into: &old) else { return }
        for (slot, field) in schema.stored.enumerated() where declared.field(field.name) == nil {
            guard !old.slots[slot].isAbsent else { continue }
            let bytes = old.bytes(old.slots[slot]).array
            record.encode(slot: slot) { $0 += bytes }
        }
    }
}

// MARK: - Reading

extension TypedRecords {
    /// The record with these parts of the key; `nil` when there is none.
    public func get(_ parts: KeyValue...) throws -> Value? {
        let schema = try schema(keyspace.catalogue)
        // Too few parts are many records.
        _ = try schema.prefix(parts)
        var found: Value?
        try forEach(RecordScan(under: parts, limit: 1)) { found = $0 }
        return found
    }

    /// Calls `body` with each record of a scan, as they were at one moment.
    ///
    /// - Complexity: O(*n*) in the keys read; memory for one record, however many there are.
    /// - Throws: ``RecordError`` that names the key and the field; `StoreError`; what `body` throws, which ends
    ///   the scan.
    @inlinable
    public func forEach(_ scan: RecordScan = RecordScan(), _ body: (Value) throws -> Void) throws {
        try untyped.keyspace.readWithCatalogue { snapshot, catalogue in
            let prepared = try untyped.prepare(scan, catalogue)
            var coder = RecordCoder<Value>(prepared.schema)
            try snapshot.scan(prepared, limit: scan.limit) { record in
                try body(try coder.decode(&record))
                return true
            }
        }
    }

    /// Lends each record of a scan to `body`, without making a value of it: see ``DynamicRecords/lend(_:_:)-(RecordScan,_)``.
    @inlinable
    public func lend(_ scan: RecordScan, _ body: (inout FieldReader) throws -> Void) throws {
        try untyped.lend(scan, body)
    }

    /// The records under leading parts of the key; none of them for all.
    ///
    /// All of them are in memory at once: use ``forEach(_:_:)-(RecordScan,_)`` or pages for many.
    @inlinable
    public func scan(under leading: KeyValue..., reverse: Bool = false, limit: Int? = nil) throws -> [Value] {
        try scan(RecordScan(under: leading, reverse: reverse, limit: limit))
    }

    /// The records of a scan.
    @inlinable
    public func scan(_ scan: RecordScan) throws -> [Value] {
        var values: [Value] = []
        try forEach(scan) { values.append($0) }
        return values
    }

    /// Some of a scan's records, and a token to go on with: see ``DynamicRecords/page(_:after:)-(RecordScan,_)``.
    public func page(_ scan: RecordScan, after token: String? = nil) throws -> RecordPage<Value> {
        try keyspace.readWithCatalogue { snapshot, catalogue in
            var page = try PreparedScan(scan, try schema(catalogue))
            if let token { try page.resume(token) }
            var coder = RecordCoder<Value>(page.schema)
            return try snapshot.page(page, size: scan.limit) { record in try coder.decode(&record) }
        }
    }
}

/// Turns assembled records into values and back, by a type's own code where it has some.
@usableFromInline
struct RecordCoder<Value: Record>: ~Copyable {
    private let schema: CompiledSchema
    private var decoder: RecordDecoder?
    /// Whether the type turned out to have no code of its own.
    @usableFromInline var isCodable = false

    @usableFromInline
    init(_ schema: CompiledSchema) {
        self.schema = schema
    }

    /// Makes a value.
    @inlinable
    @inline(__always)
    mutating func decode(_ record: inout RecordBuffer) throws -> Value {
        if !isCodable {
            var fields = FieldReader(record)
            if let value = try Value.make(fields: &fields) { return value }
        }
        return try decodeCodable(&record)
    }

    @usableFromInline
    mutating func decodeCodable(_ record: inout RecordBuffer) throws -> Value {
        isCodable = true
        let decoder = decoder ?? RecordDecoder(schema)
        self.decoder = decoder
        swap(&decoder.buffer, &record)
        defer { swap(&decoder.buffer, &record) }
        return try decoder.decode(Value.self)
    }

    func encode(_ value: borrowing Value) throws -> RecordBuffer {
        var encoder = ValueEncoder(schema)
        return try encoder.encode(value) { copy $0 }
    }
}

/// Turns values into records, one after another in the memory of one, by a type's own code where it has some.
private struct ValueEncoder: ~Copyable {
    private let schema: CompiledSchema
    private var writer: FieldWriter

    init(_ schema: CompiledSchema) { self.init(schema, FieldWriter(schema)) }

    /// Encodes in the memory that is given.
    init(_ schema: CompiledSchema, _ writer: consuming FieldWriter) {
        self.schema = schema
        self.writer = writer
    }

    /// Gives the memory back.
    consuming func takeWriter() -> FieldWriter { writer }

    /// Calls `body` with the record of a value.
    @inline(__always)
    mutating func encode<Value: Record, Result>(
        _ value: borrowing Value, _ body: (borrowing RecordBuffer) throws -> Result
    ) throws -> Result {
        writer.clear()
        if try value.writeIfDirect(to: &writer) {
            try writer.finish()
            return try body(writer.buffer)
        }
        let encoder = RecordEncoder(schema)
        try value.encode(to: encoder)
        try encoder.writer.finish()
        return try body(encoder.writer.buffer)
    }
}
