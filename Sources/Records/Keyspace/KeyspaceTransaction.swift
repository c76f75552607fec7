internal import KeySchemas
public import OrderedStore

/// A transaction whose writes are checked: what ``Keyspace/transact(durability:_:)`` hands to its body.
///
/// A put or delete under a schema's prefix is checked on the spot; whether the records it touched are still whole
/// is checked when the body has returned.
public struct KeyspaceTransaction<Base: StoreReader & ~Copyable>: ~Copyable {
    let catalogue: Catalogue
    /// What stands for keys beside their plain entries; `nil` where nothing does.
    private let overlay: (any KeyOverlay)?
    /// Notes what is changed, where somebody is to hear of it.
    package let log: (any ChangeLog)?
    /// The records that plain puts and deletes touched, by their prefixes.
    private var touched: [[UInt8]: Touch] = [:]

    /// The records that were written and that a migration is done with, by their prefixes.
    private var mirrored: [[UInt8]: MirroredRecord] = [:]

    /// Whether plain puts and deletes touched records whose index entries are not staged yet.
    private var hasStaleIndexes = false

    /// The last, as its size is not known here: where the others are is known then without asking.
    var base: Transaction<Base>

    @inline(__always)
    init(
        over base: consuming Transaction<Base>, _ catalogue: Catalogue, _ overlay: (any KeyOverlay)? = nil,
        _ log: (any ChangeLog)? = nil
    ) {
        self.catalogue = catalogue
        self.overlay = overlay
        self.log = log
        self.base = base
    }

    /// Runs `body` over a store's transaction, which an engine lends and takes back.
    static func run<Result>(
        over base: inout Transaction<Base>, _ catalogue: Catalogue, _ overlay: (any KeyOverlay)?,
        _ log: (any ChangeLog)?, _ body: (inout KeyspaceTransaction<Base>) throws -> Result
    ) throws -> Result {
        var transaction = KeyspaceTransaction(over: base, catalogue, overlay, log)
        do {
            let result = try body(&transaction)
            try transaction.finish()
            base = transaction.base
            return result
        } catch {
            base = transaction.base
            throw error
        }
    }

    /// The value stored for `key`, what this transaction has staged included.
    ///
    /// - Throws: `StoreError`; one with code `wrongType` says that the key holds a structure.
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Value? {
        try key.withBytes { key throws(StoreError) in
            if let value = try getPlain(key) { return value }
            guard let overlay else { return nil }
            return try overlay.value(of: key, base.get(overlay.storedKey(of: key).span))
        }
    }

    /// The value of a key's plain entry, what this transaction has staged included.
    func getPlain(_ key: Span<UInt8>) throws(StoreError) -> Value? {
        guard catalogue.hidesKeys else { return try base.get(key) }
        guard let stored = catalogue.storedKey(key) else { return nil }
        return try base.get(stored.span)
    }

    /// A cursor over what was there and what this transaction has staged, lvkv's own keys left out.
    @_lifetime(borrow self)
    public func cursor(
        in range: KeyRange = .all, options: ScanOptions = .forward
    ) -> KeyspaceCursor<TransactionCursor<Base.Cursor>> {
        let range = range.intersection(KeyRange(to: [OwnKeys.first]))
        guard let overlay else { return KeyspaceCursor(base.cursor(in: range, options: options)) }
        return KeyspaceCursor(in: range, of: base, overlay, options)
    }

    /// Stages `value` for `key`.
    ///
    /// - Throws: ``RecordError`` for a key that begins with FF, and for a key or a value that the schema whose
    ///   prefix the key is under refuses; nothing was staged then.
    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws {
        if let overlay { try discard(key, overlay) }
        try putPlain(key, value)
    }

    /// Stages the plain entry of a key that has nothing beside it.
    mutating func putPlain(_ key: Span<UInt8>, _ value: Span<UInt8>) throws {
        guard let owner = try owner(of: key) else { return base.put(key, value) }
        let (schema, prefix) = owner
        let suffix = key.extracting(droppingFirst: prefix.count - schema.place.count)
        let slot = schema.slot(of: suffix)
        try schema.checkParts(prefix)
        try schema.checkValue(value, slot: slot, suffix: suffix, key: key)
        try touch(schema, prefix)
        if schema.place.isEmpty { return base.put(key, value) }
        base.put((prefix + suffix.array).span, value)
    }

    /// Stages the removal of `key`, which need not be there.
    ///
    /// - Throws: ``RecordError`` for a key that begins with FF, or that does not have the shape of the keys of the
    ///   schema whose prefix it is under.
    public mutating func delete(_ key: Span<UInt8>) throws {
        if let overlay { try discard(key, overlay) }
        try deletePlain(key)
    }

    /// Stages the removal of what stands for a key beside its plain entry.
    private mutating func discard(_ key: Span<UInt8>, _ overlay: any KeyOverlay) throws {
        guard let stored = try base.get(overlay.storedKey(of: key).span) else { return }
        try UncheckedTransaction.run(over: &base) { base in try overlay.discard(key, stored.span, in: base) }
    }

    /// Stages the removal of the plain entry of a key that has nothing beside it.
    mutating func deletePlain(_ key: Span<UInt8>) throws {
        guard let owner = try owner(of: key) else { return base.delete(key) }
        let (schema, prefix) = owner
        try touch(schema, prefix)
        let suffix = key.extracting(droppingFirst: prefix.count - schema.place.count)
        if schema.slot(of: suffix) == CompiledSchema.markerSlot { touched[prefix]?.deletedMarker = true }
        if schema.place.isEmpty { return base.delete(key) }
        base.delete((prefix + suffix.array).span)
    }

    /// Stages `value` for `key`.
    public mutating func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable
    ) throws {
        try key.withBytes { key in try value.withBytes { value in try put(key, value) } }
    }

    /// Stages the removal of `key`, which need not be there.
    public mutating func delete(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws {
        try key.withBytes { key in try delete(key) }
    }

    /// Stages all operations of a batch, in order.
    public mutating func apply(_ batch: borrowing WriteBatch) throws {
        try batch.forEach { key, value in
            if let value { try put(key, value) } else { try delete(key) }
        }
    }

    private func owner(of key: Span<UInt8>) throws(RecordError) -> (CompiledSchema, [UInt8])? {
        if OwnKeys.holds(key) { throw RecordError.reserved(key) }
        switch catalogue.owner(of: key) {
        case .nobody: return nil
        case .schema(let schema, let count):
            return (schema, schema.place + key.extracting(first: count).array)
        case .misfit(let schema): throw schema.misfit(key)
        case .reserved(let schema):
            throw RecordError(
                .migrating, schema: schema.name, key: RecordError.printable(key),
                message:
                    "keys under this prefix are kept for version \(schema.definition.version) of the schema, until "
                    + "the rewrite of its records is committed or rolled back")
        }
    }

    /// Takes down what a record was that is about to be written, if a migration is done with it.
    private mutating func mirror(_ schema: CompiledSchema, _ prefix: [UInt8]) throws {
        guard let mirror = schema.mirror, mirrored[prefix] == nil else { return }
        mirrored[prefix] = try base.mirrored(mirror, schema, prefix)
    }

    private mutating func touch(_ schema: CompiledSchema, _ prefix: [UInt8]) throws {
        try mirror(schema, prefix)
        if !schema.indexes.isEmpty { hasStaleIndexes = true }
        guard touched[prefix] == nil else { return }
        if !schema.indexes.isEmpty {
            var record = RecordBuffer(schema)
            let existed = try base.assemble(schema, prefix, into: &record)
            touched[prefix] = Touch(schema: schema, existed: existed, indexed: existed ? record : nil)
            return
        }
        touched[prefix] = Touch(schema: schema, existed: try base.holdsRecord(schema, prefix))
    }

    /// Notes that the record with a prefix was written or removed as a record, and so is as it should be.
    mutating func settle(_ prefix: [UInt8]) {
        if !touched.isEmpty { touched[prefix] = nil }
    }

    /// Checks that each record that was touched is whole, and keeps its marker key as it must be.
    mutating func finish() throws {
        try stageIndexes(isLast: true)
        for (prefix, touch) in touched { try finish(prefix, touch) }
        touched = [:]
        if !mirrored.isEmpty { try base.stageMirrors(mirrored) }
    }

    /// Stages the index entries of all records that plain puts and deletes touched, together: one record may take a
    /// unique value that another one gives up.
    private mutating func stageIndexes(isLast: Bool = false) throws {
        guard hasStaleIndexes else { return }
        var change = IndexChange()
        var states: [(prefix: [UInt8], record: RecordBuffer?)] = []
        for (prefix, touch) in touched where !touch.schema.indexes.isEmpty {
            var record = RecordBuffer(touch.schema)
            var state: RecordBuffer?
            if try base.assemble(touch.schema, prefix, into: &record) {
                state = record
            } else if isLast, touch.existed, !touch.deletedMarker {
                // It stays, and gets its marker.
                try record.beginAgain(prefix)
                state = record
            }
            try change.add(from: touch.indexed, to: state)
            states.append((prefix, state))
        }
        try base.apply(change)
        for (prefix, record) in states { touched[prefix]?.indexed = record }
        hasStaleIndexes = false
    }

    private mutating func finish(_ prefix: [UInt8], _ touch: Touch) throws {
        let schema = touch.schema
        var record = RecordBuffer(schema)
        if try !base.assemble(schema, prefix, into: &record) {
            // Only who removes the marker, too, means the record itself.
            guard touch.existed, !touch.deletedMarker else { return }
            try record.beginAgain(prefix)
        }
        if let missing = record.missingField {
            throw RecordError(
                .missingField, schema: schema.name, key: RecordError.printable(prefix.span), field: missing,
                message: touch.existed
                    ? "the record needs this field; to remove the record, delete it as a record"
                    : "a record needs this field from the start; put all required fields in one batch")
        }
        base.settleMarker(of: record)
    }
}

/// A record that plain puts and deletes touched.
private struct Touch {
    let schema: CompiledSchema
    /// Whether the record was there before.
    var existed = false
    var deletedMarker = false
    /// Of a schema with indexes: the record whose entries are in them.
    var indexed: RecordBuffer?
}

// Records as wholes: what is staged of them is whole, whatever was touched before.
extension KeyspaceTransaction where Base: ~Copyable {
    @inline(__always)
    mutating func write(_ record: borrowing RecordBuffer, _ mode: WriteMode) throws {
        try mirror(record.schema, record.prefix)
        try stageIndexes()
        try base.write(record, mode)
        settle(record.prefix)
    }

    mutating func update(
        _ schema: CompiledSchema, _ prefix: [UInt8], _ change: (inout RecordBuffer) throws(RecordError) -> Void
    ) throws -> RecordBuffer {
        try mirror(schema, prefix)
        try stageIndexes()
        let record = try base.update(schema, prefix, change)
        settle(prefix)
        return record
    }

    mutating func remove(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> Bool {
        try mirror(schema, prefix)
        try stageIndexes()
        settle(prefix)
        return try base.remove(schema, prefix)
    }

    mutating func move(
        _ schema: CompiledSchema, _ prefix: [UInt8], to target: RecordBuffer, overwriting: Bool
    ) throws {
        try mirror(schema, prefix)
        try mirror(schema, target.prefix)
        try stageIndexes()
        try base.move(schema, prefix, to: target, overwriting: overwriting)
        // What plain writes did to the source is checked where it now is.
        if let missing = try missingField(schema, target.prefix) {
            throw RecordError(
                .missingField, schema: schema.name, key: RecordError.printable(target.prefix.span), field: missing,
                message: "the record needs this field")
        }
        settle(prefix)
        settle(target.prefix)
    }

    private func missingField(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> String? {
        var record = RecordBuffer(schema)
        guard try base.assemble(schema, prefix, into: &record) else { return nil }
        return record.missingField
    }
}

extension RecordBuffer {
    /// Starts the record with a prefix that is known to be the schema's.
    fileprivate mutating func beginAgain(_ prefix: [UInt8]) throws(RecordError) {
        guard begin(prefix.span) else { throw schema.misfit(prefix.span) }
    }
}

extension RecordError {
    /// A user's key may not begin with FF.
    static func reserved(_ key: Span<UInt8>) -> RecordError {
        RecordError(
            .reservedKey, key: printable(key), message: "keys that begin with the byte FF are lvkv's own; use another")
    }
}

extension CompiledSchema {
    /// A key under the prefix that is none of the schema's.
    func misfit(_ key: Span<UInt8>) -> RecordError {
        RecordError(
            .malformedKey, schema: name, key: RecordError.printable(key),
            message: "keys under this prefix have the shape \(layout.template)")
    }

    /// Checks the parts of a record's prefix against their types and definitions.
    func checkParts(_ prefix: [UInt8]) throws(RecordError) {
        do {
            let parts = try layout.decode(prefix.span).parts
            for (field, part) in zip(definition.keyFields, parts) { _ = try field.validate(.scalar(part)) }
        } catch let error as KeyError {
            throw RecordError(error, schema: name, key: prefix)
        } catch let error as RecordError {
            throw error.about(schema: name, key: prefix)
        } catch {
            throw RecordError(.malformedKey, schema: name, message: "\(error)")
        }
    }

    /// Checks the stored form of a field's value.
    func checkValue(
        _ value: Span<UInt8>, slot: Int, suffix: Span<UInt8>, key: Span<UInt8>
    ) throws(RecordError) {
        do {
            if isPacked, slot == CompiledSchema.markerSlot {
                var record = RecordBuffer(self)
                guard record.begin(key) else { throw misfit(key) }
                record.unpack(value)
                try record.check()
            } else if slot == CompiledSchema.markerSlot {
                if definition.isOpen {
                    _ = try MemberOrder(stored: value)
                } else if !value.isEmpty {
                    throw RecordError(.invalidValue, message: "the key without a field's name takes no value")
                }
            } else if slot >= 0 {
                let field = stored[slot]
                _ = try field.validate(try FieldCodec.decode(value, as: field.type))
            } else {
                let name = try unknownName(suffix)
                if let member = definition.openMember(name) {
                    _ = try member.validate(try FieldCodec.decode(value, as: member.type))
                }
            }
        } catch let error as KeyError {
            throw RecordError(error, schema: name, key: key.array)
        } catch let error as RecordError {
            var error = error
            if error.code == .malformedValue { error.code = .invalidValue }
            throw error.about(schema: name, key: key.array, field: slot >= 0 ? stored[slot].name : nil)
        } catch {
            throw RecordError(.invalidValue, schema: name, message: "\(error)")
        }
    }
}
