internal import KeySchemas
package import OrderedStore

/// The schemas of a database at one moment, ready for looking up whose a key is.
@usableFromInline
package final class Catalogue: Sendable {
    package let schemas: [CompiledSchema]
    let spareReader = SpareReader()
    let spareWriter = SpareWriter()
    /// The rewrites that are neither committed nor rolled back.
    let migrations: [MigrationJournal]
    /// Whether some schema's records are not under their own keys.
    package let hidesKeys: Bool
    /// The other versions of schemas with a rewrite: their keys are nobody's else.
    private let reserved: [CompiledSchema]

    private struct Entry {
        let prefix: [UInt8]
        let schemas: [CompiledSchema]
        /// The entry with the longest prefix that this one's begins with.
        let parent: Int?
    }

    /// In the byte order of their prefixes.
    private let entries: [Entry]
    /// A bit for each byte that some prefix begins with: most keys of others end here.
    private let firstBytes: (UInt64, UInt64, UInt64, UInt64)

    package convenience init(_ definitions: [SchemaDefinition]) {
        self.init(definitions.map { CompiledSchema($0) })
    }

    init(_ compiled: [CompiledSchema], migrations: [MigrationJournal] = []) {
        schemas = compiled.sorted { $0.name < $1.name }
        self.migrations = migrations
        hidesKeys = migrations.contains { $0.phase.hidesKeys }
        reserved = migrations.map { CompiledSchema($0.phase.isNew ? $0.old : $0.new) }
        var groups: [[UInt8]: [CompiledSchema]] = [:]
        for schema in schemas { groups[schema.definition.layout.literalPrefix, default: []].append(schema) }
        let prefixes = groups.keys.sorted { $0.span.compare(to: $1.span) < 0 }
        var entries: [Entry] = []
        var bits = [UInt64](repeating: 0, count: 4)
        for prefix in prefixes {
            let parent = entries.lastIndex { prefix.span.starts(with: $0.prefix.span) }
            entries.append(Entry(prefix: prefix, schemas: groups[prefix] ?? [], parent: parent))
            if let first = prefix.first { bits[Int(first >> 6)] |= 1 << UInt64(first & 63) }
        }
        for schema in reserved {
            if let first = schema.literalPrefix.first { bits[Int(first >> 6)] |= 1 << UInt64(first & 63) }
        }
        self.entries = entries
        firstBytes = (bits[0], bits[1], bits[2], bits[3])
    }

    /// The rewrite of the schema called `name`.
    func migration(of name: String) -> MigrationJournal? { migrations.first { $0.name.hasSameBytes(as: name) } }

    /// Makes sure that no rewrite of a schema stands in the way of changing it.
    ///
    /// - Throws: ``RecordError`` with code `migrating`.
    func requireSettled(_ name: String) throws(RecordError) {
        if let migration = migration(of: name) { throw migration.underway }
    }

    /// The schema called `name`.
    package func schema(_ name: String) -> CompiledSchema? {
        schemas.first { $0.name.hasSameBytes(as: name) }
    }

    /// Whether `key` may lie under a schema's prefix: `false` is certain.
    ///
    /// - Complexity: O(1).
    @inline(__always)
    func mayCover(_ key: Span<UInt8>) -> Bool {
        guard key.count > 0 else { return false }
        let first = key[0]
        let word =
            switch first >> 6 {
            case 0: firstBytes.0
            case 1: firstBytes.1
            case 2: firstBytes.2
            default: firstBytes.3
            }
        return word & 1 << UInt64(first & 63) != 0
    }

    /// Where a user's key is stored: elsewhere while a migration keeps its record aside; `nil` when it is one of a
    /// version that is still being made.
    package func storedKey(_ key: Span<UInt8>) -> [UInt8]? {
        guard hidesKeys else { return key.array }
        switch owner(of: key) {
        case .schema(let schema, _): return schema.place + key.array
        case .reserved: return nil
        case .nobody, .misfit: return key.array
        }
    }

    /// The rewrite that keeps records aside whose own keys are in a range.
    ///
    /// - Returns: the error for who would read them there.
    package func hidden(in range: KeyRange) -> RecordError? {
        let journal = migrations.first { journal in
            journal.phase.hidesKeys
                && [journal.old, journal.new].contains { !CompiledSchema($0).range.intersection(range).isEmpty }
        }
        return journal?.underway
    }

    /// Whose a key is.
    enum Owner {
        /// It lies under no schema's prefix.
        case nobody
        /// It has the shape of the schema's keys; its record's prefix has so many bytes, ``CompiledSchema/place`` left
        /// out.
        case schema(CompiledSchema, prefixCount: Int)
        /// It lies under the schema's prefix and does not have the shape of any schema's keys.
        case misfit(CompiledSchema)
        /// It is under the keys of a version that a migration makes, or could bring back.
        case reserved(CompiledSchema)
    }

    /// Finds whose `key` is.
    ///
    /// - Complexity: O(log *s*) comparisons for *s* schemas; nothing is allocated.
    func owner(of key: Span<UInt8>) -> Owner {
        guard mayCover(key) else { return .nobody }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let prefix = entries[middle].prefix
            if prefix.span.compare(to: key) <= 0 { low = middle + 1 } else { high = middle }
        }
        // Each prefix that the key begins with is that of the entry before it, or one of its parents'.
        var candidate: Int? = low > 0 ? low - 1 : nil
        var misfit: CompiledSchema?
        while let index = candidate {
            let entry = entries[index]
            if key.starts(with: entry.prefix.span) {
                for schema in entry.schemas {
                    if let count = schema.logicalPrefixCount(of: key) { return .schema(schema, prefixCount: count) }
                    if misfit == nil, !schema.isOneKey { misfit = schema }
                }
            }
            candidate = entry.parent
        }
        if let misfit { return .misfit(misfit) }
        for schema in reserved {
            let prefix = schema.literalPrefix
            if schema.isOneKey ? key.equals(prefix.span) : key.starts(with: prefix.span) { return .reserved(schema) }
        }
        return .nobody
    }
}

/// The keys that lvkv keeps for itself: FF, a tag byte, and tuple-encoded parts (DESIGN.md §3).
enum OwnKeys {
    static let first: UInt8 = 0xFF
    private static let catalogueTag = UInt8(ascii: "s")
    static let formatTag = UInt8(ascii: "v")

    /// The format that this version writes and reads.
    static let formatVersion = "1"
    static let format: [UInt8] = [first, formatTag]

    static func schema(_ name: String) -> [UInt8] {
        var key = [first, catalogueTag]
        Tuple.append(.string(name), to: &key)
        return key
    }

    static var allSchemas: KeyRange { .prefix([first, catalogueTag]) }

    /// What the catalogue keeps under a key.
    enum CatalogueKey {
        case schema
        case index(schema: String, id: Int)
        /// That a program's migration has run; its value is the schema's name.
        case doneMigration
        /// What only those read who look for it.
        case other
    }

    static func kind(ofCatalogueKey key: Span<UInt8>) throws -> CatalogueKey {
        let elements = try Tuple.unpack(key.extracting(droppingFirst: 2))
        if elements.count == 1 { return .schema }
        if elements.first == .null { return .doneMigration }
        guard elements.count == 2, case .string(let schema) = elements[0], case .integer(let id) = elements[1] else {
            return .other
        }
        return .index(schema: schema, id: Int(id))
    }

    /// Whether a key is lvkv's own.
    @inline(__always)
    static func holds(_ key: Span<UInt8>) -> Bool { key.count > 0 && key[0] == first }
}

extension Catalogue {
    /// Reads the catalogue of a database.
    ///
    /// - Parameter converters: the program's code for migrations, by their names.
    /// - Throws: ``RecordError`` with code `newerFormat`, or when an entry cannot be read.
    static func load(
        from reader: borrowing some StoreReader & ~Copyable, _ converters: [String: RecordConverter?]
    ) throws -> Catalogue {
        if let format = try reader.get(OwnKeys.format.span) {
            let version = format.string
            guard version == OwnKeys.formatVersion else {
                throw RecordError(
                    .newerFormat,
                    message:
                        "the database has format \(version), this lvkv knows \(OwnKeys.formatVersion); use a newer one")
            }
        }
        var definitions: [SchemaDefinition] = []
        var states: [UTF8Key: [Int: IndexState]] = [:]
        var cursor = reader.cursor(in: OwnKeys.allSchemas, options: .forward)
        while let entry = try cursor.next() {
            let key = entry.key.array
            do {
                switch try OwnKeys.kind(ofCatalogueKey: entry.key) {
                case .schema: definitions.append(try SchemaDefinition(json: JSONValue(parsing: entry.value)))
                case .index(let schema, let id):
                    states[UTF8Key(schema), default: [:]][id] = try IndexRecord(JSONValue(parsing: entry.value)).state
                case .doneMigration, .other: break
                }
            } catch let error as JSONError {
                throw RecordError(
                    .malformedSchema, key: RecordError.printable(key.span),
                    message: "the catalogue's entry is not JSON: \(error)")
            }
        }
        let migrations = try reader.migrations()
        let schemas = try definitions.map { definition in
            let indexes = states[UTF8Key(definition.name)] ?? [:]
            guard let journal = migrations.first(where: { $0.name.hasSameBytes(as: definition.name) }) else {
                return try CompiledSchema(definition, indexes: indexes)
            }
            return try CompiledSchema(
                definition, indexes: indexes, place: journal.phase.isAside ? journal.aside : [],
                mirror: try journal.mirror(converters))
        }
        return Catalogue(schemas, migrations: migrations)
    }
}

extension CompiledSchema {
    /// How many bytes of a user's key are its record's prefix; `nil` when it is none of the schema's.
    fileprivate func logicalPrefixCount(of key: Span<UInt8>) -> Int? {
        place.isEmpty ? layout.prefixCount(of: key) : definition.layout.prefixCount(of: key)
    }
}

extension MigrationJournal {
    /// Where what is written in this phase goes, too.
    fileprivate func mirror(_ converters: [String: RecordConverter?]) throws(RecordError) -> RecordMirror? {
        switch phase {
        case .clearing, .switched, .committing, .withdrawing, .discarding: return nil
        case .copying:
            return RecordMirror(.copy(CompiledSchema(old, place: aside)), self)
        case .restoring:
            return RecordMirror(.copy(CompiledSchema(old)), self)
        case .building:
            if let migration, converters[migration] == nil {
                return RecordMirror(.none(needsProgram(migration)), self)
            }
            let code = migration.flatMap { converters[$0] ?? nil }
            let conversion = RecordConversion(from: old, to: try target(), code: code)
            return RecordMirror(.convert(conversion), self)
        }
    }

    /// The new version, with its indexes.
    func target() throws(RecordError) -> CompiledSchema {
        try CompiledSchema(new, indexes: newIndexes.mapValues { IndexState(number: $0, isReady: true) })
    }

    private func needsProgram(_ migration: String) -> RecordError {
        RecordError(
            .migrating, schema: name,
            message:
                "the migration \(RecordError.printable(migration.utf8.span)) is under way, and only the program that "
                + "has its code can write meanwhile; run its migrations, or roll this one back")
    }
}
