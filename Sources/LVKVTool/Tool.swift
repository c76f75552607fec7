internal import ArgumentParser
internal import LVKV

/// The command `lvkv`.
@main
struct Tool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lvkv",
        abstract: "Ordered keys with prefix schemas, kept by LevelDB.",
        discussion: """
            The database is a directory: --db DIR anywhere on the line, or LVKV_DB in the environment. Commands that \
            write create it. Or it is a server's: --url redis://host:port, or LVKV_URL.

            EXAMPLES
              lvkv --db library put greeting hello
              lvkv --db library get greeting
              lvkv --db library scan --prefix gree
              lvkv --db library schema apply schemas/book.yaml
              lvkv --db library import --schema book books.csv
              lvkv --db library record scan book fantasy

            EXIT STATUS
              0 done, 1 not found, 64 usage, 65 bad or damaged data, 69 no database or locked, 74 input or output failed
            """,
        version: "\(lvkvVersion) (LevelDB \(LevelDBStore.libraryVersion))",
        subcommands: [
            GetCommand.self, PutCommand.self, DeleteCommand.self, ScanCommand.self, CountCommand.self,
            BatchCommand.self, ImportCommand.self, ExportCommand.self, RecordCommand.self, QueryCommand.self,
            SchemaCommand.self,
            IndexCommand.self, DocCommand.self,
            StatsCommand.self, CompactCommand.self,
            VerifyCommand.self, RepairCommand.self, BackupCommand.self, DumpCommand.self, LoadCommand.self,
            DestroyCommand.self, ServeCommand.self, ShellCommand.self, BenchCommand.self, CompletionsCommand.self,
        ])

    static func main() {
        SystemCall.fillStandardDescriptors()
        SystemCall.ignorePipeSignal()
        var arguments: [String] = []
        do {
            if let place = SystemCall.firstMalformedArgument() {
                throw Failure.usage(
                    "argument \(place) is not UTF-8; give the bytes as hex digits with --hex, or in a file")
            }
            arguments = ArgumentOrder.normalized(Array(CommandLine.arguments.dropFirst()))
            // What does not parse is left to the root, which says why.
            var command = try NamedCommand(arguments).parsed() ?? parseAsRoot(arguments)
            try command.run()
        } catch {
            end(by: error, of: arguments)
        }
    }

    /// Says why the command ended, and ends the process with the status that goes with it.
    private static func end(by error: any Error, of arguments: [String]) -> Never {
        if error is OutputClosed { SystemCall.endByPipeSignal() }
        if let code = error as? ExitCode { SystemCall.end(code.rawValue) }
        let failure: Failure
        if !isArgumentError(error) {
            failure = Failure(error)
        } else if exitCode(for: error) == .success {
            // Help, the version and completion scripts come as errors too.
            failure = printed(fullMessage(for: error))
        } else {
            failure = .usage(UsageMessage.oneLine(message(for: error), command: NamedCommand(arguments).words))
        }
        if failure.status != .done {
            let line = "lvkv: \(Escaping.message(failure.message))\n"
            try? Descriptor(standard: SystemCall.standardError).write(Array(line.utf8), name: "standard error")
        }
        SystemCall.end(failure.status.rawValue)
    }

    /// Whether the error comes from reading the command line.
    private static func isArgumentError(_ error: any Error) -> Bool {
        error is CleanExit || error is ValidationError
            || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }

    private static func printed(_ text: String) -> Failure {
        do {
            let output = Output.standard()
            try output.line(text)
            try output.flush()
            return Failure(.done, "")
        } catch is OutputClosed {
            SystemCall.endByPipeSignal()
        } catch {
            return Failure(error)
        }
    }
}
