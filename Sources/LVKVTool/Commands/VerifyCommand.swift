internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read everything, with checksums, and say what is wrong.",
        discussion: """
            Checks each block's checksum and the order of the keys; lists, hashes, sets and sorted sets against their \
            metadata and counts; the expiry queue and what waits to be reclaimed; the catalogue; each record against \
            its schema; and indexes against records. All of one moment. Nothing is changed.

            A line a problem begins with its kind: damage, order, metadata, elements, count, expiry, garbage, \
            identifier, catalogue, record, index or unknown. Damage is told by the readable keys around it.

            EXAMPLES
              lvkv --db library verify
              lvkv --db library verify --format jsonl

            EXIT STATUS
              0 all is well, 65 something is wrong
            """)

    @OptionGroup var place: Place
    @OptionGroup var quiet: QuietOption
    @OptionGroup var form: ReportOptions

    func run() throws {
        // Without the catalogue: a damaged one is a problem to be told, not a reason to stop.
        let store = try LevelDBStore(at: try place.path(), options: LevelDBOptions(mode: .existing))
        let report = form.report()
        let result = try VerifyCommand.verify(store, report, quiet: quiet.quiet)
        try report.flush()
        try store.close()
        guard result.isClean else {
            throw Failure.badData(
                "\(Quantity.counted(result.problems, "problem", "problems")); restore a backup, correct or delete what is "
                    + "listed, or keep what can be read with lvkv repair")
        }
    }

    /// Verifies a store and says what was found.
    static func verify(_ store: LevelDBStore, _ report: Report, quiet: Bool) throws -> Verification {
        let total = TableList(try store.property("leveldb.sstables") ?? "").bytes
        let progress = Progress("verify", totalBytes: total, unit: .keys, quiet: quiet, updatesBetweenLooks: 1)
        let result = try store.verify(
            progress: { keys, position in
                progress.update(
                    count: keys, bytes: Int(clamping: (try? store.approximateSize(of: KeyRange(to: position))) ?? 0))
            },
            report: { problem in
                progress.clear()
                try report.say(problem)
            })
        progress.clear()
        try report.say(result)
        return result
    }
}

extension Report {
    /// Says what is wrong.
    func say(_ problem: StoredProblem) throws {
        try say(
            "\(problem.kind) \(Report.place(of: problem)): \(Escaping.message(problem.message))", Report.json(problem))
    }

    private static func place(of problem: StoredProblem) -> String {
        let key = "'\(Escaping.text(problem.key.span))'"
        guard problem.kind == .damage else {
            guard let database = problem.database, database != 0 else { return key }
            return "\(key) of database \(database)"
        }
        let after = problem.key.isEmpty ? "the start" : key
        return "between \(after) and \(problem.upper.map { "'\(Escaping.text($0.span))'" } ?? "the end")"
    }

    private static func json(_ problem: StoredProblem) -> JSONObject {
        var object: JSONObject = ["problem": .string("\(problem.kind)")]
        if problem.kind == .damage {
            if !problem.key.isEmpty { object.add("after", bytes: problem.key.span) }
            if let upper = problem.upper { object.add("before", bytes: upper.span) }
        } else {
            object.add("key", bytes: problem.key.span)
            if let database = problem.database { object["database"] = .integer(database) }
        }
        object["message"] = .string(problem.message)
        return object
    }

    /// Says what was read.
    func say(_ result: Verification) throws {
        try say(
            "read \(Quantity.keys(result.keys)), \(Quantity.bytes(result.bytes))",
            ["keys": .integer(result.keys), "bytes": .integer(result.bytes), "problems": .integer(result.problems)])
        if !result.structures.isEmpty {
            let kinds = result.structures.sorted { $0.key.rawValue < $1.key.rawValue }
            var object = JSONObject()
            for (kind, count) in kinds { object["\(kind)"] = .integer(count) }
            try say(
                "structures: \(kinds.map { "\($1) \($0)" }.joined(separator: ", ")); "
                    + "\(Quantity.counted(result.elements, "element has a key", "elements have keys")) of their own",
                ["structures": .object(object), "elements": .integer(result.elements)])
        }
        for schema in result.schemas {
            try say(
                "schema \(schema.name): \(Quantity.counted(schema.records, "record", "records")), "
                    + Quantity.counted(schema.entries, "index entry", "index entries"),
                [
                    "schema": .string(schema.name), "records": .integer(schema.records),
                    "entries": .integer(schema.entries),
                ])
        }
    }
}
