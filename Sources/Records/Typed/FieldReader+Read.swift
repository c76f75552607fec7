public import KeySchemas
internal import OrderedStore

// One method for each type that a field may have in Swift, and for its optional: chosen by what is assigned.
extension FieldReader {
    /// A string field; `nil` is absent or null.
    public mutating func read(_ name: StaticString) throws(RecordError) -> String? {
        try name.withSpan { name throws(RecordError) in try string(name) }
    }

    /// An integer field of at most 64 bits.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Int? {
        try name.withSpan { name throws(RecordError) in try integer(name).map { Int($0) } }
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

    /// Lends the UTF-8 of a string field, without copying it where it is stored as it is; `nil` is absent or null.
    ///
    /// - Throws: ``RecordError`` when the field is of another type; what `body` throws.
    public mutating func withUTF8<Result>(
        of name: StaticString, _ body: (Span<UInt8>?) throws(RecordError) -> Result
    ) throws(RecordError) -> Result {
        try name.withSpan { name throws(RecordError) in
            switch try place(name, .string) {
            case .absent: return try body(nil)
            case .stored(let slot):
                let stored = bytes(slot)
                let start: Int
                do throws(RecordError) { start = try FieldCodec.start(of: stored) } catch { throw about(error, name) }
                return try body(stored.extracting(start..<stored.count))
            case .part(let index):
                let part = part(index)
                if isText, !part.holds(UInt8(ascii: ";")) { return try body(part) }
                guard let text = try partString(index) else { return try body(nil) }
                return try body(text.utf8.span)
            }
        }
    }

    /// A string field that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> String {
        try name.withSpan { name throws(RecordError) in
            guard let value = try string(name) else { throw missing(name) }
            return value
        }
    }

    /// An integer field, of at most 64 bits, that each record has.
    public mutating func read(_ name: StaticString) throws(RecordError) -> Int {
        try name.withSpan { name throws(RecordError) in
            guard let value = try integer(name) else { throw missing(name) }
            return Int(value)
        }
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
        switch try place(name, .string) {
        case .absent: return nil
        case .stored(let slot):
            do { return try FieldCodec.string(bytes(slot)) } catch { throw about(error, name) }
        case .part(let index): return try partString(index)
        }
    }

    private func partString(_ index: Int) throws(RecordError) -> String? {
        let part = part(index)
        if isText, !part.holds(UInt8(ascii: ";")), let text = FieldCodec.text(part) { return text }
        guard case .string(let text) = try partValue(index) else { return nil }
        return text
    }

    @inline(__always)
    mutating func integer(_ name: Span<UInt8>) throws(RecordError) -> Int64? {
        let value: KeyValue
        switch try place(name, .int) {
        case .absent: return nil
        case .stored(let slot):
            if let number = FieldCodec.smallInteger(bytes(slot)) { return number }
            value = try scalar(slot, name)
        case .part(let index):
            if isText, let number = FieldCodec.smallInteger(part(index)) { return number }
            value = try partValue(index)
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
        case .absent: nil
        case .stored(let slot): try scalar(slot, name)
        case .part(let index): try partValue(index)
        }
    }

    /// The text of a json field.
    mutating func json(_ name: Span<UInt8>) throws(RecordError) -> [UInt8]? {
        guard case .stored(let slot) = try place(name, .json) else { return nil }
        return bytes(slot).array
    }
}

extension Span where Element == UInt8 {
    /// Whether `byte` is among the bytes.
    @inline(__always)
    fileprivate func holds(_ byte: UInt8) -> Bool {
        for index in indices where self[index] == byte { return true }
        return false
    }
}
