internal import KeySchemas
internal import LevelDB
internal import OrderedStore

/// How much a dump holds.
public struct DumpSummary: Hashable, Sendable {
    /// 32 hex digits that no other dump has.
    public var id: String
    /// How many keys, lvkv's own included.
    public var entries = 0
    /// How many bytes these and their values have.
    public var bytes = 0
    /// How many of the entries had been loaded by an earlier attempt.
    public var resumedEntries = 0
}

extension Database {
    /// Hands on everything as it is at this moment as one stream of bytes, to be read with
    /// ``load(at:restart:from:progress:)``. Writes go on meanwhile.
    ///
    /// The stream is in blocks with checksums, and ends with the counts of what is in it; <doc:BackupAndRestore> has the
    /// format.
    ///
    /// - Parameters:
    ///   - write: is handed the next bytes, about a MiB at a time.
    ///   - progress: is told after each block how many entries were handed on, and their bytes.
    /// - Complexity: O(*n*); memory for one block.
    /// - Throws: `StoreError`: `.invalidArgument` when the database is one whose load was not finished; what `write`
    ///   throws.
    @discardableResult
    public func dump(
        progress: (_ entries: Int, _ bytes: Int) -> Void = { _, _ in }, _ write: ([UInt8]) throws -> Void
    ) throws -> DumpSummary {
        let moment = Timestamp(millisecondsSince1970: structures.clock()) ?? .minimum
        let snapshot = try store.snapshot()
        if try snapshot.get(LoadProgress.key) != nil {
            throw StoreError(
                .invalidArgument, operation: "dump", path: path,
                message: "a load into this database was not finished; finish it first")
        }
        var summary = DumpSummary(id: BackupManifest.newID())
        var encoder = DumpEncoder(after: DumpFormat.heading)
        var bytes = DumpFormat.heading
        let header = "id \(summary.id)\ncreated-by lvkv \(lvkvVersion)\ncreated \(moment)\n"
        encoder.append(.header, header.utf8.span, to: &bytes)
        var blocks = 0
        var block = EntryBlock()
        func hand() throws {
            if block.count > 0 {
                encoder.append(.entries, block.bytes.span, to: &bytes)
                block.removeAll()
                blocks += 1
            }
            try write(bytes)
            bytes.removeAll(keepingCapacity: true)
            progress(summary.entries, summary.bytes)
        }
        var cursor = snapshot.cursor(in: .all, options: ScanOptions(fillCache: false))
        while let entry = try cursor.next() {
            block.append(entry.key, entry.value)
            summary.entries += 1
            summary.bytes += entry.key.count + entry.value.count
            if block.bytes.count >= DumpFormat.blockBytes { try hand() }
        }
        try hand()
        let end = "blocks \(blocks)\nentries \(summary.entries)\nbytes \(summary.bytes)\n"
        encoder.append(.end, end.utf8.span, to: &bytes)
        try hand()
        return summary
    }
}
