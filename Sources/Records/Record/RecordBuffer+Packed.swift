internal import OrderedStore

/// The stored fields of a packed schema in the order of their ids.
struct PackedFields: Sendable {
    struct Entry: Sendable {
        let id: Int
        let slot: Int
    }

    let entries: [Entry]

    init(_ stored: [FieldDefinition]) {
        entries = stored.enumerated().map { Entry(id: $0.element.id, slot: $0.offset) }.sorted { $0.id < $1.id }
    }

    /// Finds the slot of an id, moving `pointer` along the entries as a reader does along the ids of a record.
    ///
    /// - Complexity: O(1) amortised over the ids of one record.
    @inline(__always)
    static func slot(of id: Int, among entries: Span<Entry>, from pointer: inout Int) -> Int? {
        while pointer < entries.count {
            let entry = entries[pointer]
            if entry.id > id { return nil }
            pointer += 1
            if entry.id == id { return entry.slot }
        }
        return nil
    }
}

extension RecordBuffer {
    /// Takes the fields of a packed record, which has been begun. Bytes that are none leave it without fields, and
    /// say why in ``fault``.
    mutating func unpack(_ value: Span<UInt8>) {
        do throws(PackedFault) { try readPacked(value) } catch {
            clearFields()
            fault = error
        }
    }

    private mutating func readPacked(_ value: Span<UInt8>) throws(PackedFault) {
        // All bytes at once: a field is a place among them.
        let start = append(value).start
        var reader = try PackedReader(value)
        // Out of here, where an array is asked once whether it is shared.
        var slots: [Slot] = []
        swap(&slots, &self.slots)
        defer { swap(&slots, &self.slots) }
        var places = slots.mutableSpan
        let entries = schema.packedFields.entries
        var pointer = 0
        while let field = try reader.next() {
            let place = Slot(start: start + field.value.lowerBound, count: field.value.count)
            if let slot = PackedFields.slot(of: field.id, among: entries.span, from: &pointer) {
                places[slot] = place
            } else if field.id > 0 {
                let name = append(PackedFormat.name(ofID: field.id).span)
                unknown.append(Unknown(suffix: name, value: place))
            } else {
                let name = Slot(start: start + reader.name.lowerBound, count: reader.name.count)
                unknown.append(Unknown(suffix: name, value: place))
            }
        }
    }

    /// The value of the record, which is packed.
    borrowing func packed() -> [UInt8] {
        var writer = PackedWriter(version: schema.definition.version, capacity: packedCapacity)
        let numbered = appendNamed(to: &writer)
        var next = 0
        for entry in schema.packedFields.entries where !slots[entry.slot].isAbsent {
            while next < numbered.count, numbered[next].id < entry.id {
                writer.append(id: numbered[next].id, bytes(numbered[next].value))
                next += 1
            }
            writer.append(id: entry.id, bytes(slots[entry.slot]))
        }
        for field in numbered[next...] { writer.append(id: field.id, bytes(field.value)) }
        return writer.bytes
    }

    /// Appends the unknown fields that have names.
    ///
    /// - Returns: those that have ids, in their order.
    private borrowing func appendNamed(to writer: inout PackedWriter) -> [(id: Int, value: Slot)] {
        if unknown.isEmpty { return [] }
        var numbered: [(id: Int, value: Slot)] = []
        for field in unknownInOrder {
            if let id = PackedFormat.id(inName: bytes(field.suffix)) {
                numbered.append((id, field.value))
            } else {
                writer.append(name: bytes(field.suffix), bytes(field.value))
            }
        }
        return numbered.sorted { $0.id < $1.id }
    }

    /// About how many bytes the packed value takes.
    private var packedCapacity: Int {
        var count = 4
        for slot in slots where !slot.isAbsent { count += slot.count + 3 }
        return count
    }

    /// Takes over the unknown fields of another state of the record, but those that this one has.
    mutating func keepUnknown(of old: borrowing RecordBuffer) {
        for field in old.unknown where !hasUnknown(old.bytes(field.suffix)) {
            let suffix = append(old.bytes(field.suffix))
            unknown.append(Unknown(suffix: suffix, value: append(old.bytes(field.value))))
        }
    }

    /// Whether it has a field with this suffix that the schema does not know.
    borrowing func hasUnknown(_ suffix: Span<UInt8>) -> Bool {
        for field in unknown where bytes(field.suffix).equals(suffix) { return true }
        return false
    }

    /// Makes sure that the bytes of a packed record were one.
    ///
    /// - Throws: ``RecordError`` with code `malformedValue` or `newerFormat` that names the record.
    @inline(__always)
    @usableFromInline
    borrowing func requireIntact() throws(RecordError) {
        if let fault { throw fault.error(schema: schema.name, prefix: prefix) }
    }
}
