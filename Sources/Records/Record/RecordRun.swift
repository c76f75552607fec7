public import OrderedStore

/// Collects a few records before any is lent. Whether a cursor passed over damage on the way to them, and so may have
/// cut one of them, takes LevelDB about as long to say as to give a key: it is asked once for all.
@usableFromInline
struct RecordRun: ~Copyable {
    /// A run ends when its records have so many bytes.
    private static var mostBytes: Int { 4096 }
    private static var mostRecords: Int { 8 }

    @usableFromInline var assembler: RecordAssembler
    /// The first ``count`` are the run.
    @usableFromInline var records: [RecordBuffer] = []
    @usableFromInline var count = 0
    private var bytes = 0
    /// How many the run is to have: doubles from 1, so that a short scan reads little that it does not lend.
    @usableFromInline var goal = 0

    @usableFromInline
    init(_ schema: CompiledSchema, reverse: Bool, _ mode: RecordAssembler.Mode = .reading) {
        assembler = RecordAssembler(schema, reverse: reverse, mode)
    }

    /// Collects the next records, at most `limit`.
    ///
    /// - Parameter cursor: as for ``RecordAssembler/next(from:)``.
    /// - Returns: `false` at the end.
    @inlinable
    mutating func fill<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        from cursor: inout Cursor, upTo limit: Int
    ) throws -> Bool {
        begin(limit)
        while count < goal, try assembler.collect(from: &cursor) { add() }
        if assembler.stands { try cursor.checkIntact() }
        return count > 0
    }

    @usableFromInline
    mutating func begin(_ limit: Int) {
        // One large record's memory is kept, and not that of one at each place.
        for index in 1..<max(count, 1) where records[index].values.count > RecordRun.mostBytes {
            records[index] = RecordBuffer(records[index].schema)
        }
        count = 0
        bytes = 0
        goal = min(max(2 * goal, 1), RecordRun.mostRecords, limit)
    }

    /// Takes the record that was assembled.
    @usableFromInline
    mutating func add() {
        if count == records.count { records.append(RecordBuffer(assembler.buffer.schema)) }
        swap(&assembler.buffer, &records[count])
        bytes += records[count].size
        count += 1
        if bytes > RecordRun.mostBytes { goal = count }
    }
}
