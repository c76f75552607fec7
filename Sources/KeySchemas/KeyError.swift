/// Why a template, a value or a key was refused: a code to act on, the part it is about, where, and what to do.
public struct KeyError: Error, Hashable, Sendable {
    /// What kind of refusal it is. More may be added: keep a default in a `switch`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case malformedTemplate, invalidType, wrongType, outOfRange, malformedText
            case partCount, unordered, notInSchema, malformedKey
        }

        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// The template cannot be read.
        public static let malformedTemplate = Code(.malformedTemplate)
        /// A component type's own numbers make no sense, such as a padding of no digits.
        public static let invalidType = Code(.invalidType)
        /// A value has another type than its component.
        public static let wrongType = Code(.wrongType)
        /// A value has the right type and no place in it: too wide, NaN, the wrong length.
        public static let outOfRange = Code(.outOfRange)
        /// What a person wrote is no value of the type.
        public static let malformedText = Code(.malformedText)
        /// There are more or fewer parts than the template has.
        public static let partCount = Code(.partCount)
        /// Byte order is not this component's value order, so a range of its values is not a range of keys.
        public static let unordered = Code(.unordered)
        /// The key does not have the schema's shape: other literals, or another number of parts.
        public static let notInSchema = Code(.notInSchema)
        /// The key's bytes are not what the encoding writes.
        public static let malformedKey = Code(.malformedKey)

        public var description: String { name.rawValue }
    }

    /// What kind of refusal it is.
    public var code: Code
    /// The name of the key part it is about; `nil` when it is about no single one.
    public var component: String?
    /// Where: a byte of the key, or a character of the template, counted from 0.
    public var offset: Int?
    /// What is wrong and what to do about it, in one line.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, component: String? = nil, offset: Int? = nil, message: String) {
        self.code = code
        self.component = component
        self.offset = offset
        self.message = message
    }
}

extension KeyError: CustomStringConvertible {
    public var description: String {
        let part = component.map { "\($0): " } ?? ""
        let place = offset.map { " (at \($0))" } ?? ""
        return part + message + place
    }
}

extension KeyError {
    /// The same error, about the part called `component`, its offset counted from `start` on.
    func inComponent(_ component: String, at start: Int? = nil) -> KeyError {
        var error = self
        error.component = component
        if let start { error.offset = start + (offset ?? 0) }
        return error
    }
}

extension String {
    /// The beginning of the text in quotes, with line breaks and the like escaped: for messages of one line.
    var excerpt: String {
        let beginning = String(String.UnicodeScalarView(unicodeScalars.prefix(60)))
        return String(reflecting: beginning) + (beginning.utf8.count < utf8.count ? "…" : "")
    }
}
