internal import ArgumentParser
internal import LVKV

// How schemas change: `lvkv schema diff|apply|commit|rollback|history`.
extension SchemaCommand {
    /// `lvkv schema diff`.
    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "Show how a schema file differs from the schema in the database.",
            discussion: """
                Each change is of a class that says what it asks for: instant, verified (each record is read and must \
                fit), built (an index), rewritten (each record is written anew, and that can be rolled back until it \
                is committed) or refused.

                EXAMPLES
                  lvkv --db library schema diff schemas/book.yaml
                """)

        @OptionGroup var place: Place
        @Argument(help: "A schema file, YAML or JSON; - for standard input.", completion: .file()) var file: String
        @Option(help: "text or json.") var format: Format = .text

        func validate() throws { try SchemaCommand.check(format, [.text, .json]) }

        func run() throws {
            let new = try SchemaCommand.read(file)
            let schemas = try place.remoteJSON()?.schemas() ?? place.open().keyspace.schemas
            let output = Output.standard()
            let old = schemas.first { $0.name == new.name }
            let differences = old.map { new.differences(from: $0) } ?? []
            if format == .json {
                try output.line(SchemaCommand.json(differences).text())
            } else if let old {
                if differences.isEmpty {
                    try output.line("schema \(new.name): no difference from version \(old.version)")
                } else {
                    try output.line(
                        "schema \(new.name): version \(old.version) in the database, \(new.version) in the file")
                    for line in SchemaCommand.lines(differences) { try output.line(line) }
                }
            } else {
                try output.line("schema \(new.name): not in the database")
            }
            try output.flush()
        }
    }

    /// `lvkv schema apply`.
    struct Apply: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "apply", abstract: "Put schemas into the database, or newer versions of them.",
            discussion: """
                Creates the database when there is none. A changed schema needs a higher version. What the change asks \
                of the records that are there is shown by 'lvkv schema diff', and with --plan also what is in its way.

                A change of class rewritten keeps the old records until 'lvkv schema commit'; before that 'lvkv schema \
                rollback' brings them back. Ended at any moment, the same command goes on.

                EXAMPLES
                  lvkv --db library schema apply schemas/book.yaml
                  lvkv --db library schema apply --plan schemas/book.yaml

                EXIT STATUS
                  0 done, or with --plan nothing is in the way; 65 something is, and nothing was changed
                """)

        @OptionGroup var place: Place
        @OptionGroup var quiet: QuietOption
        @Argument(help: "Schema files, YAML or JSON; - for standard input.", completion: .file()) var files: [String]
        @Flag(help: "Say what would be done and what is in the way, and change nothing.") var plan = false

        func run() throws {
            let schemas = try files.map { try SchemaCommand.read($0) }
            let output = Output.standard()
            var obstacles = 0
            if let remote = try place.remoteJSON() {
                for schema in schemas where !plan { try SchemaCommand.apply(schema, at: remote, output) }
                for schema in schemas where plan {
                    guard let reply = try remote.json(["LV.SCHEMA", "PLAN", schema.json.text()]),
                        let plan = SchemaPlan(json: reply)
                    else { throw remote.unexpected }
                    obstacles += plan.obstacleCount
                    for line in SchemaCommand.describe(plan, of: schema) { try output.line(line) }
                }
                try output.flush()
                return try SchemaCommand.refuse(obstacles)
            }
            let database = try plan ? place.open() : place.create()
            for (file, schema) in zip(files, schemas) {
                if plan {
                    let plan = try database.keyspace.plan(schema)
                    obstacles += plan.obstacleCount
                    for line in SchemaCommand.describe(plan, of: schema) { try output.line(line) }
                    continue
                }
                do {
                    try SchemaCommand.apply(schema, to: database, output, quiet: quiet.quiet)
                } catch var error as RecordError {
                    if error.place == nil { error.place = file }
                    throw error
                }
            }
            try database.close()
            try output.flush()
            try SchemaCommand.refuse(obstacles)
        }
    }

    /// `lvkv schema commit`.
    struct Commit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "commit", abstract: "Let the records of before a rewrite go; it cannot be rolled back then.",
            discussion: """
                Ended at any moment, the same command goes on.

                EXAMPLES
                  lvkv --db library schema commit book
                """)

        @OptionGroup var place: Place
        @OptionGroup var quiet: QuietOption
        @Argument(help: "The schema's name.") var name: String

        func run() throws {
            let version: Int
            if let remote = try place.remoteJSON() {
                _ = try remote.run(["LV.SCHEMA", "COMMIT", name])
                version = try remote.schema(name).version
            } else {
                let database = try place.open()
                try SchemaCommand.withProgress(quiet.quiet) { try database.keyspace.commit(name, progress: $0) }
                version = try database.keyspace.records(name).schema.version
                try database.close()
            }
            let output = Output.standard()
            try output.line("schema \(name): committed, version \(version)")
            try output.flush()
        }
    }

    /// `lvkv schema rollback`.
    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Bring back the schema and the records of before a rewrite.",
            discussion: """
                The records are, byte for byte, what they were when the new version took its place. What was written \
                since goes: --dry-run counts it. Ended at any moment, the same command goes on.

                EXAMPLES
                  lvkv --db library schema rollback --dry-run book
                  lvkv --db library schema rollback book
                """)

        @OptionGroup var place: Place
        @OptionGroup var quiet: QuietOption
        @Argument(help: "The schema's name.") var name: String
        @Flag(help: "Say what would be undone, and change nothing.") var dryRun = false

        func run() throws {
            let plan = try place.remoteJSON().map(rollBack) ?? rollBackHere()
            let output = Output.standard()
            let records = Quantity.counted(plan.records, "record", "records")
            try output.line(
                "schema \(name): \(dryRun ? "would be rolled back" : "rolled back") to version \(plan.version), with \(records)"
            )
            for (count, what) in [
                (plan.changed, "changed"), (plan.inserted, "added"), (plan.deleted, "removed"),
            ] {
                guard let count, count > 0 else { continue }
                try output.line("  undone: \(Quantity.counted(count, "record", "records")) \(what) since")
            }
            try output.flush()
        }

        private func rollBackHere() throws -> RollbackPlan {
            let database = try place.open()
            let plan = try database.keyspace.undoneByRollback(of: name)
            if !dryRun {
                try SchemaCommand.withProgress(quiet.quiet) { try database.keyspace.rollback(name, progress: $0) }
            }
            try database.close()
            return plan
        }

        private func rollBack(at remote: ServerConnection) throws -> RollbackPlan {
            guard let reply = try remote.json(["LV.SCHEMA", "ROLLBACK", name] + (dryRun ? ["CHECK"] : [])),
                let plan = RollbackPlan(json: reply)
            else { throw remote.unexpected }
            return plan
        }
    }

    /// `lvkv schema history`.
    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "history", abstract: "Show what happened to a schema: each version, its date and its changes.",
            discussion: """
                EXAMPLES
                  lvkv --db library schema history book
                  lvkv --db library schema history book --format jsonl
                """)

        @OptionGroup var place: Place
        @Argument(help: "The schema's name.") var name: String
        @Option(help: "text, json or jsonl; the last two with the whole schemas.") var format: Format = .text

        func validate() throws { try SchemaCommand.check(format, [.text, .json, .jsonl]) }

        func run() throws {
            let (events, advice) = try place.remoteJSON().map(history) ?? historyHere()
            let output = Output.standard()
            switch format {
            case .text:
                for event in events {
                    let migration = event.migration.map { " by \(Escaping.message($0))" } ?? ""
                    try output.line("version \(event.version)  \(event.date)  \(event.kind.words)\(migration)")
                    for line in SchemaCommand.lines(event.differences) { try output.line(line) }
                }
                if let advice { try output.line(advice) }
            default:
                let texts = events.map { $0.json.text() }
                for text in format == .jsonl ? texts : ["[\(texts.joined(separator: ",\n "))]"] {
                    try output.line(text)
                }
            }
            try output.flush()
        }

        private func historyHere() throws -> ([SchemaEvent], advice: String?) {
            let keyspace = try place.open().keyspace
            return (try keyspace.history(of: name), try keyspace.migration(of: name)?.advice)
        }

        private func history(at remote: ServerConnection) throws -> ([SchemaEvent], advice: String?) {
            guard case .object(let reply)? = try remote.json(["LV.SCHEMA", "HISTORY", name]),
                case .array(let events)? = reply["events"]
            else { throw remote.unexpected }
            var advice: String?
            if case .string(let text)? = reply["advice"] { advice = text }
            return (try events.map { try SchemaEvent($0) }, advice)
        }
    }
}

extension SchemaCommand {
    /// Ends a plan that cannot be carried out.
    fileprivate static func refuse(_ obstacles: Int) throws(Failure) {
        guard obstacles > 0 else { return }
        throw Failure.badData(
            "\(Quantity.counted(obstacles, "obstacle is", "obstacles are")) in the way; nothing was changed")
    }

    private static func apply(
        _ schema: SchemaDefinition, to database: Database, _ output: Output, quiet: Bool
    ) throws {
        let change = try withProgress(quiet) { try database.keyspace.apply(schema, progress: $0) }
        try say(change.outcome, change.differences, toBuild: change.indexesToBuild, schema, output)
    }

    private static func apply(_ schema: SchemaDefinition, at remote: ServerConnection, _ output: Output) throws {
        let old = try remote.schemas().first { $0.name == schema.name }
        let reply = try remote.json(["LV.SCHEMA", "APPLY", schema.json.text()])
        guard case .object(let change)? = reply, case .string(let outcome)? = change["outcome"] else {
            throw remote.unexpected
        }
        func number(_ name: String) -> Int {
            if case .number(let number)? = change[name] { Int(clamping: number.integer ?? 0) } else { 0 }
        }
        var toBuild: [String] = []
        if case .array(let names)? = change["indexesToBuild"] {
            for case .string(let name) in names { toBuild.append(name) }
        }
        let happened: SchemaChange.Outcome =
            switch outcome {
            case "created": .created
            case "unchanged": .unchanged
            case "migrated": .migrated(from: number("from"), records: number("records"))
            default: .updated(from: number("from"))
            }
        // What is unchanged differs in nothing, and what is new from nothing.
        try say(happened, old.map { schema.differences(from: $0) } ?? [], toBuild: toBuild, schema, output)
    }

    private static func say(
        _ outcome: SchemaChange.Outcome, _ differences: [SchemaDifference], toBuild: [String],
        _ schema: SchemaDefinition, _ output: Output
    ) throws {
        switch outcome {
        case .created: try output.line("schema \(schema.name): created, version \(schema.version)")
        case .unchanged: try output.line("schema \(schema.name): unchanged, version \(schema.version)")
        case .updated(let old):
            try output.line("schema \(schema.name): updated from version \(old) to \(schema.version)")
        case .migrated(let old, let records):
            try output.line(
                "schema \(schema.name): updated from version \(old) to \(schema.version), "
                    + "\(Quantity.counted(records, "record", "records")) written anew")
        }
        for line in lines(differences) { try output.line(line) }
        if case .migrated = outcome {
            try output.line(
                "  until 'lvkv schema commit \(schema.name)' it can be undone: lvkv schema rollback \(schema.name)")
        }
        for index in toBuild {
            try output.line("  index \(index) is to be built: lvkv index rebuild \(schema.name) \(index)")
        }
    }

    /// Calls `body` with what shows how far a rewrite is, a bar for each of its steps.
    fileprivate static func withProgress<Result>(
        _ quiet: Bool, _ body: ((MigrationProgress) -> Void) throws -> Result
    ) rethrows -> Result {
        var phase: MigrationPhase?
        var bar: Progress?
        defer { bar?.clear() }
        return try body { progress in
            if progress.phase != phase {
                bar?.clear()
                phase = progress.phase
                bar = Progress(
                    progress.phase.rawValue, totalBytes: nil, unit: .rows, quiet: quiet, updatesBetweenLooks: 1)
            }
            bar?.update(count: progress.count, bytes: 0)
        }
    }

    /// What a plan says, a line each.
    private static func describe(_ plan: SchemaPlan, of schema: SchemaDefinition) -> [String] {
        var lines: [String] = []
        if let old = plan.oldVersion {
            guard !plan.differences.isEmpty || plan.obstacleCount > 0 else {
                return ["schema \(schema.name): nothing would change, version \(old)"]
            }
            lines.append("schema \(schema.name): version \(schema.version) would take the place of \(old)")
        } else {
            lines.append("schema \(schema.name): would be created, version \(schema.version)")
        }
        lines += self.lines(plan.differences)
        if plan.records > 0 {
            let records = Quantity.counted(plan.records, "record", "records")
            lines.append("  \(records) would be \(plan.rewrites ? "written anew" : "read")")
        }
        for index in plan.indexesToBuild { lines.append("  index \(index) would be built") }
        for obstacle in plan.obstacles { lines.append("  in the way: \(Escaping.message("\(obstacle)"))") }
        if plan.obstacleCount > plan.obstacles.count {
            lines.append("  and \(Quantity.grouped(plan.obstacleCount - plan.obstacles.count)) more")
        }
        return lines
    }

    /// Differences for people, a line each with its class.
    static func lines(_ differences: [SchemaDifference]) -> [String] {
        let width = differences.map(\.kind.rawValue.count).max() ?? 0
        return differences.map { difference in
            let kind = difference.kind.rawValue
            let space = String(repeating: " ", count: width - kind.count)
            return "  \(kind):\(space) \(Escaping.message(difference.description))"
        }
    }

    private static func json(_ differences: [SchemaDifference]) -> JSONValue {
        .array(differences.map(\.json))
    }
}

extension SchemaEvent.Kind {
    fileprivate var words: String { self == .rolledBack ? "rolled back to" : rawValue }
}
