internal import Foundation
internal import LVKV

/// The program that the fault laboratory breaks, and the one that reads what is left: see Tests/Faults.
///
///     FaultVictim run DIRECTORY [OPTION...]      carries out the operations on standard input
///     FaultVictim dump DIRECTORY                 writes down everything that is there
///     FaultVictim do DIRECTORY WORK [COUNT]      one long piece of work, to be killed in the middle of
@main
struct FaultVictim {
    static func main() {
        var words = CommandLine.arguments.dropFirst()
        guard let mode = words.popFirst(), let path = words.popFirst() else {
            fail("usage: FaultVictim run|dump|do DIRECTORY [...]", 64)
        }
        do {
            switch mode {
            case "run": try Workers(open(path, words)).run()
            case "dump": try dump(open(path, words))
            case "do":
                guard let work = words.popFirst() else { fail("which work?", 64) }
                try LongWork(open(path, []), count: words.popFirst().flatMap { Int($0) } ?? 0).run(work)
            default: fail("no such mode: \(mode)", 64)
            }
        } catch let error as StoreError {
            fail("\(error.code)\t\(error)", 74)
        } catch {
            fail("failed\t\(error)", 65)
        }
    }

    /// Options are `existing` for a database that must be there, and `buffer=BYTES`.
    static func open(_ path: String, _ options: ArraySlice<String>) throws -> Database {
        var settings = LevelDBOptions(mode: options.contains("existing") ? .existing : .createIfMissing)
        // Small, so that logs are changed and tables written all the while.
        settings.writeBufferSize = 64 << 10
        for option in options where option.hasPrefix("buffer=") {
            settings.writeBufferSize = Int(option.dropFirst("buffer=".count)) ?? settings.writeBufferSize
        }
        return try Database(at: path, options: settings)
    }

    static func dump(_ database: Database) throws {
        var output = LineOutput()
        try Dump(database).write(to: &output)
        output.flush()
        try database.close()
    }

    static func fail(_ message: String, _ status: Int32) -> Never {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
        exit(status)
    }
}

/// Lines of words with tabs between them, on standard output.
struct LineOutput {
    private var text = ""

    mutating func line(_ words: String...) { line(words) }

    mutating func line(_ words: [String]) {
        text += words.joined(separator: "\t")
        text += "\n"
        if text.utf8.count > 1 << 16 { flush() }
    }

    mutating func flush() {
        FileHandle.standardOutput.write(Data(text.utf8))
        text = ""
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
