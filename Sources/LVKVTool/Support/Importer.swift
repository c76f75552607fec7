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
    private let mode: Mode
    private let onError: OnError
    private let isDryRun: Bool
    private let durability: Durability
    private var pending: [Row] = []
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
        self.mode = mode
        self.onError = onError
        self.isDryRun = isDryRun
        self.durability = durability
        if case .collect(let path) = onError { rejects = Rejects(path) }
    }

    /// Writes all rows of `source`.
    ///
    /// - Throws: ``Failure`` at the first row that cannot be written, when that is to stop the import. What came
    ///   before it is written.
    mutating func take(_ source: any RowSource, progress: Progress, bytesBefore: Int) throws {
        while let row = try source.next(keepsOriginal: rejects != nil) {
            if case .failure(let problem) = row.outcome {
                // In the order of the input.
                if case .stop = onError { try flush(source) }
                try reject(row, problem, of: source)
                continue
            }
            if pending.isEmpty { pendingStart = source.position }
            pending.append(row)
            if pending.count >= Importer.rowsPerBatch || source.position - pendingStart >= Importer.bytesPerBatch {
                try flush(source)
                progress.update(count: imported, bytes: bytesBefore + source.position)
            }
        }
        try flush(source)
    }

    /// Ends the import: the file of rejected rows gets its name.
    mutating func finish() throws {
        try rejects?.finish()
    }

    /// Undoes the batch of a dry run.
    private struct NotWritten: Error {}

    private mutating func flush(_ source: any RowSource) throws {
        guard !pending.isEmpty else { return }
        let rows = pending
        pending.removeAll(keepingCapacity: true)
        var problems: [(Row, RowProblem)] = []
        var written = 0
        do {
            try records.keyspace.transact(durability: durability) { transaction in
                problems = []
                written = 0
                for row in rows {
                    guard case .success(let record) = row.outcome else { continue }
                    do {
                        switch mode {
                        case .insert: try records.insert(record, in: &transaction)
                        case .upsert: try records.upsert(record, in: &transaction)
                        }
                        written += 1
                    } catch let error as RecordError {
                        problems.append((row, RowProblem(error)))
                        if case .stop = onError { break }
                    }
                }
                if isDryRun { throw NotWritten() }
            }
        } catch is NotWritten {}
        imported += written
        for (row, problem) in problems { try reject(row, problem, of: source) }
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
