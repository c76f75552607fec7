internal import LVKV

/// One operation of the mixed load: a transaction each.
struct Operation {
    private let database: Database
    private let durability: Durability
    private let arguments: [String]

    init(_ database: Database, _ durability: Durability, _ arguments: [String]) {
        self.database = database
        self.durability = durability
        self.arguments = arguments
    }

    static let schemaText = """
        schema: item
        version: 1
        key: "item:{worker}:{id}:{field}"
        fields:
          worker: {id: 1, type: string}
          id:     {id: 2, type: string}
          name:   {id: 3, type: string, required: true}
          year:   {id: 4, type: int}
          code:   {id: 5, type: string}
          text:   {id: 6, type: string}
        indexes:
          byName: {id: 1, on: [name]}
          byYear: {id: 2, on: [year, name]}
          byCode: {id: 3, on: [code], unique: true}
        """

    /// Applies the schema of the records.
    static func prepare(_ database: Database) throws {
        if database.schema("item") == nil {
            try database.apply(SchemaDefinition(parsing: schemaText, file: "item.yaml"))
        }
        try finishIndexes(database)
    }

    /// Brings to its end what a kill has left of the building and removing of indexes.
    static func finishIndexes(_ database: Database) throws {
        let keyspace = database.keyspace
        try keyspace.reclaimIndexes()
        for schema in database.schemas {
            for index in try keyspace.indexes(of: schema.name) where !index.isReady {
                try keyspace.rebuildIndex(index.definition.name, of: schema.name)
            }
        }
    }

    func run(_ name: String) throws {
        switch name {
        case "put": try database.put(arguments[0], arguments[1], durability: durability)
        case "get": _ = try database.get(arguments[0])
        case "open": try Database(at: arguments[0]).close()
        case "batch":
            try database.write(durability: durability) { batch in
                for (key, value) in pairs(from: 0) { batch.put(key, value) }
            }
        case "unbatch":
            try database.write(durability: durability) { batch in
                for key in arguments { batch.delete(key) }
            }
        case "rec": try records.upsert(record(arguments), durability: durability)
        case "rec2":
            // Two records in one transaction.
            try database.transact(durability: durability) { transaction in
                try records.upsert(record(Array(arguments.prefix(6))), in: &transaction)
                try records.upsert(record(Array(arguments.dropFirst(6))), in: &transaction)
            }
        case "recdel": try records.delete(arguments.prefix(2).map { .string($0) }, durability: durability)
        case "doc":
            try database.documents("notes").updateOne(
                ["_id": .string(arguments[0])], ["$set": ["v": .string(arguments[1])]], upsert: true,
                durability: durability)
        case "docdel":
            try database.documents("notes").deleteOne(["_id": .string(arguments[0])], durability: durability)
        default: try database.transactKeys(durability: durability) { keys in try change(name, keys) }
        }
    }

    /// The operations on keys of all kinds.
    private func change(_ name: String, _ keys: KeyTransaction) throws {
        let key = arguments[0]
        switch name {
        case "del": try keys.delete(key)
        case "putx": try keys.put(key, arguments[1], expiresIn: .seconds(Int64(arguments[2]) ?? 0))
        case "push": try keys.list(key).append(contentsOf: arguments.dropFirst())
        case "pop": _ = try keys.list(key).popFirst()
        case "hset": for (field, value) in pairs(from: 1) { try keys.hash(key).set(field, to: value) }
        case "hdel": for field in arguments.dropFirst() { try keys.hash(key).remove(field) }
        case "sadd": try keys.set(key).insert(contentsOf: arguments.dropFirst())
        case "srem": for member in arguments.dropFirst() { try keys.set(key).remove(member) }
        case "zadd":
            for (member, score) in pairs(from: 1) {
                try keys.sortedSet(key).insert(member, score: Double(score) ?? 0)
            }
        case "zrem": for member in arguments.dropFirst() { try keys.sortedSet(key).remove(member) }
        case "move":
            let amount = Int64(arguments[2]) ?? 0
            try keys.increment(key, by: -amount)
            try keys.increment(arguments[1], by: amount)
        case "shift":
            if let element = try keys.list(key).popFirst() { try keys.list(arguments[1]).append(element) }
            try keys.increment(arguments[2])
        default: FaultVictim.fail("no such operation: \(name)", 64)
        }
    }

    private var records: DynamicRecords<LevelDBStore> {
        get throws { try database.records("item") }
    }

    private func record(_ words: [String]) -> DynamicRecord {
        var record = DynamicRecord()
        for (name, word) in zip(["worker", "id", "name", "code", "text"], words[0..<3] + words[4..<6]) {
            record[name] = .scalar(.string(word))
        }
        record["year"] = .scalar(.integer(Int64(words[3]) ?? 0))
        return record
    }

    private func pairs(from start: Int) -> [(String, String)] {
        stride(from: start, to: arguments.count - 1, by: 2).map { (arguments[$0], arguments[$0 + 1]) }
    }
}
