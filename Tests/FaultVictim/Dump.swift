internal import LVKV

/// Everything in a database, a key, record or document a line; and what does not agree with the rest, on lines that
/// begin with `!`.
struct Dump {
    private let database: Database

    init(_ database: Database) { self.database = database }

    func write(to output: inout LineOutput) throws {
        let schemas = database.schemas.map(\.name)
        try writeKeys(&output)
        for name in schemas { try writeRecords(of: name, &output) }
        try checkIndexes(schemas, &output)
    }

    private func writeKeys(_ output: inout LineOutput) throws {
        var keys: [([UInt8], StructureKind)] = []
        try database.read { snapshot in
            var cursor = snapshot.cursor(in: .all, options: .forward)
            while let entry = try cursor.next() {
                let key = entry.key.array
                // The records are written as such.
                if key.starts(with: Array("item:".utf8)) || key.starts(with: Array("doc:".utf8)) { continue }
                if key.starts(with: Array("notes".utf8)) { continue }
                if let value = entry.value.count > 0 ? text(entry.value.array) : nil {
                    output.line("string", text(key), value)
                } else {
                    keys.append((key, try kind(of: key)))
                }
            }
        }
        for (key, kind) in keys { try writeStructure(key, kind, &output) }
    }

    private func kind(of key: [UInt8]) throws -> StructureKind { try database.kind(of: key) ?? .string }

    private func writeStructure(_ key: [UInt8], _ kind: StructureKind, _ output: inout LineOutput) throws {
        let name = text(key)
        switch kind {
        case .string: output.line("string", name, try database.get(key)?.string ?? "")
        case .list:
            let list = database.list(key)
            output.line(["list", name, "\(try list.count)"] + (try list.values().map { text($0) }))
            for index in 0..<(try list.count) where try list.value(at: index) == nil {
                output.line("!", "list \(name) has no element \(index)")
            }
        case .hash:
            let hash = database.hash(key)
            var words: [String] = []
            try hash.forEach { field, value in words += [text(field.array), text(value.array)] }
            output.line(["hash", name, "\(try hash.count)"] + words)
        case .set:
            let set = database.set(key)
            let members = try set.members()
            output.line(["set", name, "\(try set.count)"] + members.map { text($0) })
            for member in members where !(try set.contains(member)) {
                output.line("!", "set \(name) lists \(text(member)) and does not contain it")
            }
        case .sortedSet:
            let set = database.sortedSet(key)
            let elements = try set.elements()
            output.line(
                ["zset", name, "\(try set.count)"] + elements.flatMap { [text($0.member), "\(Int($0.score))"] })
            for (rank, element) in elements.enumerated() {
                if try set.score(of: element.member) != element.score {
                    output.line("!", "sorted set \(name): the score of \(text(element.member)) differs")
                }
                if try set.rank(of: element.member) != rank {
                    output.line("!", "sorted set \(name): the rank of \(text(element.member)) is not \(rank)")
                }
            }
        }
    }

    private func writeRecords(of name: String, _ output: inout LineOutput) throws {
        let records = try database.records(name)
        try records.forEach { output.line("record", name, "\($0.json)") }
        _ = try records.verify { output.line("!", "\($0)") }
    }

    private func checkIndexes(_ schemas: [String], _ output: inout LineOutput) throws {
        try Operation.finishIndexes(database)
        var entries = 0
        for name in schemas {
            let result = try database.keyspace.verifyIndexes(of: name) { output.line("!", "\(name): \($0)") }
            if !result.unbuilt.isEmpty { output.line("!", "\(name): \(result.unbuilt) cannot be built") }
            entries += result.entries
        }
        // No others are left over, of indexes that are no more.
        let stored = try database.store.count(in: .prefix([0xFF, UInt8(ascii: "i")]))
        if stored != entries { output.line("!", "\(stored) index entries are stored, \(entries) belong to records") }
    }
}
