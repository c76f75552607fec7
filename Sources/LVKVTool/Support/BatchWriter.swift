internal import Dispatch
internal import LVKV
internal import Records
internal import Synchronization

/// A row whose record is checked.
struct EncodedRow: Sendable {
    let row: Row
    let record: EncodedRecord
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

    /// Undoes the batch of a dry run.
    private struct NotWritten: Error {}

    private let records: DynamicRecords<LevelDBStore>
    private let mode: Importer.Mode
    private let stopsAtProblem: Bool
    private let isDryRun: Bool
    private let durability: Durability

    private let queue = DispatchQueue(label: "import")
    private let isDone = DispatchSemaphore(value: 0)
    /// The batch that is under way. Who made its rows lets them go, too: memory that another thread gives back makes
    /// both wait for its lock.
    private let rows = Mutex<[EncodedRow]>([])
    private let outcome = Mutex<Result<Outcome, any Error>?>(nil)
    private let isUnderWay = Atomic<Bool>(false)

    init(
        _ records: DynamicRecords<LevelDBStore>, mode: Importer.Mode, stopsAtProblem: Bool, isDryRun: Bool,
        durability: Durability
    ) {
        self.records = records
        self.mode = mode
        self.stopsAtProblem = stopsAtProblem
        self.isDryRun = isDryRun
        self.durability = durability
    }

    /// Begins to write `rows`; nothing may be under way.
    func start(_ rows: [EncodedRow]) {
        isUnderWay.store(true, ordering: .relaxed)
        self.rows.withLock { $0 = rows }
        queue.async { [self] in
            let result = Result { try write(self.rows.withLock { $0 }) }
            outcome.withLock { $0 = result }
            isDone.signal()
        }
    }

    /// Waits for the batch that is under way.
    ///
    /// - Returns: what became of it; nothing written when none was.
    /// - Throws: `StoreError`; the batch is not written then, or its outcome is unknown.
    func wait() throws -> Outcome {
        guard isUnderWay.load(ordering: .relaxed) else { return Outcome() }
        isDone.wait()
        isUnderWay.store(false, ordering: .relaxed)
        rows.withLock { $0 = [] }
        return try outcome.withLock { $0.take() }?.get() ?? Outcome()
    }

    private func write(_ rows: [EncodedRow]) throws -> Outcome {
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
                        if stopsAtProblem { break }
                    }
                }
                if isDryRun { throw NotWritten() }
            }
        } catch is NotWritten {}
        return outcome
    }
}
