internal import Commands
internal import Dispatch
internal import FoundationEssentials
internal import LVKV
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What the process of `lvkv serve` knows and can do, for the commands about the server.
final class ServeHost: ServerHost {
    private let database: Database
    private let settings: Settings
    private let configuration: String?

    /// - Parameter configuration: the path of the file with settings, if there is one.
    init(_ database: Database, _ settings: Settings, configuration: String?) {
        self.database = database
        self.settings = settings
        self.configuration = configuration
    }

    func inBackground(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global(qos: .utility).async(execute: body)
    }

    func compact(_ range: KeyRange?) throws { try database.store.compact(range ?? .all) }

    // MARK: - Information

    func information(_ section: InfoSection) -> [(name: String, value: String)] {
        switch section {
        case .server:
            return [
                ("process_id", "\(getpid())"), ("executable", CommandLine.arguments.first ?? ""),
                ("config_file", configuration ?? ""), ("lvkv_leveldb_version", LevelDBStore.libraryVersion),
                ("lvkv_directory", database.path),
            ]
        case .memory:
            let usage = SystemCall.usage()
            let used = SystemCall.residentBytes() ?? usage.peak
            let values = database.store.valueCacheStatistics
            return [
                ("used_memory", "\(used)"), ("used_memory_human", Quantity.bytes(used)),
                ("used_memory_rss", "\(used)"), ("used_memory_peak", "\(usage.peak)"),
                ("used_memory_peak_human", Quantity.bytes(usage.peak)),
                ("lvkv_leveldb_memory", "\((try? database.store.statistics().memoryUsage) ?? 0)"),
                ("lvkv_value_cache_limit", "\(database.store.options.valueCacheSize)"),
                ("lvkv_value_cache_bytes", "\(values.bytes)"), ("lvkv_value_cache_keys", "\(values.keys)"),
            ]
        case .stats:
            let values = database.store.valueCacheStatistics
            return [("lvkv_value_cache_hits", "\(values.hits)"), ("lvkv_value_cache_misses", "\(values.misses)")]
        case .persistence:
            return database.store.storage.lines.map { ("storage_\($0.name)", $0.value) }
                + [("lvkv_files_bytes", "\((try? DatabaseFiles(at: database.path).bytes) ?? 0)")]
        case .cpu:
            let usage = SystemCall.usage()
            return [
                ("used_cpu_sys", ServeHost.seconds(usage.system)), ("used_cpu_user", ServeHost.seconds(usage.user)),
            ]
        default: return []
        }
    }

    /// Microseconds as seconds with six places.
    private static func seconds(_ microseconds: Int) -> String {
        let fraction = "\(microseconds % 1_000_000)"
        return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }

    func storeStatistics() throws -> [(name: String, value: String)] {
        var lines = database.store.storage.lines.map { ("storage.\($0.name)", $0.value) }
        // Of a database that cannot be opened again LevelDB says nothing.
        guard let statistics = try? database.store.statistics() else { return lines.map { (name: $0.0, value: $0.1) } }
        lines += [("files", "\(statistics.files)"), ("memory", "\(statistics.memoryUsage)")]
        for level in statistics.levels {
            lines += [
                ("level\(level.level).files", "\(level.files)"), ("level\(level.level).mib", "\(level.sizeMiB)"),
                ("level\(level.level).compaction_seconds", "\(level.compactionSeconds)"),
                ("level\(level.level).read_mib", "\(level.readMiB)"),
                ("level\(level.level).written_mib", "\(level.writtenMiB)"),
            ]
        }
        return lines.map { (name: $0.0, value: $0.1) }
    }

    // MARK: - Backups

    /// Where backups are.
    private var backupDirectory: String {
        let directory = settings.text(.backupDirectory)
        return directory.isEmpty ? database.path + ".backups" : directory
    }

    func checkBackupName(_ name: String?) throws {
        guard let name else { return }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                return true
            default: return false
            }
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 100 else {
            throw CommandError("ERR a backup's name is of letters, digits, '-', '_' and '.', which does not come first")
        }
        guard !FileManager.default.fileExists(atPath: "\(backupDirectory)/\(name)") else {
            throw CommandError("ERR there is a backup '\(name)' already")
        }
    }

    func backUp(as name: String?) throws {
        try checkBackupName(name)
        let time = Timestamp(millisecondsSince1970: database.structures.clock())
        let place = "\(backupDirectory)/\(name ?? time.map { "\($0)" } ?? "backup")"
        try database.backup(to: place)
    }

    // MARK: - Users

    func loadUsers() throws -> String {
        let path = settings.text(.userFile)
        do {
            return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
            throw CommandError("ERR cannot read the aclfile \(path): \(error)")
        }
    }

    func saveUsers(_ text: String) throws {
        let path = settings.text(.userFile)
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandError("ERR cannot write the aclfile \(path): \(error)")
        }
    }
}
