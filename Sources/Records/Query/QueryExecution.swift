internal import KeySchemas
internal import OrderedStore

/// What a query read.
public struct QueryCounts: Hashable, Sendable {
    /// The keys that cursors passed over: of records, and of index entries.
    public internal(set) var keys = 0
    /// The records that were put together, from their own keys or from an entry.
    public internal(set) var records = 0
    /// The records, groups or values that came of it.
    public internal(set) var returned = 0

    static func += (left: inout QueryCounts, right: QueryCounts) {
        left.keys += right.keys
        left.records += right.records
        left.returned += right.returned
    }
}

/// Where a query stands.
struct QueryProgress {
    var counts = QueryCounts()
    /// Whether the places of results are kept, for a token.
    let keepsPlaces: Bool
    /// The place of the last result.
    fileprivate(set) var place: [UInt8] = []
    /// The place of the one before.
    fileprivate(set) var placeBefore: [UInt8] = []

    init(keepsPlaces: Bool = false) { self.keepsPlaces = keepsPlaces }
}

extension StoreReader where Self: ~Copyable {
    /// Goes over the results of a query until `body` says that it has enough.
    ///
    /// - Throws: ``RecordError``; `StoreError`; what `body` throws.
    borrowing func run(
        _ plan: QueryPlan, skip: Int, limit: Int?, memory: Int, _ progress: inout QueryProgress,
        _ body: (inout RecordBuffer) throws -> Bool
    ) throws {
        var left = limit ?? Int.max
        guard left > 0 else { return }
        var toSkip = skip
        func keep(_ appendPlace: (inout [UInt8]) throws -> Void) throws {
            guard progress.keepsPlaces, toSkip == 0 else { return }
            swap(&progress.place, &progress.placeBefore)
            progress.place.removeAll(keepingCapacity: true)
            try appendPlace(&progress.place)
        }
        func take(_ record: inout RecordBuffer) throws -> Bool {
            if toSkip > 0 {
                toSkip -= 1
                return true
            }
            progress.counts.returned += 1
            left -= 1
            return try body(&record) && left > 0
        }
        var counts = QueryCounts()
        defer { progress.counts += counts }
        guard plan.sorts else {
            return try find(plan, memory: memory, &counts) { record, key, value in
                try keep { place in try plan.appendPlace(record, key, value, to: &place) }
                return try take(&record)
            }
        }
        let needed = limit.map { $0.addingReportingOverflow(skip) }
        var sorter = RecordSorter(plan, memory: memory, limit: needed?.overflow == false ? needed?.partialValue : nil)
        try find(plan, memory: memory, &counts) { record, _, _ in
            try sorter.add(record)
            return true
        }
        try sorter.forEach { record, place in
            try keep { $0.append(copying: place) }
            return try take(&record)
        }
    }

    /// Goes over the records of a plan in the order in which they are found, each once, until `body` says that it
    /// has enough.
    ///
    /// - Parameter body: gets the record, and the key and the value of the entry that it was found by.
    borrowing func find(
        _ plan: QueryPlan, memory: Int, _ counts: inout QueryCounts,
        _ body: (inout RecordBuffer, Span<UInt8>, Span<UInt8>) throws -> Bool
    ) throws {
        var seen = SeenRecords(memory: memory)
        for range in plan.reverse ? plan.access.ranges.reversed() : plan.access.ranges {
            let goesOn =
                if let index = plan.access.index {
                    try findEntries(plan, index, range, &seen, &counts, body)
                } else {
                    try findRecords(plan, range, &counts, body)
                }
            if !goesOn { return }
        }
    }

    private borrowing func findRecords(
        _ plan: QueryPlan, _ range: KeyRange, _ counts: inout QueryCounts,
        _ body: (inout RecordBuffer, Span<UInt8>, Span<UInt8>) throws -> Bool
    ) throws -> Bool {
        let keysOnly = plan.wanted?.isEmpty == true && plan.filter == nil
        var cursor = CountingCursor(
            cursor(in: range, options: ScanOptions(reverse: plan.reverse, keysOnly: keysOnly)))
        var assembler = RecordAssembler(plan.schema, reverse: plan.reverse, keysOnly ? .keysOnly : .reading)
        var records = 0
        defer {
            counts.records += records
            counts.keys += cursor.count
        }
        let nothing: [UInt8] = []
        while try assembler.next(from: &cursor) {
            records += 1
            if let filter = plan.filter, !filter.matches(assembler.buffer) { continue }
            guard try body(&assembler.buffer, nothing.span, nothing.span) else { return false }
        }
        return true
    }

    private borrowing func findEntries(
        _ plan: QueryPlan, _ index: CompiledIndex, _ range: KeyRange, _ seen: inout SeenRecords,
        _ counts: inout QueryCounts, _ body: (inout RecordBuffer, Span<UInt8>, Span<UInt8>) throws -> Bool
    ) throws -> Bool {
        let access = plan.access
        let scan = try PreparedIndexScan(
            index, of: plan.schema, range, equalParts: access.mayRepeat ? 0 : index.parts.count,
            hasBounds: !access.isPoint || plan.start != nil, reverse: plan.reverse,
            fields: plan.isCovered ? plan.read : nil)
        // Within one range the reader knows which entry of a record comes first.
        let remembers = access.mayRepeat && access.ranges.count > 1
        var records = 0
        var goesOn = true
        defer { counts.records += records }
        var reader = IndexReader(plan.schema)
        func visit(_ entry: Entry, _ reader: inout IndexReader) throws {
            records += 1
            if remembers, try !seen.insert(reader.prefix, plan.schema) { return }
            if let filter = plan.filter, !filter.matches(reader.assembler.buffer) { return }
            goesOn = try body(&reader.assembler.buffer, entry.key, entry.value)
        }
        var keys = CountingCursor(cursor(in: plan.schema.range, options: .forward))
        defer { counts.keys += keys.count }
        if scan.isPoint {
            let key = range.lower
            counts.keys += 1
            guard let value = try get(key.span) else { return true }
            let entry = Entry(key: key.span, value: value.span)
            if scan.isCovered {
                try reader.fill(entry, of: scan)
            } else {
                _ = try reader.find(entry, of: scan, with: &keys)
            }
            try visit(entry, &reader)
            return goesOn
        }
        var entries = CountingCursor(cursor(in: range, options: ScanOptions(reverse: plan.reverse)))
        defer { counts.keys += entries.count }
        while goesOn, let entry = try entries.next() {
            if scan.isCovered {
                try reader.fill(entry, of: scan)
            } else {
                guard try reader.find(entry, of: scan, with: &keys) else { continue }
            }
            try visit(entry, &reader)
        }
        return goesOn
    }
}

/// The records that were found already.
private struct SeenRecords {
    private var prefixes: Set<[UInt8]> = []
    private var left: Int

    init(memory: Int) { left = memory }

    /// - Returns: whether the record is new.
    /// - Throws: ``RecordError`` with code `tooLarge` when more would have to be remembered than memory is allowed.
    mutating func insert(_ prefix: [UInt8], _ schema: CompiledSchema) throws(RecordError) -> Bool {
        guard prefixes.insert(prefix).inserted else { return false }
        // What an array and its place in a table take beside the bytes.
        left -= prefix.count + 64
        guard left >= 0 else {
            throw RecordError.tooLarge(schema, "remembering which records were found by several of their values")
        }
        return true
    }
}

extension RecordError {
    static func tooLarge(_ schema: CompiledSchema, _ what: String) -> RecordError {
        RecordError(
            .tooLarge, schema: schema.name,
            message: "\(what) takes more memory than the query may use; ask for less at once, or raise its limit")
    }
}

/// Counts the entries that a cursor passes over.
struct CountingCursor<Base: StoreCursor & ~Copyable & ~Escapable>: StoreCursor, ~Copyable, ~Escapable {
    private var base: Base
    private(set) var count = 0

    @_lifetime(copy base)
    init(_ base: consuming Base) { self.base = base }

    var current: Entry? {
        @_lifetime(borrow self)
        borrowing get { base.current }
    }

    @_lifetime(&self)
    mutating func next() throws(StoreError) -> Entry? {
        count += 1
        return try base.next()
    }

    @_lifetime(&self)
    mutating func previous() throws(StoreError) -> Entry? {
        count += 1
        return try base.previous()
    }

    mutating func seek(to key: Span<UInt8>) throws(StoreError) { try base.seek(to: key) }

    borrowing func checkIntact() throws(StoreError) { try base.checkIntact() }
}
