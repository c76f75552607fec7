import Testing

internal import KeySchemas
internal import OrderedStore
@testable internal import Records

@Suite("a program's migrations")
struct MigrationValueTests {
    private func person(_ version: Int) throws -> SchemaDefinition {
        let fields =
            version == 1
            ? "name: {id: 2, type: string, required: true}"
            : "first: {id: 3, type: string, required: true}, last: {id: 4, type: string}"
        let retired = version == 1 ? "" : ", retired: {fields: [2], indexes: []}"
        return try SchemaDefinition(
            parsing: "{schema: person, version: \(version), key: 'person:{id}:{field}', "
                + "fields: {id: {id: 1, type: int}, \(fields)}\(retired)}", file: "person.yaml")
    }

    private func split(_ old: DynamicRecord) -> DynamicRecord {
        var person = old
        if case .scalar(.string(let name))? = old["name"] {
            let words = name.split(separator: " ", maxSplits: 1).map(String.init)
            person["name"] = nil
            person["first"] = words.first.map { .scalar(.string($0)) }
            person["last"] = words.count > 1 ? .scalar(.string(words[1])) : nil
        }
        return person
    }

    private func migrations() throws -> [Migration] {
        [Migration("v1", to: try person(1)), Migration("v2: split the name", to: try person(2)) { self.split($0) }]
    }

    @Test("migrations run in order, each once, and their code makes the new records")
    func order() throws {
        let store = MemoryStore()
        let keyspace = try Keyspace(store)
        #expect(try keyspace.migrate([migrations()[0]]) == ["v1"])
        let people = try keyspace.records("person")
        for (id, name) in [(1, "Ada Lovelace"), (2, "Plato"), (3, "Ursula K. Le Guin")] as [(Int64, String)] {
            try people.insert(["id": .scalar(.integer(id)), "name": .scalar(.string(name))])
        }
        #expect(try keyspace.migrate(migrations()) == ["v2: split the name"])
        #expect(
            try people.scan() == [
                ["id": 1, "first": "Ada", "last": "Lovelace"], ["id": 2, "first": "Plato"],
                ["id": 3, "first": "Ursula", "last": "K. Le Guin"],
            ])
        #expect(try Keyspace(store).migrate(migrations()) == [])
        #expect(try keyspace.history(of: "person").map(\.migration) == ["v1", "v2: split the name"])
        // One that is rolled back has not run.
        try keyspace.rollback("person")
        #expect(try people.get([2]) == ["id": 2, "name": "Plato"])
        #expect(try keyspace.migrate(migrations()) == ["v2: split the name"])
        #expect(try people.get([2]) == ["id": 2, "first": "Plato"])
    }

    @Test("an empty database runs them all")
    func empty() throws {
        let keyspace = try Keyspace(MemoryStore())
        #expect(try keyspace.migrate(migrations()) == ["v1", "v2: split the name"])
        #expect(keyspace.schema("person")?.version == 2)
    }

    @Test("a migration that was stopped takes writes only from the program with its code, which goes on with it")
    func stopped() throws {
        struct Stop: Error {}
        let store = MemoryStore()
        let keyspace = try Keyspace(store, migrationBatch: 2)
        try keyspace.migrate([migrations()[0]])
        let people = try keyspace.records("person")
        for id in Int64(1)...9 { try people.insert(["id": .scalar(.integer(id)), "name": "A B"]) }
        #expect(throws: Stop.self) {
            try keyspace.migrate(migrations()) { _, progress in
                if progress.phase == .building { throw Stop() }
            }
        }
        try people.update([1], set: ["name": "C D"])
        let stranger = try Keyspace(store)
        let error = #expect(throws: RecordError.self) { try stranger.records("person").update([1], set: ["name": "E"]) }
        #expect(error?.code == .migrating)
        #expect(try stranger.records("person").get([1])?["name"] == "C D")
        let again = try Keyspace(store)
        #expect(try again.migrate(migrations()) == ["v2: split the name"])
        #expect(try again.records("person").get([1]) == ["id": 1, "first": "C", "last": "D"])
        #expect(try again.records("person").count() == 9)
    }

    @Test("a migration without code rewrites records whose key changes, and is gone on with after a stop")
    func withoutCode() throws {
        struct Stop: Error {}
        func visit(_ version: Int, _ key: String) throws -> SchemaDefinition {
            try SchemaDefinition(
                parsing: "{schema: visit, version: \(version), key: 'visit:\(key):{field}', "
                    + "fields: {user: {id: 1, type: string}, day: {id: 2, type: int}, place: {id: 3, type: string}}}",
                file: "visit.yaml")
        }
        let migrations = [
            Migration("v1", to: try visit(1, "{user}:{day}")), Migration("by day", to: try visit(2, "{day}:{user}")),
        ]
        let store = MemoryStore()
        let keyspace = try Keyspace(store, migrationBatch: 2)
        try keyspace.migrate([migrations[0]])
        let visits = try keyspace.records("visit")
        for day in Int64(1)...9 { try visits.insert(["user": "ann", "day": .scalar(.integer(day)), "place": "home"]) }
        #expect(throws: Stop.self) {
            try keyspace.migrate(migrations) { _, progress in if progress.phase == .building { throw Stop() } }
        }
        try visits.update([.string("ann"), 1], set: ["place": "sea"])
        let again = try Keyspace(store)
        #expect(try again.migrate(migrations) == ["by day"])
        #expect(try again.records("visit").get([1, .string("ann")])?["place"] == "sea")
        #expect(try again.records("visit").count() == 9)
    }

    @Test("what the code refuses stops the migration with the record, and nothing is changed")
    func refused() throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.migrate([migrations()[0]])
        try keyspace.records("person").insert(["id": 7, "name": ""])
        let error = #expect(throws: RecordError.self) { try keyspace.migrate(migrations()) }
        #expect(error?.code == .schemaConflict)
        #expect(error?.key == "person:7:")
        #expect(keyspace.schema("person")?.version == 1)
        #expect(try keyspace.migration(of: "person") == nil)
    }

    @Test("two of one name, and one before those that have run, are refused")
    func misuse() throws {
        let keyspace = try Keyspace(MemoryStore())
        let all = try migrations()
        #expect(throws: RecordError.self) { try keyspace.migrate([all[0], all[0]]) }
        try keyspace.migrate(all)
        let other = Migration("another", to: try person(1))
        let error = #expect(throws: RecordError.self) { try keyspace.migrate([all[0], other, all[1]]) }
        #expect(error?.message.contains("new migrations go last") == true)
    }

    private struct Person: Record {
        var id: Int
        var first: String
        static let schema = RecordSchema<Person>("person", version: 2, key: "person:{id}:{field}")
    }

    @Test("a type of a newer version than the database's is told what to run")
    func newerType() throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(person(1))
        let error = #expect(throws: RecordError.self) { try keyspace.records(of: Person.self) }
        #expect(error?.code == .typeMismatch)
        #expect(error?.message.contains("the type is the newer one, version 2: run its migrations") == true)
    }
}
