internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension Database {
    /// Writes everything as it is at this moment into a new database directory. Writes go on meanwhile.
    ///
    /// The copy is made in a directory beside `path`, brought to the disk, and then takes its name: what is at `path` is
    /// whole.
    ///
    /// - Parameter path: where there is nothing yet; missing parents are made, too.
    /// - Complexity: O(*n*): reads and writes each key.
    /// - Throws: `StoreError`: `.alreadyExists` when there is something at `path`.
    public func backUp(to path: String) throws {
        guard unsafe access(path, F_OK) != 0 else {
            throw StoreError(
                .alreadyExists, operation: "backup", path: path,
                message: "there is something of that name already; choose another or remove it")
        }
        let part = "\(path).part-\(getpid())"
        do {
            try copy(to: part)
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
        guard unsafe rename(part, path) == 0 else {
            let failure = errno
            throw StoreError(
                .io, operation: "backup", path: path,
                message: "the finished copy \(part) cannot take its name: \(unsafe String(cString: strerror(failure)))")
        }
        Failpoint.backup.pass()
        syncParent(of: path)
    }

    private func copy(to path: String) throws {
        let copy = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createNew))
        do {
            try store.read { snapshot in
                var batch = WriteBatch()
                var bytes = 0
                var cursor = snapshot.cursor(in: .all, options: ScanOptions(fillCache: false))
                while let entry = try cursor.next() {
                    batch.put(entry.key, entry.value)
                    bytes += entry.key.count + entry.value.count
                    guard bytes >= Database.bytesPerBatch else { continue }
                    // A later sync would not cover this one where LevelDB begins a new log between them.
                    try copy.write(batch, durability: .synced)
                    Failpoint.backup.pass()
                    batch = WriteBatch()
                    bytes = 0
                }
                try copy.write(batch, durability: .synced)
                Failpoint.backup.pass()
            }
            try copy.close()
            Failpoint.backup.pass()
        } catch {
            try? copy.close()
            throw error
        }
    }

    private static let bytesPerBatch = 4 << 20
}

/// Brings a new name to the disk.
private func syncParent(of path: String) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = unsafe open(parent.isEmpty ? "/" : parent, O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}
