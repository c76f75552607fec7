internal import KeySchemas
internal import OrderedStore

/// Index entries as they are stored, one after another in flat memory.
struct IndexEntries: Sendable {
    struct Item: Sendable {
        let index: CompiledIndex
        let key: Range<Int>
        let value: Range<Int>
    }

    private(set) var bytes: [UInt8] = []
    private(set) var items: [Item] = []
    /// The memory for making them.
    private var maker = IndexEntryMaker()

    /// What has grown larger is not kept for the next record.
    static let mostBytesKept = 64 << 10

    var isEmpty: Bool { items.isEmpty }

    @_lifetime(borrow self)
    borrowing func key(_ position: Int) -> Span<UInt8> { bytes.span.extracting(items[position].key) }

    @_lifetime(borrow self)
    borrowing func value(_ position: Int) -> Span<UInt8> { bytes.span.extracting(items[position].value) }

    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
    }

    /// Adds the entries of a record in the indexes that `isWanted` chooses, those of one index in key order.
    ///
    /// What is stored decides alone: a value that its field would not take counts as absent, so that the entries of
    /// a record can always be found again.
    ///
    /// - Throws: ``RecordError`` when the parts of the record's key cannot be read.
    mutating func append(
        _ record: borrowing RecordBuffer, where isWanted: (CompiledIndex) -> Bool = { _ in true }
    ) throws(RecordError) {
        // Out of here while the entries are made.
        var maker = IndexEntryMaker()
        swap(&maker, &self.maker)
        defer { swap(&maker, &self.maker) }
        maker.clear()
        if bytes.isEmpty { bytes.reserveCapacity(256) }
        for index in record.schema.indexes where isWanted(index) { try append(record, index, &maker) }
    }

    /// Adds the entries of a record in one index.
    mutating func append(
        _ record: borrowing RecordBuffer, _ index: CompiledIndex, _ maker: inout IndexEntryMaker
    ) throws(RecordError) {
        try maker.read(record)
        guard let multivalued = index.multivalued else {
            try append(record, index, element: nil, &maker)
            return
        }
        let elements = maker.elements(of: index.parts[multivalued], record)
        // Equal elements of one array are one entry.
        var distinct: Set<[UInt8]> = []
        var forms: [(form: [UInt8], element: JSONValue?)] = []
        for element in elements {
            var form: [UInt8] = []
            _ = IndexCode.append(json: element, to: &form)
            if index.parts[multivalued].isDescending { IndexCode.complement(from: 0, in: &form) }
            if distinct.insert(form).inserted { forms.append((form, element)) }
        }
        forms.sort { $0.form.span.compare(to: $1.form.span) < 0 }
        for (_, element) in forms { try append(record, index, element: .some(element), &maker) }
    }

    /// Adds one entry; with `element` as the value of the part that has many.
    private mutating func append(
        _ record: borrowing RecordBuffer, _ index: CompiledIndex, element: JSONValue??, _ maker: inout IndexEntryMaker
    ) throws(RecordError) {
        let start = bytes.count
        bytes.append(contentsOf: index.prefix)
        for (position, part) in index.parts.enumerated() {
            let valueStart = bytes.count
            let kind: IndexCode.Kind
            if position == index.multivalued, let element {
                kind = IndexCode.append(json: element, to: &bytes)
            } else {
                kind = try maker.append(part, record, to: &bytes)
            }
            if kind != .value, index.definition.isSparse {
                bytes.removeLast(bytes.count - start)
                return
            }
            if part.isDescending { IndexCode.complement(from: valueStart, in: &bytes) }
        }
        if !index.isUnique { bytes.append(contentsOf: maker.keyTuple) }
        let keyEnd = bytes.count
        if index.isUnique { bytes.append(contentsOf: maker.keyTuple) }
        for slot in index.included {
            let place = record.slots[slot]
            if place.isAbsent {
                Tuple.append(.null, to: &bytes)
            } else {
                Tuple.append(bytes: record.bytes(place), to: &bytes)
            }
        }
        items.append(Item(index: index, key: start..<keyEnd, value: keyEnd..<bytes.count))
    }
}

/// What the entries of one record in several indexes share: the parts of its key, and its json fields parsed.
struct IndexEntryMaker {
    /// The parts of the key as tuple elements, one after another.
    private(set) var keyTuple: [UInt8] = []
    /// Which bytes of ``keyTuple`` each part is.
    private var ranges: [Range<Int>] = []
    private var parsed: [Int: JSONValue] = [:]
    private var isRead = false

    /// Forgets the record, and keeps the memory for the next one.
    mutating func clear() {
        keyTuple.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        if !parsed.isEmpty { parsed = [:] }
        isRead = false
    }

    /// Takes in a record; a second time it does nothing.
    mutating func read(_ record: borrowing RecordBuffer) throws(RecordError) {
        if isRead { return }
        isRead = true
        if keyTuple.capacity == 0 { keyTuple.reserveCapacity(64) }
        for (position, range) in record.parts.enumerated() {
            let start = keyTuple.count
            let part = record.prefix.span.extracting(range)
            do { try record.layout.appendTuple(ofPart: part, at: position, to: &keyTuple) } catch {
                throw RecordError(error, schema: record.schema.name, key: record.prefix)
            }
            ranges.append(start..<keyTuple.count)
        }
    }

    /// Appends the value of a part that has one.
    mutating func append(
        _ part: CompiledIndex.Part, _ record: borrowing RecordBuffer, to bytes: inout [UInt8]
    ) throws(RecordError) -> IndexCode.Kind {
        switch part.source {
        case .part(let position):
            bytes.append(contentsOf: keyTuple[ranges[position]])
            return .value
        case .slot(let slot):
            let place = record.slots[slot]
            if case .scalar(let type) = part.type {
                if !place.isAbsent { return IndexEntryMaker.append(stored: record.bytes(place), type, to: &bytes) }
                if let stored = record.schema.defaultForm(slot) {
                    return IndexEntryMaker.append(stored: stored.span, type, to: &bytes)
                }
            }
            IndexCode.append(.absent, to: &bytes)
            return .absent
        case .json, .member:
            return IndexCode.append(json: elements(of: part, record).first ?? nil, to: &bytes)
        }
    }

    /// Appends a stored value.
    private static func append(
        stored: Span<UInt8>, _ type: ComponentType, to bytes: inout [UInt8]
    ) -> IndexCode.Kind {
        if FieldCodec.isNull(stored) {
            IndexCode.append(.null, to: &bytes)
            return .null
        }
        switch type {
        case .string:
            guard let start = try? FieldCodec.start(of: stored) else { break }
            Tuple.append(string: stored.extracting(start..<stored.count), to: &bytes)
            return .value
        case .int:
            guard let number = FieldCodec.smallInteger(stored) else { fallthrough }
            Tuple.append(number, to: &bytes)
            return .value
        default:
            guard case .scalar(let value)? = try? FieldCodec.decode(stored, as: .scalar(type)),
                let normal = try? type.normalize(value)
            else { break }
            Tuple.append(normal, to: &bytes)
            return .value
        }
        IndexCode.append(.absent, to: &bytes)
        return .absent
    }

    /// The values of a part over the elements of an array; one absent value where there is none.
    mutating func elements(
        of part: CompiledIndex.Part, _ record: borrowing RecordBuffer
    ) -> [JSONValue?] {
        switch part.source {
        case .part, .slot: return [nil]
        case .json(let slot, let steps): return find(steps[...], in: json(slot, record))
        case .member(let suffix, let steps):
            let member = record.unknown.first { record.bytes($0.suffix).equals(suffix.span) }
            return find(steps[...], in: member.flatMap { IndexEntryMaker.json(stored: record.bytes($0.value)) })
        }
    }

    private mutating func json(_ slot: Int, _ record: borrowing RecordBuffer) -> JSONValue? {
        if let value = parsed[slot] { return value }
        let place = record.slots[slot]
        let value: JSONValue?
        if place.isAbsent {
            value = record.schema.defaultForm(slot).flatMap { IndexEntryMaker.json(stored: $0.span) }
        } else {
            value = IndexEntryMaker.json(stored: record.bytes(place))
        }
        if let value { parsed[slot] = value }
        return value
    }

    private static func json(stored: Span<UInt8>) -> JSONValue? {
        FieldCodec.isNull(stored) ? .null : try? JSONValue(parsing: stored)
    }

    /// The values at the end of a way; an absent one where it ends early.
    private func find(_ steps: ArraySlice<IndexPath.Step>, in value: JSONValue?) -> [JSONValue?] {
        guard let step = steps.first else { return [value] }
        let rest = steps.dropFirst()
        switch (step, value) {
        case (.member(let name), .object(let object)?):
            return find(rest, in: object[name])
        case (.member, _):
            return [nil]
        case (.each, .array(let elements)?):
            return elements.isEmpty ? [nil] : elements.flatMap { find(rest, in: $0) }
        case (.each, _):
            // A single value stands for an array of one.
            return find(rest, in: value)
        }
    }
}
