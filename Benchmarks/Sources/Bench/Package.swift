import LVKV

/// A package of Debian's, as it is in `schemas/package.yaml`, with two indexes.
struct Package: FieldRecord {
    var section: String
    var name: String
    var version: String
    var architecture: String
    var priority: String?
    var installedSize: Int?
    var maintainer: String?
    var description: String?
    var depends: String?

    enum CodingKeys: String, CodingKey {
        case section, name, version, architecture, priority
        case installedSize = "installed_size"
        case maintainer, description, depends
    }

    static let byName = IndexDefinition("byName", id: 1, on: ["name"], unique: true)
    static let byMaintainer = IndexDefinition("byMaintainer", id: 2, on: ["maintainer"], include: ["version"])

    static let schema = RecordSchema<Package>(
        "package", version: 1, key: "package:{section}:{name}:{field}", indexes: [byName, byMaintainer])

    init(fields: inout FieldReader) throws(RecordError) {
        section = try fields.read("section")
        name = try fields.read("name")
        version = try fields.read("version")
        architecture = try fields.read("architecture")
        priority = try fields.read("priority")
        installedSize = try fields.read("installed_size")
        maintainer = try fields.read("maintainer")
        description = try fields.read("description")
        depends = try fields.read("depends")
    }

    func write(to fields: inout FieldWriter) throws(RecordError) {
        try fields.write("section", section)
        try fields.write("name", name)
        try fields.write("version", version)
        try fields.write("architecture", architecture)
        try fields.write("priority", priority)
        try fields.write("installed_size", installedSize)
        try fields.write("maintainer", maintainer)
        try fields.write("description", description)
        try fields.write("depends", depends)
    }

    /// A package of a file's columns: those of `write(to:)`, in that order.
    init(_ columns: ArraySlice<String?>) throws {
        let values = Array(columns)
        guard values.count == Package.columnCount, let section = values[0], let name = values[1],
            let version = values[2], let architecture = values[3]
        else { throw UsageError(message: "the file of packages makes no sense") }
        self.section = section
        self.name = name
        self.version = version
        self.architecture = architecture
        priority = values[4]
        installedSize = values[5].flatMap { Int($0) }
        maintainer = values[6]
        description = values[7]
        depends = values[8]
    }

    static let columnCount = 9

    /// The lengths of all texts, and the number.
    var weight: Int {
        let key = section.utf8.count + name.utf8.count + version.utf8.count + architecture.utf8.count
        let optional = (priority?.utf8.count ?? 0) + (maintainer?.utf8.count ?? 0) + (description?.utf8.count ?? 0)
        return key + optional + (depends?.utf8.count ?? 0) + (installedSize ?? 0)
    }
}

extension Package {
    /// The weight of a package that is not made.
    static func weight(of fields: inout FieldReader) throws(RecordError) -> Int {
        var sum = 0
        sum += try fields.utf8("section")?.count ?? 0
        sum += try fields.utf8("name")?.count ?? 0
        sum += try fields.utf8("version")?.count ?? 0
        sum += try fields.utf8("architecture")?.count ?? 0
        sum += try fields.utf8("priority")?.count ?? 0
        sum += try fields.read("installed_size") ?? 0
        sum += try fields.utf8("maintainer")?.count ?? 0
        sum += try fields.utf8("description")?.count ?? 0
        sum += try fields.utf8("depends")?.count ?? 0
        return sum
    }
}

/// A type of records that holds a package, in one of the layouts.
protocol PackageRecord: FieldRecord {
    init(_ package: Package)
    /// See ``Package/weight``.
    var weight: Int { get }
}

extension Package: PackageRecord {
    init(_ package: Package) { self = package }
}

/// A package as one value.
struct PackedPackage: PackageRecord {
    private let package: Package

    init(_ package: Package) { self.package = package }

    var weight: Int { package.weight }

    static let schema = RecordSchema<PackedPackage>(
        "package", version: 1, key: "package:{section}:{name}", layout: .packed,
        fields: try? Package.schema.definition.get().fields, indexes: [Package.byName, Package.byMaintainer])

    init(fields: inout FieldReader) throws(RecordError) { package = try Package(fields: &fields) }

    func write(to fields: inout FieldWriter) throws(RecordError) { try package.write(to: &fields) }
}

/// The packages of a file, in the order in which they are written and in those in which they are asked for, as
/// in floor/packages.h.
struct Packages {
    /// How many records a range through an index has, and how many ranges are read.
    static let range = 1000
    static let ranges = 60
    /// How often an index is gone over whose entries hold all that is wanted.
    static let coveredPasses = 10
    /// What the filtered scan looks for: more installed KiB than that.
    static let large = 100_000

    let all: [Package]

    init(at path: String) throws {
        let texts = try SizedFile(at: path).texts()
        all = try stride(from: 0, to: texts.count, by: Package.columnCount).map { start in
            try Package(texts[start..<min(start + Package.columnCount, texts.count)])
        }
    }

    /// Each package once.
    var shuffled: [Package] { shuffledNumbers(below: all.count, seed: 3).map { all[$0] } }

    /// The different values of a column, in the order in which they come first.
    func distinct(_ column: (Package) -> String?) -> [String] {
        var seen: Set<String> = []
        return all.compactMap(column).filter { seen.insert($0).inserted }
    }

    /// The maintainers that the ranges begin with.
    var starts: [String] { shuffled.prefix(Packages.ranges).map { $0.maintainer ?? "" } }
}
