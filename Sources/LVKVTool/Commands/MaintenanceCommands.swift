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

/// `lvkv verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read everything, with checksums, and say what is damaged.",
        discussion: """
            Damage is told by the readable keys around it. Then each record is checked against its schema. Nothing is \
            changed.

            EXAMPLES
              lvkv --db library verify
              lvkv --db library verify --format jsonl

            EXIT STATUS
              0 all is well, 65 something is damaged
            """)

    @OptionGroup var place: Place
    @OptionGroup var quiet: QuietOption
    @OptionGroup var form: ReportOptions

    func run() throws {
        let database = try place.open()
        let total = TableList(try database.store.property("leveldb.sstables") ?? "").bytes
        let progress = Progress("verify", totalBytes: total, unit: .keys, quiet: quiet.quiet)
        var finder = DamageFinder(database.store)
        try finder.run(progress: progress)
        progress.clear()
        let report = form.report()
        for damage in finder.damages {
            try report.say(
                "damaged: \(VerifyCommand.describe(damage))", ["damaged": .object(VerifyCommand.json(damage))])
        }
        try report.say(
            "read \(Quantity.keys(finder.keys)), \(Quantity.bytes(finder.bytes))",
            ["keys": .integer(finder.keys), "bytes": .integer(finder.bytes)])
        let misfits = try checkRecords(database, isDamaged: !finder.damages.isEmpty, report)
        try report.flush()
        if finder.damages.isEmpty && misfits > 0 {
            throw Failure.badData(
                "\(Quantity.counted(misfits, "record or key does", "records or keys do")) not fit the schema; correct "
                    + "or delete what is listed")
        }
        guard finder.damages.isEmpty else {
            throw Failure.badData(
                "\(Quantity.counted(finder.damages.count, "stretch is", "stretches are")) damaged; restore a copy, or "
                    + "run lvkv repair on a copy of the directory to keep what can be read")
        }
    }

    /// Checks each record against its schema.
    ///
    /// - Returns: how many do not fit.
    private func checkRecords(_ database: Database, isDamaged: Bool, _ report: Report) throws -> Int {
        var misfits = 0
        for schema in database.keyspace.schemas {
            do {
                let count = try database.keyspace.records(schema.name).verify { problem in
                    misfits += 1
                    try report.say("misfit: \(Escaping.message("\(problem)"))", ["misfit": .string("\(problem)")])
                }
                try report.say(
                    "schema \(schema.name): \(Quantity.counted(count, "record", "records"))",
                    ["schema": .string(schema.name), "records": .integer(count)])
            } catch let error as StoreError where isDamaged && error.code == .corruption {
                // What could not be read has been told.
                try report.say(
                    "schema \(schema.name): not all records can be read",
                    ["schema": .string(schema.name), "records": .null])
            }
        }
        return misfits
    }

    static func describe(_ damage: DamageFinder.Damage) -> String {
        let after = damage.after.isEmpty ? "the start" : "'\(Escaping.text(damage.after.span))'"
        let before = damage.before.map { "'\(Escaping.text($0.span))'" } ?? "the end"
        return "between \(after) and \(before): \(Escaping.message(damage.words))"
    }

    private static func json(_ damage: DamageFinder.Damage) -> JSONObject {
        var object = JSONObject()
        if !damage.after.isEmpty { object.add("after", bytes: damage.after.span) }
        if let before = damage.before { object.add("before", bytes: before.span) }
        object["reason"] = .string(damage.words)
        return object
    }
}

/// `lvkv repair`.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Make a damaged database openable with what can be read of it.",
        discussion: """
            The last resort: what cannot be read is lost, and what was deleted or overwritten may come back. Copy the \
            directory first. LevelDB moves the files it has replaced to the folder 'lost'.

            EXAMPLES
              lvkv --db library repair --dry-run
              lvkv --db library repair --yes
            """)

    @OptionGroup var place: Place
    @Flag(name: [.customShort("n"), .long], help: "Say what would be read, and change nothing.") var dryRun = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var form: ReportOptions

    func run() throws {
        let path = try place.path()
        let files = try DatabaseFiles(at: path)
        let report = form.report()
        if dryRun {
            try report.say(
                "would rebuild \(Escaping.message(path)) from \(files.summary)", files.json(would: "rebuild", path))
            return try report.flush()
        }
        if Terminal.inputIsTerminal && !yes {
            let question = "rebuild \(path) from \(files.summary), and lose what cannot be read?"
            guard try Notice.confirm(question) else { throw Failure(.usage, "nothing was changed") }
        }
        try LevelDBStore.repair(at: path)
        let database = try place.open()
        // lvkv's own keys too, as verify counts.
        let count = try database.store.read { try $0.count() }
        try database.close()
        try report.say("repaired: \(Quantity.keys(count)) can be read", ["keys": .integer(count)])
        try report.flush()
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
