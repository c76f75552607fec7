internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv delete`.
struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove keys, or all keys of a range.",
        discussion: """
            Named keys go together or not at all. A range goes in pieces: when it is interrupted, what went before \
            stays gone. A server removes all of it or nothing, and no record that has to have fields: take \
            'lvkv record delete' for these. On a terminal a range asks first; elsewhere one without bounds, as --prefix "", needs --yes.

            EXAMPLES
              lvkv --db library delete greeting
              lvkv --db library delete --under book:fantasy --dry-run
              lvkv --db library delete --prefix tmp: --yes

            EXIT STATUS
              0 removed, 1 a named key was not there (the others were removed)
            """)

    @OptionGroup var place: Place
    @OptionGroup var key: KeyOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var write: WriteOptions
    @Flag(name: [.customShort("n"), .long], help: "Say what would be removed, and remove nothing.")
    var dryRun = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var form: ReportOptions
    @Argument(help: "The keys.") var keys: [String] = []

    func run() throws {
        guard range.isEmpty || (keys.isEmpty && key.keyFile == nil) else {
            throw Failure.usage("either keys or a range, not both")
        }
        guard range.isEmpty else { return try deleteRange() }
        var words = keys[...]
        var named: [[UInt8]] = []
        repeat { named.append(try key.key(from: &words)) } while !words.isEmpty && key.keyFile == nil
        try KeyOptions.refuse(words)
        try delete(named)
    }

    private func delete(_ keys: [[UInt8]]) throws {
        if let remote = try place.remote() { return try delete(keys, at: remote) }
        let database = try place.open()
        var missing: [UInt8]?
        var found = 0
        var bytes = 0
        try database.read { snapshot in
            for key in keys {
                guard try snapshot.contains(key) else {
                    missing = missing ?? key
                    continue
                }
                found += 1
                // Of a structure the key's bytes count.
                let size = (try? snapshot.get(key)?.count) ?? 0
                bytes += key.count + size
            }
        }
        if dryRun {
            try say("would remove", found, bytes)
        } else {
            try database.write(durability: write.durability) { batch in
                for key in keys { batch.delete(key) }
            }
        }
        try database.close()
        if let missing { throw Failure(.notFound, "there is no key '\(Escaping.text(missing.span))'") }
    }

    private func delete(_ keys: [[UInt8]], at remote: RemoteKeys) throws {
        let isThere = try remote.exist(keys)
        if dryRun {
            try say("would remove", isThere.count { $0 })
        } else {
            var batch = WriteBatch()
            for key in keys { batch.delete(key) }
            try remote.write(batch, write.durability)
        }
        if let missing = zip(keys, isThere).first(where: { !$0.1 })?.0 {
            throw Failure(.notFound, "there is no key '\(Escaping.text(missing.span))'")
        }
    }

    private func deleteRange() throws {
        let bounds = try range.bounds(hex: key.hex)
        if range.isUnbounded && !yes && !dryRun && !Terminal.inputIsTerminal {
            throw Failure.usage("this would remove every key; say so with --yes, or give a prefix or bounds")
        }
        let mustAsk = Terminal.inputIsTerminal && !yes
        try place.refuseAtServer([("--sync with a range", write.sync)])
        if let remote = try place.remote() {
            return try deleteRange(try bounds.range(in: nil), at: remote, asks: mustAsk)
        }
        let database = try place.open()
        let range = try bounds.range(in: database)
        if dryRun || mustAsk {
            let (count, bytes) = try measure(range, in: database)
            if dryRun { return try say("would remove", count, bytes) }
            let question = "remove \(Quantity.keys(count)), \(Quantity.bytes(bytes))?"
            guard try Notice.confirm(question) else { throw Failure(.usage, "nothing was removed") }
        }
        let (count, bytes) = try clear(range, in: database)
        try database.close()
        try say("removed", count, bytes)
    }

    /// A server removes all of a range, or nothing.
    private func deleteRange(_ range: KeyRange, at remote: RemoteKeys, asks: Bool) throws {
        if dryRun { return try say("would remove", try remote.count(in: range)) }
        if asks {
            let question = "remove \(Quantity.keys(try remote.count(in: range)))?"
            guard try Notice.confirm(question) else { throw Failure(.usage, "nothing was removed") }
        }
        try say("removed", try remote.delete(in: range))
    }

    /// - Parameter bytes: what they take; a server does not say it.
    private func say(_ verb: String, _ count: Int, _ bytes: Int? = nil) throws {
        let report = form.report()
        var object: JSONObject = [dryRun ? "would_remove" : "removed": .integer(count)]
        if let bytes { object["bytes"] = .integer(bytes) }
        try report.say("\(verb) \(Quantity.keys(count))" + (bytes.map { ", \(Quantity.bytes($0))" } ?? ""), object)
        try report.flush()
    }

    private func measure(_ range: KeyRange, in database: Database) throws -> (count: Int, bytes: Int) {
        try database.read { snapshot in
            var cursor = snapshot.cursor(in: range, options: ScanOptions(fillCache: false))
            var count = 0
            var bytes = 0
            while let entry = try cursor.next() {
                count += 1
                bytes += entry.key.count + entry.value.count
            }
            return (count, bytes)
        }
    }

    /// Removes the keys of `range` in batches of bounded size, which end where a record does.
    private func clear(_ range: KeyRange, in database: Database) throws -> (count: Int, bytes: Int) {
        let mostBytes = 1 << 20
        let owners = RecordOwners(database.keyspace.schemas)
        var batch = WriteBatch()
        var record: [UInt8] = []
        var count = 0
        var bytes = 0
        func flush() throws {
            let staged = batch
            try database.write(durability: write.durability) { $0.append(staged) }
            batch.clear()
        }
        try database.read { snapshot in
            var cursor = snapshot.cursor(in: range, options: ScanOptions(fillCache: false))
            while let entry = try cursor.next() {
                let owner = owners.record(of: entry.key)
                if owner?.prefix != record || owner == nil {
                    if batch.approximateByteCount >= mostBytes { try flush() }
                    record = owner?.prefix ?? []
                    // A record is gone when its marker is, whether it had one or not.
                    if let owner {
                        var marker = owner.prefix
                        owner.layout.appendField("", to: &marker)
                        if range.contains(marker.span) { batch.delete(marker) }
                    }
                }
                batch.delete(entry.key)
                count += 1
                bytes += entry.key.count + entry.value.count
            }
        }
        if !batch.isEmpty { try flush() }
        return (count, bytes)
    }
}
