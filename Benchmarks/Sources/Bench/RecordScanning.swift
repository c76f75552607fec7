import LVKV

/// Eight short fields beside the parts of the key, read through `Codable`.
struct Item: Record {
    var group: String
    var id: Int
    var name: String
    var colour: String
    var maker: String
    var note: String
    var size: Int
    var weight: Int
    var price: Int
    var stock: Int

    static let schema = RecordSchema<Item>("item", version: 1, key: "item:{group}:{id}:{field}")

    init(number: Int) {
        group = "g\(number / 2500 + 10)"
        id = number + 1_000_000
        name = "item \(number)"
        colour = ["red", "green", "blue"][number % 3]
        maker = "maker \(number % 100)"
        note = "n\(number % 7)"
        size = number % 50
        weight = number % 1000
        price = number % 5000
        stock = number % 77
    }
}

/// The same fields, read by the type's own code.
struct FastItem: FieldRecord {
    var group: String
    var id: Int
    var name: String
    var colour: String
    var maker: String
    var note: String
    var size: Int
    var weight: Int
    var price: Int
    var stock: Int

    static let schema = RecordSchema<FastItem>("item", version: 1, key: "item:{group}:{id}:{field}")

    init(fields: inout FieldReader) throws(RecordError) {
        group = try fields.read("group")
        id = try fields.read("id")
        name = try fields.read("name")
        colour = try fields.read("colour")
        maker = try fields.read("maker")
        note = try fields.read("note")
        size = try fields.read("size")
        weight = try fields.read("weight")
        price = try fields.read("price")
        stock = try fields.read("stock")
    }

    func write(to fields: inout FieldWriter) throws(RecordError) {
        try fields.write("group", group)
        try fields.write("id", id)
        try fields.write("name", name)
        try fields.write("colour", colour)
        try fields.write("maker", maker)
        try fields.write("note", note)
        try fields.write("size", size)
        try fields.write("weight", weight)
        try fields.write("price", price)
        try fields.write("stock", stock)
    }
}

/// Records of eight fields put together from a key each; an operation is a key, as for the bare cursor.
enum RecordScanning {
    static func run(_ arguments: Arguments) throws {
        let database = try Database(at: arguments.directory, options: arguments.options)
        switch arguments.side {
        case "make": try make(database, count: arguments.entries / 8)
        case "codable":
            let records = try database.keyspace.records(of: Item.self)
            try measure(arguments.work, operations: arguments.entries) {
                var sum = 0
                try records.forEach { sum += $0.size + $0.name.utf8.count }
                return sum
            }
        default:
            let records = try database.keyspace.records(of: FastItem.self)
            try measure(arguments.work, operations: arguments.entries) {
                var sum = 0
                try records.forEach { sum += $0.size + $0.name.utf8.count }
                return sum
            }
        }
        try database.close()
    }

    private static func make(_ database: Database, count: Int) throws {
        let records = try database.keyspace.records(of: Item.self)
        for number in 0..<count { try records.insert(Item(number: number)) }
        try database.store.compact()
    }
}
