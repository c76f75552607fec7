internal import KeySchemas
internal import OrderedStore

/// The members of a big set or sorted set: keys that begin alike and end with the member as a tuple's byte string.
struct BigMembers {
    let transaction: any CheckedTransaction
    /// What the keys begin with, the code of a byte string included.
    let prefix: [UInt8]

    /// - Parameter prefix: what the keys begin with, up to the byte string.
    init(_ transaction: any CheckedTransaction, prefix: [UInt8]) {
        self.transaction = transaction
        self.prefix = prefix + [Tuple.Code.bytes]
    }

    /// The key of a member.
    func key(_ member: Span<UInt8>) -> [UInt8] {
        var key = prefix
        key.reserveCapacity(prefix.count + member.count + 2)
        Tuple.appendEscaped(member, to: &key)
        key.append(Tuple.Code.null)
        return key
    }

    /// What is stored for a member.
    func value(_ member: Span<UInt8>) throws(StoreError) -> Value? {
        let key = key(member)
        return try transaction.get(key.span)
    }

    /// Lends members and their values in byte order, until `body` returns `false`.
    ///
    /// - Parameters:
    ///   - lower: the member to begin at, if it is there, or else behind; `nil` for the first.
    ///   - isAfter: whether to begin behind it in any case.
    func forEach(
        from lower: Span<UInt8>? = nil, isAfter: Bool = false,
        _ body: (_ member: Span<UInt8>, _ value: Span<UInt8>) throws -> Bool
    ) throws {
        var range = KeyRange.prefix(prefix)
        if let lower {
            // No member's key begins with another's, so a byte more is behind it.
            range = KeyRange(from: isAfter ? key(lower) + [0] : key(lower), to: range.upper)
        }
        try transaction.scan(range) { entry in
            try withMember(entry.key, from: prefix.count) { try body($0, entry.value) } ? .next : .stop
        }
    }
}

/// Lends the member that a key ends with, without copying where none of its bytes is escaped.
///
/// - Parameter start: where its bytes begin, behind the code.
/// - Throws: ``StructureError`` with code `malformed`; what `body` throws.
func withMember<Result>(
    _ key: Span<UInt8>, from start: Int, _ body: (Span<UInt8>) throws -> Result
) throws -> Result {
    let (end, isPlain) = Tuple.endOfText(in: key, from: start)
    guard let end, end == key.count else { throw StructureError.malformed("the key of an element") }
    let text = key.extracting(start..<end - 1)
    if isPlain { return try body(text) }
    var member: [UInt8] = []
    member.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
        member.append(text[index])
        // An escaped zero is followed by FF.
        index += text[index] == 0 ? 2 : 1
    }
    return try body(member.span)
}
