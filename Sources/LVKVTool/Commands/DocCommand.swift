internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv doc`.
struct DocCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doc", abstract: "Keep JSON documents in collections, and find and change them.",
        discussion: """
            Filters and updates are those of MongoDB: $eq $ne $gt $gte $lt $lte $in $nin $exists $regex $and $or $nor $not, \
            and $set $unset $inc $push $pull $addToSet $rename $min $max. A document without _id gets one.

            EXAMPLES
              lvkv --db library doc insert notes '{"title":"Dune","tags":["sf"]}'
              lvkv --db library doc find notes '{"tags":"sf"}' --sort '{"title":1}' --limit 10
              lvkv --db library doc update notes '{"title":"Dune"}' '{"$inc":{"read":1}}'
              lvkv --db library import --collection notes notes.jsonl
              lvkv --db library export --schema notes notes.jsonl
            """,
        subcommands: [
            Insert.self, Find.self, Update.self, Replace.self, Delete.self, Count.self, Distinct.self, Index.self,
            DropIndex.self,
        ])

    /// `lvkv doc insert`.
    struct Insert: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "insert", abstract: "Insert documents, all or none, and print their ids.",
            discussion: """
                Documents are arguments, or come from standard input: one, an array of them, or one a line. For files of \
                any length take 'lvkv import --collection'.

                EXAMPLES
                  lvkv --db library doc insert notes '{"title":"Dune"}' '{"_id":7,"title":"Emma"}'
                  lvkv --db library doc insert notes < notes.jsonl
                """)

        @OptionGroup var place: Place
        @OptionGroup var write: WriteOptions
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "The documents as JSON; standard input when there are none.") var documents: [String] = []

        func run() throws {
            var objects: [JSONObject] = []
            if documents.isEmpty || documents == ["-"] {
                objects = try DocumentText.documents(try Input("-").readAll(), name: "standard input")
            } else {
                for text in documents { objects.append(try DocumentText.object(text, what: "the document")) }
            }
            let ids = try insert(objects)
            let output = Output.standard()
            for id in ids { try output.line(id.text()) }
            try output.flush()
        }

        private func insert(_ objects: [JSONObject]) throws -> [JSONValue] {
            try write.refuse(at: place)
            if let remote = try place.remoteJSON() {
                guard !objects.isEmpty else { return [] }
                return try remote.values(
                    ["LV.DOC", "INSERT", collection] + objects.map { JSONValue.object($0).text() })
            }
            let database = try place.create()
            let ids = try database.documents(collection).insertMany(objects, durability: write.durability)
            try database.close()
            return ids
        }
    }

    /// `lvkv doc find`.
    struct Find: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "find", abstract: "Print the documents that a filter is true of.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc find notes
                  lvkv --db library doc find notes '{"year":{"$gte":1950},"author.name":"Lem"}'
                  lvkv --db library doc find notes '{"tags":"sf"}' --sort '{"year":-1}' --skip 20 --limit 10
                  lvkv --db library doc find notes --project '{"title":1,"_id":0}' --format json

                EXIT STATUS
                  0 done, also when there are none
                """)

        @OptionGroup var place: Place
        @OptionGroup var what: DocumentFilter
        @Option(help: ArgumentHelp("Paths with 1 for smaller values first, -1 for larger.", valueName: "json"))
        var sort: String?
        @Option(help: "Leave out so many of the first.") var skip = 0
        @Option(help: "The most documents.") var limit: Int?
        @Option(help: ArgumentHelp("Paths with 1 for what is wanted, or 0 for what is not.", valueName: "json"))
        var project: String?
        @Option(help: "jsonl, json, or text: a member a line. Without it: jsonl.") var format: Format = .jsonl
        @Flag(help: "Say how they are found, and what is read for it.") var explain = false

        func validate() throws { try SchemaCommand.check(format, [.text, .json, .jsonl]) }

        func run() throws {
            let filter = try what.object()
            let order = try DocumentText.object(sort ?? "{}", what: "--sort")
            let projection = try DocumentText.object(project ?? "{}", what: "--project")
            let remote = try place.remoteJSON()
            let words = words(filter, sort: order, projection)
            let database = try remote == nil ? place.open() : nil
            let documents = try database?.documents(what.collection)
            let output = Output.standard()
            if explain {
                guard
                    let explanation = try remote?.json(words + ["EXPLAIN"]).map({ QueryExplanation(json: $0) })
                        ?? documents?.explain(filter, sort: order, skip: skip, limit: limit)
                else { return }
                try output.line(format == .text || format == .jsonl ? explanation.description : explanation.json.text())
                return try output.flush()
            }
            let forTerminal = Terminal.outputIsTerminal
            var count = 0
            if format == .json { output.buffer.append(UInt8(ascii: "[")) }
            func print(_ document: JSONObject) throws {
                defer { count += 1 }
                if format == .text {
                    let lines = JSONValue.object(document).text(.pretty).split(separator: "\n")
                    for line in lines { try output.line(Escaping.message(String(line))) }
                    return
                }
                if format == .json { output.buffer.append(text: count > 0 ? ",\n " : "\n ") }
                JSONText.append(.object(document), forTerminal: forTerminal, to: &output.buffer)
                if format == .jsonl { output.buffer.append(UInt8(ascii: "\n")) }
                try output.flushIfFull()
            }
            for case .object(let document) in try remote?.values(words) ?? [] { try print(document) }
            try documents?.forEach(
                filter, sort: order, skip: skip, limit: limit, projection: projection, print)
            if format == .json { output.buffer.append(text: count > 0 ? "\n]\n" : "]\n") }
            try output.flush()
        }

        /// The question as a server takes it.
        private func words(_ filter: JSONObject, sort: JSONObject, _ projection: JSONObject) -> [String] {
            var words = ["LV.DOC", "FIND", what.collection, JSONValue.object(filter).text()]
            words += ["SORT", JSONValue.object(sort).text(), "PROJECTION", JSONValue.object(projection).text()]
            return words + ["SKIP", "\(skip)"] + (limit.map { ["LIMIT", "\($0)"] } ?? [])
        }
    }

    /// `lvkv doc count`.
    struct Count: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "count", abstract: "Print how many documents a filter is true of.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc count notes '{"tags":"sf"}'
                """)

        @OptionGroup var place: Place
        @OptionGroup var what: DocumentFilter

        func run() throws {
            let filter = try what.object()
            let count =
                try place.remoteJSON()?.integer(
                    ["LV.DOC", "COUNT", what.collection, JSONValue.object(filter).text()])
                ?? place.open().documents(what.collection).countDocuments(filter)
            let output = Output.standard()
            try output.line("\(count)")
            try output.flush()
        }
    }

    /// `lvkv doc distinct`.
    struct Distinct: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "distinct", abstract: "Print the different values at a path, one a line.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc distinct notes tags
                  lvkv --db library doc distinct notes author.name '{"year":{"$lt":1950}}'
                """)

        @OptionGroup var place: Place
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "The path, such as author.name.") var path: String
        @Argument(help: "What the documents are like, as JSON.") var filter = "{}"

        func run() throws {
            let filter = try DocumentText.object(filter, what: "the filter")
            let values =
                try place.remoteJSON()?.values(
                    ["LV.DOC", "DISTINCT", collection, path, JSONValue.object(filter).text()])
                ?? place.open().documents(collection).distinct(path, filter)
            let output = Output.standard()
            for value in values {
                JSONText.append(value, forTerminal: Terminal.outputIsTerminal, to: &output.buffer)
                output.buffer.append(UInt8(ascii: "\n"))
            }
            try output.flush()
        }
    }
}

/// Which documents a command is about.
struct DocumentFilter: ParsableArguments {
    @Argument(help: "The collection.") var collection: String
    @Argument(help: "What the documents are like, as JSON; - for standard input.") var filter = "{}"

    func object() throws -> JSONObject { try DocumentText.object(filter, what: "the filter") }
}

/// JSON as it is given to a command.
enum DocumentText {
    /// The object that `text` says; `-` is standard input.
    static func object(_ text: String, what: String) throws -> JSONObject {
        let bytes = text == "-" ? try Input("-").readAll() : Array(text.utf8)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw Failure.badData("\(what) is not JSON: \(error)")
        }
        guard case .object(let object) = value else { throw Failure.badData("\(what) is \(value.kind), not an object") }
        return object
    }

    /// One document, an array of them, or one a line.
    static func documents(_ text: [UInt8], name: String) throws -> [JSONObject] {
        func object(_ value: JSONValue, _ place: String) throws(Failure) -> JSONObject {
            guard case .object(let object) = value else {
                throw .badData("\(place): \(value.kind) where a document, an object, belongs")
            }
            return object
        }
        switch try? JSONValue(parsing: text) {
        case .array(let elements)?:
            return try elements.enumerated().map { try object($1, "\(name), element \($0 + 1)") }
        case let value?: return [try object(value, name)]
        case nil: break
        }
        var objects: [JSONObject] = []
        for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let line = Array(line)
            guard !PlainLine.isBlank(line.span) else { continue }
            do {
                objects.append(try object(try JSONValue(parsing: line), "\(name), line \(number + 1)"))
            } catch let error as JSONError {
                throw Failure.badData("\(name), line \(number + 1), character \(error.column): \(error.message)")
            }
        }
        return objects
    }
}
