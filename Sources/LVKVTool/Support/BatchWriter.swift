internal import Dispatch
internal import LVKV
internal import Records
internal import Synchronization

/// A row that can be written.
struct ReadyRow: Sendable {
    let row: Row
    /// The record as it is stored; `nil` where that is left to a server.
    let record: EncodedRecord?
}

/// Where rows go: the records of a directory, or of a server.
protocol RowTarget: Sendable {
    /// Makes a row ready to be written, as far as that is done here.
    func prepare(_ row: Row) -> Result<ReadyRow, RowProblem>
    /// Writes rows in one transaction, all but those that are refused.
    ///
    /// - Throws: `StoreError` or ``Failure``; nothing is written then, or the outcome is unknown.
    func write(_ rows: [ReadyRow]) throws -> BatchWriter.Outcome
}

/// The records of a directory.
struct LocalRows: RowTarget {
    let records: DynamicRecords<LevelDBStore>
    let loading: RowLoading

    func prepare(_ row: Row) -> Result<ReadyRow, RowProblem> {
        row.outcome.flatMap { record in
            do throws(RecordError) {
                return .success(ReadyRow(row: row, record: try records.encode(record)))
            } catch {
                return .failure(RowProblem(error))
            }
        }
    }

    func write(_ rows: [ReadyRow]) throws -> BatchWriter.Outcome {
        var outcome = BatchWriter.Outcome()
        do {
            try records.keyspace.transact(durability: loading.durability) { transaction in
                outcome = BatchWriter.Outcome()
                for row in rows {
                    guard let record = row.record else { continue }
                    do {
                        try records.write(record, replaces: loading.mode == .upsert, in: &transaction)
                        outcome.written += 1
                    } catch let error as RecordError {
                        outcome.problems.append((row.row, RowProblem(error)))
                        if loading.stopsAtProblem { break }
                    }
                }
                if loading.isDryRun { throw NotWritten() }
            }
        } catch is NotWritten {}
        return outcome
    }

    /// Undoes the batch of a dry run.
    private struct NotWritten: Error {}
}

/// How rows are written.
struct RowLoading: Sendable {
    let mode: Importer.Mode
    let stopsAtProblem: Bool
    let isDryRun: Bool
    let durability: Durability
    /// Whether members that the schema does not know become fields.
    var keepsUnknown = false
}

/// Writes batches of rows on a thread of its own, so that the next batch is read meanwhile. One batch is under way
/// at a time, so they come in their order.
///
/// Belongs to one thread: ``start(_:)`` and ``wait()`` alternate.
final class BatchWriter: Sendable {
    /// What became of a batch.
    struct Outcome: Sendable {
        /// How many rows were written, or would be.
        var written = 0
        /// The rows that the records refused.
        var problems: [(row: Row, problem: RowProblem)] = []
    }

    private let target: any RowTarget

    private let queue = DispatchQueue(label: "import")
    private let isDone = DispatchSemaphore(value: 0)
    /// The batch that is under way. Who made its rows lets them go, too: memory that another thread gives back makes
    /// both wait for its lock.
    private let rows = Mutex<[ReadyRow]>([])
    private let outcome = Mutex<Result<Outcome, any Error>?>(nil)
    private let isUnderWay = Atomic<Bool>(false)

    init(_ target: any RowTarget) { self.target = target }

    /// Begins to write `rows`; nothing may be under way.
    func start(_ rows: [ReadyRow]) {
        isUnderWay.store(true, ordering: .relaxed)
        self.rows.withLock { $0 = rows }
        queue.async { [self] in
            let result = Result { try target.write(self.rows.withLock { $0 }) }
            outcome.withLock { $0 = result }
            isDone.signal()
        }
    }

    /// Waits for the batch that is under way.
    ///
    /// - Returns: what became of it; nothing written when none was.
    /// - Throws: as ``RowTarget/write(_:)``.
    func wait() throws -> Outcome {
        guard isUnderWay.load(ordering: .relaxed) else { return Outcome() }
        isDone.wait()
        isUnderWay.store(false, ordering: .relaxed)
        rows.withLock { $0 = [] }
        return try outcome.withLock { $0.take() }?.get() ?? Outcome()
    }
}
