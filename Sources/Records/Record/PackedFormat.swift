internal import OrderedStore

/// The bytes of a packed record's value, format 1: all that a record has beside its key.
///
/// | bytes | |
/// |---|---|
/// | `01` | the format |
/// | number | the version of the schema that the record was written under, 1 or more |
/// | fields | each `00`, number *n*, *n* bytes, number *m*, *m* bytes: a field without an id, by its name in UTF-8 |
/// | fields | each number *d*, number *m*, *m* bytes: the field whose id is *d* more than the one before, from 0 |
///
/// Fields without an id come first, in the byte order of their names, those with one in the order of their ids; no
/// name and no id is there twice. The *m* bytes are a field's stored form, as ``FieldCodec`` writes it: in both layouts
/// a value has the same bytes, so that whatever reads, compares and indexes them need not know the layout, and
/// moving between the layouts copies them. A field that is absent is not there.
///
/// A number is an unsigned LEB128 of as few bytes as possible: seven bits a byte, the lowest first, the high bit set
/// in all bytes but the last. There is no checksum: LevelDB has one for each block and each log record.
///
/// A field without an id is what another layout kept under a name that the schema does not know. The empty name, and
/// one that begins with `#`, are none: `#17` is how a field is called whose id the schema does not know.
enum PackedFormat {
    static let first: UInt8 = 0x01
    /// The bytes that later formats begin with; all others begin no packed record.
    static let later: ClosedRange<UInt8> = 0x02...0x1F
    static let nameless = UInt8(ascii: "#")

    /// The name of a field by its id alone.
    static func name(ofID id: Int) -> [UInt8] { [nameless] + String(id).utf8 }

    /// The id in a name such as `#17`; `nil` for all other names.
    static func id(inName name: Span<UInt8>) -> Int? {
        guard name.count > 1, name[0] == nameless, let id = FieldCodec.smallInteger(name.extracting(droppingFirst: 1)),
            SchemaRules.numbers.contains(Int(id))
        else { return nil }
        return Int(id)
    }

    /// Whether a field without an id may be called so.
    static func isName(_ name: Span<UInt8>) -> Bool {
        name.count > 0 && name[0] != nameless && (try? UTF8Span(validating: name)) != nil
    }
}

/// Why bytes are no packed record.
struct PackedFault: Error, Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case empty, format(UInt8), version, truncated, number, id, order, name
    }

    let kind: Kind
    /// Where in the value it shows.
    let offset: Int

    /// The error about the record with a prefix.
    func error(schema: String, prefix: [UInt8]) -> RecordError {
        let what =
            switch kind {
            case .empty: "it is empty"
            case .format(let byte): "it begins with \(byte) where \(PackedFormat.first) belongs"
            case .version: "the schema's version is 0 at byte \(offset)"
            case .truncated: "it ends before the field at byte \(offset) does"
            case .number: "no number is at byte \(offset)"
            case .id: "the id at byte \(offset) is larger than any"
            case .order: "the field at byte \(offset) is not after the one before"
            case .name: "no name is at byte \(offset)"
            }
        if case .format(let byte) = kind, PackedFormat.later.contains(byte) {
            return RecordError(
                .newerFormat, schema: schema, key: RecordError.printable(prefix.span),
                message: "the record has format \(byte), this lvkv knows \(PackedFormat.first); use a newer one")
        }
        return RecordError(
            .malformedValue, schema: schema, key: RecordError.printable(prefix.span),
            message: "the value is no packed record: \(what)")
    }
}

/// Takes the value of a packed record apart: a field a call, in the order of the bytes.
struct PackedReader: ~Escapable {
    struct Field {
        /// 0 of a field that has a name: the reader's.
        let id: Int
        /// Which bytes of the value its stored form is.
        let value: Range<Int>
    }

    private let bytes: Span<UInt8>
    private var position: Int
    private var id = 0
    /// Which bytes of the value the name is of the last field that had one.
    private(set) var name = 0..<0
    /// The version of the schema that the record was written under.
    private(set) var version = 0

    /// Reads the header.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) throws(PackedFault) {
        self.bytes = bytes
        position = 1
        guard bytes.count > 0 else { throw PackedFault(kind: .empty, offset: 0) }
        guard bytes[0] == PackedFormat.first else { throw PackedFault(kind: .format(bytes[0]), offset: 0) }
        version = try number()
        guard version > 0 else { throw PackedFault(kind: .version, offset: 1) }
    }

    /// The next field; `nil` at the end.
    ///
    /// - Complexity: O(1) for a field with an id, O(*n*) in the name of one without.
    @inline(__always)
    mutating func next() throws(PackedFault) -> Field? {
        if position == bytes.count { return nil }
        let start = position
        let distance = try number()
        if distance == 0 {
            try readName(start)
        } else {
            guard distance <= SchemaRules.numbers.upperBound - id else { throw PackedFault(kind: .id, offset: start) }
            id += distance
        }
        return Field(id: id, value: try run(start))
    }

    private mutating func readName(_ start: Int) throws(PackedFault) {
        // A distance of 0 after an id is that id again.
        guard id == 0 else { throw PackedFault(kind: .order, offset: start) }
        let before = bytes.extracting(name)
        name = try run(start)
        let text = bytes.extracting(name)
        guard PackedFormat.isName(text) else { throw PackedFault(kind: .name, offset: name.lowerBound) }
        guard before.compare(to: text) < 0 else { throw PackedFault(kind: .order, offset: start) }
    }

    /// Bytes with their number before them, of the field that begins at `start`.
    @inline(__always)
    private mutating func run(_ start: Int) throws(PackedFault) -> Range<Int> {
        let count = try number()
        guard count <= bytes.count - position else { throw PackedFault(kind: .truncated, offset: start) }
        let run = position..<position + count
        position += count
        return run
    }

    @inline(__always)
    private mutating func number() throws(PackedFault) -> Int {
        if position < bytes.count, bytes[position] < 0x80 {
            position += 1
            return Int(bytes[position - 1])
        }
        return try longNumber()
    }

    private mutating func longNumber() throws(PackedFault) -> Int {
        var number = 0
        // Nine bytes hold the 63 bits of the largest Int.
        for index in 0..<9 {
            guard position + index < bytes.count else { throw PackedFault(kind: .truncated, offset: position) }
            let byte = bytes[position + index]
            number |= Int(byte & 0x7F) << (7 * index)
            guard byte < 0x80 else { continue }
            // A zero that only makes it longer.
            guard byte > 0 || index == 0 else { break }
            position += index + 1
            return number
        }
        throw PackedFault(kind: .number, offset: position)
    }
}

/// Puts the value of a packed record together. Fields without an id are to be given first, in the order of their
/// names, then the others in the order of their ids.
struct PackedWriter {
    private(set) var bytes: [UInt8] = []
    private var id = 0

    init(version: Int, capacity: Int) {
        bytes.reserveCapacity(capacity)
        bytes.append(PackedFormat.first)
        append(version)
    }

    mutating func append(name: Span<UInt8>, _ value: Span<UInt8>) {
        append(0)
        append(name.count)
        bytes.append(copying: name)
        append(value.count)
        bytes.append(copying: value)
    }

    mutating func append(id: Int, _ value: Span<UInt8>) {
        append(id - self.id)
        self.id = id
        append(value.count)
        bytes.append(copying: value)
    }

    private mutating func append(_ number: Int) {
        var rest = UInt(bitPattern: number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
