internal import ArgumentParser
internal import LVKV
internal import RESP

/// `lvkv stats`.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show how large the database is and how it lies on the disk.",
        discussion: """
            EXAMPLES
              lvkv --db library stats
              lvkv --db library stats --format json
            """)

    @OptionGroup var place: Place
    @Option(help: "text or json.") var format: Format = .text

    func validate() throws {
        guard format == .text || format == .json else { throw ValidationError("--format is text or json here") }
    }

    func run() throws {
        if let remote = try place.remoteJSON() { return try show(remote) }
        let database = try place.open()
        let store = database.store
        let statistics = try store.statistics()
        let tables = TableList(try store.property("leveldb.sstables") ?? "").tables
        let files = try DatabaseFiles(at: store.path)
        let output = Output.standard()
        if format == .json {
            var text: [UInt8] = []
            text.append(text: "{\"directory\":")
            JSONText.append(store.path.utf8.span, forTerminal: Terminal.outputIsTerminal, to: &text)
            text.append(text: ",\"leveldb\":\"")
            text.append(contentsOf: LevelDBStore.libraryVersion.utf8)
            text.append(
                contentsOf: "\",\"bytes\":\(files.bytes),\"memory\":\(statistics.memoryUsage),\"levels\":[".utf8)
            for (index, level) in levels(tables).enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text.append(
                    contentsOf: "{\"level\":\(level.level),\"tables\":\(level.tables),\"bytes\":\(level.bytes)}".utf8)
            }
            text.append(contentsOf: "],\"storage\":\(JSONValue.object(store.storage.json).text()),\"schemas\":[".utf8)
            for (index, schema) in try schemas(database).enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text.append(contentsOf: "{\"schema\":\"\(schema.name)\",\"bytes\":\(schema.bytes)}".utf8)
            }
            text.append(text: "],\"structures\":{")
            for (index, kind) in try kinds(database).enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text.append(contentsOf: "\"\(kind.kind)\":\(kind.count)".utf8)
            }
            text.append(text: "}}\n")
            output.buffer.append(contentsOf: text)
        } else {
            try output.line("directory  \(Escaping.message(store.path))")
            try output.line("LevelDB    \(LevelDBStore.libraryVersion)")
            try output.line("on disk    \(files.summary)")
            try output.line("storage    \(Escaping.message(store.storage.summary))")
            try output.line("in memory  \(Quantity.bytes(statistics.memoryUsage))")
            for level in levels(tables) {
                let count = Quantity.counted(level.tables, "table", "tables")
                try output.line("level \(level.level)    \(count), \(Quantity.bytes(level.bytes))")
            }
            for (kind, count) in try kinds(database) {
                try output.line(
                    "\(kind)\(String(repeating: " ", count: max(1, 11 - kind.count)))\(Quantity.keys(count))")
            }
            for schema in try schemas(database) {
                try output.line("schema     \(schema.name), about \(Quantity.bytes(schema.bytes)) in tables")
            }
        }
        try output.flush()
    }

    /// What a server says of its store, under the server's own names.
    private func show(_ remote: ServerConnection) throws {
        guard case .array(let words) = try remote.run(["LV.STATS"]) else { throw remote.unexpected }
        let texts = words.map { word -> String in
            guard case .bulk(let text) = word else { return "" }
            return String(decoding: text, as: UTF8.self)
        }
        let lines = stride(from: 0, to: texts.count - 1, by: 2).map { (name: texts[$0], value: texts[$0 + 1]) }
        let output = Output.standard()
        if format == .json {
            var object = JSONObject()
            for line in lines {
                object[line.name] = (try? JSONValue(parsing: Array(line.value.utf8))) ?? .string(line.value)
            }
            try output.line(JSONValue.object(object).text())
        } else {
            let width = lines.map(\.name.count).max() ?? 0
            for (name, value) in lines {
                let space = String(repeating: " ", count: width - name.count + 2)
                try output.line(Escaping.message(name + space + value))
            }
        }
        try output.flush()
    }

    /// How many keys there are of each kind that is kept beside plain entries: structures, and strings that expire.
    private func kinds(_ database: Database) throws -> [(kind: String, count: Int)] {
        var counts: [StructureKind: Int] = [:]
        try database.readKeys { keys in
            try keys.walkMetadata { kind in counts[kind, default: 0] += 1 }
        }
        return StructureKind.allCases.compactMap { kind in
            counts[kind].map { (kind == .string ? "expiring" : kind.description, $0) }
        }
    }

    /// What the records of each schema take, without what is still in the log.
    private func schemas(_ database: Database) throws -> [(name: String, bytes: Int)] {
        try database.keyspace.schemas.map { schema in
            let bytes = try database.store.approximateSize(of: try schema.layout.range())
            return (schema.name, Int(clamping: bytes))
        }
    }

    private func levels(_ tables: [TableList.Table]) -> [(level: Int, tables: Int, bytes: Int)] {
        Set(tables.map(\.level)).sorted().map { level in
            let mine = tables.filter { $0.level == level }
            return (level, mine.count, mine.reduce(0) { $0 + $1.bytes })
        }
    }
}
