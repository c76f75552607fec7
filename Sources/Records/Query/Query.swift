/// A question about the records of one schema: which, what of them, in which order, and how many.
///
/// ```swift
/// let query = Query(
///     where: .compare("author", .equal, "Tolkien, J."), select: ["title", "year"], order: [.descending("year")],
///     limit: 20)
/// for record in try database.records("book").query(query) { print(record.json) }
/// ```
public struct Query: Hashable, Sendable {
    /// What the records must be like.
    public var condition: Condition
    /// The fields to read, parts of the key among them; `nil` for all.
    public var select: [String]?
    /// What the records are ordered by, the most significant first. Without it they come as the plan finds them.
    public var order: [Order]
    /// The most records; `nil` for all. The size of a page where pages are asked for.
    public var limit: Int?
    /// How many of the first records are left out; each is found all the same. Not applied with ``after``.
    public var skip: Int
    /// Goes on after the page that gave this token: see ``DynamicRecords/page(_:)``.
    public var after: String?
    /// The most bytes of memory that sorting, and remembering what was seen, take. A sort that needs more goes on in
    /// temporary files; what cannot is refused.
    public var memory: Int

    /// What ``memory`` is when nothing else is said: 64 MiB.
    public static let usualMemory = 64 << 20

    /// Makes a question. A negative `limit` or `skip` counts as 0.
    public init(
        where condition: Condition = .all, select: [String]? = nil, order: [Order] = [], limit: Int? = nil,
        skip: Int = 0, after: String? = nil, memory: Int = Query.usualMemory
    ) {
        self.condition = condition
        self.select = select
        self.order = order
        self.limit = limit.map { Swift.max(0, $0) }
        self.skip = Swift.max(0, skip)
        self.after = after
        self.memory = memory
    }

    /// One of the values that records are ordered by, and its direction.
    ///
    /// Absent comes before null, and null before all values: last where the order is descending. The values of a
    /// json field are ordered by kind: objects and arrays, strings, numbers, booleans.
    public struct Order: Hashable, Sendable, ExpressibleByStringLiteral {
        /// A part of the key, a field, or a path inside a json field, without `[]`.
        public let path: String
        /// Whether larger values come first.
        public let isDescending: Bool

        /// Makes one.
        public init(_ path: String, descending: Bool = false) {
            self.path = path
            isDescending = descending
        }

        public init(stringLiteral value: String) { self.init(value) }

        /// Smaller values first.
        public static func ascending(_ path: String) -> Order { Order(path) }
        /// Larger values first.
        public static func descending(_ path: String) -> Order { Order(path, descending: true) }
    }
}
