internal import LVKV
internal import Records

/// The records of a server, which encodes and checks the rows.
///
/// Its connection is used by one thread at a time: that of the ``BatchWriter``.
final class RemoteRows: RowTarget, @unchecked Sendable {
    private let client: ServerConnection
    private let words: [String]

    init(_ client: ServerConnection, _ schema: String, _ loading: RowLoading) {
        self.client = client
        var words = ["LV.RECORD", "LOAD", schema]
        if loading.mode == .insert { words.append("INSERT") }
        if loading.stopsAtProblem { words.append("STOP") }
        if loading.isDryRun { words.append("CHECK") }
        if loading.keepsUnknown { words.append("KEEPUNKNOWN") }
        if loading.durability == .synced { words.append("SYNCED") }
        self.words = words
    }

    func prepare(_ row: Row) -> Result<ReadyRow, RowProblem> {
        row.outcome.map { _ in ReadyRow(row: row, record: nil) }
    }

    func write(_ rows: [ReadyRow]) throws -> BatchWriter.Outcome {
        let texts = rows.compactMap { try? $0.row.outcome.get().json.text() }
        guard case .object(let reply)? = try client.json(words + texts), let written = reply.integer("written"),
            case .array(let problems)? = reply["problems"]
        else { throw client.unexpected }
        var outcome = BatchWriter.Outcome(written: written)
        for case .object(let problem) in problems {
            guard let row = problem.integer("row"), rows.indices.contains(row),
                case .string(let message)? = problem["message"]
            else { throw client.unexpected }
            var column: String?
            if case .string(let field)? = problem["field"] { column = field }
            outcome.problems.append((rows[row].row, RowProblem(column: column, message)))
        }
        return outcome
    }
}
