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
        /// Of one that is not absent.
        var range: Range<Int> { start..<start + count }
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
    /// The stored forms, one after another. A scan writes over those of the record before.
    var values: [UInt8] = []
    /// How many bytes of ``values`` are this record's: after them ``add(_:slot:value:)`` goes on.
    private var used = 0
    /// How many bytes the fields take.
    var size: Int { used }
    var slots: [Slot]
    var unknown: [Unknown] = []
    /// The value of the marker key, of a record that has it.
    var marker = Slot.absent
    /// Whether the record has its marker key.
    var hasMarker: Bool { !marker.isAbsent }
    /// Why the bytes of a packed record are none; the record then counts as one without fields.
    var fault: PackedFault?

    init(_ schema: CompiledSchema) {
        self.schema = schema
        layout = schema.layout
        table = schema.table
        slots = Array(repeating: .absent, count: schema.stored.count)
    }

    /// Forgets all fields.
    mutating func clearFields() {
        values.removeAll(keepingCapacity: true)
        forgetFields()
    }

    /// Forgets all fields, and leaves ``values`` to be written over.
    @inline(__always)
    mutating func forgetFields() {
        used = 0
        // Through a span the array is asked once whether it is shared.
        var all = slots.mutableSpan
        for index in all.indices { all[index] = .absent }
        if !unknown.isEmpty { unknown.removeAll(keepingCapacity: true) }
        marker = .absent
        fault = nil
    }

    /// Starts the record that `key` belongs to.
    ///
    /// - Returns: `false` when the key does not have the shape of the schema's keys.
    @inline(__always)
    mutating func begin(_ key: Span<UInt8>) -> Bool {
        forgetFields()
        guard let count = layout.findParts(of: key, into: &parts) else { return false }
        overwrite(&prefix, with: key.extracting(first: count))
        return true
    }

    /// Makes the bytes from `start` on, which were taken in last, the prefix.
    @inline(__always)
    mutating func takePrefix(from start: Int) {
        var prefix: [UInt8] = []
        swap(&prefix, &self.prefix)
        overwrite(&prefix, with: values.span.extracting(start..<used))
        swap(&prefix, &self.prefix)
        used = start
    }

    /// Starts the record with these parts.
    ///
    /// - Throws: ``KeyError`` that names the part.
    mutating func begin(parts values: [KeyValue]) throws(KeyError) {
        clearFields()
        try setPrefix(values)
    }

    /// Gives the record these parts, and leaves its fields.
    ///
    /// - Throws: ``KeyError`` that names the part.
    mutating func setPrefix(_ values: [KeyValue]) throws(KeyError) {
        prefix.removeAll(keepingCapacity: true)
        try schema.layout.appendPrefix(values, to: &prefix)
        let key = prefix
        _ = schema.layout.findParts(of: key.span, into: &parts)
    }

    /// Takes the stored form of a field.
    @inline(__always)
    mutating func add(slot: Int, _ value: Span<UInt8>) { slots[slot] = append(value) }

    /// Takes the stored form of an integer.
    @inline(__always)
    mutating func add(slot: Int, _ number: Int64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = digits.count
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 {
            start -= 1
            digits[start] = UInt8(ascii: "-")
        }
        let bytes = digits.span
        slots[slot] = append(bytes.extracting(start..<bytes.count))
    }

    /// Takes the value of a slot, or of an unknown suffix.
    @inline(__always)
    mutating func add(_ suffix: Span<UInt8>, slot: Int, value: Span<UInt8>) {
        if slot >= 0 {
            slots[slot] = append(value)
        } else if slot == CompiledSchema.markerSlot {
            marker = append(value)
        } else {
            let suffix = append(suffix)
            unknown.append(Unknown(suffix: suffix, value: append(value)))
        }
    }

    /// Takes bytes in.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) -> Slot {
        let slot = Slot(start: used, count: bytes.count)
        if bytes.count > values.count - used { growValues(bytes.count) }
        unsafe values.withUnsafeMutableBytes { values in
            unsafe bytes.withUnsafeBytes { bytes in
                guard let target = values.baseAddress, let source = bytes.baseAddress else { return }
                unsafe copyBytes(source, to: target + slot.start, bytes.count)
            }
        }
        used += bytes.count
        return slot
    }

    /// Makes room for `count` bytes more, by doubling.
    @inline(never)
    private mutating func growValues(_ count: Int) {
        values.append(contentsOf: repeatElement(0, count: max(count, values.count, 512)))
    }

    /// Drops what earlier records have left behind this one's values.
    private mutating func trim() { values.removeLast(values.count - used) }

    /// Gives a field what `body` appends.
    mutating func encode<Failure: Error>(
        slot: Int, _ body: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let start = used
        trim()
        try body(&values)
        used = values.count
        slots[slot] = Slot(start: start, count: used - start)
    }

    /// Gives the marker key what `body` appends.
    mutating func setMarker(_ body: (inout [UInt8]) -> Void) {
        let start = values.count
        body(&values)
        used = values.count
        marker = Slot(start: start, count: used - start)
    }

    /// Gives a field a value.
    mutating func set(_ slot: Int, _ value: FieldValue) {
        encode(slot: slot) { FieldCodec.append(value, to: &$0) }
    }

    /// Gives fields that the record does not have their defaults: what readers see. What is written is not filled in,
    /// so that a default is stored only where it was given.
    mutating func fillDefaults() {
        for (slot, stored) in schema.defaults where slots[slot].isAbsent { slots[slot] = append(stored.span) }
    }

    /// Gives an unknown field a value.
    mutating func setUnknown(_ name: String, _ value: FieldValue) {
        let start = used
        trim()
        schema.appendSuffix(ofUnknown: name, to: &values)
        let suffix = Slot(start: start, count: values.count - start)
        let valueStart = values.count
        FieldCodec.append(value, to: &values)
        used = values.count
        unknown.append(Unknown(suffix: suffix, value: Slot(start: valueStart, count: used - valueStart)))
    }

    /// A field's or a suffix's bytes.
    @_lifetime(borrow self)
    @inline(__always)
    borrowing func bytes(_ slot: Slot) -> Span<UInt8> {
        values.span.extracting(slot.range)
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

/// Puts bytes in place of others, which mostly are as many.
@inline(__always)
private func overwrite(_ bytes: inout [UInt8], with source: Span<UInt8>) {
    guard bytes.count == source.count else {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(copying: source)
        return
    }
    unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe source.withUnsafeBytes { source in
            guard let target = bytes.baseAddress, let start = source.baseAddress else { return }
            unsafe copyBytes(start, to: target, source.count)
        }
    }
}

/// Copies bytes; few of them, as most fields have, by words that may overlap, without a call.
@inline(__always)
private func copyBytes(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int) {
    @inline(__always)
    func copy<Word: BitwiseCopyable>(_ word: Word.Type, from offset: Int) {
        unsafe target.storeBytes(
            of: source.loadUnaligned(fromByteOffset: offset, as: word), toByteOffset: offset, as: word)
    }
    switch count {
    case 17...: unsafe target.copyMemory(from: source, byteCount: count)
    case 8...:
        copy(UInt64.self, from: 0)
        copy(UInt64.self, from: count - 8)
    case 4...:
        copy(UInt32.self, from: 0)
        copy(UInt32.self, from: count - 4)
    case 2...:
        copy(UInt16.self, from: 0)
        copy(UInt16.self, from: count - 2)
    case 1: copy(UInt8.self, from: 0)
    default: break
    }
}
