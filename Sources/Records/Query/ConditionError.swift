/// Why a condition was refused: what is wrong, and where.
public struct ConditionError: Error, Hashable, Sendable {
    /// What is wrong and what to write instead, in one line.
    public let message: String
    /// The text of the condition; `nil` for a filter.
    public let source: String?
    /// The byte of the text that it is about, counted from 0 in UTF-8.
    public let offset: Int?
    /// The line and the character of that byte, each counted from 1.
    public let position: (line: Int, column: Int)?
    /// Where in a filter: `$.year.$gte`.
    public let path: String?

    /// An error at a byte of a condition's text.
    init(_ message: String, in source: String, at offset: Int) {
        self.message = message
        self.source = source
        let offset = Swift.min(offset, source.utf8.count)
        self.offset = offset
        let before = String(decoding: source.utf8.prefix(offset), as: UTF8.self)
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        position = (Swift.max(lines.count, 1), (lines.last?.count ?? 0) + 1)
        path = nil
    }

    /// An error at a place in a filter.
    init(_ message: String, path: String) {
        self.message = message
        self.path = path
        source = nil
        offset = nil
        position = nil
    }

    /// An error in a filter's JSON.
    init(_ error: JSONError) {
        message = error.message
        offset = error.offset
        position = (error.line, error.column)
        source = nil
        path = nil
    }

    /// For terminals: the line of the text, and below it a `^` that stands at the character.
    ///
    /// ```
    /// year >= 1950 and autor = "x"
    ///                  ^ the schema has no such field; did you mean author?
    /// ```
    public var caret: String? {
        guard let source, let position else { return nil }
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(position.line - 1) else { return nil }
        // A tab stays one, so that the columns agree; other control characters would move the cursor.
        var line = ""
        var space = ""
        for (index, character) in lines[position.line - 1].enumerated() {
            let isControl = character.unicodeScalars.first?.properties.generalCategory == .control
            line.append(isControl && character != "\t" ? "?" : character)
            if index < position.column - 1 { space.append(character == "\t" ? "\t" : " ") }
        }
        return line + "\n" + space + "^ " + message
    }

    public static func == (left: ConditionError, right: ConditionError) -> Bool {
        left.message == right.message && left.source == right.source && left.offset == right.offset
            && left.path == right.path
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(message)
        hasher.combine(offset)
        hasher.combine(path)
    }
}

extension ConditionError: CustomStringConvertible {
    public var description: String {
        if let path { return "\(path): \(message)" }
        guard let position else { return message }
        let line = position.line > 1 || source == nil ? "line \(position.line), " : ""
        return "\(line)column \(position.column): \(message)"
    }
}
