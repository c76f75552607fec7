internal import Commands
internal import Dispatch
internal import LVKV
internal import LVKVServer
internal import RESP
internal import Synchronization

/// A client of an engine in this process, which holds the database's directory.
final class EngineClient: CommandClient, SessionOwner, @unchecked Sendable {
    private let database: Database
    private let engine: Engine
    private var session: Session?
    private let inbox = Mutex(Inbox())
    /// Counts what came to the inbox.
    private let arrived = DispatchSemaphore(value: 0)

    private struct Inbox {
        /// What the session waited for.
        var replies: [Reply] = []
        /// What nobody asked for just then.
        var messages: [Reply] = []
    }

    init(_ database: Database) {
        self.database = database
        engine = Engine(database.keyspace, database.structures)
        session = nil
        let session = engine.makeSession(owner: self)
        session.version = 3
        self.session = session
        database.startReclaiming()
    }

    deinit { if let session { engine.end(session) } }

    var prompt: String { database.path.split(separator: "/").last.map(String.init) ?? "/" }

    func run(_ words: [[UInt8]]) throws -> Reply {
        guard let session else { return .null }
        var arguments = Arguments()
        for word in words { arguments.append(word.span) }
        while true {
            let reply = ReplyBuffer(version: session.version)
            switch engine.executeSlowly(arguments, session: session, reply: reply) {
            case .waiting(let deadline): return waitForReply(session, until: deadline)
            case .postponed: _ = arrived.wait(timeout: .now() + .milliseconds(10))
            case .done, .leave, .close: return try EngineClient.replies(in: reply).first ?? .null
            }
        }
    }

    /// There is nothing between this client and its engine that could break.
    func reconnect() {}

    func listen(_ body: (Reply) throws -> Void) throws {
        while true {
            let messages = inbox.withLock { inbox in
                defer { inbox.messages = [] }
                return inbox.messages
            }
            for message in messages { try body(message) }
            if messages.isEmpty { arrived.wait() }
        }
    }

    /// Waits for the reply of a command that waits for a key.
    private func waitForReply(_ session: Session, until deadline: Int64?) -> Reply {
        while true {
            if let reply = inbox.withLock({ $0.replies.isEmpty ? nil : $0.replies.removeFirst() }) { return reply }
            guard let deadline else {
                arrived.wait()
                continue
            }
            let milliseconds = Int(clamping: max(0, deadline - engine.now))
            if arrived.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut { engine.endWait(of: session) }
        }
    }

    func makeReply(version: Int) -> any ReplyWriter { ReplyBuffer(version: version) }

    func send(_ reply: any ReplyWriter, endsWait: Bool) {
        guard let buffer = reply as? ReplyBuffer, let values = try? EngineClient.replies(in: buffer) else { return }
        inbox.withLock { if endsWait { $0.replies += values } else { $0.messages += values } }
        arrived.signal()
    }

    func resume() {}
    func close() {}

    private static func replies(in buffer: ReplyBuffer) throws -> [Reply] {
        var decoder = ReplyDecoder()
        let bytes = buffer.contents
        decoder.append(bytes.span)
        var replies: [Reply] = []
        while let reply = try decoder.next() { replies.append(reply) }
        return replies
    }
}
