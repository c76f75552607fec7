@testable internal import KeySchemas
internal import OrderedStore
@testable internal import Records

/// Schema files: what is read is read again from its own JSON.
func fuzzSchemas(_ input: Span<UInt8>) {
    let text = String(decoding: input.array, as: UTF8.self)
    guard let schema = try? SchemaDefinition(parsing: text, file: "s.yaml") else { return }
    let json = schema.json.text()
    guard let again = try? SchemaDefinition(parsing: json, file: "again.json") else {
        fatalError("a schema's own JSON is refused: \(json)")
    }
    require(again.json.text() == json, "a schema's own JSON is read as another schema")
}

private let schema: SchemaDefinition = {
    let text = """
        schema: book
        version: 1
        key: "book:{genre}:{id}:{field}"
        fields:
          genre:  {id: 1, type: string, maxBytes: 64}
          id:     {id: 2, type: string, pattern: "^[0-9A-Za-z-]+$"}
          title:  {id: 3, type: string, required: true}
          year:   {id: 5, type: int, nullable: true, check: {min: -3000, max: 2100}}
          extra:  {id: 6, type: json}
          price:  {id: 7, type: decimal, precision: 10, scale: 2}
          day:    {id: 8, type: date}
          ok:     {id: 9, type: bool}
          at:     {id: 10, type: timestamp}
        """
    guard let schema = try? SchemaDefinition(parsing: text, file: "book.yaml") else { fatalError() }
    return schema
}()

/// Conditions as text: what is read is read again from its own text, with and without a schema.
func fuzzConditions(_ input: Span<UInt8>) {
    let text = String(decoding: input.rest, as: UTF8.self)
    let schema = input.choice & 1 == 1 ? schema : nil
    guard let condition = try? Condition(parsing: text, for: schema) else { return }
    let own = condition.description
    guard let again = try? Condition(parsing: own, for: schema) else { fatalError("its own text is refused: \(own)") }
    require(again.description == own, "its own text is read as another condition: \(own)")
}

/// Filters in JSON: what is read has a text that is read as the same.
func fuzzFilters(_ input: Span<UInt8>) {
    guard let condition = try? Condition(parsingFilter: input, for: schema) else { return }
    let own = condition.description
    // Beyond the depth that a text may have there is no text.
    guard let again = try? Condition(parsing: own) else { return }
    require(again.description == own, "its own text is read as another condition: \(own)")
}

/// JSON: what is read is written and read as the same, compact and for people.
func fuzzJSON(_ input: Span<UInt8>) {
    guard let value = try? JSONValue(parsing: input) else { return }
    let compact = value.text()
    require((try? JSONValue(parsing: compact)) == value, "JSON does not come back: \(compact)")
    require((try? JSONValue(parsing: value.text(.pretty))) == value, "JSON for people does not come back: \(compact)")
    require(compact.utf8.count <= 6 * input.count, "JSON grows")
}
