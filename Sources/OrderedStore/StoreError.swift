/// What went wrong in a store: a code to act on, the operation, where, and the engine's own words.
public struct StoreError: Error, Sendable {
    /// What kind of failure it is. More may be added: keep a default in a `switch`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case closed, locked, forked, busy, writesRefused, wentBackwards
            case notFound, alreadyExists, corruption, io, invalidArgument, notSupported, wrongType, failed
        }

        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// The store was closed. Open it again.
        public static let closed = Code(.closed)
        /// Another process, or another handle of this one, has the directory open.
        public static let locked = Code(.locked)
        /// The store was opened before a `fork`; only the parent may use it. Open another in the child.
        public static let forked = Code(.forked)
        /// The call would wait for itself: a write inside a transaction's body, a close inside a cursor's scope.
        public static let busy = Code(.busy)
        /// Writes are refused for the disk's sake: one has failed since the store was opened last, or there is hardly
        /// any room left. Nothing was written; reads go on.
        public static let writesRefused = Code(.writesRefused)
        /// The directory holds less than it did when it was last closed.
        public static let wentBackwards = Code(.wentBackwards)
        /// There is no such database.
        public static let notFound = Code(.notFound)
        /// There is a database already, or files that would be lost.
        public static let alreadyExists = Code(.alreadyExists)
        /// Stored bytes are damaged.
        public static let corruption = Code(.corruption)
        /// The operating system failed: disk full, unreadable file, missing permission.
        public static let io = Code(.io)
        /// An argument is out of its range.
        public static let invalidArgument = Code(.invalidArgument)
        /// The engine cannot do this.
        public static let notSupported = Code(.notSupported)
        /// The key holds a structure, which has no bytes to be read.
        public static let wrongType = Code(.wrongType)
        /// The engine failed in a way that has no code.
        public static let failed = Code(.failed)

        public var description: String { name.rawValue }
    }

    /// What kind of failure it is.
    public var code: Code
    /// What was being done: `open`, `get`, `write`, …
    public var operation: String
    /// The directory of the store; `nil` for a store without one.
    public var path: String?
    /// What happened and what to do about it, in one line.
    public var message: String
    /// Whether a failed write may nevertheless be there, whole, after the store is opened again.
    public var outcomeIsUnknown: Bool

    /// Makes an error.
    public init(
        _ code: Code, operation: String, path: String? = nil, message: String, outcomeIsUnknown: Bool = false
    ) {
        self.code = code
        self.operation = operation
        self.path = path
        self.message = message
        self.outcomeIsUnknown = outcomeIsUnknown
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        let place = path.map { " (\($0))" } ?? ""
        let outcome = outcomeIsUnknown ? "; the outcome of this write is unknown" : ""
        return "\(operation): \(message)\(place)\(outcome)"
    }
}
