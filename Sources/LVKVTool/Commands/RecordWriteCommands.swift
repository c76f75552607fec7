internal import ArgumentParser
internal import LVKV
internal import Records

extension RecordCommand {
    /// `lvkv record put`.
    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "put", abstract: "Write a record, in place of the one with the same key if there is one.",
            discussion: """
                The record is a flat JSON object, given or read from standard input.

                EXAMPLES
                  lvkv --db library record put book '{"genre":"sf","id":"1","title":"Dune","author":"Frank Herbert"}'
                  lvkv --db library record put book < dune.json
                """)

        @OptionGroup var place: Place
        @OptionGroup var record: RecordText
        @OptionGroup var write: WriteOptions

        func run() throws {
            try record.write(in: place, replaces: true, write)
        }
    }

    /// `lvkv record insert`.
    struct Insert: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "insert", abstract: "Write a new record; a record that is there is an error.",
            discussion: """
                EXAMPLES
                  lvkv --db library record insert book '{"genre":"sf","id":"1","title":"Dune","author":"Frank Herbert"}'
                """)

        @OptionGroup var place: Place
        @OptionGroup var record: RecordText
        @OptionGroup var write: WriteOptions

        func run() throws {
            try record.write(in: place, replaces: false, write)
        }
    }

    /// `lvkv record update`.
    struct Update: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change some fields of a record.",
            discussion: """
                EXAMPLES
                  lvkv --db library record update book sf 1 --set year=1965 --set title="Dune Messiah"
                  lvkv --db library record update book sf 1 --null year --unset extra
                """)

        @OptionGroup var place: Place
        @OptionGroup var key: RecordKey
        @OptionGroup var write: WriteOptions
        @Option(help: ArgumentHelp("Give a field this value; may be given often.", valueName: "field=value"))
        var set: [String] = []
        @Option(help: ArgumentHelp("Make a field null; may be given often.", valueName: "field")) var null: [String] =
            []
        @Option(help: ArgumentHelp("Remove a field; may be given often.", valueName: "field")) var unset: [String] = []

        func validate() throws {
            guard !(set.isEmpty && null.isEmpty && unset.isEmpty) else {
                throw ValidationError("nothing to change; give --set field=value, --null field or --unset field")
            }
        }

        func run() throws {
            try write.refuse(at: place)
            let records = try place.records(key.schema)
            let schema = records.schema
            let parts = try key.whole(schema)
            do {
                let changes = try changes(schema)
                try records.remote?.update(key.parts, set: changes)
                _ = try records.local?.update(parts, set: changes, durability: write.durability)
            } catch let error as RecordError where error.code == .notFound {
                throw key.missing
            } catch let error as Failure where error.status == .notFound {
                throw key.missing
            }
            try records.close()
        }

        private func changes(_ schema: SchemaDefinition) throws -> [String: FieldValue?] {
            var changes: [String: FieldValue?] = [:]
            for name in null { changes[name] = .some(.null) }
            for name in unset { changes[name] = .some(nil) }
            for word in set {
                guard let equals = word.firstIndex(of: "=") else {
                    throw Failure.usage("--set '\(word)' has no =; write field=value")
                }
                let name = String(word[..<equals])
                let text = String(word[word.index(after: equals)...])
                // The empty text is a string's value here, as it was said on purpose.
                let isEmptyString = text.isEmpty && schema.field(name)?.type == .scalar(.string)
                let value = isEmptyString ? .scalar(.string("")) : try schema.field(name)?.coerce(text: text)
                changes[name] = .some(value ?? (schema.field(name) == nil ? .scalar(.string(text)) : nil))
            }
            return changes
        }
    }

    /// `lvkv record delete`.
    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Remove a record with all its fields.",
            discussion: """
                EXAMPLES
                  lvkv --db library record delete book sf 1
                  lvkv --db library record delete book sf 1 --dry-run

                EXIT STATUS
                  0 removed, 1 there is no such record or schema
                """)

        @OptionGroup var place: Place
        @OptionGroup var key: RecordKey
        @OptionGroup var write: WriteOptions
        @Flag(name: [.customShort("n"), .long], help: "Print what would be removed, and remove nothing.")
        var dryRun = false

        func run() throws {
            try write.refuse(at: place)
            let records = try place.records(key.schema)
            let parts = try key.whole(records.schema)
            if dryRun {
                guard let record = try records.remote?.get(key.parts) ?? records.local?.get(parts) else {
                    throw key.missing
                }
                let output = Output.standard()
                output.buffer.append(text: "would remove ")
                JSONText.append(record.json, forTerminal: Terminal.outputIsTerminal, to: &output.buffer)
                output.buffer.append(UInt8(ascii: "\n"))
                return try output.flush()
            }
            let wasThere =
                try records.remote?.delete(key.parts) ?? records.local?.delete(parts, durability: write.durability)
            guard wasThere == true else { throw key.missing }
            try records.close()
        }
    }

    /// `lvkv record move`.
    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "move", abstract: "Give a record another key.",
            discussion: """
                EXAMPLES
                  lvkv --db library record move book sf 1 --to fantasy 1
                """)

        @OptionGroup var place: Place
        @OptionGroup var key: RecordKey
        @OptionGroup var write: WriteOptions
        @Option(
            parsing: .upToNextOption, help: ArgumentHelp("The parts of the new key.", valueName: "part"))
        var to: [String]
        @Flag(help: "Replace a record that is there.") var overwrite = false

        func run() throws {
            try write.refuse(at: place)
            let records = try place.records(key.schema)
            let parts = try key.whole(records.schema)
            let destination = try RecordKey.whole(to, of: records.schema)
            do {
                try records.remote?.move(key.parts, to: to, overwriting: overwrite)
                try records.local?.move(parts, to: destination, overwriting: overwrite, durability: write.durability)
            } catch let error as RecordError where error.code == .notFound {
                throw key.missing
            } catch let error as Failure where error.status == .notFound {
                throw key.missing
            }
            try records.close()
        }
    }
}

/// A record as it is given to a command.
struct RecordText: ParsableArguments {
    @Argument(help: "The schema's name.") var schema: String
    @Argument(help: "The record as JSON; standard input when not given.") var json: String = "-"

    /// Writes the record, a new one or in place of the one with the same key.
    func write(in place: Place, replaces: Bool, _ write: WriteOptions) throws {
        try write.refuse(at: place)
        let text = json == "-" ? try Input("-").readAll() : Array(json.utf8)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: text)
        } catch {
            throw Failure.badData("the record is not JSON: \(error)")
        }
        if let remote = try place.remoteRecords(schema) { return try remote.put(value, replaces: replaces) }
        let database = try place.open()
        let records = try database.keyspace.records(schema)
        let record = try records.schema.record(json: value)
        if replaces {
            try records.upsert(record, durability: write.durability)
        } else {
            try records.insert(record, durability: write.durability)
        }
        try database.close()
    }
}
