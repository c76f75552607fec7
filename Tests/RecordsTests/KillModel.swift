internal import StoreConformance

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
internal import Records

/// The key of a record in the model.
struct KillKey: Hashable {
    let group: String
    let id: Int64

    /// The parts in the order of the keys of `schema`.
    func parts(_ schema: SchemaDefinition) -> [KeyValue] {
        KillShape(schema).isByID ? [.integer(id), .string(group)] : [.string(group), .integer(id)]
    }

    static func random(using random: inout SeededGenerator) -> KillKey {
        let groups = ["", "a", "a:", "a;", "b\0", "é"]
        return KillKey(group: groups.randomElement(using: &random) ?? "", id: .random(in: -2...9, using: &random))
    }
}

typealias KillFields = [String: FieldValue]

/// How the records are stored.
struct KillShape {
    var layout: RecordLayout
    var encoding: KeyEncoding
    /// Whether the id comes first in the key.
    var isByID = false

    init(_ shape: RecordShape) {
        layout = shape.layout
        encoding = shape.encoding
    }

    init(_ schema: SchemaDefinition) {
        layout = schema.recordLayout
        encoding = schema.layout.encoding
        isByID = schema.keyFields.first?.name == "id"
    }

    /// What a rewrite changes.
    enum Part: CaseIterable { case layout, encoding, key }

    func changed(_ part: Part) -> KillShape {
        var shape = self
        switch part {
        case .layout: shape.layout = layout.other
        case .encoding: shape.encoding = encoding == .text ? .tuple : .text
        case .key: shape.isByID.toggle()
        }
        return shape
    }
}

/// One step of a child process. What it is depends on the random generator alone, so that the parent knows it.
indirect enum KillOperation {
    case insert(KillKey, KillFields)
    case upsert(KillKey, KillFields)
    case update(KillKey, [String: FieldValue?])
    case delete(KillKey)
    case move(KillKey, KillKey, overwriting: Bool)
    /// Fields of several records, or packed ones as wholes, as plain keys in one batch.
    case batch([KillKey: [String: FieldValue]])
    case transaction([KillOperation])
    case rebuild(String)
    /// The next version of the schema, in which one index is another one, and building that.
    case change
    /// The next version of the schema, in another layout or encoding or with another key: all records are rewritten;
    /// then that is made final or taken back.
    case rewrite(KillShape.Part, commits: Bool)
    case compact

    static func random(using random: inout SeededGenerator) -> KillOperation {
        switch Int.random(in: 0..<64, using: &random) {
        case 0..<24: return single(using: &random)
        case 24..<36:
            let key = KillKey.random(using: &random)
            var target = KillKey.random(using: &random)
            while target == key { target = .random(using: &random) }
            return .move(key, target, overwriting: .random(using: &random))
        case 36..<48:
            var writes: [KillKey: KillFields] = [:]
            for _ in 0..<3 {
                let fields = fields(using: &random)
                if !fields.isEmpty { writes[.random(using: &random)] = fields }
            }
            return .batch(writes)
        case 48..<59: return .transaction((0..<4).map { _ in single(using: &random) })
        case 59..<61:
            return .rebuild(["byName", "byYear", "byCode", "byTag"].randomElement(using: &random) ?? "byName")
        case 61: return .change
        case 62:
            let part = KillShape.Part.allCases.randomElement(using: &random) ?? .layout
            return .rewrite(part, commits: .random(using: &random))
        default: return .compact
        }
    }

    private static func single(using random: inout SeededGenerator) -> KillOperation {
        let key = KillKey.random(using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: return .insert(key, fields(using: &random))
        case 2, 3: return .upsert(key, fields(using: &random))
        case 4:
            var changes: [String: FieldValue?] = fields(using: &random).mapValues { $0 }
            for name in KillModel.fields where Int.random(in: 0..<4, using: &random) == 0 {
                changes[name] = .some(nil)
            }
            return .update(key, changes)
        default: return .delete(key)
        }
    }

    private static func fields(using random: inout SeededGenerator) -> KillFields {
        var fields: KillFields = [:]
        // Now and then a long one, so that logs and tables change often.
        let names: [FieldValue] = ["x", "x\0", "", "xy", .scalar(.string(String(repeating: "long ", count: 2000)))]
        let codes: [FieldValue] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
        let extras = [#"{"t":["p","q","p"]}"#, #"{"t":[]}"#, #"{"t":1.5}"#, #"{"t":[null,2,"q"]}"#, "[]"]
        if Bool.random(using: &random) { fields["name"] = names.randomElement(using: &random) }
        if Bool.random(using: &random) { fields["year"] = [1990, -300, .null, 70_000].randomElement(using: &random) }
        if Bool.random(using: &random) { fields["code"] = codes.randomElement(using: &random) }
        if Bool.random(using: &random) {
            let extra = extras.randomElement(using: &random) ?? "1"
            fields["extra"] = (try? JSONValue(parsing: extra)).map { .json($0) }
        }
        return fields
    }
}

/// What a database is to hold: a plain dictionary, and which version its schema has.
struct KillModel: Equatable {
    static let fields = ["name", "year", "code", "extra"]

    private(set) var layout: RecordLayout
    private(set) var records: [KillKey: KillFields] = [:]
    /// 0 before the schema is there.
    var version = 0

    init(_ layout: RecordLayout) { self.layout = layout }

    /// What a database holds.
    init(_ layout: RecordLayout, _ keyspace: Keyspace<LevelDBStore>) throws {
        self.layout = layout
        guard let schema = keyspace.schema("item") else { return }
        self.layout = schema.recordLayout
        version = schema.version
        try keyspace.records("item").forEach { record in
            guard case .scalar(.string(let group))? = record["group"], case .scalar(.integer(let id))? = record["id"]
            else { return }
            var fields: KillFields = [:]
            for field in record.fields.dropFirst(2) { fields[field.name] = field.value }
            records[KillKey(group: group, id: id)] = fields
        }
    }

    /// Does what an operation does to a database.
    ///
    /// - Returns: whether the operation is taken; a refused one changes nothing.
    mutating func apply(_ operation: KillOperation) -> Bool {
        var after = self
        guard after.change(operation) else { return false }
        self = after
        return true
    }

    private mutating func change(_ operation: KillOperation) -> Bool {
        switch operation {
        case .insert(let key, let fields):
            guard records[key] == nil else { return false }
            records[key] = fields
        case .upsert(let key, let fields): records[key] = fields
        case .update(let key, let changes):
            guard var fields = records[key] else { return false }
            for (name, value) in changes { fields[name] = value }
            records[key] = fields
        case .delete(let key): records[key] = nil
        case .move(let key, let target, let overwriting):
            guard let fields = records[key], overwriting || records[target] == nil else { return false }
            records[key] = nil
            records[target] = fields
        case .batch(let writes):
            for (key, fields) in writes {
                let others = layout == .fields ? records[key] ?? [:] : [:]
                records[key] = others.merging(fields) { $1 }
            }
        case .transaction(let operations): return operations.allSatisfy { change($0) }
        case .rewrite(let part, let commits):
            // Without records there is nothing to rewrite or to take back: the new version counts at once.
            if commits || records.isEmpty {
                version += 1
                if part == .layout { layout = layout.other }
            }
        case .rebuild, .compact: return true
        case .change: version += 1
        }
        return isUnique
    }

    /// Whether no two records have one code.
    private var isUnique: Bool {
        let codes = records.values.compactMap { $0["code"] }
        return Set(codes).count == codes.count
    }

    /// A version of the schema: each later one has one index under another id.
    static func schema(_ version: Int, _ shape: KillShape) throws -> SchemaDefinition {
        let lines = [
            "  byName: {id: %, on: [name, {year: desc}], include: [code]}",
            "  byYear: {id: %, on: [{year: desc}, group]}",
            "  byCode: {id: %, on: [code], unique: true, sparse: true}",
            "  byTag: {id: %, on: ['extra.t[]', {name: desc}]}",
        ]
        var ids = Array(1...lines.count)
        var retired: [Int] = []
        for later in stride(from: 2, through: version, by: 1) {
            retired.append(ids[later % ids.count])
            ids[later % ids.count] = lines.count + later - 1
        }
        let indexes = zip(lines, ids).map { $0.replacing("%", with: "\($1)") }.joined(separator: "\n")
        let schema = try shelfSchema(
            version: version, key: shape.isByID ? "item:{id}:{group}" : "item:{group}:{id}",
            encoding: shape.encoding.rawValue, layout: shape.layout, indexes: indexes)
        return try SchemaDefinition(
            "item", version: version, key: schema.layout.template, encoding: schema.layout.encoding,
            layout: schema.recordLayout, fields: schema.fields, indexes: schema.indexes, retiredIndexes: retired)
    }
}

extension KillOperation {
    /// Runs the operation on a database.
    ///
    /// - Returns: whether the operation was taken.
    func run(on keyspace: Keyspace<LevelDBStore>) throws -> Bool {
        let records = try keyspace.records("item")
        do {
            switch self {
            case .batch(let writes): try keyspace.write { try put(writes, keyspace, in: &$0) }
            case .transaction(let operations):
                try keyspace.transact { transaction in
                    for operation in operations { try operation.stage(records, in: &transaction) }
                }
            case .rebuild(let index): try keyspace.withAllBuilt { try keyspace.rebuildIndex(index, of: "item") }
            case .change:
                let schema = try records.schema
                try keyspace.apply(KillModel.schema(schema.version + 1, KillShape(schema)))
                try keyspace.withAllBuilt {}
            case .rewrite(let part, let commits):
                let schema = try records.schema
                let next = try KillModel.schema(schema.version + 1, KillShape(schema).changed(part))
                try keyspace.withAllBuilt { try keyspace.apply(next) }
                if try keyspace.migration(of: "item") != nil {
                    if commits { try keyspace.commit("item") } else { try keyspace.rollback("item") }
                }
                try keyspace.withAllBuilt {}
            case .compact: try keyspace.store.compact()
            default: try keyspace.transact { try stage(records, in: &$0) }
            }
            return true
        } catch let error as RecordError
            where [.alreadyExists, .notFound, .uniqueViolation].contains(error.code)
        {
            return false
        }
    }

    /// Stages plain keys: of the layout `fields` those of the fields, of `packed` that of the whole record.
    private func put(
        _ writes: [KillKey: KillFields], _ keyspace: Keyspace<LevelDBStore>, in batch: inout WriteBatch
    ) throws {
        // A value that begins with 00 is not among them.
        func stored(_ value: FieldValue) -> [UInt8] { value == .null ? [0] : Array(value.description.utf8) }
        let schema = try keyspace.records("item").schema
        for (key, fields) in writes {
            if schema.recordLayout == .packed {
                let numbered = fields.map { name, value in (schema.field(name)?.id ?? 0, stored(value)) }
                batch.put(try schema.layout.prefix(key.parts(schema)), packedBytes(version: schema.version, numbered))
            } else {
                for (name, value) in fields {
                    batch.put(try schema.layout.key(key.parts(schema), field: name), stored(value))
                }
            }
        }
    }

    private func stage(
        _ records: DynamicRecords<LevelDBStore>, in transaction: inout KeyspaceTransaction<LevelDBSnapshot>
    ) throws {
        func record(_ key: KillKey, _ fields: KillFields) -> DynamicRecord {
            var record: DynamicRecord = ["group": .scalar(.string(key.group)), "id": .scalar(.integer(key.id))]
            for name in KillModel.fields { record[name] = fields[name] }
            return record
        }
        let schema = try records.schema
        switch self {
        case .insert(let key, let fields): try records.insert(record(key, fields), in: &transaction)
        case .upsert(let key, let fields): try records.upsert(record(key, fields), in: &transaction)
        case .update(let key, let changes): try records.update(key.parts(schema), set: changes, in: &transaction)
        case .delete(let key): try records.delete(key.parts(schema), in: &transaction)
        case .move(let key, let target, let overwriting):
            try records.move(key.parts(schema), to: target.parts(schema), overwriting: overwriting, in: &transaction)
        case .batch, .transaction, .rebuild, .change, .rewrite, .compact: break
        }
    }
}

extension RecordLayout {
    fileprivate var other: RecordLayout { self == .fields ? .packed : .fields }
}

extension Keyspace<LevelDBStore> {
    /// Brings a rewrite that was killed to an end: one that was being made final goes on, all others are taken back.
    func settle() throws {
        guard let rewrite = try migration(of: "item") else { return }
        if rewrite.phase == .committing { try commit("item") } else { try rollback("item") }
    }

    /// Runs `body` when all indexes are built, and again when another thread has begun to build one anew meanwhile.
    fileprivate func withAllBuilt(_ body: () throws -> Void) throws {
        while true {
            do {
                try buildAll()
                return try body()
            } catch let error as RecordError where error.code == .indexNotReady {}
        }
    }

    /// Builds each index of the records that is not ready.
    func buildAll() throws {
        for index in try indexes(of: "item") where !index.isReady {
            try rebuildIndex(index.definition.name, of: "item")
        }
    }
}
