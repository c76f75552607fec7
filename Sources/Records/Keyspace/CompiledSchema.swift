internal import KeySchemas
public import OrderedStore

/// A schema made ready for work: what a scan and a write need at each key, in flat memory.
@usableFromInline
package final class CompiledSchema: Sendable {
    package let definition: SchemaDefinition
    /// The keys as they are stored: those of the definition, or while a migration keeps them elsewhere, under ``place``.
    let layout: KeyLayout
    /// What all stored keys have before them: nothing, unless a migration keeps them elsewhere.
    let place: [UInt8]
    /// Where what is written goes, too, while a migration goes over the records.
    let mirror: RecordMirror?
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
    /// The suffix of a field that each record has; `nil` where there is none, and where a migration may not be done
    /// with the records.
    let requiredSuffix: [UInt8]?
    /// The memory in which the last writer made the index entries of a record, for the next one.
    let spareEntries = Spare<IndexEntries>()
    let packedFields: PackedFields
    /// The indexes that writers keep up to date.
    let indexes: [CompiledIndex]
    let table: FieldTable

    static let markerSlot = -1
    /// Of a suffix that the schema does not know.
    static let unknownSlot = -2

    /// The schema as if it had no indexes.
    package convenience init(_ definition: SchemaDefinition) {
        self.init(definition, compiled: [], place: [], mirror: nil)
    }

    /// The schema as if it had no indexes, in another place.
    convenience init(_ definition: SchemaDefinition, place: [UInt8]) {
        self.init(definition, compiled: [], place: place, mirror: nil)
    }

    /// The schema with its indexes, whose states are given by their ids.
    convenience init(
        _ definition: SchemaDefinition, indexes states: [Int: IndexState], place: [UInt8] = [],
        mirror: RecordMirror? = nil
    ) throws(RecordError) {
        var indexes: [CompiledIndex] = []
        for index in definition.indexes {
            guard let state = states[index.id] else {
                throw RecordError(
                    .malformedSchema, schema: definition.name, index: index.name,
                    message: "the catalogue does not say what became of the index")
            }
            indexes.append(try CompiledIndex(index, state, of: definition, place: place))
        }
        self.init(definition, compiled: indexes, place: place, mirror: mirror)
    }

    private init(
        _ definition: SchemaDefinition, compiled indexes: [CompiledIndex], place: [UInt8], mirror: RecordMirror?
    ) {
        self.indexes = indexes
        self.definition = definition
        self.place = place
        self.mirror = mirror
        layout = place.isEmpty ? definition.layout : definition.layout.under(place)
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
        if mirror == nil, place.isEmpty, !isPacked, let slot = requiredSlots.first {
            var suffix: [UInt8] = []
            layout.appendField(stored[slot].name, to: &suffix)
            requiredSuffix = suffix
        } else {
            requiredSuffix = nil
        }
        packedFields = PackedFields(stored)
        table = FieldTable(definition)
    }

    var name: String { definition.name }

    /// What stands for a field in records that do not have it, as it is stored.
    func defaultForm(_ slot: Int) -> [UInt8]? { defaults.first { $0.slot == slot }?.stored }

    /// Finds the slot of a single suffix.
    func slot(of suffix: Span<UInt8>) -> Int {
        var pointer = suffixes.start(reverse: false)
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
    private struct Entry: Sendable {
        /// Where among all suffixes it is.
        let range: Range<Int>
        let slot: Int
    }

    /// One after another.
    private let bytes: [UInt8]
    private let entries: [Entry]

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
        var entries: [Entry] = []
        for (suffix, slot) in sorted {
            entries.append(Entry(range: bytes.count..<bytes.count + suffix.count, slot: slot))
            bytes += suffix
        }
        self.bytes = bytes
        self.entries = entries
    }

    private init(marker: Entry) {
        bytes = []
        entries = [marker]
    }

    /// Where fields have no keys, a record's only key is its marker's.
    static let none = SuffixTable(marker: Entry(range: 0..<0, slot: CompiledSchema.markerSlot))

    /// The positions of all suffixes but the marker's, in the order of their keys.
    var fields: Range<Int> { 1..<entries.count }

    /// The slot whose suffix is at a position.
    func slot(at position: Int) -> Int { entries[position].slot }

    /// The position of the marker's suffix, which is the least.
    static var marker: Int { 0 }

    /// The suffix at a position.
    @_lifetime(borrow self)
    borrowing func bytes(at position: Int) -> Span<UInt8> { bytes.span.extracting(entries[position].range) }

    /// Finds the slot of a field suffix, moving `pointer` along the suffixes as a scan does along the keys.
    ///
    /// - Complexity: O(1) amortised over the keys of one record.
    @inline(__always)
    func slot(of suffix: Span<UInt8>, from pointer: inout Int, reverse: Bool) -> Int {
        let entries = entries.span
        if entries.indices.contains(pointer), bytes.span.extracting(entries[pointer].range).equals(suffix) {
            let slot = entries[pointer].slot
            pointer += reverse ? -1 : 1
            return slot
        }
        return search(suffix, from: &pointer, reverse: reverse)
    }

    /// What ``slot(of:from:reverse:)`` begins with: the marker, which few records have, is found from anywhere.
    func start(reverse: Bool) -> Int { reverse ? entries.count - 1 : 1 }

    @inline(never)
    private func search(_ suffix: Span<UInt8>, from pointer: inout Int, reverse: Bool) -> Int {
        if bytes.span.extracting(entries[0].range).equals(suffix) { return CompiledSchema.markerSlot }
        while entries.indices.contains(pointer) {
            let entry = entries[pointer]
            let order = bytes.span.extracting(entry.range).compare(to: suffix)
            // The suffix lies between two known ones.
            if order != 0, (order > 0) != reverse { break }
            pointer += reverse ? -1 : 1
            if order == 0 { return entry.slot }
        }
        return CompiledSchema.unknownSlot
    }
}
