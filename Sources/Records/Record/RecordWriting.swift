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
    /// Assembles the record with a prefix, as it is stored.
    ///
    /// - Returns: whether there is one.
    func assemble(_ schema: CompiledSchema, _ prefix: [UInt8], into buffer: inout RecordBuffer) throws -> Bool {
        var cursor = self.cursor(in: schema.range(ofPrefix: prefix), options: .forward)
        var assembler = RecordAssembler(schema, isRaw: true)
        let isThere = try assembler.next(from: &cursor)
        if isThere { buffer = assembler.buffer }
        return isThere
    }

    /// Whether there is a key under a record's prefix.
    func holdsRecord(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> Bool {
        var cursor = self.cursor(
            in: schema.range(ofPrefix: prefix), options: ScanOptions(limit: 1, keysOnly: true))
        return try cursor.next() != nil
    }

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
        guard mode != .insert else {
            if try holdsRecord(schema, record.prefix) {
                throw RecordError(
                    .alreadyExists, schema: schema.name, key: RecordError.printable(record.prefix.span),
                    message: "there is such a record already; upsert it to replace it")
            }
            try stageIndexes(ofNew: record)
            return stage(record)
        }
        var old = RecordBuffer(schema)
        if try assemble(schema, record.prefix, into: &old) {
            if !schema.indexes.isEmpty { try stageIndexes(from: old, to: copy record) }
            replace(old, by: record, keepingOthers: mode == .upsert)
        } else {
            try stageIndexes(ofNew: record)
            stage(record)
        }
    }

    /// Stages all that a new record has.
    mutating func stage(_ record: borrowing RecordBuffer) {
        let schema = record.schema
        var key = record.prefix
        let count = key.count
        var isBare = true
        if record.marker.count > 0 {
            schema.appendSuffix(ofSlot: CompiledSchema.markerSlot, to: &key)
            put(key.span, record.bytes(record.marker))
            key.removeLast(key.count - count)
        }
        // In the order of the keys, where each is staged next to the one before.
        schema.suffixes.forEachSlot { slot, suffix in
            guard !record.slots[slot].isAbsent else { return }
            key.append(copying: suffix)
            put(key.span, record.bytes(record.slots[slot]))
            key.removeLast(key.count - count)
            isBare = false
        }
        for field in record.unknown {
            key.append(copying: record.bytes(field.suffix))
            put(key.span, record.bytes(field.value))
            key.removeLast(key.count - count)
            isBare = false
        }
        if isBare && record.marker.count <= 0 { stageMarker(of: record) }
    }

    /// Stages the difference between two states of one record. What only `old` has goes; but with `keepingOthers` what
    /// the schema does not name stays.
    mutating func replace(_ old: borrowing RecordBuffer, by record: borrowing RecordBuffer, keepingOthers: Bool) {
        let schema = record.schema
        var key = record.prefix
        let count = key.count
        var isBare = true
        for slot in record.slots.indices {
            let place = record.slots[slot]
            let was = old.slots[slot]
            if place.isAbsent && was.isAbsent { continue }
            schema.appendSuffix(ofSlot: slot, to: &key)
            if place.isAbsent {
                delete(key.span)
            } else {
                isBare = false
                if was.isAbsent || !record.bytes(place).equals(old.bytes(was)) {
                    put(key.span, record.bytes(place))
                }
            }
            key.removeLast(key.count - count)
        }
        if !record.unknown.isEmpty || !old.unknown.isEmpty {
            let keepsSome = replaceUnknown(old, by: record, keepingOthers: keepingOthers)
            isBare = isBare && !keepsSome
        }
        replaceMarker(old, by: record, isBare: isBare, keepingOthers: keepingOthers)
    }

    /// Stages the difference between the fields that the schema does not know.
    ///
    /// - Returns: whether there are any then.
    /// - Complexity: O(*n* log *n*).
    private mutating func replaceUnknown(
        _ old: borrowing RecordBuffer, by record: borrowing RecordBuffer, keepingOthers: Bool
    ) -> Bool {
        let before = old.unknownInOrder
        let after = record.unknownInOrder
        var key = record.prefix
        let count = key.count
        var isAny = false
        var mine = 0
        var theirs = 0
        while mine < after.count || theirs < before.count {
            let order =
                mine == after.count
                ? 1
                : theirs == before.count
                    ? -1 : record.bytes(after[mine].suffix).compare(to: old.bytes(before[theirs].suffix))
            if order > 0 {
                key.append(copying: old.bytes(before[theirs].suffix))
                if keepingOthers { isAny = true } else { delete(key.span) }
                theirs += 1
            } else {
                key.append(copying: record.bytes(after[mine].suffix))
                let value = record.bytes(after[mine].value)
                let isSame = order == 0 && value.equals(old.bytes(before[theirs].value))
                if !isSame { put(key.span, value) }
                isAny = true
                mine += 1
                if order == 0 { theirs += 1 }
            }
            key.removeLast(key.count - count)
        }
        return isAny
    }

    /// Stages the marker key: it is there for a record of which nothing else is, and where it says something.
    private mutating func replaceMarker(
        _ old: borrowing RecordBuffer, by record: borrowing RecordBuffer, isBare: Bool, keepingOthers: Bool
    ) {
        if keepingOthers, record.marker.isAbsent, old.marker.count > 0 { return }
        var key = record.prefix
        if record.marker.count > 0 {
            if old.hasMarker, record.bytes(record.marker).equals(old.bytes(old.marker)) { return }
            record.schema.appendSuffix(ofSlot: CompiledSchema.markerSlot, to: &key)
            put(key.span, record.bytes(record.marker))
        } else if isBare {
            if old.marker.count != 0 { stageMarker(of: record) }
        } else if old.hasMarker {
            record.schema.appendSuffix(ofSlot: CompiledSchema.markerSlot, to: &key)
            delete(key.span)
        }
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

    /// Stages the removal of a record's keys; its index entries stay.
    private mutating func removeKeys(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> Bool {
        var keys: [[UInt8]] = []
        do {
            var cursor = self.cursor(in: schema.range(ofPrefix: prefix), options: ScanOptions(keysOnly: true))
            while let entry = try cursor.next() { keys.append(entry.key.array) }
        }
        for key in keys { delete(key.span) }
        return !keys.isEmpty
    }

    private mutating func stageMarker(of record: borrowing RecordBuffer) {
        var key = record.prefix
        record.schema.appendSuffix(ofSlot: CompiledSchema.markerSlot, to: &key)
        put(key.span, [UInt8]().span)
    }
}

extension CompiledSchema {
    /// The keys of the record with a prefix.
    func range(ofPrefix prefix: [UInt8]) -> KeyRange { CompiledSchema.range(ofPrefix: prefix, layout.encoding) }

    static func range(ofPrefix prefix: [UInt8], _ encoding: KeyEncoding) -> KeyRange {
        switch encoding {
        // The prefix ends with the separator; nothing else under it has another byte there.
        case .text: KeyRange(from: prefix, to: KeyRange.successor(ofPrefix: prefix))
        case .tuple: KeyRange(from: prefix, to: prefix + [0xFF])
        }
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
        var old = RecordBuffer(schema)
        guard try assemble(schema, prefix, into: &old) else { throw schema.notFound(prefix) }
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
        var record = RecordBuffer(schema)
        guard try assemble(schema, prefix, into: &record) else { throw schema.notFound(prefix) }
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
        schema.layout.appendField(name, to: &suffix)
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
            guard case .raw = value else { throw schema.definition.unknownField(name) }
            unknown = kept
            setUnknown(name, value)
        } else {
            guard kept.count < count else { throw schema.definition.unknownField(name) }
            unknown = kept
        }
    }
}
