package import Commands
package import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// Serves an engine to clients on sockets. Safe from any thread.
package final class Server: Sendable {
    let state: ServerState
    private let group: MultiThreadedEventLoopGroup
    private let loops: [ObjectIdentifier: LoopState]
    /// Answers requests for documents, on a thread that may take its time.
    private let documents: @Sendable ([UInt8]) -> [UInt8]
    private let lineStatistics = LineStatistics()
    private let listeners = Mutex<[any Channel]>([])

    /// A server that does not listen yet. Its threads run from now on, until ``stop(within:)``.
    ///
    /// - Parameters:
    ///   - engine: runs the commands; its settings are the server's.
    ///   - logger: is told who comes and goes, and what is wrong.
    ///   - documents: answers the text of a request for documents, as ``DocumentService/answer(_:)`` does.
    package init(_ engine: Engine, logger: Logger, documents: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.documents = documents
        func threads(_ setting: Setting) -> Int {
            let count = engine.settings.integer(setting)
            return count > 0 ? count : System.coreCount
        }
        state = ServerState(engine, threads: threads(.workers), logger: logger)
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads(.eventLoops))
        loops = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopState($0, engine)) })
    }

    /// Begins to listen.
    ///
    /// - Parameter places: where; as the settings say when not given.
    /// - Returns: where clients may connect, as `127.0.0.1:6380`.
    /// - Throws: ``ServerError`` when an address cannot be listened on or the certificates are no good; then nothing
    ///   listens.
    package func start(on places: [Listener]? = nil) async throws -> [String] {
        let settings = state.engine.settings
        let places = try places ?? Listener.all(settings)
        let encryption = places.contains(where: \.isEncrypted) ? try Encryption.context(settings) : nil
        for loop in loops.values { try await loop.eventLoop.submit { loop.start() }.get() }
        var names: [String] = []
        do {
            for place in places {
                let channel = try await listen(on: place, place.isEncrypted ? encryption : nil)
                listeners.withLock { $0.append(channel) }
                names.append(place.isUnixSocket ? place.name : channel.localAddress?.spelled ?? place.name)
            }
        } catch {
            await closeListeners()
            throw error
        }
        return names
    }

    private func listen(on place: Listener, _ encryption: NIOSSLContext?) async throws -> any Channel {
        let (state, loops, settings) = (state, loops, state.engine.settings)
        let (isUnixSocket, language) = (place.isUnixSocket, place.language)
        let (documents, lineStatistics) = (documents, lineStatistics)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: settings.integer(.backlog)))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { return }
                    if !isUnixSocket { try channel.tune(keepingAliveAfter: settings.integer(.keepalive)) }
                    let pipeline = channel.pipeline.syncOperations
                    if let encryption { try pipeline.addHandler(NIOSSLServerHandler(context: encryption)) }
                    switch language {
                    case .redis:
                        try pipeline.addHandler(
                            Connection(state, loop, channel: channel, isEncrypted: encryption != nil))
                    case .lines:
                        try pipeline.addHandler(
                            DialectConnection(state, loop, DialectOwner(channel)) { session in
                                LineDialect(
                                    LineClient(engine: state.engine, session: session, statistics: lineStatistics),
                                    longestMessage: state.limits.longestWord)
                            })
                    case .json:
                        try pipeline.addHandler(
                            DialectConnection(state, loop, DialectOwner(channel)) { session in
                                JSONDialect(session, largestRequest: state.limits.longestWord, answer: documents)
                            })
                    }
                }
            }
        return try await place.bind(bootstrap)
    }

    private func closeListeners() async {
        let channels = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for channel in channels { try? await channel.close() }
    }

    /// Ends the server: takes no new clients and runs no new requests, lets those that run finish, and closes each
    /// connection when its replies are sent.
    ///
    /// - Parameter seconds: how long that may take; then connections are cut, and what still runs is waited for.
    package func stop(within seconds: Int) async {
        state.isStopping = true
        await closeListeners()
        for loop in loops.values {
            try? await loop.eventLoop.submit {
                for connection in loop.connections.values { connection.drain() }
            }.get()
        }
        let deadline = ContinuousClock.now + .seconds(seconds)
        while state.traffic.clients > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for loop in loops.values { loop.eventLoop.execute { loop.stop() } }
        try? await group.shutdownGracefully()
        await state.endThreads()
    }
}

/// Why a server does not start: what is wrong and what to do, for whoever starts it.
package struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
