import StoreConformance
import Testing

internal import KeySchemas
internal import OrderedStore
internal import Records

/// The members of a JSON object that is known to be one.
func object(_ text: String) throws -> JSONObject {
    guard case .object(let object) = try JSONValue(parsing: text) else { throw JSONNotAnObject() }
    return object
}

struct JSONNotAnObject: Error {}

@Suite("documents")
struct DocumentTests {
    private let keyspace: Keyspace<MemoryStore>
    private let notes: Documents<MemoryStore>

    init() throws {
        keyspace = try Keyspace(MemoryStore())
        notes = try keyspace.documents("notes")
    }

    private func insert(_ texts: String...) throws {
        for text in texts { try notes.insertOne(object(text)) }
    }

    private func all() throws -> [String] { try notes.find().map { JSONValue.object($0).text() } }

    @Test("a collection is not there before the first write, and then it is a schema like any other")
    func firstUse() throws {
        #expect(try notes.find().isEmpty)
        #expect(try notes.countDocuments(["x": 1]) == 0)
        #expect(try notes.distinct("x").isEmpty)
        #expect(try notes.updateOne([:], ["$set": .object(["x": 1])]).matched == 0)
        #expect(try !notes.deleteOne([:]))
        #expect(keyspace.schemas.isEmpty)
        try insert(#"{"_id":"a","title":"T"}"#)
        #expect(keyspace.schemas.map(\.name) == ["notes"])
        #expect(try keyspace.get("notes:a:title")?.bytes == Array(#""T""#.utf8))
    }

    @Test(
        "names that no collection can have are refused",
        arguments: ["", "a b", "1", "a:b", String(repeating: "x", count: 65)])
    func names(name: String) {
        #expect(throws: RecordError.self) { try keyspace.documents(name) }
    }

    @Test("a schema that is no collection's is refused")
    func otherSchema() throws {
        try keyspace.apply(
            SchemaDefinition(
                parsing: "{schema: s, version: 1, key: 's:{_id}:{field}', fields: {_id: {id: 1, type: string}}}",
                file: "s"))
        let error = #expect(throws: RecordError.self) { try keyspace.documents("s") }
        #expect(error?.code == .typeMismatch)
    }

    @Test("ids of strings and integers are told apart, and others are refused")
    func ids() throws {
        try insert(#"{"_id":42}"#, #"{"_id":"42"}"#, #"{"_id":""}"#, #"{"_id":123456789012345678901234567890}"#)
        #expect(try notes.findOne(["_id": 42]) == ["_id": 42])
        #expect(try notes.findOne(["_id": "42"]) == ["_id": "42"])
        #expect(try notes.countDocuments(["_id": .object(["$in": .array([42, "", "x"])])]) == 2)
        #expect(try notes.countDocuments(["_id": .object(["$gt": 41])]) == 2)
        #expect(try notes.countDocuments(["_id": .object(["$gte": ""])]) == 2)
        for id in ["1.5", "null", "true", "[]", "{}"] {
            let error = #expect(throws: RecordError.self, "\(id)") { try insert(#"{"_id":\#(id)}"#) }
            #expect(error?.field == "_id")
        }
        let error = #expect(throws: RecordError.self) { try insert(#"{"_id":42.0}"#) }
        #expect(error?.code == .alreadyExists)
        #expect(try notes.countDocuments() == 4)
    }

    @Test("a document without an id gets one, before its members")
    func madeID() throws {
        let id = try notes.insertOne(["b": 1, "a": 2])
        guard case .string(let text) = id else { return #expect(Bool(false), "\(id)") }
        #expect(UUID128(text)?.description == text)
        #expect(try all() == [#"{"_id":"\#(text)","b":1,"a":2}"#])
    }

    @Test("many are inserted or none")
    func insertMany() throws {
        #expect(throws: RecordError.self) { try notes.insertMany([["_id": 1], ["_id": 2], ["_id": 1]]) }
        #expect(try all().isEmpty)
        #expect(try notes.insertMany([["_id": 1], ["_id": "x"]]) == [1, "x"])
    }

    @Test("documents are found, sorted, cut and projected")
    func find() throws {
        try insert(
            #"{"_id":1,"title":"Dune","year":1965,"tags":["sf","desert"],"author":{"name":"Herbert","born":1920}}"#,
            #"{"_id":2,"title":"Solaris","year":1961,"tags":["sf"],"author":{"name":"Lem"}}"#,
            #"{"_id":3,"title":"Emma","year":1815,"tags":[],"author":null}"#, #"{"_id":4,"title":"Notes"}"#)
        func ids(_ filter: String, sort: JSONObject = [:], skip: Int = 0, limit: Int? = nil) throws -> [JSONValue?] {
            try notes.find(object(filter), sort: sort, skip: skip, limit: limit).map { $0["_id"] }
        }
        #expect(try ids(#"{"year":{"$gte":1960}}"#, sort: ["year": 1]) == [2, 1])
        #expect(try ids(#"{"author.name":"Lem"}"#) == [2])
        #expect(try ids(#"{"tags":"sf"}"#, sort: ["title": -1]) == [2, 1])
        #expect(try ids(#"{"author":null}"#) == [3])
        #expect(try ids(#"{"author":{"$exists":false}}"#) == [4])
        #expect(try ids(#"{"$or":[{"title":"Emma"},{"year":1961}]}"#, sort: ["_id": 1]) == [2, 3])
        #expect(try ids("{}", sort: ["year": -1], skip: 1, limit: 2) == [2, 3])
        #expect(try notes.distinct("tags") == ["desert", "sf"])
        #expect(try notes.distinct("year", ["tags": "sf"]) == [1961, 1965])
        #expect(try notes.countDocuments(["tags": "sf"]) == 2)
        func project(_ projection: String) throws -> String? {
            try notes.findOne(["_id": 1], projection: object(projection)).map { JSONValue.object($0).text() }
        }
        #expect(try project(#"{"title":1}"#) == #"{"_id":1,"title":"Dune"}"#)
        #expect(try project(#"{"author.name":1,"_id":0}"#) == #"{"author":{"name":"Herbert"}}"#)
        #expect(
            try project(#"{"tags":0,"author.born":false,"year":0}"#)
                == #"{"_id":1,"title":"Dune","author":{"name":"Herbert"}}"#)
        #expect(try project(#"{"_id":0}"#)?.hasPrefix(#"{"title""#) == true)
        #expect(try project(#"{"_id":1}"#) == #"{"_id":1}"#)
        for projection in [#"{"a":1,"b":0}"#, #"{"a":2}"#, #"{"a":1,"a.b":1}"#, #"{"a..b":1}"#, #"{"":1}"#] {
            #expect(throws: RecordError.self, "\(projection)") { try project(projection) }
        }
        let error = #expect(throws: ConditionError.self) { try ids(#"{"year":{"$gtt":1}}"#) }
        #expect(error.map { "\($0)" }?.contains("$gt") == true)
    }

    @Test("members whose names are no plain words are kept and found")
    func strangeNames() throws {
        try insert(#"{"_id":1,"a:b":1,"c;d":{"e:f":2},"":3,"$set":4,"x.y":5,"café":6}"#)
        #expect(try all() == [#"{"_id":1,"a:b":1,"c;d":{"e:f":2},"":3,"$set":4,"x.y":5,"café":6}"#])
        #expect(try notes.countDocuments(["a:b": 1, "c;d.e:f": 2, "café": 6]) == 1)
        #expect(try notes.countDocuments(["cafe\u{301}": 6]) == 0)
        try notes.updateOne([:], ["$set": .object(["a:b": 7])])
        #expect(try notes.findOne()?["a:b"] == 7)
    }

    @Test("a replaced document keeps its id, in the place where it is not given")
    func replace() throws {
        try insert(#"{"_id":1,"a":1,"b":2}"#)
        #expect(try notes.replaceOne(["_id": 1], ["z": 1, "c": 2]).modified == 1)
        #expect(try all() == [#"{"_id":1,"z":1,"c":2}"#])
        #expect(try notes.replaceOne(["_id": 1], ["z": 1, "c": 2]) == notes.replaceOne(["z": 1], ["z": 1, "c": 2]))
        #expect(try notes.replaceOne(["_id": 1], ["z": 1, "c": 2]).modified == 0)
        #expect(throws: RecordError.self) { try notes.replaceOne(["_id": 1], ["_id": 2]) }
        #expect(throws: RecordError.self) { try notes.updateOne(["_id": 1], ["$set": .object(["_id": 2])]) }
        #expect(throws: RecordError.self) { try notes.updateOne(["_id": 1], ["$unset": .object(["_id": 1])]) }
        #expect(try notes.replaceOne(["_id": 5], ["q": 1], upsert: true).upsertedID == 5)
        #expect(try notes.findOne(["_id": 5]) == ["_id": 5, "q": 1])
    }

    @Test("an upsert takes what the filter says, and then the update")
    func upsert() throws {
        let change = try notes.updateOne(
            object(#"{"_id":"x","kind":{"$eq":"n"},"n":{"$gt":3},"a.b":1}"#), object(#"{"$inc":{"n":1}}"#), upsert: true
        )
        #expect(change.upsertedID == "x")
        #expect(try all() == [#"{"_id":"x","kind":"n","a":{"b":1},"n":1}"#])
        #expect(throws: RecordError.self) {
            try notes.updateOne(object(#"{"_id":"x","n":5}"#), object(#"{"$inc":{"n":1}}"#), upsert: true)
        }
    }

    @Test("changes of many reach each document once, in batches")
    func many() throws {
        try notes.insertMany((0..<1000).map { ["_id": .integer($0), "n": .integer($0)] })
        try notes.createIndex(["n": 1])
        let change = try notes.updateMany(object(#"{"n":{"$gte":100}}"#), object(#"{"$inc":{"n":1000}}"#))
        #expect(change.matched == 900)
        #expect(change.modified == 900)
        #expect(try notes.countDocuments(object(#"{"n":{"$gte":1100,"$lt":2000}}"#)) == 900)
        #expect(try notes.deleteMany(object(#"{"n":{"$lt":1500}}"#)) == 500)
        #expect(try notes.countDocuments() == 500)
        #expect(try notes.deleteOne(["_id": 999]))
        #expect(try notes.deleteMany([:]) == 499)
        #expect(try keyspace.verifyIndexes(of: "notes") { _ in }.differences == 0)
    }

    @Test("indexes are made over members of any kind, used, and dropped")
    func indexes() throws {
        try insert(#"{"_id":1,"a":1,"tags":["x","y"],"w":{"d":"p"}}"#, #"{"_id":2,"a":1,"tags":["y"],"w":{"d":"q"}}"#)
        #expect(try notes.createIndex(["a": 1, "w.d": -1]) == "a_1_w.d_-1")
        #expect(try notes.createIndex(["tags[]": 1]) == "tags_1")
        #expect(try notes.createIndex(["tags[]": 1]) == "tags_1")
        #expect(throws: RecordError.self) { try notes.createIndex(["a": 1], name: "tags_1") }
        #expect(try notes.find(["a": 1], sort: ["w.d": -1]).map { $0["_id"] } == [2, 1])
        #expect(try notes.find(["tags": "x"]).map { $0["_id"] } == [1])
        // Two with one value: no such index, and none is left behind.
        let error = #expect(throws: RecordError.self) { try notes.createIndex(["a": 1], unique: true) }
        #expect(error?.code == .uniqueViolation)
        #expect(try notes.indexes().map(\.definition.name) == ["a_1_w.d_-1", "tags_1"])
        #expect(try notes.createIndex(["w.d": 1], name: "byD", unique: true, sparse: true) == "byD")
        #expect(throws: RecordError.self) { try insert(#"{"_id":3,"w":{"d":"q"}}"#) }
        try insert(#"{"_id":4}"#, #"{"_id":5}"#)
        try notes.dropIndex("byD")
        try insert(#"{"_id":3,"w":{"d":"q"}}"#)
        #expect(throws: RecordError.self) { try notes.dropIndex("byD") }
        #expect(throws: RecordError.self) { try notes.createIndex(["x y": 1]) }
        #expect(throws: RecordError.self) { try notes.createIndex([:]) }
        // The fields that it made change nothing in the documents.
        #expect(try all().prefix(1) == [#"{"_id":1,"a":1,"tags":["x","y"],"w":{"d":"p"}}"#])
        #expect(try keyspace.verifyIndexes(of: "notes") { _ in }.differences == 0)
    }

    @Test("an index of a member serves filters, whether the member is a value or an array of values")
    func indexOfArrays() throws {
        try notes.insertMany(
            (0..<400).map { number in
                ["_id": .integer(number), "k": number % 100 == 7 ? [5, "x", .integer(number)] : .integer(number)]
            })
        for direction in [1, -1] as [JSONValue] {
            let name = try notes.createIndex(["k": direction])
            for (filter, ids) in [
                (["k": 5], [5, 7, 107, 207, 307]), (["k": "x"], [7, 107, 207, 307]),
                (["k": ["$in": [6, 107]]], [6, 107]),
                (["k": ["$gt": 396]], [397, 398, 399]), (["k": ["$lt": 2]], [0, 1]),
            ] as [(JSONObject, [JSONValue?])] {
                #expect(try notes.explain(filter).plan == "index \(name)", "\(filter)")
                #expect(Set(try notes.find(filter).map { $0["_id"] }) == Set(ids), "\(filter)")
            }
            try notes.dropIndex(name)
        }
    }

    private struct Note: Codable, Equatable {
        var _id: String?
        var title: String
        var stars: Int?
        var big: UInt64
        var when: [Double]
    }

    @Test("values of Swift types go in and come out")
    func codable() throws {
        let note = Note(title: "T", stars: nil, big: .max, when: [0.1, 1e300])
        let id = try notes.insertOne(encoding: note)
        try notes.insertMany(encoding: [Note(_id: "b", title: "B", stars: 1, big: 0, when: [])])
        var found = try #require(try notes.findOne(as: Note.self, ["title": "T"]))
        #expect(.string(found._id ?? "") == id)
        found._id = nil
        #expect(found == note)
        #expect(try notes.find(as: Note.self, sort: ["title": 1]).map(\.title) == ["B", "T"])
        #expect(throws: RecordError.self) { try notes.insertOne(encoding: [1]) }
        #expect(throws: DecodingError.self) { try notes.find(as: [Int].self) }
    }
}
