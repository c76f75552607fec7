import Dispatch
import StoreConformance
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
internal import Records

/// Documents of few names and values, so that they often meet.
private struct DocumentMaker {
    var random: SeededGenerator

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func id() -> JSONValue {
        let number = Int.random(in: 0..<12, using: &random)
        return Bool.random(using: &random) ? .integer(number) : .string("\(number)")
    }

    mutating func value(depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth < 2 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2, 3: return .integer(Int.random(in: -3...3, using: &random))
        case 4: return .number(JSONNumber(pick(["1.0", "2.50", "-1e2", "9007199254740993", "1e400"]))!)
        case 5: return .string(pick(["", "x", "y", "\u{0}", "ü\"\\"]))
        case 6: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1) })
        default: return .object(object(depth: depth + 1))
        }
    }

    mutating func object(depth: Int = 0) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0...4, using: &random) { object[name(depth)] = value(depth: depth) }
        return object
    }

    mutating func name(_ depth: Int) -> String {
        pick(depth == 0 ? ["a", "b", "c", "n", "tags", "a:b", ";", "", "$s", "x.y"] : ["a", "b", "c", ""])
    }
}

@Suite("documents against a dictionary")
struct DocumentModelTests {
    @Test(
        "random inserts, replacements, updates and removals leave what they would in a dictionary",
        arguments: [1, 2, 3] as [UInt64])
    func memory(seed: UInt64) throws {
        try run(Keyspace(MemoryStore()), seed: seed, steps: 600)
    }

    @Test("random operations leave the same on LevelDB")
    func levelDB() throws {
        try withDirectory { path in
            let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
            try run(Keyspace(store), seed: 4, steps: 400)
            try store.close()
        }
    }

    private func run<Store>(_ keyspace: Keyspace<Store>, seed: UInt64, steps: Int) throws {
        let documents = try keyspace.documents("docs")
        var model: [JSONValue: JSONObject] = [:]
        var maker = DocumentMaker(random: SeededGenerator(seed: seed))
        for step in 0..<steps {
            let id = maker.id()
            let filter: JSONObject = ["_id": id]
            let comment: Comment = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<10, using: &maker.random) {
            case 0...2:
                var document: JSONObject = Bool.random(using: &maker.random) ? ["_id": id] : [:]
                for member in maker.object().members { document[member.key] = member.value }
                document["_id"] = id
                do {
                    try documents.insertOne(document)
                    #expect(model[id] == nil, comment)
                    model[id] = document
                } catch let error as RecordError {
                    #expect(error.code == .alreadyExists && model[id] != nil, comment)
                }
            case 3:
                let object = maker.object()
                let result = try documents.replaceOne(filter, object)
                #expect((result.matched == 1) == (model[id] != nil), comment)
                if model[id] != nil {
                    var whole: JSONObject = ["_id": id]
                    for member in object.members { whole[member.key] = member.value }
                    model[id] = whole
                }
            case 4, 5:
                let name = maker.pick(["a", "b", "new", "a:b"])
                let value = maker.value()
                try documents.updateOne(filter, ["$set": .object([name: value])])
                model[id]?[name] = value
            case 6:
                try documents.updateOne(filter, ["$unset": .object(["a": 1, "tags": 1])])
                model[id]?["a"] = nil
                model[id]?["tags"] = nil
            case 7:
                // All that have a string there, so that no operator is refused.
                let filter: JSONObject = ["c": .object(["$exists": false])]
                let change = try documents.updateMany(filter, ["$set": .object(["n": 7])])
                #expect(change.matched == model.values.count { $0["c"] == nil }, comment)
                for (id, document) in model where document["c"] == nil { model[id]?["n"] = 7 }
            case 8:
                #expect(try documents.deleteOne(filter) == (model.removeValue(forKey: id) != nil), comment)
            default:
                if step % 40 == 0 { try documents.createIndex([maker.pick(["a", "b", "n", "tags[]", "c.a"]): 1]) }
                if step % 90 == 0, let index = try? documents.indexes().first {
                    try documents.dropIndex(index.definition.name)
                }
            }
            if step % 20 == 0 { try compare(documents, model, comment) }
        }
        try compare(documents, model, "seed \(seed), the end")
        if keyspace.schema("docs") != nil {
            #expect(try keyspace.verifyIndexes(of: "docs") { _ in }.differences == 0, "seed \(seed)")
        }
    }

    private func compare<Store>(
        _ documents: Documents<Store>, _ model: [JSONValue: JSONObject], _ comment: Comment
    ) throws {
        var found: [JSONValue: JSONObject] = [:]
        try documents.forEach { found[$0["_id"] ?? .null] = $0 }
        #expect(found == model, comment)
        for value in [1, "x", .null] as [JSONValue] {
            for name in ["a", "tags"] {
                let wanted = model.filter { _, document in
                    guard let member = document[name] else { return false }
                    if case .array(let elements) = member { return elements.contains { holds($0, value) } }
                    return holds(member, value)
                }
                #expect(try documents.countDocuments([name: value]) == wanted.count, "\(comment), \(name) \(value)")
            }
        }
    }

    private func holds(_ member: JSONValue, _ value: JSONValue) -> Bool {
        if case .number(let number) = member, case .number(let wanted) = value { return number.double == wanted.double }
        return member == value
    }

    @Test("no increment of many threads is lost, and no document of theirs is written over")
    func threads() throws {
        let counters = try Keyspace(MemoryStore()).documents("counters")
        let threads = 8
        let rounds = 100
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for round in 0..<rounds {
                do {
                    try counters.updateOne(
                        ["_id": "n"], ["$inc": .object(["n": 1]), "$push": .object(["by": .integer(thread)])],
                        upsert: true)
                    try counters.insertOne(["thread": .integer(thread), "round": .integer(round)])
                } catch {
                    Issue.record(error)
                }
            }
        }
        let counter = try #require(try counters.findOne(["_id": "n"]))
        #expect(counter["n"] == .integer(threads * rounds))
        guard case .array(let by)? = counter["by"] else { return #expect(Bool(false), "no array") }
        #expect(by.count == threads * rounds)
        #expect(try counters.countDocuments() == threads * rounds + 1)
    }
}

@Suite("bad documents")
struct BadDocumentTests {
    private static let malformed: [(text: [UInt8], offset: Int)] = [
        (Array(#"{"a":1,"a":2}"#.utf8), 7), (Array(#"{"a":"\ud800"}"#.utf8), 6),
        (Array(#"{"a":"\udc00x"}"#.utf8), 6), ([UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")], 1),
        (Array(#"{"a":01}"#.utf8), 6), (Array(#"{"a":1"#.utf8), 6),
        (Array(repeating: UInt8(ascii: "["), count: 100_000), 512),
    ]

    @Test("what is no JSON is refused with its position", arguments: malformed)
    func refused(text: [UInt8], offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.offset == offset)
    }

    @Test("large, deep and odd documents go in and come out")
    func accepted() throws {
        let keyspace = try Keyspace(MemoryStore())
        let notes = try keyspace.documents("notes")
        var deep = JSONValue.array([])
        for _ in 0..<505 { deep = .array([deep]) }
        let documents: [JSONObject] = [
            ["_id": 1, "deep": deep],
            ["_id": 3, "n": .number(JSONNumber("1e999")!), "m": .number(JSONNumber("-0.0e-99999999999")!)],
            ["_id": .string(String(repeating: "k", count: 100_000)), "a": 1],
            ["_id": "\u{0}:;\"\u{FFFF}", "\u{0}": "\u{0}"],
        ]
        for document in documents { try notes.insertOne(document) }
        for document in documents { #expect(try notes.findOne(["_id": document["_id"] ?? .null]) == document) }
        try notes.createIndex(["n": 1])
        #expect(try notes.countDocuments(["n": .object(["$gt": 5])]) == 1)
        #expect(try notes.updateMany([:], ["$unset": ["deep": 1]]).modified == 1)
        let count = 16 << 20
        try notes.insertOne(["_id": "big", "text": .string(String(repeating: "x", count: count))])
        #expect(try keyspace.get("notes:big:text")?.count == count + 2)
    }
}
