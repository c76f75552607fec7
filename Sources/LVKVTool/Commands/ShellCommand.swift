internal import ArgumentParser
internal import LVKV

/// `lvkv shell`.
struct ShellCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Run Redis commands, on a directory or on a server.",
        discussion: """
            The commands that a server takes, typed one a line or read from a pipe; those on a directory run in this \
            process. On a terminal the line can be edited, Tab completes commands and keys, the arrows bring earlier \
            lines back, and 'help COMMAND' says what one does. A word with spaces stands in quotes.

            EXAMPLES
              lvkv shell --db library
              lvkv shell --url redis://127.0.0.1:6380
              lvkv --db library shell LRANGE tasks 0 -1
              echo 'SET greeting hello' | lvkv --db library shell

            EXIT STATUS
              0 done, 65 a command was refused
            """)

    @OptionGroup var place: Place
    @Flag(help: "Print replies as bytes, also on a terminal.") var raw = false
    @Argument(parsing: .captureForPassthrough, help: "A command to run, and its arguments.") var words: [String] = []

    func run() throws {
        // All words behind the name are taken as they are.
        if let word = words.first, ["--help", "-h"].contains(word) { throw CleanExit.helpRequest(self) }
        let client = try place.client()
        let shell = Shell(client, isReadable: Terminal.outputIsTerminal && !raw)
        var isGood = true
        if !words.isEmpty {
            isGood = try shell.run(words.map { Array($0.utf8) }) != .failed
        } else if Terminal.inputIsTerminal {
            try shell.runInteractively(ShellHistory())
        } else {
            isGood = try shell.run(lines: LineReader(try Input("-")))
        }
        // What was wrong is printed.
        if !isGood { throw ExitCode(ExitStatus.badData.rawValue) }
    }
}
