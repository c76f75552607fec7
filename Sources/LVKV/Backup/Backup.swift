#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
public import KeySchemas
internal import LevelDB
public import OrderedStore

/// A whole and consistent copy of a database: a directory of chunks, and a manifest that names each with its hash.
///
/// Backups that lie side by side in one directory share the files of chunks that are the same. Each is complete in
/// itself: it can be moved or copied alone, and any of them removed.
public struct Backup: Sendable {
    /// The backup's directory.
    public let path: String
    let manifest: BackupManifest

    init(path: String, manifest: BackupManifest) {
        self.path = path
        self.manifest = manifest
    }

    /// Reads what the backup at `path` holds.
    ///
    /// - Complexity: O(*n*) in the chunks; these are not read.
    /// - Throws: `StoreError`: `.notFound` when there is none, `.corruption` when its manifest is damaged,
    ///   `.notSupported` when a newer lvkv made it, `.io`.
    public init(at path: String) throws(StoreError) {
        let bytes: [UInt8]
        do throws(SystemFailure) {
            let directory = try OpenFile(path: path, O_RDONLY | O_DIRECTORY, attempt: "there is no backup here")
            let file = try OpenFile(
                BackupManifest.fileName, in: directory, O_RDONLY, attempt: "there is no backup here")
            let size = try file.status(attempt: "cannot look at \(BackupManifest.fileName)").size
            bytes = try file.read(upTo: Int(clamping: size), attempt: "cannot read \(BackupManifest.fileName)")
        } catch {
            throw error.error("backup", path)
        }
        do throws(BackupManifest.Unreadable) {
            manifest = try BackupManifest(bytes)
        } catch {
            switch error {
            case .damaged(let reason):
                throw StoreError(
                    .corruption, operation: "backup", path: path,
                    message: "\(BackupManifest.fileName) is damaged: \(reason); use another backup")
            case .newer(let format, let program):
                throw StoreError(
                    .notSupported, operation: "backup", path: path,
                    message: "the backup has format \(format), made by \(program), and this version knows format "
                        + "\(BackupManifest.format); use a newer lvkv")
            }
        }
        self.path = path
    }

    /// The name of its directory.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    /// 32 hex digits that no other backup has.
    public var id: String { manifest.id }
    /// The program that made it.
    public var createdBy: String { manifest.createdBy }
    /// The moment whose state it holds, about.
    public var created: Timestamp { manifest.created }
    /// How many keys it holds, lvkv's own included.
    public var entries: Int { manifest.entries }
    /// How many bytes the keys and values have.
    public var bytes: Int { manifest.bytes }
    /// How many chunks it has.
    public var chunks: Int { manifest.chunks.count }
    /// How many bytes no earlier backup had when it was made.
    public var newBytes: Int { manifest.newBytes }

    /// Something that is wrong with a backup.
    public struct Problem: Hashable, Sendable {
        /// The file.
        public var file: String
        /// What is wrong with it.
        public var message: String
    }

    /// Reads everything and compares it with the manifest.
    ///
    /// - Parameter report: is handed what is wrong, a chunk at a time; what it throws ends the check.
    /// - Complexity: O(*n*) in the bytes; memory for one chunk.
    /// - Throws: `StoreError` when a file cannot be read for another reason than that it is not there; what `report`
    ///   throws.
    public func verify(report: (Problem) throws -> Void) throws {
        var known: Set<FileIdentity> = []
        try verify(past: &known, report: report)
    }

    /// - Parameter known: the files that were found whole, and need not be read again.
    func verify(past known: inout Set<FileIdentity>, report: (Problem) throws -> Void) throws {
        var entries = 0
        for chunk in manifest.chunks {
            do throws(Flaw) {
                try check(chunk, &known)
                entries += chunk.entries
            } catch {
                switch error {
                case .damage(let reason): try report(Problem(file: chunk.fileName, message: reason))
                case .system(let failure): throw failure.error("verify", path)
                }
            }
        }
        let whole = manifest.chunks.reduce(0) { $0 + $1.entries }
        if whole != manifest.entries {
            try report(
                Problem(file: BackupManifest.fileName, message: "its chunks have not the entries that it tells of"))
        }
    }

    enum Flaw: Error {
        case damage(String)
        case system(SystemFailure)
    }

    private func check(_ chunk: BackupManifest.Chunk, _ known: inout Set<FileIdentity>) throws(Flaw) {
        let (bytes, identity) = try read(chunk, past: known)
        guard let bytes else { return }
        var last: [UInt8]?
        do {
            let found = try EntryBlock.forEach(in: bytes.span, after: &last) { _, _ in }
            guard found.count == chunk.entries else {
                throw EntryBlock.Damage(reason: "it has \(found.count) entries of \(chunk.entries)")
            }
        } catch {
            throw .damage("\((error as? EntryBlock.Damage)?.reason ?? "\(error)")")
        }
        known.insert(identity)
    }

    /// The bytes of a chunk, which are those that the manifest tells of; `nil` when the file is known.
    func read(
        _ chunk: BackupManifest.Chunk, past known: Set<FileIdentity> = []
    ) throws(Flaw) -> (bytes: [UInt8]?, FileIdentity) {
        let bytes: [UInt8]
        let status: FileStatus
        do throws(SystemFailure) {
            let file = try OpenFile(
                path: "\(path)/\(chunk.fileName)", O_RDONLY | O_NOFOLLOW, attempt: "cannot open \(chunk.fileName)")
            status = try file.status(attempt: "cannot look at \(chunk.fileName)")
            if known.contains(status.identity) { return (nil, status.identity) }
            // Not by the number in the manifest: by what is there, and no more than that.
            bytes = try file.read(
                upTo: min(chunk.bytes, Int(clamping: status.size)), attempt: "cannot read \(chunk.fileName)")
        } catch {
            if error.number == ENOENT || error.number == ELOOP { throw .damage("it is missing") }
            if error.number == EIO { throw .damage("\(error)") }
            throw .system(error)
        }
        guard status.size == UInt64(chunk.bytes) else {
            throw .damage("it has \(status.size) bytes of \(chunk.bytes)")
        }
        guard SHA256.hash(bytes.span).hexDigits == chunk.hash else { throw .damage("its hash does not match") }
        return (bytes, status.identity)
    }
}
