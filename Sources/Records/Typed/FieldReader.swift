internal import KeySchemas
public import OrderedStore

/// Lends a stored record to the code that makes a Swift value of it: each field by its name.
///
/// ```swift
/// init(fields: inout FieldReader) throws(RecordError) {
///     title = try fields.read("title")
///     year = try fields.read("year")       // an Int?: absent and null are nil
/// }
/// ```
///
/// Ask in the order of the schema: then each name is found at once.
@safe
public struct FieldReader: ~Copyable, ~Escapable {
    /// What the record's keys begin with; of an index's entry its key.
    private(set) var prefix: Span<UInt8>
    private let parts: Span<Range<Int>>
    /// The stored forms; of an index's entry its value.
    private var values: Span<UInt8>
    private let slots: Span<RecordBuffer.Slot>
    private let entries: Span<FieldTable.Entry>
    private let names: Span<UInt8>
    /// Of an index's entry what it is made of.
    let elements: Span<EntryFields.Element>
    /// How many of the elements are in the entry's key, and where there the first begins.
    private let keyElements: (count: Int, start: Int)
    /// The element whose beginning is known, and where that is.
    private var next: (element: Int, start: Int)
    /// The lent record's own, so not retained.
    private unowned(unsafe) let lentSchema: CompiledSchema
    private unowned(unsafe) let lentIndex: CompiledIndex?
    /// Whether the parts are as the `text` encoding writes them.
    let isText: Bool
    /// Where the next name is looked for first.
    private(set) var hint: Int
    /// Where the first field was found that was asked for.
    private var firstHint = 0
    /// What was lent last of what is not stored as it is.
    var copied: [UInt8] = []

    /// Lends an assembled record.
    @usableFromInline
    @_lifetime(borrow buffer)
    init(_ buffer: borrowing RecordBuffer, from hint: Int = 0) {
        self.hint = hint
        prefix = buffer.prefix.span
        parts = buffer.parts.span
        values = buffer.values.span
        slots = buffer.slots.span
        entries = buffer.table.entries.span
        names = buffer.table.names.span
        elements = Span()
        keyElements = (0, 0)
        next = (0, 0)
        unsafe lentSchema = buffer.schema
        unsafe lentIndex = nil
        isText = buffer.schema.isText
    }

    /// Lends what the entries of a covered scan hold, one after the other: see ``take(_:)``.
    @usableFromInline
    @_lifetime(borrow scan)
    init(_ scan: borrowing PreparedIndexScan) {
        hint = 0
        prefix = Span()
        parts = Span()
        values = Span()
        slots = Span()
        entries = scan.entryFields.table.entries.span
        names = scan.entryFields.table.names.span
        elements = scan.entryFields.elements.span
        keyElements = (scan.entryFields.keyCount, scan.index.prefix.count)
        next = (0, scan.index.prefix.count)
        unsafe lentSchema = scan.schema
        unsafe lentIndex = scan.index
        isText = false
    }

    /// Goes on to an entry, which must stay in place until the next one is taken: it is the reader's caller who sees
    /// to that.
    @usableFromInline
    @unsafe
    mutating func take(_ entry: Entry) {
        prefix = unsafe _overrideLifetime(entry.key, copying: ())
        values = unsafe _overrideLifetime(entry.value, copying: ())
        next = (0, keyElements.start)
        hint = firstHint
    }

    var schema: CompiledSchema { unsafe lentSchema }
    /// The index whose entry is lent; `nil` where a record is.
    var index: CompiledIndex? { unsafe lentIndex }

    /// Where a field's value is.
    enum Place: ~Escapable {
        case absent
        /// Its stored form.
        case stored(Span<UInt8>)
        /// The part of the key at an index.
        case part(Span<UInt8>, Int)
        /// Another element of an entry than a stored form, and which.
        case element(Span<UInt8>, Int)
    }

    /// The stored form of the field that is asked for, where it is what is expected most: the field that comes next, of
    /// the kind that it is to be, with a value that is neither null nor escaped. `nil` where it takes a closer look:
    /// the same field is looked for first then, too.
    @inline(__always)
    @_lifetime(copy self)
    mutating func nextStored(_ name: StaticString, _ kind: FieldKind) -> Span<UInt8>? {
        let place = hint
        guard name.hasPointerRepresentation, name.utf8CodeUnitCount <= NameWords.mostBytes, place < entries.count,
            // A place among the entries is not negative.
            unsafe entries[unchecked: place].words == NameWords(name.utf8Start, count: name.utf8CodeUnitCount),
            unsafe entries[unchecked: place].kind == kind
        else { return nil }
        // Where a field is, the table of its schema or index says, whose places are those of the record or the entry.
        let index = unsafe entries[unchecked: place].index
        let stored: Span<UInt8>
        if !elements.isEmpty {
            if index != next.element, (try? move(to: index)) == nil { return nil }
            let isLastInKey = index == keyElements.count &- 1
            let bytes = index < keyElements.count ? prefix : values
            let start = next.start
            guard start < bytes.count, unsafe bytes[unchecked: start] == elements[unchecked: index].plainCode,
                let zero = bytes.first(0, from: start &+ 1)
            else { return nil }
            let end = zero &+ 1
            if end < bytes.count {
                guard !isLastInKey, unsafe bytes[unchecked: end] != Tuple.Code.escape else { return nil }
            }
            stored = unsafe bytes.extracting(unchecked: Range(uncheckedBounds: (start &+ 1, zero)))
            next = (index &+ 1, isLastInKey ? 0 : end)
        } else if unsafe entries[unchecked: place].isPart {
            guard isText, index < parts.count else { return nil }
            stored = prefix.extracting(parts[index])
            guard stored.count > 0, stored[0] != 0 else { return nil }
            if kind == .string, stored.first(UInt8(ascii: ";"), from: 0) != nil { return nil }
        } else {
            let slot = unsafe slots[unchecked: index]
            guard slot.count > 0 else { return nil }
            stored = unsafe values.extracting(
                unchecked: Range(uncheckedBounds: (slot.start, slot.start &+ slot.count)))
            if unsafe stored[unchecked: 0] == 0 { return nil }
        }
        hint = place &+ 1
        return stored
    }

    /// Forgets that ``nextStored(_:_:)`` found a field.
    mutating func askAgain() { hint -= 1 }

    /// Finds a field, which must be of one of two kinds.
    @inline(__always)
    @_lifetime(copy self)
    mutating func place(
        _ name: Span<UInt8>, _ kind: FieldKind, or other: FieldKind? = nil
    ) throws(RecordError) -> Place {
        guard let entry = try entry(name, kind, or: other) else { return .absent }
        return try place(of: entry)
    }

    /// Finds a field's entry, which must be of one of two kinds; `nil` for one that the scan did not ask for.
    @inline(__always)
    mutating func entry(
        _ name: Span<UInt8>, _ kind: FieldKind, or other: FieldKind? = nil
    ) throws(RecordError) -> Int? {
        let start = hint
        guard let entry = findField(name, among: names, entries, from: &hint) else {
            try checkUnwanted(name, kind, or: other)
            return nil
        }
        // Of the next entry, too, it is likely to be asked first.
        if start == firstHint { firstHint = entry }
        let found = entries[entry].kind
        guard found == kind || found == other else { throw mismatch(name, kind) }
        return entry
    }

    @inline(__always)
    @_lifetime(copy self)
    mutating func place(of entry: Int) throws(RecordError) -> Place {
        let index = entries[entry].index
        if !elements.isEmpty { return try element(index) }
        // A record that is made of an index entry may lack its key.
        if entries[entry].isPart {
            return index < parts.count ? .part(prefix.extracting(parts[index]), index) : .absent
        }
        let slot = slots[index]
        if slot.isAbsent { return .absent }
        let stored = values.extracting(slot.range)
        return FieldCodec.isNull(stored) ? .absent : .stored(stored)
    }

    /// Finds an element of an entry. Who asks in the order of the elements has each looked at once.
    @inline(__always)
    @_lifetime(copy self)
    private mutating func element(_ number: Int) throws(RecordError) -> Place {
        if next.element != number { try move(to: number) }
        let bytes = number < keyElements.count ? prefix : values
        let start = next.start
        guard let end = try pass(bytes) else { return .element(try passOther(bytes), number) }
        return .stored(bytes.extracting(start + 1..<end - 1))
    }

    /// Goes to the beginning of an element.
    @inline(never)
    private mutating func move(to number: Int) throws(RecordError) {
        let isInKey = number < keyElements.count
        let first = isInKey ? 0 : keyElements.count
        if next.element < first || next.element > number { next = (first, isInKey ? keyElements.start : 0) }
        let bytes = isInKey ? prefix : values
        while next.element < number {
            if try pass(bytes) == nil { _ = try passOther(bytes) }
        }
    }

    /// Passes over the element whose beginning is known, if it is a stored form between a type code and a zero.
    ///
    /// - Returns: where it ends; `nil` for another one.
    @inline(__always)
    private mutating func pass(_ bytes: Span<UInt8>) throws(RecordError) -> Int? {
        let (number, start) = next
        guard start < bytes.count, bytes[start] == elements[number].plainCode else { return nil }
        guard let zero = bytes.first(0, from: start + 1) else { throw damaged() }
        let end = zero + 1
        if end < bytes.count {
            if bytes[end] == Tuple.Code.escape { return nil }
            if number == keyElements.count - 1 { throw damaged() }
        }
        next = (number + 1, number == keyElements.count - 1 ? 0 : end)
        return end
    }

    /// Passes over an element of another kind.
    ///
    /// - Returns: its bytes.
    @inline(never)
    @_lifetime(copy bytes)
    private mutating func passOther(_ bytes: Span<UInt8>) throws(RecordError) -> Span<UInt8> {
        let (number, start) = next
        let end: Int?
        if case .value(let position) = elements[number].source, let index {
            end = IndexCode.end(of: index.parts[position], in: bytes, from: start)
        } else {
            end = IndexCode.endOfElement(in: bytes, from: start)
        }
        guard let end, number != keyElements.count - 1 || end == bytes.count else { throw damaged() }
        next = (number + 1, number == keyElements.count - 1 ? 0 : end)
        return bytes.extracting(start..<end)
    }

    /// The kind of a field; `nil` when the schema has none of that name.
    mutating func kind(of name: Span<UInt8>) -> FieldKind? {
        findField(name, among: names, entries, from: &hint).map { entries[$0].kind }
    }

    /// The value of a part.
    @inline(never)
    func partValue(_ part: Span<UInt8>, _ index: Int) throws(RecordError) -> KeyValue {
        do { return try schema.layout.decodePart(part, at: index) } catch {
            throw RecordError(error, schema: schema.name, key: prefix.array)
        }
    }

    /// The value of a stored scalar.
    @inline(never)
    func scalar(_ stored: Span<UInt8>, _ name: Span<UInt8>) throws(RecordError) -> KeyValue {
        guard let field = schema.definition.field(RecordError.printable(name)) else { throw unknown(name) }
        let value: FieldValue
        do { value = try FieldCodec.decode(stored, as: field.type) } catch { throw about(error, name) }
        guard case .scalar(let scalar) = value else { throw mismatch(name, .string) }
        return scalar
    }

    // Errors are made out of the way of what is inlined into each reader of a field.

    @inline(never)
    private func unknown(_ name: Span<UInt8>) -> RecordError {
        schema.definition.unknownField(RecordError.printable(name))
    }

    /// A field that is not found is the schema's, and the scan did not ask for it; or it is an error.
    @inline(never)
    private func checkUnwanted(_ name: Span<UInt8>, _ kind: FieldKind, or other: FieldKind?) throws(RecordError) {
        var hint = 0
        let table = schema.table
        guard index != nil, let entry = findField(name, among: table.names.span, table.entries.span, from: &hint) else {
            throw unknown(name)
        }
        let found = table.entries[entry].kind
        guard found == kind || found == other else { throw mismatch(name, kind) }
    }

    @inline(never)
    func about(_ error: RecordError, _ name: Span<UInt8>) -> RecordError {
        guard let index else {
            return error.about(schema: schema.name, key: prefix.array, field: RecordError.printable(name))
        }
        var error = error.about(schema: schema.name, field: RecordError.printable(name))
        error.index = index.name
        return error
    }

    /// The error for an entry that makes no sense.
    @inline(never)
    private func damaged() -> RecordError {
        index?.damaged(prefix) ?? RecordError(.damagedIndex, message: "an entry makes no sense")
    }

    /// The error for a field without a value where there must be one.
    @inline(never)
    func missing(_ name: Span<UInt8>) -> RecordError {
        about(RecordError(.missingField, message: "the record has no value of this field"), name)
    }

    @inline(never)
    func missing(_ name: StaticString) -> RecordError {
        do { return try name.withSpan { name throws(RecordError) in missing(name) } } catch { return error }
    }

    @inline(never)
    func mismatch(_ name: Span<UInt8>, _ kind: FieldKind) -> RecordError {
        about(RecordError(.typeMismatch, message: "the schema's type is not \(kind)"), name)
    }
}

extension StaticString {
    /// Calls `body` with the UTF-8.
    @inline(__always)
    func withSpan<Result>(_ body: (Span<UInt8>) throws(RecordError) -> Result) throws(RecordError) -> Result {
        guard hasPointerRepresentation else { return try withScalar(body) }
        let span = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
        return try body(span)
    }

    @inline(never)
    private func withScalar<Result>(
        _ body: (Span<UInt8>) throws(RecordError) -> Result
    ) throws(RecordError) -> Result {
        let text = [UInt8](String(unicodeScalar).utf8)
        return try body(text.span)
    }
}
