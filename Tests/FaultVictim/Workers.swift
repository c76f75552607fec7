internal import Foundation
internal import LVKV

/// Carries out the operations that standard input names, each worker's in their order, different workers' at once.
///
/// A line is `NUMBER WORKER DURABILITY OPERATION ARGUMENT...`, with tabs between; the answer is `NUMBER ok`,
/// `NUMBER refused REASON` or `NUMBER unknown REASON`.
struct Workers {
    private let database: Database

    init(_ database: Database) throws {
        self.database = database
        try Operation.prepare(database)
    }

    func run() throws {
        var queues: [Substring: DispatchQueue] = [:]
        let answers = Answers()
        answers.send("ready")
        while let line = readLine() {
            let words = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard words.count > 3 else { FaultVictim.fail("not an operation: \(line)", 64) }
            let queue = queues[words[1]] ?? DispatchQueue(label: "worker \(words[1])")
            queues[words[1]] = queue
            queue.async { answers.send("\(words[0])\t\(outcome(of: words))") }
        }
        for queue in queues.values { queue.sync {} }
        try database.close()
    }

    private func outcome(of words: [Substring]) -> String {
        do {
            let operation = Operation(
                database, words[2] == "synced" ? .synced : .buffered, words.dropFirst(4).map { String($0) })
            try operation.run(String(words[3]))
            return "ok"
        } catch let error as StoreError {
            return "\(error.outcomeIsUnknown ? "unknown" : "refused")\t\(error.code)\t\(error)"
        } catch {
            return "refused\tfailed\t\(error)"
        }
    }
}

/// Standard output, a line at a time, from any thread.
private final class Answers: @unchecked Sendable {
    private let lock = NSLock()

    func send(_ line: String) {
        lock.withLock { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
    }
}
