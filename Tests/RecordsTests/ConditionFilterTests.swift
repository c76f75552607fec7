internal import KeySchemas
import Testing

internal import Records

@Suite("conditions as filters")
struct ConditionFilterTests {
    @Test(
        "a filter is the condition that a text is",
        arguments: [
            (#"{"count": {"$gte": 1950}, "name": "Tolkien, J."}"#, #"count >= 1950 and name = "Tolkien, J.""#),
            ("{}", "true"),
            (#"{"count": 9007199254740993}"#, "count = 9007199254740993"),
            (#"{"count": {"$gt": 1, "$lt": 5}}"#, "count > 1 and count < 5"),
            (#"{"count": {"$ne": 3}}"#, "not count = 3"),
            (#"{"count": {"$in": [1, 2]}}"#, "count in (1, 2)"),
            (#"{"count": {"$nin": [1, 2]}}"#, "count not in (1, 2)"),
            (#"{"count": null}"#, "count is null"),
            (#"{"count": {"$exists": false}}"#, "count is absent"),
            (#"{"extra.tags": {"$exists": true}}"#, "extra.tags exists"),
            (#"{"name": {"$regex": "^To"}}"#, #"name matches "^To""#),
            (#"{"name": {"$regex": "^To", "$options": ""}}"#, #"name matches "^To""#),
            (#"{"$or": [{"count": 1}, {"flag": true}]}"#, "count = 1 or flag = true"),
            (#"{"$and": [{"count": 1}, {"flag": true}], "name": "x"}"#, #"(count = 1 and flag = true) and name = "x""#),
            (#"{"$nor": [{"count": 1}, {"flag": true}]}"#, "not (count = 1 or flag = true)"),
            (#"{"count": {"$not": {"$gt": 1}}}"#, "not count > 1"),
            (#"{"extra.tags": "x"}"#, #"extra.tags[] = "x""#),
            (#"{"extra.tags[].name": {"$gt": 2}}"#, "extra.tags[].name[] > 2"),
            (#"{"extra.tags": ["x"]}"#, #"extra.tags = ["x"] or extra.tags[] = ["x"]"#),
            (#"{"extra.tags": {"$in": ["x", ["y"]]}}"#, #"extra.tags in (["y"]) or extra.tags[] in ("x", ["y"])"#),
            (#"{"extra": {"a": 1}}"#, #"extra[] = {"a": 1}"#),
            (#"{"extra.odd name": 1}"#, #"extra."odd name"[] = 1"#),
        ])
    func reading(filter: String, text: String) throws {
        let schema = try conditionSchema()
        #expect(try Condition(parsingFilter: filter, for: schema) == Condition(parsing: text, for: schema))
        #expect(try Condition(filter: JSONValue(parsing: filter), for: schema) == Condition(parsing: text))
    }

    @Test(
        "an error says where in the filter",
        arguments: [
            (#"{"count": {"$gte": "x"}}"#, "$.count.$gte", "without quotes"),
            (#"{"$or": [{"count": 1}, {"cuont": 2}]}"#, "$.$or[1].cuont", "did you mean count"),
            (#"{"count": {"$in": [1, "x"]}}"#, "$.count.$in[1]", "without quotes"),
            (#"{"count": {"$in": 1}}"#, "$.count.$in", "an array"),
            (#"{"count": {"$gtee": 1}}"#, "$.count.$gtee", "did you mean $gte"),
            (#"{"count": {"$gt": 1, "x": 2}}"#, "$.count.x", "stand alone"),
            (#"{"$nand": []}"#, "$.$nand", "did you mean $and"),
            (#"{"$or": []}"#, "$.$or", "one or more"),
            (#"{"$where": "1"}"#, "$.$where", "not known"),
            (#"{"name": {"$regex": "("}}"#, "$.name.$regex", "the pattern"),
            (#"{"name": {"$regex": "a", "$options": "i"}}"#, "$.name.$options", "no options"),
            (#"{"name": {"$exists": 1}}"#, "$.name.$exists", "true or false"),
            (#"{"name": {"$not": "x"}}"#, "$.name.$not", "an object of operators"),
            ("[]", "$", "an array where a filter"),
        ])
    func errors(filter: String, path: String, message: String) throws {
        let schema = try conditionSchema()
        let error = try #require(throws: ConditionError.self) { try Condition(parsingFilter: filter, for: schema) }
        #expect(error.path == path)
        #expect(error.message.contains(message), "\(error)")
    }

    @Test("an error in the JSON points at the byte")
    func malformed() throws {
        let schema = try conditionSchema()
        let error = try #require(throws: ConditionError.self) {
            try Condition(parsingFilter: "{\"count\":\n 1,, }", for: schema)
        }
        #expect(error.offset == 13)
        #expect(error.position?.line == 2)
        #expect(error.path == nil)
    }

    @Test("filters in each other are refused beyond a depth")
    func depth() throws {
        let schema = try conditionSchema()
        for (opening, inner, closing) in [(#"{"$and":["#, "{}", "]}"), (#"{"$not":"#, #"{"$gt":1}"#, "}")] {
            let nested = String(repeating: opening, count: 200) + inner + String(repeating: closing, count: 200)
            let filter = opening.contains("not") ? #"{"count":\#(nested)}"# : nested
            let error = try #require(throws: ConditionError.self) { try Condition(parsingFilter: filter, for: schema) }
            #expect(error.message.contains("in each other"))
        }
    }
}
