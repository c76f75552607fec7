internal import Dispatch
internal import LVKV
internal import Records

/// Writes rows as records, in batches of bounded size, and deals with those that cannot be written.
struct Importer: ~Copyable {
    /// What becomes of a row that cannot be written.
    enum OnError {
        case stop
        case skip
        case collect(path: String)
    }

    /// How a row treats a record that is there.
    enum Mode { case insert, upsert }

    private static let rowsPerBatch = 256
    private static let bytesPerBatch = 1 << 20

    private let records: DynamicRecords<LevelDBStore>
    private let onError: OnError
    private let isDryRun: Bool
    private let committer: Committer
    private var pending: [EncodedRow] = []
    private var pendingStart = 0
    private var rejects: Rejects?
    /// How many rows went in, or would.
    private(set) var imported = 0
    /// How many rows could not.
    private(set) var rejected = 0

    init(
        _ records: DynamicRecords<LevelDBStore>, mode: Mode, onError: OnError, isDryRun: Bool, durability: Durability
    ) {
        self.records = records
        self.onError = onError
        self.isDryRun = isDryRun
        var stops = false
        if case .stop = onError { stops = true }
        committer = Committer(records, mode, stops: stops, isDryRun: isDryRun, durability)
        if case .collect(let path) = onError { rejects = Rejects(path) }
    }

    /// Writes all rows of `source`.
    ///
    /// - Throws: ``Failure`` at the first row that cannot be written, when that is to stop the import. What came
    ///   before it is written.
    mutating func take(_ source: any RowSource, progress: Progress, bytesBefore: Int) throws {
        while let row = try source.next(keepsOriginal: rejects != nil) {
            let record: EncodedRecord
            switch encode(row) {
            case .success(let encoded): record = encoded
            case .failure(let problem):
                // In the order of the input.
                if case .stop = onError { try flush(source) }
                try reject(row, problem, of: source)
                continue
            }
            if pending.isEmpty { pendingStart = source.position }
            pending.append(EncodedRow(row: row, record: record))
            if pending.count >= Importer.rowsPerBatch || source.position - pendingStart >= Importer.bytesPerBatch {
                try commit(source)
                progress.update(count: imported, bytes: bytesBefore + source.position)
            }
        }
        try flush(source)
    }

    /// Ends the import: what is under way is awaited, and the file of rejected rows gets its name.
    mutating func finish() throws {
        let last = Result { [committer] in try committer.finish() }
        try rejects?.finish()
        imported += try last.get()?.written ?? 0
    }

    private func encode(_ row: Row) -> Result<EncodedRecord, RowProblem> {
        switch row.outcome {
        case .failure(let problem): return .failure(problem)
        case .success(let record):
            do throws(RecordError) {
                return .success(try records.encode(record))
            } catch {
                return .failure(RowProblem(error))
            }
        }
    }

    /// Hands what is pending to the committer, once it has done with the batch before.
    private mutating func commit(_ source: any RowSource) throws {
        try settle(source)
        committer.begin(pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes what is pending, and waits until it is written.
    private mutating func flush(_ source: any RowSource) throws {
        if !pending.isEmpty { try commit(source) }
        try settle(source)
    }

    private mutating func settle(_ source: any RowSource) throws {
        guard let outcome = try committer.finish() else { return }
        imported += outcome.written
        for (row, problem) in outcome.problems { try reject(row, problem, of: source) }
    }

    private mutating func reject(_ row: Row, _ problem: RowProblem, of source: any RowSource) throws {
        let place = "\(source.name), row \(row.number) (line \(row.line))"
        let column = problem.column.map { ", column '\($0)'" } ?? ""
        let what = "\(place)\(column): \(problem.reason)"
        switch onError {
        case .stop:
            let rows = Quantity.counted(imported, "row", "rows")
            throw Failure.badData(
                "\(what); \(isDryRun ? "\(rows) before it would go in" : "\(rows) before it went in")")
        case .skip: Notice.print("\(what); skipped")
        case .collect: try rejects?.add(row, problem, of: source)
        }
        rejected += 1
    }
}

/// A row whose record is checked.
private struct EncodedRow {
    let row: Row
    let record: EncodedRecord
}

/// Commits one batch at a time on a thread of its own, while the next one is read and checked.
private final class Committer: @unchecked Sendable {
    struct Outcome {
        var written = 0
        var problems: [(Row, RowProblem)] = []
    }

    /// Undoes the batch of a dry run.
    private struct NotWritten: Error {}

    private let records: DynamicRecords<LevelDBStore>
    private let mode: Importer.Mode
    private let stops: Bool
    private let isDryRun: Bool
    private let durability: Durability
    private let queue = DispatchQueue(label: "import")
    private let isDone = DispatchSemaphore(value: 0)
    private var isUnderWay = false
    /// Written on the queue, read after `isDone`.
    private var outcome: Result<Outcome, any Error> = .success(Outcome())

    init(
        _ records: DynamicRecords<LevelDBStore>, _ mode: Importer.Mode, stops: Bool, isDryRun: Bool,
        _ durability: Durability
    ) {
        self.records = records
        self.mode = mode
        self.stops = stops
        self.isDryRun = isDryRun
        self.durability = durability
    }

    /// Begins to commit `rows`. ``finish()`` must have been called for those before.
    func begin(_ rows: [EncodedRow]) {
        isUnderWay = true
        queue.async { [self] in
            outcome = Result { try commit(rows) }
            isDone.signal()
        }
    }

    /// Waits for what was begun.
    ///
    /// - Returns: `nil` when nothing was.
    func finish() throws -> Outcome? {
        guard isUnderWay else { return nil }
        isDone.wait()
        isUnderWay = false
        return try outcome.get()
    }

    private func commit(_ rows: [EncodedRow]) throws -> Outcome {
        var outcome = Outcome()
        do {
            try records.keyspace.transact(durability: durability) { transaction in
                outcome = Outcome()
                for row in rows {
                    do {
                        try records.write(row.record, replaces: mode == .upsert, in: &transaction)
                        outcome.written += 1
                    } catch let error as RecordError {
                        outcome.problems.append((row.row, RowProblem(error)))
                        if stops { break }
                    }
                }
                if isDryRun { throw NotWritten() }
            }
        } catch is NotWritten {}
        return outcome
    }
}

/// The file of rows that could not be written, made when there is the first.
private final class Rejects {
    private let path: String
    private var file: AtomicFile?
    private var output: Output?
    private var heading: [UInt8] = []

    init(_ path: String) { self.path = path }

    func add(_ row: Row, _ problem: RowProblem, of source: any RowSource) throws {
        let output: Output
        if let open = self.output {
            output = open
            guard source.rejectedHeading == heading else {
                throw Failure.usage("\(source.name) has other columns than the file before; import it by itself")
            }
        } else {
            let file = AtomicFile(path: path)
            output = Output(try file.open(), name: path)
            self.file = consume file
            self.output = output
            heading = source.rejectedHeading
            output.buffer += heading
        }
        source.appendRejected(row, problem, to: &output.buffer)
        try output.flushIfFull()
    }

    func finish() throws {
        try output?.finish()
        try file?.commit()
        file = nil
    }
}
