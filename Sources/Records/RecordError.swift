internal import KeySchemas
internal import OrderedStore

/// Why a schema, a record or a write was refused: a code to act on, what it is about, and what to do.
public struct RecordError: Error, Hashable, Sendable {
    /// What kind of refusal it is. More may be added: keep a default in a `switch`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case malformedSchema, notSupportedYet, schemaConflict, unknownSchema, schemaInUse, typeMismatch
            case reservedKey, malformedKey, malformedValue, invalidValue, missingField, unknownField
            case notFound, alreadyExists, unordered, badToken, newerFormat, busy, migrating
            case unknownIndex, indexNotReady, uniqueViolation, damagedIndex
            case tooLarge, outOfRange
        }

        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// A schema file cannot be read, or what it says makes no sense.
        public static let malformedSchema = Code(.malformedSchema)
        /// It makes sense, and this version of lvkv cannot do it.
        public static let notSupportedYet = Code(.notSupportedYet)
        /// A schema does not fit another one, or keys that are there.
        public static let schemaConflict = Code(.schemaConflict)
        /// There is no schema of that name in the database.
        public static let unknownSchema = Code(.unknownSchema)
        /// A schema has records, so it stays.
        public static let schemaInUse = Code(.schemaInUse)
        /// A Swift type and the schema in the database disagree.
        public static let typeMismatch = Code(.typeMismatch)
        /// Keys that begin with FF are lvkv's own.
        public static let reservedKey = Code(.reservedKey)
        /// A key under a schema's prefix is not what the schema writes.
        public static let malformedKey = Code(.malformedKey)
        /// Stored bytes are no value of their field.
        public static let malformedValue = Code(.malformedValue)
        /// A value is not what its field takes.
        public static let invalidValue = Code(.invalidValue)
        /// A record would be without a required field, or lacks a part of its key.
        public static let missingField = Code(.missingField)
        /// The schema has no such field.
        public static let unknownField = Code(.unknownField)
        /// There is no such record.
        public static let notFound = Code(.notFound)
        /// There is a record already.
        public static let alreadyExists = Code(.alreadyExists)
        /// The byte order of a key part is not the order of its values, so a range of it is no range of keys.
        public static let unordered = Code(.unordered)
        /// A resume token is damaged, or of another scan.
        public static let badToken = Code(.badToken)
        /// A newer lvkv made the database.
        public static let newerFormat = Code(.newerFormat)
        /// The schema has no such index.
        public static let unknownIndex = Code(.unknownIndex)
        /// The index is still to be built.
        public static let indexNotReady = Code(.indexNotReady)
        /// Another record has the value of a unique index.
        public static let uniqueViolation = Code(.uniqueViolation)
        /// An index and the records disagree.
        public static let damagedIndex = Code(.damagedIndex)
        /// A schema's records are being written anew, and what was asked for must wait for the end of that.
        public static let migrating = Code(.migrating)
        /// A query would take more memory than it may.
        public static let tooLarge = Code(.tooLarge)
        /// A sum has more digits than there is room for.
        public static let outOfRange = Code(.outOfRange)
        /// The call would wait for itself.
        public static let busy = Code(.busy)

        public var description: String { name.rawValue }
    }

    /// What kind of refusal it is.
    public var code: Code
    /// The file and line, as `books.yaml:7`, of an error in a schema file.
    public var place: String?
    /// The schema it is about.
    public var schema: String?
    /// The key it is about, printable.
    public var key: String?
    /// The field, or the part of the key, it is about.
    public var field: String?
    /// The index it is about.
    public var index: String?
    /// What is wrong and what to do about it, in one line.
    public var message: String

    /// Makes an error.
    public init(
        _ code: Code, place: String? = nil, schema: String? = nil, key: String? = nil, field: String? = nil,
        index: String? = nil, message: String
    ) {
        self.code = code
        self.place = place
        self.schema = schema
        self.key = key
        self.field = field
        self.index = index
        self.message = message
    }
}

extension RecordError: CustomStringConvertible {
    public var description: String {
        var text = ""
        if let place { text += "\(place): " }
        if let schema { text += "schema \(schema): " }
        if let key { text += "\(key): " }
        if let field { text += "field \(field): " }
        if let index { text += "index \(index): " }
        return text + message
    }
}

extension RecordError {
    /// The same error, with the schema and the key it happened at.
    func about(schema: String? = nil, key: [UInt8]? = nil, field: String? = nil) -> RecordError {
        var error = self
        if error.schema == nil { error.schema = schema }
        if error.key == nil { error.key = key.map { RecordError.printable($0.span) } }
        if error.field == nil { error.field = field }
        return error
    }

    /// What the key schemas refused.
    init(_ error: KeyError, schema: String? = nil, key: [UInt8]? = nil) {
        let code: Code =
            switch error.code {
            case .unordered: .unordered
            case .notInSchema, .malformedKey: .malformedKey
            case .malformedTemplate, .invalidType: .malformedSchema
            case .partCount: .missingField
            default: .invalidValue
            }
        self.init(
            code, schema: schema, key: key.map { RecordError.printable($0.span) }, field: error.component,
            message: error.message)
    }

    /// Bytes for people: UTF-8 as it is, control characters and other bytes as `\xFF`.
    public static func printable(_ bytes: Span<UInt8>) -> String {
        let limit = 200
        let bytes = OwnKeys.inPlace(bytes)
        let shown = bytes.extracting(first: Swift.min(bytes.count, limit))
        var text = ""
        if let utf8 = try? UTF8Span(validating: shown) {
            for scalar in String(copying: utf8).unicodeScalars {
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    text += "\\x" + hex(UInt8(scalar.value))
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        } else {
            for index in shown.indices {
                let byte = shown[index]
                if byte >= 0x20, byte < 0x7F {
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    text += "\\x" + hex(byte)
                }
            }
        }
        return bytes.count > limit ? text + "…" : text
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }
}
