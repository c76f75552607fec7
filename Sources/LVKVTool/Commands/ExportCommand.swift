internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all records of a schema, or all plain keys, as 'import' reads them.",
        discussion: """
            Records come in the order of their keys, as they were at one moment; of a server, which is asked for a page \
            at a time, each page is. A file gets its name when it is \
            complete. In CSV an empty cell is absent, \\N is null and "" is the empty string.

            Without --schema each key is a line {"key":KEY,"value":VALUE}, with key_hex and value_hex for bytes that \
            are not UTF-8; the fields of records are among them, the schemas are not. Structures (lists, hashes, sets) \
            are left out, which a line on standard error says, and when a value expires is not written.

            EXAMPLES
              lvkv --db library export --schema book books.csv
              lvkv --db library export --schema book --format jsonl --fields genre,id,title
              lvkv --db library export dump.jsonl
            """)

    @OptionGroup var place: Place
    @OptionGroup var quiet: QuietOption
    @OptionGroup var fields: FieldOptions
    @Option(help: ArgumentHelp("The schema of the records.", valueName: "name")) var schema: String?
    @Option(help: "csv or jsonl; by the file's name when not given, else jsonl.") var format: Format?
    @Argument(help: "The file; standard output when not given.", completion: .file()) var file = "-"

    func validate() throws {
        if let format { try SchemaCommand.check(format, [.csv, .jsonl]) }
        if schema == nil && (form == .csv || fields.fields != nil) {
            throw ValidationError("CSV and --fields are about records; name their --schema")
        }
    }

    private var form: Format { format ?? (file.lowercased().hasSuffix(".csv") ? .csv : .jsonl) }

    func run() throws {
        // Opened before there is a file.
        let export = try export()
        guard file != "-" else { return try export(.standard()) }
        var target = AtomicFile(path: file)
        let output = Output(try target.open(), name: file)
        try export(output)
        try output.finish()
        try target.commit()
    }

    private func export() throws -> (Output) throws -> Void {
        if let schema {
            let records = try place.records(schema)
            let names = try fields.checked(records.schema)
            return { try exportRecords(records, names, to: $0) }
        }
        if let remote = try place.remote() { return { try exportPlain(remote, to: $0) } }
        let database = try place.open()
        return { try exportPlain(database, to: $0) }
    }

    private var forTerminal: Bool { file == "-" && Terminal.outputIsTerminal }

    private func exportRecords(_ records: PlacedRecords, _ names: [String]?, to output: Output) throws {
        let definition = records.schema
        let range = try definition.layout.range()
        let store = records.local?.keyspace.store
        let progress = Progress(
            "export", totalBytes: try store.map { Int(clamping: try $0.approximateSize(of: range)) }, unit: .rows,
            quiet: quiet.quiet || file == "-")
        var printer = RecordPrinter(output, format: form, schema: definition, fields: names, forTerminal: forTerminal)
        var count = 0
        try printer.begin()
        func print(_ record: DynamicRecord) throws {
            try printer.print(record)
            count += 1
            progress.update(count: count, bytes: store.map { position(of: record, definition, range, $0) } ?? 0)
        }
        try records.local?.forEach(RecordScan(fields: names), print)
        if let remote = records.remote {
            try remote.forEach(remote.scan(under: [], fields: names, reverse: false), limit: nil, print)
        }
        progress.clear()
        try printer.end()
    }

    /// About how many bytes come before a record.
    private func position(
        of record: DynamicRecord, _ schema: SchemaDefinition, _ range: KeyRange, _ store: LevelDBStore
    ) -> Int {
        let parts = schema.keyFields.compactMap { field -> KeyValue? in
            if case .scalar(let part)? = record[field.name] { part } else { nil }
        }
        guard let key = try? schema.layout.prefix(parts),
            let bytes = try? store.approximateSize(of: KeyRange(from: range.lower, to: key))
        else { return 0 }
        return Int(clamping: bytes)
    }

    private func exportPlain(_ remote: RemoteKeys, to output: Output) throws {
        let progress = Progress("export", totalBytes: nil, unit: .keys, quiet: quiet.quiet || file == "-")
        var printer = EntryPrinter(output, format: .jsonl, parts: .both, hex: false, forTerminal: forTerminal)
        var count = 0
        var structures = 0
        try remote.forEach(in: .all, ScanOptions()) { key, value, kind in
            guard kind == .string else {
                structures += 1
                return
            }
            try printer.print(key.span, value.span)
            count += 1
            progress.update(count: count, bytes: 0)
        }
        progress.clear()
        try printer.end()
        note(structures)
    }

    private func exportPlain(_ database: Database, to output: Output) throws {
        let range = KeyRange(from: [], to: [0xFF])
        let store = database.store
        let total = Int(clamping: try store.approximateSize(of: range))
        let progress = Progress("export", totalBytes: total, unit: .keys, quiet: quiet.quiet || file == "-")
        var printer = EntryPrinter(output, format: .jsonl, parts: .both, hex: false, forTerminal: forTerminal)
        var count = 0
        var structures = 0
        try database.read { snapshot in
            var cursor = snapshot.cursor(in: range, options: ScanOptions(fillCache: false))
            while try cursor.next() != nil {
                let kind = cursor.kind
                guard let entry = cursor.current, kind == .string else {
                    structures += 1
                    continue
                }
                try printer.print(entry.key, entry.value)
                count += 1
                progress.update(
                    count: count,
                    bytes: Int(clamping: (try? store.approximateSize(of: KeyRange(to: entry.key.array))) ?? 0))
            }
        }
        progress.clear()
        try printer.end()
        note(structures)
    }

    private func note(_ structures: Int) {
        guard structures > 0 else { return }
        Notice.print(
            "\(Quantity.counted(structures, "structure", "structures")) left out; copy the directory to keep them")
    }
}
