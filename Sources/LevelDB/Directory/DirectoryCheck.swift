#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore

/// What a database's directory holds, read without LevelDB and found whole.
///
/// LevelDB opens a directory whose log is gone, or whose MANIFEST was cut, with less data and without a
/// word, and deletes the tables that are no longer named. So each file that MANIFEST needs is looked for
/// first: whatever state its edits add up to, cut or not, is complete when the logs and tables of that
/// state are there, since LevelDB removes them only after a later edit was synced.
struct DirectoryCheck {
    let files: DirectoryMarker.Files
    let comparator: String?

    /// Looks at the database in `directory`, which had the files `earlier` when it was last closed.
    ///
    /// - Parameter mends: cut off what a loss of power has torn: see ``RecordTail``.
    /// - Complexity: one look per live table; reads CURRENT and MANIFEST.
    /// - Throws: `.wentBackwards` when there is less than there was, `.corruption` when something is missing or
    ///   damaged, `.io` when it cannot be read.
    init(
        _ directory: borrowing OpenFile, listing: DirectoryListing, earlier: DirectoryMarker.Files?,
        mends: Bool = false,
        at place: Place
    ) throws(StoreError) {
        let name = try DirectoryCheck.manifestName(directory, listing: listing, at: place)
        guard let status = try DirectoryCheck.status(of: name.text, directory, at: place) else {
            throw place.error(
                .corruption,
                "CURRENT names \(name.text), which is missing; put it back, or run `lvkv repair`. Nothing was changed")
        }
        guard status.isRegular else { throw place.error(.corruption, "\(name.text) is not a file") }
        var found = DirectoryMarker.File(number: name.number, size: status.size)
        if let earlier { try DirectoryCheck.compare(found, with: earlier.manifest, at: place) }
        if mends {
            let then = earlier?.manifest
            try RecordTail.mend(
                name.text, closedSize: then?.number == name.number ? then?.size ?? 0 : 0, in: directory, at: place)
            found.size = try DirectoryCheck.status(of: name.text, directory, at: place)?.size ?? found.size
        }

        let manifest = try DirectoryCheck.readManifest(name.text, directory, at: place)
        comparator = manifest.comparator
        let firstLog = manifest.logNumber ?? 0
        let needed = listing.logs.filter { $0 >= firstLog || $0 == manifest.previousLogNumber }
        var logs = try DirectoryCheck.logs(needed, directory, at: place)
        if let earlier {
            // Logs below MANIFEST's have gone into tables since.
            let expected = earlier.logs.filter { $0.number >= firstLog }
            try DirectoryCheck.compare(logs, with: expected, at: place)
        }
        if mends {
            for log in logs {
                let then = earlier?.logs.first { $0.number == log.number }
                try RecordTail.mend(
                    "\(DatabaseFile.digits(log.number)).log", closedSize: then?.size ?? 0, in: directory, at: place)
            }
            logs = try DirectoryCheck.logs(needed, directory, at: place)
        }
        for number in [firstLog, manifest.previousLogNumber] where number != 0 {
            if logs.contains(where: { $0.number == number }) { continue }
            throw place.error(
                .corruption,
                "the log \(DatabaseFile.digits(number)).log, which \(name.text) needs, is missing: what was written "
                    + "last would be lost; put it back, or run `lvkv repair` to go on without. Nothing was changed")
        }
        try DirectoryCheck.checkTables(manifest, directory, at: place)
        files = DirectoryMarker.Files(manifest: found, logs: logs, nextFileNumber: manifest.nextFileNumber ?? 0)
    }

    // MARK: - Against the marker

    private static let advice =
        "put the newer files back, or remove \(DirectoryMarker.fileName) to accept the directory as it is. "
        + "Nothing was changed"

    /// MANIFEST's number grows with each opening, by whatever program, and its size with each change.
    private static func compare(
        _ now: DirectoryMarker.File, with then: DirectoryMarker.File, at place: Place
    ) throws(StoreError) {
        let name = "MANIFEST-\(DatabaseFile.digits(now.number))"
        if now.number < then.number {
            throw place.error(
                .wentBackwards,
                "CURRENT names \(name), and MANIFEST-\(DatabaseFile.digits(then.number)) was in use when the "
                    + "database was last closed; \(advice)")
        }
        if now.number == then.number && now.size < then.size {
            throw place.error(
                .wentBackwards,
                "\(name) has \(now.size) bytes and had \(then.size) when the database was last closed; \(advice)")
        }
    }

    private static func compare(
        _ now: [DirectoryMarker.File], with then: [DirectoryMarker.File], at place: Place
    ) throws(StoreError) {
        for log in then {
            let size = now.first { $0.number == log.number }?.size
            if let size, size >= log.size { continue }
            let found = size.map { "has \($0) bytes" } ?? "is missing"
            throw place.error(
                .wentBackwards,
                "\(DatabaseFile.digits(log.number)).log \(found) and had \(log.size) bytes when the database was "
                    + "last closed; \(advice)")
        }
    }

    // MARK: - Parts

    private static func manifestName(
        _ directory: borrowing OpenFile, listing: DirectoryListing, at place: Place
    ) throws(StoreError) -> (text: String, number: UInt64) {
        let advice = "put CURRENT back (one line that names the newest MANIFEST file), or run `lvkv repair`"
        guard listing.hasCurrent else {
            throw place.error(
                .corruption,
                "CURRENT is missing, and \(listing.summary) of a database are there; \(advice). Nothing was changed")
        }
        let bytes: [UInt8]
        do throws(SystemFailure) {
            let file = try OpenFile("CURRENT", in: directory, O_RDONLY, attempt: "cannot open CURRENT")
            bytes = try file.read(upTo: 256, attempt: "cannot read CURRENT")
        } catch {
            throw place.error(.io, "\(error); \(advice). Nothing was changed")
        }
        let text = String(decoding: bytes.dropLast(), as: UTF8.self)
        guard bytes.last == UInt8(ascii: "\n"), case .manifest(let number) = DatabaseFile(name: text) else {
            let reason = bytes.isEmpty ? "is empty" : "does not name a MANIFEST file"
            throw place.error(.corruption, "CURRENT \(reason); \(advice). Nothing was changed")
        }
        return (text, number)
    }

    private static func readManifest(
        _ name: String, _ directory: borrowing OpenFile, at place: Place
    ) throws(StoreError) -> Manifest {
        do {
            let file = try OpenFile(name, in: directory, O_RDONLY, attempt: "cannot open \(name)")
            var parser = ManifestParser()
            while true {
                let block = try file.read(upTo: ManifestParser.blockSize, attempt: "cannot read \(name)")
                try parser.feed(block)
                if block.count < ManifestParser.blockSize { break }
            }
            return try parser.finish()
        } catch let failure as SystemFailure {
            throw place.error(.io, "\(failure); nothing was changed")
        } catch {
            throw place.error(
                .corruption, "\(name) is damaged: \(error); restore it, or run `lvkv repair`. Nothing was changed")
        }
    }

    private static func logs(
        _ numbers: [UInt64], _ directory: borrowing OpenFile, at place: Place
    ) throws(StoreError) -> [DirectoryMarker.File] {
        var logs: [DirectoryMarker.File] = []
        for number in numbers.sorted() {
            let name = "\(DatabaseFile.digits(number)).log"
            guard let status = try status(of: name, directory, at: place) else { continue }
            guard status.isRegular else { throw place.error(.corruption, "\(name) is not a file; move it away") }
            logs.append(DirectoryMarker.File(number: number, size: status.size))
        }
        return logs
    }

    private static func checkTables(
        _ manifest: Manifest, _ directory: borrowing OpenFile, at place: Place
    ) throws(StoreError) {
        var missing: [UInt64] = []
        for (number, table) in manifest.tables {
            let digits = DatabaseFile.digits(number)
            var found = try status(of: "\(digits).ldb", directory, at: place)
            if found == nil { found = try status(of: "\(digits).sst", directory, at: place) }
            guard let found else {
                missing.append(number)
                continue
            }
            if !found.isRegular || found.size < table.size {
                throw place.error(
                    .corruption,
                    "the table \(digits) has \(found.size) bytes of \(table.size); restore it, or run `lvkv repair` "
                        + "to go on with what can be read. Nothing was changed")
            }
        }
        guard let example = missing.min() else { return }
        throw place.error(
            .corruption,
            "\(missing.count) of \(manifest.tables.count) tables are missing, such as "
                + "\(DatabaseFile.digits(example)).ldb; restore them, or run `lvkv repair` to go on without. "
                + "Nothing was changed")
    }

    private static func status(
        of name: String, _ directory: borrowing OpenFile, at place: Place
    ) throws(StoreError) -> FileStatus? {
        do throws(SystemFailure) {
            return try directory.status(of: name)
        } catch {
            throw place.error(.io, error.description)
        }
    }
}
