internal import ArgumentParser
internal import LVKV
internal import Records

/// Whether a command talks about its progress.
struct QuietOption: ParsableArguments {
    @Flag(name: .shortAndLong, help: "No progress bar and no notices.") var quiet = false
}

/// `lvkv compact`.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Sort the tables anew and drop what was overwritten or deleted.",
        discussion: """
            Needs as much free space as the largest part of the database, and may be interrupted at any time.

            EXAMPLES
              lvkv --db library compact
              lvkv --db library compact --under book:fantasy
            """)

    @OptionGroup var place: Place
    @OptionGroup var range: RangeOptions
    @OptionGroup var quiet: QuietOption
    @Flag(help: "Bounds are given as hex digits.") var hex = false

    func run() throws {
        let bounds = try range.bounds(hex: hex)
        if let remote = try place.remote() {
            return try remote.compact(range.isEmpty ? nil : try bounds.range(in: nil))
        }
        let database = try place.open()
        let store = database.store
        guard range.isEmpty else {
            try store.compact(bounds.range(in: database))
            return try database.close()
        }
        let list = TableList(try store.property("leveldb.sstables") ?? "")
        let progress = Progress(
            "compact", totalBytes: list.bytes, unit: .none, quiet: quiet.quiet, updatesBetweenLooks: 1)
        let slices = list.slices(most: 200)
        var done = 0
        if slices.count < 2 { try store.compact() }
        for slice in slices where slices.count >= 2 {
            progress.update(count: 0, bytes: done)
            try store.compact(slice.range)
            done += slice.bytes
        }
        progress.clear()
        try database.close()
    }
}

/// `lvkv destroy`.
struct DestroyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Delete a whole database.",
        discussion: """
            Deletes LevelDB's files and lvkv's; other files in the directory stay. Asks on a terminal, and needs --yes \
            elsewhere.

            EXAMPLES
              lvkv --db library destroy --dry-run
              lvkv --db library destroy --yes
            """)

    @OptionGroup var place: Place
    @Flag(name: [.customShort("n"), .long], help: "Say what would be deleted, and delete nothing.") var dryRun = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var form: ReportOptions

    func run() throws {
        let path = try place.path()
        let files = try DatabaseFiles(at: path)
        if dryRun {
            let report = form.report()
            try report.say(
                "would delete \(Escaping.message(path)): \(files.summary)", files.json(would: "delete", path))
            return try report.flush()
        }
        if !yes {
            guard Terminal.inputIsTerminal else {
                throw Failure.usage("this would delete \(path), \(files.summary), for good; say so with --yes")
            }
            guard try Notice.confirm("delete \(path), \(files.summary), for good?") else {
                throw Failure(.usage, "nothing was deleted")
            }
        }
        try LevelDBStore.destroy(at: path)
    }
}

/// `lvkv completions`.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a script that completes lvkv's commands in a shell.",
        discussion: """
            EXAMPLES
              lvkv completions bash > ~/.local/share/bash-completion/completions/lvkv
              lvkv completions zsh > ~/.zsh/completions/_lvkv
              lvkv completions fish > ~/.config/fish/completions/lvkv.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @OptionGroup(visibility: .hidden) var place: Place
    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() throws {
        let script =
            switch shell {
            case .bash: Tool.completionScript(for: .bash)
            case .zsh: Tool.completionScript(for: .zsh)
            case .fish: Tool.completionScript(for: .fish)
            }
        let output = Output.standard()
        try output.line(script)
        try output.flush()
    }
}
