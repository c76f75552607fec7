import OrderedStore
import Records
import Testing

@testable import LVKVServer

/// Asks one question after the other, and keeps the answers.
private func answers(_ questions: String...) throws -> [String] {
    let service = DocumentService(keyspace: try Keyspace(MemoryStore()))
    return questions.map { String(decoding: service.answer(Array($0.utf8)), as: UTF8.self) }
}

@Suite("The dialect of JSON documents")
struct DocumentServiceTests {
    @Test("documents are inserted, found, merged and deleted")
    func basics() throws {
        #expect(
            try answers(
                #"{"collection":"blocks","insertOne":{"_id":1,"name":"genesis","size":{"bytes":10}}}"#,
                #"{"collection":"blocks","findOne":{"filter":{"name":"genesis"}}}"#,
                #"{"collection":"blocks","updateOne":{"filter":{"_id":1},"data":{"height":0,"name":"first"}}}"#,
                #"{"collection":"blocks","findOne":{"filter":{"_id":1}}}"#,
                #"{"collection":"blocks","updateOne":{"filter":{"_id":1},"data":{"$inc":{"height":2}}}}"#,
                #"{"collection":"blocks","findOne":{"filter":{"height":2},"projection":{"height":1}}}"#,
                #"{"collection":"blocks","updateOne":{"filter":{"_id":1},"data":{}}}"#,
                #"{"collection":"blocks","deleteOne":{"filter":{"_id":1}}}"#,
                #"{"collection":"blocks","findOne":{"filter":{"_id":1}}}"#) == [
                    #"{"insertedId":1}"#,
                    #"{"_id":1,"name":"genesis","size":{"bytes":10}}"#,
                    "0",
                    #"{"_id":1,"name":"first","size":{"bytes":10},"height":0}"#,
                    "0",
                    #"{"_id":1,"height":2}"#,
                    "0", "0", "null",
                ])
    }

    @Test("a document without an _id gets one")
    func newID() throws {
        let answer = try answers(#"{"insertOne":{"a":1},"collection":"x"}"#)[0]
        #expect(answer.hasPrefix(#"{"insertedId":""#))
        #expect(answer.utf8.count == #"{"insertedId":""}"#.utf8.count + 36)
    }

    @Test("the other operations of collections answer, too")
    func others() throws {
        #expect(
            try answers(
                #"{"collection":"n","insertMany":[{"_id":1,"t":["a","b"]},{"_id":2,"t":["b"]},{"_id":3,"t":[]}]}"#,
                #"{"collection":"n","find":{"filter":{"t":"b"},"sort":{"_id":-1},"projection":{"_id":1}}}"#,
                #"{"collection":"n","find":{"skip":1,"limit":1}}"#,
                #"{"collection":"n","countDocuments":{}}"#,
                #"{"collection":"n","distinct":{"path":"t"}}"#,
                #"{"collection":"n","updateMany":{"filter":{"t":"b"},"data":{"seen":true}}}"#,
                #"{"collection":"n","replaceOne":{"filter":{"_id":3},"data":{"new":1}}}"#,
                #"{"collection":"n","find":{"filter":{"_id":3}}}"#,
                #"{"collection":"n","createIndex":{"keys":{"seen":1}}}"#,
                #"{"collection":"n","indexes":{}}"#,
                #"{"collection":"n","dropIndex":{"name":"seen_1"}}"#,
                #"{"collection":"n","deleteMany":{"filter":{"seen":true}}}"#) == [
                    #"{"insertedIds":[1,2,3]}"#, #"[{"_id":2},{"_id":1}]"#, #"[{"_id":2,"t":["b"]}]"#, "3",
                    #"["a","b"]"#, #"{"matchedCount":2,"modifiedCount":2}"#, "0", #"[{"_id":3,"new":1}]"#,
                    #"{"name":"seen_1"}"#, #"["seen_1"]"#, "0", #"{"deletedCount":2}"#,
                ])
    }

    @Test(
        "a request that is none says what is wrong",
        arguments: [
            (#"{"collection":"x","insertOne":tru}"#, "line 1, column 31"),
            (#"{"findOne":{}}"#, "names no collection"),
            (#"{"collection":7,"findOne":{}}"#, "collection is a string"),
            (#"{"collection":"x"}"#, "one operation"),
            (#"{"collection":"x","findOne":{},"find":{}}"#, "one operation"),
            (#"{"collection":"x","findFirst":{}}"#, "unknown operation findFirst"),
            (#"{"collection":"x","findOne":{"fliter":{}}}"#, "findOne has no fliter"),
            (#"{"collection":"x","findOne":{"filter":1}}"#, "filter is an object"),
            (#"{"collection":"x","findOne":[]}"#, "findOne takes an object"),
            (#"{"collection":"x","insertOne":1}"#, "insertOne takes a document"),
            (#"{"collection":"x","find":{"limit":-1}}"#, "limit is a whole number"),
            (#"{"collection":"x","updateOne":{"filter":{}}}"#, "updateOne needs data"),
            (#"{"collection":"x","findOne":{"filter":{"a":{"$foo":1}}}}"#, "$foo"),
            (#"{"collection":"a/b","findOne":{}}"#, "a/b"),
        ])
    func refusals(_ question: String, _ reason: String) throws {
        let answer = try answers(question)[0]
        #expect(answer.hasPrefix(#"{"error":""#))
        #expect(answer.contains(reason), "\(answer)")
    }

    @Test("an answer that is too long is refused")
    func longAnswer() throws {
        let service = DocumentService(keyspace: try Keyspace(MemoryStore()), longestAnswer: 100)
        for _ in 0..<10 { _ = service.answer(Array(#"{"collection":"x","insertOne":{"text":"0123456789"}}"#.utf8)) }
        let answer = String(decoding: service.answer(Array(#"{"collection":"x","find":{}}"#.utf8)), as: UTF8.self)
        #expect(answer == #"{"error":"the answer is longer than 100 bytes; take skip and limit, or a projection"}"#)
    }
}
