internal import OrderedStore

/// What a file in a database's directory is, by its name, read as LevelDB reads it.
enum DatabaseFile: Hashable {
    case current
    case lock
    case infoLog
    case manifest(UInt64)
    case log(UInt64)
    case table(UInt64)
    case temporary(UInt64)
    /// Anything LevelDB passes over, our own files included.
    case foreign

    init(name: String) {
        switch name {
        case "CURRENT": self = .current
        case "LOCK": self = .lock
        case "LOG", "LOG.old": self = .infoLog
        default:
            let bytes = Array(name.utf8)
            let prefix = Array("MANIFEST-".utf8)
            if bytes.starts(with: prefix) {
                self = DatabaseFile.number(bytes[prefix.count...]).map { .manifest($0) } ?? .foreign
                return
            }
            guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")),
                let number = DatabaseFile.number(bytes[..<dot])
            else {
                self = .foreign
                return
            }
            switch String(decoding: bytes[dot...], as: UTF8.self) {
            case ".log": self = .log(number)
            case ".ldb", ".sst": self = .table(number)
            case ".dbtmp": self = .temporary(number)
            default: self = .foreign
            }
        }
    }

    /// Whether it is part of a database's content; `LOCK` and the information log are not.
    var isData: Bool {
        switch self {
        case .current, .manifest, .log, .table, .temporary: true
        case .lock, .infoLog, .foreign: false
        }
    }

    /// Whether LevelDB made it.
    var isLevelDB: Bool { self != .foreign }

    /// `number` as LevelDB writes it in file names: decimal, at least six digits.
    static func digits(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// The number that is written as decimal digits only; `nil` when it is none or too large.
    static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !isTooLarge, !isStillTooLarge else { return nil }
            number = sum
        }
        return number
    }
}

/// The names in a database's directory, sorted by what they are.
struct DirectoryListing {
    private(set) var hasCurrent = false
    private(set) var hasMarker = false
    private(set) var manifests: [UInt64] = []
    private(set) var logs: [UInt64] = []
    private(set) var tableCount = 0
    private(set) var temporaryCount = 0
    /// Whether it is one of lvkv's backups.
    private(set) var isBackup = false
    /// The name of something that is neither LevelDB's nor ours, if there is any.
    private(set) var stranger: String?

    /// What may be in a directory that counts as empty: ours, and what a file system makes at its root.
    private static let harmless = Set(ours + ["lost", "lost+found"])

    /// The names of our own files.
    static let ours = [
        DirectoryLock.fileName, DirectoryMarker.fileName, DirectoryMarker.temporaryName, ReserveFile.fileName,
        DiskProbe.fileName, DiskProbe.temporaryName,
    ]

    init(_ names: [String]) {
        for name in names {
            switch DatabaseFile(name: name) {
            case .current: hasCurrent = true
            case .manifest(let number): manifests.append(number)
            case .log(let number): logs.append(number)
            case .table: tableCount += 1
            case .temporary: temporaryCount += 1
            case .foreign:
                hasMarker = hasMarker || name == DirectoryMarker.fileName
                isBackup = isBackup || name == "lvkv.backup"
                if !DirectoryListing.harmless.contains(name) { stranger = min(stranger ?? name, name) }
            case .lock, .infoLog: break
            }
        }
    }

    init(of directory: borrowing OpenFile, at place: Place) throws(StoreError) {
        self.init(try place.run { () throws(SystemFailure) in try directory.names() })
    }

    /// Whether LevelDB would find, or delete, anything here.
    var hasData: Bool {
        if isUnfinishedCreation { return false }
        return hasCurrent || !manifests.isEmpty || !logs.isEmpty || tableCount > 0 || temporaryCount > 0
    }

    /// Whether a process was killed while LevelDB made a new database: it writes the first MANIFEST, then CURRENT, and
    /// then a log, in which the first data is.
    private var isUnfinishedCreation: Bool {
        manifests == [1] && !hasCurrent && logs.isEmpty && tableCount == 0
    }

    /// Whether this was certainly a database; a log or a temporary file alone may be somebody else's.
    var isDatabase: Bool {
        hasCurrent || hasMarker || !manifests.isEmpty || tableCount > 0
    }

    /// What is here, for an error's text.
    var summary: String {
        let parts = [(manifests.count, "MANIFEST"), (tableCount, "table"), (logs.count, "log")]
            .filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1) file\($0.0 == 1 ? "" : "s")" }
        return parts.isEmpty ? "temporary files" : parts.joined(separator: ", ")
    }
}
