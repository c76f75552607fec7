internal import StoreConformance
import Testing

internal import KeySchemas
internal import OrderedStore
@testable internal import Records

@Suite("reading through an index")
struct IndexReadingTests {
    private static let indexes = """
          byName: {id: 1, on: [name, {year: desc}], include: [price, extra]}
          byYear: {id: 2, on: [{year: desc}]}
          byTag: {id: 3, on: ["extra.tags[]"]}
          byCode: {id: 4, on: [code], unique: true, include: [score, name]}
          byKey: {id: 5, on: [id, {name: desc}], sparse: true}
        """

    /// A keyspace with random records, few of whose values differ.
    private func filled(_ random: inout SeededGenerator, encoding: String = "text") throws -> Keyspace<MemoryStore> {
        let keyspace = try shelf(encoding: encoding, indexes: Self.indexes)
        let items = try keyspace.records("item")
        let names: [FieldValue?] = ["", "n", "n\u{0}", "n\u{0}\u{0}m", "\u{0}", "é;:", nil]
        let years: [FieldValue?] = [.null, nil, 0, -1, 255, 256, -70_000, 1234567890123]
        let prices: [FieldValue?] = [.scalar(.decimal(try #require(FixedDecimal("1.50")))), nil]
        let extras = [#"{"tags":["x","y","x"]}"#, #"{"tags":["y","z","w"],"more":[1.0]}"#, #"{"tags":"x"}"#, "{}"]
        let groups = ["", "a", "a:b", "c;"]
        for id in 0..<60 {
            var record = DynamicRecord()
            record["group"] = .scalar(.string(groups.randomElement(using: &random) ?? ""))
            record["id"] = .scalar(.integer(Int64(id - 20)))
            record["name"] = names.randomElement(using: &random) ?? nil
            record["year"] = years.randomElement(using: &random) ?? nil
            record["price"] = prices.randomElement(using: &random) ?? nil
            record["score"] = Bool.random(using: &random) ? .scalar(.double(Double(id) / 3)) : nil
            record["code"] = .scalar(.string("c\u{0}\(id)"))
            record["extra"] = .json(try JSONValue(parsing: extras.randomElement(using: &random) ?? "{}"))
            try items.insert(record)
        }
        return keyspace
    }

    private static let scans = [
        IndexScan("byName"), IndexScan("byName", equals: ["n"]), IndexScan("byName", startingWith: "n"),
        IndexScan("byYear", from: -1, to: 256), IndexScan("byTag"), IndexScan("byTag", from: "x", to: "z"),
        IndexScan("byTag", equals: ["y"]), IndexScan("byCode"), IndexScan("byCode", fields: ["score"]),
        IndexScan("byKey"), IndexScan("byName", equals: [nil, .null]),
    ]

    @Test("pages of any size hold what one scan finds, in both directions, in a new process and after a rebuild")
    func pages() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let store = try filled(&random).store
        for var scan in Self.scans {
            for reverse in [false, true] {
                scan.reverse = reverse
                scan.limit = nil
                let all = try Keyspace(store).records("item").find(scan)
                let size = Int.random(in: 1...9, using: &random)
                scan.limit = size
                var found: [DynamicRecord] = []
                var token: String?
                repeat {
                    let keyspace = try Keyspace(store)
                    let page = try keyspace.records("item").page(scan, after: token)
                    #expect(page.next == nil || page.records.count == size, "seed \(seed)")
                    found += page.records
                    token = page.next
                    if Int.random(in: 0..<8, using: &random) == 0 {
                        try keyspace.rebuildIndex(scan.index, of: "item")
                    }
                } while token != nil && found.count <= all.count
                #expect(found == all, "seed \(seed): \(scan)")
            }
        }
    }

    @Test("a token that another scan gave, or that is none, is refused")
    func badTokens() throws {
        var random = SeededGenerator(seed: 1)
        let items = try filled(&random).records("item")
        let token = try #require(try items.page(IndexScan("byName", limit: 3)).next)
        #expect(try !items.page(IndexScan("byName", limit: 5), after: token).records.isEmpty)
        for (scan, token) in [
            (IndexScan("byName", reverse: true), token), (IndexScan("byName", equals: ["n"]), token),
            (IndexScan("byYear"), token), (IndexScan("byName"), ""), (IndexScan("byName"), "zz"),
            (IndexScan("byName"), String(token.prefix(18))), (IndexScan("byName"), "00" + token.dropFirst(2)),
        ] {
            let error = #expect(throws: RecordError.self) { try items.page(scan, after: token) }
            #expect(error?.code == .badToken)
        }
    }

    @Test("what entries hold reads as the records do, whatever the fields' types", arguments: ["text", "tuple"])
    func covered(encoding: String) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let keyspace = try filled(&random, encoding: encoding)
        let items = try keyspace.records("item")
        for (index, covered) in [
            ("byName", ["name", "year", "price", "extra", "id", "group"]), ("byYear", ["year"]),
            ("byYear", ["group", "year"]), ("byCode", ["name", "code"]), ("byCode", ["id", "score"]),
            ("byCode", ["group"]), ("byKey", ["name", "id"]), ("byKey", []),
        ] {
            let whole = try items.find(IndexScan(index))
            let schema = try #require(keyspace.catalogue.schema("item"))
            for fields in [covered, Array(covered.shuffled(using: &random).dropLast())] {
                let scan = IndexScan(index, fields: fields)
                #expect(try PreparedIndexScan(scan, schema).isCovered)
                let parts = whole.map { record in
                    var part = record
                    for field in record.fields where !fields.contains(field.name) { part[field.name] = nil }
                    return part
                }
                #expect(try items.find(scan) == parts, "seed \(seed): \(index) \(fields)")
            }
        }
    }

    @Test("a record is lent as it is, and a field that the scan did not ask for reads as absent")
    func lending() throws {
        var random = SeededGenerator(seed: 2)
        let items = try filled(&random).records("item")
        for fields in [nil, ["name", "year", "group"]] as [[String]?] {
            let scan = IndexScan("byName", from: "", fields: fields)
            var lent: [DynamicRecord] = []
            try items.lend(scan) { record in
                var one = DynamicRecord()
                one["group"] = try record.read("group").map { (text: String) in .scalar(.string(text)) }
                if let name = try record.utf8("name") {
                    one["name"] = .scalar(.string(String(decoding: name.array, as: UTF8.self)))
                }
                one["year"] = try record.read("year").map { (number: Int) in .scalar(.integer(Int64(number))) }
                let code: String? = try record.read("code")
                #expect((code == nil) == (fields != nil))
                lent.append(one)
            }
            let records = try items.find(scan).map { record in
                var part = record
                for name in ["id", "price", "score", "code", "extra"] { part[name] = nil }
                if part["year"] == .null { part["year"] = nil }
                return part
            }
            #expect(lent.map(\.json) == records.map(\.json))
        }
    }

    @Test(
        "each field of an entry reads as the record's, in whatever order they are asked for",
        arguments: ["text", "tuple"])
    func lendingEntries(encoding: String) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let items = try filled(&random, encoding: encoding).records("item")
        func text(_ bytes: Span<UInt8>?) -> FieldValue? {
            guard let bytes else { return nil }
            return .scalar(.string(String(decoding: bytes.array, as: UTF8.self)))
        }
        func value(_ name: String, of fields: inout FieldReader) throws -> FieldValue? {
            switch name {
            case "group": text(try fields.utf8("group"))
            case "name": try fields.read("name").map { (text: String) in .scalar(.string(text)) }
            case "id": try fields.read("id").map { (number: Int) in .scalar(.integer(Int64(number))) }
            case "year": try fields.read("year").map { (number: Int) in .scalar(.integer(Int64(number))) }
            case "price": try fields.read("price", as: .decimal).map { .scalar($0) }
            case "score": try fields.read("score").map { (number: Double) in .scalar(.double(number)) }
            default: text(try fields.utf8("code"))
            }
        }
        let names = ["group", "id", "name", "year", "price", "score", "code"]
        for (index, covered) in [
            ("byName", ["name", "year", "price", "id", "group"]), ("byYear", ["year", "group", "id"]),
            ("byCode", ["code", "score", "name", "id", "group"]), ("byKey", ["name", "group", "id"]),
        ] {
            for reverse in [false, true] {
                let wanted = covered.shuffled(using: &random)
                let asked = names.shuffled(using: &random) + names.shuffled(using: &random)
                let whole = try items.find(IndexScan(index, reverse: reverse, limit: 50))
                var position = 0
                try items.lend(IndexScan(index, reverse: reverse, limit: 50, fields: wanted)) { fields in
                    for name in asked {
                        var expected = wanted.contains(name) ? whole[position][name] : nil
                        if expected == .null { expected = nil }
                        let found = try value(name, of: &fields)
                        #expect(found == expected, "seed \(seed): \(index) \(wanted) \(asked): \(name)")
                    }
                    position += 1
                }
                #expect(position == whole.count)
            }
        }
    }

    @Test("a scan of records lends what it finds", arguments: [RecordLayout.fields, .packed])
    func lendingRecords(layout: RecordLayout) throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(shelfSchema(layout: layout))
        let items = try keyspace.records("item")
        let names = ["n;:", "\u{0}z", "é"]
        for (id, name) in names.enumerated() {
            try items.insert(["group": "g;", "id": .scalar(.integer(Int64(id))), "name": .scalar(.string(name))])
        }
        var lent: [String] = []
        try items.lend(RecordScan(under: ["g;"], reverse: true, limit: 2)) { fields in
            lent.append("\(try fields.read("id") as Int)")
            for name: StaticString in ["group", "name", "code"] {
                guard let text = try fields.utf8(name) else { continue }
                lent.append(String(decoding: text.array, as: UTF8.self))
            }
        }
        #expect(lent == ["2", "g;", "é", "1", "g;", "\u{0}z"])
    }

    @Test("lookups inside each other, and after large records, find their own")
    func nestedLookups() throws {
        let keyspace = try shelf(indexes: "  byCode: {id: 1, on: [code], unique: true}")
        let items = try keyspace.records("item")
        for id in Int64(0)..<6 {
            let name = String(repeating: "n", count: id == 3 ? 200_000 : Int(id))
            try items.insert([
                "group": "g", "id": .scalar(.integer(id)), "name": .scalar(.string(name)),
                "code": .scalar(.string("c\(id)")),
            ])
        }
        func look(_ id: Int64) throws {
            try items.lend(IndexScan("byCode", equals: [.scalar(.string("c\(id)"))])) { fields in
                if id > 0 { try look(id - 1) }
                let found: Int = try fields.read("id")
                let count = try fields.utf8("name")?.count
                #expect(found == Int(id) && count == (id == 3 ? 200_000 : Int(id)))
            }
        }
        try look(5)
        try look(4)
    }

    @Test("an entry that makes no sense is refused where a field is asked for that is not found in it")
    func lendingDamage() throws {
        let keyspace = try shelf(indexes: "  byName: {id: 1, on: [name], include: [code]}")
        let items = try keyspace.records("item")
        try items.insert(["group": "g", "id": 1, "name": "n", "code": "c"])
        let store = keyspace.store
        let index = try #require(keyspace.catalogue.schema("item")).index("byName")
        var key: [UInt8] = []
        var value: [UInt8] = []
        try store.read { snapshot in
            var cursor = snapshot.cursor(in: index.range)
            if let entry = cursor.next() { (key, value) = (entry.key.array, entry.value.array) }
        }
        func read(_ key: [UInt8], _ value: [UInt8], _ name: String) throws {
            try store.put(key.span, value.span, durability: .buffered)
            defer { try? store.delete(key.span, durability: .buffered) }
            try items.lend(IndexScan("byName", fields: ["group", "id", "name", "code"])) { fields in
                if name == "id" { _ = try fields.read("id") as Int? } else { _ = try fields.utf8("code") }
            }
        }
        try store.delete(key.span, durability: .buffered)
        #expect(throws: Never.self) { try read(key, value, "code") }
        for count in index.prefix.count + 1..<key.count {
            let error = #expect(throws: RecordError.self, "\(count) bytes") {
                try read(Array(key[..<count]), value, "id")
            }
            #expect(error?.code == .damagedIndex)
        }
        for (key, value, name) in [
            (key, [], "code"), (key, Array(value.dropLast()), "code"), (key, [0x05], "code"),
            (key + [0], value, "id"), (key.dropLast() + [0x00], value, "id"),
        ] as [([UInt8], [UInt8], String)] {
            let error = #expect(throws: RecordError.self, "\(key) \(value)") { try read(key, value, name) }
            #expect(error?.code == .damagedIndex)
        }
    }

    @Test("descending strings come in turned order, zeros in them or not")
    func descendingZeros() throws {
        let keyspace = try shelf(indexes: "  byName: {id: 1, on: [{name: desc}]}")
        let items = try keyspace.records("item")
        let names = ["", "\u{0}", "\u{0}\u{0}", "\u{0}a", "a", "a\u{0}", "a\u{0}\u{0}b", "a\u{1}", "aa", "é"]
        for (id, name) in names.enumerated() {
            try items.insert(["group": "g", "id": .scalar(.integer(Int64(id))), "name": .scalar(.string(name))])
        }
        func found(_ scan: IndexScan) throws -> [String] {
            try items.find(scan).compactMap { $0["name"]?.description }
        }
        #expect(try found(IndexScan("byName")) == names.reversed())
        #expect(try found(IndexScan("byName", from: "a", to: "aa")) == Array(names[4..<8].reversed()))
        #expect(try found(IndexScan("byName", equals: ["a"])) == ["a"])
        #expect(try found(IndexScan("byName", startingWith: "a")) == Array(names[4..<9].reversed()))
    }

    @Test("bounds of both kinds hold in both directions")
    func bounds() throws {
        let keyspace = try shelf(indexes: "  up: {id: 1, on: [year]}\n  down: {id: 2, on: [{year: desc}]}")
        let items = try keyspace.records("item")
        for year in Int64(0)..<10 {
            try items.insert(["group": "g", "id": .scalar(.integer(year)), "year": .scalar(.integer(year))])
        }
        let schema = try #require(keyspace.catalogue.schema("item"))
        for name in ["up", "down"] {
            let index = try schema.index(name)
            func count(_ from: IndexBound?, _ to: IndexBound?) throws -> Int {
                try keyspace.store.count(in: try index.range(equals: [], from: from, to: to))
            }
            #expect(try count(.including(3), .including(6)) == 4)
            #expect(try count(.excluding(3), .excluding(6)) == 2)
            #expect(try count(.excluding(3), nil) == 6)
            #expect(try count(nil, .including(3)) == 4)
            #expect(try count(.excluding(3), .including(3)) == 0)
        }
    }
}
