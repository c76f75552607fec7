internal import ArgumentParser
internal import LVKV

/// Which database a command works on.
struct Place: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp("The database's directory; LVKV_DB when not given.", valueName: "dir"),
        completion: .directory)
    var directory: String?

    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "A server instead, as redis://[user:password@]host:port[/n]; LVKV_URL when neither is given.",
            valueName: "url"))
    var url: String?

    /// The server that was named; `nil` when the place is a directory.
    func server() throws(Failure) -> ServerAddress? {
        if let url {
            if directory != nil { throw .usage("either --db or --url, not both") }
            return try ServerAddress(url)
        }
        guard directory == nil, let url = SystemCall.environment("LVKV_URL") else { return nil }
        return try ServerAddress(url)
    }

    /// The keys of the server that was named; `nil` when the place is a directory.
    func remote() throws -> RemoteKeys? {
        try server().map { RemoteKeys(try ServerConnection($0)) }
    }

    /// The records of a schema, wherever they are.
    func records(_ schema: String) throws -> PlacedRecords { try PlacedRecords(at: self, schema) }

    /// The records of the server that was named; `nil` when the place is a directory.
    func remoteRecords(_ schema: String) throws -> RemoteRecords? {
        try remoteJSON().map { try RemoteRecords($0, schema) }
    }

    /// The server that was named, with JSON as text; `nil` when the place is a directory.
    func remoteJSON() throws -> ServerConnection? {
        try server().map { try ServerConnection($0, version: 2) }
    }

    /// Refuses an option that works on a directory alone.
    func refuseAtServer(_ options: [(name: String, isGiven: Bool)]) throws(Failure) {
        guard let option = options.first(where: \.isGiven), try server() != nil else { return }
        throw .usage("\(option.name) works on a directory, not through a server")
    }

    /// Whoever runs commands at the place.
    func client() throws -> any CommandClient {
        if let server = try server() { return try ServerConnection(server) }
        return EngineClient(try create())
    }

    /// The directory that was named.
    func path() throws(Failure) -> String {
        if try server() != nil {
            throw .usage(
                "this command works on the files of a directory; stop its server, and name the directory with --db")
        }
        if let directory {
            // As of a script's variable that is not set: not a reason to take another database.
            guard !directory.isEmpty else { throw .usage("--db is empty; name the database's directory") }
            return directory
        }
        if let directory = SystemCall.environment("LVKV_DB") { return directory }
        throw .usage("which database? Name its directory with --db DIR, or set LVKV_DB")
    }

    /// Opens a database that is there.
    func open() throws -> Database {
        try Database(at: try path(), options: LevelDBOptions(mode: .existing))
    }

    /// Opens a database; `nil` when there is none.
    func openIfThere() throws -> Database? {
        do { return try open() } catch let error as StoreError where error.code == .notFound { return nil }
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

    /// Refuses to wait where a server decides on that.
    func refuse(at place: Place) throws(Failure) { try place.refuseAtServer([("--sync with records", sync)]) }
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
