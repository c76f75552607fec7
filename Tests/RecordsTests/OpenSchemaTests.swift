import StoreConformance
import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

@Suite("open schemas")
struct OpenSchemaTests {
    private let text = """
        schema: note
        version: 1
        key: "note:{_id}:{field}"
        fields:
          _id: {id: 1, type: id}
          year: {id: 2, type: int}
        additional: json
        """

    private func notes() throws -> Keyspace<MemoryStore> {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(try SchemaDefinition(parsing: text, file: "note.yaml"))
        return keyspace
    }

    private func record(_ keyspace: Keyspace<MemoryStore>, _ json: String) throws -> DynamicRecord {
        try keyspace.records("note").schema.record(json: JSONValue(parsing: json))
    }

    @Test("the catalogue keeps that a schema is open, and a schema file says it in one way")
    func definition() throws {
        let definition = try SchemaDefinition(parsing: text, file: "note.yaml")
        #expect(definition.isOpen)
        #expect(try SchemaDefinition(parsing: definition.json.text(), file: "note.json") == definition)
        let error = #expect(throws: RecordError.self) {
            try SchemaDefinition(parsing: text + "x", file: "note.yaml")
        }
        #expect(error?.place == "note.yaml:7")
    }

    @Test(
        "members come back as they were written, in their order",
        arguments: [
            #"{"_id":1,"a":1,"b":2}"#, #"{"_id":"1","b":1,"a":{"z":1,"a":[null,1.50]}}"#,
            #"{"z":1,"_id":"x","a":2}"#, #"{"_id":-1,"":0,"a:b":1,"a;b":2,"$set":3,"x.y":4,"café":5}"#,
            #"{"_id":2}"#, #"{"_id":3,"":null}"#, #"{"_id":4,"year":7,"a":null,"zz":null}"#,
            #"{"_id":"","field":1,"order":[1],"empty":2}"#,
        ])
    func roundTrip(json: String) throws {
        let keyspace = try notes()
        let records = try keyspace.records("note")
        let record = try record(keyspace, json)
        try records.insert(record)
        let stored = try records.scan()
        #expect(stored.map { $0.json.text() } == [json])
        // Again, in another order and then as it was.
        let reversed = #"{"b":9,"a":8,"_id":\#(record["_id"]?.json.text() ?? "")}"#
        try records.upsert(try self.record(keyspace, reversed))
        #expect(try records.scan().map { $0.json.text() } == [reversed])
        try records.upsert(record)
        #expect(try records.scan().map { $0.json.text() } == [json])
        #expect(
            try records.delete(
                record.fields.compactMap { if case .scalar(let id) = $0.value, $0.name == "_id" { id } else { nil } }))
        #expect(try keyspace.store.read { try $0.count(in: Keyspace<MemoryStore>.userKeys) } == 0)
    }

    @Test("a plain put of a member is held to JSON, and shows in the record")
    func plainPuts() throws {
        let keyspace = try notes()
        let records = try keyspace.records("note")
        try records.insert(try record(keyspace, #"{"_id":1,"b":1,"a":2}"#))
        try keyspace.put("note:1:c", #"{"x": 1}"#)
        try keyspace.delete("note:1:a")
        #expect(try records.scan().map { $0.json.text() } == [#"{"_id":1,"b":1,"c":{"x":1}}"#])
        for (key, value) in [
            ("note:1:c", "x"), ("note:1:c", ""), ("note:1:c", "\0"), ("note:1:", "x"), ("note:1:", #"{"order":1}"#),
            ("note:1:", #"{"other":1}"#), ("note:1:year", "x"),
        ] {
            #expect(throws: RecordError.self, "\(key)") { try keyspace.put(key, value) }
        }
        try keyspace.put("note:2:", #"{"empty":[1]}"#)
        #expect(try records.get([.integer(2)])?.json.text() == #"{"_id":2,"":[1]}"#)
    }

    @Test("an update of fields leaves the other members and their order")
    func update() throws {
        let keyspace = try notes()
        let records = try keyspace.records("note")
        try records.insert(try record(keyspace, #"{"_id":1,"b":1,"a":2,"":3}"#))
        try records.update([.integer(1)], set: ["year": 5, "b": .json("x"), "a": FieldValue?.none])
        #expect(try records.scan().map { $0.json.text() } == [#"{"_id":1,"b":"x","":3,"year":5}"#])
        try records.move([.integer(1)], to: [.string("1")])
        #expect(
            try records.scan(RecordScan(fields: ["year", "b", "_id"])).map { $0.json.text() }
                == [#"{"_id":"1","b":"x","year":5}"#])
    }

    @Test("records with very many members are written, changed and read in little time")
    func manyMembers() throws {
        let keyspace = try notes()
        let records = try keyspace.records("note")
        var object: JSONObject = ["_id": 1]
        for number in (0..<20_000).reversed() { object["m\(number)"] = .integer(number) }
        let definition = try records.schema
        try records.insert(try definition.record(json: .object(object)))
        object["m1"] = nil
        object["m2"] = "two"
        try records.upsert(try definition.record(json: .object(object)))
        #expect(try records.get([.integer(1)])?.json == .object(object))
    }
}
