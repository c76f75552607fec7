import Foundation
internal import StoreConformance
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
internal import Records

/// A child process works on a database and writes down what it begins and what it has done, until it is killed at a
/// random moment; then the database must be what a dictionary says. `LVKV_TEST_LONG` in the environment makes it
/// 200 rounds of each shape.
@Suite("records and indexes through kills")
struct KillTests {
    static let rounds = ProcessInfo.processInfo.environment["LVKV_TEST_LONG"] == nil ? 5 : 200

    @Test(
        "killed at any moment, records are whole, what was acknowledged is there, and indexes agree",
        arguments: RecordShape.all)
    func kills(shape: RecordShape) async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let path = NSTemporaryDirectory() + "lvkv-kills-\(UUID().uuidString)"
        defer {
            for name in [path, path + ".log", path + ".error"] { try? FileManager.default.removeItem(atPath: name) }
        }
        var model = KillModel(shape.layout)
        for round in 0..<KillTests.rounds {
            let child = KillChild(shape, path: path, seed: seed, round: round)
            await #expect(processExitsWith: .signal(SIGKILL)) { [child = child as KillChild] in try child.run() }
            if let failure = child.failure {
                Issue.record("seed \(seed), round \(round), \(shape): the child stopped: \(failure)")
                return
            }
            if round % 2 == 1 {
                // What brings a rewrite to an end is killed, too.
                await #expect(processExitsWith: .signal(SIGKILL)) { [child = child as KillChild] in
                    try child.recover()
                }
            }
            let comment: Comment = "seed \(seed), round \(round), \(shape)"
            guard try check(child, &model, comment) else { return }
        }
    }

    /// Checks a database after a round.
    ///
    /// - Returns: whether it is worth going on.
    private func check(_ child: KillChild, _ model: inout KillModel, _ comment: Comment) throws -> Bool {
        let log = try child.log()
        // The schema is applied first.
        if log.isBusy || !log.outcomes.isEmpty { model.version = max(model.version, 1) }
        var random = child.random
        for outcome in log.outcomes {
            let operation = KillOperation.random(using: &random)
            let isTaken = model.apply(operation)
            guard outcome == isTaken else {
                Issue.record("\(comment): the child's outcome of \(operation) was \(outcome)")
                return false
            }
        }
        let store = try child.open()
        let keyspace = try Keyspace(store)
        if keyspace.schema("item") != nil { try keyspace.settle() }
        let found = try KillModel(model.layout, keyspace)
        var possible = [model]
        if log.isBusy {
            let operation = KillOperation.random(using: &random)
            if model.apply(operation) { possible.append(model) }
        } else if model.version == 0 {
            // It was killed before it had applied the schema, or after.
            model.version = 1
            possible.append(model)
        }
        guard possible.contains(found) else {
            Issue.record("\(comment): there is \(found), not any of \(possible)")
            return false
        }
        model = found
        if model.version > 0 { try checkIndexes(keyspace, isFinal: child.round % 2 == 0, comment) }
        try store.close()
        return true
    }

    /// Checks the indexes as they are; or finishes what was under way and checks them all. A later round finishes it
    /// otherwise.
    private func checkIndexes(_ keyspace: Keyspace<LevelDBStore>, isFinal: Bool, _ comment: Comment) throws {
        if isFinal {
            try keyspace.reclaimIndexes()
            try keyspace.buildAll()
        }
        let result = try keyspace.verifyIndexes(of: "item") { difference in
            Issue.record("\(comment): \(difference)")
        }
        guard isFinal else { return }
        #expect(result.unbuilt.isEmpty, comment)
        // No other entries are left over, of indexes that are no more.
        let entries = try keyspace.store.count(in: .prefix([0xFF, UInt8(ascii: "i")]))
        #expect(entries == result.entries, comment)
    }
}

/// One round's child process.
struct KillChild: Codable, Sendable {
    let path: String
    let encoding: String
    let layout: String
    let seed: UInt64
    let round: Int

    init(_ shape: RecordShape, path: String, seed: UInt64, round: Int) {
        self.path = path
        encoding = shape.encoding.rawValue
        layout = shape.layout.rawValue
        self.seed = seed
        self.round = round
    }

    /// What decides the operations of the round.
    var random: SeededGenerator { SeededGenerator(seed: seed &+ UInt64(round) &* 0x9E37_79B9) }

    func open() throws -> LevelDBStore {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.writeBufferSize = 64 << 10
        return try LevelDBStore(at: path, options: options)
    }

    /// Works until it is killed.
    func run() throws {
        do { try work() } catch {
            // The parent hears of the signal only.
            try "\(error)".write(toFile: errorPath, atomically: false, encoding: .utf8)
            throw error
        }
    }

    /// Brings a rewrite that was killed to an end, until it is killed.
    func recover() throws {
        dieLater(1_000...30_000)
        let keyspace = try Keyspace(open())
        if keyspace.schema("item") != nil { try keyspace.settle() }
        while true { sleep(1) }
    }

    private func dieLater(_ microseconds: ClosedRange<UInt32>) {
        let delay = UInt32.random(in: microseconds)
        Thread.detachNewThread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
    }

    private func work() throws {
        let log = try makeLog()
        dieLater(1_000...120_000)
        let keyspace = try Keyspace(open())
        if keyspace.schema("item") == nil {
            guard let layout = RecordLayout(rawValue: layout), let encoding = KeyEncoding(rawValue: encoding) else {
                return
            }
            try keyspace.apply(KillModel.schema(1, KillShape(RecordShape(layout: layout, encoding: encoding))))
        }
        try keyspace.buildAll()
        if round % 3 == 0 {
            // Indexes are built anew all the while. Not the unique one: until it is complete it refuses little.
            Thread.detachNewThread {
                while true {
                    for name in ["byName", "byYear", "byTag"] { _ = try? keyspace.rebuildIndex(name, of: "item") }
                }
            }
        }
        var random = random
        while true {
            let operation = KillOperation.random(using: &random)
            try log.write(contentsOf: [UInt8(ascii: "b")])
            let isTaken = try operation.run(on: keyspace)
            try log.write(contentsOf: [isTaken ? UInt8(ascii: "+") : UInt8(ascii: "-")])
        }
    }

    private var logPath: String { path + ".log" }
    private var errorPath: String { path + ".error" }

    /// What stopped the child, if it was not killed.
    var failure: String? { try? String(contentsOfFile: errorPath, encoding: .utf8) }

    /// Each write of it goes to the system at once, which survives the kill.
    private func makeLog() throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: logPath))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: logPath))
    }

    /// What the operations that came to their end did, and whether one was under way.
    func log() throws -> (outcomes: [Bool], isBusy: Bool) {
        let marks = try Data(contentsOf: URL(fileURLWithPath: logPath))
        let outcomes = marks.filter { $0 != UInt8(ascii: "b") }.map { $0 == UInt8(ascii: "+") }
        return (outcomes, marks.last == UInt8(ascii: "b"))
    }
}
