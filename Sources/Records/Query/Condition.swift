/// What a record must be like.
///
/// The logic has two values: each condition is true or false of each record. Absent and null are values like
/// others: `=` null is true of null only, a field that is not there is found with ``not(_:)`` of ``exists(_:)``, and
/// `!=` is true of exactly the records of which `=` is false, those without the field among them.
///
/// Two conditions are equal when they are written alike, their strings by UTF-8.
///
/// A path names a part of the key, a field, or a place in a json field: `extra.publisher.city`. With `[]` it means
/// the elements of an array, `tags[]`, and a condition is true when it is true of any of them.
public indirect enum Condition: Hashable, Sendable {
    /// True of every record.
    case all
    /// The value at a path, how it compares, and with what.
    ///
    /// Numbers compare exactly, whatever their form; strings by their UTF-8 bytes. The order comparisons are true
    /// between values of one kind only.
    case compare(String, Comparison, FieldValue)
    /// True when the value at a path equals one of these.
    case isIn(String, [FieldValue])
    /// True when there is a value at a path; null is one.
    case exists(String)
    /// True when the value at a path is a string that begins with this.
    case startsWith(String, String)
    /// True when the value at a path is a string that the pattern is found in, anywhere unless it says `^` or `$`.
    case matches(String, Pattern)
    /// True when all of these are; of every record when there are none.
    case and([Condition])
    /// True when any of these is; of no record when there are none.
    case or([Condition])
    /// True when this is not.
    case not(Condition)
}

/// How two values compare.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
    /// Equal.
    case equal = "="
    /// Not equal: exactly when ``equal`` is false.
    case notEqual = "!="
    /// Less.
    case less = "<"
    /// Less or equal.
    case lessOrEqual = "<="
    /// Greater.
    case greater = ">"
    /// Greater or equal.
    case greaterOrEqual = ">="
}

extension Condition {
    public static func == (left: Condition, right: Condition) -> Bool {
        switch (left, right) {
        case (.all, .all): true
        case (.compare(let path, let comparison, let value), .compare(let otherPath, let other, let otherValue)):
            comparison == other && path.hasSameBytes(as: otherPath) && value == otherValue
        case (.isIn(let path, let values), .isIn(let otherPath, let others)):
            path.hasSameBytes(as: otherPath) && values == others
        case (.exists(let path), .exists(let other)): path.hasSameBytes(as: other)
        case (.startsWith(let path, let text), .startsWith(let otherPath, let other)):
            path.hasSameBytes(as: otherPath) && text.hasSameBytes(as: other)
        case (.matches(let path, let pattern), .matches(let otherPath, let other)):
            path.hasSameBytes(as: otherPath) && pattern == other
        case (.and(let parts), .and(let others)), (.or(let parts), .or(let others)): parts == others
        case (.not(let condition), .not(let other)): condition == other
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .all: hasher.combine(0)
        case .compare(let path, let comparison, let value):
            hasher.combine(UTF8Key(path))
            hasher.combine(comparison)
            hasher.combine(value)
        case .isIn(let path, let values):
            hasher.combine(UTF8Key(path))
            hasher.combine(values)
        case .exists(let path): hasher.combine(UTF8Key(path))
        case .startsWith(let path, let text):
            hasher.combine(UTF8Key(path))
            hasher.combine(UTF8Key(text))
        case .matches(let path, let pattern):
            hasher.combine(UTF8Key(path))
            hasher.combine(pattern)
        case .and(let parts), .or(let parts): hasher.combine(parts)
        case .not(let condition): hasher.combine(condition)
        }
    }
}
