internal import Commands
internal import Logging
internal import NIOCore
internal import NIOTLS
internal import RESP

/// One client's connection: gathers what arrives, and has each whole request run in the loop's ``Turn``, which writes the
/// replies of all requests that came together at once.
///
/// Requests run one after another. While one waits, or runs on another thread, the next ones stay in the buffer, and
/// when that has grown the socket is not read. The same holds while the client does not read its replies.
final class Connection: ChannelDuplexHandler, ServedConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection is doing.
    enum Phase {
        /// Running requests as they come.
        case ready
        /// The last request waits for a key.
        case waiting
        /// The last request runs on another thread.
        case working
        /// The last request's reply is held back.
        case delayed
        /// No request is run any more; what was written is on its way.
        case closing
        /// The connection is gone.
        case closed
    }

    let server: ServerState
    let loop: LoopState
    let session: Session
    let owner: ConnectionOwner
    var context: ChannelHandlerContext?

    var phase = Phase.ready
    var input = ByteBuffer()
    var decoder = RequestDecoder()
    /// Whether more output waits for the client than it should.
    var isCongested = false
    /// How many bytes were written so far.
    var written = 0
    /// The messages that wait for the client while it is congested, each with the count of bytes written at its end.
    var unread = CircularBuffer<(end: Int, message: UnreadMessages.Message)>()
    /// Whether requests that are here are run in the loop's next turn.
    var isScheduled = false
    /// Whether the reply that the request under way will wait for has been sent already.
    var waitHasEnded = false
    /// Whether the client has ended its side of the connection.
    var inputHasEnded = false
    /// A request that the engine wants to be asked again.
    var postponed: Arguments?
    /// Ends a wait, a delay, or the closing.
    var timer: Scheduled<Void>?
    /// Whether the channel asked to be read while it should not be.
    private var holdsRead = false
    private var isHandshaking: Bool

    // In ticks of the loop:
    private let start: Int
    /// When something came last.
    var lastInput: Int
    /// Since when the output is beyond its soft limit.
    var tooMuchSince: Int?
    var closingSince = 0

    init(_ server: ServerState, _ loop: LoopState, channel: any Channel, isEncrypted: Bool) {
        self.server = server
        self.loop = loop
        isHandshaking = isEncrypted
        owner = ConnectionOwner(channel, server.unread)
        session = server.engine.makeSession(owner: owner)
        start = loop.tick
        lastInput = loop.tick
    }
}

// MARK: - Coming and going

extension Connection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        owner.connection.value = self
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard loop.connections.updateValue(self, forKey: ObjectIdentifier(self)) == nil else { return }
        session.address = context.remoteAddress?.spelled ?? ""
        session.localAddress = context.localAddress?.spelled ?? ""
        guard server.traffic.enter(most: server.limits.clients) else {
            log(.warning, "client refused: maxclients are connected")
            return refuse("ERR max number of clients reached", context)
        }
        log(.debug, "client connected")
        if server.isStopping { startClosing() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        guard phase != .closed else { return }
        let isWorking = phase == .working
        phase = .closed
        timer?.cancel()
        input = ByteBuffer()
        forgetUnread()
        owner.connection.value = nil
        context = nil
        if loop.connections.removeValue(forKey: ObjectIdentifier(self)) != nil { server.traffic.leave() }
        log(.debug, "client gone")
        // What still runs for it ends first.
        if !isWorking { server.forget(session) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log(.debug, "connection failed", "\(error)")
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            inputHasEnded = true
            if phase == .closing || phase == .waiting { context.close(promise: nil) } else { run() }
        case TLSUserEvent.handshakeCompleted: isHandshaking = false
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func log(_ level: Logger.Level, _ message: Logger.Message, _ reason: @autoclosure () -> String? = nil) {
        guard server.logger.logLevel <= level else { return }
        var facts: Logger.Metadata = ["id": "\(session.id)", "client": "\(session.address)"]
        if let reason = reason() { facts["reason"] = "\(reason)" }
        server.logger.log(level: level, message, metadata: facts)
    }

    /// Closes the connection when one of its times is up. Called each tick.
    func check() {
        let tick = loop.tick
        let limits = server.limits
        switch phase {
        case .closed: return
        case .closing:
            if tick - closingSince > Connection.mostClosing { context?.close(promise: nil) }
            return
        default: break
        }
        if let since = tooMuchSince, tick - since >= limits.output(session.outputClass).seconds {
            log(.warning, "client closed: it leaves more unread than client-output-buffer-limit allows")
            context?.close(promise: nil)
        } else if isHandshaking || session.mustLogIn, limits.handshake > 0, tick - start > limits.handshake {
            log(.notice, "client closed: it has not logged in within handshake-timeout")
            context?.close(promise: nil)
        } else if phase == .ready, session.outputClass == .normal, limits.idle > 0, tick - lastInput > limits.idle {
            log(.info, "client closed: it was idle for timeout")
            context?.close(promise: nil)
        }
    }

    /// How many ticks a client may take to read what is left for it.
    private static let mostClosing = 10
}

// MARK: - Reading

extension Connection {
    func read(context: ChannelHandlerContext) {
        if isPaused { holdsRead = true } else { context.read() }
    }

    /// Whether nothing should be read now.
    private var isPaused: Bool {
        switch phase {
        case .ready: isCongested || isScheduled && input.readableBytes >= Connection.mostAhead
        case .closing, .closed: false
        case .waiting, .working, .delayed: input.readableBytes >= Connection.mostAhead
        }
    }

    /// How much is read ahead of requests that are not finished.
    private static let mostAhead = 1 << 16

    func resumeReading() {
        guard holdsRead, !isPaused else { return }
        holdsRead = false
        context?.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What comes while the connection closes is only taken off the socket, so that the last reply arrives.
        guard phase != .closing, phase != .closed else { return }
        var piece = unwrapInboundIn(data)
        server.traffic.noteInput(piece.readableBytes)
        lastInput = loop.tick
        if input.readableBytes == 0 { input = piece } else { input.writeBuffer(&piece) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        run()
        context.fireChannelReadComplete()
    }
}
