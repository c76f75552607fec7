package import OrderedStore
package import Records

/// Answers the requests of the dialect of JSON documents: `{"collection": "blocks", "findOne": {"filter": {…}}}`.
///
/// A request names its collection and one operation. Safe from any thread; an answer may take long, so not on an event
/// loop.
package struct DocumentService<Store: OrderedStore>: Sendable {
    private let keyspace: Keyspace<Store>
    /// What a change survives.
    private let durability: Durability
    /// The most bytes of an answer.
    private let longestAnswer: Int

    package init(keyspace: Keyspace<Store>, durability: Durability = .buffered, longestAnswer: Int = 64 << 20) {
        self.keyspace = keyspace
        self.durability = durability
        self.longestAnswer = longestAnswer
    }

    /// The answer to the text of one object: JSON, `{"error": …}` when the request is refused.
    package func answer(_ text: [UInt8]) -> [UInt8] {
        do {
            return try perform(text)
        } catch {
            return JSONDialect.refusal("\(error)")
        }
    }

    private static func bytes(_ value: JSONValue) -> [UInt8] {
        var text: [UInt8] = []
        value.write(to: &text)
        return text
    }

    private func perform(_ text: [UInt8]) throws -> [UInt8] {
        guard case .object(let request) = try JSONValue(parsing: text) else {
            throw Refusal("a request is a JSON object")
        }
        guard let collection = request["collection"] else { throw Refusal("the request names no collection") }
        guard case .string(let name) = collection else {
            throw Refusal("collection is a string, not \(collection.kind)")
        }
        let operations = request.members.filter { $0.key != "collection" }
        guard let operation = operations.first, operations.count == 1 else {
            throw Refusal("a request has one operation beside its collection; this one has \(operations.count)")
        }
        guard let kind = DocumentOperation(rawValue: operation.key) else {
            let names = DocumentOperation.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal("unknown operation \(operation.key); there are \(names)")
        }
        return try perform(kind, operation.value, on: try keyspace.documents(name))
    }

    private func perform(
        _ operation: DocumentOperation, _ argument: JSONValue, on documents: Documents<Store>
    ) throws -> [UInt8] {
        switch operation {
        case .insertOne:
            guard case .object(let document) = argument else {
                throw Refusal("insertOne takes a document, not \(argument.kind)")
            }
            let id = try documents.insertOne(document, durability: durability)
            return Self.bytes(["insertedId": id])
        case .insertMany:
            guard case .array(let elements) = argument else {
                throw Refusal("insertMany takes an array of documents, not \(argument.kind)")
            }
            let ids = try documents.insertMany(elements.map { try Self.document($0) }, durability: durability)
            return Self.bytes(["insertedIds": .array(ids)])
        default: break
        }
        let options = try DocumentOptions(argument, of: operation)
        switch operation {
        case .insertOne, .insertMany: return []
        case .findOne:
            let found = try documents.findOne(
                try options.object("filter"), sort: try options.object("sort"), skip: try options.count("skip") ?? 0,
                projection: try options.object("projection"))
            return Self.bytes(found.map { .object($0) } ?? .null)
        case .find: return try find(options, in: documents)
        case .updateOne:
            let (filter, upsert) = (try options.object("filter"), try options.flag("upsert"))
            guard let update = try options.update() else { return Self.bytes(0) }
            _ = try documents.updateOne(filter, update, upsert: upsert, durability: durability)
            return Self.bytes(0)
        case .updateMany:
            let (filter, upsert) = (try options.object("filter"), try options.flag("upsert"))
            guard let update = try options.update() else {
                return Self.bytes(["matchedCount": .integer(try documents.countDocuments(filter)), "modifiedCount": 0])
            }
            let change = try documents.updateMany(filter, update, upsert: upsert, durability: durability)
            return Self.bytes(Self.counts(change))
        case .replaceOne:
            _ = try documents.replaceOne(
                try options.object("filter"), try options.object("data"), upsert: try options.flag("upsert"),
                durability: durability)
            return Self.bytes(0)
        case .deleteOne:
            _ = try documents.deleteOne(try options.object("filter"), durability: durability)
            return Self.bytes(0)
        case .deleteMany:
            let count = try documents.deleteMany(try options.object("filter"), durability: durability)
            return Self.bytes(["deletedCount": .integer(count)])
        case .countDocuments: return Self.bytes(.integer(try documents.countDocuments(try options.object("filter"))))
        case .distinct:
            return Self.bytes(.array(try documents.distinct(try options.text("path"), try options.object("filter"))))
        case .explain:
            let plan = try documents.explain(
                try options.object("filter"), sort: try options.object("sort"), skip: try options.count("skip") ?? 0,
                limit: try options.count("limit"))
            return Self.bytes(plan.json)
        case .createIndex:
            let name = try documents.createIndex(
                try options.object("keys"), name: options.has("name") ? try options.text("name") : nil,
                unique: try options.flag("unique"), sparse: try options.flag("sparse"))
            return Self.bytes(["name": .string(name)])
        case .dropIndex:
            try documents.dropIndex(try options.text("name"))
            return Self.bytes(0)
        case .indexes: return Self.bytes(.array(try documents.indexes().map { .string($0.definition.name) }))
        }
    }

    /// Writes each document as it is found: only the answer's text is in memory.
    private func find(_ options: DocumentOptions, in documents: Documents<Store>) throws -> [UInt8] {
        var text = [UInt8(ascii: "[")]
        try documents.forEach(
            try options.object("filter"), sort: try options.object("sort"), skip: try options.count("skip") ?? 0,
            limit: try options.count("limit"), projection: try options.object("projection")
        ) { document in
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            JSONValue.object(document).write(to: &text)
            guard text.count < longestAnswer else {
                throw Refusal("the answer is longer than \(longestAnswer) bytes; take skip and limit, or a projection")
            }
        }
        text.append(UInt8(ascii: "]"))
        return text
    }

    private static func counts(_ change: DocumentChange) -> JSONValue {
        var object: JSONObject = [
            "matchedCount": .integer(change.matched), "modifiedCount": .integer(change.modified),
        ]
        if let id = change.upsertedID { object["upsertedId"] = id }
        return .object(object)
    }

    private static func document(_ value: JSONValue) throws(Refusal) -> JSONObject {
        guard case .object(let object) = value else { throw Refusal("a document is an object, not \(value.kind)") }
        return object
    }
}

/// What can be asked of a collection.
enum DocumentOperation: String, CaseIterable {
    case insertOne, insertMany, findOne, find, updateOne, updateMany, replaceOne, deleteOne, deleteMany, countDocuments
    case distinct, explain, createIndex, dropIndex, indexes

    /// The members that its object may have.
    fileprivate var members: [String] {
        switch self {
        case .insertOne, .insertMany, .indexes: []
        case .findOne: ["filter", "sort", "skip", "projection"]
        case .find: ["filter", "sort", "skip", "limit", "projection"]
        case .updateOne, .updateMany, .replaceOne: ["filter", "data", "upsert"]
        case .deleteOne, .deleteMany, .countDocuments: ["filter"]
        case .distinct: ["path", "filter"]
        case .explain: ["filter", "sort", "skip", "limit"]
        case .createIndex: ["keys", "name", "unique", "sparse"]
        case .dropIndex: ["name"]
        }
    }
}

/// A request that cannot be answered.
private struct Refusal: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What is said of an operation.
private struct DocumentOptions {
    let operation: DocumentOperation
    let members: JSONObject

    init(_ argument: JSONValue, of operation: DocumentOperation) throws(Refusal) {
        guard case .object(let members) = argument else {
            throw Refusal("\(operation.rawValue) takes an object, not \(argument.kind)")
        }
        for member in members.members where !operation.members.contains(member.key) {
            throw Refusal(
                "\(operation.rawValue) has no \(member.key); it has \(operation.members.joined(separator: ", "))")
        }
        self.operation = operation
        self.members = members
    }

    func has(_ name: String) -> Bool { members[name] != nil }

    /// An object; an empty one when it is left out.
    func object(_ name: String) throws(Refusal) -> JSONObject {
        switch members[name] {
        case nil where name == "data" || name == "keys": throw Refusal("\(operation.rawValue) needs \(name)")
        case nil: return [:]
        case .object(let object): return object
        case .some(let value): throw Refusal("\(name) is an object, not \(value.kind)")
        }
    }

    func flag(_ name: String) throws(Refusal) -> Bool {
        switch members[name] {
        case nil: return false
        case .bool(let value): return value
        case .some(let value): throw Refusal("\(name) is true or false, not \(value.kind)")
        }
    }

    func count(_ name: String) throws(Refusal) -> Int? {
        switch members[name] {
        case nil: return nil
        case .number(let number):
            guard let value = number.integer, value >= 0 else { throw Refusal("\(name) is a whole number, 0 or more") }
            return Int(value)
        case .some(let value): throw Refusal("\(name) is a number, not \(value.kind)")
        }
    }

    func text(_ name: String) throws(Refusal) -> String {
        switch members[name] {
        case nil: throw Refusal("\(operation.rawValue) needs \(name)")
        case .string(let text): return text
        case .some(let value): throw Refusal("\(name) is a string, not \(value.kind)")
        }
    }

    /// The member `data` as an update: operators as they are, other members take the place of the document's; `nil` when
    /// it is empty.
    func update() throws(Refusal) -> JSONObject? {
        let data = try object("data")
        guard let first = data.members.first else { return nil }
        return first.key.utf8.first == UInt8(ascii: "$") ? data : ["$set": .object(data)]
    }
}
