internal import KeySchemas

/// What applying a schema did.
public struct SchemaChange: Hashable, Sendable {
    /// What became of the catalogue.
    public enum Outcome: Hashable, Sendable {
        /// There was no schema of that name.
        case created
        /// The same schema is there already.
        case unchanged
        /// It took the place of this version.
        case updated(from: Int)
    }

    public let outcome: Outcome
    /// How the new version differs from the old one, a line each.
    public let differences: [String]
    /// The indexes that cannot be read before they are built, because there are records.
    public var indexesToBuild: [String] = []
}

/// How two versions of one schema differ, and what that means for the records that are there.
struct SchemaDifference {
    /// What a change asks for.
    enum Class: String {
        case instant
        case verified = "verified by a scan"
        case built = "built online"
        case rewritten = "rewritten"
        case refused = "refused"
    }

    private(set) var lines: [(Class, String)] = []

    init(from old: SchemaDefinition, to new: SchemaDefinition) {
        if old.layout.template != new.layout.template {
            lines.append((.rewritten, "the key changes from \(old.layout.template) to \(new.layout.template)"))
        }
        if old.layout.encoding != new.layout.encoding {
            lines.append((.rewritten, "the encoding changes from \(old.layout.encoding) to \(new.layout.encoding)"))
        }
        for id in old.retiredFields where !new.retiredFields.contains(id) {
            lines.append((.refused, "the field id \(id) was retired and must stay in retired"))
        }
        for id in old.retiredIndexes where !new.retiredIndexes.contains(id) {
            lines.append((.refused, "the index id \(id) was retired and must stay in retired"))
        }
        for field in old.fields {
            if let other = new.field(field.name) {
                compare(field, other)
            } else if let other = new.fields.first(where: { $0.id == field.id }) {
                lines.append((.rewritten, "field \(field.name) is renamed to \(other.name)"))
            } else {
                lines.append((.rewritten, "field \(field.name) is removed"))
            }
        }
        compareIndexes(old, new)
        for field in new.fields where old.field(field.name) == nil {
            if old.fields.contains(where: { $0.id == field.id }) { continue }
            lines.append((field.isRequired ? .verified : .instant, "field \(field.name) is new"))
        }
    }

    private mutating func compareIndexes(_ old: SchemaDefinition, _ new: SchemaDefinition) {
        for index in old.indexes {
            let name = "index \(index.name)"
            if let other = new.indexes.first(where: { $0.id == index.id }) {
                if !index.hasSameEntries(as: other) {
                    lines.append((.built, "\(name) changes"))
                } else if !index.name.hasSameBytes(as: other.name) {
                    lines.append((.instant, "\(name) is renamed to \(other.name)"))
                }
            } else if new.retiredIndexes.contains(index.id) {
                lines.append((.instant, "\(name) is dropped"))
            } else {
                let what = new.index(index.name) == nil ? "is dropped" : "changes its id"
                lines.append((.refused, "\(name) \(what): put its id, \(index.id), into retired.indexes"))
            }
        }
        for index in new.indexes where !old.indexes.contains(where: { $0.id == index.id }) {
            lines.append((.built, "index \(index.name) is new"))
        }
    }

    /// The change that asks for the most and cannot be made at once.
    var hardest: (Class, String)? {
        let order: [Class] = [.refused, .rewritten, .verified]
        for kind in order {
            if let line = lines.first(where: { $0.0 == kind }) { return line }
        }
        return nil
    }

    private mutating func compare(_ old: FieldDefinition, _ new: FieldDefinition) {
        let name = "field \(old.name)"
        if old.id != new.id { lines.append((.refused, "\(name) changes its id from \(old.id) to \(new.id)")) }
        if old.type != new.type { lines.append((.rewritten, "\(name) changes its type")) }
        if old.isRequired != new.isRequired {
            lines.append((new.isRequired ? .verified : .instant, "\(name) is\(new.isRequired ? "" : " not") required"))
        }
        if old.isNullable != new.isNullable {
            lines.append(
                (new.isNullable ? .instant : .verified, "\(name) may\(new.isNullable ? "" : " not") be null"))
        }
        if old.defaultValue != new.defaultValue { lines.append((.instant, "\(name) changes its default")) }
        if old.maxBytes != new.maxBytes {
            let isTighter = (new.maxBytes ?? Int.max) < (old.maxBytes ?? Int.max)
            lines.append((isTighter ? .verified : .instant, "\(name) changes maxBytes"))
        }
        if old.pattern != new.pattern {
            lines.append((new.pattern == nil ? .instant : .verified, "\(name) changes its pattern"))
        }
        bound(name, "least", old.minimum, new.minimum) { $0 > $1 }
        bound(name, "largest", old.maximum, new.maximum) { $0 < $1 }
    }

    private mutating func bound(
        _ name: String, _ which: String, _ old: KeyValue?, _ new: KeyValue?, isTighter: (KeyValue, KeyValue) -> Bool
    ) {
        guard old != new else { return }
        let tighter: Bool
        if let new { tighter = old.map { isTighter(new, $0) } ?? true } else { tighter = false }
        lines.append((tighter ? .verified : .instant, "\(name) changes its \(which) value"))
    }
}
