import LVKV

/// The work of `floor` and `sqlite` on the packages, in one of the layouts.
struct PackageWork<Element: PackageRecord> {
    let arguments: Arguments
    private let packages: Packages
    private let database: Database
    private let records: TypedRecords<Element, LevelDBStore>

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        packages = try Packages(at: try arguments.file)
        database = try Database(at: arguments.directory, options: arguments.options)
        records = try database.keyspace.records(of: Element.self)
    }

    func run() throws {
        let count = packages.all.count
        switch arguments.work {
        case "insert":
            let all = packages.all.map { Element($0) }
            try measure("insert", operations: count) { try insert(all) }
        case "make":
            _ = try insert(packages.all.map { Element($0) })
            try database.store.compact()
        case "lookup":
            let order = packages.shuffled.map(\.name)
            try measure("lookup", operations: count) { try lookup(order) }
        case "range":
            let starts = packages.starts
            try measure("range", operations: starts.count * Packages.range) { try range(starts) }
        case "cover": try measure("cover", operations: count * Packages.coveredPasses) { try cover() }
        case "cover-one": try measure("cover-one", operations: count * Packages.coveredPasses) { try coverOne() }
        case "section", "section-lent":
            let sections = packages.distinct { $0.section }
            let read = arguments.work == "section" ? scan : lend
            if arguments.isWarm { _ = try read(sections) }
            try measure(arguments.work, operations: count) { try read(sections) }
        case "maintainer":
            let maintainers = packages.distinct { $0.maintainer }
            try measure("maintainer", operations: count) { try find(maintainers) }
        case "filter": try measure("filter", operations: count) { try filter() }
        case "all": try measure("all", operations: count) { try scanAll() }
        case "build":
            let index = IndexDefinition("byVersion", id: 3, on: ["version"])
            try add(index)
            try measure("build", operations: count) { try database.keyspace.rebuildIndex(index.name, of: "package") }
        default: throw UsageError(message: "unknown work \(arguments.work)")
        }
        try database.close()
    }

    private func insert(_ all: [Element]) throws -> Int {
        let batch = arguments.batch
        if batch == 1 {
            for package in all { try records.insert(package) }
        } else {
            for start in stride(from: 0, to: all.count, by: batch) {
                try records.insert(contentsOf: all[start..<min(start + batch, all.count)])
            }
        }
        return all.count
    }

    private func lookup(_ names: [String]) throws -> Int {
        var sum = 0
        for name in names {
            try records.forEach(index: IndexScan("byName", equals: [.scalar(.string(name))])) {
                sum += $0.weight
            }
        }
        return sum
    }

    private func range(_ starts: [String]) throws -> Int {
        var sum = 0
        for start in starts {
            let scan = IndexScan("byMaintainer", from: .scalar(.string(start)), limit: Packages.range)
            try records.forEach(index: scan) { sum += $0.weight }
        }
        return sum
    }

    private let covered = IndexScan("byMaintainer", fields: ["maintainer", "section", "name", "version"])

    /// Goes over an index whose entries hold what is wanted, and asks for all of it.
    private func cover() throws -> Int {
        var sum = 0
        for _ in 0..<Packages.coveredPasses {
            try records.lend(covered) { fields in
                sum += try fields.utf8("maintainer")?.count ?? 0
                sum += try fields.utf8("section")?.count ?? 0
                sum += try fields.utf8("name")?.count ?? 0
                sum += try fields.utf8("version")?.count ?? 0
            }
        }
        return sum
    }

    /// The same, and asks for one field.
    private func coverOne() throws -> Int {
        var sum = 0
        for _ in 0..<Packages.coveredPasses {
            try records.lend(covered) { fields in sum += try fields.utf8("version")?.count ?? 0 }
        }
        return sum
    }

    private func scan(_ sections: [String]) throws -> Int {
        var sum = 0
        for section in sections {
            try records.forEach(RecordScan(under: [.string(section)])) { sum += $0.weight }
        }
        return sum
    }

    /// The same without making strings.
    private func lend(_ sections: [String]) throws -> Int {
        var sum = 0
        for section in sections {
            try records.lend(RecordScan(under: [.string(section)])) { sum += try Package.weight(of: &$0) }
        }
        return sum
    }

    private func scanAll() throws -> Int {
        var sum = 0
        try records.forEach { sum += $0.weight }
        return sum
    }

    private func find(_ maintainers: [String]) throws -> Int {
        var sum = 0
        for maintainer in maintainers {
            try records.forEach(index: IndexScan("byMaintainer", equals: [.scalar(.string(maintainer))])) {
                sum += $0.weight
            }
        }
        return sum
    }

    private func filter() throws -> Int {
        var sum = 0
        let condition = Condition.compare("installed_size", .greater, .scalar(.integer(Int64(Packages.large))))
        try records.forEach(Query(where: condition)) { sum += $0.weight }
        return sum
    }

    /// Declares a further index, which is to be built.
    private func add(_ index: IndexDefinition) throws {
        let schema = try records.untyped.schema
        try database.keyspace.apply(
            SchemaDefinition(
                schema.name, version: schema.version + 1, key: schema.layout.template,
                layout: schema.recordLayout, fields: schema.fields,
                indexes: schema.indexes + [index]))
    }
}
