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

    /// The same scan of whole records.
    var withAllFields: IndexScan {
        var scan = self
        scan.fields = nil
        return scan
    }
}

/// A scan of an index made ready for one schema.
struct PreparedIndexScan {
    let schema: CompiledSchema
    let index: CompiledIndex
    let range: KeyRange
    let reverse: Bool
    let wanted: Set<String>?
    /// Whether the entries hold all that is wanted.
    let isCovered: Bool
    /// Whether one record may have several entries in the range.
    let mayRepeat: Bool
    /// Whether there is at most one entry, whose key is the range's lower bound.
    let isPoint: Bool

    /// - Throws: ``RecordError`` with code `unknownIndex` or `indexNotReady`, and others that name the part.
    init(_ scan: IndexScan, _ schema: CompiledSchema) throws(RecordError) {
        let index = try schema.index(scan.index)
        guard index.state.isReady else {
            throw RecordError(
                .indexNotReady, schema: schema.name, index: index.name,
                message: "the index is still to be built; rebuild it to finish that")
        }
        self.schema = schema
        self.index = index
        reverse = scan.reverse
        for name in scan.fields ?? [] where schema.definition.field(name) == nil {
            throw schema.definition.unknownField(name)
        }
        wanted = scan.fields.map { Set($0) }
        isCovered = wanted.map { index.covers($0) } ?? false
        mayRepeat = index.multivalued.map { $0 >= scan.equals.count } ?? false
        let hasBounds = scan.from != nil || scan.to != nil || scan.startingWith != nil
        isPoint = index.isUnique && scan.equals.count == index.parts.count && !hasBounds
        do throws(RecordError) {
            range = try index.range(of: scan, hasBounds: hasBounds)
        } catch {
            var error = error.about(schema: schema.name)
            error.index = index.name
            throw error
        }
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
    fileprivate func unknownIndex(_ name: String) -> RecordError {
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

extension CompiledIndex {
    fileprivate func range(of scan: IndexScan, hasBounds: Bool) throws(RecordError) -> KeyRange {
        guard scan.equals.count + (hasBounds ? 1 : 0) <= parts.count else {
            throw RecordError(
                .missingField,
                message: "more values than the index has parts: "
                    + parts.indices.map { definition.parts[$0].path }.joined(separator: ", "))
        }
        var start = prefix
        for (part, value) in zip(parts, scan.equals) { start += try form(of: value, part) }
        let all = KeyRange(from: start, to: start + [Tuple.Code.escape])
        guard hasBounds else { return all }
        let part = parts[scan.equals.count]
        var range = all
        if let text = scan.startingWith {
            range = range.intersection(try strings(startingWith: text, part, after: start))
        }
        if scan.from != nil || scan.to != nil {
            range = range.intersection(try values(from: scan.from, to: scan.to, part, after: start))
        }
        return range
    }

    /// The bytes that a value has in an entry.
    private func form(of value: FieldValue?, _ part: Part) throws(RecordError) -> [UInt8] {
        var bytes: [UInt8] = []
        switch (value, part.type) {
        case (nil, _): IndexCode.append(.absent, to: &bytes)
        case (.null?, _), (.json(.null)?, _): IndexCode.append(.null, to: &bytes)
        case (let value?, .json):
            if case .raw = value { throw part.path.field.refusal("not a value of type json") }
            _ = IndexCode.append(json: value.json, to: &bytes)
        case (.scalar(let value)?, .scalar(let type)):
            do { Tuple.append(try type.normalize(value), to: &bytes) } catch {
                throw part.path.field.refusal(error.message)
            }
        case (.json(let json)?, .scalar):
            return try form(of: try part.path.field.coerce(json: json), part)
        case (.raw?, .scalar(let type)):
            throw part.path.field.refusal("not a value of type \(type)")
        }
        if part.isDescending { IndexCode.complement(from: 0, in: &bytes) }
        return bytes
    }

    private func values(
        from: FieldValue?, to: FieldValue?, _ part: Part, after start: [UInt8]
    ) throws(RecordError) -> KeyRange {
        // The codes of the values that are compared with the bounds.
        var codes: (first: UInt8, last: UInt8) = (Tuple.Code.bytes, Tuple.Code.escape - 1)
        if part.isJSON, let bound = from ?? to {
            var plain: [UInt8] = []
            _ = IndexCode.append(json: bound.json, to: &plain)
            let code = plain.first ?? Tuple.Code.bytes
            codes =
                code == Tuple.Code.true || code == Tuple.Code.false ? (Tuple.Code.false, Tuple.Code.true) : (code, code)
        }
        let least = try from.map { value throws(RecordError) in start + (try form(of: value, part)) }
        let beyond = try to.map { value throws(RecordError) in start + (try form(of: value, part)) }
        guard part.isDescending else {
            return KeyRange(from: least ?? start + [codes.first], to: beyond ?? start + [codes.last + 1])
        }
        // The values run backwards, each a byte string of complemented bytes; FF ends all entries of a value.
        let head = start + [Tuple.Code.bytes]
        return KeyRange(
            from: beyond.map { $0 + [Tuple.Code.escape] } ?? head + [~codes.last],
            to: least.map { $0 + [Tuple.Code.escape] } ?? head + [~codes.first + 1])
    }

    private func strings(
        startingWith text: String, _ part: Part, after start: [UInt8]
    ) throws(RecordError) -> KeyRange {
        guard part.isJSON || part.type == .scalar(.string) else {
            throw part.path.field.refusal("starts-with is for strings; the field is of type \(part.type.name)")
        }
        var plain = [Tuple.Code.string]
        Tuple.appendEscaped(text.utf8.span, to: &plain)
        guard part.isDescending else { return .prefix(start + plain) }
        var bytes = start + [Tuple.Code.bytes]
        let complemented = plain.map { ~$0 }
        Tuple.appendEscaped(complemented.span, to: &bytes)
        return .prefix(bytes)
    }
}
