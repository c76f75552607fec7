#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
public import LevelDB
public import OrderedStore

/// What a repair recovered, and what it could not.
public struct RepairSummary: Sendable {
    /// What of the files could not be read, in LevelDB's or the system's words.
    public var losses: [String] = []
    /// What was found in the repaired copy.
    public var verification = Verification()
}

extension LevelDBStore {
    /// Makes a database in a new directory of what can be read of a damaged one, which stays as it is.
    ///
    /// The last resort where there is no backup: older versions of overwritten or deleted keys may come back, and a batch
    /// that was damaged in the log is lost. What is left is verified, since structures and indexes may miss a part.
    ///
    /// - Parameters:
    ///   - path: the damaged database, which nobody may have open.
    ///   - target: where there is nothing yet.
    ///   - report: is handed what is not as lvkv writes it in the repaired copy.
    /// - Complexity: reads and writes everything.
    /// - Throws: `StoreError`: `.notFound` when there is no database, `.alreadyExists` when there is something at
    ///   `target`, `.locked`, `.corruption` when nothing can be saved, `.io`; what `report` throws. Nothing is at `target`
    ///   then.
    public static func repair(
        copyOf path: String, to target: String, report: @escaping (StoredProblem) throws -> Void
    ) throws -> RepairSummary {
        let place = try NewPlace(target, for: "repair")
        try NewDatabase.clear(place)
        var summary = RepairSummary()
        do {
            try place.run { () throws(SystemFailure) in
                guard unsafe mkdir(place.part, 0o755) == 0 || errno == EEXIST else {
                    throw SystemFailure("cannot create the directory \(place.part)")
                }
            }
            summary.losses = try LevelDBStore.copyFiles(at: path, to: place.part)
            try LevelDBStore.repair(at: place.part)
            summary.losses += RepairLog.losses(in: place.part)
            let store = try LevelDBStore(at: place.part)
            summary.verification = try store.verify(report: report)
            try store.close()
            try place.run { () throws(SystemFailure) in try RepairLog.removeReplaced(in: place.part) }
        } catch {
            // Not a database yet where the copying failed.
            try? LevelDBStore.destroy(at: place.part)
            unsafe _ = rmdir(place.part)
            throw error
        }
        try place.take()
        return summary
    }
}

/// What LevelDB leaves of a repair.
private enum RepairLog {
    /// Where it writes what it does. The next opening moves it away.
    private static let name = "LOG"
    /// What stands in a line about something that is lost.
    private static let words = ["dropp", "ignoring", "missing", "Corruption", "IO error"]
    private static let mostBytes = 16 << 20

    /// The lines about what could not be read.
    static func losses(in path: String) -> [String] {
        guard let directory = try? OpenFile(path: path, O_RDONLY | O_DIRECTORY, attempt: ""),
            let file = try? OpenFile(name, in: directory, O_RDONLY, attempt: ""),
            let bytes = try? file.read(upTo: mostBytes, attempt: "")
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { line in
            words.contains { line.contains($0) }
        }.map { line in
            // Without the time and the thread.
            line.split(separator: " ", maxSplits: 2).last.map(String.init) ?? String(line)
        }
    }

    /// Removes what the repair replaced: the damaged database has it still.
    static func removeReplaced(in path: String) throws(SystemFailure) {
        guard let lost = try? OpenFile(path: "\(path)/lost", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, attempt: "") else {
            return
        }
        for name in try lost.names() { try lost.remove(name) }
        unsafe _ = rmdir("\(path)/lost")
    }
}
