internal import KeySchemas
public import OrderedStore

/// A schema made ready for work: what a scan and a write need at each key, in flat memory.
@usableFromInline
package final class CompiledSchema: Sendable {
    package let definition: SchemaDefinition
    let layout: KeyLayout
    let isText: Bool
    /// Whether a record is one key with one value.
    @usableFromInline let isPacked: Bool
    /// Whether there is one record with one key, under which lies nothing.
    let isOneKey: Bool
    let literalPrefix: [UInt8]
    /// The keys of all records.
    @usableFromInline let range: KeyRange
    /// The fields beside the parts of the key, in schema order; a *slot* is a position among them.
    let stored: [FieldDefinition]
    /// The slots of fields that each record has, and that no default stands for.
    let requiredSlots: [Int]
    /// What stands for the fields with a default in records that do not have them, as it is stored.
    let defaults: [(slot: Int, stored: [UInt8])]
    let suffixes: SuffixTable
    let packedFields: PackedFields
    /// The indexes that writers keep up to date.
    let indexes: [CompiledIndex]
    let table: FieldTable

    static let markerSlot = -1
    /// Of a suffix that the schema does not know.
    static let unknownSlot = -2

    /// The schema as if it had no indexes.
    package convenience init(_ definition: SchemaDefinition) {
        self.init(definition, compiled: [])
    }

    /// The schema with its indexes, whose states are given by their ids.
    convenience init(_ definition: SchemaDefinition, indexes states: [Int: IndexState]) throws(RecordError) {
        var indexes: [CompiledIndex] = []
        for index in definition.indexes {
            guard let state = states[index.id] else {
                throw RecordError(
                    .malformedSchema, schema: definition.name, index: index.name,
                    message: "the catalogue does not say what became of the index")
            }
            indexes.append(try CompiledIndex(index, state, of: definition))
        }
        self.init(definition, compiled: indexes)
    }

    private init(_ definition: SchemaDefinition, compiled indexes: [CompiledIndex]) {
        self.indexes = indexes
        self.definition = definition
        layout = definition.layout
        isText = layout.encoding == .text
        literalPrefix = layout.literalPrefix
        stored = definition.storedFields
        requiredSlots = stored.indices.filter { [stored] in
            stored[$0].isRequired && stored[$0].defaultValue == nil
        }
        defaults = stored.enumerated().compactMap { slot, field in
            // The definition's own check has taken it.
            guard let value = field.defaultValue, let valid = try? field.validate(value) else { return nil }
            var stored: [UInt8] = []
            FieldCodec.append(valid, to: &stored)
            return (slot, stored)
        }
        isPacked = definition.recordLayout == .packed
        isOneKey = isPacked && layout.components.isEmpty
        range = isOneKey ? .only(literalPrefix) : CompiledSchema.range(under: literalPrefix, layout.encoding)
        suffixes = isPacked ? SuffixTable.none : SuffixTable(stored.map(\.name), layout)
        packedFields = PackedFields(stored)
        table = FieldTable(definition)
    }

    var name: String { definition.name }

    /// What stands for a field in records that do not have it, as it is stored.
    func defaultForm(_ slot: Int) -> [UInt8]? { defaults.first { $0.slot == slot }?.stored }

    /// Finds the slot of a single suffix.
    func slot(of suffix: Span<UInt8>) -> Int {
        var pointer = 0
        return suffixes.slot(of: suffix, from: &pointer, reverse: false)
    }

    /// Appends the field suffix of a slot, or of the marker; nothing where fields have no keys.
    func appendSuffix(ofSlot slot: Int, to key: inout [UInt8]) {
        if isPacked { return }
        layout.appendField(slot == CompiledSchema.markerSlot ? "" : stored[slot].name, to: &key)
    }

    /// Appends the suffix of a field that the schema does not know. Where fields have no keys it is the name itself.
    func appendSuffix(ofUnknown name: String, to bytes: inout [UInt8]) {
        if isPacked { bytes.append(contentsOf: name.utf8) } else { layout.appendField(name, to: &bytes) }
    }

    /// The name of a field that the schema does not know, from its suffix.
    func unknownName(_ suffix: Span<UInt8>) throws(KeyError) -> String {
        isPacked ? FieldCodec.text(suffix) ?? RecordError.printable(suffix) : try layout.fieldName(suffix)
    }
}

/// The field suffixes of a schema as they stand in keys, in byte order, the marker's first.
struct SuffixTable: Sendable {
    /// One after another.
    private let bytes: [UInt8]
    /// Where each suffix begins, and last where all end.
    private let starts: [Int]
    /// The slot that each suffix stands for.
    private let slots: [Int]

    init(_ names: [String], _ layout: KeyLayout) {
        func suffix(_ name: String) -> [UInt8] {
            var bytes: [UInt8] = []
            layout.appendField(name, to: &bytes)
            return bytes
        }
        var sorted = [(suffix: suffix(""), slot: CompiledSchema.markerSlot)]
        for (slot, name) in names.enumerated() { sorted.append((suffix(name), slot)) }
        sorted.sort { $0.suffix.span.compare(to: $1.suffix.span) < 0 }
        var bytes: [UInt8] = []
        var starts = [0]
        for entry in sorted {
            bytes += entry.suffix
            starts.append(bytes.count)
        }
        self.bytes = bytes
        self.starts = starts
        slots = sorted.map(\.slot)
    }

    private init(bytes: [UInt8], starts: [Int], slots: [Int]) {
        self.bytes = bytes
        self.starts = starts
        self.slots = slots
    }

    /// Where fields have no keys, a record's only key is its marker's.
    static let none = SuffixTable(bytes: [], starts: [0, 0], slots: [CompiledSchema.markerSlot])

    /// The number of suffixes.
    var count: Int { slots.count }

    /// Calls `body` with each slot and its suffix, in the order of their keys; not with the marker's.
    func forEachSlot(_ body: (_ slot: Int, _ suffix: Span<UInt8>) -> Void) {
        for index in slots.indices.dropFirst() {
            body(slots[index], bytes.span.extracting(starts[index]..<starts[index + 1]))
        }
    }

    /// Finds the slot of a field suffix, moving `pointer` along the suffixes as a scan does along the keys.
    ///
    /// - Complexity: O(1) amortised over the keys of one record.
    @inline(__always)
    func slot(of suffix: Span<UInt8>, from pointer: inout Int, reverse: Bool) -> Int {
        while pointer >= 0, pointer < slots.count {
            let known = bytes.span.extracting(starts[pointer]..<starts[pointer + 1])
            if known.equals(suffix) {
                let slot = slots[pointer]
                pointer += reverse ? -1 : 1
                return slot
            }
            // The suffix lies between two known ones.
            if (known.compare(to: suffix) > 0) != reverse { return CompiledSchema.unknownSlot }
            pointer += reverse ? -1 : 1
        }
        return CompiledSchema.unknownSlot
    }
}
