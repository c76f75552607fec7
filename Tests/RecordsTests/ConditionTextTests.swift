import Foundation
internal import KeySchemas
internal import StoreConformance
import Testing

@testable import Records

@Suite("conditions as text")
struct ConditionTextTests {
    @Test(
        "a text says what it says",
        arguments: [
            (#"author = "Tolkien, J." and year >= 1950"#, #"author = "Tolkien, J." and year >= 1950"#),
            ("AUTHOR = 'it\\'s \"so\"' OR Not year<>3", #"AUTHOR = "it's \"so\"" or not year != 3"#),
            ("a = 1 and b = 2 or c = 3", "(a = 1 and b = 2) or c = 3"),
            ("a = 1 and (b = 2 or c = 3)", "a = 1 and (b = 2 or c = 3)"),
            ("extra.publisher.city = \"Oslo\"", "extra.publisher.city = \"Oslo\""),
            ("tags[] in ('a', \"b\",3)", #"tags[] in ("a", "b", 3)"#),
            ("year not in (1, null, true)", "not year in (1, null, true)"),
            ("title starts with 'The'", #"title starts with "The""#),
            (#"id matches "^97\\d+$""#, #"id matches "^97\\d+$""#),
            ("year exists and title is absent", "year exists and not title exists"),
            ("year is null or title is not null", "year = null or title != null"),
            ("year is not absent", "year exists"),
            ("year between 1950 and 1960 and a = 1", "(year >= 1950 and year <= 1960) and a = 1"),
            (#""not".x = 1 and "a b"."c.d" = 2"#, #"not.x = 1 and "a b"."c.d" = 2"#),
            (#""true" = true"#, #""true" = true"#),
            (#""2020" = 1"#, #""2020" = 1"#),
            ("größe = 12.50", "größe = 12.50"),
            ("x = -0 or x = 1e999", "x = -0 or x = 1e999"),
            ("x = 9223372036854775808", "x = 9223372036854775808"),
            (#"x = {"a": [1, 2.0]}"#, #"x = {"a":[1,2.0]}"#),
            ("x == 1\nand\ty = 2", "x = 1 and y = 2"),
            ("true and not false", "true and not false"),
        ])
    func reading(text: String, canonical: String) throws {
        let condition = try Condition(parsing: text)
        #expect(condition.description == canonical)
        #expect(try Condition(parsing: canonical) == condition)
    }

    @Test("numbers are as exact as they are written")
    func numbers() throws {
        #expect(try Condition(parsing: "x = 9007199254740993") == .compare("x", .equal, 9_007_199_254_740_993))
        let decimal = FieldValue.json(.number(try #require(JSONNumber("0.10000000000000000001"))))
        #expect(try Condition(parsing: "x = 0.10000000000000000001") == .compare("x", .equal, decimal))
    }

    @Test(
        "an error points at the character",
        arguments: [
            ("year >= ", 8, "a value is missing"),
            ("year >= 1950 and", 16, "a condition is missing"),
            ("author = Tolkien", 9, "put text in quotes"),
            ("author = \"Tolkien", 17, "closing quote"),
            ("author = 'Tolkien", 9, "closing quote"),
            ("year 1950", 5, "after a field comes"),
            ("(year = 1", 9, "a ) belongs here"),
            ("year = 1)", 8, "and, or, or the end"),
            ("1950 < year", 0, "begins with a field's name"),
            ("and year = 1", 0, "missing before and"),
            ("day > 2024-01-31", 10, "put dates"),
            ("year in 1, 2", 8, "a ( belongs"),
            ("year in (1 2)", 11, "a , or ) belongs"),
            ("title starts \"x\"", 13, "with belongs"),
            ("title matches \"(\"", 14, "the pattern"),
            ("year is 3", 8, "null or absent"),
            ("a. = 1", 2, "after the dot"),
            ("a && b", 2, "write the words"),
            ("a = 1 and ! b = 2", 10, "write not"),
            ("é = \"\\q\"", 7, "unknown escape"),
            ("", 0, "the text ends here"),
        ])
    func errors(text: String, offset: Int, message: String) throws {
        let error = try #require(throws: ConditionError.self) { try Condition(parsing: text) }
        #expect(error.offset == offset)
        #expect(error.message.contains(message), "\(error)")
    }

    @Test("a caret stands below the character, in its line")
    func caret() throws {
        let schema = try conditionSchema()
        let error = try #require(throws: ConditionError.self) {
            try Condition(parsing: "count = 1\n  and \"größe\" = 2", for: schema)
        }
        #expect(error.offset == 16)
        #expect(error.position?.line == 2)
        #expect(error.position?.column == 7)
        #expect(error.description == "line 2, column 7: the schema has no such field")
        #expect(error.caret == "  and \"größe\" = 2\n      ^ the schema has no such field")
    }

    @Test(
        "a schema checks fields and values where they stand",
        arguments: [
            ("nmae = \"x\"", 0, "did you mean name"),
            ("flag = true and count = \"12\"", 24, "without quotes"),
            ("count in (1, \"x\")", 13, "without quotes"),
            ("day = \"2024-02-30\"", 6, "a date such as"),
            ("count starts with \"1\"", 6, "is for strings"),
            ("name.first = \"x\"", 0, "not json"),
            ("count between 1 and \"2\"", 20, "without quotes"),
        ])
    func checking(text: String, offset: Int, message: String) throws {
        let schema = try conditionSchema()
        let error = try #require(throws: ConditionError.self) { try Condition(parsing: text, for: schema) }
        #expect(error.offset == offset)
        #expect(error.message.contains(message), "\(error)")
    }

    @Test("nesting is refused beyond a depth, however deep the text is")
    func depth() throws {
        for opening in ["(", "not "] {
            let deep = String(repeating: opening, count: 100_000) + "a = 1"
            let error = try #require(throws: ConditionError.self) { try Condition(parsing: deep) }
            #expect(error.message.contains("in each other"))
        }
        let text = String(repeating: "not (", count: 45) + "count = 1" + String(repeating: ")", count: 45)
        _ = try Condition(parsing: text).bound(to: conditionSchema())
        let wide = Array(repeating: "count = 1", count: 20_000).joined(separator: " or ")
        #expect(try Condition(parsing: wide).normalized == .compare("count", .equal, 1))
    }

    @Test("patterns that make other matchers explode are linear in conditions, too")
    func patterns() throws {
        let schema = try conditionSchema()
        var buffer = RecordBuffer(CompiledSchema(schema))
        let text = String(repeating: "a", count: 5000) + "!"
        try buffer.encode([
            "group": "g", "id": 1, "name": .scalar(.string(text)), "extra": .json(.array([.string(text)])),
        ])
        for path in ["name", "extra[]"] {
            for pattern in ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "^(a?){50}a{50}$"] {
                let condition = try CompiledCondition(.matches(path, Pattern(pattern)), schema)
                #expect(!condition.matches(buffer))
            }
        }
    }

    @Test("every condition of the documentation reads")
    func documentation() throws {
        let schema = try SchemaDefinition(
            parsing: """
                schema: book
                version: 1
                key: "book:{genre}:{id}:{field}"
                fields:
                  genre: {id: 1, type: string}
                  id: {id: 2, type: string}
                  title: {id: 3, type: string}
                  year: {id: 4, type: int}
                  tags: {id: 5, type: json}
                """, file: "book.yaml")
        let page = try String(contentsOfFile: packagePath("Sources/Records/Records.docc/Queries.md"), encoding: .utf8)
        var conditions = 0
        var filters = 0
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let example = String(line.split(separator: "`")[1])
            if example.hasPrefix("{\""), !example.contains("…") {
                _ = try Condition(parsingFilter: example, for: schema)
                filters += 1
            } else if example.contains(" "), !example.hasPrefix("{") {
                _ = try Condition(parsing: example, for: schema)
                conditions += 1
            }
        }
        #expect(conditions >= 7)
        #expect(filters >= 5)
        let error = try #require(throws: ConditionError.self) {
            try Condition(parsing: "genre = \"crime\" and yaer > 1950", for: schema)
        }
        #expect(page.contains(try #require(error.caret)))
    }

    @Test("what is printed reads as the same condition")
    func printing() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var maker = ConditionMaker(seed: seed)
        for _ in 0..<2000 {
            let condition = maker.condition(depth: 4)
            let text = condition.description
            #expect(try Condition(parsing: text) == condition, "seed \(seed): \(text)")
        }
    }

    @Test("no bytes crash the parsers")
    func fuzz() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var maker = ConditionMaker(seed: seed)
        let schema = try conditionSchema()
        let words = [
            "a", "and", "or", "not", "in", "(", ")", ",", "\"", "'", "\\", "[]", ".", "=", "<", ">", "!", "1", "-",
            "1e",
            "is", "null", "between", "starts", "with", "matches", "{", "}", ":", "$and", "$not", "é", "\u{0}", " ", "[",
            "]",
        ]
        for _ in 0..<3000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &maker.random) {
                text += words.randomElement(using: &maker.random) ?? ""
                if Bool.random(using: &maker.random) { text += " " }
            }
            _ = try? Condition(parsing: text, for: schema)
            _ = try? Condition(parsingFilter: text, for: schema)
            let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &maker.random) }
            _ = try? Condition(parsing: String(decoding: bytes, as: UTF8.self))
            _ = try? Condition(parsingFilter: bytes, for: schema)
        }
    }
}

/// A file of the package.
func packagePath(_ path: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: path).path
}
