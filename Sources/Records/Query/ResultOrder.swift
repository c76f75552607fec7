internal import KeySchemas
internal import OrderedStore

/// The order of a query's results: by some values, and then, so that no two records are alike, by their keys.
///
/// A place in it is bytes: the values as index entries hold them, and then the key. So the order is that of the
/// bytes, whichever way the records are found, and a place can be looked for in an index.
struct ResultOrder: Hashable, Sendable {
    /// How the keys of records are ordered in which the values are equal.
    enum Tie: Int64, Sendable {
        /// By their bytes, as the records are stored.
        case stored = 0
        /// By their parts, as index entries are.
        case parts = 1
    }

    /// A value and its direction.
    struct Term: Hashable, Sendable {
        let path: IndexPath
        let isDescending: Bool

        init(_ path: IndexPath, isDescending: Bool = false) {
            self.path = path
            self.isDescending = isDescending
        }
    }

    var terms: [Term] = []
    var tie = Tie.stored
    var tieIsDescending = false

    /// The other way round.
    var reversed: ResultOrder {
        ResultOrder(
            terms: terms.map { Term($0.path, isDescending: !$0.isDescending) }, tie: tie,
            tieIsDescending: !tieIsDescending)
    }
}

/// Makes the bytes that stand for records in an order.
struct SortKeyMaker: Sendable {
    let parts: [CompiledIndex.Part]
    private let order: ResultOrder
    private let readsParts: Bool

    init(_ order: ResultOrder, _ schema: SchemaDefinition) {
        self.order = order
        parts = order.terms.map { schema.part($0.path, isDescending: $0.isDescending) }
        readsParts = order.tie == .parts || parts.contains { $0.isKeyPart }
    }

    /// Appends a record's bytes.
    ///
    /// - Throws: ``RecordError`` when the parts of the record's key cannot be read.
    func append(_ record: borrowing RecordBuffer, to bytes: inout [UInt8]) throws(RecordError) {
        var maker = IndexEntryMaker()
        if readsParts { try maker.read(record) }
        try append(parts, record, &maker, to: &bytes)
        let start = bytes.count
        switch order.tie {
        case .stored: bytes.append(contentsOf: record.prefix)
        case .parts: bytes.append(contentsOf: maker.keyTuple)
        }
        if order.tieIsDescending { bytes.complement(from: start) }
    }

    /// Appends the values alone: equal bytes are equal values.
    func appendValues(_ record: borrowing RecordBuffer, to bytes: inout [UInt8]) throws(RecordError) {
        var maker = IndexEntryMaker()
        if readsParts { try maker.read(record) }
        try append(parts, record, &maker, to: &bytes)
    }

    private func append(
        _ parts: [CompiledIndex.Part], _ record: borrowing RecordBuffer, _ maker: inout IndexEntryMaker,
        to bytes: inout [UInt8]
    ) throws(RecordError) {
        for part in parts {
            let start = bytes.count
            _ = try maker.append(part, record, to: &bytes)
            if part.isDescending { IndexCode.complement(from: start, in: &bytes) }
        }
    }

    /// The values of which ``appendValues(_:to:)`` made bytes; `nil` for absent.
    func values(_ bytes: Span<UInt8>) -> [FieldValue?] {
        var position = 0
        return parts.map { part in
            guard let end = IndexCode.end(of: part, in: bytes, from: position) else { return nil }
            defer { position = end }
            switch part.value(bytes.extracting(position..<end)) {
            case nil, .absent?: return nil
            case .null?: return .null
            case .value(let value)?: return value
            }
        }
    }

    /// Takes a place apart: which bytes of it each value is, and the key's as they are where keys ascend; `nil` when
    /// it is none of this order's.
    func split(_ place: Span<UInt8>) -> (values: [Range<Int>], tie: [UInt8])? {
        var ranges: [Range<Int>] = []
        var position = 0
        for part in parts {
            guard let end = IndexCode.end(of: part, in: place, from: position) else { return nil }
            ranges.append(position..<end)
            position = end
        }
        guard position < place.count else { return nil }
        return (ranges, order.tie(place.extracting(droppingFirst: position)))
    }
}

extension ResultOrder {
    /// What stands in a place for a key whose bytes these are, and the other way round.
    func tie(_ bytes: Span<UInt8>) -> [UInt8] {
        var tie = bytes.array
        if tieIsDescending { tie.complement(from: 0) }
        return tie
    }
}

extension [UInt8] {
    /// Turns the bytes from `start` on into their complements.
    fileprivate mutating func complement(from start: Int) {
        for index in start..<count { self[index] = ~self[index] }
    }
}
