// The only file that knows Yams.
internal import Yams

extension SchemaNode {
    /// The most bytes a schema file may have.
    static let mostBytes = 1 << 20
    /// The most nodes it may have once its aliases are followed.
    private static let mostNodes = 50_000
    private static let deepest = 32

    /// Reads YAML, which JSON is too.
    ///
    /// - Throws: ``RecordError`` with file and line.
    init(yaml text: String, file: String) throws(RecordError) {
        guard text.utf8.count <= SchemaNode.mostBytes else {
            throw RecordError(.malformedSchema, place: file, message: "more than 1 MiB is no schema file")
        }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw SchemaNode.error(error, file: file)
        } catch {
            throw RecordError(.malformedSchema, place: file, message: "not YAML: \(error)")
        }
        guard let root else {
            throw RecordError(.malformedSchema, place: file, message: "the file is empty")
        }
        var count = 0
        self = try SchemaNode.convert(root, file: file, depth: 0, count: &count)
    }

    private static func convert(
        _ node: Node, file: String, depth: Int, count: inout Int
    ) throws(RecordError) -> SchemaNode {
        let line = node.mark?.line ?? 0
        count += 1
        guard depth < deepest, count <= mostNodes else {
            throw RecordError(.malformedSchema, place: "\(file):\(line)", message: "nested too deeply, or too large")
        }
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
            return SchemaNode(.scalar(scalar.string, isQuoted: isQuoted), line: line)
        case .sequence(let sequence):
            var elements: [SchemaNode] = []
            for element in sequence {
                elements.append(try convert(element, file: file, depth: depth + 1, count: &count))
            }
            return SchemaNode(.sequence(elements), line: line)
        case .mapping(let mapping):
            var members: [Member] = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let scalar) = key else {
                    throw RecordError(.malformedSchema, place: "\(file):\(keyLine)", message: "a key is one word")
                }
                let value = try convert(value, file: file, depth: depth + 1, count: &count)
                members.append(Member(key: scalar.string, line: keyLine, value: value))
            }
            return SchemaNode(.mapping(members), line: line)
        case .alias:
            throw RecordError(.malformedSchema, place: "\(file):\(line)", message: "an alias of nothing")
        }
    }

    private static func error(_ error: YamlError, file: String) -> RecordError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return RecordError(.malformedSchema, place: "\(file):\(mark.line)", message: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return RecordError(
                .malformedSchema, place: "\(file):\(context.mark.line)", field: duplicates.first,
                message: "the key is there twice")
        default:
            return RecordError(.malformedSchema, place: file, message: "not YAML: \(error)")
        }
    }
}
