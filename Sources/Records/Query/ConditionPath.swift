internal import OrderedStore

/// A path as it is written: names with dots between, `[]` for each element of an array. A name that is not made of
/// letters, digits, `_`, `-` and `$` only stands in double quotes, as a JSON string.
struct ConditionPath: Hashable, Sendable {
    let steps: [IndexPath.Step]

    /// The most names and `[]` that one path has.
    static let longest = 64

    init(_ steps: [IndexPath.Step]) { self.steps = steps }

    /// Whether a byte needs no quotes in a name.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    /// Reads a path.
    ///
    /// - Throws: ``RecordError`` with code `unknownField`.
    init(_ text: String) throws(RecordError) {
        guard let steps = ConditionPath.steps(of: text.utf8.span) else {
            throw RecordError(
                .unknownField, field: RecordError.printable(text.utf8.span),
                message: """
                    no path; write names with dots between, [] for each element of an array, and other names in \
                    double quotes; at most \(ConditionPath.longest) of them
                    """)
        }
        self.steps = steps
    }

    private static func steps(of text: Span<UInt8>) -> [IndexPath.Step]? {
        var steps: [IndexPath.Step] = []
        var reader = JSONReader(text)
        var scratch: [UInt8] = []
        while !reader.isAtEnd {
            guard steps.count < longest else { return nil }
            if !steps.isEmpty, reader.skip(UInt8(ascii: "[")) {
                guard reader.skip(UInt8(ascii: "]")) else { return nil }
                steps.append(.each)
                continue
            }
            if !steps.isEmpty, !reader.skip(UInt8(ascii: ".")) { return nil }
            if reader.peek == UInt8(ascii: "\"") {
                guard let name = try? reader.string(scratch: &scratch) else { return nil }
                steps.append(.member(name))
                continue
            }
            let start = reader.index
            while !reader.isAtEnd, isPlain(reader.peek) { reader.index += 1 }
            let name = text.extracting(start..<reader.index)
            guard !name.isEmpty, let text = FieldCodec.text(name) else { return nil }
            steps.append(.member(text))
        }
        return steps.isEmpty ? nil : steps
    }

    /// The path inside a schema: the longest field name that it begins with, and the way inside that field. Of an open
    /// schema the first name is that of a member, unless it is a field's.
    ///
    /// - Throws: ``RecordError`` with code `unknownField`, which names the nearest field, and `invalidValue` for a
    ///   way inside a field that is not json.
    func resolved(in schema: SchemaDefinition) throws(RecordError) -> IndexPath {
        let names = steps.prefix { $0 != .each }.map { if case .member(let name) = $0 { name } else { "" } }
        for count in stride(from: names.count, to: 0, by: -1) {
            guard let field = schema.field(names.prefix(count).joined(separator: ".")) else { continue }
            let rest = Array(steps.dropFirst(count))
            guard rest.isEmpty || field.type == .json else {
                throw RecordError(
                    .invalidValue, schema: schema.name, field: field.name,
                    message: "\(self) is a way inside it, and it is of type \(field.type.name), not json")
            }
            return IndexPath(field: field, steps: rest)
        }
        if let name = names.first, let member = schema.openMember(name) {
            return IndexPath(field: member, steps: Array(steps.dropFirst()))
        }
        throw schema.unknownField(names.first ?? description)
    }
}

extension ConditionPath: CustomStringConvertible {
    var description: String { text() }

    /// The path's text, the first name in quotes whether it needs them or not.
    func text(quotingFirst: Bool = false) -> String {
        var text: [UInt8] = []
        for step in steps {
            switch step {
            case .each: text += "[]".utf8
            case .member(let name):
                let isQuoted = quotingFirst && text.isEmpty
                if !text.isEmpty { text.append(UInt8(ascii: ".")) }
                if !isQuoted, !name.isEmpty, name.utf8.allSatisfy(ConditionPath.isPlain) {
                    text += name.utf8
                } else {
                    text.appendJSON(string: name.utf8.span)
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension IndexPath {
    /// A way that is known to be one of the field's.
    init(field: FieldDefinition, steps: [Step]) {
        self.field = field
        self.steps = steps
    }

    /// The path as conditions write it. The dots of a field's own name need no quotes.
    var conditionPath: String {
        (field.id == 0 ? ConditionPath([.member(field.name)]).description : field.name)
            + (steps.isEmpty ? "" : steps.first == .each ? "" : ".") + ConditionPath(steps).description
    }
}
