internal import ArgumentParser
internal import LVKV

/// Puts the words of a command line where the parser looks for them.
enum ArgumentOrder {
    /// Options that belong to every command, and take a value.
    private static let places = ["--db"]
    /// The commands that have commands of their own.
    private static let groups: Set<String> = ["record", "schema"]

    /// The same words with `--db DIR` behind the command's name, when it stands before it.
    static func normalized(_ arguments: [String]) -> [String] {
        var moved: [String] = []
        var names: [String] = []
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            if places.contains(argument), index + 1 < arguments.count {
                moved += arguments[index...index + 1]
                index += 2
            } else if places.contains(where: { argument.hasPrefix($0 + "=") }) {
                moved.append(argument)
                index += 1
            } else if argument.hasPrefix("-") {
                break
            } else {
                names.append(argument)
                index += 1
                if !(names.count == 1 && groups.contains(argument)) { break }
            }
        }
        // Without a command's name there is nothing to move it behind.
        guard let command = names.first else { return Array(arguments[index...]) }
        let rest = command == "import" ? joiningCollect(arguments[index...]) : Array(arguments[index...])
        return names + moved + rest
    }

    /// What `--on-error collect FILE` becomes, so that the parser takes both words for one value.
    static let collectPrefix = "collect:"

    private static func joiningCollect(_ arguments: ArraySlice<String>) -> [String] {
        var joined: [String] = []
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" { return joined + [argument] + rest }
            let isCollect =
                argument == "collect" && joined.last == "--on-error" || argument == "--on-error=collect"
            if isCollect, let file = rest.first, file == "-" || !file.hasPrefix("-") {
                rest.removeFirst()
                joined.append((argument == "collect" ? "" : "--on-error=") + collectPrefix + file)
            } else {
                joined.append(argument)
            }
        }
        return joined
    }
}

/// The parser's words as one line.
enum UsageMessage {
    /// Joins the lines of `text` and says where there is help, and what to do about a word that begins with a dash.
    ///
    /// - Parameter command: the words that name the command, as `lvkv record get`.
    static func oneLine(_ text: String, command: String) -> String {
        let joined = text.split(whereSeparator: \.isNewline).map { trimmed($0) }.joined(separator: " ")
        let isUnknown = joined.hasPrefix("Unknown option")
        let advice = isUnknown ? ", or put -- before keys and values that begin with a dash" : ""
        return "\(joined); see \(command) --help\(advice)"
    }

    /// The words of a command line that name its command.
    static func command(_ arguments: [String]) -> String {
        let names = arguments.prefix { !$0.hasPrefix("-") }.prefix(2)
        var words = ["lvkv"]
        var level = Tool.configuration.subcommands
        for name in names {
            guard let found = level.first(where: { $0.configuration.commandName == name }) else { break }
            words.append(name)
            level = found.configuration.subcommands
        }
        return words.joined(separator: " ")
    }

    private static func trimmed(_ line: Substring) -> Substring {
        line.drop { $0 == " " }
    }
}

/// Which database a command works on.
struct Place: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp("The database's directory; LVKV_DB when not given.", valueName: "dir"),
        completion: .directory)
    var directory: String?

    /// The directory that was named.
    func path() throws(Failure) -> String {
        if let directory, !directory.isEmpty { return directory }
        if let directory = SystemCall.environment("LVKV_DB") { return directory }
        throw .usage("which database? Name its directory with --db DIR, or set LVKV_DB")
    }

    /// Opens a database that is there.
    func open() throws -> Database {
        try Database(at: try path(), options: LevelDBOptions(mode: .existing))
    }

    /// Opens a database, and creates it when there is none.
    func create() throws -> Database {
        try Database(at: try path(), options: LevelDBOptions(mode: .createIfMissing))
    }
}

/// In which form a command prints.
enum Format: String, ExpressibleByArgument, CaseIterable {
    /// A line each, with everything escaped that is not printable.
    case text
    /// One JSON value.
    case json
    /// A JSON value a line.
    case jsonl
    /// Comma-separated values after RFC 4180, with a heading.
    case csv
    /// The bytes as they are.
    case raw

    /// Each command takes some of them and names these in its help.
    static var allValueStrings: [String] { [] }
    static var defaultCompletionKind: CompletionKind { .list(allCases.map(\.rawValue)) }
}

/// Whether a write waits for the disk.
struct WriteOptions: ParsableArguments {
    @Flag(help: "Wait until the disk has it, so that it survives a loss of power.")
    var sync = false

    var durability: Durability { sync ? .synced : .buffered }
}

/// A key or a value as somebody wrote it on the command line.
enum Words {
    /// The bytes of `word`: its UTF-8, or with `hex` what its digits say.
    static func bytes(_ word: String, hex: Bool, what: String) throws(Failure) -> [UInt8] {
        guard hex else { return Array(word.utf8) }
        guard let bytes = Hex.bytes(word) else {
            throw .usage("\(what) '\(word)' is not hex: two of 0-9 and a-f a byte; leave --hex out to give text")
        }
        return bytes
    }
}

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

    /// The range of keys in `database`, whose schemas say what whole parts are.
    func range(in database: Database) throws -> KeyRange {
        guard let under else { return bytes }
        return bytes.intersection(try WholeParts.range(under, in: database))
    }
}

/// Ranges of whole key parts.
enum WholeParts {
    /// The keys under `parts`, which are joined with colons: `book:fantasy` holds `book:fantasy:1` and neither
    /// `book:fantasy` nor `book:fantasy2:1`.
    static func range(_ parts: String, in database: Database) throws -> KeyRange {
        if let range = try schemaRange(parts, in: database.keyspace.schemas) { return range }
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
