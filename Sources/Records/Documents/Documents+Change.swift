internal import KeySchemas
public import OrderedStore

/// What a change of documents found and did.
public struct DocumentChange: Hashable, Sendable {
    /// How many documents the filter was true of.
    public internal(set) var matched = 0
    /// How many of them are another one now.
    public internal(set) var modified = 0
    /// The `_id` of the document that was inserted, as there was none.
    public internal(set) var upsertedID: JSONValue?
}

extension Documents {
    private enum Change {
        case update(DocumentUpdate)
        case replace(JSONObject)
        case delete
    }

    /// How many documents one batch of a change of many holds.
    private static var documentsPerBatch: Int { 256 }

    /// Changes the first document that a filter is true of. It is read, changed and written in one transaction: no
    /// other change of it is lost.
    ///
    /// - Parameters:
    ///   - filter: which document.
    ///   - update: operators with paths and values: `$set $unset $inc $push $pull $addToSet $rename $min $max`.
    ///   - upsert: insert a document when there is none: what the filter says that members are equal to, updated.
    ///   - durability: what the change survives.
    /// - Throws: ``RecordError``: `invalidValue` that names the path whose value an operator is not for, or that is a
    ///   change of `_id`; `uniqueViolation`; ``ConditionError``; `StoreError`. Nothing is written then.
    @discardableResult
    public func updateOne(
        _ filter: JSONObject, _ update: JSONObject, upsert: Bool = false, durability: Durability = .buffered
    ) throws -> DocumentChange {
        try change(filter, .update(try DocumentUpdate(update)), many: false, upsert: upsert, durability)
    }

    /// Changes all documents that a filter is true of, in batches of 256 that are each one transaction. Each document
    /// is changed once; after an error the batches before it stay.
    ///
    /// - Throws: as ``updateOne(_:_:upsert:durability:)``.
    @discardableResult
    public func updateMany(
        _ filter: JSONObject, _ update: JSONObject, upsert: Bool = false, durability: Durability = .buffered
    ) throws -> DocumentChange {
        try change(filter, .update(try DocumentUpdate(update)), many: true, upsert: upsert, durability)
    }

    /// Puts another document in the place of the first one that a filter is true of. It keeps its `_id`.
    ///
    /// - Throws: as ``updateOne(_:_:upsert:durability:)``.
    @discardableResult
    public func replaceOne(
        _ filter: JSONObject, _ replacement: JSONObject, upsert: Bool = false, durability: Durability = .buffered
    ) throws -> DocumentChange {
        try change(filter, .replace(replacement), many: false, upsert: upsert, durability)
    }

    /// Removes the first document that a filter is true of.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``ConditionError``; ``RecordError``; `StoreError`.
    @discardableResult
    public func deleteOne(_ filter: JSONObject, durability: Durability = .buffered) throws -> Bool {
        try change(filter, .delete, many: false, upsert: false, durability).modified > 0
    }

    /// Removes all documents that a filter is true of, in batches of 256 that are each one transaction.
    ///
    /// - Returns: how many.
    /// - Throws: as ``deleteOne(_:durability:)``; the batches before an error stay.
    @discardableResult
    public func deleteMany(_ filter: JSONObject, durability: Durability = .buffered) throws -> Int {
        try change(filter, .delete, many: true, upsert: false, durability).modified
    }

    private func change(
        _ filter: JSONObject, _ change: Change, many: Bool, upsert: Bool, _ durability: Durability
    ) throws -> DocumentChange {
        while true {
            let result =
                many
                ? try changeAll(filter, change, durability)
                : try changeFirst(filter, change, durability)
            guard result.matched == 0, upsert else { return result }
            do {
                return try insert(filter, change, durability)
            } catch let error as RecordError where error.code == .alreadyExists {
                // Somebody inserted it meanwhile, unless it is one that the filter is not true of.
                guard try countDocuments(filter) > 0 else { throw error }
            }
        }
    }

    private func changeFirst(
        _ filter: JSONObject, _ change: Change, _ durability: Durability
    ) throws -> DocumentChange {
        // It may be changed by somebody else between the search and the transaction.
        while let id = try ids(filter, limit: 1).first {
            let result = try apply(change, to: [id], filter, durability)
            if result.matched > 0 { return result }
        }
        return DocumentChange()
    }

    private func changeAll(_ filter: JSONObject, _ change: Change, _ durability: Durability) throws -> DocumentChange {
        var result = DocumentChange()
        var batch: [KeyValue] = []
        func flush() throws {
            let part = try apply(change, to: batch, filter, durability)
            result.matched += part.matched
            result.modified += part.modified
            batch.removeAll(keepingCapacity: true)
        }
        try forEachID(filter, limit: nil) { id in
            batch.append(id)
            if batch.count == Documents.documentsPerBatch { try flush() }
        }
        if !batch.isEmpty { try flush() }
        return result
    }

    private func ids(_ filter: JSONObject, limit: Int) throws -> [KeyValue] {
        var ids: [KeyValue] = []
        try forEachID(filter, limit: limit) { ids.append($0) }
        return ids
    }

    private func forEachID(_ filter: JSONObject, limit: Int?, _ body: (KeyValue) throws -> Void) throws {
        let condition = try condition(filter, try schema())
        guard exists else { return }
        try records.forEach(Query(where: condition, select: [DocumentSchema.id], limit: limit)) { record in
            if case .scalar(let id)? = record[DocumentSchema.id] { try body(id) }
        }
    }

    /// Changes those of some documents that the filter is still true of.
    private func apply(
        _ change: Change, to ids: [KeyValue], _ filter: JSONObject, _ durability: Durability
    ) throws -> DocumentChange {
        try keyspace.transact(durability: durability) { transaction in
            var result = DocumentChange()
            let schema = try records.compiled(transaction.catalogue)
            let condition = try CompiledCondition(try condition(filter, schema.definition), schema.definition)
            var record = RecordBuffer(schema)
            for id in ids {
                let prefix = try schema.prefix([id])
                guard try transaction.base.assemble(schema, prefix, into: &record), condition.matches(record) else {
                    continue
                }
                result.matched += 1
                guard case .delete = change else {
                    let before = try record.record().object
                    let after = try Documents.changed(before, change)
                    if before == after { continue }
                    try record.encode(try schema.definition.record(json: .object(after)))
                    try transaction.write(record, .replace)
                    result.modified += 1
                    continue
                }
                if try transaction.remove(schema, prefix) { result.modified += 1 }
            }
            return result
        }
    }

    private static func changed(_ before: JSONObject, _ change: Change) throws(RecordError) -> JSONObject {
        let id = before[DocumentSchema.id] ?? .null
        var after = before
        switch change {
        case .delete: break
        case .replace(let document): after = document[DocumentSchema.id] == nil ? named(document, id) : document
        case .update(let update):
            do { try update.apply(to: &after) } catch {
                var error = error
                error.message += ", in the document \(id)"
                throw error
            }
        }
        guard let now = after[DocumentSchema.id], now.hasSameValue(as: id) else {
            throw RecordError(
                .invalidValue, field: DocumentSchema.id,
                message: "the document's \(id) cannot be changed; insert another one and delete this")
        }
        return after
    }

    /// Inserts what a change makes of what its filter says.
    private func insert(_ filter: JSONObject, _ change: Change, _ durability: Durability) throws -> DocumentChange {
        var document = JSONObject()
        for member in filter.members where member.key.utf8.first != UInt8(ascii: "$") {
            // Operators say no value that a member has, but $eq.
            var value = member.value
            if case .object(let object) = value, let first = object.members.first,
                first.key.utf8.first == UInt8(ascii: "$")
            {
                guard object.count == 1, first.key == "$eq" else { continue }
                value = first.value
            }
            try DocumentPath(member.key).change(&document, makesWay: true) { old throws(RecordError) in old = value }
        }
        switch change {
        case .delete: break
        case .replace(let replacement):
            let id = document[DocumentSchema.id]
            document = replacement
            if let id, replacement[DocumentSchema.id] == nil { document = Documents.named(replacement, id) }
        case .update(let update): try update.apply(to: &document)
        }
        var result = DocumentChange()
        result.upsertedID = try insertOne(document, durability: durability)
        return result
    }
}
