internal import KeySchemas
internal import OrderedStore

/// How single records are read and staged. What is to happen to a record is decided elsewhere; the two layouts differ
/// here, and in how a scan assembles records.
extension Transaction where Base: ~Copyable {
    /// Reads the record with a prefix, as it is stored; one whose bytes make no sense has no fields, and says so in its fault.
    ///
    /// - Returns: whether there is one.
    func assemble(_ schema: CompiledSchema, _ prefix: [UInt8], into buffer: inout RecordBuffer) throws -> Bool {
        if schema.isPacked {
            guard let value = try get(prefix.span), buffer.begin(prefix.span) else { return false }
            buffer.unpack(value.span)
            return true
        }
        var cursor = self.cursor(in: schema.range(ofPrefix: prefix), options: .forward)
        var assembler = RecordAssembler(schema, .stored)
        let isThere = try assembler.next(from: &cursor)
        if isThere { buffer = assembler.buffer }
        return isThere
    }

    /// The record with a prefix, as it is stored.
    ///
    /// - Throws: ``RecordError`` with code `notFound`, or one that says why its bytes make no sense.
    func record(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> RecordBuffer {
        var record = RecordBuffer(schema)
        guard try assemble(schema, prefix, into: &record) else { throw schema.notFound(prefix) }
        try record.requireIntact()
        return record
    }

    /// Whether there is a record with a prefix.
    mutating func holdsRecord(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> Bool {
        if schema.isPacked { return try get(prefix.span) != nil }
        // Each record that is written has its required fields, and a get is one look at a Bloom filter where a seek
        // reads a block of each level. What this transaction has done to the record may not be whole yet.
        if let suffix = schema.requiredSuffix, isUntouched(under: prefix.span) {
            return try withJoined(prefix.span, suffix.span) { try getStored($0) != nil }
        }
        return try !isEmpty(schema.range(ofPrefix: prefix))
    }

    /// Stages all that a new record has.
    mutating func stage(_ record: borrowing RecordBuffer) {
        let schema = record.schema
        if schema.isPacked { return put(record.prefix.span, record.packed().span) }
        let suffixes = schema.suffixes
        var isBare = true
        if record.marker.count > 0 {
            put(record.prefix.span, suffixes.bytes(at: SuffixTable.marker), record.bytes(record.marker))
        }
        // In the order of the keys, where each is staged next to the one before.
        for position in suffixes.fields {
            let place = record.slots[suffixes.slot(at: position)]
            guard !place.isAbsent else { continue }
            put(record.prefix.span, suffixes.bytes(at: position), record.bytes(place))
            isBare = false
        }
        for field in record.unknown {
            put(record.prefix.span, record.bytes(field.suffix), record.bytes(field.value))
            isBare = false
        }
        if isBare && record.marker.count <= 0 { stageMarker(of: record) }
    }

    /// Stages the difference between two states of one record. What only `old` has goes; but with `keepingOthers` what
    /// the schema does not name stays.
    mutating func replace(_ old: borrowing RecordBuffer, by record: borrowing RecordBuffer, keepingOthers: Bool) {
        if record.schema.isPacked {
            var whole = copy record
            if keepingOthers { whole.keepUnknown(of: old) }
            let value = whole.packed()
            if old.fault != nil || value != old.packed() { put(record.prefix.span, value.span) }
        } else {
            replaceFields(old, by: record, keepingOthers: keepingOthers)
        }
    }

    private mutating func replaceFields(
        _ old: borrowing RecordBuffer, by record: borrowing RecordBuffer, keepingOthers: Bool
    ) {
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
            deleteMarker(of: record)
        }
    }

    /// Stages the removal of a record's keys; its index entries stay.
    ///
    /// - Returns: whether there were some.
    mutating func removeKeys(_ schema: CompiledSchema, _ prefix: [UInt8]) throws -> Bool {
        if schema.isPacked {
            guard try get(prefix.span) != nil else { return false }
            delete(prefix.span)
            return true
        }
        var keys: [[UInt8]] = []
        do {
            var cursor = self.cursor(in: schema.range(ofPrefix: prefix), options: ScanOptions(keysOnly: true))
            while let entry = try cursor.next() { keys.append(entry.key.array) }
        }
        for key in keys { delete(key.span) }
        return !keys.isEmpty
    }

    /// Stages the marker of a record whose fields were written one by one, or its removal, as it must be.
    mutating func settleMarker(of record: borrowing RecordBuffer) {
        if record.schema.isPacked { return }
        if record.isBare && !record.hasMarker { stageMarker(of: record) }
        if !record.isBare && record.hasMarker && record.marker.count == 0 { deleteMarker(of: record) }
    }

    private mutating func stageMarker(of record: borrowing RecordBuffer) {
        var key = record.prefix
        record.schema.appendSuffix(ofSlot: CompiledSchema.markerSlot, to: &key)
        put(key.span, [UInt8]().span)
    }

    private mutating func deleteMarker(of record: borrowing RecordBuffer) {
        var key = record.prefix
        record.schema.appendSuffix(ofSlot: CompiledSchema.markerSlot, to: &key)
        delete(key.span)
    }
}

extension CompiledSchema {
    /// The keys of the record with a prefix.
    func range(ofPrefix prefix: [UInt8]) -> KeyRange {
        isPacked ? .only(prefix) : CompiledSchema.range(under: prefix, layout.encoding)
    }

    /// The keys under a prefix that is not a whole key.
    static func range(under prefix: [UInt8], _ encoding: KeyEncoding) -> KeyRange {
        switch encoding {
        // The prefix ends with the separator; nothing else under it has another byte there.
        case .text: KeyRange(from: prefix, to: KeyRange.successor(ofPrefix: prefix))
        case .tuple: KeyRange(from: prefix, to: prefix + [0xFF])
        }
    }

    /// Whether a field may be kept under a name that the schema does not know.
    func mayKeepUnknown(_ name: String) -> Bool {
        guard isPacked else { return !name.isEmpty }
        let bytes = name.utf8.span
        guard let id = PackedFormat.id(inName: bytes) else { return PackedFormat.isName(bytes) }
        // By its id a field is written only when it has no name.
        return !stored.contains { $0.id == id }
    }
}
