internal import Commands
internal import LVKV

/// One thread of a load on an engine in this process.
struct EngineLoad {
    private let phase: LoadPhase
    private let engine: Engine
    private let shared: LoadState
    private var maker: CommandMaker
    private var recorder: Recorder
    private var pace: Pace?
    private var left: Int

    init(_ phase: LoadPhase, thread: Int, engine: Engine, shared: LoadState) {
        self.phase = phase
        self.engine = engine
        self.shared = shared
        maker = phase.maker(of: thread)
        recorder = Recorder(phase.timeline, thread: thread)
        pace = phase.pace(of: thread)
        left = phase.share(of: thread)
    }

    /// Runs commands until the phase is over.
    mutating func run() throws {
        let owner = QuietOwner()
        let session = engine.makeSession(owner: owner)
        defer { engine.end(session) }
        var arguments = Arguments()
        let reply = ReplyCount()
        var now = SystemCall.nanoseconds()
        while left > 0, now < phase.end, !shared.isStopped {
            var since = now
            if pace != nil {
                guard let due = waitUntilDue() else { break }
                since = due
            }
            left -= 1
            let operation = maker.choose(phase.workload)
            var isError = false
            for command in phase.workload.operations[operation].template.commands {
                maker.fill(&arguments, command)
                try execute(arguments, session, reply)
                guard let error = reply.error else { continue }
                isError = true
                shared.note(error: Array(error.utf8))
            }
            now = SystemCall.nanoseconds()
            recorder.note(operation, since: since, now: now, isError: isError)
        }
        if phase.end != .max && !shared.isStopped {
            while let due = pace?.take(at: phase.end - 1) {
                recorder.noteUnsent(maker.choose(phase.workload), since: due, now: phase.end)
            }
        }
        recorder.finish(now: SystemCall.nanoseconds())
    }

    private func execute(_ arguments: Arguments, _ session: Session, _ reply: ReplyCount) throws {
        while true {
            reply.removeAll()
            switch engine.executeSlowly(arguments, session: session, reply: reply) {
            case .done, .leave: return
            case .postponed: SystemCall.sleep(nanoseconds: 100_000)
            case .waiting:
                engine.endWait(of: session)
                throw Failure.usage("'\(arguments.text(0))' waits for a key; measure it on a server, with --url")
            case .close: throw Failure.usage("'\(arguments.text(0))' ends the session; leave it out")
            }
        }
    }

    /// Waits until the next operation is due; `nil` when the phase ends before.
    private mutating func waitUntilDue() -> UInt64? {
        while let next = pace?.next, next < phase.end, !shared.isStopped {
            let now = SystemCall.nanoseconds()
            if let due = pace?.take(at: now) { return due }
            // The system wakes us late: the last part is waited for by looking at the clock.
            if next - now > 1_000_000 { SystemCall.sleep(nanoseconds: next - now - 1_000_000) }
        }
        return nil
    }
}

/// Replies of which nothing is kept but whether they are an error.
private final class ReplyCount: ReplyWriter {
    var version = 2
    private(set) var mark = 0
    private var errorPlace = 0
    private var errorText: String?

    /// What the command was refused with.
    var error: String? { errorText }

    func removeAll() { truncate(to: 0) }

    func truncate(to mark: Int) {
        self.mark = mark
        if errorPlace >= mark { errorText = nil }
    }

    func error(_ message: String) {
        if mark == 0 {
            errorPlace = mark
            errorText = message
        }
        mark += 1
    }

    func simple(_ text: StaticString) { mark += 1 }
    func simple(text: Span<UInt8>) { mark += 1 }
    func integer(_ value: Int64) { mark += 1 }
    func bulk(_ bytes: Span<UInt8>) { mark += 1 }
    func double(_ value: Double) { mark += 1 }
    func bool(_ value: Bool) { mark += 1 }
    func verbatim(_ text: Span<UInt8>, format: StaticString) { mark += 1 }
    func null() { mark += 1 }
    func nullArray() { mark += 1 }
    func array(_ count: Int) { mark += 1 }
    func map(_ count: Int) { mark += 1 }
    func set(_ count: Int) { mark += 1 }
    func push(_ count: Int) { mark += 1 }
}

/// The owner of a session that is sent nothing but replies.
private final class QuietOwner: SessionOwner {
    func makeReply(version: Int) -> any ReplyWriter { ReplyCount() }
    func send(_ reply: any ReplyWriter, endsWait: Bool) {}
    func resume() {}
    func close() {}
}
