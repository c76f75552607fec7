internal import KeySchemas
public import OrderedStore

/// A scan of an index made ready for one schema: its range of entries, and what is made of each.
@usableFromInline
struct PreparedIndexScan {
    @usableFromInline let schema: CompiledSchema
    let index: CompiledIndex
    /// The entries that are still to come.
    @usableFromInline var range: KeyRange
    /// All entries of the scan, also those before the page that is read.
    let wholeRange: KeyRange
    @usableFromInline let reverse: Bool
    let wanted: Set<String>?
    /// What a covered scan takes out of each entry; `nil` for others.
    let steps: EntrySteps?
    /// What a covered scan can be asked for about each entry.
    let entryFields: EntryFields
    /// Whether the entries hold all that is wanted.
    @usableFromInline let isCovered: Bool
    /// Whether one record may have several entries in the range.
    @usableFromInline let mayRepeat: Bool
    /// Whether there is at most one entry, whose key is the range's lower bound.
    @usableFromInline let isPoint: Bool
    /// Where the memory for reading comes from.
    @usableFromInline let spare: SpareReader

    /// Makes the scan that a caller asks for.
    ///
    /// - Parameter isWhole: whether the records are read with all fields, whichever the caller names.
    /// - Throws: ``RecordError`` with code `unknownIndex` or `indexNotReady`, and others that name the part or field.
    init(
        _ scan: IndexScan, _ schema: CompiledSchema, isWhole: Bool = false, spare: SpareReader = SpareReader()
    ) throws(RecordError) {
        let index = try schema.index(scan.index)
        let from = scan.from.map { IndexBound.including($0) }
        let to = scan.to.map { IndexBound.excluding($0) }
        let range = try index.range(equals: scan.equals, startingWith: scan.startingWith, from: from, to: to)
        let hasBounds = from != nil || to != nil || scan.startingWith != nil
        try self.init(
            index, of: schema, range, equalParts: scan.equals.count, hasBounds: hasBounds, reverse: scan.reverse,
            fields: isWhole ? nil : scan.fields, spare: spare)
    }

    /// Makes a scan of a range of entries.
    ///
    /// - Parameters:
    ///   - range: as ``CompiledIndex/range(equals:startingWith:from:to:)`` makes it.
    ///   - equalParts: how many leading parts have one value throughout the range.
    ///   - hasBounds: whether the range says something about the part after those.
    ///   - fields: what is read of each record; `nil` for all. Where the entries hold all of them the records are not
    ///     touched, and what is handed out has those fields only.
    /// - Throws: ``RecordError`` with code `indexNotReady`, or `unknownField`.
    init(
        _ index: CompiledIndex, of schema: CompiledSchema, _ range: KeyRange, equalParts: Int, hasBounds: Bool,
        reverse: Bool = false, fields: [String]? = nil, spare: SpareReader = SpareReader()
    ) throws(RecordError) {
        guard index.state.isReady else {
            throw RecordError(
                .indexNotReady, schema: schema.name, index: index.name,
                message: "the index is still to be built; rebuild it to finish that")
        }
        for name in fields ?? [] where !schema.definition.knows(name) {
            throw schema.definition.unknownField(name)
        }
        self.spare = spare
        self.schema = schema
        self.index = index
        self.range = range
        wholeRange = range
        self.reverse = reverse
        wanted = fields.map { Set($0) }
        mayRepeat = index.multivalued.map { $0 >= equalParts } ?? false
        isCovered = !mayRepeat && (wanted.map { index.covers($0) } ?? false)
        isPoint = index.isUnique && equalParts == index.parts.count && !hasBounds
        steps = isCovered ? EntrySteps(of: index, wanted ?? []) : nil
        entryFields = isCovered ? EntryFields(of: index, fields ?? []) : EntryFields()
    }

    // MARK: - Paging

    /// What all pages of the scan have in common. The index's number is not in it: a token outlives a rebuild.
    private var question: [UInt8] {
        let bounds = [wholeRange.lower, wholeRange.upper ?? []].flatMap {
            $0.dropFirst(index.prefix.count) + [0xFF, 0xFF]
        }
        let definition = JSONValue.object(index.definition.json).text()
        return bounds + [reverse ? 1 : 0] + Array("\(schema.name) \(index.name) \(definition)".utf8)
    }

    /// What resumes the scan after an entry.
    func token(after key: [UInt8]) -> String {
        PageToken.make(question, at: Array(key.dropFirst(index.prefix.count)))
    }

    /// Goes on after the entry that a token names.
    ///
    /// - Throws: ``RecordError`` with code `badToken`.
    mutating func resume(_ token: String) throws(RecordError) {
        guard let place = PageToken.place(in: token, question) else { throw PageToken.bad(schema.name) }
        let key = index.prefix + place
        guard wholeRange.contains(key.span) else { throw PageToken.bad(schema.name) }
        range = wholeRange.intersection(reverse ? KeyRange(to: key) : KeyRange(from: key + [0]))
    }
}

/// What is taken out of each entry of a covered scan, in flat memory. A class, so that other scans are spared all that
/// it holds.
final class EntrySteps: Sendable {
    enum Form: UInt8, Sendable {
        case string, int, other
    }

    /// One part or one included field.
    struct Step: Sendable {
        let form: Form
        let isDescending: Bool
        /// Where its value goes; -1 when it is passed over.
        let slot: Int
    }

    /// The parts, as far as something is taken out of them or of what follows them in the key.
    let parts: [Step]
    /// The included fields, up to the last that is wanted.
    let included: [Step]
    /// Whether the parts of the record's key are wanted.
    let readsKey: Bool
    /// What stands in the record's key before, between and after its parts, where they are strings of the encoding
    /// `text`; empty for other keys.
    let literals: [UInt8]
    /// Where among ``literals`` each is.
    let literalRanges: [Range<Int>]

    init(of index: CompiledIndex, _ wanted: Set<String>) {
        let schema = index.schema
        readsKey = schema.keyFields.contains { wanted.contains($0.name) }
        (literals, literalRanges) = readsKey ? EntrySteps.literals(of: index.layout) : ([], [])
        var taken: Set<Int> = []
        var included = index.included.map { slot in
            guard wanted.contains(schema.storedFields[slot].name) else { return EntrySteps.passing }
            taken.insert(slot)
            return Step(form: .other, isDescending: false, slot: slot)
        }
        var parts = index.parts.map { part in
            guard case .slot(let slot) = part.source, wanted.contains(part.path.field.name),
                taken.insert(slot).inserted
            else { return Step(form: .other, isDescending: part.isDescending, slot: -1) }
            let form: Form =
                switch part.type {
                case .scalar(.string): .string
                case .scalar(.int): .int
                default: .other
                }
            return Step(form: part.isDescending ? .other : form, isDescending: part.isDescending, slot: slot)
        }
        // The parts of a record's key stand behind the values, or in a unique index before the included fields.
        let mustPassAll = readsKey && !index.isUnique
        while !mustPassAll, parts.last?.slot == -1 { parts.removeLast() }
        while included.last?.slot == -1 { included.removeLast() }
        self.parts = parts
        self.included = included
    }

    private static func literals(of layout: KeyLayout) -> ([UInt8], [Range<Int>]) {
        var literals: [UInt8] = []
        var literalRanges: [Range<Int>] = []
        guard layout.encoding == .text, layout.components.allSatisfy({ $0.type == .string }) else { return ([], []) }
        for index in 0...layout.components.count {
            let start = literals.count
            literals.append(copying: layout.literal(index))
            literalRanges.append(start..<literals.count)
        }
        return (literals, literalRanges)
    }

    private static let passing = Step(form: .other, isDescending: false, slot: -1)
}
