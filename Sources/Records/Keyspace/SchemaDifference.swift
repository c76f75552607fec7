internal import KeySchemas

/// What a change of a schema asks for of the records that are there.
public enum ChangeClass: String, Hashable, Sendable {
    /// Nothing.
    case instant
    /// That they fit already: each is read once.
    case verified
    /// An index to be built while reads and writes go on.
    case built
    /// That each is written anew.
    case rewritten
    /// It is not done.
    case refused
}

/// One way in which two versions of a schema differ.
public struct SchemaDifference: Hashable, Sendable, CustomStringConvertible {
    /// What it asks for.
    public let kind: ChangeClass
    /// What changes, and of what is refused what to do instead.
    public let description: String

    init(_ kind: ChangeClass, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension SchemaDefinition {
    /// How this version differs from an older one: key, fields, indexes.
    public func differences(from old: SchemaDefinition) -> [SchemaDifference] {
        SchemaComparison(from: old, to: self).differences
    }
}

extension [SchemaDifference] {
    /// Whether one of them is of this class.
    package func has(_ kind: ChangeClass) -> Bool { contains { $0.kind == kind } }
}

/// Compares two versions of a schema: fields and indexes by their ids.
private struct SchemaComparison {
    private let old: SchemaDefinition
    private let new: SchemaDefinition
    private(set) var differences: [SchemaDifference] = []

    init(from old: SchemaDefinition, to new: SchemaDefinition) {
        self.old = old
        self.new = new
        compareKeys()
        for id in old.retiredFields where !new.retiredFields.contains(id) {
            add(.refused, "the field id \(id) was retired and must stay in retired")
        }
        for id in old.retiredIndexes where !new.retiredIndexes.contains(id) {
            add(.refused, "the index id \(id) was retired and must stay in retired")
        }
        for field in old.fields {
            if let other = new.field(id: field.id) { compare(field, other) } else { remove(field) }
        }
        for field in new.fields where old.field(id: field.id) == nil {
            // Its value is the default in all records that are there.
            let isNeeded = field.isRequired && field.defaultValue == nil
            // Records of an open schema may have a member of that name.
            let mayNotFit = old.isOpen && !(field.type == .json && field.isUnconstrained)
            if field.isKeyPart {
                add(.refused, "field \(field.name) is new and a part of the key, which no record has")
            } else {
                add(isNeeded || mayNotFit ? .verified : .instant, "field \(field.name) is new")
            }
        }
        compareIndexes()
    }

    private mutating func add(_ kind: ChangeClass, _ text: String) { differences.append(SchemaDifference(kind, text)) }

    private mutating func compareKeys() {
        if SchemaComparison.shape(old) != SchemaComparison.shape(new) {
            add(.rewritten, "the key changes from \(old.layout.template) to \(new.layout.template)")
        }
        if old.layout.encoding != new.layout.encoding {
            add(.rewritten, "the encoding changes from \(old.layout.encoding) to \(new.layout.encoding)")
        }
        if old.recordLayout != new.recordLayout {
            add(.rewritten, "the layout changes from \(old.recordLayout) to \(new.recordLayout)")
        }
        if !old.isOpen, new.isOpen { add(.verified, "additional members are json") }
        if old.isOpen, !new.isOpen { add(.instant, "additional members are not json any more") }
    }

    private enum Segment: Hashable {
        case literal([UInt8])
        case part(Int)
        case field
    }

    /// The template with ids for the names of the parts, which are in no key.
    private static func shape(_ schema: SchemaDefinition) -> [Segment] {
        schema.layout.template.segments.map { segment in
            switch segment {
            case .literal(let text): .literal(Array(text.utf8))
            case .part(let name): .part(schema.field(name)?.id ?? 0)
            case .field: .field
            }
        }
    }

    private mutating func remove(_ field: FieldDefinition) {
        if let other = new.field(field.name) {
            add(.refused, "field \(field.name) changes its id from \(field.id) to \(other.id)")
        } else if new.retiredFields.contains(field.id) {
            // A packed record keeps it under its id, as it does one that the schema never knew.
            add(new.recordLayout == .packed ? .instant : .rewritten, "field \(field.name) is removed")
        } else {
            add(.refused, "field \(field.name) is removed: put its id, \(field.id), into retired.fields")
        }
    }

    private mutating func compareIndexes() {
        for index in old.indexes {
            let name = "index \(index.name)"
            if let other = new.indexes.first(where: { $0.id == index.id }) {
                if !index.hasSameEntries(as: other, from: old, to: new) {
                    add(.built, "\(name) changes")
                } else if !index.name.hasSameBytes(as: other.name) {
                    add(.instant, "\(name) is renamed to \(other.name)")
                }
            } else if new.retiredIndexes.contains(index.id) {
                add(.instant, "\(name) is dropped")
            } else {
                let what = new.index(index.name) == nil ? "is dropped" : "changes its id"
                add(.refused, "\(name) \(what): put its id, \(index.id), into retired.indexes")
            }
        }
        for index in new.indexes where !old.indexes.contains(where: { $0.id == index.id }) {
            add(.built, "index \(index.name) is new")
        }
    }

    private mutating func compare(_ old: FieldDefinition, _ new: FieldDefinition) {
        let name = "field \(old.name)"
        if !old.name.hasSameBytes(as: new.name) {
            // The name of a part of the key is in no key, and no name is in a packed record.
            let isStored = self.new.recordLayout == .fields && !(old.isKeyPart && new.isKeyPart)
            add(isStored ? .rewritten : .instant, "\(name) is renamed to \(new.name)")
        }
        compareTypes(name, old, new)
        if old.isRequired != new.isRequired {
            let isTighter = new.isRequired && new.defaultValue == nil
            add(isTighter ? .verified : .instant, "\(name) is\(new.isRequired ? "" : " not") required")
        } else if new.isRequired, !new.isKeyPart, old.defaultValue != nil, new.defaultValue == nil {
            add(.verified, "\(name) is required and loses its default")
        }
        if old.isNullable != new.isNullable {
            add(new.isNullable ? .instant : .verified, "\(name) may\(new.isNullable ? "" : " not") be null")
        }
        if old.defaultValue != new.defaultValue { add(.instant, "\(name) changes its default") }
        if old.maxBytes != new.maxBytes {
            let isTighter = (new.maxBytes ?? Int.max) < (old.maxBytes ?? Int.max)
            add(isTighter ? .verified : .instant, "\(name) changes maxBytes")
        }
        if old.pattern != new.pattern {
            add(new.pattern == nil ? .instant : .verified, "\(name) changes its pattern")
        }
        bound(name, "least", old.minimum, new.minimum) { $0 > $1 }
        bound(name, "largest", old.maximum, new.maximum) { $0 < $1 }
    }

    private mutating func compareTypes(_ name: String, _ old: FieldDefinition, _ new: FieldDefinition) {
        guard old.type != new.type else { return }
        let change = "\(name) changes its type from \(old.typeText) to \(new.typeText)"
        switch (old.type, new.type) {
        case (.scalar(.bytes), .scalar(.bytes(let count))):
            add(count == nil ? .instant : .verified, change)
        case (.scalar(.decimal(let digits, let scale)), .scalar(.decimal(let most, let newScale)))
        where scale == newScale && !old.isKeyPart && !new.isKeyPart:
            add(most > digits ? .instant : .verified, change)
        default:
            add(.rewritten, change)
        }
    }

    private mutating func bound(
        _ name: String, _ which: String, _ old: KeyValue?, _ new: KeyValue?, isTighter: (KeyValue, KeyValue) -> Bool
    ) {
        guard old != new else { return }
        let tighter: Bool
        if let new { tighter = old.map { isTighter(new, $0) } ?? true } else { tighter = false }
        add(tighter ? .verified : .instant, "\(name) changes its \(which) value")
    }
}

extension SchemaDefinition {
    /// The field with an id.
    func field(id: Int) -> FieldDefinition? { fields.first { $0.id == id } }
}

extension FieldDefinition {
    /// The type with its numbers, for messages.
    fileprivate var typeText: String {
        guard case .scalar(let type) = type else { return "json" }
        return "\(type)"
    }
}

extension IndexDefinition {
    /// Whether two versions of a schema make the same entries of a record: they hold no name of a field, and an absent
    /// field with a default has an entry of that.
    func hasSameEntries(as other: IndexDefinition, from old: SchemaDefinition, to new: SchemaDefinition) -> Bool {
        guard isUnique == other.isUnique, isSparse == other.isSparse, parts.count == other.parts.count,
            include.map({ old.field($0)?.id }) == other.include.map({ new.field($0)?.id })
        else { return false }
        return zip(parts, other.parts).allSatisfy { part, otherPart in
            guard let path = try? IndexPath(part.path, in: old.fields),
                let otherPath = try? IndexPath(otherPart.path, in: new.fields)
            else { return false }
            return part.isDescending == otherPart.isDescending && path.field.id == otherPath.field.id
                && path.steps == otherPath.steps && path.field.defaultValue == otherPath.field.defaultValue
        }
    }
}
