/// Why an operation on a structure was refused. Nothing was changed then.
public struct StructureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is. More may be added: keep a default in a `switch`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case wrongType, notAnInteger, notAFloat, overflow, outOfRange, noSuchKey, tooLarge, malformed
        }

        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// The key holds a value of another kind.
        public static let wrongType = Code(.wrongType)
        /// A value is no integer of 64 bits.
        public static let notAnInteger = Code(.notAnInteger)
        /// A value is no number.
        public static let notAFloat = Code(.notAFloat)
        /// The result would not fit.
        public static let overflow = Code(.overflow)
        /// A position is out of range.
        public static let outOfRange = Code(.outOfRange)
        /// There is no such key.
        public static let noSuchKey = Code(.noSuchKey)
        /// The result would be larger than a value may be.
        public static let tooLarge = Code(.tooLarge)
        /// Stored bytes are not what lvkv writes.
        public static let malformed = Code(.malformed)

        public var description: String { name.rawValue }
    }

    /// What kind of refusal it is.
    public var code: Code
    /// What happened and what to do about it, in one line.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension StructureError {
    static var wrongType: StructureError {
        StructureError(.wrongType, "the key holds another kind of value; delete it first or use another key")
    }

    static var indexOutOfRange: StructureError {
        StructureError(.outOfRange, "there is no element at this index; ask for the length first")
    }

    static func malformed(_ what: String) -> StructureError {
        StructureError(
            .malformed, "\(what) is not as lvkv writes it: the database is damaged or another program wrote it")
    }
}
