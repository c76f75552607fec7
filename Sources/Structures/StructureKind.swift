/// What kind of value a key has.
public enum StructureKind: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case string = 1, list, hash, set, sortedSet

    /// The kind's name as Redis's `TYPE` gives it: `string`, `list`, `hash`, `set` or `zset`.
    public var description: String {
        switch self {
        case .string: "string"
        case .list: "list"
        case .hash: "hash"
        case .set: "set"
        case .sortedSet: "zset"
        }
    }
}

extension StructureKind {
    /// The kind in a sentence: `a list`.
    package var article: String {
        switch self {
        case .string: "a string"
        case .list: "a list"
        case .hash: "a hash"
        case .set: "a set"
        case .sortedSet: "a sorted set"
        }
    }
}
