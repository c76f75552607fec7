#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
public import KeySchemas
internal import OrderedStore

/// One thing that happened to a schema.
public struct SchemaEvent: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, Hashable, Sendable {
        /// The schema was put into the catalogue.
        case created
        /// A newer version took its place; the records stayed as they were.
        case updated
        /// A newer version took its place, and the records were written anew.
        case migrated
        /// The records of before a rewrite were let go.
        case committed
        /// The version of before a rewrite is back, with its records.
        case rolledBack
    }

    public let kind: Kind
    /// The version that was the current one then.
    public let version: Int
    public let date: Timestamp
    /// How it differs from the version before it.
    public let differences: [SchemaDifference]
    /// The version itself.
    public let definition: SchemaDefinition
    /// Which of the program's migrations did it.
    public let migration: String?

    init(
        _ kind: Kind, _ definition: SchemaDefinition, differences: [SchemaDifference] = [], migration: String? = nil
    ) {
        self.kind = kind
        self.definition = definition
        self.differences = differences
        self.migration = migration
        version = definition.version
        date = Timestamp.now
    }

    /// - Throws: ``RecordError`` when the catalogue's entry makes no sense.
    package init(_ json: JSONValue) throws {
        guard case .object(let object) = json, case .string(let word)? = object["event"],
            let kind = Kind(rawValue: word),
            case .string(let time)? = object["date"], let date = Timestamp(time),
            case .array(let changes)? = object["changes"], let definition = object["definition"]
        else {
            throw RecordError(.malformedSchema, message: "the history's entry makes no sense: \(json.text())")
        }
        self.kind = kind
        self.date = date
        self.definition = try SchemaDefinition(json: definition)
        version = self.definition.version
        differences = changes.compactMap { SchemaDifference(json: $0) }
        if case .string(let name)? = object["migration"] { migration = name } else { migration = nil }
    }

    /// The event as the catalogue keeps it, and as programs read it.
    public var json: JSONValue {
        var object: JSONObject = [
            "event": .string(kind.rawValue), "version": .integer(version), "date": .string(date.description),
            "changes": .array(differences.map(\.json)),
        ]
        if let migration { object["migration"] = .string(migration) }
        object["definition"] = definition.json
        return .object(object)
    }
}

extension Timestamp {
    /// This moment.
    fileprivate static var now: Timestamp {
        Timestamp(millisecondsSince1970: Int64(Date().timeIntervalSince1970 * 1000)) ?? .maximum
    }
}

extension Keyspace {
    /// What happened to a schema, from its creation on: each version with its date and its changes. It goes with the
    /// schema.
    ///
    /// - Complexity: O(*n*) in the events.
    /// - Throws: ``RecordError`` with code `unknownSchema`; `StoreError`.
    public func history(of name: String) throws -> [SchemaEvent] {
        try readWithCatalogue { snapshot, catalogue in
            _ = try Keyspace.find(name, in: catalogue)
            var events: [SchemaEvent] = []
            var cursor = snapshot.cursor(in: OwnKeys.history(of: name), options: .forward)
            while let entry = try cursor.next() { events.append(try SchemaEvent(JSONValue(parsing: entry.value))) }
            return events
        }
    }
}

extension OwnKeys {
    private static let historyWord = "history"

    /// The events of a schema.
    static func history(of schema: String) -> KeyRange {
        let prefix = historyPrefix(schema)
        return KeyRange(from: prefix, to: prefix + [first])
    }

    fileprivate static func historyPrefix(_ schema: String) -> [UInt8] {
        var key = self.schema(schema)
        Tuple.append(.string(historyWord), to: &key)
        return key
    }
}

extension Transaction where Base: ~Copyable {
    /// Adds an event to a schema's history.
    mutating func add(_ event: SchemaEvent) throws {
        let name = event.definition.name
        var number: Int64 = 1
        do {
            var cursor = self.cursor(in: OwnKeys.history(of: name), options: .reverse)
            if let last = try cursor.next() {
                let elements = try Tuple.unpack(last.key.extracting(droppingFirst: 2))
                guard case .integer(let before)? = elements.last, before < .max else {
                    throw RecordError(.malformedSchema, schema: name, message: "a key of its history makes no sense")
                }
                number = before + 1
            }
        }
        var key = OwnKeys.historyPrefix(name)
        Tuple.append(number, to: &key)
        put(key, event.json.text())
    }

    /// Removes a schema's history.
    mutating func removeHistory(of name: String) throws {
        var keys: [[UInt8]] = []
        do {
            var cursor = self.cursor(in: OwnKeys.history(of: name), options: ScanOptions(keysOnly: true))
            while let entry = try cursor.next() { keys.append(entry.key.array) }
        }
        for key in keys { delete(key) }
    }
}
