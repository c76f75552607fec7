/// A piece of a schema file with the line it stands in, whatever the file was written in.
struct SchemaNode {
    indirect enum Content {
        /// A scalar's text. A quoted one is a string whatever it looks like.
        case scalar(String, isQuoted: Bool)
        case sequence([SchemaNode])
        case mapping([Member])
    }

    struct Member {
        let key: String
        let line: Int
        let value: SchemaNode
    }

    let content: Content
    /// Counted from 1; 0 where there is none.
    let line: Int

    /// What kind of node it is, for messages.
    var kind: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// A schema that was kept as JSON.
    init(_ json: JSONValue) {
        line = 0
        content =
            switch json {
            case .null: .scalar("null", isQuoted: false)
            case .bool(let flag): .scalar(flag ? "true" : "false", isQuoted: false)
            case .number(let number): .scalar(number.text, isQuoted: false)
            case .string(let text): .scalar(text, isQuoted: true)
            case .array(let elements): .sequence(elements.map { SchemaNode($0) })
            case .object(let object):
                .mapping(object.members.map { Member(key: $0.key, line: 0, value: SchemaNode($0.value)) })
            }
    }

    init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }
}
