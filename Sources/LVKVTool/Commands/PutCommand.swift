internal import ArgumentParser
internal import LVKV

/// `lvkv put`.
struct PutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Store a value for a key.",
        discussion: """
            Without a value, or with - for it, the value is what comes on standard input, byte for byte. Creates the \
            database when there is none.

            EXAMPLES
              lvkv --db library put greeting hello
              lvkv --db library put photo < photo.jpg
              lvkv --db library put --hex 00ff cafe
              lvkv --db library put --key-file key.bin --value-file value.bin
              lvkv --db library put -- -5 minus
            """)

    @OptionGroup var place: Place
    @OptionGroup var key: KeyOptions
    @OptionGroup var write: WriteOptions
    @Option(
        help: ArgumentHelp("Read the value's bytes from this file.", valueName: "file"), completion: .file())
    var valueFile: String?
    @Argument(help: ArgumentHelp("The key, and the value.", valueName: "key> <value")) var words: [String] = []

    func run() throws {
        var words = words[...]
        let key = try key.key(from: &words)
        let value = try value(from: &words)
        try KeyOptions.refuse(words)
        if let remote = try place.remote() {
            var batch = WriteBatch()
            batch.put(key, value)
            return try remote.write(batch, write.durability)
        }
        let database = try place.create()
        try database.put(key, value, durability: write.durability)
        try database.close()
    }

    private func value(from words: inout ArraySlice<String>) throws(Failure) -> [UInt8] {
        if let valueFile { return try Input(valueFile).readAll() }
        if let word = words.popFirst(), word != "-" {
            return try Words.bytes(word, hex: key.hex, what: "the value")
        } else if words.isEmpty, key.keyFile == "-" {
            throw .usage("the key is read from standard input, so the value must be given or named with --value-file")
        } else if Terminal.inputIsTerminal && self.words.last != "-" {
            throw .usage("which value? Give it, or - to type it and end with Ctrl-D, or name a file with --value-file")
        }
        return try Input("-").readAll()
    }
}
