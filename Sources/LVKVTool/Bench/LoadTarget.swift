internal import Commands
internal import LVKV
internal import LVKVServer
internal import RESP

/// Where a load goes.
enum LoadTarget {
    case server(ServerAddress, [LoadConnection])
    case engine(Database, Engine)

    /// Connects so many clients.
    ///
    /// - Throws: ``Failure`` with status `unavailable` when there is no server, or it does not take that many.
    init(_ address: ServerAddress, connections: Int) throws {
        let files = SystemCall.raiseOpenFileLimit()
        guard connections <= files - 64 else {
            throw Failure.usage(
                "--connections \(connections) are more than this process may open; the system allows \(files) files, "
                    + "see ulimit -n")
        }
        self = .server(
            address,
            try (0..<connections).map { _ in
                let link = try ServerConnection(address, version: 2)
                link.stopWaiting()
                return LoadConnection(link)
            })
    }

    init(_ database: Database) {
        database.startReclaiming()
        self = .engine(database, Engine(database.keyspace, database.structures))
    }

    /// What reports call it.
    var name: String {
        switch self {
        case .server(let address, _): address.description
        case .engine(let database, _): database.path
        }
    }

    /// Whether it reads keys in order, as no Redis does.
    func hasRanges() throws -> Bool {
        guard case .server(let address, _) = self else { return true }
        let reply = try ServerConnection(address, version: 2).run(["LV.COUNT", "", ""].map { Array($0.utf8) })
        if case .error(let text) = reply { return !text.starts(with: "ERR unknown command".utf8) }
        return true
    }

    /// Runs one thread of a phase to its end.
    func run(_ phase: LoadPhase, thread: Int, _ shared: LoadState) throws {
        switch self {
        case .server(_, let connections):
            let mine = connections.indices.filter { $0 % phase.settings.threads == thread }.map { connections[$0] }
            var load = SocketLoad(phase, thread: thread, connections: mine, shared: shared)
            try load.run()
        case .engine(_, let engine):
            var load = EngineLoad(phase, thread: thread, engine: engine, shared: shared)
            try load.run()
        }
    }
}
