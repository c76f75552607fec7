internal import KeySchemas
internal import OrderedStore

/// One record as bytes: its prefix, and the stored form of each field that it has. Scans fill one over and over,
/// so its memory is that of the largest record; writes are encoded into one before they are staged.
@usableFromInline
struct RecordBuffer: Sendable {
    /// Where a value's bytes are among ``values``.
    struct Slot: Sendable {
        var start: Int
        /// -1 for a field that the record does not have.
        var count: Int

        static let absent = Slot(start: 0, count: -1)
        var isAbsent: Bool { count < 0 }
    }

    /// A field that the schema does not know: its suffix and its value, both among ``values``.
    struct Unknown: Sendable {
        let suffix: Slot
        let value: Slot
    }

    let schema: CompiledSchema
    /// The schema's own, here so that reading it retains nothing.
    let layout: KeyLayout
    /// The schema's fields by name.
    let table: FieldTable
    /// The record's prefix: what all its keys begin with.
    var prefix: [UInt8] = []
    /// Which bytes of ``prefix`` each part of the key is.
    var parts: [Range<Int>] = []
    var values: [UInt8] = []
    var slots: [Slot]
    var unknown: [Unknown] = []
    /// Whether the record has its marker key.
    var hasMarker = false

    init(_ schema: CompiledSchema) {
        self.schema = schema
        layout = schema.layout
        table = schema.table
        slots = Array(repeating: .absent, count: schema.stored.count)
    }

    /// Forgets all fields.
    @inline(__always)
    mutating func clearFields() {
        values.removeAll(keepingCapacity: true)
        // Through a span the array is asked once whether it is shared.
        var all = slots.mutableSpan
        for index in all.indices { all[index] = .absent }
        if !unknown.isEmpty { unknown.removeAll(keepingCapacity: true) }
        hasMarker = false
    }

    /// Starts the record that `key` belongs to.
    ///
    /// - Returns: `false` when the key does not have the shape of the schema's keys.
    @inline(__always)
    mutating func begin(_ key: Span<UInt8>) -> Bool {
        clearFields()
        parts.removeAll(keepingCapacity: true)
        guard let count = layout.appendPartRanges(of: key, to: &parts) else { return false }
        prefix.removeAll(keepingCapacity: true)
        prefix.append(copying: key.extracting(first: count))
        return true
    }

    /// Starts the record with these parts.
    ///
    /// - Throws: ``KeyError`` that names the part.
    mutating func begin(parts values: [KeyValue]) throws(KeyError) {
        clearFields()
        parts.removeAll(keepingCapacity: true)
        prefix.removeAll(keepingCapacity: true)
        try schema.layout.appendPrefix(values, to: &prefix)
        let key = prefix
        _ = schema.layout.appendPartRanges(of: key.span, to: &parts)
    }

    /// Takes the value of a slot, or of an unknown suffix.
    @inline(__always)
    mutating func add(_ suffix: Span<UInt8>, slot: Int, value: Span<UInt8>) {
        if slot >= 0 {
            slots[slot] = append(value)
        } else if slot == CompiledSchema.markerSlot {
            hasMarker = true
        } else {
            let suffix = append(suffix)
            unknown.append(Unknown(suffix: suffix, value: append(value)))
        }
    }

    @inline(__always)
    private mutating func append(_ bytes: Span<UInt8>) -> Slot {
        let start = values.count
        values.append(copying: bytes)
        return Slot(start: start, count: bytes.count)
    }

    /// Gives a field what `body` appends.
    mutating func encode<Failure: Error>(
        slot: Int, _ body: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let start = values.count
        try body(&values)
        slots[slot] = Slot(start: start, count: values.count - start)
    }

    /// Gives a field a value.
    mutating func set(_ slot: Int, _ value: FieldValue) {
        encode(slot: slot) { FieldCodec.append(value, to: &$0) }
    }

    /// Gives an unknown field a value.
    mutating func setUnknown(_ name: String, _ value: FieldValue) {
        let start = values.count
        schema.layout.appendField(name, to: &values)
        let suffix = Slot(start: start, count: values.count - start)
        let valueStart = values.count
        FieldCodec.append(value, to: &values)
        unknown.append(Unknown(suffix: suffix, value: Slot(start: valueStart, count: values.count - valueStart)))
    }

    /// A field's or a suffix's bytes.
    @_lifetime(borrow self)
    @inline(__always)
    borrowing func bytes(_ slot: Slot) -> Span<UInt8> {
        values.span.extracting(slot.start..<slot.start + slot.count)
    }

    /// The value of the part at `index`.
    func part(_ index: Int) throws(RecordError) -> KeyValue {
        do {
            return try schema.layout.decodePart(prefix.span.extracting(parts[index]), at: index)
        } catch {
            throw RecordError(error, schema: schema.name, key: prefix)
        }
    }

    /// The value of a slot; `nil` when it is absent.
    func value(_ slot: Int) throws(RecordError) -> FieldValue? {
        let place = slots[slot]
        if place.isAbsent { return nil }
        let field = schema.stored[slot]
        do {
            return try FieldCodec.decode(bytes(place), as: field.type)
        } catch {
            throw error.about(schema: schema.name, key: prefix, field: field.name)
        }
    }

    /// Whether nothing is stored but the key.
    var isBare: Bool { unknown.isEmpty && slots.allSatisfy(\.isAbsent) }

    /// The name of the first required field that the record does not have.
    var missingField: String? {
        schema.requiredSlots.first { slots[$0].isAbsent }.map { schema.stored[$0].name }
    }
}
