internal import LVKV
internal import RESP

/// The keys of a server's database: what the commands on plain keys need of it.
struct RemoteKeys {
    private let client: ServerConnection

    init(_ client: ServerConnection) { self.client = client }

    /// The string stored for `key`; `nil` when there is none.
    ///
    /// - Throws: ``Failure``, which says what to do when the key holds a structure.
    func get(_ key: [UInt8]) throws -> [UInt8]? {
        let reply = try client.run([Array("GET".utf8), key])
        switch reply {
        case .bulk(let value): return value
        case .null: return nil
        case .error(let message) where message.starts(with: "WRONGTYPE".utf8):
            guard case .simple(let kind) = try client.command([Array("TYPE".utf8), key]) else { break }
            let name = String(decoding: kind, as: UTF8.self)
            throw Failure.structure(key, StructureKind.allCases.first { $0.description == name } ?? .string)
        default: break
        }
        throw unexpected(reply)
    }

    /// Which of `keys` are there.
    func exist(_ keys: [[UInt8]]) throws -> [Bool] {
        try keys.map { key in try client.command([Array("EXISTS".utf8), key]) == .integer(1) }
    }

    /// The schemas of the server's.
    func schemas() throws -> [SchemaDefinition] {
        // As text: this connection speaks RESP3, where JSON comes as maps.
        try ServerConnection(client.address, version: 2).schemas()
    }

    /// Writes everything in `batch`, or nothing of it.
    func write(_ batch: WriteBatch, _ durability: Durability) throws {
        var words = (durability == .synced ? ["LV.BATCH", "SYNCED"] : ["LV.BATCH"]).map { Array($0.utf8) }
        batch.forEach { key, value in
            if let value {
                words += [Array("PUT".utf8), key.array, value.array]
            } else {
                words += [Array("DEL".utf8), key.array]
            }
        }
        if !batch.isEmpty { _ = try client.command(words) }
    }

    /// Hands on the keys of `range` in order, with their strings; of a structure its kind.
    func forEach(
        in range: KeyRange, _ options: ScanOptions,
        _ body: (_ key: [UInt8], _ value: [UInt8], StructureKind) throws -> Void
    ) throws {
        var lower = range.lower
        var upper = range.upper ?? []
        var left = options.limit ?? .max
        while left > 0 {
            let page = min(left, RemoteKeys.page)
            var words = [Array("LV.RANGE".utf8), lower, upper, Array("LIMIT".utf8), Array("\(page)".utf8)]
            if options.reverse { words.append(Array("REV".utf8)) }
            guard case .map(let pairs) = try client.command(words) else { throw unexpected(.null) }
            for pair in pairs {
                guard case .bulk(let key) = pair.key else { throw unexpected(pair.key) }
                if case .bulk(let value) = pair.value {
                    try body(key, value, .string)
                } else {
                    try body(key, [], try kind(of: key))
                }
                if options.reverse { upper = key } else { lower = key + [0] }
            }
            left -= pairs.count
            // An empty upper bound would be none.
            guard pairs.count == page, !(options.reverse && upper.isEmpty) else { return }
        }
    }

    private func kind(of key: [UInt8]) throws -> StructureKind {
        guard case .simple(let name) = try client.command([Array("TYPE".utf8), key]) else { return .string }
        return StructureKind.allCases.first { $0.description == String(decoding: name, as: UTF8.self) } ?? .string
    }

    /// The number of keys in `range`.
    func count(in range: KeyRange) throws -> Int {
        let reply = try client.command([Array("LV.COUNT".utf8), range.lower, range.upper ?? []])
        guard case .integer(let count) = reply else { throw unexpected(reply) }
        return count
    }

    /// Deletes the keys in `range`, all or none.
    ///
    /// - Returns: how many there were.
    func delete(in range: KeyRange) throws -> Int {
        let words = ["LV.DELRANGE", "BYTES"].map { Array($0.utf8) }
        let reply = try client.command(words + [range.lower, range.upper ?? []])
        guard case .integer(let count) = reply else { throw unexpected(reply) }
        return count
    }

    /// Sorts the tables anew, all or those of a range.
    func compact(_ range: KeyRange?) throws {
        let words = (range == nil ? ["LV.COMPACT"] : ["LV.COMPACT", "BYTES"]).map { Array($0.utf8) }
        _ = try client.command(words + (range.map { [$0.lower, $0.upper ?? []] } ?? []))
    }

    /// How many keys are asked for at a time.
    private static let page = 1_000

    private func unexpected(_ reply: Reply) -> Failure {
        if case .error(let message) = reply { return Failure(reply: message) }
        return Failure(.unavailable, "\(client.address.description) gave another reply than lvkv does")
    }
}

extension Failure {
    /// The key holds a structure, where bytes are asked for.
    static func structure(_ key: [UInt8], _ kind: StructureKind) -> Failure {
        let word = ShellLine.quoted(key)
        let command =
            switch kind {
            case .string: "GET \(word)"
            case .list: "LRANGE \(word) 0 -1"
            case .hash: "HGETALL \(word)"
            case .set: "SMEMBERS \(word)"
            case .sortedSet: "ZRANGE \(word) 0 -1 WITHSCORES"
            }
        return Failure(
            .badData,
            "'\(Escaping.text(key.span))' holds \(kind.article); print it with: lvkv shell \(command)")
    }
}
