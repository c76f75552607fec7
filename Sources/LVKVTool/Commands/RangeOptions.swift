internal import ArgumentParser
internal import LVKV

/// The keys that a command is about.
struct RangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keys that begin with these bytes.", valueName: "bytes"))
    var prefix: String?

    @Option(help: ArgumentHelp("Keys under these whole parts, as book:fantasy.", valueName: "parts"))
    var under: String?

    @Option(help: ArgumentHelp("From this key on, itself included.", valueName: "key"))
    var from: String?

    @Option(help: ArgumentHelp("Up to this key, itself left out.", valueName: "key"))
    var to: String?

    /// Whether no range was given.
    var isEmpty: Bool { prefix == nil && under == nil && from == nil && to == nil }

    /// Whether a range was given that leaves out no key.
    var isUnbounded: Bool {
        !isEmpty && (prefix ?? "").isEmpty && under == nil && (from ?? "").isEmpty && to == nil
    }

    /// The bounds, read before any database is opened.
    ///
    /// - Parameter hex: the bounds are hex digits, `--under` excepted.
    func bounds(hex: Bool) throws(Failure) -> RangeBounds {
        guard !isEmpty else { return RangeBounds(bytes: KeyRange(from: [], to: [0xFF]), under: nil) }
        var bytes = KeyRange.all
        if let prefix { bytes = .prefix(try Words.bytes(prefix, hex: hex, what: "the prefix")) }
        var lower: [UInt8] = []
        var upper: [UInt8]?
        if let from { lower = try Words.bytes(from, hex: hex, what: "the key") }
        if let to { upper = try Words.bytes(to, hex: hex, what: "the key") }
        if under?.isEmpty ?? false { throw .usage("--under names the first parts of a key, as book:fantasy") }
        return RangeBounds(bytes: bytes.intersection(KeyRange(from: lower, to: upper)), under: under)
    }
}

/// The keys that were asked for: without options all keys of the user's.
struct RangeBounds {
    fileprivate let bytes: KeyRange
    fileprivate let under: String?

    /// The range of keys in `database`, whose schemas say what whole parts are; without it, as keys of text.
    func range(in database: Database?) throws -> KeyRange {
        guard let under else { return bytes }
        guard let database else { return bytes.intersection(WholeParts.textRange(under)) }
        return bytes.intersection(try WholeParts.range(under, in: database))
    }
}

/// Ranges of whole key parts.
enum WholeParts {
    /// The keys under `parts`, which are joined with colons: `book:fantasy` holds `book:fantasy:1` and neither
    /// `book:fantasy` nor `book:fantasy2:1`.
    static func range(_ parts: String, in database: Database) throws -> KeyRange {
        if let range = try schemaRange(parts, in: database.keyspace.schemas) { return range }
        return textRange(parts)
    }

    /// The keys under `parts` where no schema says otherwise.
    static func textRange(_ parts: String) -> KeyRange {
        let bytes = Array((parts.hasSuffix(":") ? String(parts.dropLast()) : parts).utf8)
        return KeyRange(from: bytes + [UInt8(ascii: ":")], to: bytes + [UInt8(ascii: ";")])
    }

    /// The keys under `parts` in the one schema whose literals these begin with; `nil` when there is none, or when
    /// the parts end within the literals or go on behind the key's parts.
    private static func schemaRange(_ parts: String, in schemas: [SchemaDefinition]) throws -> KeyRange? {
        let pieces = (parts.hasSuffix(":") ? parts.dropLast() : Substring(parts))
            .split(separator: ":", omittingEmptySubsequences: false)
        let matches = schemas.compactMap { schema in leading(pieces, in: schema).map { (schema, $0) } }
        guard matches.count == 1, let (schema, words) = matches.first else { return nil }
        return try schema.layout.range(under: try schema.parts(text: words.map(unescaped)))
    }

    /// The pieces that are parts of the schema's key.
    private static func leading(_ pieces: [Substring], in schema: SchemaDefinition) -> [Substring]? {
        let segments = schema.layout.template.segments
        let isLiteral = { (segment: KeyTemplate.Segment) in if case .literal = segment { true } else { false } }
        guard pieces.count <= segments.count, let last = segments.lastIndex(where: isLiteral) else { return nil }
        var words: [Substring] = []
        for (piece, segment) in zip(pieces, segments) {
            switch segment {
            case .literal(let text): guard piece.utf8.elementsEqual(text.utf8) else { return nil }
            case .part: words.append(piece)
            case .field: return nil
            }
        }
        // A literal that is still to come would have to be added.
        return pieces.count > last ? words : nil
    }

    /// A part as it is, of the form that it has in text keys.
    private static func unescaped(_ piece: Substring) -> String {
        var text = ""
        var rest = piece
        while let character = rest.popFirst() {
            if character == ";", let code = rest.first, code == "0" || code == "1" {
                rest.removeFirst()
                text.append(code == "0" ? ":" : ";")
            } else {
                text.append(character)
            }
        }
        return text
    }
}
