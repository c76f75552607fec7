internal import StoreConformance
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
internal import Records

internal import Foundation

/// A new directory that goes when the body returns.
func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/records-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// One of the ways in which the keys and values of a schema are written.
struct RecordShape {
    let layout: RecordLayout
    let encoding: KeyEncoding

    static let all = RecordLayout.allCases.flatMap { layout in
        KeyEncoding.allCases.map { RecordShape(layout: layout, encoding: $0) }
    }

    /// What a schema file says about it, for keys that begin with `key`.
    func members(key: String) -> String {
        "key: '\(key)\(layout == .fields ? ":{field}" : "")', encoding: \(encoding), layout: \(layout)"
    }
}

@Suite("records against a dictionary")
struct RecordModelTests {
    @Test("long sequences of operations leave what they would in a dictionary, in memory")
    func memory() throws {
        for shape in RecordShape.all { try run(over: MemoryStore(), shape, steps: 3000) }
    }

    @Test("long sequences of operations leave what they would in a dictionary, on LevelDB")
    func levelDB() throws {
        for shape in RecordShape.all {
            try withDirectory { path in
                let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
                try run(over: store, shape, steps: 1500)
                try store.close()
            }
        }
    }

    @Test("no scan over damaged blocks lends a record that is not whole")
    func damaged() throws {
        try withDirectory { path in
            let schema = try SchemaDefinition(
                parsing: """
                    schema: item
                    version: 1
                    key: "item:{id}:{field}"
                    fields:
                      id: {id: 1, type: string}
                      a: {id: 2, type: string}
                      b: {id: 3, type: string}
                      c: {id: 4, type: string}
                    """, file: "item.yaml")
            func record(_ index: Int) -> DynamicRecord {
                func text(_ number: Int) -> FieldValue { .scalar(.string("\(number)")) }
                return ["id": text(100_000 + index), "a": text(index), "b": text(index * 7), "c": text(index * 13)]
            }
            var options = LevelDBOptions(mode: .createIfMissing)
            options.compression = .none
            options.blockSize = 1 << 10
            do {
                let store = try LevelDBStore(at: path, options: options)
                let items = try Keyspace(store)
                try items.apply(schema)
                try items.transact { transaction in
                    for index in 0..<2000 { try items.records("item").insert(record(index), in: &transaction) }
                }
                try store.compact()
                try store.close()
            }
            let name = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".ldb") }.max()
            let table = URL(fileURLWithPath: "\(path)/\(try #require(name))")
            let bytes = try Data(contentsOf: table)
            for position in stride(from: bytes.count / 5, to: bytes.count * 4 / 5, by: 701) {
                var changed = bytes
                changed[position] ^= 0x40
                try changed.write(to: table)
                for reverse in [false, true] {
                    let store = try LevelDBStore(at: path, options: options)
                    var lent = 0
                    let error = #expect(throws: StoreError.self) {
                        try Keyspace(store).records("item").forEach(RecordScan(reverse: reverse)) { found in
                            let index = reverse ? 1999 - lent : lent
                            if found != record(index) { Issue.record("byte \(position): \(found)") }
                            lent += 1
                        }
                    }
                    #expect(error?.code == .corruption)
                    #expect(lent > 0)
                    try store.close()
                }
            }
        }
    }

    private struct Key: Hashable {
        let parts: [KeyValue]
    }

    private func run(over store: some OrderedStore, _ shape: RecordShape, steps: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let text =
            "{schema: m, version: 1, \(shape.members(key: "m:{a}:{n}")), fields: "
            + "{a: {id: 1, type: string}, n: {id: 2, type: int, pad: 3}, s: {id: 3, type: string, nullable: true}, "
            + "i: {id: 4, type: int}, j: {id: 5, type: json}}}"
        let keyspace = try Keyspace(store)
        try keyspace.apply(SchemaDefinition(parsing: text, file: "m"))
        let records = try keyspace.records("m")
        var model: [Key: DynamicRecord] = [:]

        func key() -> [KeyValue] {
            let texts = ["", "a", "a:", "a;", "b", "aa", "é", "\0", "\u{10FFFF}"]
            return [
                .string(texts.randomElement(using: &random) ?? ""), .integer(Int64.random(in: -3...3, using: &random)),
            ]
        }
        func changes() -> [String: FieldValue?] {
            var values: [String: FieldValue?] = [:]
            let texts: [FieldValue?] = ["", "x", "\0", "\0\u{1}", "::", .null, nil]
            if Bool.random(using: &random) { values["s"] = texts.randomElement(using: &random) ?? nil }
            if Bool.random(using: &random) {
                values["i"] = Bool.random(using: &random) ? .scalar(.integer(.random(in: -9...9, using: &random))) : nil
            }
            if Bool.random(using: &random) { values["j"] = .json(.array([.null, 1])) }
            return values
        }
        func record(_ parts: [KeyValue], _ values: [String: FieldValue?]) -> DynamicRecord {
            var record: DynamicRecord = ["a": .scalar(parts[0]), "n": .scalar(parts[1])]
            for name in ["s", "i", "j"] { record[name] = values[name] ?? nil }
            return record
        }
        for step in 0..<steps {
            let parts = key()
            let old = model[Key(parts: parts)]
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                let new = record(parts, changes())
                try records.upsert(new)
                model[Key(parts: parts)] = new
            case 2:
                let new = record(parts, changes())
                if old == nil {
                    try records.insert(new)
                    model[Key(parts: parts)] = new
                } else {
                    #expect(throws: RecordError.self) { try records.insert(new) }
                }
            case 3:
                let values = changes()
                if var new = old {
                    for (name, value) in values { new[name] = value }
                    model[Key(parts: parts)] = record(
                        parts, ["s": new["s"], "i": new["i"], "j": new["j"]])
                    try records.update(parts, set: values)
                } else {
                    #expect(throws: RecordError.self) { try records.update(parts, set: values) }
                }
            case 4:
                let existed = try records.delete(parts)
                #expect(existed == (old != nil), "seed \(seed), step \(step)")
                model[Key(parts: parts)] = nil
            case 5:
                let target = key()
                let isFree = target == parts || model[Key(parts: target)] == nil
                if let old, isFree {
                    try records.move(parts, to: target)
                    model[Key(parts: parts)] = nil
                    model[Key(parts: target)] = record(target, ["s": old["s"], "i": old["i"], "j": old["j"]])
                } else {
                    #expect(throws: RecordError.self) { try records.move(parts, to: target) }
                }
            case 6:
                guard shape.layout == .fields else {
                    // A plain delete of the key is one of the record.
                    try keyspace.delete(records.schema.layout.prefix(parts))
                    model[Key(parts: parts)] = nil
                    break
                }
                // A plain delete of a field leaves the record, with a marker if it was the last.
                let field = try #require(["s", "i", "j"].randomElement(using: &random))
                try keyspace.delete(records.schema.layout.key(parts, field: field))
                if var new = old {
                    new[field] = nil
                    model[Key(parts: parts)] = new
                }
            default:
                let found = try records.get(parts)
                #expect(found == old, "seed \(seed), step \(step)")
            }
            guard step % 100 == 99 || step == steps - 1 else { continue }
            var scanned: [Key: DynamicRecord] = [:]
            try records.forEach { found in
                guard case .scalar(let a)? = found["a"], case .scalar(let n)? = found["n"] else { return }
                scanned[Key(parts: [a, n])] = found
            }
            #expect(scanned == model, "seed \(seed), step \(step)")
            let under = try records.scan(RecordScan(under: [parts[0]], from: -1, to: 3))
            let wanted = model.keys.filter { $0.parts[0] == parts[0] && $0.parts[1] >= -1 && $0.parts[1] < 3 }
            #expect(under.map { $0["n"] } == wanted.map(\.parts[1]).sorted().map { .scalar($0) }, "seed \(seed)")
        }
        // Nothing is left over beside the records: removing them all leaves no key.
        for key in model.keys { try records.delete(key.parts) }
        #expect(try store.count(in: KeyRange(to: [0xFF])) == 0, "seed \(seed)")
    }
}

@Suite("the schema files that ship")
struct ShippedSchemaTests {
    private static let root = String(#filePath).split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")

    private func schema(_ name: String) throws -> SchemaDefinition {
        let file = ShippedSchemaTests.root + "/schemas/\(name).yaml"
        return try SchemaDefinition(parsing: String(contentsOfFile: file, encoding: .utf8), file: file)
    }

    @Test("each is one")
    func parse() throws {
        #expect(try schema("book").keyFields.map(\.name) == ["genre", "id"])
        #expect(try schema("package").keyFields.map(\.name) == ["section", "name"])
    }

    @Test("packages as the distribution describes them go in and come out as they were")
    func packages() throws {
        let keyspace = try Keyspace(MemoryStore())
        try keyspace.apply(schema("package"))
        let packages = try keyspace.records("package")
        let lines = [
            #"{"section":"libs","name":"libc6","version":"2.36-9","architecture":"amd64","installed_size":12988}"#,
            #"{"section":"libs","name":"libc6-dev","version":"2.36-9","architecture":"amd64","priority":"optional"}"#,
            #"{"section":"contrib/x11","name":"g++","version":"4:12.2.0","architecture":"all","description":"é; \"q\""}"#,
        ]
        for line in lines { try packages.insert(packages.schema.record(json: JSONValue(parsing: line))) }
        #expect(try Set(packages.scan().map { $0.json.text() }) == Set(lines))
        #expect(throws: RecordError.self) {
            try packages.schema.record(json: JSONValue(parsing: #"{"section":"libs","name":"A b"}"#))
        }
    }
}
