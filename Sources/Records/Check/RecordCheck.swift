internal import KeySchemas
package import OrderedStore

/// Checks all that schemas are about at one moment: the catalogue, records against their schemas, indexes against the
/// records, and index entries that are nobody's.
package struct RecordCheck {
    /// What was read of one schema.
    package struct Count: Sendable {
        package let schema: String
        package internal(set) var records = 0
        package internal(set) var entries = 0
    }

    /// Of each schema, in the order of their names.
    package private(set) var counts: [Count] = []
    let report: (StoredProblem) throws -> Void
    /// The numbers of all indexes that may have entries.
    private var indexes: Set<Int64> = []

    /// - Parameter report: is handed what is wrong, one at a time; what it throws ends the check.
    package init(report: @escaping (StoredProblem) throws -> Void) { self.report = report }

    /// Reads everything and reports what is wrong.
    ///
    /// - Complexity: O(*n* log *n*) in the records and entries; memory for one record and the catalogue.
    /// - Throws: `StoreError`; what the report throws.
    package mutating func run(_ reader: borrowing some StoreReader & ~Copyable) throws {
        try checkCatalogueEntries(reader)
        let catalogue: Catalogue
        do {
            catalogue = try Catalogue.load(from: reader, [:])
        } catch let error as StoreError {
            throw error
        } catch {
            // Its entries were told one by one; what they say together may still make no sense.
            return try report(
                StoredProblem(
                    .catalogue, key: OwnKeys.allSchemas.lower,
                    "the catalogue cannot be used, so no record was checked: \(error)"))
        }
        for schema in catalogue.schemas { try check(schema, in: catalogue, reader) }
        for journal in catalogue.migrations {
            indexes.formUnion(journal.oldIndexes.values)
            indexes.formUnion(journal.newIndexes.values)
        }
        try readGarbage(reader)
        try checkEntryOwners(reader)
        try checkIndexNumbers(reader)
    }

    // MARK: - The catalogue

    private func checkCatalogueEntries(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(in: OwnKeys.allSchemas, options: ScanOptions(fillCache: false))
        while let entry = try cursor.next() {
            do {
                switch try OwnKeys.kind(ofCatalogueKey: entry.key) {
                case .schema:
                    let definition = try SchemaDefinition(json: JSONValue(parsing: entry.value))
                    if !entry.key.equals(OwnKeys.schema(definition.name).span) {
                        try reportCatalogue(entry.key, "the schema has the name \(definition.name)")
                    }
                case .index(let schema, let id):
                    _ = try IndexRecord(JSONValue(parsing: entry.value))
                    let definition = try reader.get(OwnKeys.schema(schema).span)
                    guard let definition,
                        let named = try? SchemaDefinition(json: JSONValue(parsing: definition.span)),
                        named.indexes.contains(where: { $0.id == id })
                    else {
                        try reportCatalogue(entry.key, "the schema \(schema) has no index of the id \(id)")
                        continue
                    }
                case .doneMigration:
                    let name = entry.value.array
                    if !SchemaRules.isName(String(decoding: name, as: UTF8.self), also: "-") {
                        try reportCatalogue(entry.key, "a migration that has run names no schema")
                    }
                case .other: _ = try SchemaEvent(JSONValue(parsing: entry.value))
                }
            } catch let error as StoreError {
                throw error
            } catch {
                try reportCatalogue(entry.key, "\(error)")
            }
        }
    }

    private func reportCatalogue(_ key: Span<UInt8>, _ message: String) throws {
        try report(StoredProblem(.catalogue, key: key.array, "an entry of the catalogue makes no sense: \(message)"))
    }

    // MARK: - Records and indexes

    private mutating func check(
        _ schema: CompiledSchema, in catalogue: Catalogue, _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        var count = Count(schema: schema.name)
        count.records = try reader.checkRecords(of: schema, in: catalogue) { error in
            try report(StoredProblem(.record, key: Array((error.key ?? schema.name).utf8), database: 0, "\(error)"))
        }
        indexes.formUnion(schema.indexes.map(\.state.number))
        var result = IndexVerification()
        try reader.compare(schema.indexes.filter(\.state.isReady), of: schema, &result) { difference in
            try report(
                StoredProblem(
                    .index, key: Array((difference.record ?? schema.name).utf8), database: 0,
                    "schema \(schema.name), \(difference)"))
        }
        count.entries = result.entries
        counts.append(count)
    }

    private mutating func readGarbage(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(in: OwnKeys.allIndexGarbage, options: ScanOptions(keysOnly: true))
        while let entry = try cursor.next() {
            if let number = try? OwnKeys.indexNumber(ofGarbage: entry.key) {
                indexes.insert(number)
            } else {
                try report(StoredProblem(.garbage, key: entry.key.array, "an entry of the garbage names no index"))
            }
        }
    }

    /// Entries must be of an index that there is, or wait to be reclaimed.
    private func checkEntryOwners(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(in: OwnKeys.allIndexEntries, options: ScanOptions(keysOnly: true, fillCache: false))
        while true {
            let key: [UInt8]
            do {
                guard let entry = try cursor.next() else { return }
                key = entry.key.array
            }
            guard let number = Tuple.smallInteger(in: key.span, from: 2)?.number else {
                try report(StoredProblem(.index, key: key, "an index entry names no index"))
                continue
            }
            if !indexes.contains(number) {
                try report(
                    StoredProblem(
                        .garbage, key: OwnKeys.indexEntries(number),
                        "the entries of index number \(number) are no index's, and nobody is going to remove them"))
            }
            let next = OwnKeys.indexEntries(number) + [Tuple.Code.escape]
            try cursor.seek(to: next.span)
        }
    }

    /// The next index must not be given the number of one that there is.
    private func checkIndexNumbers(_ reader: borrowing some StoreReader & ~Copyable) throws {
        guard let highest = indexes.max() else { return }
        let stored = try reader.get(OwnKeys.nextIndexNumber.span)
        if let text = stored?.string, let next = Int64(text), next > highest { return }
        try report(
            StoredProblem(
                .identifier, key: OwnKeys.nextIndexNumber, "the index number \(highest) could be given to another index"
            ))
    }
}

extension OwnKeys {
    /// All entries of all indexes.
    static var allIndexEntries: KeyRange { .prefix(Array(indexEntries(0).dropLast())) }
}
