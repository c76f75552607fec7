internal import KeySchemas
internal import OrderedStore

/// Puts the keys that a cursor lends together into records, in one pass: one comparison with the record's prefix
/// a key, and the suffix is matched against the next name that the schema knows.
///
/// The cursor is handed in with each call: were it a part of this, each step would look up its type anew.
struct RecordAssembler: ~Copyable {
    private let reverse: Bool
    private let suffixes: SuffixTable
    /// Whether the cursor stands on the first key of the next record.
    private var stands = false
    var buffer: RecordBuffer

    init(_ schema: CompiledSchema, reverse: Bool = false) {
        self.reverse = reverse
        suffixes = schema.suffixes
        buffer = RecordBuffer(schema)
    }

    /// Assembles the next record into ``buffer``.
    ///
    /// - Parameter cursor: the same one each time, over a range that begins and ends with whole records.
    /// - Returns: `false` at the end.
    /// - Complexity: O(*n*) in the record's bytes; nothing is allocated but the buffer's growth.
    mutating func next<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        from cursor: inout Cursor
    ) throws(StoreError) -> Bool {
        var pointer = reverse ? suffixes.count - 1 : 0
        repeat {
            if !stands {
                guard try cursor.next() != nil else { return false }
            }
            stands = false
            // A key of another shape under the prefix is another schema's.
        } while !begin(cursor.current, &pointer)
        let prefixCount = buffer.prefix.count
        while let entry = try cursor.next() {
            guard entry.key.starts(with: buffer.prefix.span) else {
                stands = true
                break
            }
            take(entry, prefixCount, &pointer)
        }
        return true
    }

    /// Assembles the record with a prefix into ``buffer``, wherever the cursor stands.
    ///
    /// - Returns: whether there is one.
    mutating func find<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        _ prefix: Span<UInt8>, with cursor: inout Cursor
    ) throws(StoreError) -> Bool {
        try cursor.seek(to: prefix)
        stands = false
        return try next(from: &cursor) && buffer.prefix.span.equals(prefix)
    }

    /// Starts the record that an entry belongs to.
    private mutating func begin(_ entry: borrowing Entry?, _ pointer: inout Int) -> Bool {
        guard let entry = copy entry, buffer.begin(entry.key) else { return false }
        take(entry, buffer.prefix.count, &pointer)
        return true
    }

    @inline(__always)
    private mutating func take(_ entry: Entry, _ prefixCount: Int, _ pointer: inout Int) {
        let suffix = entry.key.extracting(droppingFirst: prefixCount)
        let slot = suffixes.slot(of: suffix, from: &pointer, reverse: reverse)
        buffer.add(suffix, slot: slot, value: entry.value)
    }
}
