import StoreConformance
import Testing

@testable import KeySchemas

@Suite("Layouts of keys")
struct KeyLayoutTests {
    @Test("a text key is its parts joined with colons, a tuple key is FoundationDB's tuple of them")
    func known() throws {
        let text = try KeyLayout("book:{genre}:{id}:{field}", .string, .string)
        let parts: [KeyValue] = [.string("fantasy"), .string("9788580410631")]
        #expect(String(key: try text.key(parts, field: "title")) == "book:fantasy:9788580410631:title")
        #expect(String(key: try text.prefix(parts)) == "book:fantasy:9788580410631:")
        #expect(String(key: text.literalPrefix) == "book:")
        let tuple = try KeyLayout("book:{genre}:{id}:{field}", .string, .int(), encoding: .tuple)
        let key = try tuple.key([.string("fantasy"), .integer(7)], field: "title")
        let elements = try Tuple.unpack(key.span)
        #expect(elements == [.string("book"), .string("fantasy"), .integer(7), .string("title")])
        #expect(tuple.literalPrefix == Tuple.pack([.string("book")]))
    }

    @Test(
        "records of every type come back from their keys, in both encodings", arguments: KeyEncoding.allCases, everyType
    )
    func roundTrip(encoding: KeyEncoding, type: ComponentType) throws {
        var random = SeededGenerator(seed: 31)
        let layouts = [
            try KeyLayout("k:{a}:{b}:{field}", type, .string, encoding: encoding),
            try KeyLayout("k:{a}:mid:{b}", .string, type, encoding: encoding),
        ]
        var key: [UInt8] = []
        for round in 0..<4000 {
            let layout = layouts[round % 2]
            let parts = layout.components.map { random.value(of: $0.type) }
            let field = random.string()
            key.removeAll(keepingCapacity: true)
            try layout.appendPrefix(parts, to: &key)
            let prefixCount = key.count
            if layout.hasField { layout.appendField(field, to: &key) }
            let decoded = try layout.decode(key)
            guard decoded.parts == parts, decoded.fieldSuffix == prefixCount..<key.count,
                layout.prefixCount(of: key) == prefixCount, key.first != 0xFF
            else {
                Issue.record("seed 31, round \(round): \(parts) and \(field) became \(key), then \(decoded)")
                return
            }
            guard layout.hasField else { continue }
            let name = try layout.fieldName(key.span.extracting(decoded.fieldSuffix))
            guard name.utf8.elementsEqual(field.utf8) else {
                Issue.record("seed 31, round \(round): the field \(field) became \(name)")
                return
            }
        }
    }

    @Test("different parts have different keys", arguments: KeyEncoding.allCases, [41, 42] as [UInt64])
    func injective(encoding: KeyEncoding, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let layout = try KeyLayout("k:{a}:{b}:{c}:{d}", .string, .int(), .string, .bytes(), encoding: encoding)
        var all: Set<[KeyValue]> = []
        var keys: Set<[UInt8]> = []
        for _ in 0..<5000 {
            let parts = layout.components.map { random.value(of: $0.type) }
            all.insert(parts)
            keys.insert(try layout.prefix(parts))
        }
        #expect(all.count == keys.count, "seed \(seed)")
    }

    @Test("byte order is part-by-part order where every part is strict", arguments: KeyEncoding.allCases, everyType)
    func order(encoding: KeyEncoding, type: ComponentType) throws {
        var random = SeededGenerator(seed: 51)
        // With a part before it, one after it, and as the last one.
        let layouts = [
            try KeyLayout("k:{a}:{b}:{c}", .bool, type, .date, encoding: encoding),
            try KeyLayout("k:{a}:{b}", .bool, type, encoding: encoding),
        ].filter { $0.components.allSatisfy { $0.orderClass == .strict } }
        for layout in layouts {
            for _ in 0..<2500 {
                let left = layout.components.map { random.value(of: $0.type) }
                let right = layout.components.map { random.value(of: $0.type) }
                let order = compareParts(left, right).signum()
                guard try layout.prefix(left).compare(to: layout.prefix(right)).signum() == order else {
                    Issue.record("seed 51: \(left) and \(right) are ordered \(order)")
                    return
                }
            }
        }
    }

    @Test("the order class says what the byte order is")
    func orderClasses() throws {
        func classes(_ layout: KeyLayout) -> [OrderClass] { layout.components.map(\.orderClass) }
        let types: [ComponentType] = [.string, .int(), .bytes(), .int(pad: 4), .bytes(count: 2), .double, .uuid]
        let names = types.indices.map { "{p\($0)}" }.joined(separator: ":")
        let middle = try KeyLayout(KeyTemplate("k:\(names):{field}"), types: types)
        #expect(classes(middle) == [.grouped, .grouped, .grouped, .strict, .strict, .strict, .strict])
        let tuple = try KeyLayout(KeyTemplate("k:\(names):{field}"), types: types, encoding: .tuple)
        #expect(classes(tuple).allSatisfy { $0 == .strict })
        #expect(try classes(KeyLayout("k:{a}:{b}", .string, .string)) == [.grouped, .strict])
        #expect(try classes(KeyLayout("k:{a}", .bytes())) == [.strict])
        // 10 comes before 9 wherever it stands.
        #expect(try classes(KeyLayout("k:{a}", .int())) == [.grouped])
        #expect(try classes(KeyLayout("k:{a}:end", .string)) == [.grouped])
    }

    @Test("a key of another shape is foreign, and has no prefix", arguments: KeyEncoding.allCases)
    func foreign(encoding: KeyEncoding) throws {
        let layout = try KeyLayout("k:{a}:mid:{b}:{field}", .string, .int(), encoding: encoding)
        let packed = try KeyLayout("k:{a}:mid:{b}", .string, .int(), encoding: encoding)
        func other(_ template: String, _ types: ComponentType..., parts: [KeyValue]) throws -> [UInt8] {
            try KeyLayout(KeyTemplate(template), types: types, encoding: encoding).prefix(parts)
        }
        let foreign = [
            [], layout.literalPrefix, try other("k:{a}", .string, parts: [.string("x")]),
            try other("k:{a}:mad:{b}", .string, .int(), parts: [.string("x"), .integer(1)]),
            try other("l:{a}:mid:{b}", .string, .int(), parts: [.string("x"), .integer(1)]),
        ]
        for key in foreign {
            #expect(layout.prefixCount(of: key) == nil && packed.prefixCount(of: key) == nil)
            let refusal = error { _ = try layout.decode(key) }
            #expect(refusal?.code == .notInSchema || refusal?.code == .malformedKey)
        }
        let longer = try other(
            "k:{a}:mid:{b}:{c}", .string, .int(), .string, parts: [.string("x"), .integer(1), .string("y")])
        #expect(packed.prefixCount(of: longer) == nil)
        #expect(error { _ = try packed.decode(longer) }?.code == .notInSchema)
        #expect(layout.prefixCount(of: longer) != nil)
    }

    @Test("a refused part is named, by the place where it stands in the key", arguments: KeyEncoding.allCases)
    func named(encoding: KeyEncoding) throws {
        let layout = try KeyLayout("k:{a}:{b}", .string, .int(), encoding: encoding)
        let alike = try KeyLayout("k:{a}:{b}", .string, .string, encoding: encoding)
        let key = try alike.prefix([.string("x"), .string("007")])
        let start = try layout.prefix([.string("x"), .integer(1)]).count - (encoding == .text ? 1 : 2)
        let refusal = error { _ = try layout.decode(key) }
        #expect(refusal?.code == .malformedKey && refusal?.component == "b" && refusal?.offset == start)
        var unchanged: [UInt8] = [1, 2]
        let wrong = error { try layout.appendPrefix([.string("x"), .string("y")], to: &unchanged) }
        #expect(wrong?.code == .wrongType && wrong?.component == "b")
        #expect(unchanged == [1, 2])
        #expect(error { _ = try layout.prefix([.string("x")]) }?.code == .partCount)
        #expect(error { _ = try layout.prefix([.string("x"), .integer(1), .integer(2)]) }?.code == .partCount)
        #expect(error { _ = try KeyLayout("k:{a}", encoding: encoding) }?.code == .partCount)
    }

    @Test(
        "an element that its type does not write is refused",
        arguments: [
            (.double, .double(-0.0)), (.double, .double(.nan)), (.double, .float(1)), (.int(), .string("1")),
            (.int(pad: 2), .integer(100)), (.decimal(precision: 3, scale: 1), .integer(1000)),
            (.date, .integer(2_932_897)), (.date, .string("2024-01-31")), (.timestamp, .integer(.min)),
            (.bytes(count: 1), .bytes([1, 2])), (.string, .bytes([])), (.string, .null), (.uuid, .nested([])),
        ] as [(ComponentType, KeyValue)])
    func foreignElement(type: ComponentType, element: KeyValue) throws {
        let layout = try KeyLayout("k:{a}", type, encoding: .tuple)
        let refusal = error { _ = try layout.decode(Tuple.pack([.string("k"), element])) }
        #expect(refusal?.code == .malformedKey && refusal?.component == "a" && refusal?.offset == 3)
    }

    @Test(
        "whatever is decoded at all is encoded the same again: cut, changed and random keys",
        arguments: KeyEncoding.allCases, everyType)
    func canonical(encoding: KeyEncoding, type: ComponentType) throws {
        var random = SeededGenerator(seed: 61)
        let layout = try KeyLayout("k:{a}:{b}:{field}", type, .string, encoding: encoding)
        func check(_ key: [UInt8]) throws {
            guard let decoded = try? layout.decode(key) else { return }
            let prefix = try layout.prefix(decoded.parts)
            let count = decoded.fieldSuffix.lowerBound
            guard prefix == Array(key[..<count]), layout.prefixCount(of: key) == count else {
                Issue.record("seed 61: \(key) was decoded as \(decoded)")
                return
            }
            let suffix = Array(key[count...])
            guard let name = try? layout.fieldName(suffix.span) else { return }
            var again = prefix
            layout.appendField(name, to: &again)
            if again != key { Issue.record("seed 61: \(key) has the field \(name)") }
        }
        for _ in 0..<40 {
            let key = try layout.key([random.value(of: type), .string(random.string())], field: random.string())
            for index in key.indices {
                try check(Array(key[..<index]))
                for change in [0x3A, 0x3B, 0x30, UInt8.random(in: 0...255, using: &random)] as [UInt8] {
                    var changed = key
                    changed[index] = change
                    try check(changed)
                }
            }
            try check(layout.literalPrefix + random.bytes(Int.random(in: 0...30, using: &random)))
        }
    }
}
