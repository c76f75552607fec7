internal import KeySchemas
internal import OrderedStore

extension Keyspace {
    /// The schemas in the catalogue, by name.
    public var schemas: [SchemaDefinition] { catalogue.schemas.map(\.definition) }

    /// The schema called `name`; `nil` when there is none.
    public func schema(_ name: String) -> SchemaDefinition? { catalogue.schema(name)?.definition }

    /// Puts a schema into the catalogue.
    ///
    /// A new schema must not overlap another one's keys, and what is there under its prefix must fit it. A changed
    /// one needs a higher version; it is taken when its changes are *instant*: new optional fields, relaxed checks,
    /// defaults; or when there are no records. A new index of a schema with records is to be built: see
    /// ``rebuildIndex(_:of:progress:)``. Applying the schema that is there changes nothing.
    ///
    /// Writers wait meanwhile. What is applied survives a loss of power.
    ///
    /// - Returns: what changed.
    /// - Complexity: a new schema reads each key under its prefix; a changed one takes O(1).
    /// - Throws: ``RecordError`` with code `schemaConflict` that names the schema or the first key in the way,
    ///   or `notSupportedYet` that names the class of the change.
    @discardableResult
    public func apply(_ definition: SchemaDefinition) throws -> SchemaChange {
        let change = try changeCatalogue { transaction, catalogue in
            var change: SchemaChange
            if let existing = catalogue.schema(definition.name) {
                guard existing.definition != definition else {
                    return SchemaChange(outcome: .unchanged, differences: [])
                }
                change = try Keyspace.update(existing, to: definition, in: transaction, catalogue)
            } else {
                try Keyspace.checkNew(definition, in: transaction, catalogue)
                change = SchemaChange(outcome: .created, differences: [])
            }
            transaction.put(OwnKeys.format, OwnKeys.formatVersion)
            transaction.put(OwnKeys.schema(definition.name), definition.json.text())
            change.indexesToBuild = try Keyspace.arrangeIndexes(
                of: definition, before: catalogue.schema(definition.name), in: &transaction)
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
            definition.indexes.contains { $0.id == index.definition.id && $0.hasSameEntries(as: index.definition) }
        }
        for index in before?.indexes ?? [] where !stays.contains(where: { $0 === index }) {
            transaction.drop(index, of: definition.name)
        }
        var unbuilt = stays.filter { !$0.state.isReady }.map(\.definition.id)
        let new = definition.indexes.filter { index in !stays.contains { $0.definition.id == index.id } }
        if !new.isEmpty {
            let isReady = try !hasRecords(CompiledSchema(definition), in: transaction)
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
            if !keepData, try Keyspace.hasRecords(schema, in: transaction) {
                throw RecordError(
                    .schemaInUse, schema: name,
                    message: "there are records; delete them first, or keep them as plain keys")
            }
            transaction.delete(OwnKeys.schema(name))
            for index in schema.indexes { transaction.drop(index, of: name) }
        }
        try reclaimIndexes()
    }

    private static func hasRecords(
        _ schema: CompiledSchema, in transaction: borrowing Transaction<Store.Snapshot>
    ) throws -> Bool {
        var cursor = transaction.cursor(in: schema.range, options: .forward)
        var assembler = RecordAssembler(schema)
        return try assembler.next(from: &cursor)
    }

    private static func update(
        _ existing: CompiledSchema, to new: SchemaDefinition, in transaction: borrowing Transaction<Store.Snapshot>,
        _ catalogue: Catalogue
    ) throws -> SchemaChange {
        let old = existing.definition
        let difference = SchemaDifference(from: old, to: new)
        guard new.version > old.version else {
            let what = difference.lines.first.map { ": \($0.1)" } ?? ""
            throw RecordError(
                .schemaConflict, schema: new.name,
                message: "version \(old.version) is there and differs\(what); give the change a higher version")
        }
        if let (kind, what) = difference.hardest {
            guard kind != .refused else { throw RecordError(.schemaConflict, schema: new.name, message: what) }
            if try hasRecords(existing, in: transaction) {
                throw RecordError(
                    .notSupportedYet, schema: new.name,
                    message: "\(what): a change of class \"\(kind.rawValue)\", which is not supported yet "
                        + "while there are records")
            }
            try checkNew(new, in: transaction, catalogue)
        }
        return SchemaChange(outcome: .updated(from: old.version), differences: difference.lines.map(\.1))
    }

    /// Checks that a schema's keys are no other's, and that what is there fits it.
    private static func checkNew(
        _ definition: SchemaDefinition, in transaction: borrowing Transaction<Store.Snapshot>, _ catalogue: Catalogue
    ) throws {
        let others = catalogue.schemas.map(\.definition).filter { $0.name != definition.name }
        if let other = others.first(where: { $0.layout.overlaps(with: definition.layout) }) {
            throw RecordError(
                .schemaConflict, schema: definition.name,
                message: "its keys, \(definition.layout.template), overlap those of schema \(other.name), "
                    + "\(other.layout.template)")
        }
        let after = Catalogue(others + [definition])
        guard let schema = after.schema(definition.name) else { return }
        do {
            try checkShapes(schema, in: transaction, after)
            var cursor = transaction.cursor(in: schema.range, options: ScanOptions(fillCache: false))
            var assembler = RecordAssembler(schema)
            while try assembler.next(from: &cursor) { try assembler.buffer.check() }
        } catch var error as RecordError {
            error.message = "a key that is there does not fit: " + error.message
            error.code = .schemaConflict
            throw error
        }
    }

    private static func checkShapes(
        _ schema: CompiledSchema, in transaction: borrowing Transaction<Store.Snapshot>, _ after: Catalogue
    ) throws {
        var keys = transaction.cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
        while let entry = try keys.next() {
            if case .misfit = after.owner(of: entry.key) { throw schema.misfit(entry.key) }
        }
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
