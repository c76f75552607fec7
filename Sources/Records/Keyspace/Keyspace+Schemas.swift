internal import KeySchemas
internal import OrderedStore

extension Keyspace {
    /// The schemas in the catalogue, by name.
    public var schemas: [SchemaDefinition] { catalogue.schemas.map(\.definition) }

    /// The schema called `name`; `nil` when there is none.
    public func schema(_ name: String) -> SchemaDefinition? { catalogue.schema(name)?.definition }

    /// Puts a schema into the catalogue, or a new version of it.
    ///
    /// A new schema must not overlap another one's keys, and what is there under its prefix must fit it. A changed
    /// one needs a higher version. A change that is *instant* is taken as it is; for one that is *verified*, a tightened
    /// check or a new required field, each record is read and must fit. A new index of a schema with records is to be
    /// built: see ``rebuildIndex(_:of:progress:)``. Applying the schema that is there changes nothing.
    ///
    /// Writers wait meanwhile. What is applied survives a loss of power.
    ///
    /// - Returns: what changed.
    /// - Complexity: a new schema reads each key under its prefix, a verified change each record; others take O(1).
    /// - Throws: ``RecordError`` with code `schemaConflict` that names the schema or what is in the way, and how much
    ///   more is, or `notSupportedYet` that names the class of the change.
    @discardableResult
    public func apply(_ definition: SchemaDefinition) throws -> SchemaChange {
        let change = try changeCatalogue { transaction, catalogue in
            let existing = catalogue.schema(definition.name)
            if let existing, existing.definition == definition {
                return SchemaChange(outcome: .unchanged, differences: [])
            }
            let plan = try Keyspace.plan(definition, in: transaction, catalogue)
            if let refusal = plan.refusal { throw refusal }
            guard !plan.rewrites else {
                let what = plan.differences.first { $0.kind == .rewritten }?.description ?? ""
                throw RecordError(
                    .notSupportedYet, schema: definition.name,
                    message:
                        "\(what): a change of class \"rewritten\", which is not supported yet while there are records")
            }
            var change = SchemaChange(
                outcome: plan.oldVersion.map { .updated(from: $0) } ?? .created, differences: plan.differences)
            transaction.put(OwnKeys.format, OwnKeys.formatVersion)
            transaction.put(OwnKeys.schema(definition.name), definition.json.text())
            change.indexesToBuild = try Keyspace.arrangeIndexes(of: definition, before: existing, in: &transaction)
            try transaction.add(
                SchemaEvent(existing == nil ? .created : .updated, definition, differences: plan.differences))
            return change
        }
        try reclaimIndexes()
        return change
    }

    /// Writes down what becomes of the indexes of a schema that is applied.
    ///
    /// - Returns: the names of those that are to be built.
    private static func arrangeIndexes(
        of definition: SchemaDefinition, before: CompiledSchema?, in transaction: inout Transaction<Store.Snapshot>
    ) throws -> [String] {
        let stays = (before?.indexes ?? []).filter { index in
            definition.indexes.contains {
                $0.id == index.definition.id
                    && index.definition.hasSameEntries(as: $0, from: index.schema, to: definition)
            }
        }
        for index in before?.indexes ?? [] where !stays.contains(where: { $0 === index }) {
            transaction.drop(index, of: definition.name)
        }
        var unbuilt = stays.filter { !$0.state.isReady }.map(\.definition.id)
        let new = definition.indexes.filter { index in !stays.contains { $0.definition.id == index.id } }
        if !new.isEmpty {
            let isReady = try !transaction.hasRecords(of: CompiledSchema(definition))
            for index in new {
                let record = IndexRecord(number: try transaction.takeIndexNumber(), isReady: isReady)
                transaction.set(record, definition.name, id: index.id)
                if !isReady { unbuilt.append(index.id) }
            }
        }
        return definition.indexes.filter { unbuilt.contains($0.id) }.map(\.name)
    }

    /// Takes a schema out of the catalogue. With `keepData` its records are left as plain keys; without it a
    /// schema with records stays.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema` or `schemaInUse`.
    public func removeSchema(_ name: String, keepData: Bool = false) throws {
        try changeCatalogue { transaction, catalogue in
            guard let schema = catalogue.schema(name) else { throw catalogue.unknown(name) }
            if !keepData, try transaction.hasRecords(of: schema) {
                throw RecordError(
                    .schemaInUse, schema: name,
                    message: "there are records; delete them first, or keep them as plain keys")
            }
            transaction.delete(OwnKeys.schema(name))
            try transaction.removeHistory(of: name)
            for index in schema.indexes { transaction.drop(index, of: name) }
        }
        try reclaimIndexes()
    }
}

extension Catalogue {
    /// The error for a schema that is not there, with the nearest name that is.
    func unknown(_ name: String) -> RecordError {
        let near = Spelling.nearest(to: name, among: schemas.map(\.name))
        return RecordError(
            .unknownSchema, schema: RecordError.printable(name.utf8.span),
            message: near.map { "there is no such schema; did you mean \($0)?" }
                ?? "there is no such schema; apply its schema file first")
    }
}

extension RecordBuffer {
    /// Checks all that is stored of a record against its schema.
    func check() throws(RecordError) {
        try schema.checkParts(prefix)
        try requireIntact()
        var key = prefix
        for slot in slots.indices where !slots[slot].isAbsent {
            key.removeLast(key.count - prefix.count)
            schema.appendSuffix(ofSlot: slot, to: &key)
            try schema.checkValue(bytes(slots[slot]), slot: slot, suffix: [UInt8]().span, key: key.span)
        }
        for field in unknown {
            try schema.checkValue(
                bytes(field.value), slot: CompiledSchema.unknownSlot, suffix: bytes(field.suffix), key: prefix.span)
        }
        if let missingField {
            throw RecordError(
                .missingField, schema: schema.name, key: RecordError.printable(prefix.span), field: missingField,
                message: "the record does not have this required field")
        }
    }
}
