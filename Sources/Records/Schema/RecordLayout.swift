/// Where the fields of a record are stored.
public enum RecordLayout: String, Hashable, Sendable, CaseIterable {
    /// Each under a key of its own: a field is read and written alone, and any LevelDB program can do so.
    case fields
    /// All in one value: a record takes one key, and is read and written as a whole.
    case packed
}
