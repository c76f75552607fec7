internal import KeySchemas
internal import OrderedStore

/// Which entries of an index are read, and how.
public struct IndexScan: Hashable, Sendable {
    /// The index's name.
    public var index: String
    /// The values of its leading parts, `nil` for absent; none for all entries. A part over `[]` is equal to a value
    /// when one element is.
    public var equals: [FieldValue?]
    /// What the part after those begins with: a string.
    public var startingWith: String?
    /// The least value of the part after the leading ones. A range holds values only, neither null nor absent; of a
    /// json field those of the bound's kind.
    public var from: FieldValue?
    /// The first value of the part after the leading ones that is beyond the scan.
    public var to: FieldValue?
    /// From the last record to the first, in the order of the index.
    public var reverse: Bool
    /// The most records; `nil` for all.
    public var limit: Int?
    /// The fields to read; `nil` for all. When the entries hold them all, the records are not touched.
    public var fields: [String]?

    /// Makes a scan.
    public init(
        _ index: String, equals: [FieldValue?] = [], startingWith: String? = nil, from: FieldValue? = nil,
        to: FieldValue? = nil, reverse: Bool = false, limit: Int? = nil, fields: [String]? = nil
    ) {
        self.index = index
        self.equals = equals
        self.startingWith = startingWith
        self.from = from
        self.to = to
        self.reverse = reverse
        self.limit = limit
        self.fields = fields
    }
}

extension SchemaDefinition {
    /// The value of an index's part that is given as text, such as the argument of a command: `null` is null unless
    /// the part is a string, and of a json field what is JSON is taken as JSON, all else as a string.
    ///
    /// - Parameters:
    ///   - name: the index's name.
    ///   - part: which part, from 0.
    ///   - text: the value.
    /// - Throws: ``RecordError``: `unknownIndex`, `missingField` for more values than the index has parts, or one that
    ///   names the field.
    public func indexValue(_ name: String, part: Int, text: String) throws(RecordError) -> FieldValue {
        guard let index = index(name) else { throw unknownIndex(name) }
        guard index.parts.indices.contains(part) else {
            throw RecordError(
                .missingField, schema: self.name, index: index.name,
                message: "more values than the index has parts: "
                    + index.parts.map(\.path).joined(separator: ", "))
        }
        let field = try IndexPath(index.parts[part].path, in: fields).field
        if text == "null", field.type != .scalar(.string) { return .null }
        guard case .scalar(let type) = field.type else {
            return .json((try? JSONValue(parsing: text)) ?? .string(text))
        }
        do { return .scalar(try type.parse(text)) } catch {
            throw RecordError(error, schema: self.name).about(field: field.name)
        }
    }

    /// The error for an index that is not there, with the nearest name that is.
    func unknownIndex(_ name: String) -> RecordError {
        let near = Spelling.nearest(to: name, among: indexes.map(\.name))
        return RecordError(
            .unknownIndex, schema: self.name, index: RecordError.printable(name.utf8.span),
            message: "there is no such index" + (near.map { "; did you mean \($0)?" } ?? ""))
    }
}

extension CompiledSchema {
    /// The index called `name`.
    ///
    /// - Throws: ``RecordError`` with code `unknownIndex`.
    func index(_ name: String) throws(RecordError) -> CompiledIndex {
        if let index = indexes.first(where: { $0.name.hasSameBytes(as: name) }) { return index }
        throw definition.unknownIndex(name)
    }
}
