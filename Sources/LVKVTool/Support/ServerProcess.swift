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

/// What `lvkv serve` knows and can do beyond its engine. Safe from any thread.
final class ServerProcess: ServerHost {
    private let database: Database
    private let settings: Settings

    init(_ database: Database, _ settings: Settings) {
        self.database = database
        self.settings = settings
    }

    // MARK: - What there is to know

    func information(_ section: InfoSection) -> [(name: String, value: String)] {
        switch section {
        case .server:
            return [
                ("process_id", "\(getpid())"), ("config_file", ""), ("db", database.path),
                ("leveldb_version", LevelDBStore.libraryVersion),
            ]
        case .memory:
            let used = (try? database.store.statistics().memoryUsage) ?? 0
            let most = ServerProcess.usage.ru_maxrss * 1_024
            return [
                ("used_memory", "\(used)"), ("used_memory_human", Quantity.bytes(used)),
                ("used_memory_peak", "\(most)"), ("used_memory_peak_human", Quantity.bytes(most)),
            ]
        case .cpu:
            let usage = ServerProcess.usage
            return [
                ("used_cpu_sys", ServerProcess.seconds(usage.ru_stime)),
                ("used_cpu_user", ServerProcess.seconds(usage.ru_utime)),
            ]
        case .persistence:
            let state = database.store.writeFailure == nil ? "ok" : "writes refused after a disk error; see the log"
            return [("storage_state", state)]
        default: return []
        }
    }

    /// What the process has used.
    private static var usage: rusage {
        var usage = rusage()
        // 0 is the process itself; the constant's type is not the same everywhere.
        unsafe _ = getrusage(0, &usage)
        return usage
    }

    private static func seconds(_ time: timeval) -> String {
        let fraction = String(Int(time.tv_usec))
        return "\(Int(time.tv_sec))." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }

    func compact(_ range: KeyRange?) throws { try database.store.compact(range ?? .all) }

    func storeStatistics() throws -> [(name: String, value: String)] {
        let statistics = try database.store.statistics()
        var lines = [("files", "\(statistics.files)"), ("memory_usage", "\(statistics.memoryUsage)")]
        for level in statistics.levels {
            lines.append(
                (
                    "level_\(level.level)",
                    "files=\(level.files),size_mib=\(level.sizeMiB),compaction_seconds=\(level.compactionSeconds),"
                        + "read_mib=\(level.readMiB),written_mib=\(level.writtenMiB)"
                ))
        }
        return lines.map { (name: $0.0, value: $0.1) }
    }

    // MARK: - Backups

    func checkBackupName(_ name: String?) throws {
        guard let name else { return }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 128 else {
            throw CommandError(
                "ERR a backup's name has letters, digits, - _ and . only, at most 128, and begins with no dot")
        }
    }

    func backUp(as name: String?) throws {
        try checkBackupName(name)
        let given = settings.text(.backupDirectory)
        let directory = given.isEmpty ? database.path + ".backups" : given
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        try database.backUp(to: "\(directory)/\(name ?? "backup-\(now)")")
    }

    func inBackground(_ body: @escaping @Sendable () -> Void) { DispatchQueue.global().async(execute: body) }

    // MARK: - Users

    func loadUsers() throws -> String {
        let path = settings.text(.userFile)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("ERR the file of users \(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
    }

    func saveUsers(_ text: String) throws {
        let path = settings.text(.userFile)
        let part = path + ".part"
        guard
            FileManager.default.createFile(
                atPath: part, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            unsafe rename(part, path) == 0
        else { throw CommandError("ERR the file of users \(path) cannot be written") }
    }
}
