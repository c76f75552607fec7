internal import KeySchemas
internal import OrderedStore

/// Puts the keys that a cursor lends together into records, in one pass: one comparison with the record's prefix
/// a key, and the suffix is matched against the next name that the schema knows.
struct RecordAssembler<Base: StoreCursor & ~Copyable & ~Escapable>: ~Copyable, ~Escapable {
    private var cursor: Base
    private let reverse: Bool
    private let suffixes: SuffixTable
    /// Whether the cursor stands on the first key of the next record.
    private var stands = false
    var buffer: RecordBuffer
    /// How many keys were read.
    private(set) var keyCount = 0

    /// Assembles what `cursor` lends, which is under the schema's prefix and begins and ends with whole records.
    @_lifetime(copy cursor)
    init(_ schema: CompiledSchema, over cursor: consuming Base, reverse: Bool) {
        self.cursor = cursor
        self.reverse = reverse
        suffixes = schema.suffixes
        buffer = RecordBuffer(schema)
    }

    /// Assembles the next record into ``buffer``.
    ///
    /// - Returns: `false` at the end.
    /// - Complexity: O(*n*) in the record's bytes; nothing is allocated but the buffer's growth.
    /// - Throws: `StoreError`.
    @inline(__always)
    mutating func next() throws -> Bool {
        repeat {
            if !stands {
                guard try cursor.next() != nil else { return false }
            }
            stands = false
            // A key of another shape under the prefix is another schema's.
        } while !begin()
        let prefixCount = buffer.prefix.count
        var pointer = reverse ? suffixes.count - 1 : 0
        takeFirst(prefixCount, &pointer)
        stands = try take(while: prefixCount, from: &cursor, into: &buffer, suffixes, &pointer, reverse, &keyCount)
        return true
    }

    @inline(__always)
    private mutating func begin() -> Bool {
        guard let first = cursor.current else { return false }
        return buffer.begin(first.key)
    }

    /// Takes the key that the cursor stands on.
    private mutating func takeFirst(_ prefixCount: Int, _ pointer: inout Int) {
        guard let entry = cursor.current else { return }
        let suffix = entry.key.extracting(droppingFirst: prefixCount)
        let slot = suffixes.slot(of: suffix, from: &pointer, reverse: reverse)
        buffer.add(suffix, slot: slot, value: entry.value)
        keyCount += 1
    }
}

/// Takes the keys that follow, as long as they begin with the first `prefixCount` bytes of the record's prefix.
///
/// - Returns: whether the cursor stands on a key of another record.
@inline(__always)
private func take<Base: StoreCursor & ~Copyable & ~Escapable>(
    while prefixCount: Int, from cursor: inout Base, into buffer: inout RecordBuffer, _ suffixes: SuffixTable,
    _ pointer: inout Int, _ reverse: Bool, _ keyCount: inout Int
) throws -> Bool {
    while let entry = try cursor.next() {
        guard entry.key.count >= prefixCount,
            entry.key.extracting(first: prefixCount).compare(to: buffer.prefix.span) == 0
        else { return true }
        let suffix = entry.key.extracting(droppingFirst: prefixCount)
        let slot = suffixes.slot(of: suffix, from: &pointer, reverse: reverse)
        buffer.add(suffix, slot: slot, value: entry.value)
        keyCount += 1
    }
    return false
}
