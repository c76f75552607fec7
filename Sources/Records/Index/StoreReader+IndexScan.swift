internal import KeySchemas
internal import OrderedStore

extension StoreReader where Self: ~Copyable {
    /// Goes over the records that a scan's entries name, in the order of the entries, until `body` says that it has
    /// enough. Where the entries hold all that is wanted, the records have those fields only.
    ///
    /// - Throws: ``RecordError`` with code `damagedIndex` for an entry of no record.
    borrowing func scan(
        _ scan: PreparedIndexScan, limit: Int?, _ body: (inout RecordBuffer) throws -> Bool
    ) throws {
        guard limit ?? 1 > 0, !scan.range.isEmpty else { return }
        if scan.isPoint {
            let key = scan.range.lower
            guard let value = try get(key.span) else { return }
            var records = cursor(in: scan.schema.range, options: .forward)
            var source = RecordSource(scan)
            _ = try source.visit(key.span, value.span, &records, body)
            return
        }
        var left = limit ?? Int.max
        var seen: Set<[UInt8]> = []
        var records = cursor(in: scan.schema.range, options: .forward)
        var source = RecordSource(scan)
        var entries = cursor(in: scan.range, options: ScanOptions(reverse: scan.reverse))
        while let entry = try entries.next() {
            if scan.mayRepeat, !seen.insert(try source.prefix(entry.key, entry.value)).inserted { continue }
            guard try source.visit(entry.key, entry.value, &records, body) else { return }
            left -= 1
            if left == 0 { return }
        }
    }

    /// Counts the records that a scan's entries name, without reading them.
    borrowing func count(_ scan: PreparedIndexScan, limit: Int?) throws -> Int {
        let most = limit ?? Int.max
        var count = 0
        var seen: Set<[UInt8]> = []
        let needsValues = scan.mayRepeat && scan.index.isUnique
        var entries = cursor(in: scan.range, options: ScanOptions(keysOnly: !needsValues))
        while count < most, let entry = try entries.next() {
            if scan.mayRepeat {
                var prefix: [UInt8] = []
                guard scan.index.appendRecordPrefix(entry.key, entry.value, to: &prefix) != nil else {
                    throw scan.index.damaged(entry.key)
                }
                guard seen.insert(prefix).inserted else { continue }
            }
            count += 1
        }
        return count
    }
}

/// Makes records of index entries: from the entries alone where they hold enough, with a cursor that is placed
/// at each record where not.
private struct RecordSource: ~Copyable {
    private let scan: PreparedIndexScan
    private var assembler: RecordAssembler
    private var buffer: RecordBuffer
    private var prefix: [UInt8] = []

    init(_ scan: PreparedIndexScan) {
        self.scan = scan
        assembler = RecordAssembler(scan.schema)
        buffer = RecordBuffer(scan.schema)
    }

    /// The prefix of the record that an entry is of.
    func prefix(_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> [UInt8] {
        var prefix: [UInt8] = []
        guard scan.index.appendRecordPrefix(key, value, to: &prefix) != nil else { throw scan.index.damaged(key) }
        return prefix
    }

    /// Calls `body` with the record that an entry is of.
    mutating func visit<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        _ key: Span<UInt8>, _ value: Span<UInt8>, _ records: inout Cursor,
        _ body: (inout RecordBuffer) throws -> Bool
    ) throws -> Bool {
        // Taken out for the call, so that the others may change meanwhile.
        var prefix: [UInt8] = []
        swap(&prefix, &self.prefix)
        defer { swap(&prefix, &self.prefix) }
        prefix.removeAll(keepingCapacity: true)
        guard let included = scan.index.appendRecordPrefix(key, value, to: &prefix) else {
            throw scan.index.damaged(key)
        }
        guard scan.isCovered else {
            guard try assembler.find(prefix.span, with: &records) else {
                throw scan.index.damaged(key)
            }
            return try body(&assembler.buffer)
        }
        guard buffer.begin(prefix.span), scan.index.fill(&buffer, key, value, included: included) else {
            throw scan.index.damaged(key)
        }
        return try body(&buffer)
    }
}
