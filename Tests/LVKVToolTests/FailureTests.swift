import ArgumentParser
import Foundation
import LVKV
import Testing

@testable import LVKVTool

@Suite("Failures")
struct FailureTests {
    @Test("a command line that makes no sense is one line and status 64")
    func usage() throws {
        let box = try Sandbox()
        for arguments in [
            ["bogus"], ["get"], ["get", "a", "b"], ["put"], ["put", "a", "b", "c"], ["scan", "--limit", "-1"],
            ["scan", "--limit=-1"], ["scan", "--limit", "x"], ["scan", "--keys", "--values"],
            ["scan", "--format", "yaml"],
            ["get", "--hex", "0g"], ["scan", "--hex", "--from", "abc"], ["completions", "ksh"],
            ["get", "--nonsense", "a"],
            ["stats", "--format", "csv"], ["scan", "--under", ""], ["scan", "extra"],
        ] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == 64, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
            #expect(outcome.output.isEmpty, "\(arguments)")
        }
    }

    @Test("a number that makes no sense is refused in words of ours, and not echoed whole")
    func numbers() throws {
        let box = try Sandbox()
        let limit = try box.lvkv("scan", "--limit", "-1")
        #expect(limit.errors.contains("--limit is -1; it must be 0 or more"))
        let checked = RecordCommandTests.book.replacingOccurrences(
            of: "nullable: true}", with: "check: {max: 2100}}")
        try box.write("book.yaml", checked)
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        let huge = #"{"genre":"sf","id":"1","title":"t","author":"a","year":1e400}"#
        let outcome = try box.lvkv("record", "put", "book", huge)
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("… is above the largest value, 2100"))
        #expect(outcome.errors.utf8.count < 200)
    }

    @Test("a file in the directory's place is no database")
    func fileInPlace() throws {
        let box = try Sandbox()
        try box.write("db", "this is a file")
        for arguments in [["get", "a"], ["put", "a", "1"], ["repair"], ["destroy", "--yes"], ["stats"]] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == 69, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
        #expect(try box.read("db") == "this is a file")
    }

    @Test("a directory of something else is left alone")
    func foreignDirectory() throws {
        let box = try Sandbox()
        try FileManager.default.createDirectory(atPath: box.database, withIntermediateDirectories: true)
        try box.write("db/000001.log", "not LevelDB's")
        for arguments in [["get", "a"], ["put", "a", "1"]] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status != 0)
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
        #expect(try box.read("db/000001.log") == "not LevelDB's")
    }

    @Test("a database that somebody has open is told with the process that has it")
    func locked() throws {
        let box = try Sandbox()
        let database = try Database(at: box.database)
        for arguments in [["get", "a"], ["put", "a", "1"], ["destroy", "--yes"], ["repair"], ["verify"]] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == 69, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("\(ProcessInfo.processInfo.processIdentifier)"), "\(outcome.errors)")
        }
        try database.close()
        #expect(try box.lvkv("put", "a", "1").status == 0)
    }

    @Test("files that are not there or cannot be read are status 74, with their name")
    func files() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "a", "1").status == 0)
        for arguments in [
            ["put", "a", "--value-file", "missing"], ["get", "--key-file", "missing"], ["batch", "missing"],
            ["batch", box.path],
        ] {
            let outcome = try box.lvkv(arguments)
            #expect(outcome.status == 74, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
    }

    /// Runs a line of shell with `$LVKV` and the database in place.
    private func shell(_ line: String, in box: Sandbox) throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["LVKV": Outcome.executable.path, "LVKV_DB": box.database]) { $1 }
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    @Test("output that cannot be written is one line and status 74")
    func fullOutput() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "a", "1").status == 0)
        for command in ["get a", "scan", "count", "--help", "completions bash", "stats"] {
            let full = try shell("$LVKV \(command) > /dev/full", in: box)
            #expect(full.status == 74, "\(command)")
            #expect(full.errors.split(separator: "\n").count == 1, "\(command): \(full.errors)")
            #expect(full.errors.contains("No space left on device"), "\(command): \(full.errors)")
            let closed = try shell("$LVKV \(command) >&-", in: box)
            #expect(closed.status == 74, "\(command)")
            #expect(closed.errors.split(separator: "\n").count == 1, "\(command): \(closed.errors)")
        }
        #expect(try box.lvkv("get", "a").output == "1")
    }

    @Test("a reader that has seen enough ends the command without a word")
    func brokenPipe() throws {
        let box = try Sandbox()
        let lines = (0..<20_000).map { "{\"put\":\"key\($0)\",\"value\":\"0123456789\"}\n" }.joined()
        #expect(try box.lvkv("batch", input: lines).status == 0)
        let outcome = try shell("$LVKV scan | head -n 1 > /dev/null; exit ${PIPESTATUS[0]}", in: box)
        #expect(outcome.status == 141)
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    }

    @Test("a disk that is full while writing is one line and status 74")
    func fullDisk() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "a", "1").status == 0)
        // A limit on the size of files stands in for the disk; the signal that goes with it is ignored.
        let line = "trap '' XFSZ; ulimit -f 64; head -c 3000000 /dev/zero | $LVKV put big"
        let outcome = try shell(line, in: box)
        #expect(outcome.status == 74, "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test("control characters in a message are escaped")
    func messages() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "a", "1").status == 0)
        let outcome = try box.lvkv("get", "no\u{1B}[31m\nkey")
        #expect(outcome.status == 1)
        #expect(outcome.hasOneErrorLine)
        #expect(!outcome.errors.contains("\u{1B}"))
    }

    @Test("every command has help with an example, and the version is printed")
    func help() throws {
        let commands = Tool.configuration.subcommands
        #expect(commands.count > 10)
        for command in commands {
            let leaves = command.configuration.subcommands
            for leaf in leaves.isEmpty ? [command] : leaves {
                let name = try #require(leaf.configuration.commandName)
                let group = leaves.isEmpty ? [] : [try #require(command.configuration.commandName)]
                let outcome = try Outcome.of(group + [name, "--help"])
                #expect(outcome.status == 0, "\(name)")
                #expect(outcome.output.contains("EXAMPLES"), "\(name)")
                #expect(outcome.output.contains("lvkv "), "\(name)")
            }
        }
        #expect(try Outcome.of(["--help"]).output.contains("EXIT STATUS"))
        #expect(try Outcome.of(["--version"]).output.hasPrefix("0."))
    }

    @Test("the words of a line are put where the parser looks for them")
    func argumentOrder() {
        func normalized(_ line: String) -> String {
            ArgumentOrder.normalized(line.split(separator: " ").map(String.init)).joined(separator: " ")
        }
        #expect(normalized("--db d get k") == "get --db d k")
        #expect(normalized("--db=d record get s p") == "record get --db=d s p")
        #expect(normalized("record --db d get s") == "record get --db d s")
        #expect(normalized("get k --db d") == "get k --db d")
        #expect(normalized("get -- --db d") == "get -- --db d")
        #expect(normalized("--help") == "--help")
        #expect(normalized("--db d --help") == "--help")
        #expect(normalized("--db d") == "")
        #expect(normalized("--db") == "--db")
    }
}
