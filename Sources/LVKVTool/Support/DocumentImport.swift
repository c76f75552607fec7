internal import LVKV
internal import Records

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Takes files over into collections, one after another.
struct DocumentImport {
    /// A file and the collection that it goes to.
    struct Source {
        let path: String
        let collection: String
        /// The file is one object of documents by their ids; else it has a document a line.
        let isWhole: Bool
    }

    let place: Place
    let mode: Importer.Mode
    let onError: Importer.OnError
    let isDryRun: Bool
    let durability: Durability
    let quiet: Bool

    /// The collections of a directory: its files `NAME.json`, by name.
    ///
    /// - Throws: ``Failure`` for a name that no collection can have, before anything is read.
    static func wholeCollections(_ paths: [String]) throws(Failure) -> [Source] {
        var sources: [Source] = []
        for path in paths {
            for file in try DocumentImport.files(path) {
                let name = file.split(separator: "/").last.map { String($0) } ?? file
                guard name.hasSuffix(".json") else {
                    throw .usage(
                        "\(file): a file of documents is called NAME.json after its collection; or name it with --collection"
                    )
                }
                sources.append(Source(path: file, collection: String(name.dropLast(5)), isWhole: true))
            }
        }
        return sources
    }

    private static func files(_ path: String) throws(Failure) -> [String] {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        guard let directory = unsafe opendir(path) else { throw Failure(system: errno, "cannot read \(path)") }
        defer { unsafe _ = closedir(directory) }
        var files: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json"), !name.hasPrefix(".") { files.append("\(path)/\(name)") }
        }
        guard !files.isEmpty else { throw .badData("there is no file NAME.json in \(path)") }
        return files.sorted()
    }

    /// Imports all of them.
    ///
    /// - Returns: how many documents went in, and how many were left out.
    func run(_ sources: [Source]) throws -> (imported: Int, rejected: Int) {
        let inputs = try sources.map { source throws(Failure) in try Input(source.path) }
        let sizes = inputs.map(\.size)
        let total = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
        let progress = Progress("import", totalBytes: total, unit: .rows, quiet: quiet, updatesBetweenLooks: 1)
        let remote = try place.remoteJSON()
        let there = try remote?.schemas() ?? []
        // What only looks makes nothing, not even a database.
        let database = try remote != nil ? nil : isDryRun ? place.openIfThere() : place.create()
        let missing = try Keyspace(MemoryStore())
        let schemas = try zip(sources, inputs).map { source, input in
            do throws(RecordError) {
                if let database { return try database.documents(source.collection).schema() }
                if let schema = there.first(where: { $0.name == source.collection }) { return schema }
                return try missing.documents(source.collection).schema()
            } catch {
                throw Failure.badData(
                    "\(input.name): no collection can be called '\(source.collection)': \(error.message)")
            }
        }
        var count = (imported: 0, rejected: 0)
        var bytesBefore = 0
        defer { progress.clear() }
        for (position, input) in inputs.enumerated() {
            let source = sources[position]
            let schema = schemas[position]
            let rows: any RowSource = source.isWhole ? CollectionRows(input, schema) : DocumentLines(input, schema)
            if let target = try target(source.collection, database, remote, isThere: there.contains { $0 == schema }) {
                var importer = Importer(target, onError: onError, isDryRun: isDryRun)
                do {
                    try importer.take(rows, progress: progress, bytesBefore: bytesBefore)
                } catch {
                    progress.clear()
                    try importer.finish()
                    throw error
                }
                try importer.finish()
                count.imported += importer.imported
                count.rejected += importer.rejected
            } else {
                count.imported += try check(rows)
            }
            bytesBefore += input.position
        }
        try database?.close()
        return count
    }

    /// Where the documents go; `nil` for nowhere.
    private func target(
        _ collection: String, _ database: Database?, _ remote: ServerConnection?, isThere: Bool
    ) throws -> (any RowTarget)? {
        let loading = RowLoading(
            mode: mode, stopsAtProblem: onError.isStop, isDryRun: isDryRun, durability: durability)
        if let remote {
            if !isDryRun { _ = try remote.run(["LV.DOC", "CREATE", collection]) }
            return isThere || !isDryRun ? RemoteRows(remote, collection, loading) : nil
        }
        let documents = try database?.documents(collection)
        if !isDryRun { try documents?.create() }
        guard let documents, database?.schema(collection) != nil else { return nil }
        return LocalRows(records: documents.records, loading: loading)
    }

    /// Reads the documents of a collection that is not made, as nothing is written.
    private func check(_ rows: any RowSource) throws -> Int {
        var count = 0
        while let row = try rows.next(keepsOriginal: false) {
            if case .failure(let problem) = row.outcome {
                let what = "\(rows.name), row \(row.number) (line \(row.line)): \(problem.reason)"
                guard case .stop = onError else {
                    Notice.print("\(what); left out")
                    continue
                }
                throw Failure.badData("\(what); \(Quantity.counted(count, "row", "rows")) before would go in")
            }
            count += 1
        }
        return count
    }
}
