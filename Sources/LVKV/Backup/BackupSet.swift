#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import LevelDB
public import OrderedStore

/// The backups that lie side by side in one directory.
public struct BackupSet: Sendable {
    /// The directory.
    public let path: String

    /// The backups in the directory at `path`, which need not be there yet.
    public init(at path: String) { self.path = path }

    /// One of the set's directories that is, or was, a backup.
    public struct Member: Sendable {
        /// The directory's name.
        public let name: String
        /// What it holds, or why that cannot be told.
        public let backup: Result<Backup, StoreError>
    }

    /// All backups, the oldest first; behind them those that cannot be read. Other directories are passed over.
    ///
    /// - Complexity: O(*n*) in the chunks of all; these are not read.
    /// - Throws: `StoreError` with code `.notFound` when there is no directory, `.io`.
    public func members() throws(StoreError) -> [Member] {
        var members: [Member] = []
        for name in try names() where !name.hasSuffix(NewPlace.suffix) {
            let place = "\(path)/\(name)"
            guard let directory = try? OpenFile(path: place, O_RDONLY | O_DIRECTORY, attempt: ""),
                let files = try? directory.names(),
                files.contains(where: { $0 == BackupManifest.fileName || $0.hasSuffix(BackupManifest.Chunk.suffix) })
            else { continue }
            do throws(StoreError) {
                members.append(Member(name: name, backup: .success(try Backup(at: place))))
            } catch {
                members.append(Member(name: name, backup: .failure(error)))
            }
        }
        return members.sorted { first, second in
            switch (first.backup, second.backup) {
            case (.success(let one), .success(let other)):
                (one.created.millisecondsSince1970, one.name) < (other.created.millisecondsSince1970, other.name)
            case (.success, .failure): true
            case (.failure, .success): false
            case (.failure, .failure): first.name < second.name
            }
        }
    }

    private func names() throws(StoreError) -> [String] {
        do throws(SystemFailure) {
            return try OpenFile(path: path, O_RDONLY | O_DIRECTORY, attempt: "there is no directory of backups here")
                .names()
        } catch {
            throw error.error("backup", path)
        }
    }

    /// The youngest backup that can be read; `nil` when there is none.
    ///
    /// - Throws: as ``members()``.
    public func latest() throws(StoreError) -> Backup? {
        for member in try members().reversed() {
            if case .success(let backup) = member.backup { return backup }
        }
        return nil
    }

    /// Reads all chunks of all backups, or of some, each file once, and compares them with the manifests.
    ///
    /// - Parameters:
    ///   - names: the backups' names; `nil` for all.
    ///   - report: is handed each backup's name with what is wrong, one at a time; what it throws ends the check.
    /// - Returns: how many backups were read.
    /// - Throws: `StoreError`: `.notFound` when there is no such backup; what `report` throws.
    public func verify(_ names: [String]? = nil, report: (String, Backup.Problem) throws -> Void) throws -> Int {
        var members = try members()
        if let names {
            members = try names.map { name in
                guard let member = members.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                    throw unknown(name)
                }
                return member
            }
        }
        var known: Set<FileIdentity> = []
        for member in members {
            switch member.backup {
            case .success(let backup): try backup.verify(past: &known) { try report(member.name, $0) }
            case .failure(let error):
                try report(member.name, Backup.Problem(file: BackupManifest.fileName, message: error.message))
            }
        }
        return members.count
    }

    /// The backup of a name, or the youngest.
    ///
    /// - Throws: `StoreError`: `.notFound`; as ``Backup/init(at:)``.
    public func backup(_ name: String?) throws(StoreError) -> Backup {
        if let name {
            // A name, not a way to somewhere else.
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != ".." else {
                throw unknown(name)
            }
            return try Backup(at: "\(path)/\(name)")
        }
        guard let latest = try latest() else {
            throw StoreError(
                .notFound, operation: "backup", path: path, message: "there is no backup in this directory")
        }
        return latest
    }

    private func unknown(_ name: String) -> StoreError {
        StoreError(
            .notFound, operation: "backup", path: path,
            message: "there is no backup '\(name)'; lvkv backup list names them")
    }

    /// Removes a backup. Chunks that others have stay theirs. A kill on the way leaves all others as they are.
    ///
    /// - Throws: `StoreError` with code `.locked` when somebody works on it, `.io`.
    public func remove(_ backup: Backup) throws(StoreError) {
        let aside = backup.path + NewPlace.suffix
        do throws(SystemFailure) {
            _ = try removeUnfinished(aside)
            guard unsafe rename(backup.path, aside) == 0 else { throw SystemFailure("cannot remove \(backup.path)") }
            guard try removeUnfinished(aside) else { throw SystemFailure("somebody works on \(aside)") }
        } catch {
            throw error.error("prune", backup.path)
        }
    }

    /// Removes what backups and removals left that were killed.
    ///
    /// - Returns: how many directories were removed.
    /// - Throws: `StoreError` with code `.io`.
    public func removeUnfinished() throws(StoreError) -> Int {
        var count = 0
        for name in try names() where name.hasSuffix(NewPlace.suffix) {
            do throws(SystemFailure) {
                if try removeUnfinished("\(path)/\(name)") { count += 1 }
            } catch {
                throw error.error("prune", path)
            }
        }
        return count
    }

    /// - Returns: whether there was one, and nobody works on it.
    private func removeUnfinished(_ path: String) throws(SystemFailure) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, let locked = try LockedDirectory.lock(path) else { return false }
        try locked.remove()
        return true
    }
}
