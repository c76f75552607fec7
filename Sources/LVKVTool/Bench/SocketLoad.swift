#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import Synchronization

/// A client of a load: its socket, and what it waits for.
final class LoadConnection {
    /// An operation that was sent and not answered.
    struct Flight {
        /// When it was sent; in an open loop, when it was due.
        let since: UInt64
        let operation: Int
        /// The replies it still waits for.
        var replies: Int
        var isError = false
    }

    let link: ServerConnection
    var output: [UInt8] = []
    /// How much of ``output`` has left.
    var sent = 0
    var scanner = ReplyScanner()
    private var flights: [Flight] = []
    private var first = 0

    init(_ link: ServerConnection) { self.link = link }

    var flying: Int { flights.count - first }

    func add(_ flight: Flight) { flights.append(flight) }

    /// Hands the rest of ``output`` to the system.
    ///
    /// - Returns: how much it took; negative with a reason in `errno`.
    func write() -> Int {
        let (sent, descriptor) = (sent, link.descriptor)
        return unsafe output.withUnsafeBytes { bytes in
            unsafe systemWrite(descriptor, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent)
        }
    }

    /// Takes a reply.
    ///
    /// - Returns: the operation that it ends; `nil` when it lacks more.
    @inline(__always)
    func take(isError: Bool) -> Flight? {
        flights[first].replies -= 1
        if isError { flights[first].isError = true }
        guard flights[first].replies == 0 else { return nil }
        let flight = flights[first]
        first += 1
        if first == flights.count || first > 1_024 {
            flights.removeFirst(first)
            first = 0
        }
        return flight
    }
}

/// One thread of a load on a server: its clients, none of which waits for another.
struct SocketLoad {
    private let phase: LoadPhase
    private let connections: [LoadConnection]
    private let requests: [[RequestShape]]
    private let shared: LoadState
    private var maker: CommandMaker
    private var recorder: Recorder
    private var pace: Pace?
    private var polls: [pollfd]
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    /// How many operations may still be sent.
    private var left: Int
    private var flying = 0
    /// The connection whose turn it is in an open loop.
    private var turn = 0
    private var isSending = true

    private var lastReply = SystemCall.nanoseconds()

    /// How long a reply is waited for.
    private static let patience: UInt64 = 30_000_000_000

    init(_ phase: LoadPhase, thread: Int, connections: [LoadConnection], shared: LoadState) {
        self.phase = phase
        self.connections = connections
        self.shared = shared
        requests = phase.workload.operations.map { operation in
            operation.template.commands.map {
                RequestShape(
                    $0, keySize: phase.space.prefix.count + phase.space.width, valueSize: phase.settings.valueSize)
            }
        }
        maker = phase.maker(of: thread)
        recorder = Recorder(phase.timeline, thread: thread)
        pace = phase.pace(of: thread)
        polls = connections.map { pollfd(fd: $0.link.descriptor, events: Int16(POLLIN), revents: 0) }
        left = phase.share(of: thread)
    }

    /// Sends and receives until the phase is over.
    ///
    /// - Throws: ``Failure`` when a connection is lost.
    mutating func run() throws {
        if pace == nil {
            let now = SystemCall.nanoseconds()
            for index in connections.indices { try refill(index, now) }
        }
        var now = SystemCall.nanoseconds()
        while !shared.isStopped {
            if isSending && (left == 0 || now >= phase.end) { isSending = false }
            if pace != nil && isSending { try sendDue(now) }
            if !isSending && flying == 0 { break }
            guard flying == 0 || now < lastReply + SocketLoad.patience else {
                throw Failure(
                    .unavailable,
                    "\(connections[0].link.address.description) has not answered \(flying) operations for "
                        + "\(SocketLoad.patience / 1_000_000_000) s")
            }
            let ready = poll(for: patience(now))
            now = SystemCall.nanoseconds()
            recorder.advance(to: now)
            if ready > 0 { try serve(now) }
        }
        noteUnsent()
        recorder.finish(now: SystemCall.nanoseconds())
    }

    // MARK: - Sending

    /// Sends a closed loop's next operations on a connection that waits for nothing.
    private mutating func refill(_ index: Int, _ now: UInt64) throws {
        guard isSending, left > 0 else { return }
        for _ in 0..<min(left, phase.settings.pipeline) { append(connections[index], since: now) }
        try flush(index)
    }

    /// Sends what is due, each on the next connection that may have more under way.
    private mutating func sendDue(_ now: UInt64) throws {
        let most = phase.settings.pipeline
        var tried = 0
        while left > 0, tried < connections.count {
            let connection = connections[turn]
            guard connection.flying < most else {
                tried += 1
                turn = turn + 1 == connections.count ? 0 : turn + 1
                continue
            }
            guard let due = pace?.take(at: now) else { return }
            tried = 0
            append(connection, since: due)
            try flush(turn)
            turn = turn + 1 == connections.count ? 0 : turn + 1
        }
    }

    private mutating func append(_ connection: LoadConnection, since: UInt64) {
        let operation = maker.choose(phase.workload)
        for request in requests[operation] { maker.append(request, to: &connection.output) }
        connection.add(
            LoadConnection.Flight(since: since, operation: operation, replies: requests[operation].count))
        // Silence counts only while something is under way.
        if flying == 0 { lastReply = max(lastReply, since) }
        flying += 1
        left -= 1
    }

    private mutating func flush(_ index: Int) throws {
        let connection = connections[index]
        while connection.sent < connection.output.count {
            let count = connection.write()
            if count >= 0 {
                connection.sent += count
            } else if errno == EAGAIN {
                polls[index].events = Int16(POLLIN | POLLOUT)
                return
            } else if errno != EINTR {
                throw connection.link.lost(errno)
            }
        }
        connection.output.removeAll(keepingCapacity: true)
        connection.sent = 0
        polls[index].events = Int16(POLLIN)
    }

    /// Counts what was due before the end and never sent, by how long it has waited by then.
    private mutating func noteUnsent() {
        guard phase.end != .max, !shared.isStopped else { return }
        while let due = pace?.take(at: phase.end - 1) {
            recorder.noteUnsent(maker.choose(phase.workload), since: due, now: phase.end)
        }
    }

    // MARK: - Receiving

    /// How many milliseconds to wait for replies. For what is due sooner than the system can wake us, not at all.
    private func patience(_ now: UInt64) -> Int32 {
        guard isSending else { return 100 }
        let next = min(pace?.next ?? .max, phase.end)
        guard next > now else {
            // Something is due that no connection has room for.
            return flying > 0 ? 1 : 0
        }
        return Int32(min(100, (next - now) / 1_000_000))
    }

    private mutating func poll(for milliseconds: Int32) -> Int32 {
        #if canImport(Glibc)
            unsafe Glibc.poll(&polls, nfds_t(polls.count), milliseconds)
        #elseif canImport(Musl)
            unsafe Musl.poll(&polls, nfds_t(polls.count), milliseconds)
        #else
            unsafe Darwin.poll(&polls, nfds_t(polls.count), milliseconds)
        #endif
    }

    private mutating func serve(_ now: UInt64) throws {
        for index in polls.indices {
            let events = polls[index].revents
            guard events != 0 else { continue }
            if events & Int16(POLLOUT) != 0 { try flush(index) }
            if events & ~Int16(POLLOUT) != 0 { try receive(index) }
        }
    }

    private mutating func receive(_ index: Int) throws {
        let connection = connections[index]
        let descriptor = connection.link.descriptor
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe systemRead(descriptor, $0.baseAddress, $0.count)
        }
        guard count > 0 else {
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
            throw connection.link.lost(count == 0 ? nil : errno)
        }
        let now = SystemCall.nanoseconds()
        lastReply = now
        var place = 0
        do throws(ReplyScanner.Malformed) {
            while let reply = try connection.scanner.next(in: buffer.span.extracting(0..<count), from: &place) {
                guard connection.flying > 0 else { break }
                if reply == .error { shared.note(error: connection.scanner.errorText) }
                guard let flight = connection.take(isError: reply == .error) else { continue }
                flying -= 1
                recorder.note(flight.operation, since: flight.since, now: now, isError: flight.isError)
            }
        } catch {
            throw Failure(
                .unavailable,
                "what \(connection.link.address.description) sends is not Redis's protocol: "
                    + "a reply begins with byte \(error.byte)")
        }
        if connection.flying == 0 && pace == nil {
            if now >= phase.end { isSending = false }
            try refill(index, now)
        }
    }
}

/// What the threads of a load tell each other.
final class LoadState: Sendable {
    private let stopped = Atomic(false)
    private let hasError = Atomic(false)
    private let error = Mutex<[UInt8]>([])

    /// Whether one of them failed.
    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    func stop() { stopped.store(true, ordering: .relaxed) }

    /// Keeps the words of the first error.
    func note(error text: [UInt8]) {
        guard hasError.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        error.withLock { $0 = text }
    }

    /// The words of the first error that a command was answered with; empty when there was none.
    var firstError: [UInt8] { error.withLock { $0 } }
}
