internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv dump`.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Write everything to standard output as one checksummed stream.",
        discussion: """
            All keys of one moment, lvkv's own included, for lvkv load here or on another machine. Compress and encrypt \
            it on the way as you like.

            EXAMPLES
              lvkv --db library dump > library.dump
              lvkv --db library dump | ssh host lvkv --db library load
            """)

    @OptionGroup var place: Place
    @OptionGroup var quiet: QuietOption

    func run() throws {
        if Terminal.outputIsTerminal {
            throw Failure.usage("a dump is not for people: send standard output to a file or a pipe")
        }
        let database = try place.open()
        let total = Int(clamping: try database.store.approximateSize())
        let progress = Progress("dump", totalBytes: total, unit: .keys, quiet: quiet.quiet, updatesBetweenLooks: 1)
        let output = Output.standard()
        try database.dump(progress: { entries, bytes in progress.update(count: entries, bytes: bytes) }) { bytes in
            output.buffer.append(contentsOf: bytes)
            try output.flush()
        }
        progress.clear()
        try database.close()
    }
}

/// `lvkv load`.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Make a database of what lvkv dump wrote, in a new directory.",
        discussion: """
            Reads a file or standard input. The directory of --db must not be there; it is filled as DIR.part and \
            appears when the whole stream has come and fits. A load that was killed, or whose stream was cut, goes on \
            where it was when it is given the same dump again.

            EXAMPLES
              lvkv --db library load library.dump
              zstd -dc library.dump.zst | lvkv --db library load

            EXIT STATUS
              0 done, 65 the stream is cut, damaged, or no dump
            """)

    @OptionGroup var place: Place
    @Argument(help: "The file; standard input when not given.", completion: .file()) var file: String?
    @Flag(help: "Begin anew where an earlier load of another dump was not finished.") var restart = false
    @OptionGroup var quiet: QuietOption
    @OptionGroup var form: ReportOptions

    func run() throws {
        let path = try place.path()
        let input =
            if let file { try Descriptor(path: file) } else { Descriptor(standard: SystemCall.standardInput) }
        let name = file ?? "standard input"
        let progress = Progress(
            "load", totalBytes: input.fileSize, unit: .keys, quiet: quiet.quiet, updatesBetweenLooks: 1)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        let summary = try Database.load(
            at: path, restart: restart,
            from: {
                let count = try input.read(into: &buffer, name: name)
                return Array(buffer[..<count])
            },
            progress: { entries, bytes in progress.update(count: entries, bytes: bytes) })
        progress.clear()
        let report = form.report()
        let resumed =
            summary.resumedEntries > 0 ? ", \(Quantity.keys(summary.resumedEntries)) of them by an earlier load" : ""
        try report.say(
            "loaded \(Quantity.keys(summary.entries)), \(Quantity.bytes(summary.bytes))\(resumed)",
            [
                "keys": .integer(summary.entries), "bytes": .integer(summary.bytes),
                "resumed_keys": .integer(summary.resumedEntries), "dump": .string(summary.id),
            ])
        try report.flush()
    }
}
