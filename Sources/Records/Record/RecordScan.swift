public import KeySchemas
public import OrderedStore

/// Which records a scan goes over, and how.
public struct RecordScan: Hashable, Sendable {
    /// The values of the leading parts of the key; none for all records.
    public var leading: [KeyValue]
    /// What the part after the leading ones begins with.
    public var startingWith: KeyValue?
    /// The least value of the part after the leading ones.
    public var from: KeyValue?
    /// The first value of the part after the leading ones that is beyond the scan.
    public var to: KeyValue?
    /// From the last record to the first.
    public var reverse: Bool
    /// The most records; `nil` for all.
    public var limit: Int?
    /// The fields to read; `nil` for all.
    public var fields: [String]?
    /// Let a range of a part whose keys are not in the order of its values be a filter: all records under the
    /// leading parts are read, and come in the order of their keys. Without it such a range is an error.
    public var filters: Bool

    /// Makes a scan.
    public init(
        under leading: [KeyValue] = [], startingWith: KeyValue? = nil, from: KeyValue? = nil, to: KeyValue? = nil,
        reverse: Bool = false, limit: Int? = nil, fields: [String]? = nil, filters: Bool = false
    ) {
        self.leading = leading
        self.startingWith = startingWith
        self.from = from
        self.to = to
        self.reverse = reverse
        self.limit = limit
        self.fields = fields
        self.filters = filters
    }
}

/// Some of a scan's records, and how to go on.
public struct RecordPage<Element: Sendable>: Sendable {
    /// The records.
    public let records: [Element]
    /// Goes on after the last of them; `nil` when there are no more.
    public let next: String?
}

/// A scan made ready for one schema.
@usableFromInline
struct PreparedScan {
    @usableFromInline let schema: CompiledSchema
    @usableFromInline var range: KeyRange
    @usableFromInline let reverse: Bool
    /// Whether the range is a packed record's only key.
    @usableFromInline let isOneKey: Bool
    let wanted: Set<String>?
    /// A range of a grouped part, checked record by record.
    private var filter: (index: Int, from: KeyValue?, to: KeyValue?)?
    /// All records of the scan, also those before the page that is read.
    private let wholeRange: KeyRange

    /// - Throws: ``RecordError`` that names the part or the field.
    init(_ scan: RecordScan, _ schema: CompiledSchema) throws(RecordError) {
        self.schema = schema
        reverse = scan.reverse
        isOneKey = schema.isPacked && scan.leading.count == schema.layout.components.count
        if let fields = scan.fields {
            for name in fields where !schema.definition.knows(name) {
                throw schema.definition.unknownField(name)
            }
        }
        wanted = scan.fields.map { Set($0) }
        let layout = schema.layout
        var ranges: [KeyRange] = []
        do {
            ranges.append(try layout.range(under: scan.leading))
            if let prefix = scan.startingWith {
                ranges.append(try layout.range(under: scan.leading, startingWith: prefix))
            }
            if scan.from != nil || scan.to != nil {
                do {
                    ranges.append(try layout.range(under: scan.leading, from: scan.from, to: scan.to))
                } catch {
                    guard scan.filters, error.code == .unordered else { throw error }
                    let type = layout.components[scan.leading.count].type
                    let from = try scan.from.map { from throws(KeyError) in try type.normalize(from) }
                    let to = try scan.to.map { to throws(KeyError) in try type.normalize(to) }
                    filter = (scan.leading.count, from, to)
                }
            }
        } catch let error as KeyError {
            throw RecordError(error, schema: schema.name)
        } catch {
            throw RecordError(.invalidValue, schema: schema.name, message: "\(error)")
        }
        range = ranges.dropFirst().reduce(ranges[0]) { $0.intersection($1) }
        wholeRange = range
    }

    /// Whether a record in the range is one of the scan's.
    @usableFromInline
    func includes(_ record: borrowing RecordBuffer) throws(RecordError) -> Bool {
        guard let filter else { return true }
        let part = try record.part(filter.index)
        if let from = filter.from, part < from { return false }
        if let to = filter.to, part >= to { return false }
        return true
    }

    /// What all pages of the scan have in common, wherever a migration keeps the records.
    private var question: [UInt8] {
        let place = schema.place.count
        let bounds =
            wholeRange.lower.dropFirst(place) + [0xFF, 0xFF] + (wholeRange.upper ?? []).dropFirst(place)
            + [reverse ? 1 : 0]
        let filterText = filter.map { "\($0.from.map { "\($0)" } ?? "")|\($0.to.map { "\($0)" } ?? "")" } ?? ""
        return Array(bounds) + Array((schema.name + filterText).utf8)
    }

    /// What resumes the scan after the record with a prefix.
    func token(after prefix: [UInt8]) -> String {
        PageToken.make(question, at: Array(prefix.dropFirst(schema.place.count)))
    }

    /// Goes on after the record that a token names.
    ///
    /// - Throws: ``RecordError`` with code `badToken`.
    mutating func resume(_ token: String) throws(RecordError) {
        let bad = PageToken.bad(schema.name)
        guard let place = PageToken.place(in: token, question) else { throw bad }
        let prefix = schema.place + place
        guard wholeRange.contains(prefix.span) else { throw bad }
        var parts: [Range<Int>] = []
        guard schema.layout.findParts(of: prefix.span, into: &parts) == prefix.count else { throw bad }
        if reverse {
            range = range.intersection(KeyRange(to: prefix))
        } else if let upper = schema.range(ofPrefix: prefix).upper {
            range = range.intersection(KeyRange(from: upper))
        }
    }
}
