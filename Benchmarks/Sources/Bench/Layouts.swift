import LVKV

/// The items of the other works as one value each.
struct PackedItem: FieldRecord {
    private let item: FastItem

    static let schema = RecordSchema<PackedItem>(
        "item", version: 1, key: "item:{group}:{id}", layout: .packed,
        fields: (try? FastItem.schema.definition.get())?.fields)

    init(fields: inout FieldReader) throws(RecordError) { item = try FastItem(fields: &fields) }
    func write(to fields: inout FieldWriter) throws(RecordError) { try item.write(to: &fields) }
}

extension PackedItem: MeasuredItem {
    init(number: Int) { item = FastItem(number: number) }
    var sum: Int { item.sum }
}

extension FastItem: MeasuredItem {
    init(number: Int) {
        let item = Item(number: number)
        (group, id, name, colour, maker) = (item.group, item.id, item.name, item.colour, item.maker)
        (note, size, weight, price, stock) = (item.note, item.size, item.weight, item.price, item.stock)
    }

    var sum: Int { size + name.utf8.count }
}

protocol MeasuredItem: FieldRecord {
    init(number: Int)
    var sum: Int { get }
}

/// The same records and the same calls in one layout: records of eight short fields, an operation is a record.
struct Layouts<Value: MeasuredItem> {
    private let arguments: Arguments
    private let database: Database
    private let records: TypedRecords<Value, LevelDBStore>
    private let dynamic: DynamicRecords<LevelDBStore>
    private let count: Int

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        database = try Database(at: arguments.directory, options: arguments.options)
        records = try database.keyspace.records(of: Value.self)
        dynamic = try database.keyspace.records("item")
        count = arguments.entries / 8
    }

    func run() throws {
        let work = arguments.work
        switch work {
        case "layout-make":
            _ = try insert()
            try database.store.compact()
        case "layout-insert": try measure(work, operations: count, insert)
        case "layout-scan": try measure(work, operations: count) { try scan() }
        case "layout-count": try measure(work, operations: count) { try dynamic.count() }
        case "layout-get":
            let keys = keys
            try measure(work, operations: keys.count) { try keys.reduce(0) { try $0 + get($1) } }
        case "layout-field":
            let keys = keys
            try measure(work, operations: keys.count) { try keys.reduce(0) { try $0 + field($1) } }
        case "layout-plain":
            let keys = try plainKeys
            try measure(work, operations: keys.count) { try keys.reduce(0) { try $0 + plain($1) } }
        case "layout-large":
            let keys = try makeLarge()
            try measure(work, operations: keys.count) { try update(keys) }
        case "layout-update":
            let keys = keys
            try measure(work, operations: keys.count) { try update(keys) }
        default: throw UsageError(message: "unknown work \(work)")
        }
        try database.close()
    }

    /// The keys of the records, each once, in an order of their own.
    private var keys: [[KeyValue]] {
        shuffledNumbers(below: count, seed: 7).map { number in
            let item = Item(number: number)
            return [.string(item.group), .integer(Int64(item.id))]
        }
    }

    /// The keys of the field, in the order of ``keys``; of the record where it has none.
    private var plainKeys: [[UInt8]] {
        get throws {
            let layout = try dynamic.schema.layout
            return try keys.map { layout.hasField ? try layout.key($0, field: "stock") : try layout.prefix($0) }
        }
    }

    /// Gives 1,000 records a text of 16 KiB in one of their fields.
    private func makeLarge() throws -> [[KeyValue]] {
        let keys = Array(keys.prefix(1000))
        var random = Random(seed: 3)
        for key in keys {
            let text = (0..<1024).map { _ in String(random.next(), radix: 16) }.joined()
            try dynamic.update(key, set: ["note": .scalar(.string(text))])
        }
        return keys
    }

    private func insert() throws -> Int {
        for number in 0..<count { try records.insert(Value(number: number)) }
        return count
    }

    private func scan() throws -> Int {
        var sum = 0
        try records.forEach { sum += $0.sum }
        return sum
    }

    private func get(_ key: [KeyValue]) throws -> Int { try records.get(key[0], key[1])?.sum ?? 0 }

    private func field(_ key: [KeyValue]) throws -> Int {
        guard case .scalar(.integer(let stock))? = try dynamic.get(key, fields: ["stock"])?["stock"] else { return 0 }
        return Int(stock)
    }

    /// A plain get, as any program over LevelDB may make it.
    private func plain(_ key: [UInt8]) throws -> Int { try database.keyspace.get(key) == nil ? 0 : 1 }

    private func update(_ keys: [[KeyValue]]) throws -> Int {
        for (number, key) in keys.enumerated() {
            try dynamic.update(key, set: ["stock": .scalar(.integer(Int64(number)))])
        }
        return keys.count
    }
}
