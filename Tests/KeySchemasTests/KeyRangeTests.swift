import OrderedStore
import StoreConformance
import Testing

@testable import KeySchemas

@Suite("Ranges of keys")
struct KeyRangeTests {
    static let layouts: [KeyLayout] = KeyEncoding.allCases.flatMap { encoding in
        [
            try? KeyLayout("k:{a}:{b}:{field}", .string, .string, encoding: encoding),
            try? KeyLayout("k:{a}:{b}", .string, .string, encoding: encoding),
            try? KeyLayout("k:{a}:m:{b}:{c}", .int(), .string, .bytes(), encoding: encoding),
            try? KeyLayout("k:{a}:{b}:{field}", .bytes(count: 1), .int(pad: 2), encoding: encoding),
            try? KeyLayout("k:{a}:{b}", .bool, .double, encoding: encoding),
            try? KeyLayout("k:{a}:z", .string, encoding: encoding),
        ].compactMap { $0 }
    }

    /// Random records of a layout, few enough values that leading parts are shared.
    static func records(_ layout: KeyLayout, seed: UInt64) throws -> [(parts: [KeyValue], key: [UInt8])] {
        var random = SeededGenerator(seed: seed)
        let pools = layout.components.map { component in (0..<12).map { _ in random.value(of: component.type) } }
        return try (0..<150).map { _ in
            let parts = pools.map { random.pick($0) }
            return (parts, layout.hasField ? try layout.key(parts, field: random.string()) : try layout.prefix(parts))
        }
    }

    @Test("all layouts of the tests are there")
    func complete() { #expect(KeyRangeTests.layouts.count == 12) }

    @Test("the range under leading parts holds exactly their keys", arguments: layouts, [71, 72] as [UInt64])
    func under(layout: KeyLayout, seed: UInt64) throws {
        let records = try KeyRangeTests.records(layout, seed: seed)
        for record in records.prefix(40) {
            for count in 0...record.parts.count {
                let leading = Array(record.parts.prefix(count))
                let range = try layout.range(under: leading)
                for other in records {
                    let belongs = Array(other.parts.prefix(count)) == leading
                    guard range.holds(other.key) == belongs else {
                        Issue.record("seed \(seed): \(other.parts) under \(leading)")
                        return
                    }
                }
            }
        }
    }

    @Test(
        "the range of what starts with a prefix holds exactly the parts that do",
        arguments: layouts, [73, 74] as [UInt64])
    func startingWith(layout: KeyLayout, seed: UInt64) throws {
        let records = try KeyRangeTests.records(layout, seed: seed)
        for record in records.prefix(40) {
            for (index, part) in record.parts.enumerated() {
                let leading = Array(record.parts.prefix(index))
                for length in 0...3 {
                    guard let prefix = part.beginning(length) else { continue }
                    let range = try layout.range(under: leading, startingWith: prefix)
                    for other in records {
                        let belongs =
                            Array(other.parts.prefix(index)) == leading && other.parts[index].begins(with: prefix)
                        guard range.holds(other.key) == belongs else {
                            Issue.record("seed \(seed): \(other.parts) under \(leading) from \(prefix)")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("a range of values holds exactly the parts between, or is refused", arguments: layouts, [75, 76] as [UInt64])
    func between(layout: KeyLayout, seed: UInt64) throws {
        let records = try KeyRangeTests.records(layout, seed: seed)
        for record in records.prefix(40) {
            for (index, component) in layout.components.enumerated() {
                let leading = Array(record.parts.prefix(index))
                let bounds: [KeyValue?] = [nil, records[0].parts[index], record.parts[index], records[1].parts[index]]
                for (from, to) in bounds.flatMap({ from in bounds.map { (from, $0) } }) {
                    if component.orderClass == .grouped && (from != nil || to != nil) {
                        let refusal = error { _ = try layout.range(under: leading, from: from, to: to) }
                        #expect(refusal?.code == .unordered && refusal?.component == component.name)
                        continue
                    }
                    let range = try layout.range(under: leading, from: from, to: to)
                    for other in records {
                        let value = other.parts[index]
                        let belongs =
                            Array(other.parts.prefix(index)) == leading && from.map { $0 <= value } ?? true
                            && to.map { value < $0 } ?? true
                        guard range.holds(other.key) == belongs else {
                            Issue.record(
                                "seed \(seed): \(other.parts) under \(leading) from \(from as Any) to \(to as Any)")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("the bounds are the parts with a colon and a semicolon, or the tuple and FF")
    func bounds() throws {
        let text = try KeyLayout("book:{genre}:{id}:{field}", .string, .string)
        let fantasy = try text.range(under: [.string("fantasy")])
        #expect(String(key: fantasy.lower) == "book:fantasy:")
        #expect(fantasy.upper.map { String(key: $0) } == "book:fantasy;")
        #expect(!fantasy.holds(try text.key([.string("fantasy2"), .string("1")], field: "title")))
        let tuple = try KeyLayout("book:{genre}:{id}:{field}", .string, .string, encoding: .tuple)
        let packed = Tuple.pack([.string("book"), .string("fantasy")])
        #expect(try tuple.range(under: [.string("fantasy")]) == KeyRange(from: packed, to: packed + [0xFF]))
    }

    @Test("what cannot be a range is refused with the part it is about")
    func refused() throws {
        let layout = try KeyLayout("k:{a}:{b}:{field}", .string, .int(pad: 3))
        let parts: [KeyValue] = [.string("x"), .integer(1)]
        #expect(error { _ = try layout.range(under: parts + [.null]) }?.code == .partCount)
        #expect(error { _ = try layout.range(under: parts, startingWith: .string("")) }?.code == .partCount)
        #expect(error { _ = try layout.range(under: parts, from: .integer(1), to: nil) }?.code == .partCount)
        let wrong = error { _ = try layout.range(under: [.integer(1)]) }
        #expect(wrong?.code == .wrongType && wrong?.component == "a")
        let noString = error { _ = try layout.range(under: [.string("x")], startingWith: .string("1")) }
        #expect(noString?.code == .wrongType && noString?.component == "b")
        let tooWide = error { _ = try layout.range(under: [.string("x")], from: nil, to: .integer(1000)) }
        #expect(tooWide?.code == .outOfRange && tooWide?.component == "b")
        let grouped = error { _ = try layout.range(from: .string("a"), to: .string("b")) }
        #expect(grouped?.description.contains("filter and sort") == true)
    }
}

extension KeyValue {
    /// The first `length` scalars of a string, or bytes of a byte string; `nil` for other values.
    fileprivate func beginning(_ length: Int) -> KeyValue? {
        switch self {
        case .string(let text): .string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(length))))
        case .bytes(let bytes): .bytes(Array(bytes.prefix(length)))
        default: nil
        }
    }

    fileprivate func begins(with prefix: KeyValue) -> Bool {
        switch (self, prefix) {
        case (.string(let text), .string(let prefix)): text.utf8.starts(with: prefix.utf8)
        case (.bytes(let bytes), .bytes(let prefix)): bytes.starts(with: prefix)
        default: false
        }
    }
}
