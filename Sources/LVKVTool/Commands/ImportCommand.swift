internal import ArgumentParser
internal import LVKV
internal import Records

/// What is in a file that is imported.
enum ImportFormat: String, ExpressibleByArgument, CaseIterable {
    /// Comma-separated values after RFC 4180, with a heading.
    case csv
    /// A JSON object a line.
    case jsonl
    /// One JSON object of documents by their ids: a whole collection.
    case jsonCollection = "json-collection"
}

/// `lvkv import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Write records from CSV or JSON Lines, or plain keys and values.",
        discussion: """
            A CSV file's first row names the columns. Columns and JSON members go to the fields of the same name, or \
            as --map says; others are left out, and named once. An empty cell is absent, \\N is null and "" is the \
            empty string; 2008.0 is the integer 2008, and 2008.5 is none.

            A record is written whole or not at all. With --on-error stop (the default) the rows before the bad one \
            stay, and the message says how many; skip tells each bad row and goes on; collect FILE goes on and writes \
            them to FILE, which can be corrected and imported, with their numbers and reasons in _row and _error.

            Without --schema each line is {"key":KEY,"value":VALUE}, as 'export' without --schema writes it, with \
            key_hex and value_hex for bytes that are not UTF-8.

            With --collection each line is a document of that collection; one without _id gets one. With --format \
            json-collection each file NAME.json, or each one in a directory, is a collection NAME: one object with the \
            documents under their ids. A document is written whole or not at all, and one that is there is replaced, so \
            that an import can be run again.

            EXAMPLES
              lvkv --db library import --collection notes notes.jsonl
              lvkv --db library import --format json-collection data/
              lvkv --db library import --schema book books.csv
              lvkv --db library import --schema book --map id=book_id --map genre=language_code goodbooks-10k.csv
              zcat packages.jsonl.gz | lvkv --db debian import --schema package --format jsonl -
              lvkv --db library import --schema book books.csv --on-error collect bad.csv
              lvkv --db copy import dump.jsonl

            EXIT STATUS
              0 done (also when rows were skipped or collected), 65 a row cannot be written
            """)

    @OptionGroup var place: Place
    @OptionGroup var write: WriteOptions
    @OptionGroup var quiet: QuietOption
    @Option(help: ArgumentHelp("The schema of the records.", valueName: "name")) var schema: String?
    @Option(help: ArgumentHelp("The collection of the documents.", valueName: "name")) var collection: String?
    @Option(
        help: ArgumentHelp("Read a field from a column of another name; may be given often.", valueName: "field=column")
    )
    var map: [String] = []
    @Option(help: "csv, jsonl or json-collection; by the file's name when not given.") var format: ImportFormat?
    @Option(help: ArgumentHelp("stop, skip or collect FILE.", valueName: "what")) var onError = "stop"
    @Flag(help: "A record that is there is an error.") var insert = false
    @Flag(help: "A record that is there is replaced (the default).") var upsert = false
    @Flag(help: "Store JSON members that the schema does not know as fields of their own.") var keepUnknown = false
    @Flag(name: [.customShort("n"), .long], help: "Check all rows, and write nothing.") var dryRun = false
    @Argument(help: "The files; - for standard input.", completion: .file()) var files: [String] = ["-"]

    func validate() throws {
        if insert && upsert { throw ValidationError("--insert and --upsert exclude each other") }
        if isOfDocuments {
            if schema != nil || !map.isEmpty || keepUnknown || format == .csv {
                throw ValidationError("--schema, --map, --keep-unknown and CSV are about records, not documents")
            }
            if format == .jsonCollection && collection != nil && files.count > 1 {
                throw ValidationError("--collection names the collection of one file")
            }
            return
        }
        if schema == nil && !(map.isEmpty && onError == "stop" && !insert && !keepUnknown) {
            throw ValidationError(
                "--map, --on-error, --insert and --keep-unknown are about records; name their --schema")
        }
    }

    private var isOfDocuments: Bool { collection != nil || format == .jsonCollection }

    private func importDocuments() throws {
        let documents = DocumentImport(
            place: place, mode: insert ? .insert : .upsert, onError: try whatOnError(), isDryRun: dryRun,
            durability: write.durability, quiet: quiet.quiet)
        let isWhole = format == .jsonCollection
        let sources: [DocumentImport.Source]
        if let collection {
            sources = files.map { DocumentImport.Source(path: $0, collection: collection, isWhole: isWhole) }
        } else {
            sources = try DocumentImport.wholeCollections(files)
        }
        let count = try documents.run(sources)
        try say(count.imported, count.rejected)
    }

    func run() throws {
        if isOfDocuments { return try importDocuments() }
        let onError = try whatOnError()
        let formats = try files.map { try format(of: $0) }
        let inputs = try files.map { try Input($0) }
        let sizes = inputs.map(\.size)
        let total = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
        let progress = Progress(
            "import", totalBytes: total, unit: .rows, quiet: quiet.quiet, updatesBetweenLooks: schema == nil ? 64 : 1)
        guard let schema else { return try importPlain(inputs, formats, progress) }
        let placed = try place.records(schema)
        let definition = placed.schema
        let columns = try ColumnMap(map, for: definition)
        let loading = RowLoading(
            mode: insert ? .insert : .upsert, stopsAtProblem: onError.isStop, isDryRun: dryRun,
            durability: write.durability, keepsUnknown: keepUnknown)
        guard let target = placed.target(loading) else { return }
        var importer = Importer(target, onError: onError, isDryRun: dryRun)
        var bytesBefore = 0
        do {
            for (input, format) in zip(inputs, formats) {
                let source: any RowSource =
                    format == .csv
                    ? try CSVRows(input, definition, columns)
                    : try JSONRows(input, placed.local, definition, columns, keepsUnknown: keepUnknown)
                try importer.take(source, progress: progress, bytesBefore: bytesBefore)
                bytesBefore += input.position
                progress.clear()
                noteIgnored(source)
            }
        } catch {
            progress.clear()
            try importer.finish()
            throw error
        }
        try importer.finish()
        try placed.close()
        try say(importer.imported, importer.rejected)
    }

    /// Plain lines go in batches that end where a record does.
    private func importPlain(_ inputs: [Input], _ formats: [ImportFormat], _ progress: Progress) throws {
        guard formats.allSatisfy({ $0 == .jsonl }) else {
            throw Failure.usage("plain keys and values come as JSON Lines; for CSV name the --schema of the records")
        }
        let remote = try place.remote()
        let database = try dryRun || remote != nil ? nil : place.create()
        var count = 0
        var bytesBefore = 0
        for input in inputs {
            let lines = LineReader(input)
            var writer = try plainWriter(database, dryRun ? nil : remote)
            while let () = try lines.next({ line in
                var operation = WriteBatch()
                do throws(PlainLine.Malformed) {
                    try PlainLine.stage(line, into: &operation)
                } catch {
                    throw Failure.badData("\(input.name), line \(lines.number): \(error.reason)")
                }
                try writer.add(operation)
                count += operation.count
            }) {
                progress.update(count: count, bytes: bytesBefore + input.position)
            }
            try writer.flush()
            bytesBefore += input.position
        }
        progress.clear()
        try database?.close()
        try say(count, 0)
    }

    private func plainWriter(_ database: Database?, _ remote: RemoteKeys?) throws -> PlainWriter {
        let durability = write.durability
        if let remote {
            return PlainWriter(try remote.schemas()) { try remote.write($0, durability) }
        }
        guard let database else { return PlainWriter([]) { _ in } }
        return PlainWriter(database.keyspace.schemas) { staged in
            try database.write(durability: durability) { $0.append(staged) }
        }
    }

    private func say(_ count: Int, _ rejected: Int) throws {
        guard !quiet.quiet else { return }
        let output = Output.standard()
        var text = "\(dryRun ? "would import" : "imported") \(Quantity.counted(count, "row", "rows"))"
        if rejected > 0 { text += ", left out \(Quantity.grouped(rejected))" }
        try output.line(text)
        try output.flush()
    }

    private func noteIgnored(_ source: any RowSource) {
        guard !source.ignored.isEmpty && !quiet.quiet else { return }
        let names = source.ignored.joined(separator: ", ")
        Notice.print("\(source.name): left out, as schema \(schema ?? "") has no such fields: \(names)")
    }

    private func whatOnError() throws(Failure) -> Importer.OnError {
        switch onError {
        case "stop": return .stop
        case "skip": return .skip
        case _ where onError.hasPrefix(ArgumentOrder.collectPrefix):
            return .collect(path: String(onError.dropFirst(ArgumentOrder.collectPrefix.count)))
        case "collect": throw .usage("--on-error collect names the file that bad rows go to: --on-error collect FILE")
        default: throw .usage("--on-error is '\(onError)'; it is stop, skip or collect FILE")
        }
    }

    private func format(of file: String) throws(Failure) -> ImportFormat {
        if let format { return format }
        let name = file.lowercased()
        if name.hasSuffix(".csv") { return .csv }
        if [".jsonl", ".ndjson", ".json"].contains(where: { name.hasSuffix($0) }) { return .jsonl }
        if name.hasSuffix(".gz") {
            throw .usage("\(file) is compressed; write zcat FILE | lvkv import --format jsonl -")
        }
        if file == "-" && schema == nil { return .jsonl }
        throw .usage("what is in \(file == "-" ? "standard input" : file)? Say --format csv or --format jsonl")
    }
}

/// Stages plain operations in batches of bounded size that never cut a record.
struct PlainWriter {
    private static let bytesPerBatch = 1 << 20

    private let write: (WriteBatch) throws -> Void
    private var batch = WriteBatch()
    private let owners: RecordOwners
    private var lastRecord: [UInt8]?

    /// - Parameters:
    ///   - schemas: those of where it goes.
    ///   - write: writes a batch, all or nothing.
    init(_ schemas: [SchemaDefinition], write: @escaping (WriteBatch) throws -> Void) {
        self.write = write
        owners = RecordOwners(schemas)
    }

    /// Adds operations on one key.
    mutating func add(_ operation: WriteBatch) throws {
        var record: [UInt8]?
        operation.forEach { key, _ in record = owners.record(of: key)?.prefix }
        let isSameRecord = record != nil && record == lastRecord
        if batch.approximateByteCount >= PlainWriter.bytesPerBatch && !isSameRecord { try flush() }
        lastRecord = record
        batch.append(operation)
    }

    /// Writes what is left.
    mutating func flush() throws {
        guard !batch.isEmpty else { return }
        try write(batch)
        batch.clear()
    }
}

/// Tells which record a key belongs to.
struct RecordOwners {
    private let layouts: [KeyLayout]

    init(_ schemas: [SchemaDefinition]) { layouts = schemas.map(\.layout) }

    /// The prefix of the record that `key` is a field of, and the keys' layout; `nil` for a plain key.
    func record(of key: Span<UInt8>) -> (prefix: [UInt8], layout: KeyLayout)? {
        for layout in layouts {
            if let count = layout.prefixCount(of: key) { return (key.extracting(first: count).array, layout) }
        }
        return nil
    }
}
