internal import KeySchemas
internal import OrderedStore

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
    private let prefix: Span<UInt8>
    private let parts: Span<Range<Int>>
    private let values: Span<UInt8>
    private let slots: Span<RecordBuffer.Slot>
    private let entries: Span<FieldTable.Entry>
    private let names: Span<UInt8>
    /// The lent record's own, so not retained.
    private unowned(unsafe) let lentSchema: CompiledSchema
    /// Whether the parts are as the `text` encoding writes them.
    let isText: Bool
    /// Where the next name is looked for first.
    private(set) var hint: Int

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
        unsafe lentSchema = buffer.schema
        isText = buffer.schema.isText
    }

    private var schema: CompiledSchema { unsafe lentSchema }

    /// Where a field's bytes are.
    enum Place {
        case absent
        case stored(RecordBuffer.Slot)
        case part(Int)
    }

    /// Finds a field, which must be of one of two kinds.
    @inline(__always)
    mutating func place(
        _ name: Span<UInt8>, _ kind: FieldKind, or other: FieldKind? = nil
    ) throws(RecordError) -> Place {
        guard let entry = findField(name, among: names, entries, from: &hint) else { throw unknown(name) }
        guard entry.kind == kind || entry.kind == other else { throw mismatch(name, kind) }
        // A record that is made of an index entry may lack its key.
        if entry.isPart { return entry.index < parts.count ? .part(entry.index) : .absent }
        let slot = slots[entry.index]
        if slot.isAbsent || FieldCodec.isNull(bytes(slot)) { return .absent }
        return .stored(slot)
    }

    /// The kind of a field; `nil` when the schema has none of that name.
    mutating func kind(of name: Span<UInt8>) -> FieldKind? {
        findField(name, among: names, entries, from: &hint)?.kind
    }

    @inline(__always)
    @_lifetime(copy self)
    func bytes(_ slot: RecordBuffer.Slot) -> Span<UInt8> {
        values.extracting(slot.range)
    }

    /// The stored bytes of a place.
    @_lifetime(copy self)
    func part(_ index: Int) -> Span<UInt8> { prefix.extracting(parts[index]) }

    /// The value of a part.
    @inline(never)
    func partValue(_ index: Int) throws(RecordError) -> KeyValue {
        do { return try schema.layout.decodePart(part(index), at: index) } catch {
            throw RecordError(error, schema: schema.name, key: prefix.array)
        }
    }

    /// The value of a stored scalar.
    @inline(never)
    func scalar(_ slot: RecordBuffer.Slot, _ name: Span<UInt8>) throws(RecordError) -> KeyValue {
        guard let field = schema.definition.field(RecordError.printable(name)) else { throw unknown(name) }
        let value: FieldValue
        do { value = try FieldCodec.decode(bytes(slot), as: field.type) } catch { throw about(error, name) }
        guard case .scalar(let scalar) = value else { throw mismatch(name, .string) }
        return scalar
    }

    // Errors are made out of the way of what is inlined into each reader of a field.

    @inline(never)
    private func unknown(_ name: Span<UInt8>) -> RecordError {
        schema.definition.unknownField(RecordError.printable(name))
    }

    @inline(never)
    func about(_ error: RecordError, _ name: Span<UInt8>) -> RecordError {
        error.about(schema: schema.name, key: prefix.array, field: RecordError.printable(name))
    }

    /// The error for a field without a value where there must be one.
    @inline(never)
    func missing(_ name: Span<UInt8>) -> RecordError {
        about(RecordError(.missingField, message: "the record has no value of this field"), name)
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
        guard hasPointerRepresentation else {
            let text = [UInt8](String(unicodeScalar).utf8)
            return try body(text.span)
        }
        let span = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
        return try body(span)
    }
}
