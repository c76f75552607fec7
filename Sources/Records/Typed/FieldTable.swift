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
        let words: NameWords
        /// Where among all names its own is.
        let name: Range<Int>
    }

    let entries: [Entry]
    /// All names, one after another.
    let names: [UInt8]

    /// No fields.
    init() {
        entries = []
        names = []
    }

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
                    takesAll: field.field.isUnconstrained && field.field.type.takesAll,
                    words: NameWords(field.name.utf8.span), name: start..<names.count))
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

/// A name's length, and its first and last bytes as words: all that a name of up to 16 bytes is, which is compared in
/// two steps then.
struct NameWords: Equatable, Sendable {
    let count: Int
    private let head: UInt64
    private let tail: UInt64

    /// How many bytes the words tell at the most.
    static var mostBytes: Int { 16 }

    @inline(__always)
    init(_ name: Span<UInt8>) {
        self = unsafe name.withUnsafeBytes { unsafe NameWords($0.baseAddress, count: $0.count) }
    }

    /// The words of the `count` bytes from `start` on.
    @inline(__always)
    @unsafe
    init(_ start: UnsafeRawPointer?, count: Int) {
        self.count = count
        guard let start = unsafe start, count > 0 else {
            (head, tail) = (0, 0)
            return
        }
        if count >= 8 {
            head = unsafe start.loadUnaligned(as: UInt64.self)
            tail = unsafe start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        } else if count >= 4 {
            head = unsafe UInt64(start.loadUnaligned(as: UInt32.self))
            tail = unsafe UInt64(start.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        } else {
            head = unsafe UInt64(start.load(as: UInt8.self))
            tail =
                unsafe UInt64(start.load(fromByteOffset: count / 2, as: UInt8.self)) << 8
                | UInt64(start.load(fromByteOffset: count &- 1, as: UInt8.self))
        }
    }

    @inline(__always)
    static func == (left: NameWords, right: NameWords) -> Bool {
        left.count == right.count && left.head == right.head && left.tail == right.tail
    }
}

/// Finds the place of the entry called `name`, from `hint` on; the hint is then what follows it.
@inline(__always)
func findField(
    _ name: Span<UInt8>, among names: Span<UInt8>, _ entries: Span<FieldTable.Entry>, from hint: inout Int
) -> Int? {
    let words = NameWords(name)
    let place = hint
    if place < entries.count, entries[place].words == words, name.count <= NameWords.mostBytes {
        hint = place + 1
        return place
    }
    return searchField(name, words, among: names, entries, from: &hint)
}

@inline(never)
private func searchField(
    _ name: Span<UInt8>, _ words: NameWords, among names: Span<UInt8>, _ entries: Span<FieldTable.Entry>,
    from hint: inout Int
) -> Int? {
    for _ in entries.indices {
        if hint >= entries.count { hint = 0 }
        let place = hint
        hint += 1
        let entry = entries[place]
        if entry.words == words, name.count <= NameWords.mostBytes || names.extracting(entry.name).equals(name) {
            return place
        }
    }
    return nil
}
