internal import LevelDB
internal import OrderedStore

extension Backup {
    /// Makes a database of the backup, in a new directory. Each chunk is verified before anything of it is written, and
    /// nothing is at `path` until all of it was.
    ///
    /// - Parameters:
    ///   - path: where there is nothing yet; missing parents are made, too.
    ///   - progress: is told how many entries are restored, and the bytes of their keys and values.
    /// - Complexity: O(*n*) in the bytes; memory for one chunk.
    /// - Throws: `StoreError`: `.alreadyExists` when there is something at `path`, `.corruption` when the backup is
    ///   damaged, `.locked` when a restore to this place is under way, `.io`. Nothing is at `path` then.
    public func restore(to path: String, progress: (_ entries: Int, _ bytes: Int) -> Void = { _, _ in }) throws {
        let database = try NewDatabase(NewPlace(path, for: "restore"), .restore)
        do {
            var last: [UInt8]?
            var (entries, bytes) = (0, 0)
            for chunk in manifest.chunks {
                let found = try restore(chunk, to: database, after: &last)
                entries += found.count
                bytes += found.bytes
                progress(entries, bytes)
            }
            guard entries == manifest.entries, bytes == manifest.bytes else {
                throw damaged("it has \(entries) entries of \(manifest.entries)")
            }
        } catch {
            database.discard()
            throw error
        }
        try database.finish()
    }

    private func restore(
        _ chunk: BackupManifest.Chunk, to database: borrowing NewDatabase, after last: inout [UInt8]?
    ) throws -> (count: Int, bytes: Int) {
        let bytes: [UInt8]
        do throws(Flaw) {
            bytes = try read(chunk).bytes ?? []
        } catch {
            switch error {
            case .damage(let reason): throw damaged("\(chunk.fileName): \(reason)")
            case .system(let failure): throw failure.error("restore", self.path)
            }
        }
        var batch = WriteBatch()
        do {
            let found = try EntryBlock.forEach(in: bytes.span, after: &last) { batch.put($0, $1) }
            try database.write(batch)
            return found
        } catch let error as EntryBlock.Damage {
            throw damaged("\(chunk.fileName): \(error.reason)")
        }
    }

    private func damaged(_ reason: String) -> StoreError {
        StoreError(
            .corruption, operation: "restore", path: path,
            message: "the backup is damaged: \(reason); use another backup. Nothing was restored")
    }
}
