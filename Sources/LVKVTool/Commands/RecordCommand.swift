internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv record`.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Read and write records: the fields that lie under one key.",
        discussion: """
            EXAMPLES
              lvkv --db library record get book fantasy 9788580410631
              lvkv --db library record scan book fantasy
            """,
        subcommands: [
            Get.self, Scan.self, Find.self, Count.self, Put.self, Insert.self, Update.self, Delete.self, Move.self,
        ])

    /// `lvkv record get`.
    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Print one record.",
            discussion: """
                The record is a flat JSON object: parts of the key and fields, absent ones left out, null as null. A \
                terminal gets a line a field.

                EXAMPLES
                  lvkv --db library record get book fantasy 9788580410631
                  lvkv --db library record get book fantasy 9788580410631 --fields title,year --format json

                EXIT STATUS
                  0 found, 1 there is no such record or schema
                """)

        @OptionGroup var place: Place
        @OptionGroup var key: RecordKey
        @OptionGroup var fields: FieldOptions
        @Option(help: "text, json, jsonl or csv. Without it: text on a terminal, json elsewhere.") var format: Format?

        func validate() throws { try SchemaCommand.check(format ?? .text, [.text, .json, .jsonl, .csv]) }

        func run() throws {
            let records = try place.records(key.schema)
            let schema = records.schema
            let names = try fields.checked(schema)
            let parts = try key.whole(schema)
            guard
                let record = try records.remote?.get(key.parts, fields: names)
                    ?? records.local?.get(parts, fields: names)
            else { throw key.missing }
            let output = Output.standard()
            let isTerminal = Terminal.outputIsTerminal
            let form = format ?? (isTerminal ? .text : .json)
            if form == .text {
                for line in RecordCommand.lines(of: record, schema, names) { try output.line(line) }
                return try output.flush()
            }
            var printer = RecordPrinter(
                output, format: form == .csv ? .csv : .jsonl, schema: schema, fields: names, forTerminal: isTerminal)
            try printer.begin()
            try printer.print(record)
            try printer.end()
        }
    }

    /// `lvkv record scan`.
    struct Scan: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "scan", abstract: "Print the records under leading parts of the key, in order.",
            discussion: """
                --starts-with, --from and --to are about the part after the leading ones; a range needs a part whose \
                keys are in the order of its values (see 'lvkv schema show'), or --filter.

                With --page-token the scan prints one page of --limit records (100 without it) and, on standard error, \
                the token of the next page; 'start' is the first page's.

                EXAMPLES
                  lvkv --db library record scan book
                  lvkv --db library record scan book fantasy --fields id,title --limit 20
                  lvkv --db library record scan book fantasy --starts-with 97885 --format jsonl
                  lvkv --db library record scan book --page-token start --limit 50
                """)

        @OptionGroup var place: Place
        @OptionGroup var key: RecordKey
        @OptionGroup var fields: FieldOptions
        @OptionGroup var range: NextPartOptions
        @Flag(help: "From the last record to the first.") var reverse = false
        @Option(help: ArgumentHelp("At most so many records.", valueName: "n")) var limit: Int?
        @Option(help: ArgumentHelp("Print one page: 'start', or what the page before said.", valueName: "token"))
        var pageToken: String?
        @Option(help: "text, json, jsonl or csv. Without it: a table on a terminal, jsonl elsewhere.")
        var format: Format?

        func validate() throws {
            try SchemaCommand.check(format ?? .text, [.text, .json, .jsonl, .csv])
            if let limit, limit < 0 { throw ValidationError("--limit is \(limit); it must be 0 or more") }
        }

        func run() throws {
            let records = try place.records(key.schema)
            let schema = records.schema
            var scan = try range.scan(schema, under: try schema.parts(text: key.parts))
            scan.reverse = reverse
            scan.limit = limit
            scan.fields = try fields.checked(schema)
            let isTerminal = Terminal.outputIsTerminal
            var printer = RecordPrinter(
                Output.standard(), format: format ?? (isTerminal ? .text : .jsonl), schema: schema,
                fields: scan.fields,
                forTerminal: isTerminal)
            do {
                try printer.begin()
                let words =
                    (records.remote?.scan(under: key.parts, fields: scan.fields, reverse: reverse) ?? []) + range.words
                if let pageToken {
                    let token = pageToken == "start" ? nil : pageToken
                    if let page = try records.remote?.page(words, limit: limit ?? 100, after: token) {
                        return try RecordCommand.print(page.records, next: page.next, with: &printer)
                    }
                    let page = try records.local?.page(scan, after: token)
                    return try RecordCommand.print(page?.records ?? [], next: page?.next, with: &printer)
                }
                try records.remote?.forEach(words, limit: limit) { try printer.print($0) }
                try records.local?.forEach(scan) { try printer.print($0) }
            } catch {
                // What could be read is worth having.
                try printer.end()
                throw error
            }
            try printer.end()
        }
    }

    /// `lvkv record count`.
    struct Count: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "count", abstract: "Print how many records there are, in all or under leading parts.",
            discussion: """
                EXAMPLES
                  lvkv --db library record count book
                  lvkv --db library record count book fantasy
                """)

        @OptionGroup var place: Place
        @OptionGroup var key: RecordKey
        @OptionGroup var range: NextPartOptions
        @OptionGroup var form: ReportOptions

        func run() throws {
            let records = try place.records(key.schema)
            let schema = records.schema
            let scan = try range.scan(schema, under: try schema.parts(text: key.parts))
            let count =
                try records.remote?.count(under: key.parts, range.words) ?? records.local?.count(scan) ?? 0
            let report = form.report()
            try report.say("\(count)", ["records": .integer(count)])
            try report.flush()
        }
    }
}

/// Which record, or which records.
struct RecordKey: ParsableArguments {
    @Argument(help: "The schema's name.") var schema: String
    @Argument(help: "The parts of the key.") var parts: [String] = []

    /// All parts of a record's key.
    func whole(_ schema: SchemaDefinition) throws -> [KeyValue] {
        try RecordKey.whole(parts, of: schema)
    }

    static func whole(_ parts: [String], of schema: SchemaDefinition) throws -> [KeyValue] {
        guard parts.count == schema.keyFields.count else {
            let names = schema.keyFields.map(\.name).joined(separator: " ")
            throw Failure.usage(
                "a record of schema \(schema.name) is named by \(schema.keyFields.count) parts: \(names); "
                    + "\(parts.count) were given")
        }
        return try schema.parts(text: parts)
    }

    /// The failure when there is no such record.
    var missing: Failure { Failure(.notFound, "schema \(schema) has no record '\(parts.joined(separator: ":"))'") }
}

/// Which fields are printed.
struct FieldOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only these fields, in this order, with commas between them.", valueName: "a,b"))
    var fields: String?

    /// The names, if any were given.
    ///
    /// - Throws: ``Failure`` for a name that the schema does not have.
    func checked(_ schema: SchemaDefinition) throws(Failure) -> [String]? {
        guard let fields else { return nil }
        let names = fields.split(separator: ",").map(String.init)
        for name in names where !schema.knows(name) {
            let near = Spelling.nearest(to: name, among: schema.fields.map(\.name))
            let advice = near.map { "did you mean \($0)?" } ?? "see lvkv schema show \(schema.name)"
            throw .usage("schema \(schema.name) has no field '\(name)'; \(advice)")
        }
        return names
    }
}

/// A range of the part of the key after the leading ones.
struct NextPartOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The next part begins with this.", valueName: "text")) var startsWith: String?
    @Option(help: ArgumentHelp("The next part is this or above.", valueName: "value")) var from: String?
    @Option(help: ArgumentHelp("The next part is below this.", valueName: "value")) var to: String?
    @Flag(help: "Where keys are not in the order of the next part, read all and keep those in the range.")
    var filter = false

    /// The range as a server takes it.
    var words: [String] {
        [("STARTSWITH", startsWith), ("FROM", from), ("TO", to)].flatMap { option, value in
            value.map { [option, $0] } ?? []
        } + (filter ? ["FILTER"] : [])
    }

    func scan(_ schema: SchemaDefinition, under leading: [KeyValue]) throws -> RecordScan {
        var scan = RecordScan(under: leading, filters: filter)
        guard startsWith != nil || from != nil || to != nil else { return scan }
        guard leading.count < schema.keyFields.count else {
            throw Failure.usage("all parts of the key are given; --starts-with, --from and --to are about the next one")
        }
        let part = schema.keyFields[leading.count].name
        scan.startingWith = try startsWith.map { try schema.part(part, text: $0) }
        scan.from = try from.map { try schema.part(part, text: $0) }
        scan.to = try to.map { try schema.part(part, text: $0) }
        return scan
    }
}

extension RecordCommand {
    /// Prints one page, and how the next one is had.
    static func print(_ records: [DynamicRecord], next: String?, with printer: inout RecordPrinter) throws {
        for record in records { try printer.print(record) }
        try printer.end()
        if let next { Notice.print("next page: --page-token \(next)") }
    }

    /// A record for people: a line a field.
    static func lines(of record: DynamicRecord, _ schema: SchemaDefinition, _ names: [String]?) -> [String] {
        let fields = names.map { names in
            names.compactMap { name in record[name].map { DynamicRecord.Field(name, $0) } }
        }
        let shown = fields ?? record.fields
        let width = shown.map { DisplayWidth.of(Escaping.message($0.name)) }.max() ?? 0
        return shown.map { field in
            let name = Escaping.message(field.name)
            let padding = String(repeating: " ", count: width - DisplayWidth.of(name) + 2)
            let value = field.value == .null ? Color.dim.paint("null") : Escaping.message("\(field.value)")
            return Color.cyan.paint(name) + padding + value
        }
    }
}
