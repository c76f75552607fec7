internal import KeySchemas
public import OrderedStore

/// Makes records of index entries, over and over in one buffer: of the entries alone where they hold all that is
/// wanted, with one cursor that is placed at each record where not.
///
/// The cursors are handed in with each call, as for a ``RecordAssembler``.
@usableFromInline
struct IndexReader: ~Copyable, Sendable {
    @usableFromInline var assembler: RecordAssembler
    /// The prefix of the record that the entry at hand is of.
    @usableFromInline var prefix: [UInt8] = []

    @usableFromInline
    init(_ schema: CompiledSchema) {
        assembler = RecordAssembler(schema)
        prefix.reserveCapacity(64)
    }

    /// Looks up the record of an entry.
    ///
    /// - Returns: `false` when the scan has come to the record before, by another one of its entries.
    /// - Throws: ``RecordError`` with code `damagedIndex` for an entry of no record; `StoreError`.
    @inlinable
    mutating func find<Cursor: StoreCursor & ~Copyable & ~Escapable>(
        _ entry: Entry, of scan: borrowing PreparedIndexScan, with records: inout Cursor
    ) throws -> Bool {
        try place(entry, of: scan)
        let prefix = prefix
        guard try assembler.find(prefix.span, with: &records) else { throw scan.damaged(entry) }
        return try !scan.mayRepeat || scan.isFirst(entry, of: assembler.buffer)
    }

    /// Looks up the record of an entry where records are packed: by a get.
    ///
    /// - Returns, throws: as ``find(_:of:with:)``.
    @inlinable
    mutating func find(
        _ entry: Entry, of scan: borrowing PreparedIndexScan, in reader: borrowing some StoreReader & ~Copyable
    ) throws -> Bool {
        try place(entry, of: scan)
        let prefix = prefix
        guard try assembler.find(prefix.span, in: reader) else { throw scan.damaged(entry) }
        return try !scan.mayRepeat || scan.isFirst(entry, of: assembler.buffer)
    }

    @usableFromInline
    mutating func place(_ entry: Entry, of scan: borrowing PreparedIndexScan) throws(RecordError) {
        prefix.removeAll(keepingCapacity: true)
        guard scan.index.appendRecordPrefix(entry.key, entry.value, to: &prefix) != nil else {
            throw scan.damaged(entry)
        }
    }

    /// Fills in what a covered scan wants of an entry's record.
    ///
    /// - Throws: ``RecordError`` with code `damagedIndex` for an entry that makes no sense.
    @usableFromInline
    mutating func fill(_ entry: Entry, of scan: borrowing PreparedIndexScan) throws(RecordError) {
        guard let steps = scan.steps, assembler.buffer.fill(entry, of: scan.index, steps) else {
            throw scan.damaged(entry)
        }
        if assembler.fillsDefaults { assembler.fillDefaults() }
    }
}

extension PreparedIndexScan {
    /// Whether an entry is the first one of its record that the scan comes to.
    @usableFromInline
    func isFirst(_ entry: Entry, of record: borrowing RecordBuffer) throws(RecordError) -> Bool {
        var entries = IndexEntries()
        try entries.append(record) { $0 === index }
        // Those of one record are in the order of their keys.
        let count = entries.items.count
        for step in 0..<count {
            let other = entries.key(reverse ? count - 1 - step : step)
            if wholeRange.contains(other) { return other.equals(entry.key) }
        }
        return true
    }

    @usableFromInline
    func damaged(_ entry: Entry) -> RecordError { index.damaged(entry.key) }
}

extension StoreReader where Self: ~Copyable {
    /// Goes over the records that a scan's entries name, in the order of the entries, until `body` says that it has
    /// enough. Where the entries hold all that is wanted, the records have those fields only.
    ///
    /// - Parameter body: is lent the record and the key of its entry, after which a token can go on.
    /// - Throws: ``RecordError`` with code `damagedIndex` for an entry of no record; `StoreError`; what `body` throws.
    @inlinable
    borrowing func scan(
        _ scan: PreparedIndexScan, limit: Int?, _ body: (inout RecordBuffer, Span<UInt8>) throws -> Bool
    ) throws {
        let limit = limit ?? Int.max
        guard limit > 0, !scan.range.isEmpty else { return }
        var reader = scan.spare.take(for: scan.schema)
        if scan.isPoint {
            try lookUp(scan, &reader, body)
        } else {
            try self.scan(scan, limit: limit, with: &reader, body)
        }
        scan.spare.keep(reader)
    }

    @inlinable
    borrowing func scan(
        _ scan: PreparedIndexScan, limit: Int, with reader: inout IndexReader,
        _ body: (inout RecordBuffer, Span<UInt8>) throws -> Bool
    ) throws {
        var left = limit
        var entries = cursor(in: scan.range, options: ScanOptions(reverse: scan.reverse))
        if scan.isCovered {
            while let entry = try entries.next() {
                try reader.fill(entry, of: scan)
                guard try body(&reader.assembler.buffer, entry.key) else { return }
                left -= 1
                if left == 0 { return }
            }
            return
        }
        if scan.schema.isPacked {
            while let entry = try entries.next() {
                guard try reader.find(entry, of: scan, in: self) else { continue }
                guard try body(&reader.assembler.buffer, entry.key) else { return }
                left -= 1
                if left == 0 { return }
            }
            return
        }
        var records = cursor(in: scan.schema.range, options: .forward)
        while let entry = try entries.next() {
            guard try reader.find(entry, of: scan, with: &records) else { continue }
            guard try body(&reader.assembler.buffer, entry.key) else { return }
            left -= 1
            if left == 0 { return }
        }
    }

    /// Lends what each entry of a covered scan holds.
    ///
    /// - Throws: `StoreError`; what `body` throws, which for an entry that makes no sense is ``RecordError`` with code
    ///   `damagedIndex`.
    @inlinable
    borrowing func lendEntries(
        _ scan: PreparedIndexScan, limit: Int?, _ body: (inout FieldReader) throws -> Void
    ) throws {
        if scan.range.isEmpty || limit.map({ $0 <= 0 }) ?? false { return }
        var fields = FieldReader(scan)
        if scan.isPoint {
            let key = scan.range.lower
            guard let value = try get(key.span) else { return }
            unsafe fields.take(Entry(key: key.span, value: value.span))
            return try body(&fields)
        }
        var entries = cursor(in: scan.range, options: ScanOptions(reverse: scan.reverse, limit: limit))
        while let entry = try entries.next() {
            // It stays where it is until the cursor moves.
            unsafe fields.take(entry)
            try body(&fields)
        }
    }

    /// The one record that a scan may find, by a get of its entry.
    @inlinable
    borrowing func lookUp(
        _ scan: PreparedIndexScan, _ reader: inout IndexReader,
        _ body: (inout RecordBuffer, Span<UInt8>) throws -> Bool
    ) throws {
        let key = scan.range.lower
        guard let value = try get(key.span) else { return }
        let entry = Entry(key: key.span, value: value.span)
        if scan.isCovered {
            try reader.fill(entry, of: scan)
        } else if scan.schema.isPacked {
            _ = try reader.find(entry, of: scan, in: self)
        } else {
            var records = cursor(in: scan.schema.range, options: .forward)
            _ = try reader.find(entry, of: scan, with: &records)
        }
        _ = try body(&reader.assembler.buffer, key.span)
    }

    /// Counts the records that a scan's entries name; only those that may have several entries are read.
    borrowing func count(_ scan: PreparedIndexScan, limit: Int?) throws -> Int {
        var count = 0
        if scan.mayRepeat {
            try self.scan(scan, limit: limit) { _, _ in
                count += 1
                return true
            }
            return count
        }
        var entries = cursor(in: scan.range, options: ScanOptions(limit: limit, keysOnly: true))
        while try entries.next() != nil { count += 1 }
        return count
    }

    /// Reads one page.
    borrowing func page<Element>(
        _ scan: PreparedIndexScan, size: Int?, _ make: (inout RecordBuffer) throws -> Element
    ) throws -> RecordPage<Element> {
        let size = Swift.max(size ?? 100, 1)
        var records: [Element] = []
        var last: [UInt8] = []
        var next: String?
        try self.scan(scan, limit: nil) { record, entry in
            guard records.count < size else {
                next = scan.token(after: last)
                return false
            }
            records.append(try make(&record))
            if records.count == size { last = entry.array }
            return true
        }
        return RecordPage(records: records, next: next)
    }
}
