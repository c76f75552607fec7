internal import ArgumentParser
internal import LVKV
internal import RESP
internal import Records

extension DocCommand {
    /// `lvkv doc update`.
    struct Update: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change the first document that a filter is true of, or all.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc update notes '{"_id":7}' '{"$set":{"author.name":"Lem"},"$inc":{"read":1}}'
                  lvkv --db library doc update notes '{"tags":"sf"}' '{"$addToSet":{"tags":"classic"}}' --many
                  lvkv --db library doc update counts '{"_id":"visits"}' '{"$inc":{"n":1}}' --upsert

                EXIT STATUS
                  0 done, 1 there was no such document
                """)

        @OptionGroup var place: Place
        @OptionGroup var write: WriteOptions
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "What the documents are like, as JSON.") var filter: String
        @Argument(help: "Operators with paths and values, as JSON.") var update: String
        @Flag(help: "Change all of them, in batches of 256.") var many = false
        @Flag(help: "Insert a document when there is none.") var upsert = false

        func run() throws {
            let filter = try DocumentText.object(filter, what: "the filter")
            let update = try DocumentText.object(update, what: "the update")
            try write.refuse(at: place)
            if let remote = try place.remoteJSON() {
                let words = ["LV.DOC", "UPDATE", collection] + [filter, update].map { JSONValue.object($0).text() }
                return try DocCommand.change(
                    words + (many ? ["MANY"] : []) + (upsert ? ["UPSERT"] : []), at: remote)
            }
            let database = try upsert ? place.create() : place.open()
            let documents = try database.documents(collection)
            let change =
                many
                ? try documents.updateMany(filter, update, upsert: upsert, durability: write.durability)
                : try documents.updateOne(filter, update, upsert: upsert, durability: write.durability)
            try database.close()
            try DocCommand.say(matched: change.matched, modified: change.modified, upserted: change.upsertedID)
        }
    }

    /// `lvkv doc replace`.
    struct Replace: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replace",
            abstract: "Put another document in the place of the first that a filter is true of.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc replace notes '{"_id":7}' '{"title":"Emma","year":1815}'

                EXIT STATUS
                  0 done, 1 there was no such document
                """)

        @OptionGroup var place: Place
        @OptionGroup var write: WriteOptions
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "What the document is like, as JSON.") var filter: String
        @Argument(help: "The new document, as JSON; standard input when not given.") var document = "-"
        @Flag(help: "Insert it when there is none.") var upsert = false

        func run() throws {
            let filter = try DocumentText.object(filter, what: "the filter")
            let document = try DocumentText.object(document, what: "the document")
            try write.refuse(at: place)
            if let remote = try place.remoteJSON() {
                let words = ["LV.DOC", "REPLACE", collection] + [filter, document].map { JSONValue.object($0).text() }
                return try DocCommand.change(words + (upsert ? ["UPSERT"] : []), at: remote)
            }
            let database = try upsert ? place.create() : place.open()
            let change = try database.documents(collection)
                .replaceOne(filter, document, upsert: upsert, durability: write.durability)
            try database.close()
            try DocCommand.say(matched: change.matched, modified: change.modified, upserted: change.upsertedID)
        }
    }

    /// Has a server change documents, and says what it did.
    private static func change(_ words: [String], at remote: ServerConnection) throws {
        guard case .object(let change)? = try remote.json(words), let matched = change.integer("matched"),
            let modified = change.integer("modified")
        else { throw remote.unexpected }
        try say(matched: matched, modified: modified, upserted: change["upsertedId"])
    }

    private static func say(matched: Int, modified: Int, upserted: JSONValue?) throws {
        let output = Output.standard()
        if let id = upserted {
            try output.line("inserted \(id.text())")
        } else {
            try output.line("matched \(Quantity.grouped(matched)), changed \(Quantity.grouped(modified))")
        }
        try output.flush()
        if matched == 0, upserted == nil { throw Failure(.notFound, "there is no such document") }
    }

    /// `lvkv doc delete`.
    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Remove the first document that a filter is true of, or all.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc delete notes '{"_id":7}'
                  lvkv --db library doc delete notes '{"year":{"$lt":1950}}' --many --dry-run

                EXIT STATUS
                  0 removed, 1 there was no such document
                """)

        @OptionGroup var place: Place
        @OptionGroup var write: WriteOptions
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "What the documents are like, as JSON; {} for all.") var filter: String
        @Flag(help: "Remove all of them, in batches of 256.") var many = false
        @Flag(name: [.customShort("n"), .long], help: "Say what would be removed, and remove nothing.")
        var dryRun = false

        func run() throws {
            let filter = try DocumentText.object(filter, what: "the filter")
            let count = try place.remoteJSON().map { try self.count(filter, at: $0) } ?? countHere(filter)
            guard count > 0 else { throw Failure(.notFound, "there is no such document") }
            let output = Output.standard()
            try output.line(
                "\(dryRun ? "would remove" : "removed") \(Quantity.counted(count, "document", "documents"))")
            try output.flush()
        }

        /// How many documents a server removes, or would.
        private func count(_ filter: JSONObject, at remote: ServerConnection) throws -> Int {
            try write.refuse(at: place)
            let words = [collection, JSONValue.object(filter).text()]
            guard dryRun else { return try remote.integer(["LV.DOC", "DELETE"] + words + (many ? ["MANY"] : [])) }
            let count = try remote.integer(["LV.DOC", "COUNT"] + words)
            return many ? count : min(count, 1)
        }

        /// How many documents are removed from a directory, or would be.
        private func countHere(_ filter: JSONObject) throws -> Int {
            let database = try place.open()
            let documents = try database.documents(collection)
            let count: Int
            if dryRun {
                count = many ? try documents.countDocuments(filter) : try documents.findOne(filter) == nil ? 0 : 1
            } else {
                count =
                    many
                    ? try documents.deleteMany(filter, durability: write.durability)
                    : try documents.deleteOne(filter, durability: write.durability) ? 1 : 0
            }
            try database.close()
            return count
        }
    }

    /// `lvkv doc index`.
    struct Index: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "index", abstract: "Make an index of a collection, and build it.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc index notes '{"author.name":1,"year":-1}'
                  lvkv --db library doc index notes '{"isbn":1}' --unique --sparse
                  lvkv --db library doc index notes '{"tags[]":1}'
                """)

        @OptionGroup var place: Place
        @OptionGroup var quiet: QuietOption
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "Paths with 1 for smaller values first, -1 for larger, as JSON.") var keys: String
        @Option(help: "What it is called; made of the paths when not given.") var name: String?
        @Flag(help: "No two documents may have the same values.") var unique = false
        @Flag(help: "Leave out documents in which a value is null or absent.") var sparse = false

        func run() throws {
            let keys = try DocumentText.object(keys, what: "the index")
            if let remote = try place.remoteJSON() {
                let words =
                    ["LV.DOC", "INDEX", collection, JSONValue.object(keys).text()] + (name.map { ["NAME", $0] } ?? [])
                    + (unique ? ["UNIQUE"] : []) + (sparse ? ["SPARSE"] : [])
                let reply = try remote.run(words)
                guard case .bulk(let made) = reply else { throw remote.unexpected }
                return try say(String(decoding: made, as: UTF8.self))
            }
            let database = try place.create()
            let progress = Progress("index", totalBytes: nil, unit: .rows, quiet: quiet.quiet, updatesBetweenLooks: 1)
            let name = try database.documents(collection)
                .createIndex(keys, name: name, unique: unique, sparse: sparse) { count in
                    progress.update(count: count, bytes: 0)
                }
            progress.clear()
            try database.close()
            try say(name)
        }

        private func say(_ name: String) throws {
            let output = Output.standard()
            try output.line("index \(name)")
            try output.flush()
        }
    }

    /// `lvkv doc drop-index`.
    struct DropIndex: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop-index", abstract: "Remove an index of a collection.",
            discussion: """
                EXAMPLES
                  lvkv --db library doc drop-index notes isbn_1
                """)

        @OptionGroup var place: Place
        @Argument(help: "The collection.") var collection: String
        @Argument(help: "The index's name.") var name: String

        func run() throws {
            if let remote = try place.remoteJSON() {
                _ = try remote.run(["LV.DOC", "DROPINDEX", collection, name])
                return
            }
            let database = try place.open()
            try database.documents(collection).dropIndex(name)
            try database.close()
        }
    }
}
