internal import ArgumentParser
internal import LVKV

/// `lvkv get`.
struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the value of a key.",
        discussion: """
            A pipe or a file gets the value's bytes and nothing else; a terminal gets a readable form, with control \
            characters escaped, and a line break.

            EXAMPLES
              lvkv --db library get greeting
              lvkv --db library get --hex 00ff
              lvkv --db library get photo > photo.jpg
              lvkv --db library get greeting --format json

            EXIT STATUS
              0 found, 1 there is no such key
            """)

    @OptionGroup var place: Place
    @OptionGroup var key: KeyOptions
    @Option(help: "text, json, jsonl, csv or raw. Without it: text on a terminal, raw elsewhere.")
    var format: Format?
    @Argument(help: "The key.") var words: [String] = []

    func run() throws {
        var words = words[...]
        let key = try key.key(from: &words)
        try KeyOptions.refuse(words)
        guard let value = try value(of: key) else {
            throw Failure(.notFound, "there is no key '\(Escaping.text(key.span))'")
        }
        let output = Output.standard()
        let isTerminal = Terminal.outputIsTerminal
        let hex = self.key.hex
        switch format ?? (isTerminal || hex ? .text : .raw) {
        case .raw: output.buffer.append(bytes: value.span)
        case .text:
            if hex {
                output.buffer.append(hex: value.span)
            } else {
                Escaping.append(value.span, style: .prose, to: &output.buffer)
            }
            output.buffer.append(UInt8(ascii: "\n"))
        case .json, .jsonl:
            var printer = EntryPrinter(output, format: .jsonl, parts: .both, hex: hex, forTerminal: isTerminal)
            try printer.print(key.span, value.span)
        case .csv:
            var printer = EntryPrinter(output, format: .csv, parts: .both, hex: hex, forTerminal: isTerminal)
            try printer.begin()
            try printer.print(key.span, value.span)
        }
        try output.flush()
    }

    private func value(of key: [UInt8]) throws -> [UInt8]? {
        if let remote = try place.remote() { return try remote.get(key) }
        let database = try place.open()
        do throws(StoreError) {
            let value = try database.get(key)?.bytes
            try database.close()
            return value
        } catch {
            guard error.code == .wrongType, let kind = try database.kind(of: key) else { throw error }
            throw Failure.structure(key, kind)
        }
    }
}

/// How a key is given.
struct KeyOptions: ParsableArguments {
    @Flag(help: "Keys and values are given and printed as hex digits, two a byte.")
    var hex = false

    @Option(
        help: ArgumentHelp("Read the key's bytes from this file, - for standard input.", valueName: "file"),
        completion: .file())
    var keyFile: String?

    /// The key: of the file if one was named, else the next of `words`, which is taken away.
    func key(from words: inout ArraySlice<String>) throws(Failure) -> [UInt8] {
        if let keyFile { return try Input(keyFile).readAll() }
        guard let word = words.popFirst() else {
            throw .usage("which key? Name it, or a file that holds it with --key-file")
        }
        return try Words.bytes(word, hex: hex, what: "the key")
    }

    /// Refuses words that are left over.
    static func refuse(_ words: ArraySlice<String>) throws(Failure) {
        guard let word = words.first else { return }
        throw .usage("'\(word)' is one word too many; put a key or value with spaces in quotes")
    }
}
