internal import KeySchemas

extension SchemaDefinition {
    /// Reads a schema file: YAML, or JSON. `file` is its name, for messages.
    ///
    /// - Throws: ``RecordError`` that names the file, the line, and the field or key:
    ///   `books.yaml:7: field year: unknown type integer; …`.
    public init(parsing text: String, file: String) throws(RecordError) {
        let node = try SchemaNode(yaml: text, file: file)
        self = try SchemaFileReader(file: file).definition(node)
    }

    /// Reads the canonical JSON that a catalogue keeps.
    init(json: JSONValue) throws(RecordError) {
        self = try SchemaFileReader(file: nil).definition(SchemaNode(json))
    }
}

/// Turns the nodes of a schema file into a definition.
struct SchemaFileReader {
    let file: String?

    private static let keys = [
        "schema", "version", "key", "encoding", "layout", "fields", "additional", "indexes", "retired",
    ]
    static let fieldKeys = [
        "id", "type", "required", "nullable", "default", "maxBytes", "pattern", "check", "pad", "precision", "scale",
        "length",
    ]

    func definition(_ root: SchemaNode) throws(RecordError) -> SchemaDefinition {
        let members = try mapping(root, allowed: SchemaFileReader.keys, what: nil)
        func member(_ key: String) -> SchemaNode? { members.first { $0.key == key }?.value }
        func required(_ key: String) throws(RecordError) -> SchemaNode {
            guard let node = member(key) else { throw error(root.line, key, "the key is missing") }
            return node
        }
        let name = try text(try required("schema"), "schema")
        let version = try integer(try required("version"), "version")
        let keyNode = try required("key")
        let template: KeyTemplate
        do { template = try KeyTemplate(try text(keyNode, "key")) } catch let problem as KeyError {
            throw error(keyNode.line, "key", problem.description)
        } catch let problem as RecordError {
            throw problem
        } catch {
            throw self.error(keyNode.line, "key", "\(error)")
        }
        let encoding = try choice(member("encoding"), "encoding", of: KeyEncoding.self) ?? .text
        let layout = try choice(member("layout"), "layout", of: RecordLayout.self) ?? .fields
        let fieldsNode = try required("fields")
        var fields: [FieldDefinition] = []
        var lines: [String: Int] = [:]
        for member in try mapping(fieldsNode, allowed: nil, what: "fields") {
            lines[member.key] = member.line
            fields.append(try field(member, isKeyPart: template.partNames.contains(member.key)))
        }
        if let node = member("additional"), try text(node, "additional") != "json" {
            throw error(
                node.line, "additional", "members that fields does not name are of type json; no other is known")
        }
        var indexes: [IndexDefinition] = []
        var indexLines: [String: Int] = [:]
        if let node = member("indexes"), !isEmpty(node) {
            for member in try mapping(node, allowed: nil, what: "indexes") {
                indexLines[member.key] = member.line
                indexes.append(try index(member))
            }
        }
        let retired = try retired(member("retired"))
        do {
            return try SchemaDefinition(
                name, version: version, key: template, encoding: encoding, layout: layout, fields: fields,
                isOpen: member("additional") != nil, indexes: indexes, retiredFields: retired.fields,
                retiredIndexes: retired.indexes)
        } catch {
            let line =
                error.index.flatMap { indexLines[$0] }
                ?? error.field.flatMap { field in lines[field] ?? members.first { $0.key == field }?.line }
            throw place(error, line ?? keyNode.line)
        }
    }

    private func retired(_ node: SchemaNode?) throws(RecordError) -> (fields: [Int], indexes: [Int]) {
        guard let node else { return ([], []) }
        let members = try mapping(node, allowed: ["fields", "indexes"], what: "retired")
        var fields: [Int] = []
        var indexes: [Int] = []
        for member in members {
            guard case .sequence(let elements) = member.value.content else {
                throw error(
                    member.line, "retired.\(member.key)", "a list of ids belongs here, not \(member.value.kind)")
            }
            var numbers: [Int] = []
            for element in elements { numbers.append(try integer(element, "retired.\(member.key)")) }
            if member.key == "fields" { fields = numbers } else { indexes = numbers }
        }
        return (fields, indexes)
    }

    // MARK: - Nodes

    func mapping(
        _ node: SchemaNode, allowed: [String]?, what: String?
    ) throws(RecordError) -> [SchemaNode.Member] {
        guard case .mapping(let members) = node.content else {
            throw error(node.line, what, "a mapping belongs here, not \(node.kind)")
        }
        guard let allowed else { return members }
        for member in members where !allowed.contains(member.key) {
            let near = Spelling.nearest(to: member.key, among: allowed)
            let advice = near.map { "did you mean \($0)?" } ?? "one of \(allowed.joined(separator: ", "))"
            throw error(member.line, what, "unknown key \(member.key); \(advice)")
        }
        return members
    }

    func text(_ node: SchemaNode, _ key: String) throws(RecordError) -> String {
        guard case .scalar(let text, _) = node.content else {
            throw error(node.line, key, "a single value belongs here, not \(node.kind)")
        }
        return text
    }

    func integer(_ node: SchemaNode, _ key: String) throws(RecordError) -> Int {
        let text = try text(node, key)
        guard let number = Int(text), String(number) == text else {
            throw error(node.line, key, "an integer belongs here, not \(text)")
        }
        return number
    }

    func flag(_ node: SchemaNode, _ key: String) throws(RecordError) -> Bool {
        switch try text(node, key) {
        case "true": return true
        case "false": return false
        case let other: throw error(node.line, key, "true or false belongs here, not \(other)")
        }
    }

    private func choice<Value: RawRepresentable & CaseIterable>(
        _ node: SchemaNode?, _ key: String, of type: Value.Type
    ) throws(RecordError) -> Value? where Value.RawValue == String {
        guard let node else { return nil }
        let text = try text(node, key)
        guard let value = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw error(node.line, key, "unknown \(key) \(text); one of \(names)")
        }
        return value
    }

    private func isEmpty(_ node: SchemaNode) -> Bool {
        switch node.content {
        case .mapping(let members): members.isEmpty
        case .sequence(let elements): elements.isEmpty
        case .scalar(let text, let isQuoted): !isQuoted && ["", "~", "null"].contains(text)
        }
    }

    // MARK: - Errors

    func error(_ line: Int, _ field: String?, _ message: String) -> RecordError {
        place(RecordError(.malformedSchema, field: field, message: message), line)
    }

    func notYet(_ line: Int, _ field: String, _ what: String) -> RecordError {
        place(RecordError(.notSupportedYet, field: field, message: "\(what): not supported yet"), line)
    }

    private func place(_ error: RecordError, _ line: Int) -> RecordError {
        var error = error
        error.place = file.map { line > 0 ? "\($0):\(line)" : $0 }
        // The file says which schema it is.
        if file != nil { error.schema = nil }
        return error
    }
}
