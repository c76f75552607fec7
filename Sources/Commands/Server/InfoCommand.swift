internal import OrderedStore
internal import Structures
internal import Synchronization

/// `INFO`: what there is to know of a running server.
enum InfoCommand {
    static let all: [Command] = [
        Command(
            "info", -1, [.loading, .stale], .none, [.dangerous],
            "Get information and statistics about the server", syntax: "[section [section ...]]",
            .control { arguments, call in
                let sections = sections(arguments)
                let counts = sections.contains(.keyspace) ? try call.engine.keyCounts(call) : []
                let text = sections.map { section in
                    let lines = call.engine.information(section, counts)
                    return "# \(section.title)\r\n" + lines.map { "\($0.name):\($0.value)\r\n" }.joined()
                }
                call.reply.verbatim(text.joined(separator: "\r\n").utf8.span, format: "txt")
                return .done
            })
    ]

    /// The sections that the words ask for, in their usual order.
    private static func sections(_ arguments: Arguments) -> [InfoSection] {
        var asked: Set<InfoSection> = []
        let usual = InfoSection.allCases.filter { $0 != .commandstats && $0 != .latencystats }
        if arguments.count == 1 { return usual }
        for index in 1..<arguments.count {
            switch arguments.text(index).lowercased() {
            case "default": asked.formUnion(usual)
            case "all", "everything": asked.formUnion(InfoSection.allCases)
            case let name: if let section = InfoSection(rawValue: name) { asked.insert(section) }
            }
        }
        return InfoSection.allCases.filter(asked.contains)
    }
}

extension InfoSection {
    fileprivate var title: String {
        switch self {
        case .cpu: "CPU"
        case .errorstats: "Errorstats"
        default: rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        }
    }
}

extension Engine {
    /// The lines of a section.
    fileprivate func information(_ section: InfoSection, _ counts: [KeyCounts]) -> [(name: String, value: String)] {
        var lines = host?.information(section) ?? []
        for line in own(section, counts) where !lines.contains(where: { $0.name == line.name }) { lines.append(line) }
        return lines
    }

    private func own(_ section: InfoSection, _ counts: [KeyCounts]) -> [(name: String, value: String)] {
        switch section {
        case .server:
            let uptime = max(0, now - start) / 1_000
            return [
                ("redis_version", ConnectionCommands.redisVersion), ("lvkv_version", lvkvVersion),
                ("redis_mode", "standalone"), ("arch_bits", "64"), ("multiplexing_api", "nio"),
                ("tcp_port", settings.text(.port)), ("server_time_usec", "\(now * 1_000)"),
                ("uptime_in_seconds", "\(uptime)"), ("uptime_in_days", "\(uptime / 86_400)"), ("hz", "10"),
            ]
        case .clients:
            return [
                ("connected_clients", "\(sessions.count)"), ("maxclients", settings.text(.maxClients)),
                ("blocked_clients", "\(locked { waiting.count })"),
                ("tracking_clients", "0"),
            ]
        case .memory: return [("maxmemory", "0"), ("maxmemory_policy", "noeviction")]
        case .persistence:
            let backup = backups.state
            return [
                ("loading", "0"), ("storage_state", "ok"), ("rdb_changes_since_last_save", "0"),
                ("rdb_bgsave_in_progress", backup.isRunning ? "1" : "0"),
                ("rdb_last_save_time", "\(backup.lastTime)"),
                ("rdb_last_bgsave_status", backup.lastFailed ? "err" : "ok"), ("aof_enabled", "1"),
                ("appendfsync", settings.text(.durability)),
            ]
        case .stats:
            return [
                ("total_connections_received", "\(traffic.connections)"),
                ("total_commands_processed", "\(statistics.commands.load(ordering: .relaxed))"),
                ("total_net_input_bytes", "\(traffic.input)"), ("total_net_output_bytes", "\(traffic.output)"),
                ("rejected_connections", "\(traffic.refusals)"),
                ("expired_keys", "\(statistics.expired.load(ordering: .relaxed))"), ("evicted_keys", "0"),
                ("pubsub_channels", "\(pubsub.channels(.channel).count)"), ("pubsub_patterns", "\(pubsub.patterns)"),
                ("pubsubshard_channels", "\(pubsub.channels(.shardChannel).count)"),
                ("total_error_replies", "\(statistics.errorCounts.reduce(0) { $0 + $1.count })"),
            ]
        case .replication: return [("role", "master"), ("connected_slaves", "0")]
        case .cpu, .modules, .latencystats: return []
        case .cluster: return [("cluster_enabled", "0")]
        case .errorstats: return statistics.errorCounts.map { ("errorstat_\($0.code)", "count=\($0.count)") }
        case .commandstats:
            return commandStatistics.sorted { $0.key < $1.key }.map { name, count in
                let hundredths = count.calls == 0 ? 0 : count.microseconds * 100 / count.calls
                let fraction = hundredths % 100
                let mean = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
                return (
                    "cmdstat_\(name)",
                    "calls=\(count.calls),usec=\(count.microseconds),usec_per_call=\(mean),"
                        + "rejected_calls=\(count.rejected),failed_calls=\(count.failed)"
                )
            }
        case .keyspace:
            return counts.filter { $0.keys > 0 }.map {
                ("db\($0.database)", "keys=\($0.keys),expires=\($0.expiring),avg_ttl=\($0.meanTime)")
            }
        }
    }
}

/// How many keys a database has.
struct KeyCounts: Sendable {
    let database: Int
    var keys = 0
    var expiring = 0
    /// How long those that expire have left, on average, in milliseconds.
    var meanTime: Int64 = 0
}

/// What was counted last: counting reads every key.
final class KeyCountCache: Sendable {
    private struct State {
        var counts: [KeyCounts] = []
        /// In nanoseconds of ``MonotonicClock``.
        var time: Int64?
        var cost: Int64 = 0
    }

    private let state = Mutex(State())

    /// The counts, unless they are older than fifty times the time that they took.
    var fresh: [KeyCounts]? {
        state.withLock { state in
            guard let time = state.time, MonotonicClock.nanoseconds - time < state.cost * 50 else { return nil }
            return state.counts
        }
    }

    func keep(_ counts: [KeyCounts], cost: Int64) {
        state.withLock { $0 = State(counts: counts, time: MonotonicClock.nanoseconds, cost: cost) }
    }
}

extension Engine {
    private static let mostOnLoop = 1_000

    fileprivate func keyCounts(_ call: ControlCall) throws -> [KeyCounts] {
        if let keys = call.exec { return try keyCounts(keys, call) }
        if let counts = countCache.fresh { return counts }
        let begin = MonotonicClock.nanoseconds
        let counts = try StructureKeys.read(store, structures) { keys in try keyCounts(keys, call) }
        countCache.keep(counts, cost: MonotonicClock.nanoseconds - begin)
        return counts
    }

    private func keyCounts(_ keys: StructureKeys, _ call: ControlCall) throws -> [KeyCounts] {
        let database = keys.database
        defer { keys.database = database }
        var seen = 0
        return try (0..<StructureCode.databases).map { database in
            keys.database = database
            var counts = KeyCounts(database: database)
            var times: Int64 = 0
            try keys.walk(.all, WalkOptions(fillCache: false)) { key in
                counts.keys += 1
                if let expiry = key.state.expiry {
                    counts.expiring += 1
                    times = times.addingReportingOverflow(expiry - keys.now).partialValue
                }
                seen += 1
                if seen == Engine.mostOnLoop { try call.leaveWork() }
                return true
            }
            if counts.expiring > 0 { counts.meanTime = max(0, times / Int64(counts.expiring)) }
            return counts
        }
    }
}
