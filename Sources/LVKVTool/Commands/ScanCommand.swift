internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv scan`.
struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Print keys and their values, in order.",
        discussion: """
            --prefix is bytes: book:fant holds book:fantasy:1 and book:fantastic:1. --under is whole key parts: \
            book:fantasy holds book:fantasy:1 and not book:fantasy2:1. The options narrow each other.

            As text a line is the key, a tab and the value, with \\n, \\t, \\\\, \\xNN for what is not printable. In JSON, \
            bytes that are not UTF-8 stand as hex digits in key_hex and value_hex.

            EXAMPLES
              lvkv --db library scan
              lvkv --db library scan --prefix greet --limit 10
              lvkv --db library scan --under book:fantasy --keys
              lvkv --db library scan --from a --to b --reverse --format jsonl
            """)

    @OptionGroup var place: Place
    @OptionGroup var range: RangeOptions
    @Flag(help: "From the last key down.") var reverse = false
    @Option(help: ArgumentHelp("At most so many entries.", valueName: "n")) var limit: Int?
    @Flag(help: "Keys only.") var keys = false
    @Flag(help: "Values only.") var values = false
    @Flag(help: "Bounds are given, and keys and values printed, as hex digits.") var hex = false
    @Option(help: "text, json, jsonl, csv or raw.") var format: Format = .text

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is \(limit); it must be 0 or more") }
        if keys && values { throw ValidationError("--keys and --values exclude each other; leave both out for both") }
    }

    func run() throws {
        let bounds = try range.bounds(hex: hex)
        let remote = try place.remote()
        let database = try remote == nil ? place.open() : nil
        let range = try bounds.range(in: database)
        let options = ScanOptions(reverse: reverse, limit: limit, keysOnly: keys, fillCache: false)
        var printer = EntryPrinter(
            Output.standard(), format: format, parts: keys ? .keys : values ? .values : .both, hex: hex,
            forTerminal: Terminal.outputIsTerminal)
        do {
            try printer.begin()
            try remote?.forEach(in: range, options) { try printer.print($0.span, $1.span, $2) }
            try database?.read { snapshot in
                var cursor = snapshot.cursor(in: range, options: options)
                while try cursor.next() != nil {
                    let kind = cursor.kind ?? .string
                    if let entry = cursor.current { try printer.print(entry.key, entry.value, kind) }
                }
            }
        } catch {
            // What could be read is worth having.
            try printer.end()
            throw error
        }
        try printer.end()
    }
}

/// `lvkv count`.
struct CountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: "Print how many keys there are, in all or in a range.",
        discussion: """
            EXAMPLES
              lvkv --db library count
              lvkv --db library count --under book:fantasy
            """)

    @OptionGroup var place: Place
    @OptionGroup var range: RangeOptions
    @Flag(help: "Bounds are given as hex digits.") var hex = false
    @OptionGroup var form: ReportOptions

    func run() throws {
        let bounds = try range.bounds(hex: hex)
        let remote = try place.remote()
        let database = try remote == nil ? place.open() : nil
        let range = try bounds.range(in: database)
        let count = try remote?.count(in: range) ?? database?.count(in: range) ?? 0
        let report = form.report()
        try report.say("\(count)", ["keys": .integer(count)])
        try report.flush()
    }
}
