#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import LevelDB
internal import OrderedStore

/// Writes a backup into a directory of its own, which is a backup only when all of it is there.
struct BackupWriter: ~Copyable {
    private let place: NewPlace
    private let part: LockedDirectory
    /// The backup whose chunks are taken over where they are the same.
    private let earlier: Backup?
    private let earlierChunks: [String: BackupManifest.Chunk]
    private var manifest: BackupManifest
    private var block = EntryBlock()

    /// Makes the directory.
    ///
    /// - Throws: `StoreError` with code `.locked` when a backup of this name is being made, `.io`.
    init(_ place: NewPlace, since earlier: Backup?, manifest: BackupManifest) throws(StoreError) {
        self.place = place
        self.earlier = earlier
        self.manifest = manifest
        earlierChunks = Dictionary((earlier?.manifest.chunks ?? []).map { ($0.hash, $0) }) { first, _ in first }
        let made = try place.run { () throws(SystemFailure) in try BackupWriter.make(place.part) }
        guard let made else {
            throw place.error(.locked, "a backup of this name is being made; wait for it, or choose another name")
        }
        part = made
    }

    /// - Returns: `nil` when somebody else has it.
    private static func make(_ path: String) throws(SystemFailure) -> LockedDirectory? {
        if unsafe mkdir(path, 0o755) == 0 { return try LockedDirectory.lock(path) }
        guard errno == EEXIST else { throw SystemFailure("cannot create the directory \(path)") }
        guard let left = try LockedDirectory.lock(path) else { return nil }
        // A process that was killed left it. Its files may be shared with other backups, so none is written to.
        try left.remove()
        guard unsafe mkdir(path, 0o755) == 0 else { throw SystemFailure("cannot create the directory \(path)") }
        return try LockedDirectory.lock(path)
    }

    /// How many entries there are so far, and the bytes of their keys and values.
    var progress: (entries: Int, bytes: Int) { (manifest.entries, manifest.bytes) }

    /// Adds an entry, whose key is above all before it.
    ///
    /// - Returns: whether a chunk was finished.
    mutating func append(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(StoreError) -> Bool {
        block.append(key, value)
        manifest.entries += 1
        manifest.bytes += key.count + value.count
        guard
            ChunkCutter.cuts(after: key, bytes: key.count + value.count)
                || block.bytes.count >= ChunkCutter.mostBytes
        else { return false }
        try endChunk()
        return true
    }

    private mutating func endChunk() throws(StoreError) {
        guard block.count > 0 else { return }
        let chunk = BackupManifest.Chunk(
            hash: SHA256.hash(block.bytes.span).hexDigits, bytes: block.bytes.count, entries: block.count)
        if !takesOver(chunk) {
            let bytes = block.bytes
            try place.run { () throws(SystemFailure) in try write(bytes, as: chunk.fileName) }
            manifest.newChunks += 1
            manifest.newBytes += chunk.bytes
        }
        manifest.chunks.append(chunk)
        block.removeAll()
        Failpoint.backup.pass()
    }

    /// Whether the earlier backup has the chunk, byte for byte, and its file could be given a second name here. What has
    /// rotted there is written anew.
    private func takesOver(_ chunk: BackupManifest.Chunk) -> Bool {
        guard let earlier, earlierChunks[chunk.hash] == chunk else { return false }
        let source = "\(earlier.path)/\(chunk.fileName)"
        guard let file = try? OpenFile(path: source, O_RDONLY | O_NOFOLLOW, attempt: ""),
            let bytes = try? file.read(upTo: chunk.bytes + 1, attempt: ""), bytes == block.bytes
        else { return false }
        return unsafe linkat(AT_FDCWD, source, part.directory.number, chunk.fileName, 0) == 0
    }

    private func write(_ bytes: [UInt8], as name: String) throws(SystemFailure) {
        let attempt = "cannot write \(part.path)/\(name)"
        let file = try OpenFile(name, in: part.directory, O_WRONLY | O_CREAT | O_EXCL, attempt: attempt)
        try file.write(bytes, attempt: attempt)
        try file.sync(attempt: attempt)
    }

    /// Brings everything to the disk and gives the backup its name.
    consuming func finish() throws(StoreError) -> Backup {
        try endChunk()
        let text = manifest.text
        try place.run { () throws(SystemFailure) in
            try write(text, as: BackupManifest.fileName)
            try part.directory.sync(attempt: "cannot sync the directory \(part.path)")
        }
        Failpoint.backup.pass()
        try place.take()
        Failpoint.backup.pass()
        return Backup(path: place.path, manifest: manifest)
    }

    /// Removes what was written.
    consuming func discard() { try? part.remove() }
}
