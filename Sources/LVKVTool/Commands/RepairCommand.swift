internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv repair`.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Make a database of what can be read of a damaged one, in a new directory.",
        discussion: """
            The last resort where there is no backup: what cannot be read is lost, and what was deleted or overwritten \
            may come back. Works on a copy, DIR.repaired unless --to names another; the damaged database stays as it is. \
            Says what could not be read, and what of the rest is not as it should be. Nothing runs this by itself.

            EXAMPLES
              lvkv --db library repair --dry-run
              lvkv --db library repair --to repaired

            EXIT STATUS
              0 all that was recovered is well, 65 some of it is not, or nothing could be recovered
            """)

    @OptionGroup var place: Place
    @Option(
        help: ArgumentHelp("The new directory; DIR.repaired when not given.", valueName: "dir"), completion: .directory)
    var to: String?
    @Flag(name: [.customShort("n"), .long], help: "Say what would be read, and change nothing.") var dryRun = false
    @OptionGroup var form: ReportOptions

    func run() throws {
        var path = try place.path()
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        let target = to ?? path + ".repaired"
        let files = try DatabaseFiles(at: path)
        let report = form.report()
        if dryRun {
            try report.say(
                "would make \(Escaping.message(target)) of \(Escaping.message(path)): \(files.summary)",
                files.json(would: "repair", path))
            return try report.flush()
        }
        let summary = try LevelDBStore.repair(copyOf: path, to: target) { try report.say($0) }
        for loss in summary.losses { try report.say("lost: \(Escaping.message(loss))", ["lost": .string(loss)]) }
        try report.say(summary.verification)
        try report.say("repaired to \(Escaping.message(target))", ["directory": .string(target)])
        try report.flush()
        guard summary.verification.isClean else {
            throw Failure.badData(
                "\(Quantity.counted(summary.verification.problems, "problem", "problems")) left in \(target); correct or "
                    + "delete what is listed")
        }
    }
}
