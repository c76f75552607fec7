internal import LVKV
internal import Records

/// Writes rows as records, in batches of bounded size, and deals with those that cannot be written.
struct Importer: ~Copyable {
    /// What becomes of a row that cannot be written.
    enum OnError {
        case stop
        case skip
        case collect(path: String)

        var isStop: Bool { if case .stop = self { true } else { false } }
    }

    /// How a row treats a record that is there.
    enum Mode { case insert, upsert }

    private static let rowsPerBatch = 128
    private static let bytesPerBatch = 1 << 20

    private let target: any RowTarget
    private let writer: BatchWriter
    private let onError: OnError
    private let isDryRun: Bool
    private var pending: [ReadyRow] = []
    private var pendingStart = 0
    private var rejects: Rejects?
    /// How many rows went in, or would.
    private(set) var imported = 0
    /// How many rows could not.
    private(set) var rejected = 0

    init(_ target: any RowTarget, onError: OnError, isDryRun: Bool) {
        self.target = target
        self.onError = onError
        self.isDryRun = isDryRun
        writer = BatchWriter(target)
        if case .collect(let path) = onError { rejects = Rejects(path) }
    }

    /// Writes all rows of `source`.
    ///
    /// - Throws: ``Failure`` at the first row that cannot be written, when that is to stop the import. What came
    ///   before it is written.
    mutating func take(_ source: any RowSource, progress: Progress, bytesBefore: Int) throws {
        while let row = try source.next(keepsOriginal: rejects != nil) {
            let ready: ReadyRow
            switch prepare(row) {
            case .success(let row): ready = row
            case .failure(let problem):
                // In the order of the input.
                if case .stop = onError {
                    try flush(source)
                    try settle(source)
                }
                try reject(row, problem, of: source)
                continue
            }
            if pending.isEmpty { pendingStart = source.position }
            pending.append(ready)
            if pending.count >= Importer.rowsPerBatch || source.position - pendingStart >= Importer.bytesPerBatch {
                try flush(source)
                progress.update(count: imported, bytes: bytesBefore + source.position)
            }
        }
        try flush(source)
        try settle(source)
    }

    /// Ends the import, whatever ended it: the file of rejected rows gets its name.
    mutating func finish() throws {
        // Only after an error something is still under way; that error is the one to tell.
        imported += (try? writer.wait())?.written ?? 0
        try rejects?.finish()
    }

    private func prepare(_ row: Row) -> Result<ReadyRow, RowProblem> {
        if let encoded = row.encoded { return .success(ReadyRow(row: row, record: encoded)) }
        return target.prepare(row)
    }

    /// Hands on the rows that were collected, once those before are written.
    private mutating func flush(_ source: any RowSource) throws {
        guard !pending.isEmpty else { return }
        try settle(source)
        writer.start(pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// Waits until the rows that were handed on are written, and deals with those that were not.
    private mutating func settle(_ source: any RowSource) throws {
        let outcome: BatchWriter.Outcome
        do {
            outcome = try writer.wait()
        } catch {
            let failure = Failure(error)
            throw Failure(failure.status, "\(failure.message); \(countBefore)")
        }
        imported += outcome.written
        for (row, problem) in outcome.problems { try reject(row, problem, of: source) }
    }

    /// What is written already, for a message.
    private var countBefore: String {
        let rows = Quantity.counted(imported, "row", "rows")
        return isDryRun ? "\(rows) before would go in" : "\(rows) before went in"
    }

    private mutating func reject(_ row: Row, _ problem: RowProblem, of source: any RowSource) throws {
        let place = "\(source.name), row \(row.number) (line \(row.line))"
        let column = problem.column.map { ", column '\($0)'" } ?? ""
        let what = "\(place)\(column): \(problem.reason)"
        switch onError {
        case .stop:
            throw Failure.badData("\(what); \(countBefore)")
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
