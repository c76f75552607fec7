/// The shape of a schema's keys, such as `book:{genre}:{id}:{field}`: segments between colons, each wholly a
/// literal or wholly a placeholder.
///
/// The first segment is a literal, placeholder names are identifiers and differ, and `{field}`, where each field
/// has a key of its own, comes last.
public struct KeyTemplate: Hashable, Sendable {
    /// What stands between two colons.
    public enum Segment: Hashable, Sendable {
        /// The same text in every key.
        case literal(String)
        /// A part of the key, by its name.
        case part(String)
        /// The name of a record's field; always last.
        case field

        public static func == (left: Segment, right: Segment) -> Bool {
            switch (left, right) {
            case (.literal(let text), .literal(let other)): text.utf8.elementsEqual(other.utf8)
            case (.part(let name), .part(let other)): name == other
            case (.field, .field): true
            default: false
            }
        }
    }

    /// The segments in order.
    public let segments: [Segment]

    /// The names of the parts, in order, without `{field}`.
    public var partNames: [String] {
        segments.compactMap { if case .part(let name) = $0 { name } else { nil } }
    }

    /// Whether the last segment is `{field}`.
    public var hasField: Bool { segments.last == .field }

    /// Segments that need no checking.
    init(unchecked segments: [Segment]) {
        self.segments = segments
    }

    /// Reads a template.
    ///
    /// - Throws: ``KeyError`` with code `malformedTemplate` and the position of the character where it stands.
    public init(_ text: String) throws(KeyError) {
        var segments: [Segment] = []
        var names: Set<String> = []
        var start = 0
        for piece in KeyTemplate.split(text) {
            if segments.last == .field {
                throw KeyError(.malformedTemplate, offset: start, message: "{field} must be the last segment")
            }
            let segment = try KeyTemplate.segment(piece, at: start)
            if segments.isEmpty {
                guard case .literal = segment else {
                    throw KeyError(
                        .malformedTemplate, offset: start,
                        message: "the first segment must be a literal, so that schemas can be told apart")
                }
            }
            if case .part(let name) = segment, !names.insert(name).inserted {
                throw KeyError(.malformedTemplate, offset: start, message: "{\(name)} is there twice")
            }
            segments.append(segment)
            start += piece.count + 1
        }
        self.segments = segments
    }

    /// What stands between the colons, by scalars: a colon with a combining mark after it is a colon too.
    static func split(_ text: String) -> [Substring.UnicodeScalarView] {
        text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false)
    }

    private static func segment(_ piece: Substring.UnicodeScalarView, at start: Int) throws(KeyError) -> Segment {
        func refuse(_ offset: Int, _ message: String) -> KeyError {
            KeyError(.malformedTemplate, offset: start + offset, message: message)
        }
        let scalars = Array(piece)
        guard !scalars.isEmpty else {
            throw refuse(0, "an empty segment; write a literal or a {placeholder} between colons")
        }
        if scalars[0] == "{" {
            guard let end = scalars.firstIndex(of: "}") else { throw refuse(0, "a { without its }") }
            guard end == scalars.count - 1 else {
                throw refuse(end + 1, "a segment is wholly a literal or wholly a {placeholder}")
            }
            let name = scalars[1..<end]
            guard let first = name.first, isLetter(first), name.allSatisfy({ isLetter($0) || ("0"..."9").contains($0) })
            else { throw refuse(1, "a placeholder's name is letters, digits and _, and begins with no digit") }
            let text = String(piece.dropFirst().dropLast())
            return text == "field" ? .field : .part(text)
        }
        if let bad = scalars.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            throw refuse(bad, "a segment is wholly a literal or wholly a {placeholder}")
        }
        if let bad = scalars.firstIndex(where: { $0 == ";" || $0.value < 0x20 || $0.value == 0x7F }) {
            throw refuse(bad, "a literal holds neither ; (it begins an escape) nor control characters")
        }
        return .literal(String(piece))
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    /// Whether some key could belong to both templates. Schemas whose templates overlap cannot live in one database.
    ///
    /// Types are not looked at: a part counts as matching any literal, and `{field}` as matching whatever is left,
    /// as a record's range holds all of that.
    public func overlaps(with other: KeyTemplate) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) {
            switch (mine, theirs) {
            case (.field, _), (_, .field):
                return true
            case (.literal, .literal):
                guard mine == theirs else { return false }
            case (.part, _), (_, .part):
                continue
            }
        }
        return segments.count == other.segments.count
    }
}

extension KeyTemplate: CustomStringConvertible {
    /// The template as it was written.
    public var description: String {
        segments.map {
            switch $0 {
            case .literal(let text): text
            case .part(let name): "{\(name)}"
            case .field: "{field}"
            }
        }.joined(separator: ":")
    }
}
