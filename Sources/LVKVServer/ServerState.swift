internal import Commands
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// What all connections of a server share. Safe from any thread.
final class ServerState: Sendable {
    let engine: Engine
    let limits: LiveLimits
    let logins = LoginGuard()
    let unread = UnreadMessages()
    let logger: Logger
    /// Threads for what may take long.
    private let workers: NIOThreadPool
    /// One for what may have to wait a moment, so that it does not wait for what takes long.
    private let helper = NIOThreadPool(numberOfThreads: 1)
    private let stopping = Atomic(false)

    var traffic: Traffic { engine.traffic }

    /// - Parameter threads: how many threads there are for what may take long.
    init(_ engine: Engine, threads: Int, logger: Logger) {
        self.engine = engine
        self.logger = logger
        workers = NIOThreadPool(numberOfThreads: threads)
        limits = LiveLimits(engine.settings)
        workers.start()
        helper.start()
    }

    /// Ends the threads, once what they run has ended.
    func endThreads() async {
        try? await workers.shutdownGracefully()
        try? await helper.shutdownGracefully()
    }

    /// Whether no new request is to be run.
    var isStopping: Bool {
        get { stopping.load(ordering: .relaxed) }
        set { stopping.store(newValue, ordering: .relaxed) }
    }

    /// Lets the engine forget a client.
    func forget(_ session: Session) {
        onHelper { [engine] in engine.end(session) }
    }

    /// Runs `body` on a thread that may take its time.
    func onWorker(_ body: @escaping @Sendable () -> Void) { workers.submit { _ in body() } }

    /// Runs `body`, which may have to wait for who writes, on a thread that may wait for it.
    func onHelper(_ body: @escaping @Sendable () -> Void) { helper.submit { _ in body() } }
}

/// The limits that may change while the server runs, as numbers that are read for each request.
final class LiveLimits: Sendable {
    private let word = Atomic(0)
    private let query = Atomic(0)
    private let most = Atomic(0)
    private let idleSeconds = Atomic(0)
    private let handshakeSeconds = Atomic(0)
    private let unreadBytes = Atomic(0)
    private let outputs = Mutex(OutputLimits.standard)

    init(_ settings: Settings) {
        take(settings)
        settings.observe { [weak self] _ in self?.take(settings) }
    }

    private func take(_ settings: Settings) {
        word.store(settings.integer(.longestWord), ordering: .relaxed)
        query.store(settings.integer(.queryLimit), ordering: .relaxed)
        most.store(settings.integer(.maxClients), ordering: .relaxed)
        idleSeconds.store(settings.integer(.idleTimeout), ordering: .relaxed)
        handshakeSeconds.store(settings.integer(.handshakeTimeout), ordering: .relaxed)
        unreadBytes.store(settings.integer(.unreadLimit), ordering: .relaxed)
        // The table has checked the text.
        if let limits = try? OutputLimits(settings.text(.outputLimits)) { outputs.withLock { $0 = limits } }
    }

    /// The longest word of a request, in bytes.
    var longestWord: Int { word.load(ordering: .relaxed) }
    /// The longest request, in bytes.
    var longestQuery: Int { query.load(ordering: .relaxed) }
    /// How many clients may be connected.
    var clients: Int { most.load(ordering: .relaxed) }
    /// After how many seconds in silence a client is closed; 0 for never.
    var idle: Int { idleSeconds.load(ordering: .relaxed) }
    /// Within how many seconds a client must have logged in; 0 for any.
    var handshake: Int { handshakeSeconds.load(ordering: .relaxed) }

    /// How much subscribed and monitoring clients may leave unread altogether; 0 for any.
    var unread: Int { unreadBytes.load(ordering: .relaxed) }

    /// How much a client of a class may leave unread.
    func output(_ kind: OutputLimits.Class) -> OutputLimits.Limit { outputs.withLock { $0[kind] } }
}
