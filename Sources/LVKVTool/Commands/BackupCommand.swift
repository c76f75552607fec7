internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv backup`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Make, list, verify, restore and remove backups.",
        discussion: """
            A directory of backups is a set: each backup in it is complete, and what did not change since the youngest \
            one is not stored again. Any of them can be removed, moved or copied alone. SAVE and BGSAVE of a server make \
            backups of the same kind.

            EXAMPLES
              lvkv --db library backup create backups
              lvkv backup list backups
              lvkv --db restored backup restore backups
              lvkv backup prune backups --keep 7
            """,
        subcommands: [
            BackupCreateCommand.self, BackupListCommand.self, BackupVerifyCommand.self, BackupRestoreCommand.self,
            BackupPruneCommand.self,
        ])
}

/// `lvkv backup create`.
struct BackupCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Write a consistent copy of the whole database.",
        discussion: """
            Of one moment; whoever writes in the same process goes on. A kill leaves no half backup. A database that a \
            server holds is backed up by the server: lvkv shell --url redis://host:port BGSAVE.

            EXAMPLES
              lvkv --db library backup create backups
              lvkv --db library backup create backups before-upgrade
            """)

    @OptionGroup var place: Place
    @Argument(help: "The directory of the set; it is made where it is missing.", completion: .directory) var set: String
    @Argument(help: "The backup's name; the time when not given.") var name: String?
    @OptionGroup var quiet: QuietOption
    @OptionGroup var form: ReportOptions

    func run() throws {
        let database = try place.open()
        let total = Int(clamping: try database.store.approximateSize())
        let progress = Progress("backup", totalBytes: total, unit: .keys, quiet: quiet.quiet, updatesBetweenLooks: 1)
        let backup = try database.backup(to: "\(set)/\(try BackupName.checked(name, database))") { entries, bytes in
            progress.update(count: entries, bytes: bytes)
        }
        progress.clear()
        try database.close()
        let report = form.report()
        try report.say(
            "\(Escaping.message(backup.name)): \(Quantity.keys(backup.entries)), \(Quantity.bytes(backup.bytes)); "
                + "\(Quantity.bytes(backup.newBytes)) are new",
            BackupListCommand.json(backup))
        try report.flush()
    }
}

/// Names of backups.
enum BackupName {
    /// A name that was given, or the time.
    static func checked(_ name: String?, _ database: Database) throws(Failure) -> String {
        guard let name else {
            return Timestamp(millisecondsSince1970: database.structures.clock()).map { "\($0)" } ?? "backup"
        }
        guard !name.isEmpty, !name.hasPrefix("."), !name.hasSuffix(".part"), !name.utf8.contains(UInt8(ascii: "/")),
            name.utf8.count <= 200
        else {
            throw .usage("'\(name)' is no name for a backup: up to 200 bytes without '/', not beginning with '.'")
        }
        return name
    }
}

/// `lvkv backup list`.
struct BackupListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Name the backups of a set, the oldest first.",
        discussion: """
            What is new was stored by no earlier backup when it was made.

            EXAMPLES
              lvkv backup list backups
              lvkv backup list backups --format jsonl

            EXIT STATUS
              0 all can be read, 65 a manifest is damaged, 69 there is no such directory
            """)

    @OptionGroup(visibility: .hidden) var place: Place
    @Argument(help: "The directory of the set.", completion: .directory) var set: String
    @OptionGroup var form: ReportOptions

    func run() throws {
        let report = form.report()
        var damaged = 0
        for member in try BackupSet(at: set).members() {
            switch member.backup {
            case .success(let backup):
                try report.say(
                    "\(Escaping.message(backup.name))  \(backup.created)  \(Quantity.keys(backup.entries)), "
                        + "\(Quantity.bytes(backup.bytes)); \(Quantity.bytes(backup.newBytes)) new",
                    BackupListCommand.json(backup))
            case .failure(let error):
                damaged += 1
                try report.say(
                    "\(Escaping.message(member.name))  cannot be read: \(Escaping.message(error.message))",
                    ["name": .string(member.name), "problem": .string(error.message)])
            }
        }
        try report.flush()
        if damaged > 0 {
            throw Failure.badData("\(Quantity.counted(damaged, "backup", "backups")) cannot be read")
        }
    }

    static func json(_ backup: Backup) -> JSONObject {
        [
            "name": .string(backup.name), "id": .string(backup.id), "created": .string("\(backup.created)"),
            "created_by": .string(backup.createdBy), "keys": .integer(backup.entries), "bytes": .integer(backup.bytes),
            "chunks": .integer(backup.chunks), "new_bytes": .integer(backup.newBytes),
        ]
    }
}

/// `lvkv backup verify`.
struct BackupVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read backups and compare each chunk with its hash.",
        discussion: """
            A chunk that several backups share is read once.

            EXAMPLES
              lvkv backup verify backups
              lvkv backup verify backups before-upgrade --format jsonl

            EXIT STATUS
              0 all is well, 65 something is damaged
            """)

    @OptionGroup(visibility: .hidden) var place: Place
    @Argument(help: "The directory of the set.", completion: .directory) var set: String
    @Argument(help: "The backups' names; all when none is given.") var names: [String] = []
    @OptionGroup var form: ReportOptions

    func run() throws {
        let report = form.report()
        var problems = 0
        let count = try BackupSet(at: set).verify(names.isEmpty ? nil : names) { name, problem in
            problems += 1
            try report.say(
                "\(Escaping.message(name)): \(problem.file): \(Escaping.message(problem.message))",
                ["name": .string(name), "file": .string(problem.file), "problem": .string(problem.message)])
        }
        try report.say(
            "read \(Quantity.counted(count, "backup", "backups"))",
            ["backups": .integer(count), "problems": .integer(problems)])
        try report.flush()
        if problems > 0 {
            throw Failure.badData("\(Quantity.counted(problems, "problem", "problems")); use another backup")
        }
    }
}

/// `lvkv backup restore`.
struct BackupRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a database of a backup, in a new directory.",
        discussion: """
            The directory of --db must not be there: nothing is ever restored over a database. Each chunk is verified \
            before it is written, and the directory appears when all of it is.

            EXAMPLES
              lvkv --db restored backup restore backups
              lvkv --db restored backup restore backups before-upgrade
            """)

    @OptionGroup var place: Place
    @Argument(help: "The directory of the set.", completion: .directory) var set: String
    @Argument(help: "The backup's name; the youngest when not given.") var name: String?
    @OptionGroup var quiet: QuietOption
    @OptionGroup var form: ReportOptions

    func run() throws {
        let path = try place.path()
        let backup = try BackupSet(at: set).backup(name)
        let progress = Progress(
            "restore", totalBytes: backup.bytes, unit: .keys, quiet: quiet.quiet, updatesBetweenLooks: 1)
        try backup.restore(to: path) { entries, bytes in progress.update(count: entries, bytes: bytes) }
        progress.clear()
        let report = form.report()
        try report.say(
            "restored \(Quantity.keys(backup.entries)) of \(Escaping.message(backup.name)) to \(Escaping.message(path))",
            ["restored": .string(backup.name), "directory": .string(path), "keys": .integer(backup.entries)])
        try report.flush()
    }
}

/// `lvkv backup prune`.
struct BackupPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove old backups, and what killed ones left.",
        discussion: """
            Keeps the youngest ones. Chunks that the others need stay. Backups that cannot be read are left alone.

            EXAMPLES
              lvkv backup prune backups --keep 7 --dry-run
              lvkv backup prune backups --keep 7
            """)

    @OptionGroup(visibility: .hidden) var place: Place
    @Argument(help: "The directory of the set.", completion: .directory) var set: String
    @Option(help: ArgumentHelp("How many to keep.", valueName: "n")) var keep: Int
    @Flag(name: [.customShort("n"), .long], help: "Say what would be removed, and remove nothing.") var dryRun = false
    @OptionGroup var form: ReportOptions

    func validate() throws {
        if keep < 1 { throw ValidationError("--keep must be at least 1; remove the last backup by hand") }
    }

    func run() throws {
        let set = BackupSet(at: set)
        let report = form.report()
        let backups = try set.members().compactMap { try? $0.backup.get() }
        for backup in backups.dropLast(keep) {
            if !dryRun { try set.remove(backup) }
            try report.say(
                "\(dryRun ? "would remove" : "removed") \(Escaping.message(backup.name))",
                [dryRun ? "would_remove" : "removed": .string(backup.name)])
        }
        let unfinished = dryRun ? 0 : try set.removeUnfinished()
        if unfinished > 0 {
            try report.say(
                "removed \(Quantity.counted(unfinished, "unfinished backup", "unfinished backups"))",
                ["removed_unfinished": .integer(unfinished)])
        }
        try report.flush()
    }
}
