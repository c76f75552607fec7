internal import KeySchemas
internal import OrderedStore

/// How a record write treats what is there.
enum WriteMode {
    /// There must be no record.
    case insert
    /// The record becomes what is given; fields that the schema does not know stay unless they are given.
    case upsert
    /// The record becomes what is given.
    case replace
}

/// All writes of records end here: this is where one batch is staged, index entries included.
extension Transaction where Base: ~Copyable {
    /// Stages a whole record.
    ///
    /// - Throws: ``RecordError`` with code `alreadyExists` or `missingField`; `StoreError`.
    mutating func write(_ record: borrowing RecordBuffer, _ mode: WriteMode) throws {
        let schema = record.schema
        if let missing = record.missingField {
            throw RecordError(
                .missingField, schema: schema.name, key: RecordError.printable(record.prefix.span), field: missing,
                message: "the record needs this field")
        }
        if try holdsRecord(schema, record.prefix) {
            if mode == .insert {
                throw RecordError(
                    .alreadyExists, schema: schema.name, key: RecordError.printable(record.prefix.span),
                    message: "there is such a record already; upsert it to replace it")
            }
            var old = RecordBuffer(schema)
            if try assemble(schema, record.prefix, into: &old) {
                if !schema.indexes.isEmpty { try stageIndexes(from: old, to: copy record) }
                return replace(old, by: record, keepingOthers: mode == .upsert)
            }
        }
        try stageWithIndexes(record)
    }

    /// Stages the removal of a record.
    ///
    /// - Returns: whether there was one.
    mutating func remove(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> Bool {
        if !schema.indexes.isEmpty {
            var old = RecordBuffer(schema)
            guard try assemble(schema, prefix, into: &old) else { return false }
            try stageIndexes(from: old, to: nil)
        }
        return try removeKeys(schema, prefix)
    }
}

extension Transaction where Base: ~Copyable {
    /// Changes a record in place.
    ///
    /// - Returns: the record as it is then.
    /// - Throws: ``RecordError`` with code `notFound` or `missingField`; what `change` throws.
    mutating func update(
        _ schema: CompiledSchema, _ prefix: [UInt8], _ change: (inout RecordBuffer) throws(RecordError) -> Void
    ) throws -> RecordBuffer {
        let old = try self.record(schema, prefix)
        var record = old
        try change(&record)
        if let missing = record.missingField {
            throw RecordError(
                .missingField, schema: schema.name, key: RecordError.printable(prefix.span), field: missing,
                message: "the record needs this field; it can be changed and not removed")
        }
        if !schema.indexes.isEmpty { try stageIndexes(from: old, to: record) }
        replace(old, by: record, keepingOthers: false)
        return record
    }

    /// Moves a record to the prefix of `target`.
    ///
    /// - Throws: ``RecordError`` with code `notFound` or `alreadyExists`.
    mutating func move(
        _ schema: CompiledSchema, _ prefix: [UInt8], to target: RecordBuffer, overwriting: Bool
    ) throws {
        var record = try self.record(schema, prefix)
        guard target.prefix != prefix else { return }
        let source = record
        record.prefix = target.prefix
        record.parts = target.parts
        var replaced = RecordBuffer(schema)
        if try assemble(schema, target.prefix, into: &replaced) {
            guard overwriting else {
                throw RecordError(
                    .alreadyExists, schema: schema.name, key: RecordError.printable(target.prefix.span),
                    message: "there is a record already where this one is to move")
            }
            try stageIndexes(from: source, to: record, inPlaceOf: replaced)
            _ = try removeKeys(schema, target.prefix)
        } else {
            try stageIndexes(from: source, to: record)
        }
        _ = try removeKeys(schema, prefix)
        stage(record)
    }
}

extension CompiledSchema {
    func notFound(_ prefix: [UInt8]) -> RecordError {
        RecordError(
            .notFound, schema: name, key: RecordError.printable(prefix.span), message: "there is no such record")
    }
}

extension RecordBuffer {
    /// Starts the record with these parts, which must pass the checks of their definitions.
    mutating func beginChecked(_ values: [KeyValue]) throws(RecordError) {
        do { try begin(parts: values) } catch { throw RecordError(error, schema: schema.name) }
        try schema.checkParts(prefix)
    }

    /// Gives a field another value, or removes it.
    mutating func change(_ name: String, _ value: FieldValue?) throws(RecordError) {
        if let slot = schema.stored.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            guard let value else { return slots[slot] = .absent }
            do { return set(slot, try schema.stored[slot].validate(value)) } catch {
                throw error.about(schema: schema.name, key: prefix)
            }
        }
        if schema.definition.field(name) != nil {
            throw RecordError(
                .invalidValue, schema: schema.name, key: RecordError.printable(prefix.span), field: name,
                message: "a part of the key is not changed in place; move the record")
        }
        var suffix: [UInt8] = []
        schema.appendSuffix(ofUnknown: name, to: &suffix)
        if let member = schema.definition.openMember(name) {
            unknown = unknown.filter { !bytes($0.suffix).equals(suffix.span) }
            guard let value else { return }
            do { return setUnknown(name, try member.validate(.json(value.json))) } catch {
                throw error.about(schema: schema.name, key: prefix)
            }
        }
        let count = unknown.count
        let kept = unknown.filter { !bytes($0.suffix).equals(suffix.span) }
        if let value {
            unknown = kept
            try encodeUnknown(name, value)
        } else {
            guard kept.count < count else { throw schema.definition.unknownField(name) }
            unknown = kept
        }
    }
}
