public import KeySchemas
internal import OrderedStore

// One method for each type that a field may have in Swift, and for its optional: chosen by what is assigned.
extension FieldReader {
    /// A string field; `nil` is absent or null.
    public mutating func read(_ name: StaticString) throws(RecordError) -> String? {
        if let text = nextString(name) { return text }
        return try findString(name)
    }

    /// An integer field of at most 64 bits.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Int? {
        if let number = nextInteger(name) { return number }
        return try findInteger(name)
    }

    /// A double or decimal field, as the nearest number.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Double? {
        try name.withSpan { name throws(RecordError) in try double(name) }
    }

    /// A boolean field.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Bool? {
        try name.withSpan { name throws(RecordError) in try bool(name) }
    }

    /// A field of bytes.
    public mutating func read(_ name: StaticString) throws(RecordError) -> [UInt8]? {
        try name.withSpan { name throws(RecordError) in try byteArray(name) }
    }

    /// A scalar of any type.
    public mutating func read(_ name: StaticString, as kind: FieldScalar) throws(RecordError) -> KeyValue? {
        try name.withSpan { name throws(RecordError) in try scalar(name, kind.kind) }
    }

    /// The UTF-8 of a string field, lent until the reader is asked for another field; `nil` is absent or null. It is
    /// not checked. Nothing is copied where it is stored as it is, which most strings are.
    ///
    /// - Throws: ``RecordError`` when the field is of another type, or what is stored is no string.
    @_lifetime(&self)
    public mutating func utf8(_ name: StaticString) throws(RecordError) -> Span<UInt8>? {
        if let stored = nextStored(name, .string) { return unsafe _overrideLifetime(stored, mutating: &self) }
        return try findUTF8(name)
    }

    @inline(never)
    @_lifetime(&self)
    private mutating func findUTF8(_ name: StaticString) throws(RecordError) -> Span<UInt8>? {
        let found = try name.withSpan { name throws(RecordError) in try entry(name, .string) }
        guard let found else { return nil }
        let place = try place(of: found)
        switch place {
        case .absent: return nil
        case .stored(let stored) where stored.isEmpty || stored[0] != 0:
            return unsafe _overrideLifetime(stored, mutating: &self)
        case .part(let part, _) where isText && part.first(UInt8(ascii: ";"), from: 0) == nil:
            return unsafe _overrideLifetime(part, mutating: &self)
        default:
            guard try name.withSpan({ name throws(RecordError) in try copy(place, name) }) else { return nil }
            // The array stays until the reader is asked again.
            let lent = unsafe _overrideLifetime(copied.span, copying: ())
            return unsafe _overrideLifetime(lent, mutating: &self)
        }
    }

    /// The string that is asked for, where it is what is expected most.
    @inline(__always)
    private mutating func nextString(_ name: StaticString) -> String? {
        guard let stored = nextStored(name, .string) else { return nil }
        if let text = FieldCodec.text(stored) { return text }
        askAgain()
        return nil
    }

    @inline(never)
    private mutating func findString(_ name: StaticString) throws(RecordError) -> String? {
        try name.withSpan { name throws(RecordError) in try string(name) }
    }

    /// The integer that is asked for, where it is what is expected most.
    @inline(__always)
    private mutating func nextInteger(_ name: StaticString) -> Int? {
        guard let stored = nextStored(name, .int) else { return nil }
        if let number = FieldCodec.smallInteger(stored) { return Int(number) }
        askAgain()
        return nil
    }

    @inline(never)
    private mutating func findInteger(_ name: StaticString) throws(RecordError) -> Int? {
        try name.withSpan { name throws(RecordError) in try integer(name).map { Int($0) } }
    }

    /// Copies the text of a place.
    ///
    /// - Returns: whether there is one.
    @inline(never)
    private mutating func copy(_ place: Place, _ name: Span<UInt8>) throws(RecordError) -> Bool {
        guard let text = try string(at: place, name) else { return false }
        copied = Array(text.utf8)
        return true
    }

    /// A string field that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> String {
        if let text = nextString(name) { return text }
        guard let text = try findString(name) else { throw missing(name) }
        return text
    }

    /// An integer field, of at most 64 bits, that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Int {
        if let number = nextInteger(name) { return number }
        guard let number = try findInteger(name) else { throw missing(name) }
        return number
    }

    /// A double or decimal field that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Double {
        try name.withSpan { name throws(RecordError) in
            guard let value = try double(name) else { throw missing(name) }
            return value
        }
    }

    /// A boolean field that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Bool {
        try name.withSpan { name throws(RecordError) in
            guard let value = try bool(name) else { throw missing(name) }
            return value
        }
    }

    /// A field of bytes that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> [UInt8] {
        try name.withSpan { name throws(RecordError) in
            guard let value = try byteArray(name) else { throw missing(name) }
            return value
        }
    }
}

/// The scalar types that Swift has no type of its own for.
public enum FieldScalar: Sendable {
    case decimal, date, timestamp, uuid, int

    var kind: FieldKind {
        switch self {
        case .decimal: .decimal
        case .date: .date
        case .timestamp: .timestamp
        case .uuid: .uuid
        case .int: .int
        }
    }
}

// What both the methods above and the decoder of Codable types use.
extension FieldReader {
    @inline(__always)
    mutating func string(_ name: Span<UInt8>) throws(RecordError) -> String? {
        try string(at: try place(name, .string), name)
    }

    @inline(__always)
    private func string(at place: Place, _ name: Span<UInt8>) throws(RecordError) -> String? {
        switch place {
        case .absent: return nil
        case .stored(let stored):
            do { return try FieldCodec.string(stored) } catch { throw about(error, name) }
        case .part(let part, let index): return try partString(part, index)
        case .element(let bytes, let number): return try elementString(bytes, number, name)
        }
    }

    private func partString(_ part: Span<UInt8>, _ index: Int) throws(RecordError) -> String? {
        if isText, part.first(UInt8(ascii: ";"), from: 0) == nil, let text = FieldCodec.text(part) { return text }
        guard case .string(let text) = try partValue(part, index) else { return nil }
        return text
    }

    private func elementString(
        _ bytes: Span<UInt8>, _ number: Int, _ name: Span<UInt8>
    ) throws(RecordError) -> String? {
        guard case .scalar(.string(let text))? = try elementValue(bytes, number, name) else { return nil }
        return text
    }

    @inline(__always)
    mutating func integer(_ name: Span<UInt8>) throws(RecordError) -> Int64? {
        let value: KeyValue
        switch try place(name, .int) {
        case .absent: return nil
        case .stored(let stored):
            if let number = FieldCodec.smallInteger(stored) { return number }
            value = try scalar(stored, name)
        case .part(let part, let index):
            if isText, let number = FieldCodec.smallInteger(part) { return number }
            value = try partValue(part, index)
        case .element(let bytes, let number):
            if let (number, _) = Tuple.smallInteger(in: bytes, from: 0) { return number }
            guard case .scalar(let scalar)? = try elementValue(bytes, number, name) else { return nil }
            value = scalar
        }
        guard case .integer(let number) = value else {
            throw about(RecordError(.typeMismatch, message: "\(value) takes more than 64 bits"), name)
        }
        return number
    }

    mutating func double(_ name: Span<UInt8>) throws(RecordError) -> Double? {
        switch try scalar(name, .double, or: .decimal) {
        case .double(let number): number
        case .decimal(let number): Double(number.description)
        default: nil
        }
    }

    mutating func bool(_ name: Span<UInt8>) throws(RecordError) -> Bool? {
        guard case .bool(let flag)? = try scalar(name, .bool) else { return nil }
        return flag
    }

    mutating func byteArray(_ name: Span<UInt8>) throws(RecordError) -> [UInt8]? {
        guard case .bytes(let bytes)? = try scalar(name, .bytes) else { return nil }
        return bytes
    }

    /// A scalar of one of two kinds.
    mutating func scalar(
        _ name: Span<UInt8>, _ kind: FieldKind, or other: FieldKind? = nil
    ) throws(RecordError) -> KeyValue? {
        switch try place(name, kind, or: other) {
        case .absent: return nil
        case .stored(let stored): return try scalar(stored, name)
        case .part(let part, let index): return try partValue(part, index)
        case .element(let bytes, let number):
            guard case .scalar(let scalar)? = try elementValue(bytes, number, name) else { return nil }
            return scalar
        }
    }

    /// The text of a json field.
    mutating func json(_ name: Span<UInt8>) throws(RecordError) -> [UInt8]? {
        guard case .stored(let stored) = try place(name, .json) else { return nil }
        return stored.array
    }
}
