#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore

/// Our marker in a database's directory: who it is, and which files it had when it was last closed.
///
/// Format 1, lines of text in the file `lvkv.marker`:
///
///     lvkv-marker 1
///     id 6f1d…                        32 hex digits, random, for the life of the directory
///     created-by lvkv 0.1.0
///     manifest MANIFEST-000005 1234   the file CURRENT names, and its bytes
///     log 000007.log 5123             each log that MANIFEST needs, and its bytes
///     next-file 9                     the next number that LevelDB gives a file
///     crc 1a2b3c4d                    CRC-32C of everything before this line
///
/// In every format the first line holds the format and the last one the checksum. Lines of unknown kinds are
/// passed over. Without a `manifest` line the marker says nothing about files: a database under repair.
struct DirectoryMarker: Equatable, Sendable {
    static let fileName = "lvkv.marker"
    static let temporaryName = "lvkv.marker.tmp"
    static let format: UInt64 = 1
    private static let creator = "lvkv \(lvkvVersion)"
    /// More than any marker has; what is longer is none.
    private static let mostBytes = 1 << 20

    /// A file and how many bytes it had.
    struct File: Equatable, Sendable {
        var number: UInt64
        var size: UInt64
    }

    /// The files of one moment.
    struct Files: Equatable, Sendable {
        var manifest: File
        var logs: [File]
        var nextFileNumber: UInt64
    }

    /// Why a marker could not be read.
    enum Unreadable: Error, Equatable {
        case damaged(String)
        case newer(format: UInt64, by: String)
    }

    var id: String
    var createdBy: String
    var files: Files?

    /// A marker for a directory that has none.
    init(files: Files?) {
        var generator = SystemRandomNumberGenerator()
        id = (0..<2).map { _ in DirectoryMarker.hex(generator.next(), digits: 16) }.joined()
        createdBy = DirectoryMarker.creator
        self.files = files
    }

    // MARK: - Text

    /// The marker as the bytes of its file.
    var bytes: [UInt8] {
        var text = "lvkv-marker \(DirectoryMarker.format)\nid \(id)\ncreated-by \(createdBy)\n"
        if let files {
            text += "manifest MANIFEST-\(DatabaseFile.digits(files.manifest.number)) \(files.manifest.size)\n"
            for log in files.logs { text += "log \(DatabaseFile.digits(log.number)).log \(log.size)\n" }
            text += "next-file \(files.nextFileNumber)\n"
        }
        let body = Array(text.utf8)
        return body + Array("crc \(DirectoryMarker.hex(UInt64(Checksum.crc32c(body)), digits: 8))\n".utf8)
    }

    /// Reads a marker's bytes.
    init(_ bytes: [UInt8]) throws(Unreadable) {
        guard bytes.last == UInt8(ascii: "\n"),
            let start = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n"))
        else { throw .damaged("it is cut") }
        let body = bytes[...start]
        let sum = DirectoryMarker.hex(UInt64(Checksum.crc32c(body)), digits: 8)
        guard Array(bytes[(start + 1)...]) == Array("crc \(sum)\n".utf8) else {
            throw .damaged("its checksum does not match")
        }
        let lines = body.split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: UInt8(ascii: " "), maxSplits: 1).map { $0 }
        }
        guard let first = lines.first, first.count == 2, first[0].elementsEqual("lvkv-marker".utf8),
            let format = DatabaseFile.number(first[1])
        else { throw .damaged("its first line names no format") }
        guard format == DirectoryMarker.format else {
            let creator = lines.first { $0.count == 2 && $0[0].elementsEqual("created-by".utf8) }?[1]
            throw .newer(format: format, by: creator.map { String(decoding: $0, as: UTF8.self) } ?? "another program")
        }

        id = ""
        createdBy = ""
        var manifest: File?
        var logs: [File] = []
        var nextFileNumber: UInt64 = 0
        for line in lines.dropFirst() where line.count == 2 {
            let rest = line[1]
            switch String(decoding: line[0], as: UTF8.self) {
            case "id": id = String(decoding: rest, as: UTF8.self)
            case "created-by": createdBy = String(decoding: rest, as: UTF8.self)
            case "manifest":
                guard case (.manifest(let number), let size)? = DirectoryMarker.file(rest) else {
                    throw .damaged("its line for the MANIFEST is malformed")
                }
                manifest = File(number: number, size: size)
            case "log":
                guard case (.log(let number), let size)? = DirectoryMarker.file(rest) else {
                    throw .damaged("its line for a log is malformed")
                }
                logs.append(File(number: number, size: size))
            case "next-file":
                guard let number = DatabaseFile.number(rest) else {
                    throw .damaged("its line for the next file is malformed")
                }
                nextFileNumber = number
            default: break
            }
        }
        files = manifest.map { Files(manifest: $0, logs: logs, nextFileNumber: nextFileNumber) }
    }

    private static func file(_ text: ArraySlice<UInt8>) -> (DatabaseFile, UInt64)? {
        let parts = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, let size = DatabaseFile.number(parts[1]) else { return nil }
        return (DatabaseFile(name: String(decoding: parts[0], as: UTF8.self)), size)
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    // MARK: - File

    /// The marker in `directory`; `nil` when there is none.
    ///
    /// - Throws: `.notSupported` for a newer format, `.corruption` for a damaged one. It is replaced whole and
    ///   synced, so no crash tears it: damage means that the disk, or somebody, changed it.
    static func read(in directory: borrowing OpenFile, at place: Place) throws(StoreError) -> DirectoryMarker? {
        let bytes: [UInt8]
        do throws(SystemFailure) {
            guard try directory.status(of: fileName) != nil else { return nil }
            let file = try OpenFile(fileName, in: directory, O_RDONLY, attempt: "cannot open \(fileName)")
            bytes = try file.read(upTo: mostBytes, attempt: "cannot read \(fileName)")
        } catch {
            throw place.error(.io, error.description)
        }
        do throws(Unreadable) {
            return try DirectoryMarker(bytes)
        } catch {
            switch error {
            case .newer(let format, let creator):
                throw place.error(
                    .notSupported,
                    "the directory has format \(format), made by \(creator), and this version (lvkv \(lvkvVersion)) "
                        + "knows format \(Self.format); open it with a newer lvkv. Nothing was changed")
            case .damaged(let reason):
                throw place.error(
                    .corruption,
                    "\(fileName) is damaged: \(reason); check the disk, run `lvkv verify` on a copy, and remove "
                        + "\(fileName) if the other files are whole")
            }
        }
    }

    /// Replaces the marker in `directory`, whole: written aside, synced, renamed.
    ///
    /// The directory is not synced: if the rename is lost with the power, the marker of an earlier moment
    /// comes back, and a database never goes backwards from that.
    func write(in directory: borrowing OpenFile) throws(SystemFailure) {
        let attempt = "cannot write \(DirectoryMarker.fileName)"
        do throws(SystemFailure) {
            let file = try OpenFile(
                DirectoryMarker.temporaryName, in: directory, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
                attempt: attempt)
            try file.write(bytes, attempt: attempt)
            try file.sync(attempt: attempt)
            let number = directory.number
            guard
                unsafe renameat(number, DirectoryMarker.temporaryName, number, DirectoryMarker.fileName) == 0
            else { throw SystemFailure(attempt) }
        } catch {
            try? directory.remove(DirectoryMarker.temporaryName)
            throw error
        }
    }
}
