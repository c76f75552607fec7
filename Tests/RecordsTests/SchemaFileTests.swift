import Testing

internal import KeySchemas
internal import Records

/// The schema that most tests use.
let bookYAML = """
    schema: book
    version: 1
    key: "book:{genre}:{id}:{field}"
    encoding: text
    layout: fields
    fields:
      genre:  {id: 1, type: string, maxBytes: 64}
      id:     {id: 2, type: string, pattern: "^[0-9A-Za-z-]+$"}
      title:  {id: 3, type: string, required: true}
      author: {id: 4, type: string, required: true}
      year:   {id: 5, type: int, nullable: true, check: {min: -3000, max: 2100}}
      extra:  {id: 6, type: json}
    retired: {fields: [9], indexes: []}
    """

@Suite("schema files")
struct SchemaFileTests {
    @Test("a schema file says what keys and fields are")
    func book() throws {
        let schema = try SchemaDefinition(parsing: bookYAML, file: "book.yaml")
        #expect(schema.name == "book")
        #expect(schema.version == 1)
        #expect(schema.layout.template.description == "book:{genre}:{id}:{field}")
        #expect(schema.keyFields.map(\.name) == ["genre", "id"])
        #expect(schema.storedFields.map(\.name) == ["title", "author", "year", "extra"])
        let year = try #require(schema.field("year"))
        #expect(year.type == .scalar(.int()))
        #expect(year.isNullable && !year.isRequired)
        #expect(year.minimum == .integer(-3000))
        #expect(try #require(schema.field("genre")).isRequired)
        #expect(schema.retiredFields == [9])
    }

    @Test("JSON is YAML, and a schema's own JSON reads back as the same schema")
    func json() throws {
        let text = """
            {"schema": "m", "version": 3, "key": "m:{day}:{n}:{field}", "encoding": "tuple", "fields": {
              "day": {"id": 1, "type": "date"}, "n": {"id": 2, "type": "int", "pad": 6},
              "price": {"id": 3, "type": "decimal", "precision": 10, "scale": 2, "check": {"min": 0, "max": 99.95}},
              "hash": {"id": 4, "type": "bytes", "length": 2, "default": "00ff"},
              "note": {"id": 5, "type": "string", "default": "null", "nullable": true, "maxBytes": 9, "pattern": "n"},
              "at": {"id": 7, "type": "timestamp", "required": true}, "ok": {"id": 8, "type": "bool", "default": true}
            }}
            """
        let schema = try SchemaDefinition(parsing: text, file: "m.json")
        let again = try SchemaDefinition(parsing: schema.json.text(), file: "again.json")
        #expect(again == schema)
        #expect(again.json.text() == schema.json.text())
        #expect(again.field("note")?.defaultValue == "null")
    }

    /// A schema file with one line changed.
    private static func altered(_ line: Int, _ text: String) -> String {
        var lines = bookYAML.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[line - 1] = text
        return lines.joined(separator: "\n")
    }

    @Test(
        "an error names file, line, and field or key",
        arguments: [
            (11, "  year: {id: 5, type: integer}", "b.yaml:11: field year: unknown type integer; one of string, int,"),
            (
                11, "  year: {id: 5, type: int, nulable: true}",
                "b.yaml:11: field year: unknown key nulable; did you mean nullable?"
            ),
            (11, "  year: {id: 3, type: int}", "b.yaml:11: field year: the id 3 is title's"),
            (11, "  year: {id: 9, type: int}", "b.yaml:11: field year: the id 9 is retired"),
            (11, "  year: {id: 0, type: int}", "b.yaml:11: field year: the id is 0"),
            (11, "  year: {type: int}", "b.yaml:11: field year: the key id is missing"),
            (11, "  year: {id: 5}", "b.yaml:11: field year: the key type is missing"),
            (11, "  year: 5", "b.yaml:11: field year: a mapping belongs here"),
            (11, "  year: {id: 5, type: int, pad: 4}", "b.yaml:11: field year: pad is for parts of the key"),
            (11, "  year: {id: 5, type: string, pad: 4}", "b.yaml:11: field year: pad is not for type string"),
            (11, "  year: {id: 5, type: decimal}", "b.yaml:11: field year: type decimal needs precision and scale"),
            (11, "  year: {id: 5, type: decimal, precision: 50, scale: 2}", "b.yaml:11: field year: precision is 50"),
            (
                11, "  year: {id: 5, type: int, check: {min: 2, max: 1}}",
                "b.yaml:11: field year: check: the least value"
            ),
            (
                11, "  year: {id: 5, type: int, check: {min: x}}",
                "b.yaml:11: field year: check.min: \"x\" is not an integer"
            ),
            (11, "  year: {id: 5, type: string, check: {min: x}}", "b.yaml:11: field year: check is for"),
            (11, "  year: {id: 5, type: int, pattern: x}", "b.yaml:11: field year: pattern is for string fields"),
            (11, "  year: {id: 5, type: string, pattern: (}", "b.yaml:11: field year: pattern: "),
            (11, "  year: {id: 5, type: int, maxBytes: 4}", "b.yaml:11: field year: maxBytes is for"),
            (11, "  year: {id: 5, type: int, default: x}", "b.yaml:11: field year: default: \"x\" is not an integer"),
            (11, "  year: {id: 5, type: int, default: null}", "b.yaml:11: field year: default: null is not allowed"),
            (11, "  year: {id: 5, type: int, required: yes}", "b.yaml:11: field year.required: true or false"),
            (11, "  title: {id: 5, type: int}", "b.yaml:"),
            (11, "  a b: {id: 5, type: int}", "b.yaml:11: field a b: a field's name is"),
            (7, "  genre: {id: 1, type: json}", "b.yaml:7: field genre: a json field cannot be a part of the key"),
            (
                7, "  genre: {id: 1, type: string, nullable: true}",
                "b.yaml:7: field genre: a part of the key cannot be null"
            ),
            (
                7, "  genre: {id: 1, type: string, required: false}",
                "b.yaml:7: field genre: a part of the key is required"
            ),
            (
                7, "  genre: {id: 1, type: string, default: x}",
                "b.yaml:7: field genre: a part of the key has no default"
            ),
            (
                7, "  gerne: {id: 1, type: string}",
                "b.yaml:3: field genre: the key has {genre}, and fields does not say"
            ),
            (3, "key: \"book:{genre}:{id}\"", "b.yaml:3: field key: layout fields needs {field}"),
            (3, "key: \"{genre}:{id}:{field}\"", "b.yaml:3: field key: the first segment must be a literal"),
            (2, "version: 0", "b.yaml:2: field version: the version is 0"),
            (2, "version: one", "b.yaml:2: field version: an integer belongs here, not one"),
            (2, "vresion: 1", "b.yaml:2: unknown key vresion; did you mean version?"),
            (1, "schema: \"a b\"", "b.yaml:1: field schema: a schema's name"),
            (4, "encoding: binary", "b.yaml:4: field encoding: unknown encoding binary; one of text, tuple"),
            (5, "layout: packed", "b.yaml:3: field key: layout packed has one key a record, so {field} is no segment"),
            (5, "layout: wide", "b.yaml:5: field layout: unknown layout wide; one of fields, packed"),
            (13, "retired: {fields: 3}", "b.yaml:13: field retired.fields: a list of ids belongs here"),
            (13, "  bad: [", "b.yaml:1"),
        ])
    func errors(line: Int, text: String, message: String) {
        let error = #expect(throws: RecordError.self) {
            try SchemaDefinition(parsing: SchemaFileTests.altered(line, text), file: "b.yaml")
        }
        let description = error.map { "\($0)" } ?? ""
        #expect(description.hasPrefix(message), "\(description)")
    }

    @Test("hostile files are refused in a moment")
    func hostile() {
        let laughs = (1...30).reduce("a0: &a0 [x, x]\n") { $0 + "a\($1): &a\($1) [*a\($1 - 1), *a\($1 - 1)]\n" }
        let texts = [
            "", "[]", "x", "{", laughs, String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000),
            String(repeating: "{a: ", count: 100_000), "? [a]\n: b", "a: *b", "\u{0}", "schema: {schema: {}}",
        ]
        for text in texts {
            #expect(throws: RecordError.self) { try SchemaDefinition(parsing: text, file: "h.yaml") }
        }
    }
}
