import Testing

internal import OrderedStore
internal import Records

@Suite("updates of documents")
struct DocumentUpdateTests {
    private func updated(_ document: String, _ update: String) throws -> String {
        let notes = try Keyspace(MemoryStore()).documents("notes")
        try notes.insertOne(object(document))
        try notes.updateOne([:], object(update))
        return try notes.find(projection: ["_id": 0]).map { JSONValue.object($0).text() }.joined()
    }

    @Test(
        "each operator does what it says",
        arguments: [
            (#"{"a":1}"#, #"{"$set":{"a":2,"b.c":3}}"#, #"{"a":2,"b":{"c":3}}"#),
            (#"{"a":[1,2]}"#, #"{"$set":{"a.1":9,"a.2":{"x":1}}}"#, #"{"a":[1,9,{"x":1}]}"#),
            (#"{"z":1,"a":1}"#, #"{"$set":{"m":null}}"#, #"{"z":1,"a":1,"m":null}"#),
            (#"{"a":1,"b":{"c":1,"d":2}}"#, #"{"$unset":{"a":"","b.c":1,"x.y":1}}"#, #"{"b":{"d":2}}"#),
            (#"{"a":[1,2,3]}"#, #"{"$unset":{"a.1":1,"a.7":1}}"#, #"{"a":[1,null,3]}"#),
            (
                #"{"n":1,"m":9223372036854775807}"#, #"{"$inc":{"n":-3,"m":1,"k.l":5}}"#,
                #"{"n":-2,"m":9223372036854775808,"k":{"l":5}}"#
            ),
            (#"{"p":0.1,"q":1.50}"#, #"{"$inc":{"p":0.2,"q":1}}"#, #"{"p":0.3,"q":2.50}"#),
            (#"{"p":-0.05,"q":1e3}"#, #"{"$inc":{"p":0.05,"q":-0.5}}"#, #"{"p":0.00,"q":999.5}"#),
            (#"{"a":[1]}"#, #"{"$push":{"a":[2],"b":1}}"#, #"{"a":[1,[2]],"b":[1]}"#),
            (#"{"a":[1]}"#, #"{"$push":{"a":{"$each":[2,3]}}}"#, #"{"a":[1,2,3]}"#),
            (#"{"a":[1,2,1.0,"x",null]}"#, #"{"$pull":{"a":1}}"#, #"{"a":[2,"x",null]}"#),
            (#"{"a":[1,5,9,"x"]}"#, #"{"$pull":{"a":{"$gte":5}}}"#, #"{"a":[1,"x"]}"#),
            (#"{"a":["x","y"]}"#, #"{"$pull":{"a":{"$in":["y","z"]},"b":1}}"#, #"{"a":["x"]}"#),
            (
                #"{"a":[{"s":1,"t":1},{"s":9,"t":2},3]}"#, #"{"$pull":{"a":{"s":{"$gt":5},"t":2}}}"#,
                #"{"a":[{"s":1,"t":1},3]}"#
            ),
            (#"{"a":[{"s":1},{"s":2}]}"#, #"{"$pull":{"a":{"$or":[{"s":1},{"s":7}]}}}"#, #"{"a":[{"s":2}]}"#),
            (#"{"a":[1]}"#, #"{"$addToSet":{"a":{"$each":[1.0,2,2]},"b":"x"}}"#, #"{"a":[1,2],"b":["x"]}"#),
            (#"{"a":1,"b":2}"#, #"{"$rename":{"a":"c.d","x":"y"}}"#, #"{"b":2,"c":{"d":1}}"#),
            (
                #"{"a":5,"b":5,"c":"m"}"#, #"{"$min":{"a":3,"x":1,"c":"a"},"$max":{"b":5.0}}"#,
                #"{"a":3,"b":5,"c":"a","x":1}"#
            ),
            (#"{"a":1e999}"#, #"{"$max":{"a":2e999}}"#, #"{"a":2e999}"#),
        ])
    func operators(document: String, update: String, result: String) throws {
        #expect(try updated(document, update) == result)
    }

    @Test(
        "what an operator is not for is refused, and the path is named",
        arguments: [
            (#"{"$inc":{"s":1}}"#, "s"), (#"{"$inc":{"s":"1"}}"#, "s"), (#"{"$push":{"s":1}}"#, "s"),
            (#"{"$addToSet":{"n":1}}"#, "n"), (#"{"$pull":{"n":1}}"#, "n"), (#"{"$min":{"s":1}}"#, "s"),
            (#"{"$max":{"n":null}}"#, "n"), (#"{"$set":{"n.x":1}}"#, "n.x"), (#"{"$set":{"a.5":1}}"#, "a.5"),
            (#"{"$set":{"a.99999999999999999999":1}}"#, "a.99999999999999999999"), (#"{"$set":{"a.x":1}}"#, "a.x"),
            (#"{"$set":{"a.-1":1}}"#, "a.-1"), (#"{"$set":{"a..b":1}}"#, "a..b"), (#"{"$set":{"":1}}"#, ""),
            (#"{"$set":{"$x":1}}"#, "$x"), (#"{"$set":{"x":1,"x.y":2}}"#, "x.y"),
            (#"{"$set":{"x":1},"$inc":{"x":1}}"#, "x"),
            (#"{"$rename":{"s":"s.t"}}"#, "s.t"), (#"{"$rename":{"s":1}}"#, "s"), (#"{"$sett":{"x":1}}"#, "$sett"),
            (#"{"x":1}"#, "x"), (#"{"$set":1}"#, "$set"), (#"{"$inc":{"e":1}}"#, "e"),
            (#"{"$push":{"a":{"$slice":1}}}"#, "a"),
            (#"{"$pull":{"a":{"$gtt":1}}}"#, "$pull"), (#"{"$inc":{"s":null}}"#, "s"),
        ])
    func refusals(update: String, path: String) throws {
        let document = #"{"s":"text","n":1,"a":[1,2],"e":1e9999999999999999999}"#
        let error = #expect(throws: RecordError.self, "\(update)") { try updated(document, update) }
        #expect(error?.field == path, "\(update): \(error.map { "\($0)" } ?? "")")
    }

    @Test("an update without operators is refused")
    func empty() throws {
        #expect(throws: RecordError.self) { try updated("{}", "{}") }
    }
}
