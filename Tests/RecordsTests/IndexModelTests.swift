internal import StoreConformance
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
internal import Records

@Suite("indexes against a dictionary")
struct IndexModelTests {
    @Test("long sequences of writes, builds and drops leave each index as the records say, in memory")
    func memory() throws {
        for shape in RecordShape.all {
            try IndexModel(over: MemoryStore(), shape).run(rounds: 60, steps: 25)
        }
    }

    @Test("long sequences of writes, builds and drops leave each index as the records say, on LevelDB")
    func levelDB() throws {
        for shape in RecordShape.all {
            try withDirectory { path in
                let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
                try IndexModel(over: store, shape).run(rounds: 30, steps: 20)
                try store.close()
            }
        }
    }
}

/// Records with their indexes beside a dictionary that knows nothing of either.
private final class IndexModel<Store: OrderedStore> {
    private struct Key: Hashable, Comparable {
        let group: String
        let id: Int64

        static func < (left: Key, right: Key) -> Bool {
            let order = left.group.utf8.lexicographicallyPrecedes(right.group.utf8)
            return left.group.utf8.elementsEqual(right.group.utf8) ? left.id < right.id : order
        }

        var parts: [KeyValue] { [.string(group), .integer(id)] }
    }

    private struct Stop: Error {}

    private static var fields: [String] { ["name", "year", "code", "extra"] }
    private static var all: [String] {
        [
            "  byName: {id: %, on: [name, {year: desc}], include: [code]}",
            "  byYear: {id: %, on: [{year: desc}, group]}",
            "  byCode: {id: %, on: [code], unique: true, sparse: true}",
            "  byTag: {id: %, on: ['extra.t[]', {name: desc}]}",
        ]
    }

    private let store: Store
    private let shape: RecordShape
    private let seed = UInt64.random(in: 0...UInt64.max)
    private var random: SeededGenerator
    private var keyspace: Keyspace<Store>
    private var records: DynamicRecords<Store>
    private var model: [Key: [String: FieldValue]] = [:]
    private var version = 1
    private var ids = [1, 2, 3, 4]
    private var retired: [Int] = []

    init(over store: Store, _ shape: RecordShape) throws {
        self.store = store
        self.shape = shape
        random = SeededGenerator(seed: seed)
        keyspace = try Keyspace(store)
        try keyspace.apply(IndexModel.schema(1, shape, [1, 2, 3, 4], []))
        records = try keyspace.records("item")
    }

    private static func schema(
        _ version: Int, _ shape: RecordShape, _ ids: [Int], _ retired: [Int]
    ) throws -> SchemaDefinition {
        let indexes = zip(all, ids).map { $0.replacing("%", with: "\($1)") }.joined(separator: "\n")
        let schema = try shelfSchema(
            version: version, encoding: shape.encoding.rawValue, layout: shape.layout, indexes: indexes)
        return try SchemaDefinition(
            "item", version: version, key: schema.layout.template, encoding: schema.layout.encoding,
            layout: schema.recordLayout, fields: schema.fields, indexes: schema.indexes, retiredIndexes: retired)
    }

    func run(rounds: Int, steps: Int) throws {
        for round in 0..<rounds {
            for _ in 0..<steps { try step() }
            if round % 5 == 4 { try rebuild() }
            try check("seed \(seed), round \(round)")
        }
    }

    // MARK: - Writing

    private func key() -> Key {
        let groups = ["", "a", "a:", "a;", "b\0", "é"]
        return Key(group: groups.randomElement(using: &random) ?? "", id: .random(in: -2...9, using: &random))
    }

    private func changes() throws -> [String: FieldValue?] {
        var values: [String: FieldValue?] = [:]
        let names: [FieldValue?] = ["x", "x\0", "", "xy", nil]
        let years: [FieldValue?] = [1990, -300, .null, nil, 70_000]
        let codes: [FieldValue?] = ["1", "2", "3", "4", "5", "6", "7", "8", nil, nil]
        let extras = [#"{"t":["p","q","p"]}"#, #"{"t":[]}"#, #"{"t":1.5}"#, #"{"t":[null,2,"q"]}"#, "[]"]
        if Bool.random(using: &random) { values["name"] = .some(names.randomElement(using: &random) ?? nil) }
        if Bool.random(using: &random) { values["year"] = .some(years.randomElement(using: &random) ?? nil) }
        if Bool.random(using: &random) { values["code"] = .some(codes.randomElement(using: &random) ?? nil) }
        if Bool.random(using: &random) {
            values["extra"] = .some(.json(try JSONValue(parsing: extras.randomElement(using: &random) ?? "1")))
        }
        return values
    }

    private func apply(_ changes: [String: FieldValue?], to old: [String: FieldValue]) -> [String: FieldValue] {
        var new = old
        for (name, value) in changes { new[name] = value }
        return new
    }

    private func record(_ key: Key, _ values: [String: FieldValue]) -> DynamicRecord {
        var record: DynamicRecord = ["group": .scalar(.string(key.group)), "id": .scalar(.integer(key.id))]
        for name in IndexModel.fields { record[name] = values[name] }
        return record
    }

    /// Whether no two records have one code.
    private func isUnique(_ model: [Key: [String: FieldValue]]) -> Bool {
        let codes = model.values.compactMap { $0["code"] }
        return Set(codes).count == codes.count
    }

    private func step() throws {
        let key = key()
        let changes = try changes()
        var after = model
        let write: () throws -> Void
        switch Int.random(in: 0..<7, using: &random) {
        case 0:
            guard model[key] == nil else { return }
            after[key] = apply(changes, to: [:])
            write = { [records] in try records.insert(self.record(key, self.apply(changes, to: [:]))) }
        case 1:
            after[key] = apply(changes, to: [:])
            write = { [records] in try records.upsert(self.record(key, self.apply(changes, to: [:]))) }
        case 2:
            guard let old = model[key] else { return }
            after[key] = apply(changes, to: old)
            write = { [records] in try records.update(key.parts, set: changes) }
        case 3:
            after[key] = nil
            write = { [records] in try records.delete(key.parts) }
        case 4:
            let target = self.key()
            guard let old = model[key], target != key else { return }
            after[key] = nil
            after[target] = old
            write = { [records] in try records.move(key.parts, to: target.parts, overwriting: true) }
        default:
            // A few records, or single fields of them, as plain keys in one batch.
            var batch = WriteBatch()
            for _ in 0..<3 {
                let key = self.key()
                let changes = try self.changes()
                if changes.isEmpty || changes.allSatisfy({ $0.value == nil }) && after[key] == nil { continue }
                after[key] = apply(changes, to: after[key] ?? [:])
                try put(key, changes, whole: after[key] ?? [:], in: &batch)
            }
            // A batch that puts a field and deletes it again has made no record; one that puts a whole record has.
            if shape.layout == .fields { after = after.filter { model[$0.key] != nil || !$0.value.isEmpty } }
            write = { [keyspace] in try keyspace.write(batch) }
        }
        if isUnique(after) {
            try write()
            model = after
        } else {
            let error = #expect(throws: RecordError.self, "seed \(seed)") { try write() }
            #expect(error?.code == .uniqueViolation, "seed \(seed): \(error?.description ?? "")")
        }
    }

    /// Stages plain keys: those of the fields that change, or that of the whole record.
    private func put(
        _ key: Key, _ changes: [String: FieldValue?], whole: [String: FieldValue], in batch: inout WriteBatch
    ) throws {
        // A value that begins with 00 is not among them.
        func stored(_ value: FieldValue) -> [UInt8] { value == .null ? [0] : Array(value.description.utf8) }
        let schema = try records.schema
        guard shape.layout == .fields else {
            let fields = whole.map { name, value in (schema.field(name)?.id ?? 0, stored(value)) }
            return batch.put(try schema.layout.prefix(key.parts), packedBytes(version: schema.version, fields))
        }
        for (name, value) in changes {
            let field = try schema.layout.key(key.parts, field: name)
            if let value { batch.put(field, stored(value)) } else { batch.delete(field) }
        }
    }

    /// Gives an index another id and so builds it anew, with writes and a stop in between.
    private func rebuild() throws {
        let position = Int.random(in: 0..<ids.count, using: &random)
        retired.append(ids[position])
        ids[position] = (ids + retired).reduce(0, max) + 1
        version += 1
        let change = try keyspace.apply(IndexModel.schema(version, shape, ids, retired))
        guard let name = change.indexesToBuild.first else { return #expect(model.isEmpty, "seed \(seed)") }
        let isStopped = Bool.random(using: &random)
        do { try keyspace.rebuildIndex(name, of: "item") { _ in if isStopped { throw Stop() } } } catch is Stop {}
        for _ in 0..<10 where isStopped { try step() }
        keyspace = try Keyspace(store)
        records = try keyspace.records("item")
        try keyspace.rebuildIndex(name, of: "item")
    }

    // MARK: - Checking

    private func check(_ comment: Comment) throws {
        let result = try keyspace.verifyIndexes(of: "item")
        #expect(result.differences == 0 && result.unbuilt.isEmpty, comment)
        #expect(result.records == model.count, comment)
        func rank(_ value: FieldValue?) -> Int { value == nil ? 0 : value == .null ? 1 : 2 }
        func compare(_ left: FieldValue?, _ right: FieldValue?) -> Int {
            guard case .scalar(let mine)? = left, case .scalar(let other)? = right else {
                return rank(left) - rank(right)
            }
            return mine < other ? -1 : mine == other ? 0 : 1
        }
        let byName = model.sorted { left, right in
            let name = compare(left.value["name"], right.value["name"])
            let year = compare(right.value["year"], left.value["year"])
            return name != 0 ? name < 0 : year != 0 ? year < 0 : left.key < right.key
        }
        let wanted = ["group", "id", "name", "year", "code"]
        func whole(_ element: (key: Key, value: [String: FieldValue])) -> DynamicRecord {
            record(element.key, element.value)
        }
        #expect(try records.find(index: "byName") == byName.map(whole), comment)
        #expect(
            try records.find(index: "byName", reverse: true, fields: wanted)
                == byName.reversed().map {
                    var record = whole($0)
                    record["extra"] = nil
                    return record
                }, comment)
        for year: FieldValue? in [1990, .null, nil] {
            let some = byName.filter { $0.value["year"] == year }.map(\.key).sorted()
            let found = try records.find(index: "byYear", equals: [year], fields: ["group", "id"])
            #expect(found == some.map { record($0, [:]) }, comment)
        }
        let early = byName.filter {
            $0.value["name"] == "x" && compare($0.value["year"], 0) < 0 && rank($0.value["year"]) == 2
        }
        #expect(try records.find(index: "byName", equals: ["x"], to: 0) == early.map(whole), comment)
        for (key, values) in model where values["code"] != nil {
            #expect(try records.find(index: "byCode", equals: [values["code"]]) == [record(key, values)], comment)
        }
        #expect(try records.count(index: IndexScan("byCode")) == model.values.count { $0["code"] != nil }, comment)
        let tagged = model.filter { "\($0.value["extra"] ?? .null)".contains("\"q\"") }
        #expect(Set(try records.find(index: "byTag", equals: ["q"])) == Set(tagged.map(whole)), comment)
        #expect(try records.count(index: IndexScan("byTag")) == model.count, comment)
    }
}
