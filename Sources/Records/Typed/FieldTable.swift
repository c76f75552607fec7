internal import KeySchemas
internal import OrderedStore

/// The fields of a schema by name, in schema order, in flat memory: a record's code asks for them in about that
/// order, so the next name is usually the one that is asked for.
struct FieldTable: Sendable {
    struct Entry: Sendable {
        let isPart: Bool
        /// The part of the key, or the slot.
        let index: Int
        let kind: FieldKind
        /// Whether each value of the kind will do.
        let takesAll: Bool
        /// Where among all names its own is.
        let name: Range<Int>
    }

    let entries: [Entry]
    /// All names, one after another.
    let names: [UInt8]

    /// The fields of a schema in its order.
    ///
    /// - Parameter name: what a field is called here, by its name in the schema.
    init(_ definition: SchemaDefinition, _ name: (String) -> String = { $0 }) {
        self.init(
            definition.fields.map { field in
                let index =
                    (field.isKeyPart ? definition.keyFields : definition.storedFields)
                    .firstIndex { $0.name == field.name } ?? 0
                return (field, name(field.name), field.isKeyPart, index)
            })
    }

    /// Fields with their names and places here.
    init(_ fields: [(field: FieldDefinition, name: String, isPart: Bool, index: Int)]) {
        var entries: [Entry] = []
        var names: [UInt8] = []
        for field in fields {
            let start = names.count
            names += field.name.utf8
            entries.append(
                Entry(
                    isPart: field.isPart, index: field.index, kind: FieldKind(field.field.type),
                    takesAll: field.field.isUnconstrained && field.field.type.takesAll, name: start..<names.count))
        }
        self.entries = entries
        self.names = names
    }
}

extension FieldType {
    /// Whether its numbers refuse no string or integer of 64 bits.
    fileprivate var takesAll: Bool {
        switch self {
        case .scalar(.string), .scalar(.int(pad: nil)): true
        default: false
        }
    }
}

/// A field's type without its numbers.
enum FieldKind: UInt8, Sendable {
    case string, int, decimal, double, date, timestamp, uuid, bool, bytes, id, json

    init(_ type: FieldType) {
        self =
            switch type {
            case .json: .json
            case .scalar(.string): .string
            case .scalar(.int): .int
            case .scalar(.decimal): .decimal
            case .scalar(.double): .double
            case .scalar(.date): .date
            case .scalar(.timestamp): .timestamp
            case .scalar(.uuid): .uuid
            case .scalar(.bool): .bool
            case .scalar(.bytes): .bytes
            case .scalar(.id): .id
            }
    }
}

/// Finds the entry called `name`, from `hint` on; the hint is then what follows it.
@inline(__always)
func findField(
    _ name: Span<UInt8>, among names: Span<UInt8>, _ entries: Span<FieldTable.Entry>, from hint: inout Int
) -> FieldTable.Entry? {
    if hint < entries.count {
        let entry = entries[hint]
        if names.extracting(entry.name).equals(name) {
            hint += 1
            return entry
        }
    }
    return searchField(name, among: names, entries, from: &hint)
}

@inline(never)
private func searchField(
    _ name: Span<UInt8>, among names: Span<UInt8>, _ entries: Span<FieldTable.Entry>, from hint: inout Int
) -> FieldTable.Entry? {
    for _ in entries.indices {
        if hint >= entries.count { hint = 0 }
        let entry = entries[hint]
        hint += 1
        if names.extracting(entry.name).equals(name) { return entry }
    }
    return nil
}
