internal import KeySchemas
internal import OrderedStore

/// Where an index and the records disagree.
public struct IndexDifference: Hashable, Sendable {
    /// In which way.
    public enum Kind: String, Hashable, Sendable {
        /// A record has no entry.
        case missing
        /// A record's entry holds something else than the record.
        case differs
        /// An entry is of no record, or of one that has other values.
        case stray
    }

    public let kind: Kind
    /// The index's name.
    public let index: String
    /// The record's prefix, printable; `nil` for an entry that names none.
    public let record: String?
    /// The entry's values.
    public let values: String
}

extension IndexDifference: CustomStringConvertible {
    public var description: String {
        let record = record ?? "no record"
        return switch kind {
        case .missing: "index \(index): the entry of \(values) for \(record) is missing"
        case .differs: "index \(index): the entry of \(values) for \(record) holds something else"
        case .stray: "index \(index): the entry of \(values) for \(record) is not what the record says"
        }
    }
}

/// What comparing indexes with records has found.
public struct IndexVerification: Hashable, Sendable {
    /// How many records were read.
    public var records = 0
    /// How many entries were read.
    public var entries = 0
    /// How many differences there are.
    public var differences = 0
    /// The indexes that are still to be built, and were passed over.
    public var unbuilt: [String] = []

    package init(records: Int = 0, entries: Int = 0, differences: Int = 0, unbuilt: [String] = []) {
        self.records = records
        self.entries = entries
        self.differences = differences
        self.unbuilt = unbuilt
    }
}

extension Keyspace {
    /// Compares indexes with the records of one moment, both ways. Writes go on meanwhile.
    ///
    /// - Parameters:
    ///   - schema: the schema's name.
    ///   - names: the indexes; `nil` for all.
    ///   - report: is told of each difference.
    /// - Complexity: O(*n* log *n*) in the records and entries; memory for one record.
    /// - Throws: ``RecordError``: `unknownSchema`, `unknownIndex`; `StoreError`; what `report` throws.
    @discardableResult
    public func verifyIndexes(
        of schema: String, _ names: [String]? = nil, report: (IndexDifference) throws -> Void = { _ in }
    ) throws -> IndexVerification {
        try readWithCatalogue { snapshot, catalogue in
            let schema = try Keyspace.find(schema, in: catalogue)
            let chosen = try names.map { names in try names.map { try schema.index($0) } } ?? schema.indexes
            var result = IndexVerification()
            result.unbuilt = chosen.filter { !$0.state.isReady }.map(\.name)
            try snapshot.compare(chosen.filter(\.state.isReady), of: schema, &result, report)
            return result
        }
    }
}

extension StoreReader where Self: ~Copyable {
    /// Compares indexes that are built with the records, both ways.
    borrowing func compare(
        _ indexes: [CompiledIndex], of schema: CompiledSchema, _ result: inout IndexVerification,
        _ report: (IndexDifference) throws -> Void
    ) throws {
        let found = try compareRecords(of: schema, with: indexes, &result, report)
        for index in indexes {
            let count = try count(in: index.range)
            result.entries += count
            // As many as were found are those that were found.
            if count == found[index.state.number, default: 0] { continue }
            try compareEntries(of: index, schema, &result, report)
        }
    }

    /// Looks up the entries of each record.
    ///
    /// - Returns: how many entries were found, by the indexes' numbers.
    fileprivate borrowing func compareRecords(
        of schema: CompiledSchema, with indexes: [CompiledIndex], _ result: inout IndexVerification,
        _ report: (IndexDifference) throws -> Void
    ) throws -> [Int64: Int] {
        var found: [Int64: Int] = [:]
        var cursor = cursor(in: schema.range, options: ScanOptions(fillCache: false))
        var assembler = RecordAssembler(schema, .stored)
        var entries = IndexEntries()
        while try assembler.next(from: &cursor) {
            result.records += 1
            entries.clear()
            try entries.append(assembler.buffer) { wanted in indexes.contains { $0 === wanted } }
            for item in entries.items.indices {
                let kind: IndexDifference.Kind
                if let stored = try get(entries.key(item)) {
                    found[entries.items[item].index.state.number, default: 0] += 1
                    if stored.span.equals(entries.value(item)) { continue }
                    kind = .differs
                } else {
                    kind = .missing
                }
                result.differences += 1
                let index = entries.items[item].index
                try report(
                    IndexDifference(
                        kind: kind, index: index.name, record: RecordError.printable(assembler.buffer.prefix.span),
                        values: index.describe(entries.key(item))))
            }
        }
        return found
    }

    /// Looks up the record of each entry.
    fileprivate borrowing func compareEntries(
        of index: CompiledIndex, _ schema: CompiledSchema, _ result: inout IndexVerification,
        _ report: (IndexDifference) throws -> Void
    ) throws {
        var records = self.cursor(in: schema.range, options: ScanOptions(fillCache: false))
        var assembler = RecordAssembler(schema, .stored)
        var cursor = cursor(in: index.range, options: ScanOptions(fillCache: false))
        var expected = IndexEntries()
        while let entry = try cursor.next() {
            var prefix: [UInt8] = []
            let isReadable = index.appendRecordPrefix(entry.key, entry.value, to: &prefix) != nil
            if isReadable, try assembler.find(prefix.span, with: &records) {
                expected.clear()
                try expected.append(assembler.buffer) { $0 === index }
                if expected.items.indices.contains(where: { expected.key($0).equals(entry.key) }) { continue }
            }
            result.differences += 1
            try report(
                IndexDifference(
                    kind: .stray, index: index.name, record: isReadable ? RecordError.printable(prefix.span) : nil,
                    values: index.describe(entry.key)))
        }
    }
}
