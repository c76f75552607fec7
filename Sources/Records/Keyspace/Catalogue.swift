internal import KeySchemas
internal import OrderedStore

/// The schemas of a database at one moment, ready for looking up whose a key is.
@usableFromInline
package final class Catalogue: Sendable {
    package let schemas: [CompiledSchema]

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

    init(_ compiled: [CompiledSchema]) {
        schemas = compiled.sorted { $0.name < $1.name }
        var groups: [[UInt8]: [CompiledSchema]] = [:]
        for schema in schemas { groups[schema.literalPrefix, default: []].append(schema) }
        let prefixes = groups.keys.sorted { $0.span.compare(to: $1.span) < 0 }
        var entries: [Entry] = []
        var bits = [UInt64](repeating: 0, count: 4)
        for prefix in prefixes {
            let parent = entries.lastIndex { prefix.span.starts(with: $0.prefix.span) }
            entries.append(Entry(prefix: prefix, schemas: groups[prefix] ?? [], parent: parent))
            if let first = prefix.first { bits[Int(first >> 6)] |= 1 << UInt64(first & 63) }
        }
        self.entries = entries
        firstBytes = (bits[0], bits[1], bits[2], bits[3])
    }

    /// The schema called `name`.
    package func schema(_ name: String) -> CompiledSchema? {
        schemas.first { $0.name.utf8.elementsEqual(name.utf8) }
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

    /// Whose a key is.
    enum Owner {
        /// It lies under no schema's prefix.
        case nobody
        /// It has the shape of the schema's keys; its record's prefix has so many bytes.
        case schema(CompiledSchema, prefixCount: Int)
        /// It lies under the schema's prefix and does not have the shape of any schema's keys.
        case misfit(CompiledSchema)
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
                    if let count = schema.layout.prefixCount(of: key) { return .schema(schema, prefixCount: count) }
                    if misfit == nil, !schema.isOneKey { misfit = schema }
                }
            }
            candidate = entry.parent
        }
        return misfit.map { .misfit($0) } ?? .nobody
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
        case event
    }

    static func kind(ofCatalogueKey key: Span<UInt8>) throws -> CatalogueKey {
        let elements = try Tuple.unpack(key.extracting(droppingFirst: 2))
        guard case .string(let schema)? = elements.first, elements.count > 1 else { return .schema }
        guard case .integer(let id) = elements[1] else { return .event }
        return .index(schema: schema, id: Int(id))
    }

    /// Whether a key is lvkv's own.
    @inline(__always)
    static func holds(_ key: Span<UInt8>) -> Bool { key.count > 0 && key[0] == first }
}

extension Catalogue {
    /// Reads the catalogue of a database.
    ///
    /// - Throws: ``RecordError`` with code `newerFormat`, or when an entry cannot be read.
    static func load(from reader: borrowing some StoreReader & ~Copyable) throws -> Catalogue {
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
                case .event: break
                }
            } catch let error as JSONError {
                throw RecordError(
                    .malformedSchema, key: RecordError.printable(key.span),
                    message: "the catalogue's entry is not JSON: \(error)")
            }
        }
        return Catalogue(
            try definitions.map { definition in
                try CompiledSchema(definition, indexes: states[UTF8Key(definition.name)] ?? [:])
            })
    }
}
