internal import KeySchemas
public import OrderedStore

/// Puts the keys that a cursor lends together into records, in one pass: one comparison with the record's prefix
/// a key, and the suffix is matched against the next name that the schema knows.
///
/// The cursor is handed in with each call: were it a part of this, each step would look up its type anew. Only the
/// loop knows its type, and is inlined where that is known; what is done with an entry is compiled here, once.
@usableFromInline
struct RecordAssembler: ~Copyable, Sendable {
    /// What is wanted of the records.
    @usableFromInline
    enum Mode: Sendable {
        /// What readers see: defaults stand for fields without a value, and bytes that are no packed record are an error.
        case reading
        /// What is stored: such fields are absent, and such bytes show in the buffer's fault.
        case stored
        /// Their keys; the cursor need not lend more.
        case keysOnly
    }

    private let reverse: Bool
    @usableFromInline let mode: Mode
    /// Whether each key is a whole record.
    @usableFromInline let isPacked: Bool
    @usableFromInline let fillsDefaults: Bool
    private let suffixes: SuffixTable
    /// Among the suffixes, the one that is expected next.
    private var pointer = 0
    /// Whether the cursor stands on the first key of the next record.
    @usableFromInline var stands = false
    @usableFromInline var buffer: RecordBuffer

    @usableFromInline
    init(_ schema: CompiledSchema, reverse: Bool = false, _ mode: Mode = .reading) {
        self.reverse = reverse
        self.mode = mode
        isPacked = schema.isPacked
        fillsDefaults = mode == .reading && !schema.defaults.isEmpty
        suffixes = schema.suffixes
        buffer = RecordBuffer(schema)
    }

    /// Assembles the next record into ``buffer``.
    ///
    /// - Parameter cursor: the same one each time, over a range that begins and ends with whole records.
    /// - Returns: `false` at the end.
    /// - Complexity: O(*n*) in the record's bytes; nothing is allocated but the buffer's growth.
    /// - Throws: `StoreError`; ``RecordError`` when the value of a packed record is none. A further call goes on.
    @inlinable
    mutating func next<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        from cursor: inout Cursor
    ) throws -> Bool {
        guard try collect(from: &cursor) else { return false }
        // At the end of its range a cursor asks by itself; here keys of this record may have been passed over.
        if stands { try cursor.checkIntact() }
        return true
    }

    /// Assembles the next record as ``next(from:)``, but for the last step: it is whole only when the cursor finds
    /// itself intact, which who collects several asks once for all of them.
    @inlinable
    mutating func collect<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        from cursor: inout Cursor
    ) throws -> Bool {
        var isBegun = stands && begin(cursor.current)
        stands = false
        // A key of another shape under the prefix is another schema's.
        while !isBegun {
            guard let entry = try cursor.next() else { return false }
            isBegun = begin(entry)
        }
        if isPacked {
            if mode == .reading { try buffer.requireIntact() }
        } else {
            while let entry = try cursor.next() {
                guard take(entry) else {
                    stands = true
                    break
                }
            }
        }
        if fillsDefaults { fillDefaults() }
        return true
    }

    /// Assembles the record with a prefix into ``buffer``, wherever the cursor stands.
    ///
    /// - Returns: whether there is one.
    /// - Throws: as ``next(from:)``.
    @inlinable
    mutating func find<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        _ prefix: Span<UInt8>, with cursor: inout Cursor
    ) throws -> Bool {
        try cursor.seek(to: prefix)
        stands = false
        return try next(from: &cursor) && holds(prefix)
    }

    /// Reads the packed record with a key into ``buffer``, by a get where a scan places a cursor.
    ///
    /// - Returns: whether there is one.
    /// - Throws: as ``next(from:)``.
    @inlinable
    mutating func find(_ key: Span<UInt8>, in reader: borrowing some StoreReader & ~Copyable) throws -> Bool {
        guard let value = try reader.get(key), begin(Entry(key: key, value: value.span)) else { return false }
        if mode == .reading { try buffer.requireIntact() }
        if fillsDefaults { fillDefaults() }
        return true
    }

    @usableFromInline
    mutating func fillDefaults() { buffer.fillDefaults() }

    @usableFromInline
    func holds(_ prefix: Span<UInt8>) -> Bool { buffer.prefix.span.equals(prefix) }

    /// Starts the record that an entry belongs to.
    @usableFromInline
    mutating func begin(_ entry: borrowing Entry?) -> Bool {
        guard let entry = copy entry, buffer.begin(entry.key) else { return false }
        if isPacked {
            if mode != .keysOnly { buffer.unpack(entry.value) }
            return true
        }
        pointer = suffixes.start(reverse: reverse)
        add(entry, buffer.prefix.count)
        return true
    }

    /// Takes an entry into the record; `false` when it is another record's.
    @usableFromInline
    mutating func take(_ entry: Entry) -> Bool {
        guard entry.key.starts(with: buffer.prefix.span) else { return false }
        add(entry, buffer.prefix.count)
        return true
    }

    @inline(__always)
    private mutating func add(_ entry: Entry, _ prefixCount: Int) {
        let suffix = entry.key.extracting(droppingFirst: prefixCount)
        let slot = suffixes.slot(of: suffix, from: &pointer, reverse: reverse)
        buffer.add(suffix, slot: slot, value: entry.value)
    }
}
