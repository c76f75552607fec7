internal import KeySchemas

extension Condition {
    /// Reads a condition as people write it.
    ///
    /// ```
    /// author = "Tolkien, J." and (year >= 1950 or extra.tags[] in ("dragons", "elves"))
    /// ```
    ///
    /// - Parameters:
    ///   - text: the condition; see <doc:Queries> for what it may say.
    ///   - schema: when given, fields and values are checked with it, and errors about them point at the character.
    /// - Throws: ``ConditionError`` with the position.
    /// - Complexity: O(*n*) in the text.
    public init(parsing text: String, for schema: SchemaDefinition? = nil) throws(ConditionError) {
        var parser = ConditionParser(text, schema)
        self = try parser.parse()
    }
}

/// Reads a condition's text by recursive descent, at most ``Condition/deepest`` levels deep.
private struct ConditionParser {
    private var lexer: ConditionLexer
    private var token = ConditionLexer.Token.end
    private let schema: SchemaDefinition?
    private var depth = 0

    /// Words that begin no path unless they are in quotes.
    static let reserved: Set<String> = ["and", "or", "not", "true", "false"]

    init(_ text: String, _ schema: SchemaDefinition?) {
        lexer = ConditionLexer(text)
        self.schema = schema
    }

    mutating func parse() throws(ConditionError) -> Condition {
        try advance()
        let condition = try disjunction()
        guard token == .end else { throw error("and, or, or the end belongs here") }
        return condition
    }

    private mutating func advance(toValue: Bool = false) throws(ConditionError) {
        token = try lexer.next(isValue: toValue)
    }

    private func error(_ message: String) -> ConditionError { lexer.error(message, at: lexer.start) }

    private var keyword: String? {
        if case .path(_, let keyword) = token { return keyword }
        return nil
    }

    /// Passes over a word if it is next.
    private mutating func skip(_ word: String, toValue: Bool = false) throws(ConditionError) -> Bool {
        guard keyword == word else { return false }
        try advance(toValue: toValue)
        return true
    }

    private mutating func disjunction() throws(ConditionError) -> Condition {
        var parts = [try conjunction()]
        while try skip("or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(ConditionError) -> Condition {
        var parts = [try unary()]
        while try skip("and") { parts.append(try unary()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func unary() throws(ConditionError) -> Condition {
        depth += 1
        defer { depth -= 1 }
        // Each group counts with the list that it may be: what is read here can be bound.
        guard depth * 2 < Condition.deepest else {
            throw error("more than \(Condition.deepest / 2) conditions in each other")
        }
        if token == .open {
            try advance()
            let condition = try disjunction()
            guard token == .close else { throw error("a ) belongs here") }
            try advance()
            return condition
        }
        switch keyword {
        case "not":
            try advance()
            return .not(try unary())
        case "true":
            try advance()
            return .all
        case "false":
            try advance()
            return .none
        case let word? where ConditionParser.reserved.contains(word):
            throw error("a condition is missing before \(word)")
        default:
            return try predicate()
        }
    }

    private mutating func predicate() throws(ConditionError) -> Condition {
        guard case .path(let path, _) = token else {
            switch token {
            case .end: throw error("a condition is missing: the text ends here")
            case .string, .value: throw error("a condition begins with a field's name, and the value comes last")
            default: throw error("a condition belongs here, such as year >= 1950")
            }
        }
        let start = lexer.start
        try check(.exists(path.description), start, start)
        try advance()
        if case .comparison(let comparison) = token {
            let (value, offset) = try self.value()
            return try check(.compare(path.description, comparison, value), start, offset)
        }
        let isNegated = try skip("not")
        let condition = try words(path.description, start, isNegated: isNegated)
        return isNegated ? .not(condition) : condition
    }

    private mutating func words(
        _ path: String, _ start: Int, isNegated: Bool
    ) throws(ConditionError) -> Condition {
        let offset = lexer.start
        switch keyword {
        case "exists":
            try advance()
            return .exists(path)
        case "in":
            try advance()
            return try list(path, start)
        case "starts":
            try advance()
            guard keyword == "with" else { throw error("with belongs after starts") }
            return try check(.startsWith(path, try string()), start, offset)
        case "matches":
            let text = try string(movingOn: false)
            let pattern: Pattern
            do { pattern = try Pattern(text) } catch { throw self.error("the pattern: \(error)") }
            try advance()
            return try check(.matches(path, pattern), start, offset)
        case "between":
            let (low, lowOffset) = try value()
            let least = try check(.compare(path, .greaterOrEqual, low), start, lowOffset)
            guard keyword == "and" else { throw error("and belongs between the two values") }
            let (high, highOffset) = try value()
            return .and([least, try check(.compare(path, .lessOrEqual, high), start, highOffset)])
        case "is" where !isNegated:
            try advance()
            let isNot = try skip("not")
            if try skip("null") { return .compare(path, isNot ? .notEqual : .equal, .null) }
            if try skip("absent") { return isNot ? .exists(path) : .not(.exists(path)) }
            throw error("null or absent belongs after is")
        default:
            throw error(
                "after a field comes one of = != < <= > >=, in, starts with, matches, between, exists, is null, is absent"
            )
        }
    }

    /// Reads what stands in the brackets after `in`.
    private mutating func list(_ path: String, _ start: Int) throws(ConditionError) -> Condition {
        guard token == .open else { throw error("a ( belongs after in") }
        var values: [FieldValue] = []
        try advance(toValue: true)
        while token != .close {
            let (value, offset) = try current()
            values.append(value)
            try check(.compare(path, .equal, value), start, offset)
            guard token == .comma else { break }
            try advance(toValue: true)
        }
        guard token == .close else { throw error("a , or ) belongs here") }
        try advance()
        return .isIn(path, values)
    }

    /// Reads the value after the token, and moves on.
    private mutating func value() throws(ConditionError) -> (FieldValue, Int) {
        try advance(toValue: true)
        return try current()
    }

    private mutating func current() throws(ConditionError) -> (FieldValue, Int) {
        let offset = lexer.start
        let value: FieldValue
        switch token {
        case .string(let text): value = .scalar(.string(text))
        case .value(let number): value = number
        case .path(_, "true"): value = .scalar(.bool(true))
        case .path(_, "false"): value = .scalar(.bool(false))
        case .path(_, "null"): value = .null
        case .path: throw error("put text in quotes; a value is text, a number, true, false or null")
        case .end: throw error("a value is missing: the text ends here")
        default: throw error("a value belongs here: text in quotes, a number, true, false or null")
        }
        try advance()
        return (value, offset)
    }

    /// Reads a string after the token.
    private mutating func string(movingOn: Bool = true) throws(ConditionError) -> String {
        try advance(toValue: true)
        guard case .string(let text) = token else { throw error("text in quotes belongs here") }
        if movingOn { try advance() }
        return text
    }

    /// Checks a test with the schema.
    @discardableResult
    private func check(_ test: Condition, _ path: Int, _ value: Int) throws(ConditionError) -> Condition {
        guard let schema else { return test }
        do throws(RecordError) { _ = try test.bound(to: schema) } catch {
            throw lexer.error(error.message, at: error.code == .unknownField ? path : value)
        }
        return test
    }
}

extension Condition: CustomStringConvertible {
    /// The condition as ``init(parsing:for:)`` reads it.
    ///
    /// Values that have no text of their own, such as dates, are strings, as which they are read. A list of one
    /// condition is that condition.
    public var description: String { text(inList: false) }

    private func text(inList: Bool) -> String {
        switch self {
        case .all: "true"
        case .compare(let path, let comparison, let value):
            "\(Condition.text(ofPath: path)) \(comparison.rawValue) \(value.literal)"
        case .isIn(let path, let values):
            "\(Condition.text(ofPath: path)) in (\(values.map(\.literal).joined(separator: ", ")))"
        case .exists(let path): "\(Condition.text(ofPath: path)) exists"
        case .startsWith(let path, let prefix):
            "\(Condition.text(ofPath: path)) starts with \(JSONValue.string(prefix))"
        case .matches(let path, let pattern):
            "\(Condition.text(ofPath: path)) matches \(JSONValue.string(pattern.source))"
        case .and(let parts): Condition.text(of: parts, " and ", none: "true", inList: inList)
        case .or(let parts): Condition.text(of: parts, " or ", none: "false", inList: inList)
        case .not(let condition): "not \(condition.text(inList: true))"
        }
    }

    private static func text(of parts: [Condition], _ word: String, none: String, inList: Bool) -> String {
        if parts.isEmpty { return none }
        if parts.count == 1 { return parts[0].text(inList: inList) }
        let text = parts.map { $0.text(inList: true) }.joined(separator: word)
        return inList ? "(\(text))" : text
    }

    private static func text(ofPath path: String) -> String {
        guard let path = try? ConditionPath(path) else { return JSONValue.string(path).text() }
        guard case .member(let name)? = path.steps.first else { return path.description }
        let isWord = path.steps.count == 1 && ConditionParser.reserved.contains(name.lowercased())
        let isNumber = name.utf8.first == UInt8(ascii: "-") || name.utf8.first.map { $0 &- 0x30 <= 9 } ?? false
        return path.text(quotingFirst: isWord || isNumber)
    }
}

extension FieldValue {
    /// The value as the text of a condition has it.
    fileprivate var literal: String {
        switch self {
        case .null: "null"
        case .json(let json): json.text()
        case .scalar(.bool(let flag)): flag ? "true" : "false"
        case .scalar(.integer(let number)): String(number)
        case .scalar(.bigInteger), .scalar(.decimal): description
        case .scalar(.double(let number)): number.exactNumber?.text ?? JSONValue.string(description).text()
        default: JSONValue.string(description).text()
        }
    }
}
