// What a keyspace reports, as programs read it, and as it goes over a wire and back.

extension SchemaPlan {
    package var json: JSONValue {
        [
            "oldVersion": oldVersion.map { .integer($0) } ?? .null, "changes": .array(differences.map(\.json)),
            "records": .integer(records), "rewrites": .bool(rewrites),
            "indexesToBuild": .array(indexesToBuild.map { .string($0) }), "obstacleCount": .integer(obstacleCount),
            "obstacles": .array(obstacles.map { .string("\($0)") }),
        ]
    }

    /// - Returns: `nil` for what ``json`` does not give.
    package init?(json: JSONValue) {
        guard case .object(let object) = json, case .array(let changes)? = object["changes"],
            let records = object.integer("records"), case .bool(let rewrites)? = object["rewrites"],
            case .array(let indexes)? = object["indexesToBuild"], let count = object.integer("obstacleCount"),
            case .array(let obstacles)? = object["obstacles"]
        else { return nil }
        self.init(
            oldVersion: object.integer("oldVersion"), differences: changes.compactMap { SchemaDifference(json: $0) })
        self.records = records
        self.rewrites = rewrites
        indexesToBuild = indexes.compactMap { if case .string(let name) = $0 { name } else { nil } }
        obstacleCount = count
        for case .string(let message) in obstacles {
            self.obstacles.append(RecordError(.schemaConflict, message: message))
        }
    }
}

extension SchemaDifference {
    package var json: JSONValue { ["class": .string(kind.rawValue), "change": .string(description)] }

    /// - Returns: `nil` for what ``json`` does not give.
    package init?(json: JSONValue) {
        guard case .object(let object) = json, case .string(let word)? = object["class"],
            let kind = ChangeClass(rawValue: word), case .string(let text)? = object["change"]
        else { return nil }
        self.init(kind, text)
    }
}

extension RollbackPlan {
    package var json: JSONValue {
        var object: JSONObject = ["version": .integer(version), "records": .integer(records)]
        if let changed { object["changed"] = .integer(changed) }
        if let inserted { object["inserted"] = .integer(inserted) }
        if let deleted { object["deleted"] = .integer(deleted) }
        return .object(object)
    }

    /// - Returns: `nil` for what ``json`` does not give.
    package init?(json: JSONValue) {
        guard case .object(let object) = json, let version = object.integer("version"),
            let records = object.integer("records")
        else { return nil }
        self.init(
            version: version, records: records, changed: object.integer("changed"),
            inserted: object.integer("inserted"), deleted: object.integer("deleted"))
    }
}

extension IndexDifference {
    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "index": .string(index), "record": record.map { .string($0) } ?? .null,
            "values": .string(values),
        ]
    }

    /// - Returns: `nil` for what ``json`` does not give.
    package init?(json: JSONValue) {
        guard case .object(let object) = json, case .string(let word)? = object["kind"],
            let kind = Kind(rawValue: word), case .string(let index)? = object["index"],
            case .string(let values)? = object["values"]
        else { return nil }
        var record: String?
        if case .string(let text)? = object["record"] { record = text }
        self.init(kind: kind, index: index, record: record, values: values)
    }
}

extension JSONObject {
    /// The whole number that a member is; `nil` for anything else.
    package func integer(_ name: String) -> Int? {
        guard case .number(let number)? = self[name], let integer = number.integer else { return nil }
        return Int(exactly: integer)
    }
}
