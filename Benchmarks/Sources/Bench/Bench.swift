import LVKV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The Swift side of the comparison: `Bench SIDE WORK --db DIR [--option VALUE ...]`, with the options of
/// `floor`, one work a process.
@main
struct Bench {
    static func main() {
        do {
            let arguments = try Arguments(CommandLine.arguments)
            switch arguments.side {
            case "wrapper": try PlainEntries(arguments: arguments).runOnStore()
            case "make", "fast", "codable": try RecordScanning.run(arguments)
            case "items": try Layouts<FastItem>(arguments).run()
            case "packed-items": try Layouts<PackedItem>(arguments).run()
            case "packages": try PackageWork<Package>(arguments).run()
            case "packed": try PackageWork<PackedPackage>(arguments).run()
            case "sections": try Sections.run(arguments)
            case "database": try PlainEntries(arguments: arguments).runOnDatabase()
            default: throw UsageError(message: "unknown side \(arguments.side)")
            }
        } catch {
            var message = "Bench: \(error)\n"
            message.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
            exit(1)
        }
    }
}

struct UsageError: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}

/// What is asked for.
struct Arguments {
    let side: String
    let work: String
    let directory: String
    let entries: Int
    /// How many records one transaction writes.
    let batch: Int
    let options: LevelDBOptions
    /// Whether a work is done once before it is measured.
    let isWarm: Bool
    private let path: String?

    /// The file that is read.
    var file: String {
        get throws {
            guard let path else { throw UsageError(message: "--file is missing") }
            return path
        }
    }

    init(_ words: [String]) throws {
        guard words.count >= 3, words.count % 2 == 1 else {
            throw UsageError(message: "usage: Bench SIDE WORK --option VALUE ...")
        }
        side = words[1]
        work = words[2]
        var values: [String: String] = [:]
        for i in stride(from: 3, to: words.count, by: 2) { values[words[i]] = words[i + 1] }
        func number(_ name: String, _ otherwise: Int) -> Int { values[name].flatMap { Int($0) } ?? otherwise }
        guard let directory = values["--db"] else { throw UsageError(message: "--db is missing") }
        self.directory = directory
        entries = number("--entries", 1_000_000)
        batch = number("--batch", 1)
        isWarm = number("--warm", 0) != 0
        path = values["--file"]
        var options = LevelDBOptions(mode: .createIfMissing)
        options.blockCacheSize = number("--cache", 8 << 20)
        options.writeBufferSize = number("--write-buffer", 16 << 20)
        options.filter = .bloom(bitsPerKey: number("--bloom", 10))
        self.options = options
    }
}
