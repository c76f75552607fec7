#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import KeySchemas
internal import LevelDB
internal import OrderedStore

extension Database {
    /// Writes everything as it is at this moment into a new backup. Writes go on meanwhile.
    ///
    /// The backups in the same directory are a set: a range of keys that did not change since the youngest of them is
    /// not stored again. The backup is made beside `path`, brought to the disk, and then takes its name: what is at `path`
    /// is whole, whenever a process is killed.
    ///
    /// - Parameters:
    ///   - path: where there is nothing yet; missing parents are made, too.
    ///   - progress: is told after each chunk how many entries are written, and the bytes of their keys and values.
    /// - Returns: the backup.
    /// - Complexity: O(*n*): reads each key, and each chunk that is taken over. Memory for one chunk.
    /// - Throws: `StoreError`: `.alreadyExists` when there is something at `path`, `.locked` when a backup of this name is
    ///   being made, `.io`.
    @discardableResult
    public func backup(
        to path: String, progress: (_ entries: Int, _ bytes: Int) -> Void = { _, _ in }
    ) throws -> Backup {
        let place = try NewPlace(path, for: "backup")
        try place.run { () throws(SystemFailure) in try makeDirectories(place.parent) }
        let moment = Timestamp(millisecondsSince1970: structures.clock()) ?? .minimum
        let snapshot = try store.snapshot()
        var writer = try BackupWriter(
            place, since: try BackupSet(at: place.parent).latest(), manifest: BackupManifest(created: moment))
        do {
            var cursor = snapshot.cursor(in: .all, options: ScanOptions(fillCache: false))
            while let entry = try cursor.next() {
                guard try writer.append(entry.key, entry.value) else { continue }
                progress(writer.progress.entries, writer.progress.bytes)
            }
        } catch {
            writer.discard()
            throw error
        }
        return try writer.finish()
    }
}

/// Makes a directory and those above it, as far as they are missing.
private func makeDirectories(_ path: String) throws(SystemFailure) {
    if unsafe access(path, F_OK) == 0 { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeDirectories(String(path[..<slash])) }
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw SystemFailure("cannot create the directory \(path)")
    }
}
