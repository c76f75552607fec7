/// The Swift side of the comparison: `Bench SIDE WORK --db DIR [--option VALUE ...]`, with the options of
/// `floor`, one work a process.
@main
struct Bench {
    static func main() throws {
        let arguments = try Arguments(CommandLine.arguments)
        switch arguments.side {
        case "wrapper": try Wrapper.run(arguments)
        default: throw UsageError(message: "unknown side \(arguments.side)")
        }
    }
}

struct UsageError: Error {
    let message: String
}

/// What is asked for.
struct Arguments {
    let side: String
    let work: String
    let directory: String
    let entries: Int
    let cache: Int
    let writeBuffer: Int
    let bloomBits: Int

    init(_ words: [String]) throws {
        guard words.count >= 3, words.count % 2 == 1 else {
            throw UsageError(message: "usage: Bench SIDE WORK --option VALUE ...")
        }
        side = words[1]
        work = words[2]
        var options: [String: String] = [:]
        for i in stride(from: 3, to: words.count, by: 2) { options[words[i]] = words[i + 1] }
        func number(_ name: String, _ otherwise: Int) -> Int { options[name].flatMap { Int($0) } ?? otherwise }
        guard let directory = options["--db"] else { throw UsageError(message: "--db is missing") }
        self.directory = directory
        entries = number("--entries", 1_000_000)
        cache = number("--cache", 8 << 20)
        writeBuffer = number("--write-buffer", 16 << 20)
        bloomBits = number("--bloom", 10)
    }
}
