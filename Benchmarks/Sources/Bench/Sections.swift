import LVKV

/// A small record in one of 50 sections.
struct Article: FieldRecord {
    let section: String
    let id: Int
    let size: Int

    static let sections = 50
    static let schema = RecordSchema<Article>("article", version: 1, key: "article:{section}:{id}:{field}")

    init(number: Int) {
        section = "section \(number % Article.sections)"
        id = number
        size = number % 1000
    }

    init(fields: inout FieldReader) throws(RecordError) {
        section = try fields.read("section")
        id = try fields.read("id")
        size = try fields.read("size")
    }

    func write(to fields: inout FieldWriter) throws(RecordError) {
        try fields.write("section", section)
        try fields.write("id", id)
        try fields.write("size", size)
    }
}

/// What is asked of many records without wanting any of them; an operation is the whole question.
enum Sections {
    static func run(_ arguments: Arguments) throws {
        let database = try Database(at: arguments.directory, options: arguments.options)
        let records = try database.keyspace.records(of: Article.self)
        switch arguments.work {
        case "make":
            for start in stride(from: 0, to: arguments.entries, by: 1000) {
                try records.insert(contentsOf: (start..<start + 1000).lazy.map { Article(number: $0) })
            }
            try database.store.compact()
        case "distinct":
            try measure("distinct", operations: 1) { try records.untyped.distinct("section").count }
        case "count": try measure("count", operations: 1) { try records.untyped.count() }
        default: throw UsageError(message: "unknown work \(arguments.work)")
        }
        try database.close()
    }
}
