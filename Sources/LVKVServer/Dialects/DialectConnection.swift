internal import Commands
internal import Logging
internal import NIOCore

/// One client that speaks a dialect: gathers what arrives and answers each request before it looks at the next.
///
/// While a request runs on another thread, or the client does not read its answers, the socket is not read.
final class DialectConnection: ChannelDuplexHandler, ServedConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case ready
        /// A request runs on another thread.
        case working
        case closing
        case closed
    }

    private let server: ServerState
    private let loop: LoopState
    private let session: Session
    /// The session knows it weakly.
    private let owner: DialectOwner
    private var dialect: any Dialect
    private var context: ChannelHandlerContext?
    private var phase = Phase.ready
    private var inputHasEnded = false
    private var holdsRead = false
    private var lastInput: Int
    private var ending: Scheduled<Void>?

    init(
        _ server: ServerState, _ loop: LoopState, _ owner: DialectOwner, _ makeDialect: (Session) -> any Dialect
    ) {
        self.server = server
        self.loop = loop
        self.owner = owner
        session = server.engine.makeSession(owner: owner)
        dialect = makeDialect(session)
        lastInput = loop.tick
    }

    // MARK: Coming and going

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
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
        if !server.traffic.enter(most: server.limits.clients) || server.isStopping { context.close(promise: nil) }
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
        ending?.cancel()
        context = nil
        if loop.connections.removeValue(forKey: ObjectIdentifier(self)) != nil { server.traffic.leave() }
        // What still runs for it ends first.
        if !isWorking { server.forget(session) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            inputHasEnded = true
            run()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func check() {
        let limit = server.limits.idle
        if phase != .working, limit > 0, loop.tick - lastInput > limit { context?.close(promise: nil) }
    }

    func drain() {
        if phase != .working { startClosing() }
    }

    /// Closes the connection when what was written has left.
    private func startClosing() {
        guard phase != .closed, phase != .closing, let context else { return }
        phase = .closing
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in self.context?.close(promise: nil) }
    }

    // MARK: Requests

    func read(context: ChannelHandlerContext) {
        if isPaused { holdsRead = true } else { context.read() }
    }

    private var isPaused: Bool { phase == .working || context?.channel.isWritable == false }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        run()
        context.fireChannelWritabilityChanged()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .closing, phase != .closed else { return }
        let piece = unwrapInboundIn(data)
        server.traffic.noteInput(piece.readableBytes)
        lastInput = loop.tick
        ending?.cancel()
        ending = nil
        dialect.append(piece.readableBytesView)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        run()
        context.fireChannelReadComplete()
    }

    /// Answers the requests that are whole.
    private func run() {
        while phase == .ready, let context, context.channel.isWritable {
            guard let step = dialect.next(isAtEnd: inputHasEnded) else {
                if inputHasEnded { startClosing() } else if dialect.closesSoon { closeSoon(context) }
                break
            }
            switch step {
            case .send(let bytes): send(bytes, context)
            case .answer(let find):
                if let bytes = find(false) { send(bytes, context) } else { work(find, context) }
            }
        }
        guard holdsRead, !isPaused, phase != .closed else { return }
        holdsRead = false
        context?.read()
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        server.traffic.noteOutput(bytes.count)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// Finds an answer on a thread that may take its time.
    private func work(
        _ find: @escaping @Sendable (_ mayTakeTime: Bool) -> [UInt8]?, _ context: ChannelHandlerContext
    ) {
        phase = .working
        let (server, session, channel) = (server, session, context.channel)
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        server.onWorker {
            let bytes = find(true) ?? []
            channel.eventLoop.execute { connection.value.didWork(bytes, server, session) }
        }
    }

    private func didWork(_ bytes: [UInt8], _ server: ServerState, _ session: Session) {
        guard phase == .working, let context else { return server.forget(session) }
        phase = .ready
        lastInput = loop.tick
        send(bytes, context)
        if server.isStopping { startClosing() } else { run() }
    }

    /// Closes the connection unless something comes: the client waits for that.
    private func closeSoon(_ context: ChannelHandlerContext) {
        guard ending == nil else { return }
        ending = context.eventLoop.assumeIsolated().scheduleTask(in: DialectConnection.pause) { self.startClosing() }
    }

    /// How long a line end may come after a message that was whole without it.
    private static let pause = TimeAmount.milliseconds(200)
}

/// What the engine knows of a client that speaks a dialect: no command of a dialect waits or subscribes, so there is
/// nothing to bring.
final class DialectOwner: SessionOwner {
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    func makeReply(version: Int) -> any ReplyWriter { ReplyCollector() }
    func send(_ reply: any ReplyWriter, endsWait: Bool) {}
    func resume() {}
    func close() { channel.close(promise: nil) }
}
