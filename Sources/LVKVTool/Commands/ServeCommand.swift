internal import ArgumentParser
internal import Commands
internal import Dispatch
internal import LVKV
internal import LVKVServer
internal import Logging
internal import Synchronization

/// `lvkv serve`.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the database to Redis clients.",
        usage: "lvkv serve --db <dir> [--config <file>] [--<setting> <value> ...]",
        discussion: """
            Any Redis client can connect, with RESP2 or RESP3. The server runs in the foreground until SIGTERM or SIGINT, \
            which lets what runs finish; a second one ends it at once.

            Each setting below is given on the command line as --name value, in the environment as LVKV_NAME (tls-port is \
            LVKV_TLS_PORT), or in the file as a line 'name value'; the former goes before the latter. Those marked * can \
            be changed while the server runs, with CONFIG SET.

            EXAMPLES
              lvkv serve --db library
              lvkv serve --db library --port 7000 --maxclients 500
              lvkv serve --db library --lines 50505 --json 3939
              LVKV_REQUIREPASS=secret lvkv serve --db library --bind 0.0.0.0
              lvkv serve --config /etc/lvkv/lvkv.conf

            SETTINGS
            \(settingsHelp)
            """)

    @OptionGroup var place: Place
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("File with settings; LVKV_CONFIG when not given.", valueName: "file"),
        completion: .file())
    var file: String?
    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Settings, as --name value.", visibility: .hidden))
    var words: [String] = []

    private static var settingsHelp: String {
        Setting.all.map { setting in
            let shown = setting.standard.isEmpty ? "" : " (\(setting.standard))"
            let name = setting.isSecret ? setting.name : "--\(setting.name)"
            return "  \(name) <\(setting.valueName)>\(setting.isLive ? " *" : "")\n"
                + "      \(setting.summary)\(shown)"
        }.joined(separator: "\n")
    }

    func run() throws {
        let settings = Settings()
        let output: LogOutput
        let configuration = file ?? SystemCall.environment("LVKV_CONFIG")
        do throws(ServerError) {
            if let file = configuration {
                try Configuration.read(file: file, into: settings)
                settings.rewriter = { try Configuration.rewrite(file: file, from: $0) }
            }
            try Configuration.read(environment: SystemCall.environment, into: settings)
            try Configuration.read(arguments: words, into: settings)
            // Before the database is opened: it may take a while.
            _ = try Listener.all(settings)
            output = try LogOutput(settings)
        } catch {
            throw Failure.usage("\(error)")
        }
        if let directory = place.directory { try? settings.assign("db", directory) }
        let path = settings.text(.database)
        guard !path.isEmpty else {
            throw Failure.usage("which database? Name its directory with --db DIR, or set LVKV_DB")
        }
        let logger = output.logger()
        limitClients(settings, logger)
        let database = try Database(at: path, options: options(settings))
        try serve(settings, database, ServeHost(database, settings, configuration: configuration), logger)
    }

    /// Lets the process open as many files as it may, and no more clients in than there are files for.
    private func limitClients(_ settings: Settings, _ logger: Logger) {
        let files = SystemCall.raiseOpenFileLimit()
        let most = max(1, files - ServeCommand.ownFiles)
        guard most < settings.integer(.maxClients) else { return }
        logger.warning(
            "maxclients lowered: the process may not open enough files; raise its limit with ulimit -n",
            metadata: ["files": "\(files)", "maxclients": "\(most)"])
        try? settings.assign(Setting.maxClients.name, "\(most)")
    }

    /// The files that the server itself needs: LevelDB's tables, its log, listeners.
    private static let ownFiles = 1_100

    private func options(_ settings: Settings) -> LevelDBOptions {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.blockCacheSize = settings.integer(.cacheSize)
        options.valueCacheSize = settings.integer(.valueCacheSize)
        options.writeBufferSize = settings.integer(.writeBuffer)
        options.disk = DiskPolicy(leastFreeBytes: Self.leastFreeBytes(settings))
        return options
    }

    /// `nil` for the usual.
    private static func leastFreeBytes(_ settings: Settings) -> Int? { Int(settings.text(.leastFree)) }

    /// Says once what becomes of the disk, and lets what waited for it go on.
    private func watch(_ database: Database, _ settings: Settings, _ engine: Engine, _ logger: Logger) {
        let store = database.store
        store.whenStorageChanges { [weak engine] storage in
            let reason: Logger.Metadata = ["reason": "\(storage.cause?.message ?? "")"]
            switch storage.condition {
            case .ok: logger.notice("writes go on")
            case .lowSpace: logger.warning("writes refused: the disk is nearly full", metadata: reason)
            case .writesRefused: logger.error("writes refused: the disk has failed", metadata: reason)
            case .unavailable: logger.critical("the database cannot be opened again", metadata: reason)
            case .closed: break
            }
            if storage.condition == .ok { engine?.storeIsBack() }
        }
        settings.observe { [weak store] setting in
            if setting.name == Setting.leastFree.name { store?.setLeastFreeBytes(Self.leastFreeBytes(settings)) }
        }
    }

    private func serve(
        _ settings: Settings, _ database: Database, _ host: ServeHost, _ logger: Logger
    ) throws {
        let durability: Durability = settings.text(.durability) == "always" ? .synced : .buffered
        let engine = Engine(database.keyspace, database.structures, settings: settings, durability: durability)
        engine.host = host
        if !settings.text(.userFile).isEmpty {
            do { try engine.access.load(try host.loadUsers()) } catch let error as CommandError {
                throw Failure.usage(error.message)
            }
        }
        watch(database, settings, engine, logger)
        database.startReclaiming()
        logger.notice("serving", metadata: ["db": "\(database.path)", "version": "\(lvkvVersion)"])
        let documents = DocumentService(keyspace: database.keyspace, durability: durability)
        let server = Server(engine, logger: logger) { documents.answer($0) }
        let failure = Mutex<(any Error)?>(nil)
        let end = DispatchSemaphore(value: 0)
        Task {
            do {
                try await server.run(
                    sync: { try database.store.sync() },
                    // What was written survives the end of the process.
                    hurry: { SystemCall.end(ExitStatus.done.rawValue) })
            } catch {
                failure.withLock { $0 = error }
            }
            end.signal()
        }
        end.wait()
        // The engine knows it weakly.
        withExtendedLifetime(host) {}
        if let error = failure.withLock({ $0 }) { throw Failure(.unavailable, "\(error)") }
        try database.store.sync()
        try database.close()
        logger.notice("stopped")
    }
}
