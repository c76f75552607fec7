internal import ArgumentParser
internal import LVKV

extension RecordCommand {
    /// `lvkv record find`.
    struct Find: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "find", abstract: "Print the records that an index finds, in its order.",
            discussion: """
                The values are of the index's leading parts; --starts-with, --from and --to are about the part after \
                them. 'null' is null where the part is no string. With --fields that the index holds all, the records \
                themselves are not read.

                With --page-token it prints one page of --limit records (100 without it) and, on standard error, the \
                token of the next page; 'start' is the first page's.

                EXAMPLES
                  lvkv --db library record find book --index byIsbn 9788580410631
                  lvkv --db library record find book --index byAuthor 'Tolkien, J.' --from 1950 --limit 20
                  lvkv --db library record find book --index byAuthor --starts-with To --fields author,title
                  lvkv --db library record find book --index byAuthor --page-token start --limit 50
                """)

        @OptionGroup var place: Place
        @Argument(help: "The schema's name.") var schema: String
        @Argument(help: "The values of the index's leading parts.") var values: [String] = []
        @Option(help: ArgumentHelp("The index.", valueName: "name")) var index: String
        @OptionGroup var fields: FieldOptions
        @Option(help: ArgumentHelp("The next part begins with this.", valueName: "text")) var startsWith: String?
        @Option(help: ArgumentHelp("The next part is this or above.", valueName: "value")) var from: String?
        @Option(help: ArgumentHelp("The next part is below this.", valueName: "value")) var to: String?
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
            let records = try place.records(schema)
            let definition = records.schema
            let scan = try scan(definition)
            let isTerminal = Terminal.outputIsTerminal
            var printer = RecordPrinter(
                Output.standard(), format: format ?? (isTerminal ? .text : .jsonl), schema: definition,
                fields: scan.fields, forTerminal: isTerminal)
            do {
                try printer.begin()
                let words = records.remote?.find(scan.fields, self) ?? []
                if let pageToken {
                    let token = pageToken == "start" ? nil : pageToken
                    if let page = try records.remote?.page(words, limit: limit ?? 100, after: token) {
                        return try RecordCommand.print(page.records, next: page.next, with: &printer)
                    }
                    let page = try records.local?.page(scan, after: token)
                    return try RecordCommand.print(page?.records ?? [], next: page?.next, with: &printer)
                }
                try records.remote?.forEach(words, limit: limit) { try printer.print($0) }
                try records.local?.forEach(index: scan) { try printer.print($0) }
            } catch {
                // What could be read is worth having.
                try printer.end()
                throw error
            }
            try printer.end()
        }

        private func scan(_ schema: SchemaDefinition) throws -> IndexScan {
            var scan = IndexScan(
                index, startingWith: startsWith, reverse: reverse, limit: limit, fields: try fields.checked(schema))
            for (position, text) in values.enumerated() {
                scan.equals.append(try schema.indexValue(index, part: position, text: text))
            }
            scan.from = try from.map { try schema.indexValue(index, part: values.count, text: $0) }
            scan.to = try to.map { try schema.indexValue(index, part: values.count, text: $0) }
            return scan
        }
    }
}

extension RemoteRecords {
    /// The words for what an index finds.
    fileprivate func find(_ fields: [String]?, _ command: RecordCommand.Find) -> [String] {
        var words = ["LV.RECORD", "FIND", schema.name, command.index]
        words += RemoteRecords.counted("VALUES", command.values)
        for (option, value) in [("STARTSWITH", command.startsWith), ("FROM", command.from), ("TO", command.to)] {
            if let value { words += [option, value] }
        }
        return words + RemoteRecords.names("FIELDS", fields) + (command.reverse ? ["REV"] : [])
    }
}
