internal import KeySchemas
internal import OrderedStore

/// An index made ready for work: where its values are in a record, and what its entries begin with.
///
/// An entry's key is `FF 69` and a tuple: the index's number, the values, and the parts of the record's key; of a
/// unique index the parts of the key are in the entry's value. After them the value holds the included fields, each
/// a byte string of what is stored, or null where there is none.
///
/// The number is the index's own in the whole database, given out by the catalogue and never again. So it takes two
/// bytes where a schema's name and the id in the schema take many, schemas cannot collide, and an index that is
/// built anew or made again under its old name never sees what an earlier one left.
package final class CompiledIndex: Sendable {
    enum Source: Sendable {
        case part(Int)
        case slot(Int)
        case json(slot: Int, steps: [IndexPath.Step])
        /// Inside a member that an open schema does not name; of queries only.
        case member(suffix: [UInt8], steps: [IndexPath.Step])
    }

    /// A class, so that handing one on retains one object and not all that a field's definition is made of.
    final class Part: Sendable {
        let source: Source
        let type: FieldType
        let isDescending: Bool
        let path: IndexPath

        init(_ source: Source, _ path: IndexPath, isDescending: Bool) {
            self.source = source
            self.path = path
            self.isDescending = isDescending
            type = path.field.type
        }

        var isJSON: Bool { type == .json }

        /// Whether it is a part of the record's key.
        var isKeyPart: Bool {
            if case .part = source { return true }
            return false
        }
    }

    package let definition: IndexDefinition
    let state: IndexState
    let schema: SchemaDefinition
    /// The keys of the records as they are stored.
    let layout: KeyLayout
    let parts: [Part]
    /// The slots of the fields that each entry holds a copy of.
    let included: [Int]
    /// The slots that an entry depends on.
    let dependencies: [Int]
    /// What all entries begin with.
    let prefix: [UInt8]
    /// Which part has an entry for each element of an array.
    let multivalued: Int?

    /// - Throws: ``RecordError`` for an index that does not fit the fields, which a definition's own check finds.
    init(
        _ definition: IndexDefinition, _ state: IndexState, of schema: SchemaDefinition, place: [UInt8] = []
    ) throws(RecordError) {
        layout = place.isEmpty ? schema.layout : schema.layout.under(place)
        self.definition = definition
        self.state = state
        self.schema = schema
        parts = try definition.parts.map { part throws(RecordError) in
            schema.part(try IndexPath(part.path, in: schema.fields), isDescending: part.isDescending)
        }
        included = definition.include.compactMap { name in
            schema.storedFields.firstIndex { $0.name.hasSameBytes(as: name) }
        }
        var slots = Set(included)
        for part in parts {
            switch part.source {
            case .part, .member: break
            case .slot(let slot), .json(let slot, _): slots.insert(slot)
            }
        }
        dependencies = slots.sorted()
        multivalued = parts.firstIndex { $0.path.isMultivalued }
        prefix = OwnKeys.indexEntries(state.number)
    }

    var name: String { definition.name }
    var isUnique: Bool { definition.isUnique }

    /// All entries.
    var range: KeyRange { KeyRange(from: prefix, to: prefix + [Tuple.Code.escape]) }

    /// Whether the entries of two states of one record are the same, because all they are made of is.
    func ignores(_ old: borrowing RecordBuffer, _ new: borrowing RecordBuffer) -> Bool {
        for slot in dependencies {
            let before = old.slots[slot]
            let after = new.slots[slot]
            if before.isAbsent != after.isAbsent { return false }
            if !before.isAbsent, !old.bytes(before).equals(new.bytes(after)) { return false }
        }
        return old.prefix.span.equals(new.prefix.span)
    }

    /// Whether the entries hold all of `fields`, so that the records need not be read.
    func covers(_ fields: Set<String>) -> Bool {
        fields.allSatisfy { name in
            guard let field = schema.field(name) else { return false }
            if field.isKeyPart || definition.include.contains(where: { $0.hasSameBytes(as: name) }) { return true }
            return parts.contains { $0.path.field.id == field.id && !$0.isJSON }
        }
    }
}

extension SchemaDefinition {
    /// Finds where the values at a path are in a record.
    func part(_ path: IndexPath, isDescending: Bool) -> CompiledIndex.Part {
        let source: CompiledIndex.Source
        if let position = keyFields.firstIndex(where: { $0.id == path.field.id }) {
            source = .part(position)
        } else if let slot = storedFields.firstIndex(where: { $0.id == path.field.id }) {
            source = path.field.type == .json ? .json(slot: slot, steps: path.steps) : .slot(slot)
        } else {
            var suffix: [UInt8] = []
            layout.appendField(path.field.name, to: &suffix)
            source = .member(suffix: suffix, steps: path.steps)
        }
        return CompiledIndex.Part(source, path, isDescending: isDescending)
    }
}

/// What the catalogue knows of an index beside its definition.
struct IndexState: Hashable, Sendable {
    /// What its entries begin with.
    let number: Int64
    /// Whether it has the entries of all records; one that is being built is kept up to date and not read.
    let isReady: Bool
}
