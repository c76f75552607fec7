/// Which members of documents are wanted: `{"title": 1, "author.name": 1}` names them, `{"body": 0}` names those that
/// are not. `_id` is among them unless it is left out by name.
struct DocumentProjection {
    /// What is said of the members of one object.
    private final class Node {
        var members: [UTF8Key: Node] = [:]
        var isEnd: Bool { members.isEmpty }
    }

    private let root = Node()
    private var isInclusion: Bool?
    private var hasID = true

    /// - Throws: ``RecordError`` with code `invalidValue` that names the path.
    init(_ projection: JSONObject) throws(RecordError) {
        for member in projection.members {
            let path = try DocumentPath(member.key)
            let includes: Bool
            switch member.value {
            case .bool(let flag): includes = flag
            case .number(let number) where number.integer == 0 || number.integer == 1: includes = number.integer == 1
            default: throw path.refusal("a projection says 1 or 0, true or false, not \(member.value)")
            }
            if path.steps == [DocumentSchema.id] {
                hasID = includes
                if includes, projection.count == 1 { isInclusion = true }
                continue
            }
            guard isInclusion ?? includes == includes else {
                throw path.refusal("a projection names either what is wanted or what is not, _id aside")
            }
            isInclusion = includes
            try add(path)
        }
    }

    private func add(_ path: DocumentPath) throws(RecordError) {
        var node = root
        for (place, step) in path.steps.enumerated() {
            let isLast = place == path.steps.count - 1
            if let next = node.members[UTF8Key(step)] {
                guard !isLast, !next.isEnd else {
                    throw path.refusal("the projection names it twice, or what it is in")
                }
                node = next
            } else {
                let next = Node()
                node.members[UTF8Key(step)] = next
                node = next
            }
        }
    }

    /// The document with what is wanted.
    func apply(to document: JSONObject) -> JSONObject {
        var result = JSONObject()
        for member in document.members {
            if member.key == DocumentSchema.id {
                if hasID { result[member.key] = member.value }
            } else if let value = project(member, root) {
                result[member.key] = value
            }
        }
        return result
    }

    private func project(_ member: JSONObject.Member, _ node: Node) -> JSONValue? {
        let includes = isInclusion ?? false
        guard let next = node.members[UTF8Key(member.key)] else { return includes ? nil : member.value }
        return next.isEnd ? (includes ? member.value : nil) : project(member.value, next)
    }

    /// A value of which a part is wanted: of an array that part of each element.
    private func project(_ value: JSONValue, _ node: Node) -> JSONValue? {
        switch value {
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result[member.key] = project(member, node) }
            return .object(result)
        case .array(let elements):
            return .array(elements.compactMap { project($0, node) })
        default:
            return isInclusion ?? false ? nil : value
        }
    }
}
