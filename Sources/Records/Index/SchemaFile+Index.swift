extension SchemaFileReader {
    private static let indexKeys = ["id", "on", "unique", "sparse", "include"]

    /// Reads one member of `indexes`.
    func index(_ member: SchemaNode.Member) throws(RecordError) -> IndexDefinition {
        let name = "indexes.\(member.key)"
        let members = try mapping(member.value, allowed: SchemaFileReader.indexKeys, what: name)
        func value(_ key: String) -> SchemaNode? { members.first { $0.key == key }?.value }
        func flag(_ key: String) throws(RecordError) -> Bool {
            guard let node = value(key) else { return false }
            return try self.flag(node, "\(name).\(key)")
        }
        guard let id = value("id") else { throw error(member.line, name, "the key id is missing") }
        guard let on = value("on") else { throw error(member.line, name, "the key on is missing") }
        var parts: [IndexPart] = []
        for node in try list(on, "\(name).on") { parts.append(try part(node, "\(name).on")) }
        var include: [String] = []
        if let node = value("include") {
            for element in try list(node, "\(name).include") { include.append(try text(element, "\(name).include")) }
        }
        return IndexDefinition(
            member.key, id: try integer(id, "\(name).id"), on: parts, unique: try flag("unique"),
            sparse: try flag("sparse"), include: include)
    }

    /// A path, or a path and its direction: `author`, `{year: desc}`.
    private func part(_ node: SchemaNode, _ key: String) throws(RecordError) -> IndexPart {
        guard case .mapping(let members) = node.content else { return IndexPart(try text(node, key)) }
        guard members.count == 1, let member = members.first else {
            throw error(node.line, key, "one path with its direction belongs here, such as {year: desc}")
        }
        switch try text(member.value, key) {
        case "asc": return IndexPart(member.key)
        case "desc": return IndexPart(member.key, descending: true)
        case let other: throw error(member.line, key, "unknown direction \(other); one of asc, desc")
        }
    }

    private func list(_ node: SchemaNode, _ key: String) throws(RecordError) -> [SchemaNode] {
        guard case .sequence(let elements) = node.content else {
            throw error(node.line, key, "a list belongs here, not \(node.kind)")
        }
        return elements
    }
}

extension IndexDefinition {
    /// The index as a member of `indexes` in a schema file.
    var json: JSONObject {
        var object: JSONObject = [
            "id": .integer(id),
            "on": .array(
                parts.map { $0.isDescending ? .object([$0.path: "desc"]) : .string($0.path) }),
        ]
        if isUnique { object["unique"] = true }
        if isSparse { object["sparse"] = true }
        if !include.isEmpty { object["include"] = .array(include.map { .string($0) }) }
        return object
    }
}
