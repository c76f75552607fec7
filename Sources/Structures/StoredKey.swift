internal import OrderedStore

/// What a key is, without its value.
package struct KeyState: Sendable {
    /// The kind of its value; `nil` when there is no such key, or it has expired.
    package var kind: StructureKind?
    /// Whether it is a plain entry, as any other LevelDB program has it.
    package var isPlain = false
    /// Whether a collection's elements lie in its metadata.
    package var isInline = false
    /// When it expires, in milliseconds since 1970.
    package var expiry: Int64?

    package static let absent = KeyState()

    package init(
        kind: StructureKind? = nil, isPlain: Bool = false, isInline: Bool = false, expiry: Int64? = nil
    ) {
        self.kind = kind
        self.isPlain = isPlain
        self.isInline = isInline
        self.expiry = expiry
    }

    package var exists: Bool { kind != nil }

    /// The number that a collection's elements lie under, which its body begins with; `nil` for what has none.
    func identifier(_ body: Span<UInt8>) -> UInt64? {
        guard let kind, kind != .string, !isInline, body.count >= 8 else { return nil }
        return body.bigEndian(at: 0)
    }
}

/// A key as it is stored: what it is, and its bytes.
package struct StoredKey: ~Copyable {
    package let state: KeyState
    private let value: Value?
    private let start: Int

    /// No such key.
    init() {
        state = .absent
        value = nil
        start = 0
    }

    init(plain value: consuming Value) {
        state = KeyState(kind: .string, isPlain: true)
        self.value = consume value
        start = 0
    }

    /// A key from its metadata.
    init(metadata value: consuming Value) throws(StructureError) {
        let (state, start) = try MetadataHeader.read(value.span)
        self.state = state
        self.start = start
        self.value = consume value
    }

    package var exists: Bool { state.exists }
    package var kind: StructureKind? { state.kind }
    package var expiry: Int64? { state.expiry }

    /// A string's bytes; of a collection what its type keeps in the metadata.
    package var body: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            switch value {
            case .none: return Span()
            case .some(let value):
                let body = value.span.extracting(droppingFirst: start)
                return unsafe _overrideLifetime(body, borrowing: self)
            }
        }
    }

    /// The number that a collection's elements lie under; `nil` for what has none.
    package var identifier: UInt64? { state.identifier(body) }

    /// Makes sure that the key holds a value of `kind`, or none.
    ///
    /// - Throws: ``StructureError`` with code `wrongType`.
    package borrowing func require(_ kind: StructureKind) throws(StructureError) {
        if let actual = state.kind, actual != kind { throw .wrongType }
    }
}

/// What a metadata value begins with: the kind and two flags in one byte, then eight bytes of expiry, if it has one.
///
/// Then follow a string's bytes; an inline collection's elements; or of a big collection its id (eight bytes, most
/// significant first) and what its type keeps.
enum MetadataHeader {
    private static let expires: UInt8 = 0x80
    private static let inline: UInt8 = 0x40
    private static let kindMask: UInt8 = 0x07

    static func append(_ state: KeyState, to bytes: inout [UInt8]) {
        guard let kind = state.kind else { return }
        var first = kind.rawValue
        if state.isInline { first |= inline }
        if state.expiry != nil { first |= expires }
        bytes.append(first)
        if let expiry = state.expiry { bytes.appendBigEndian(UInt64(bitPattern: expiry)) }
    }

    static func read(_ bytes: Span<UInt8>) throws(StructureError) -> (KeyState, bodyStart: Int) {
        guard bytes.count > 0, let kind = StructureKind(rawValue: bytes[0] & kindMask) else {
            throw .malformed("a key's metadata")
        }
        var state = KeyState(kind: kind)
        state.isInline = bytes[0] & inline != 0
        guard bytes[0] & expires != 0 else { return (state, 1) }
        guard bytes.count >= 9 else { throw .malformed("a key's metadata") }
        state.expiry = Int64(bitPattern: bytes.bigEndian(at: 1))
        return (state, 9)
    }
}

extension [UInt8] {
    /// Appends eight bytes, the most significant first.
    package mutating func appendBigEndian(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }
}

extension Span<UInt8> {
    /// The number in the eight bytes from `start` on, the most significant first.
    package func bigEndian(at start: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in start..<start + 8 { value = value << 8 | UInt64(self[index]) }
        return value
    }
}

extension StoredKey {
    /// How many elements a big collection has; 0 of anything else.
    package var bigCount: Int {
        var position = 8
        guard identifier != nil, let count = body.varint(at: &position) else { return 0 }
        return Int(clamping: count)
    }
}
