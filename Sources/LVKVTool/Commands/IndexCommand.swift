internal import ArgumentParser
internal import LVKV

/// `lvkv index`.
struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "List, check and build the indexes of a schema.",
        discussion: """
            Indexes are declared in schema files. Records are found by them with 'lvkv record find'.

            EXAMPLES
              lvkv --db library index list book
              lvkv --db library index rebuild book byAuthor
            """,
        subcommands: [List.self, Verify.self, Rebuild.self])

    /// `lvkv index list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the indexes of a schema, or of all schemas.",
            discussion: """
                EXAMPLES
                  lvkv --db library index list
                  lvkv --db library index list book --format jsonl
                """)

        @OptionGroup var place: Place
        @Argument(help: "The schema's name.") var schema: String?
        @Option(help: "text, json or jsonl.") var format: Format = .text

        func validate() throws { try SchemaCommand.check(format, [.text, .json, .jsonl]) }

        func run() throws {
            let indexes = try place.remoteJSON().map(indexes) ?? indexesHere()
            let output = Output.standard()
            if format == .text {
                var table = Table(
                    ["schema", "index", "id", "on", "is", "state"],
                    width: Terminal.outputIsTerminal ? Terminal.width : .max, isColored: Terminal.hasColor)
                var lines: [String] = []
                for (schema, definition, isReady) in indexes {
                    lines += table.add([
                        .text(schema), .text(definition.name), .number("\(definition.id)"),
                        .text(Escaping.message(IndexCommand.parts(of: definition))),
                        .text(IndexCommand.words(for: definition)), .text(IndexCommand.state(isReady)),
                    ])
                }
                if !indexes.isEmpty { lines += table.end() }
                for line in lines { try output.line(line) }
            } else {
                let texts = indexes.map { IndexCommand.json($0).text() }
                for text in format == .jsonl ? texts : ["[\(texts.joined(separator: ",\n "))]"] {
                    try output.line(text)
                }
            }
            try output.flush()
        }

        private func indexesHere() throws -> [Listed] {
            let keyspace = try place.open().keyspace
            let schemas = try schema.map { [try keyspace.records($0).schema] } ?? keyspace.schemas
            return try schemas.flatMap { schema in
                try keyspace.indexes(of: schema.name).map { (schema.name, $0.definition, $0.isReady) }
            }
        }

        private func indexes(at remote: ServerConnection) throws -> [Listed] {
            let schemas = try schema.map { [try remote.schema($0)] } ?? remote.schemas()
            return try schemas.flatMap { schema -> [Listed] in
                guard case .array(let states)? = try remote.json(["LV.INDEX", "LIST", schema.name]) else {
                    throw remote.unexpected
                }
                let ready = states.compactMap { state -> JSONValue? in
                    if case .object(let state) = state, state["ready"] == .bool(true) { state["name"] } else { nil }
                }
                return schema.indexes.map { (schema.name, $0, ready.contains(.string($0.name))) }
            }
        }
    }

    /// An index with what it is of, and whether it can be read.
    typealias Listed = (schema: String, index: IndexDefinition, isReady: Bool)

    /// `lvkv index verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Compare indexes with the records, both ways, and print each difference.",
            discussion: """
                Records and indexes are compared as they are at one moment. Nothing is changed; rebuild an index that \
                differs.

                EXAMPLES
                  lvkv --db library index verify book

                EXIT STATUS
                  0 all is well, 65 there are differences
                """)

        @OptionGroup var place: Place
        @Argument(help: "The schema's name.") var schema: String
        @Argument(help: "The index's name; all without it.") var name: String?
        @OptionGroup var form: ReportOptions

        func run() throws {
            let report = form.report()
            func say(_ difference: IndexDifference) throws {
                try report.say(Escaping.message("\(difference)"), IndexCommand.json(difference))
            }
            let result =
                try place.remoteJSON().map { try verify(at: $0, say) }
                ?? place.open().keyspace.verifyIndexes(of: schema, name.map { [$0] }, report: say)
            for index in result.unbuilt {
                try report.say(
                    "index \(index): passed over, it is still to be built",
                    ["index": .string(index), "state": "building"])
            }
            try report.say(
                "compared \(Quantity.counted(result.records, "record", "records")) with "
                    + Quantity.counted(result.entries, "entry", "entries"),
                [
                    "records": .integer(result.records), "entries": .integer(result.entries),
                    "differences": .integer(result.differences),
                ])
            try report.flush()
            guard result.differences == 0 else {
                throw Failure.badData(
                    "\(Quantity.counted(result.differences, "difference", "differences")); rebuild what differs: "
                        + "lvkv index rebuild \(schema)")
            }
        }

        /// A server tells of the first hundred differences.
        private func verify(
            at remote: ServerConnection, _ say: (IndexDifference) throws -> Void
        ) throws -> IndexVerification {
            let words = ["LV.INDEX", "VERIFY", schema] + (name.map { [$0] } ?? [])
            guard case .object(let reply)? = try remote.json(words), let records = reply.integer("records"),
                let entries = reply.integer("entries"), let differences = reply.integer("differences"),
                case .array(let unbuilt)? = reply["unbuilt"], case .array(let first)? = reply["first"]
            else { throw remote.unexpected }
            for difference in first.compactMap({ IndexDifference(json: $0) }) { try say(difference) }
            return IndexVerification(
                records: records, entries: entries, differences: differences,
                unbuilt: unbuilt.compactMap { if case .string(let name) = $0 { name } else { nil } })
        }
    }

    /// `lvkv index rebuild`.
    struct Rebuild: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rebuild", abstract: "Build indexes from the records.",
            discussion: """
                An index that is still to be built is built from where that stopped, one that is there anew. It can be \
                read only when that is done. Ended at any moment, the same command goes on.

                EXAMPLES
                  lvkv --db library index rebuild book
                  lvkv --db library index rebuild book byAuthor
                """)

        @OptionGroup var place: Place
        @OptionGroup var quiet: QuietOption
        @Argument(help: "The schema's name.") var schema: String
        @Argument(help: "The index's name; all without it.") var name: String?
        @OptionGroup var form: ReportOptions

        func run() throws {
            let report = form.report()
            if let remote = try place.remoteJSON() {
                for name in try name.map({ [$0] }) ?? remote.schema(schema).indexes.map(\.name) {
                    try say(name, try remote.integer(["LV.INDEX", "REBUILD", schema, name]), report)
                }
                return try report.flush()
            }
            let database = try place.open()
            let names = try name.map { [$0] } ?? database.keyspace.indexes(of: schema).map(\.definition.name)
            for name in names {
                let progress = Progress(
                    "index \(name)", totalBytes: nil, unit: .rows, quiet: quiet.quiet, updatesBetweenLooks: 1)
                let count = try database.keyspace.rebuildIndex(name, of: schema) { count in
                    progress.update(count: count, bytes: 0)
                }
                progress.clear()
                try say(name, count, report)
            }
            try database.close()
            try report.flush()
        }

        private func say(_ name: String, _ count: Int, _ report: Report) throws {
            try report.say(
                "index \(name): built from \(Quantity.counted(count, "record", "records"))",
                ["index": .string(name), "records": .integer(count)])
        }
    }
}

extension IndexCommand {
    /// What an index is over, as a schema file says it.
    static func parts(of index: IndexDefinition) -> String {
        index.parts.map { $0.isDescending ? "\($0.path) desc" : $0.path }.joined(separator: ", ")
    }

    /// What else a schema file says of it.
    static func words(for index: IndexDefinition) -> String {
        var words = (index.isUnique ? ["unique"] : []) + (index.isSparse ? ["sparse"] : [])
        if !index.include.isEmpty { words.append("includes \(index.include.joined(separator: ", "))") }
        return words.joined(separator: ", ")
    }

    private static func state(_ isReady: Bool) -> String { isReady ? "ready" : "building" }

    private static func json(_ difference: IndexDifference) -> JSONObject {
        [
            "difference": .string(difference.kind.rawValue), "index": .string(difference.index),
            "record": difference.record.map { .string($0) } ?? .null, "values": .string(difference.values),
        ]
    }

    private static func json(_ listed: Listed) -> JSONValue {
        let definition = listed.index
        return .object([
            "schema": .string(listed.schema), "index": .string(definition.name), "id": .integer(definition.id),
            "on": .array(
                definition.parts.map { $0.isDescending ? .object([$0.path: "desc"]) : .string($0.path) }),
            "unique": .bool(definition.isUnique), "sparse": .bool(definition.isSparse),
            "include": .array(definition.include.map { .string($0) }), "state": .string(state(listed.isReady)),
        ])
    }
}
