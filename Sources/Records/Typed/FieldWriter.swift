internal import KeySchemas
internal import OrderedStore

/// Takes the fields of a Swift value that is to be stored, each by its name. What is not written, and `nil`, is
/// absent.
///
/// Write in the order of the schema: then each name is found at once.
public struct FieldWriter: ~Copyable, Sendable {
    private(set) var buffer: RecordBuffer
    private var parts: [KeyValue?]
    private var hint = 0

    init(_ schema: CompiledSchema) {
        buffer = RecordBuffer(schema)
        buffer.parts = Array(repeating: 0..<0, count: schema.definition.keyFields.count)
        parts = Array(repeating: nil, count: schema.definition.keyFields.count)
    }

    /// Forgets all fields, for the next record.
    mutating func clear() {
        buffer.forgetFields()
        for index in parts.indices { parts[index] = nil }
        hint = 0
    }

    /// Completes the record: the key's parts must be there, and defaults are filled in.
    mutating func finish() throws(RecordError) {
        let schema = buffer.schema
        // The buffer's, where reading it retains nothing.
        let layout = buffer.layout
        var key: [UInt8] = []
        swap(&key, &buffer.prefix)
        key.removeAll(keepingCapacity: true)
        if key.capacity == 0 { key.reserveCapacity(64) }
        for index in parts.indices {
            guard let part = parts[index] else {
                throw RecordError(
                    .missingField, schema: schema.name, field: schema.definition.keyFields[index].name,
                    message: "a part of the key is missing")
            }
            key.append(copying: layout.literal(index))
            let start = key.count
            do { try layout.appendPart(part, at: index, to: &key) } catch {
                throw RecordError(error, schema: schema.name)
            }
            buffer.parts[index] = start..<key.count
        }
        layout.appendEnd(to: &key)
        buffer.prefix = key
        if !schema.defaults.isEmpty { buffer.fillDefaults() }
    }

    /// Writes a scalar of any type, null or nested data.
    ///
    /// - Throws: ``RecordError`` that names the field and the reason.
    public mutating func write(_ name: StaticString, _ value: FieldValue?) throws(RecordError) {
        guard let value else { return }
        try name.withSpan { name throws(RecordError) in try write(name, value) }
    }

    /// Writes a string.
    public mutating func write(_ name: StaticString, _ value: String?) throws(RecordError) {
        guard let value else { return }
        if let slot = nextSlot(name) {
            let text = value.utf8.span
            if text.count > 0, text[0] != 0 {
                hint += 1
                return buffer.add(slot: slot, text)
            }
        }
        try name.withSpan { name throws(RecordError) in try write(name, value) }
    }

    /// Writes an integer.
    public mutating func write(_ name: StaticString, _ value: Int?) throws(RecordError) {
        guard let value else { return }
        try name.withSpan { name throws(RecordError) in try write(name, Int64(value)) }
    }

    /// Writes a floating-point number.
    public mutating func write(_ name: StaticString, _ value: Double?) throws(RecordError) {
        guard let value else { return }
        try name.withSpan { name throws(RecordError) in try write(name, .scalar(.double(value))) }
    }

    /// Writes a boolean.
    public mutating func write(_ name: StaticString, _ value: Bool?) throws(RecordError) {
        guard let value else { return }
        try name.withSpan { name throws(RecordError) in try write(name, .scalar(.bool(value))) }
    }

    /// Writes bytes.
    public mutating func write(_ name: StaticString, _ value: [UInt8]?) throws(RecordError) {
        guard let value else { return }
        try name.withSpan { name throws(RecordError) in try write(name, .scalar(.bytes(value))) }
    }

    /// The slot of the string that is written, where it is what is expected most: the field that comes next, beside the
    /// key, for which each string will do.
    @inline(__always)
    private func nextSlot(_ name: StaticString) -> Int? {
        let entries = buffer.table.entries.span
        guard name.hasPointerRepresentation, name.utf8CodeUnitCount <= NameWords.mostBytes, hint < entries.count,
            unsafe entries[hint].words == NameWords(name.utf8Start, count: name.utf8CodeUnitCount),
            entries[hint].kind == .string, entries[hint].takesAll, !entries[hint].isPart
        else { return nil }
        return entries[hint].index
    }

    @inline(__always)
    private mutating func find(_ name: Span<UInt8>) throws(RecordError) -> FieldTable.Entry {
        var hint = hint
        let found = findField(name, among: buffer.table.names.span, buffer.table.entries.span, from: &hint)
        self.hint = hint
        guard let found else { throw buffer.schema.definition.unknownField(RecordError.printable(name)) }
        return buffer.table.entries[found]
    }

    /// The kind of a field.
    mutating func kind(of name: Span<UInt8>) throws(RecordError) -> FieldKind { try find(name).kind }

    mutating func write(_ name: Span<UInt8>, _ value: String) throws(RecordError) {
        let entry = try find(name)
        guard entry.kind == .string, entry.takesAll else { return try write(entry, .scalar(.string(value))) }
        if entry.isPart { return parts[entry.index] = .string(value) }
        let text = value.utf8.span
        if text.isEmpty || text[0] != 0 { return buffer.add(slot: entry.index, text) }
        buffer.encode(slot: entry.index) { FieldCodec.append(escaping: text, to: &$0) }
    }

    private mutating func write(_ name: Span<UInt8>, _ value: Int64) throws(RecordError) {
        let entry = try find(name)
        guard entry.kind == .int, entry.takesAll else { return try write(entry, .scalar(.integer(value))) }
        if entry.isPart { parts[entry.index] = .integer(value) } else { buffer.add(slot: entry.index, value) }
    }

    mutating func write(_ name: Span<UInt8>, _ value: FieldValue) throws(RecordError) {
        try write(try find(name), value)
    }

    private mutating func write(_ entry: FieldTable.Entry, _ value: FieldValue) throws(RecordError) {
        let schema = buffer.schema
        let field = entry.isPart ? schema.definition.keyFields[entry.index] : schema.stored[entry.index]
        var value = value
        // A number that is one exactly may be of the other kinds, too.
        if entry.kind == .decimal, case .scalar(.double(let number)) = value, let json = JSONNumber(number) {
            value = .json(.number(json))
        }
        do {
            let normal = try field.validate(value)
            guard entry.isPart else { return buffer.set(entry.index, normal) }
            if case .scalar(let part) = normal { parts[entry.index] = part }
        } catch {
            throw error.about(schema: schema.name)
        }
    }
}
