internal import ArgumentParser
internal import LVKV

/// `lvkv schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Say what keys mean: apply, change, list, show, remove and check schemas.",
        discussion: """
            EXAMPLES
              lvkv --db library schema apply schemas/book.yaml
              lvkv --db library schema diff schemas/book.yaml
              lvkv --db library schema list
            """,
        subcommands: [
            Apply.self, Diff.self, Commit.self, Rollback.self, History.self, List.self, Show.self, Remove.self,
            Check.self,
        ])

    /// `lvkv schema list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the schemas.",
            discussion: """
                EXAMPLES
                  lvkv --db library schema list
                  lvkv --db library schema list --format jsonl
                """)

        @OptionGroup var place: Place
        @Option(help: "text, json or jsonl.") var format: Format = .text

        func validate() throws { try SchemaCommand.check(format, [.text, .json, .jsonl]) }

        func run() throws {
            let schemas = try place.remoteJSON()?.schemas() ?? place.open().keyspace.schemas
            let output = Output.standard()
            if format == .text {
                var table = Table(
                    ["name", "version", "key", "encoding"], width: Terminal.outputIsTerminal ? Terminal.width : .max,
                    isColored: Terminal.hasColor)
                var lines: [String] = []
                for schema in schemas {
                    lines += table.add([
                        .text(schema.name), .number("\(schema.version)"), .text("\(schema.layout.template)"),
                        .text("\(schema.layout.encoding)"),
                    ])
                }
                if !schemas.isEmpty { lines += table.end() }
                for line in lines { try output.line(line) }
            } else {
                let texts = schemas.map { $0.json.text() }
                for text in format == .jsonl ? texts : ["[\(texts.joined(separator: ",\n "))]"] {
                    try output.line(text)
                }
            }
            try output.flush()
        }
    }

    /// `lvkv schema show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one schema: its key, its fields and how they are ordered.",
            discussion: """
                A part of the key is 'strict' when the keys are in the order of its values, so that ranges of it are \
                ranges of keys; it is 'grouped' when only equality and starts-with are.

                EXAMPLES
                  lvkv --db library schema show book
                  lvkv --db library schema show book --format json > book.json
                """)

        @OptionGroup var place: Place
        @Argument(help: "The schema's name.") var name: String
        @Option(help: "text or json.") var format: Format = .text

        func validate() throws { try SchemaCommand.check(format, [.text, .json]) }

        func run() throws {
            let remote = try place.remoteJSON()
            let database = try remote == nil ? place.open() : nil
            guard let schema = try remote?.schema(name) ?? database?.keyspace.records(name).schema else { return }
            let output = Output.standard()
            if format == .json {
                try output.line(schema.json.text(.pretty))
            } else {
                for line in SchemaCommand.describe(schema) { try output.line(line) }
                if let migration = try database?.keyspace.migration(of: name) { try output.line(migration.advice) }
                if case .object(let history)? = try remote?.json(["LV.SCHEMA", "HISTORY", name]),
                    case .string(let advice)? = history["advice"]
                {
                    try output.line(advice)
                }
            }
            try output.flush()
        }
    }

    /// `lvkv schema remove`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Take a schema out of the database.",
            discussion: """
                A schema with records stays, unless they are to be kept as plain keys.

                EXAMPLES
                  lvkv --db library schema remove book
                  lvkv --db library schema remove book --keep-data
                """)

        @OptionGroup var place: Place
        @Argument(help: "The schema's name.") var name: String
        @Flag(help: "Leave the records as plain keys.") var keepData = false

        func run() throws {
            if let remote = try place.remoteJSON() {
                _ = try remote.run(["LV.SCHEMA", "REMOVE", name] + (keepData ? ["KEEPDATA"] : []))
                return
            }
            let database = try place.open()
            try database.keyspace.removeSchema(name, keepData: keepData)
            try database.close()
        }
    }

    /// `lvkv schema check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Read schema files and show what they say; needs no database.",
            discussion: """
                EXAMPLES
                  lvkv schema check schemas/book.yaml
                """)

        @OptionGroup(visibility: .hidden) var place: Place
        @Argument(help: "Schema files, YAML or JSON; - for standard input.", completion: .file()) var files: [String]

        func run() throws {
            let output = Output.standard()
            for file in files {
                for line in SchemaCommand.describe(try SchemaCommand.read(file)) { try output.line(line) }
            }
            try output.flush()
        }
    }
}

extension SchemaCommand {
    /// The most that a schema file has.
    private static let mostBytes = 16 << 20

    static func read(_ file: String) throws -> SchemaDefinition {
        let input = try Input(file)
        let bytes = try input.readAll(atMost: mostBytes)
        guard let text = bytes.span.validText else { throw Failure.badData("\(input.name): the file is not UTF-8") }
        return try SchemaDefinition(parsing: text, file: input.name)
    }

    static func check(_ format: Format, _ allowed: [Format]) throws {
        guard !allowed.contains(format) else { return }
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--format \(format.rawValue) makes no sense here; one of \(names)")
    }

    /// The schema for people, a line each.
    static func describe(_ schema: SchemaDefinition) -> [String] {
        let layout = schema.layout
        var lines = [
            "schema \(schema.name), version \(schema.version)",
            "key     \(layout.template), encoding \(layout.encoding), layout \(schema.recordLayout)",
        ]
        var table = Table(
            ["field", "id", "type", "is", "order", "checks"],
            width: Terminal.outputIsTerminal ? Terminal.width : .max, isColored: Terminal.hasColor)
        for (field, component) in zip(schema.keyFields, layout.components) {
            lines += table.add(row(field, "key part", "\(component.orderClass)"))
        }
        for field in schema.storedFields {
            let words = (field.isRequired ? ["required"] : []) + (field.isNullable ? ["nullable"] : [])
            lines += table.add(row(field, words.joined(separator: ", "), ""))
        }
        lines += table.end()
        guard !schema.indexes.isEmpty else { return lines }
        var indexes = Table(
            ["index", "id", "on", "is"], width: Terminal.outputIsTerminal ? Terminal.width : .max,
            isColored: Terminal.hasColor)
        for index in schema.indexes {
            lines += indexes.add([
                .text(index.name), .number("\(index.id)"), .text(Escaping.message(IndexCommand.parts(of: index))),
                .text(IndexCommand.words(for: index)),
            ])
        }
        return lines + indexes.end()
    }

    private static func row(_ field: FieldDefinition, _ role: String, _ order: String) -> [Table.Cell] {
        var type = "json"
        if case .scalar(let scalar) = field.type { type = "\(scalar)" }
        var checks: [String] = []
        if let most = field.maxBytes { checks.append("at most \(Quantity.bytes(most))") }
        if let pattern = field.pattern { checks.append("like \(Escaping.message(pattern.source))") }
        if let minimum = field.minimum { checks.append("from \(minimum)") }
        if let maximum = field.maximum { checks.append("to \(maximum)") }
        if let value = field.defaultValue { checks.append("else \(Escaping.message("\(value)"))") }
        return [
            .text(field.name), .number("\(field.id)"), .text(type), .text(role), .text(order),
            .text(checks.joined(separator: ", ")),
        ]
    }
}
