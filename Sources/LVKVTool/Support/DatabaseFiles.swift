#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import Records

/// The files of a database, counted without opening it.
struct DatabaseFiles {
    private(set) var tables = 0
    private(set) var logs = 0
    private(set) var others = 0
    /// The bytes of all of them.
    private(set) var bytes = 0

    /// Looks into the directory at `path`.
    ///
    /// - Throws: ``Failure`` when there is no database.
    init(at path: String) throws(Failure) {
        guard let directory = unsafe opendir(path) else {
            let failure = errno
            guard failure == ENOENT || failure == ENOTDIR else { throw Failure(system: failure, "cannot read \(path)") }
            let what = failure == ENOENT ? "there is no such directory" : "this is a file; a database is a directory"
            throw Failure(.unavailable, "\(what) (\(path))")
        }
        defer { unsafe _ = closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard unsafe stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            guard note(name) else { continue }
            bytes += Int(status.st_size)
        }
        guard tables + logs + others > 0 else {
            throw Failure(.unavailable, "there is no database in this directory; check the path (\(path))")
        }
    }

    /// `3 tables and 1 log, 4.2 MiB`.
    var summary: String {
        let tables = Quantity.counted(tables, "table", "tables")
        let logs = Quantity.counted(logs, "log", "logs")
        return "\(tables) and \(logs), \(Quantity.bytes(bytes))"
    }

    /// What a command would do to the files.
    func json(would verb: String, _ path: String) -> JSONObject {
        [
            "would": .string(verb), "directory": .string(path), "tables": .integer(tables), "logs": .integer(logs),
            "bytes": .integer(bytes),
        ]
    }

    /// Counts a file if it is LevelDB's.
    private mutating func note(_ name: String) -> Bool {
        let number = name.prefix { $0.isASCII && $0.isNumber }
        switch name.dropFirst(number.count) {
        case ".ldb" where !number.isEmpty, ".sst" where !number.isEmpty: tables += 1
        case ".log" where !number.isEmpty: logs += 1
        default:
            guard name == "CURRENT" || name.hasPrefix("MANIFEST-") else { return false }
            others += 1
        }
        return true
    }
}
