internal import KeySchemas
internal import OrderedStore

extension Documents {
    /// Makes an index and builds it; reads and writes go on meanwhile. One that is there is built to its end.
    ///
    /// A member that the collection's schema does not name becomes one of its fields, of type json, which changes
    /// nothing in the documents.
    ///
    /// - Parameters:
    ///   - keys: paths, the most significant first, with 1 for smaller values first and -1 for larger. `tags[]` has an entry
    ///     for each element of an array.
    ///   - name: what the index is called; made of the paths when `nil`.
    ///   - unique: no two documents may have the same values.
    ///   - sparse: leave out documents in which a value is null or absent.
    ///   - progress: is told now and then how many documents were read; what it throws stops the build.
    /// - Returns: the index's name.
    /// - Throws: ``RecordError``: `invalidValue` for a member whose name no field can have; `alreadyExists` for another
    ///   index of that name; `uniqueViolation` when two documents have the same values, and there is no index then;
    ///   `StoreError`; what `progress` throws.
    @discardableResult
    public func createIndex(
        _ keys: JSONObject, name: String? = nil, unique: Bool = false, sparse: Bool = false,
        progress: (Int) throws -> Void = { _ in }
    ) throws -> String {
        let parts = try keys.members.map { try Documents.part($0) }
        let name = name ?? Documents.name(of: parts)
        try create()
        try change { schema throws(RecordError) in
            if let index = schema.index(name) {
                let wanted = IndexDefinition(name, id: index.id, on: parts, unique: unique, sparse: sparse)
                guard index == wanted else {
                    throw RecordError(
                        .alreadyExists, schema: schema.name, index: name,
                        message: "there is another index of that name; drop it first, or name this one otherwise")
                }
                return nil
            }
            let id = Documents.next(after: schema.indexes.map(\.id) + schema.retiredIndexes)
            let index = IndexDefinition(name, id: id, on: parts, unique: unique, sparse: sparse)
            return try schema.with(
                fields: try Documents.fields(of: schema, for: parts), indexes: schema.indexes + [index],
                retiredIndexes: schema.retiredIndexes)
        }
        guard try keyspace.indexes(of: self.name).contains(where: { $0.definition.name == name && !$0.isReady }) else {
            return name
        }
        do {
            try keyspace.rebuildIndex(name, of: self.name, progress: progress)
        } catch let error as RecordError where error.code == .uniqueViolation {
            try dropIndex(name)
            throw error
        }
        return name
    }

    /// Removes an index.
    ///
    /// - Throws: ``RecordError`` with code `unknownIndex`; `StoreError`.
    public func dropIndex(_ name: String) throws {
        guard exists else { throw try schema().unknownIndex(name) }
        try change { schema throws(RecordError) in
            guard let index = schema.index(name) else { throw schema.unknownIndex(name) }
            return try schema.with(
                fields: schema.fields, indexes: schema.indexes.filter { $0.id != index.id },
                retiredIndexes: schema.retiredIndexes + [index.id])
        }
    }

    /// The indexes, in the order they were made.
    ///
    /// - Throws: ``RecordError`` with code `unknownSchema` for a collection that is not there.
    public func indexes() throws(RecordError) -> [IndexInfo] { try keyspace.indexes(of: name) }

    /// Applies the schema that `body` makes of the one that is there, again when somebody else changed that meanwhile.
    private func change(_ body: (SchemaDefinition) throws(RecordError) -> SchemaDefinition?) throws {
        while true {
            let schema = try schema()
            guard let changed = try body(schema) else { return }
            do {
                try keyspace.apply(changed)
                return
            } catch let error as RecordError where error.code == .schemaConflict {
                guard try self.schema().version != schema.version else { throw error }
            }
        }
    }

    private static func part(_ key: JSONObject.Member) throws(RecordError) -> IndexPart {
        guard case .number(let number) = key.value, let direction = number.integer, direction.magnitude == 1 else {
            throw RecordError(
                .invalidValue, field: RecordError.printable(key.key.utf8.span),
                message: "an index says 1 or -1 of each path, not \(key.value)")
        }
        return IndexPart(key.key, descending: direction < 0)
    }

    /// As `author_1_year_-1`.
    private static func name(of parts: [IndexPart]) -> String {
        let text = parts.map { "\($0.path)_\($0.isDescending ? -1 : 1)" }.joined(separator: "_")
        let kept = text.unicodeScalars.filter { SchemaRules.isName("_\($0)", also: "-.") }.prefix(63)
        let name = String(String.UnicodeScalarView(kept))
        return SchemaRules.isName(name, also: "-.") ? name : "_" + name
    }

    /// The fields, and one for each member that the index is over and no field is.
    private static func fields(
        of schema: SchemaDefinition, for parts: [IndexPart]
    ) throws(RecordError) -> [FieldDefinition] {
        var fields = schema.fields
        for part in parts {
            if (try? IndexPath(part.path, in: fields)) != nil { continue }
            let name = String(
                decoding: part.path.utf8.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }, as: UTF8.self)
            guard SchemaRules.isName(name, also: "-") else {
                throw RecordError(
                    .invalidValue, schema: schema.name, field: RecordError.printable(part.path.utf8.span),
                    message:
                        "an index is over members whose names are 1 to 64 letters, digits, _ and -, and begin with "
                        + "a letter or _")
            }
            fields.append(FieldDefinition(name, id: next(after: fields.map(\.id) + schema.retiredFields), type: .json))
        }
        return fields
    }

    private static func next(after numbers: [Int]) -> Int { (numbers.max() ?? 0) + 1 }
}

extension SchemaDefinition {
    /// The next version, with other fields and indexes.
    fileprivate func with(
        fields: [FieldDefinition], indexes: [IndexDefinition], retiredIndexes: [Int]
    ) throws(RecordError) -> SchemaDefinition {
        try SchemaDefinition(
            name, version: version + 1, key: layout.template, encoding: layout.encoding, fields: fields, isOpen: isOpen,
            indexes: indexes, retiredFields: retiredFields, retiredIndexes: retiredIndexes)
    }
}
