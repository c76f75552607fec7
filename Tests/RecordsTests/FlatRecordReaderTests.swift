import Testing

internal import OrderedStore
internal import Records
internal import StoreConformance

@Suite("flat objects as records")
struct FlatRecordReaderTests {
    /// What may stand for a member in an object, right and wrong.
    private static let members: [String: [String]] = [
        "group": [#""a""#, #""b:c""#, #""d\u0065""#, #""much too long""#, #""A""#, "null", "7"],
        "id": ["1", "-20", "3.0", "4e2", "123456789012345678901234567890", #""5""#, "-0", "1.5", "01"],
        "title": [#""T""#, #""""#, #""é""#, #""\u0000x""#, #""a\nb""#, #""beyond twelve bytes""#, "null", "[]"],
        "year": ["2008", "2008.0", "0", "3000", "3001", "-1", "null", #""2008""#, "true"],
        "code": [#""AB""#, #""ab""#, #""""#],
        "price": ["1", "1.50", "1.500", "1.505", "1e2"],
        "day": [#""2024-02-29""#, #""2023-02-29""#],
        "flag": ["true", "false", "null", "1"],
        "extra": ["1.50", #""x""#, "null", #"{"a":[1]}"#],
        "other": ["1"],
    ]

    private func keyspace(layout: String) throws -> Keyspace<MemoryStore> {
        let key = layout == "fields" ? "item:{group}:{id}:{field}" : "item:{group}:{id}"
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(
            SchemaDefinition(
                parsing: """
                    schema: item
                    version: 1
                    key: "\(key)"
                    layout: \(layout)
                    fields:
                      group: {id: 1, type: string, maxBytes: 6, pattern: "^[a-z]"}
                      id: {id: 2, type: int}
                      title: {id: 3, type: string, required: true, maxBytes: 12}
                      year: {id: 4, type: int, nullable: true, check: {min: 0, max: 3000}}
                      code: {id: 5, type: string, pattern: "^[A-Z]+$", default: X}
                      price: {id: 6, type: decimal, precision: 6, scale: 2}
                      day: {id: 7, type: date}
                      flag: {id: 8, type: bool}
                      extra: {id: 9, type: json}
                    """, file: "item.yaml"))
        return keyspace
    }

    @Test("an object that is taken is stored as its values would be, and one that is refused is not taken")
    func sameAsValues() throws {
        for layout in ["fields", "packed"] {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            let (left, right) = (try keyspace(layout: layout), try keyspace(layout: layout))
            let (direct, careful) = (try left.records("item"), try right.records("item"))
            var reader = try #require(try direct.flatReader { $0 })
            var taken = 0
            for _ in 0..<250 {
                let others = ["year", "code", "price", "day", "flag", "extra"].shuffled(using: &random)
                var names = ["group", "id", "title"] + others.prefix(Int.random(in: 0...6, using: &random))
                names.shuffle(using: &random)
                if Int.random(in: 0..<8, using: &random) == 0 { names.removeFirst() }
                if Int.random(in: 0..<20, using: &random) == 0 { names.append("other") }
                if Int.random(in: 0..<20, using: &random) == 0 { names += names.prefix(1) }
                let members = names.map { name in
                    let values = FlatRecordReaderTests.members[name, default: []]
                    // The first one of each list is right.
                    let most = Int.random(in: 0..<6, using: &random) > 0 ? 1 : values.count
                    return "\"\(name)\": \(values[Int.random(in: 0..<most, using: &random)])"
                }
                let text = " {\(members.joined(separator: " , "))} "
                guard let record = reader.read(text.utf8.span) else { continue }
                taken += 1
                let comment = Comment(rawValue: "\(layout), seed \(seed): \(text)")
                var problem: String?
                do {
                    let values = try careful.schema.record(json: JSONValue(parsing: text))
                    _ = try careful.encode(values)
                    try careful.upsert(values)
                } catch let error as RecordError where error.code == .missingField {
                    problem = error.message
                }
                if problem != nil {
                    #expect(throws: RecordError.self, comment) {
                        try left.transact { try direct.write(record, replaces: true, in: &$0) }
                    }
                    continue
                }
                try left.transact { try direct.write(record, replaces: true, in: &$0) }
                let (stored, expected) = (try contents(left), try contents(right))
                #expect(stored == expected, comment)
                if stored != expected { return }
            }
            #expect(taken > 50)
        }
    }

    @Test(
        "objects with anything out of the ordinary are left to who can say what it is",
        arguments: [
            "", "{}", "[]", "{", #"{"group":"a","id":1,"title":"T"} x"#, #"{"group":"a","id":1,"title":"T","id":2}"#,
            #"{"group":"a","id":1,"title":"T","other":1}"#, #"{"group":"a","title":"T"}"#,
            #"{"group":"a","id":1,"title":"T","extra":{}}"#, #"{"group":"a","id":1,"title":"T",}"#,
        ])
    func leftAlone(text: String) throws {
        var reader = try #require(try keyspace(layout: "fields").records("item").flatReader { $0 })
        let refused = reader.read(text.utf8.span)
        #expect(refused == nil)
        // It goes on with the next one.
        let next = reader.read(#"{"group":"a","id":1,"title":"T"}"#.utf8.span)
        #expect(next != nil)
    }

    @Test("a field is read from the member that was named for it, and none where two have one member")
    func mapped() throws {
        let records = try keyspace(layout: "fields").records("item")
        var reader = try #require(try records.flatReader { $0 == "title" ? "name" : $0 })
        let read = reader.read(#"{"group":"a","id":1,"name":"T"}"#.utf8.span)
        let record = try #require(read)
        try records.keyspace.transact { try records.write(record, replaces: false, in: &$0) }
        #expect(try contents(records.keyspace) == ["item:a:1:code=X", "item:a:1:title=T"])
        #expect(try records.flatReader { $0 == "title" ? "code" : $0 } == nil)
    }
}
