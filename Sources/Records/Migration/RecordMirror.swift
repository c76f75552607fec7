internal import KeySchemas
internal import OrderedStore

/// Where the records of a schema are written beside where they are read, while a migration goes over them: those that
/// it is done with. The others it has still to come to.
final class RecordMirror: Sendable {
    enum Way: Sendable {
        /// As they are, to the place of this schema.
        case copy(CompiledSchema)
        /// As the new version.
        case convert(RecordConversion)
        /// Not at all: the program that can do it is not this one.
        case none(RecordError)
    }

    let way: Way
    private let positionKey: [UInt8]

    init(_ way: Way, _ journal: MigrationJournal) {
        self.way = way
        positionKey = journal.positionKey
    }

    /// Whether the migration is done with the record that has this prefix.
    func isDone(
        with prefix: [UInt8], in reader: borrowing some StoreReader & ~Copyable
    ) throws(StoreError) -> Bool {
        let key = positionKey
        guard let position = try reader.get(key.span)?.bytes else { return false }
        return prefix.span.compare(to: position.span) <= 0
    }
}

/// A record that a transaction writes and a migration is done with: what it was before.
struct MirroredRecord {
    let schema: CompiledSchema
    let before: RecordBuffer?
}

extension Transaction where Base: ~Copyable {
    /// The record that a migration is done with, before it is written; `nil` when it has still to come to it.
    func mirrored(
        _ mirror: RecordMirror, _ schema: CompiledSchema, _ prefix: [UInt8]
    ) throws -> MirroredRecord? {
        if case .none(let error) = mirror.way { throw error }
        guard try mirror.isDone(with: prefix, in: self) else { return nil }
        var record = RecordBuffer(schema)
        return MirroredRecord(schema: schema, before: try assemble(schema, prefix, into: &record) ? record : nil)
    }

    /// Stages what became of mirrored records in the other place.
    ///
    /// - Throws: ``RecordError`` that says why the new version does not take a record.
    mutating func stageMirrors(_ records: [[UInt8]: MirroredRecord]) throws {
        var change = IndexChange()
        var gone: [RecordBuffer] = []
        var made: [RecordBuffer] = []
        for (prefix, record) in records {
            guard let mirror = record.schema.mirror else { continue }
            switch mirror.way {
            case .none(let error): throw error
            case .copy(let target): try copyRecord(record.schema, prefix, to: target)
            case .convert(let conversion):
                var after = RecordBuffer(record.schema)
                let isThere = try assemble(record.schema, prefix, into: &after)
                let old = try record.before.map { record throws(RecordError) in try conversion.convert(record) }
                let new = isThere ? try conversion.convert(after) : nil
                try change.add(from: old, to: new)
                if let old { gone.append(old) }
                if let new { made.append(new) }
            }
        }
        try apply(change)
        for record in gone { _ = try removeKeys(record.schema, record.prefix) }
        for record in made { try stageNew(record) }
    }

    /// Stages a record where there must be none.
    ///
    /// - Throws: ``RecordError`` with code `alreadyExists`.
    private mutating func stageNew(_ record: RecordBuffer) throws {
        if try holdsRecord(record.schema, record.prefix) {
            throw RecordError(
                .alreadyExists, schema: record.schema.name, key: RecordError.printable(record.prefix.span),
                message: "two records would get this key in version \(record.schema.definition.version)")
        }
        stage(record)
    }

    /// Makes the keys of a record in another place what they are in this one.
    private mutating func copyRecord(
        _ schema: CompiledSchema, _ prefix: [UInt8], to target: CompiledSchema
    ) throws {
        _ = try removeKeys(target, schema.prefix(prefix, in: target))
        var batch = WriteBatch()
        do {
            var cursor = self.cursor(in: schema.range(ofPrefix: prefix), options: .forward)
            while let entry = try cursor.next() { batch.put(schema.key(entry.key, in: target).span, entry.value) }
        }
        batch.forEach { key, value in if let value { put(key, value) } }
    }
}

// What a migration does in one batch.
extension Transaction where Base: ~Copyable {
    private static var mostBytesPerBatch: Int { 1 << 20 }

    /// Mirrors the records after the position of a migration's step, `most` of them at most.
    ///
    /// - Returns: how many records; `nil` at the end.
    /// - Throws: ``RecordError`` that names the record which the new version does not take.
    mutating func mirrorNext(_ journal: MigrationJournal, _ schema: CompiledSchema, most: Int) throws -> Int? {
        guard let mirror = schema.mirror else { return nil }
        var range = schema.range
        if let position = try get(journal.positionKey.span), let next = schema.range(ofPrefix: position.bytes).upper {
            range = range.intersection(KeyRange(from: next))
        }
        var last: [UInt8] = []
        let count: Int
        switch mirror.way {
        case .none(let error): throw error
        case .copy(let target): count = try copyNext(range, schema, target, most, &last)
        case .convert(let conversion): count = try convertNext(range, schema, conversion, most, &last)
        }
        if count == 0 { return nil }
        try setPosition(last, adding: count, of: journal)
        return count
    }

    private mutating func copyNext(
        _ range: KeyRange, _ schema: CompiledSchema, _ target: CompiledSchema, _ most: Int, _ last: inout [UInt8]
    ) throws -> Int {
        var batch = WriteBatch()
        var count = 0
        do {
            var cursor = self.cursor(in: range, options: ScanOptions(fillCache: false))
            while let entry = try cursor.next() {
                // A key of another shape under the prefix is another schema's.
                guard let prefixCount = schema.layout.prefixCount(of: entry.key) else { continue }
                let prefix = entry.key.extracting(first: prefixCount)
                if count == 0 || !prefix.equals(last.span) {
                    if count >= most || batch.approximateByteCount >= Self.mostBytesPerBatch {
                        break
                    }
                    count += 1
                    last = prefix.array
                }
                batch.put(schema.key(entry.key, in: target).span, entry.value)
            }
        }
        batch.forEach { key, value in if let value { put(key, value) } }
        return count
    }

    private mutating func convertNext(
        _ range: KeyRange, _ schema: CompiledSchema, _ conversion: RecordConversion, _ most: Int,
        _ last: inout [UInt8]
    ) throws -> Int {
        var records: [RecordBuffer] = []
        var byteCount = 0
        var change = IndexChange()
        do {
            var cursor = self.cursor(in: range, options: ScanOptions(fillCache: false))
            var assembler = RecordAssembler(schema, .stored)
            while records.count < most, byteCount < Self.mostBytesPerBatch,
                try assembler.next(from: &cursor)
            {
                let record = try conversion.convert(assembler.buffer)
                try change.add(record)
                byteCount += record.values.count + record.prefix.count
                records.append(record)
                last = assembler.buffer.prefix
            }
        }
        try apply(change)
        for record in records { try stageNew(record) }
        return records.count
    }
}

extension CompiledSchema {
    /// A key of this place in the place of another.
    fileprivate func key(_ key: Span<UInt8>, in target: CompiledSchema) -> [UInt8] {
        var bytes = target.place
        bytes.append(copying: key.extracting(droppingFirst: place.count))
        return bytes
    }

    fileprivate func prefix(_ prefix: [UInt8], in target: CompiledSchema) -> [UInt8] { key(prefix.span, in: target) }
}
