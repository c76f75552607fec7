/// One index of a schema: which values its entries hold, and what it promises.
public struct IndexDefinition: Hashable, Sendable {
    public let name: String
    /// The number that is the index's for good: 1 to 65,535, never given to another one of its schema.
    public let id: Int
    /// What records are ordered by, the most significant part first.
    public let parts: [IndexPart]
    /// Whether no two records may have the same values.
    public let isUnique: Bool
    /// Whether records in which a part is null or absent are left out.
    public let isSparse: Bool
    /// Fields that each entry holds a copy of, so that reading them does not touch the record.
    public let include: [String]

    /// Makes a definition; ``SchemaDefinition`` checks that it makes sense.
    public init(
        _ name: String, id: Int, on parts: [IndexPart], unique: Bool = false, sparse: Bool = false,
        include: [String] = []
    ) {
        self.name = name
        self.id = id
        self.parts = parts
        isUnique = unique
        isSparse = sparse
        self.include = include
    }
}

extension IndexDefinition: CustomStringConvertible {
    /// What it is over and what it promises, in words: `author, year desc, unique, with title`.
    public var description: String {
        var words = parts.map { $0.isDescending ? "\($0.path) desc" : $0.path }
        if isUnique { words.append("unique") }
        if isSparse { words.append("sparse") }
        if !include.isEmpty { words.append("with \(include.joined(separator: " and "))") }
        return words.joined(separator: ", ")
    }
}

/// One part of an index: whose values, and in which direction.
public struct IndexPart: Hashable, Sendable, ExpressibleByStringLiteral {
    /// A part of the key, a field, or a path inside a json field: `extra.publisher.city`. One `[]` after the field or
    /// a member, as in `extra.tags[]`, stands for each element of the array there.
    public let path: String
    /// Whether larger values come first.
    public let isDescending: Bool

    /// Makes a part.
    public init(_ path: String, descending: Bool = false) {
        self.path = path
        isDescending = descending
    }

    public init(stringLiteral value: String) { self.init(value) }
}

/// Where in a record an index part's value is.
struct IndexPath: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case member(String)
        case each
    }

    let field: FieldDefinition
    /// The way inside a json field.
    let steps: [Step]

    var isMultivalued: Bool { steps.contains(.each) }

    /// Finds what `text` names: the longest field name it begins with, and a way inside that field.
    ///
    /// - Throws: ``RecordError`` with the reason as its message.
    init(_ text: String, in fields: [FieldDefinition]) throws(RecordError) {
        func refuse(_ message: String) -> RecordError { RecordError(.malformedSchema, message: message) }
        let candidates = fields.filter { field in
            guard text.utf8.starts(with: field.name.utf8) else { return false }
            let rest = text.utf8.dropFirst(field.name.utf8.count)
            return rest.isEmpty || rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: "[")
        }
        guard let field = candidates.max(by: { $0.name.utf8.count < $1.name.utf8.count }) else {
            let near = Spelling.nearest(to: text, among: fields.map(\.name))
            throw refuse("there is no field \(text)" + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        self.field = field
        var rest = Substring(text.utf8.dropFirst(field.name.utf8.count))
        guard rest.isEmpty || field.type == .json else {
            throw refuse("\(text) is a way inside \(field.name), which is of type \(field.type.name), not json")
        }
        var steps: [Step] = []
        while !rest.isEmpty {
            if rest.hasPrefix("[]") {
                guard !steps.contains(.each) else { throw refuse("\(text) has more than one []") }
                steps.append(.each)
                rest = rest.dropFirst(2)
            } else {
                let name = rest.dropFirst().prefix { $0 != "." && $0 != "[" }
                guard rest.first == ".", !name.isEmpty else {
                    throw refuse("\(text) is no path; write names after dots, and [] for each element of an array")
                }
                steps.append(.member(String(name)))
                rest = rest.dropFirst(1 + name.count)
            }
        }
        self.steps = steps
    }
}

extension SchemaRules {
    /// Checks the indexes of a schema.
    static func check(
        _ indexes: [IndexDefinition], of fields: [FieldDefinition], retired: [Int], schema: String
    ) throws(RecordError) {
        var names: Set<UTF8Key> = []
        var owners: [Int: String] = [:]
        for index in indexes {
            func refuse(_ message: String) -> RecordError {
                RecordError(
                    .malformedSchema, schema: schema, index: RecordError.printable(index.name.utf8.span),
                    message: message)
            }
            guard isName(index.name, also: "-.") else {
                throw refuse("an index's name is 1 to 64 letters, digits, _, - and ., and begins with a letter or _")
            }
            guard numbers.contains(index.id) else { throw refuse("the id is \(index.id); it must be 1 to 65535") }
            guard names.insert(UTF8Key(index.name)).inserted else { throw refuse("the index is there twice") }
            if let owner = owners[index.id] { throw refuse("the id \(index.id) is \(owner)'s; each index has its own") }
            guard !retired.contains(index.id) else { throw refuse("the id \(index.id) is retired; take a new one") }
            owners[index.id] = index.name
            do throws(RecordError) { try check(index, of: fields) } catch { throw refuse(error.message) }
        }
    }

    private static func check(_ index: IndexDefinition, of fields: [FieldDefinition]) throws(RecordError) {
        func refuse(_ message: String) -> RecordError { RecordError(.malformedSchema, message: message) }
        guard !index.parts.isEmpty else { throw refuse("on is empty; it says what the index is over") }
        var paths: Set<IndexPath> = []
        for part in index.parts {
            let path = try IndexPath(part.path, in: fields)
            guard paths.insert(path).inserted else { throw refuse("\(part.path) is there twice") }
        }
        guard paths.count(where: \.isMultivalued) <= 1 else {
            throw refuse("two parts have []; one part of an index may be of many values")
        }
        var included: Set<UTF8Key> = []
        for name in index.include {
            guard let field = fields.first(where: { $0.name.hasSameBytes(as: name) }) else {
                let near = Spelling.nearest(to: name, among: fields.map(\.name))
                throw refuse("include: there is no field \(name)" + (near.map { "; did you mean \($0)?" } ?? ""))
            }
            guard !field.isKeyPart else {
                throw refuse("include: \(name) is a part of the key, which is in each entry already")
            }
            guard included.insert(UTF8Key(name)).inserted else { throw refuse("include: \(name) is there twice") }
        }
    }
}
