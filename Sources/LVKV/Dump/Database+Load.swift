internal import KeySchemas
internal import LevelDB
internal import OrderedStore

extension Database {
    /// Makes a database of a dump's stream, in a new directory. Nothing is at `path` until everything has come and fits.
    ///
    /// The database is filled beside `path`, as `path.part`. A load that was killed, or whose stream was cut, goes on from
    /// the last block that it wrote when the same dump is handed to it again: blocks before it are compared only.
    ///
    /// - Parameters:
    ///   - path: where there is nothing yet; missing parents are made, too.
    ///   - restart: whether what an earlier load left is removed first.
    ///   - read: hands over the next bytes; none at the end.
    ///   - progress: is told after each block how many entries have come, and their bytes.
    /// - Returns: how much there was.
    /// - Complexity: O(*n*); memory for one block.
    /// - Throws: `StoreError`: `.alreadyExists` when there is something at `path`; `.corruption` when the stream is cut,
    ///   damaged, or none, with the byte where; `.notSupported` for a newer format; `.invalidArgument` when an earlier load
    ///   of another dump was not finished; `.locked` when a load to this place is under way; `.io`; what `read` throws.
    @discardableResult
    public static func load(
        at path: String, restart: Bool = false, from read: () throws -> [UInt8],
        progress: (_ entries: Int, _ bytes: Int) -> Void = { _, _ in }
    ) throws -> DumpSummary {
        let place = try NewPlace(path, for: "load")
        var loader = Loader(place, restart: restart)
        do {
            repeat {
                let bytes = try read()
                if bytes.isEmpty { try loader.endOfStream() } else { try loader.take(bytes, progress) }
                if bytes.isEmpty { break }
            } while true
        } catch {
            loader.abandon()
            throw error
        }
        return try loader.finish()
    }
}

/// Fills a database with what a decoder finds.
private struct Loader: ~Copyable {
    private let place: NewPlace
    private let restart: Bool
    private var decoder = DumpDecoder()
    private var database: NewDatabase?
    /// What an earlier load is done with.
    private var earlier: LoadProgress?
    private var progress = LoadProgress(dump: "")
    private var last: [UInt8]?

    init(_ place: NewPlace, restart: Bool) {
        self.place = place
        self.restart = restart
    }

    mutating func take(_ bytes: [UInt8], _ report: (_ entries: Int, _ bytes: Int) -> Void) throws {
        decoder.append(bytes.span)
        while true {
            let position = decoder.position
            let frame: DumpDecoder.Frame?
            do throws(DumpDecoder.Damage) { frame = try decoder.next() } catch { throw refusal(of: error) }
            switch frame {
            case nil: return
            case .header(let id, _, _): try begin(id)
            case .entries(let block):
                try write(block, at: position)
                report(progress.entries, progress.bytes)
            case .end(_, let entries, let bytes):
                guard entries == progress.entries, bytes == progress.bytes else {
                    throw damaged(position, "\(progress.entries) entries of \(entries) have come")
                }
            }
        }
    }

    private mutating func begin(_ id: String) throws {
        progress = LoadProgress(dump: id)
        let database = try NewDatabase(place, .load, goesOn: !restart)
        let stored = try database.store.get(LoadProgress.key)
        let isEmpty = try database.store.read { snapshot in
            var cursor = snapshot.cursor(in: .all, options: ScanOptions(limit: 1, keysOnly: true))
            return try cursor.next() == nil
        }
        if let stored, let earlier = LoadProgress(stored.span) {
            guard earlier.dump == id else {
                throw place.error(
                    .invalidArgument,
                    "\(place.part) holds an unfinished load of another dump; load that one, or begin anew with --restart"
                )
            }
            self.earlier = earlier
            self.database = consume database
        } else if isEmpty {
            self.database = consume database
        } else {
            // All of it was there but its name: there is no telling of which dump.
            database.discard()
            self.database = try NewDatabase(place, .load)
        }
    }

    private mutating func write(_ block: [UInt8], at position: Int) throws {
        let isLoaded = earlier.map { decoder.blocks <= $0.blocks } ?? false
        var batch = WriteBatch()
        let progressKey = LoadProgress.key
        var holdsProgress = false
        let found: (count: Int, bytes: Int)
        do {
            found = try EntryBlock.forEach(in: block.span, after: &last) { key, value in
                if isLoaded { return }
                if key.equals(progressKey.span) { holdsProgress = true }
                batch.put(key, value)
            }
        } catch let error as EntryBlock.Damage {
            throw damaged(position, "block \(decoder.blocks): \(error.reason)")
        }
        if holdsProgress { throw damaged(position, "block \(decoder.blocks) holds what only a load writes") }
        progress.blocks += 1
        progress.entries += found.count
        progress.bytes += found.bytes
        progress.check = decoder.check
        if let earlier, decoder.blocks == earlier.blocks, progress != earlier {
            throw place.error(
                .invalidArgument,
                "the dump differs from the one that \(place.part) was begun with; load that one, or begin anew with "
                    + "--restart")
        }
        if isLoaded { return }
        batch.put(LoadProgress.key, progress.text)
        try database?.write(batch)
    }

    /// Nothing more comes.
    borrowing func endOfStream() throws {
        if decoder.hasEnded { return }
        throw damaged(
            decoder.position,
            "the dump is cut after \(decoder.blocks) blocks; load the whole stream, and it goes on from here")
    }

    private func refusal(of damage: DumpDecoder.Damage) -> StoreError {
        if let format = damage.newerFormat {
            return place.error(
                .notSupported, "the dump has format \(format), and this version knows format 1; use a newer lvkv")
        }
        return damaged(damage.offset, damage.reason)
    }

    private func damaged(_ position: Int, _ reason: String) -> StoreError {
        place.error(.corruption, "at byte \(position) of the dump: \(reason). Nothing was made")
    }

    /// Leaves what was written for another attempt.
    consuming func abandon() {
        if let database = consume database { database.abandon() }
    }

    consuming func finish() throws -> DumpSummary {
        let summary = DumpSummary(
            id: progress.dump, entries: progress.entries, bytes: progress.bytes, resumedEntries: earlier?.entries ?? 0)
        guard let database = consume database else { throw place.error(.failed, "there was no header") }
        var batch = WriteBatch()
        batch.delete(LoadProgress.key)
        try database.write(batch)
        try database.finish()
        return summary
    }
}
