/// Something that is stored and not as lvkv writes it: what a check of a whole database hands over, one at a time.
public struct StoredProblem: Hashable, Sendable {
    /// What it is about. More may be added: keep a default in a `switch`.
    public struct Kind: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case damage, order, metadata, elements, count, expiry, garbage, identifier, catalogue, record, index,
                unknown
        }

        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// Bytes that cannot be read, or whose checksum does not match.
        public static let damage = Kind(.damage)
        /// Keys that do not follow each other.
        public static let order = Kind(.order)
        /// The metadata of a key makes no sense.
        public static let metadata = Kind(.metadata)
        /// The elements of a list, hash, set or sorted set are not those that its metadata tells of.
        public static let elements = Kind(.elements)
        /// The counts that ranks come from do not add up.
        public static let count = Kind(.count)
        /// The queue of keys that expire and the keys disagree.
        public static let expiry = Kind(.expiry)
        /// What waits to be reclaimed is in use, or nobody is going to reclaim it.
        public static let garbage = Kind(.garbage)
        /// A number was given out twice, or could be given out again.
        public static let identifier = Kind(.identifier)
        /// The catalogue of schemas cannot be read.
        public static let catalogue = Kind(.catalogue)
        /// A record, or a key under a schema's prefix, does not fit the schema.
        public static let record = Kind(.record)
        /// An index and the records disagree.
        public static let index = Kind(.index)
        /// A key of lvkv's own that this version does not know.
        public static let unknown = Kind(.unknown)

        public var description: String { name.rawValue }
    }

    /// What it is about.
    public var kind: Kind
    /// The key: a user's, or where it is about none in particular, one of lvkv's own.
    public var key: [UInt8]
    /// The number of the database that the key is in; `nil` for keys of lvkv's own.
    public var database: Int?
    /// Of damage: the first readable key behind it; ``key`` is the last one before it, empty at the start.
    public var upper: [UInt8]?
    /// What is wrong, in one line.
    public var message: String

    /// Makes a problem.
    public init(
        _ kind: Kind, key: [UInt8], upTo upper: [UInt8]? = nil, database: Int? = nil, _ message: String
    ) {
        self.upper = upper
        self.kind = kind
        self.key = key
        self.database = database
        self.message = message
    }
}
