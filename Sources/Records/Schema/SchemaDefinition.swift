public import KeySchemas

/// A schema: what the keys and the fields of one kind of record are.
///
/// Read from a schema file, or derived from a Swift type; kept in a database's catalogue. A value that was
/// checked as a whole: there is none that makes no sense.
public struct SchemaDefinition: Hashable, Sendable {
    /// What the schema is called: letters, digits, `_` and `-`.
    public let name: String
    /// Goes up with each change: 1 or more.
    public let version: Int
    /// The shape and the encoding of the keys.
    public let layout: KeyLayout
    /// Where the fields of a record are stored.
    public let recordLayout: RecordLayout
    /// The parts of the key and all other fields, in the order of the schema.
    public let fields: [FieldDefinition]
    /// Whether records may have members beside the fields, each of them JSON under its own key; the order of all
    /// members is kept. `additional: json` in a schema file.
    public let isOpen: Bool
    /// The indexes, in the order of the schema.
    public let indexes: [IndexDefinition]
    /// Numbers of fields that were removed: not to be given again.
    public let retiredFields: [Int]
    /// Numbers of indexes that were removed: not to be given again.
    public let retiredIndexes: [Int]

    /// The fields that are stored beside the key, in schema order: all but the parts of the key.
    public let storedFields: [FieldDefinition]
    /// The parts of the key, in the template's order.
    public let keyFields: [FieldDefinition]

    private let positions: [UTF8Key: Int]

    /// Checks and makes a definition. The fields named in `key` are its parts, whether they say so themselves or not.
    ///
    /// - Throws: ``RecordError`` with code `malformedSchema` that names the field and what is wrong.
    public init(
        _ name: String, version: Int, key: KeyTemplate, encoding: KeyEncoding = .text,
        layout recordLayout: RecordLayout = .fields, fields: [FieldDefinition], isOpen: Bool = false,
        indexes: [IndexDefinition] = [], retiredFields: [Int] = [], retiredIndexes: [Int] = []
    ) throws(RecordError) {
        try SchemaRules.check(name: name, version: version)
        try SchemaRules.check(key, recordLayout, schema: name)
        guard !isOpen || recordLayout == .fields else {
            throw RecordError(
                .notSupportedYet, schema: name, field: "additional",
                message: "additional members in layout packed are not supported yet; use layout fields")
        }
        let parts = key.partNames
        let marked = fields.map { parts.contains($0.name) && !$0.isKeyPart ? $0.asKeyPart : $0 }
        for field in marked {
            try SchemaRules.check(field, isKeyPart: parts.contains(field.name), schema: name)
        }
        try SchemaRules.checkNumbers(marked, retired: retiredFields, schema: name)
        try SchemaRules.check(indexes, of: marked, retired: retiredIndexes, schema: name)
        var types: [ComponentType] = []
        var keyFields: [FieldDefinition] = []
        for part in parts {
            guard let field = marked.first(where: { $0.name == part }), case .scalar(let type) = field.type else {
                throw RecordError(
                    .malformedSchema, schema: name, field: part,
                    message: "the key has {\(part)}, and fields does not say what it is")
            }
            types.append(type)
            keyFields.append(field)
        }
        do { layout = try KeyLayout(key, types: types, encoding: encoding) } catch {
            throw RecordError(error, schema: name)
        }
        self.name = name
        self.version = version
        self.recordLayout = recordLayout
        self.fields = marked
        self.isOpen = isOpen
        self.indexes = indexes
        self.retiredFields = retiredFields
        self.retiredIndexes = retiredIndexes
        self.keyFields = keyFields
        storedFields = marked.filter { !$0.isKeyPart }
        positions = Dictionary(uniqueKeysWithValues: marked.enumerated().map { (UTF8Key($0.element.name), $0.offset) })
    }

    /// The field called `name`.
    ///
    /// - Complexity: O(1).
    public func field(_ name: String) -> FieldDefinition? {
        positions[UTF8Key(name)].map { fields[$0] }
    }

    /// The index called `name`.
    public func index(_ name: String) -> IndexDefinition? { indexes.first { $0.name.hasSameBytes(as: name) } }

    /// Where the field called `name` stands among ``fields``.
    func position(of name: String) -> Int? { positions[UTF8Key(name)] }

    /// The error for a field that is not there, with the nearest name that is.
    func unknownField(_ name: String) -> RecordError {
        let near = Spelling.nearest(to: name, among: fields.map(\.name))
        return RecordError(
            .unknownField, schema: self.name, field: name,
            message: "the schema has no such field" + (near.map { "; did you mean \($0)?" } ?? ""))
    }

    public static func == (left: SchemaDefinition, right: SchemaDefinition) -> Bool {
        left.json == right.json
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(version)
        hasher.combine(layout)
        hasher.combine(fields)
    }
}

extension FieldDefinition {
    fileprivate var asKeyPart: FieldDefinition {
        FieldDefinition(
            name, id: id, type: type, isRequired: true, isNullable: isNullable, isKeyPart: true,
            defaultValue: defaultValue, maxBytes: maxBytes, pattern: pattern, minimum: minimum, maximum: maximum)
    }
}

/// What makes sense in a schema.
enum SchemaRules {
    /// Field numbers are small enough for any encoding of them.
    static let numbers = 1...65_535

    static func check(name: String, version: Int) throws(RecordError) {
        guard isName(name, also: "-") else {
            throw RecordError(
                .malformedSchema, schema: RecordError.printable(name.utf8.span), field: "schema",
                message: "a schema's name is 1 to 64 letters, digits, _ and -, and begins with a letter or _")
        }
        guard version >= 1 else {
            throw RecordError(
                .malformedSchema, schema: name, field: "version", message: "the version is \(version); it begins at 1")
        }
    }

    static func check(_ key: KeyTemplate, _ layout: RecordLayout, schema: String) throws(RecordError) {
        func refuse(_ message: String) -> RecordError {
            RecordError(.malformedSchema, schema: schema, field: "key", message: message)
        }
        switch layout {
        case .fields where !key.hasField:
            throw refuse("layout fields needs {field} as the key's last segment: \(key):{field}")
        case .packed where key.hasField:
            throw refuse("layout packed has one key a record, so {field} is no segment of it")
        case .fields, .packed: break
        }
    }

    static func check(_ field: FieldDefinition, isKeyPart: Bool, schema: String) throws(RecordError) {
        func refuse(_ message: String) -> RecordError {
            RecordError(.malformedSchema, schema: schema, field: field.name, message: message)
        }
        guard isName(field.name, also: "-.") else {
            throw refuse("a field's name is 1 to 64 letters, digits, _, - and ., and begins with a letter or _")
        }
        guard field.name != "field" else { throw refuse("{field} stands for all fields; call it something else") }
        guard numbers.contains(field.id) else { throw refuse("the id is \(field.id); it must be 1 to 65535") }
        if isKeyPart {
            guard field.type != .json else { throw refuse("a json field cannot be a part of the key") }
            guard !field.isNullable else { throw refuse("a part of the key cannot be null") }
            guard field.defaultValue == nil else { throw refuse("a part of the key has no default") }
        }
        if case .scalar(let type) = field.type {
            do { try type.validate() } catch { throw refuse(error.message) }
            if case .int(.some) = type, !isKeyPart { throw refuse("pad is for parts of the key") }
            if type == .id, !isKeyPart { throw refuse("type id is for parts of the key") }
        }
        if let maxBytes = field.maxBytes {
            switch field.type {
            case .json, .scalar(.string), .scalar(.bytes): break
            default: throw refuse("maxBytes is for string, bytes and json fields")
            }
            guard maxBytes >= 0 else { throw refuse("maxBytes is negative") }
        }
        if field.pattern != nil, field.type != .scalar(.string) {
            throw refuse("pattern is for string fields")
        }
        if let least = field.minimum, let most = field.maximum, least > most {
            throw refuse("check: the least value, \(least), is above the largest, \(most)")
        }
        if let value = field.defaultValue {
            do { _ = try field.validate(value) } catch { throw refuse("default: \(error.message)") }
        }
    }

    static func checkNumbers(
        _ fields: [FieldDefinition], retired: [Int], schema: String
    ) throws(RecordError) {
        var names: Set<UTF8Key> = []
        var owners: [Int: String] = [:]
        for field in fields {
            func refuse(_ message: String) -> RecordError {
                RecordError(.malformedSchema, schema: schema, field: field.name, message: message)
            }
            guard names.insert(UTF8Key(field.name)).inserted else { throw refuse("the field is there twice") }
            if let owner = owners[field.id] { throw refuse("the id \(field.id) is \(owner)'s; each field has its own") }
            guard !retired.contains(field.id) else { throw refuse("the id \(field.id) is retired; take a new one") }
            owners[field.id] = field.name
        }
    }

    static func isName(_ name: String, also others: String) -> Bool {
        guard (1...64).contains(name.utf8.count), let first = name.unicodeScalars.first else { return false }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        }
        return isLetter(first)
            && name.unicodeScalars.allSatisfy {
                isLetter($0) || ("0"..."9").contains($0) || others.unicodeScalars.contains($0)
            }
    }
}

/// Finds what was meant.
package enum Spelling {
    /// The candidate that takes the fewest changes of single bytes; `nil` when none is near.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(64))
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let distance = distance(letters, Array(candidate.lowercased().utf8))
            guard distance <= Swift.max(1, letters.count / 2), distance < best?.distance ?? Int.max else { continue }
            best = (distance, candidate)
        }
        return best?.candidate
    }

    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let above = row[column + 1]
                row[column + 1] = Swift.min(above + 1, row[column] + 1, diagonal + (byte == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
