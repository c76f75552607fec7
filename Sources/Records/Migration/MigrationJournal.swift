internal import KeySchemas
internal import OrderedStore

/// How far a rewrite of a schema's records is. Each step is done in batches, and only its end changes the catalogue.
public enum MigrationPhase: String, Hashable, Sendable {
    /// The old records are copied aside, byte for byte. They are read and written where they were.
    case copying
    /// What was copied is removed from where it was. The old records are read and written aside, from now on.
    case clearing
    /// The new records are made of the old ones.
    case building
    /// The new version is the current one. The old records stay aside as they were, for a rollback.
    case switched
    /// The old records are removed, for good.
    case committing
    /// The old version is the current one again, its records still aside; the new records are removed.
    case withdrawing
    /// The old records are copied back.
    case restoring
    /// The old records are where they were; the copy is removed.
    case discarding

    /// Whether the new version is the current one.
    var isNew: Bool { self == .switched || self == .committing }
    /// Whether the old records are read and written aside.
    var isAside: Bool { [.clearing, .building, .withdrawing, .restoring].contains(self) }
    /// Whether the schema's records are not, or not only, under their own keys.
    var hidesKeys: Bool { isAside }
    /// Whether it goes towards the old version.
    var isBackward: Bool { [.withdrawing, .restoring, .discarding].contains(self) }
}

/// What the database keeps of a rewrite until it is committed or rolled back, under `FF 6A (number)`:
///
/// | key | value |
/// |---|---|
/// | `(number)` | this, as JSON |
/// | `(number, 0)` | the prefix of the last record that the current step is done with |
/// | `(number, 1)` | how many those are |
/// | `(number, 2)` and a key | the old record's value of that key |
struct MigrationJournal: Sendable {
    let number: Int64
    let old: SchemaDefinition
    let new: SchemaDefinition
    var phase: MigrationPhase
    /// The numbers of the versions' indexes, by their ids.
    let oldIndexes: [Int: Int64]
    let newIndexes: [Int: Int64]
    /// Which of the program's migrations converts the records; `nil` when the schemas say enough.
    let migration: String?

    var name: String { old.name }

    /// What the keys of the old records have before them while they are aside.
    var aside: [UInt8] { OwnKeys.migration(number, part: 2) }
    var positionKey: [UInt8] { OwnKeys.migration(number, part: 0) }
    var countKey: [UInt8] { OwnKeys.migration(number, part: 1) }
}

extension MigrationJournal {
    /// - Throws: ``RecordError`` when the journal makes no sense.
    init(number: Int64, _ json: JSONValue) throws {
        guard case .object(let object) = json, case .string(let word)? = object["phase"],
            let phase = MigrationPhase(rawValue: word), let old = object["old"], let new = object["new"]
        else {
            throw RecordError(.malformedSchema, message: "the journal of a migration makes no sense: \(json.text())")
        }
        self.number = number
        self.old = try SchemaDefinition(json: old)
        self.new = try SchemaDefinition(json: new)
        self.phase = phase
        oldIndexes = try MigrationJournal.numbers(object["oldIndexes"])
        newIndexes = try MigrationJournal.numbers(object["newIndexes"])
        if case .string(let name)? = object["migration"] { migration = name } else { migration = nil }
    }

    private static func numbers(_ json: JSONValue?) throws -> [Int: Int64] {
        guard case .object(let object)? = json else { return [:] }
        var numbers: [Int: Int64] = [:]
        for member in object.members {
            guard let id = Int(member.key), case .number(let number) = member.value, let value = number.integer else {
                throw RecordError(.malformedSchema, message: "the journal of a migration has no number of an index")
            }
            numbers[id] = value
        }
        return numbers
    }

    var json: JSONValue {
        func numbers(_ numbers: [Int: Int64]) -> JSONValue {
            var object = JSONObject()
            for (id, number) in numbers.sorted(by: { $0.key < $1.key }) { object["\(id)"] = .integer(number) }
            return .object(object)
        }
        var object: JSONObject = [
            "phase": .string(phase.rawValue), "oldIndexes": numbers(oldIndexes), "newIndexes": numbers(newIndexes),
        ]
        if let migration { object["migration"] = .string(migration) }
        object["old"] = old.json
        object["new"] = new.json
        return .object(object)
    }

    /// The error for a change that must wait for this one.
    var underway: RecordError {
        let what =
            switch phase {
            case .switched: "the rewrite to version \(new.version) is neither committed nor rolled back; do one of them"
            case .committing: "the rewrite to version \(new.version) is being committed; commit it again to go on"
            case .copying, .clearing, .building:
                "the rewrite to version \(new.version) is under way; apply it again to go on, or roll it back"
            case .withdrawing, .restoring, .discarding:
                "the rewrite to version \(new.version) is being rolled back; roll it back again to go on"
            }
        return RecordError(.migrating, schema: name, message: what)
    }
}

extension OwnKeys {
    private static let journalTag = UInt8(ascii: "j")
    private static let migrationWord = "migration"

    static func migration(_ number: Int64) -> [UInt8] {
        var key = [first, journalTag]
        Tuple.append(number, to: &key)
        return key
    }

    fileprivate static func migration(_ number: Int64, part: Int64) -> [UInt8] {
        var key = migration(number)
        Tuple.append(part, to: &key)
        return key
    }

    /// The number that the next migration gets.
    fileprivate static var nextMigrationNumber: [UInt8] { [first, formatTag] + Tuple.pack([.string(migrationWord)]) }

    fileprivate static var allMigrations: KeyRange { .prefix([first, journalTag]) }

    /// The number in a key of ``migration(_:)``.
    fileprivate static func number(ofMigration key: Span<UInt8>) throws -> Int64? {
        guard case .integer(let number)? = try Tuple.unpack(key.extracting(droppingFirst: 2)).first else { return nil }
        return number
    }

    /// A key without what it has before it while its record is aside.
    @_lifetime(copy key)
    static func inPlace(_ key: Span<UInt8>) -> Span<UInt8> {
        guard key.count > 2, key[0] == first, key[1] == journalTag else { return key }
        var reader = TupleReader(key, from: 2)
        guard reader.skip(), reader.skip() else { return key }
        return key.extracting(droppingFirst: reader.position)
    }
}

extension StoreReader where Self: ~Copyable {
    /// All migrations that are neither committed nor rolled back.
    borrowing func migrations() throws -> [MigrationJournal] {
        var journals: [MigrationJournal] = []
        var cursor = cursor(in: OwnKeys.allMigrations, options: ScanOptions(fillCache: false))
        while true {
            let number: Int64
            do {
                guard let entry = try cursor.next(), let found = try OwnKeys.number(ofMigration: entry.key) else {
                    return journals
                }
                number = found
                journals.append(try MigrationJournal(number: number, JSONValue(parsing: entry.value)))
            }
            // Past its records, however many there are.
            let end = OwnKeys.migration(number) + [Tuple.Code.escape]
            try cursor.seek(to: end.span)
        }
    }

    /// How many records the current step of a migration is done with.
    borrowing func count(of journal: MigrationJournal) throws -> Int {
        guard let stored = try get(journal.countKey.span) else { return 0 }
        return Int(stored.string) ?? 0
    }
}

extension Transaction where Base: ~Copyable {
    /// Gives out a number for a migration.
    mutating func takeMigrationNumber() throws -> Int64 { try takeNumber(OwnKeys.nextMigrationNumber) }

    /// Notes a journal, at the beginning of its phase.
    mutating func set(_ journal: MigrationJournal) {
        put(OwnKeys.migration(journal.number), journal.json.text())
        delete(journal.positionKey)
        delete(journal.countKey)
    }

    /// Notes how far the current step is.
    mutating func setPosition(_ prefix: [UInt8], adding records: Int, of journal: MigrationJournal) throws {
        let count = try count(of: journal) + records
        put(journal.positionKey, prefix)
        put(journal.countKey, "\(count)")
    }
}
