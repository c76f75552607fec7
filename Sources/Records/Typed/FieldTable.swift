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
    }

    let entries: [Entry]
    /// All names, one after another.
    let names: [UInt8]
    /// Where each name begins, and last where all end.
    let starts: [Int]

    init(_ definition: SchemaDefinition) {
        var entries: [Entry] = []
        var names: [UInt8] = []
        var starts = [0]
        for field in definition.fields {
            let index =
                (field.isKeyPart ? definition.keyFields : definition.storedFields)
                .firstIndex { $0.name == field.name } ?? 0
            entries.append(Entry(isPart: field.isKeyPart, index: index, kind: FieldKind(field.type)))
            names += field.name.utf8
            starts.append(names.count)
        }
        self.entries = entries
        self.names = names
        self.starts = starts
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
    _ name: Span<UInt8>, among names: Span<UInt8>, _ starts: Span<Int>, from hint: inout Int
) -> Int? {
    let count = starts.count - 1
    var index = hint
    for _ in 0..<count {
        if index >= count { index = 0 }
        let start = starts[index]
        let end = starts[index + 1]
        if names.extracting(start..<end).equals(name) {
            hint = index + 1
            return index
        }
        index += 1
    }
    return nil
}
