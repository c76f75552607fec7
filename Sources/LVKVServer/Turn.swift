internal import Commands
internal import NIOCore

/// What an event loop does once its sockets were read: it runs the requests that came, of all connections together, and
/// then writes all their replies.
///
/// So what they write is stored at once before any reply leaves, and nobody's requests hold up the others for long: what
/// is left after a few milliseconds comes in the next turn. Touched on its event loop only.
final class Turn: RequestSource, @unchecked Sendable {
    private let engine: Engine
    private let eventLoop: any EventLoop

    /// Connections whose requests are to be run.
    private var waiting: [Connection] = []
    private var isScheduled = false
    private var isRunning = false

    // While it runs:
    private var connections: [Connection] = []
    /// How many of them had their requests run.
    private var position = 0
    private var current: Connection?
    /// How many more requests of the current connection are run.
    private var left = 0
    private var requests = 0
    private var start: Int64 = 0
    /// The replies of all connections, one behind the other.
    private let replies = ReplyBuffer()
    private var segments: [Segment] = []
    /// Where the current connection's replies begin.
    private var segmentStart = 0
    /// Where the current request's reply begins.
    private var replyStart = 0
    /// The replies that must not leave before what was written is stored.
    private var unsettled: [Range<Int>] = []
    private var words = Arguments()

    /// The replies of a connection.
    private struct Segment {
        let connection: Connection
        var bytes: Range<Int>
        /// Whether the connection was stopped before its last request.
        let hasMore: Bool
    }

    /// How many requests of one connection are run in one turn.
    private static let mostOfOne = 1_000
    /// How many requests are run in one turn.
    private static let mostRequests = 4_096
    /// How many bytes of replies are gathered.
    private static let mostBytes = 1 << 20
    /// How long requests are run before replies are written, in nanoseconds.
    private static let longest: Int64 = 4_000_000
    /// How long the next turn waits at least when it goes on with what this one has left.
    private static let pause = TimeAmount.microseconds(20)

    init(_ engine: Engine, _ eventLoop: any EventLoop) {
        self.engine = engine
        self.eventLoop = eventLoop
    }

    /// Has a connection's requests run once the sockets were read.
    func add(_ connection: Connection) {
        waiting.append(connection)
        guard !isScheduled else { return }
        isScheduled = true
        if isRunning {
            // A task to be run at once would come before the sockets are read again.
            eventLoop.assumeIsolated().scheduleTask(in: Turn.pause) { self.run() }
        } else {
            eventLoop.assumeIsolated().execute { self.run() }
        }
    }

    private func run() {
        isScheduled = false
        isRunning = true
        defer { isRunning = false }
        swap(&connections, &waiting)
        position = 0
        requests = 0
        start = MonotonicClock.nanoseconds
        engine.run(self)
        if current != nil { endSegment(hasMore: true) }
        let later = connections[position...]
        write()
        connections.removeAll(keepingCapacity: true)
        for connection in later { add(connection) }
        for segment in segments { segment.connection.didRun(hasMore: segment.hasMore) }
        segments.removeAll(keepingCapacity: true)
    }

    private func write() {
        let bytes = replies.bytes
        for segment in segments where !segment.bytes.isEmpty {
            guard let context = segment.connection.context,
                let slice = bytes.getSlice(at: segment.bytes.lowerBound, length: segment.bytes.count)
            else { continue }
            segment.connection.write(slice, context)
        }
        unsettled.removeAll(keepingCapacity: true)
        replies.removeAll()
    }

    // MARK: - Requests

    var arguments: Arguments { words }
    var reply: any ReplyWriter { replies }
    var session: Session {
        guard let current else { preconditionFailure("there is no request") }
        return current.session
    }

    func next() -> Bool {
        while true {
            if let connection = current {
                guard hasTime else { return false }
                if left > 0, connection.nextRequest(into: &words, replies) {
                    begin(connection)
                    return true
                }
                endSegment(hasMore: left == 0)
            }
            guard hasTime, position < connections.count else { return false }
            current = connections[position]
            position += 1
            left = Turn.mostOfOne
            segmentStart = replies.byteCount
        }
    }

    /// Whether there is time for another request.
    private var hasTime: Bool {
        requests < Turn.mostRequests && replies.byteCount < Turn.mostBytes
            && (requests & 15 != 15 || MonotonicClock.nanoseconds - start < Turn.longest)
    }

    private func begin(_ connection: Connection) {
        left -= 1
        requests += 1
        // What was sent to the client before comes before this request's reply.
        if connection.owner.mayHaveMail {
            for mail in connection.owner.takeMail() { replies.append(mail.bytes) }
        }
        replies.version = connection.session.version
        replyStart = replies.byteCount
    }

    private func endSegment(hasMore: Bool) {
        guard let connection = current else { return }
        current = nil
        segments.append(Segment(connection: connection, bytes: segmentStart..<replies.byteCount, hasMore: hasMore))
    }

    func finish(_ outcome: Outcome, awaitsStore: Bool) {
        guard let connection = current else { return }
        // What the request itself had sent to its client comes before its reply, too.
        if case .done = outcome, connection.owner.mayHaveMail {
            replies.insert(connection.owner.takeMail().map(\.bytes), at: replyStart)
        }
        if awaitsStore { unsettled.append(replyStart..<replies.byteCount) }
        connection.finish(outcome, words, replies, from: segmentStart)
    }

    func settle(_ error: String?) {
        if let error { replaceUnsettled(by: error) }
        unsettled.removeAll(keepingCapacity: true)
    }

    /// Puts an error in the place of each reply that speaks of what was not stored.
    private func replaceUnsettled(by error: String) {
        guard let first = unsettled.first(where: { !$0.isEmpty }) else { return }
        let old = replies.bytes
        replies.truncate(to: first.lowerBound)
        var copied = first.lowerBound
        var length = 0
        func copy(to end: Int) {
            if let piece = old.getSlice(at: copied, length: end - copied) { replies.append(piece) }
        }
        // Who wants no replies gets no error.
        for reply in unsettled where !reply.isEmpty {
            copy(to: reply.lowerBound)
            let start = replies.byteCount
            replies.error(error)
            length = replies.byteCount - start
            copied = reply.upperBound
        }
        copy(to: old.writerIndex)
        func moved(_ offset: Int) -> Int {
            unsettled.reduce(offset) { moved, reply in
                reply.isEmpty || reply.upperBound > offset ? moved : moved + length - reply.count
            }
        }
        for index in segments.indices {
            let bytes = segments[index].bytes
            segments[index].bytes = moved(bytes.lowerBound)..<moved(bytes.upperBound)
        }
        segmentStart = moved(segmentStart)
    }
}
