internal import KeySchemas
internal import OrderedStore

/// Where the fields that a covered scan wants are in an index's entries, so that one is taken out of an entry when it
/// is asked for, and what nobody asks for costs nothing.
struct EntryFields: Sendable {
    /// One element of the tuples that an entry is made of.
    struct Element: Sendable {
        enum Source: Sendable {
            /// A part of the index.
            case value(Int)
            /// A part of the record's key.
            case key(Int)
            /// A copy of what is stored in a slot.
            case included(Int)
        }

        let source: Source
        /// The type code behind which an element without zeros is the stored form itself, as nearly all are; for
        /// others a code that begins no element.
        let plainCode: UInt8
    }

    /// All elements of an entry, those of its key first.
    let elements: [Element]
    /// How many of them are in the key.
    let keyCount: Int
    /// The fields that are wanted, in the order in which they were named. An entry's index is a place in `elements`.
    let table: FieldTable

    /// Nothing is wanted.
    init() {
        elements = []
        keyCount = 0
        table = FieldTable()
    }

    /// - Parameter wanted: names of fields that the index covers.
    init(of index: CompiledIndex, _ wanted: [String]) {
        let schema = index.schema
        let parts = index.parts.enumerated().map { position, part in
            Element(
                source: .value(position),
                plainCode: part.type == .scalar(.string) && !part.isDescending
                    ? Tuple.Code.string : Tuple.Code.escape)
        }
        let key = schema.keyFields.enumerated().map { position, field in
            Element(
                source: .key(position),
                plainCode: field.type == .scalar(.string) ? Tuple.Code.string : Tuple.Code.escape)
        }
        elements = parts + key + index.included.map { Element(source: .included($0), plainCode: Tuple.Code.bytes) }
        keyCount = index.isUnique ? parts.count : parts.count + key.count
        let places = wanted.compactMap { name -> (FieldDefinition, Int)? in
            guard let field = schema.field(name) else { return nil }
            if let position = schema.keyFields.firstIndex(where: { $0.id == field.id }) {
                return (field, parts.count + position)
            }
            if let position = index.included.firstIndex(where: { schema.storedFields[$0].id == field.id }) {
                return (field, parts.count + key.count + position)
            }
            return index.parts.firstIndex { $0.path.field.id == field.id }.map { (field, $0) }
        }
        table = FieldTable(places.map { (field: $0.0, name: $0.0.name, isPart: false, index: $0.1) })
    }
}

// Elements as fields.
extension FieldReader {
    /// The value of an element that is not simply what is stored; `nil` is absent or null.
    @inline(never)
    func elementValue(_ bytes: Span<UInt8>, _ number: Int, _ name: Span<UInt8>) throws(RecordError) -> FieldValue? {
        guard let index else { return nil }
        var reader = TupleReader(bytes)
        switch elements[number].source {
        case .value(let position):
            let part = index.parts[position]
            switch part.value(bytes) {
            case nil: throw index.damaged(prefix)
            case .null?: return nil
            case .value(let value)?: return value
            case .absent?:
                guard case .slot(let slot) = part.source else { return nil }
                return try defaultValue(slot, name)
            }
        case .key(let position):
            guard let element = try? reader.next(),
                let part = try? index.layout.components[position].type.decodeTuple(element)
            else { throw index.damaged(prefix) }
            return .scalar(part)
        case .included(let slot):
            switch try? reader.next() {
            case .null?: return try defaultValue(slot, name)
            case .bytes(let stored)?: return try value(stored.span, slot, name)
            default: throw index.damaged(prefix)
            }
        }
    }

    private func defaultValue(_ slot: Int, _ name: Span<UInt8>) throws(RecordError) -> FieldValue? {
        guard let stored = schema.defaultForm(slot) else { return nil }
        return try value(stored.span, slot, name)
    }

    private func value(_ stored: Span<UInt8>, _ slot: Int, _ name: Span<UInt8>) throws(RecordError) -> FieldValue? {
        do {
            let value = try FieldCodec.decode(stored, as: schema.stored[slot].type)
            return value == .null ? nil : value
        } catch { throw about(error, name) }
    }
}
