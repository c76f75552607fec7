import Testing

@testable import KeySchemas

@Suite("Typed schemas")
struct KeySchemaTests {
    @Test("a typed schema writes readable keys and reads them back")
    func known() throws {
        let visits = KeySchema<String, UInt64>("visit")
        let key = visits.key("ann", 1)
        #expect(String(key: key) == "visit:ann:00000000000000000001")
        let (user, time) = try visits.decode(key)
        #expect(user == "ann" && time == 1)
        #expect(try visits.range("ann").holds(key))
        #expect(try visits.range().holds(key))
        #expect(try visits.range("ann", 1).holds(key))
        #expect(try !visits.range("ann").holds(visits.key("anna", 1)))
        #expect(try visits.range("ann", in: 0..<2).holds(key))
        #expect(try !visits.range("ann", in: 0..<1).holds(key))
        #expect(try visits.range(startingWith: "an").holds(key))
        #expect(try !visits.range(startingWith: "b").holds(key))
    }

    @Test("in the tuple encoding the keys are tuples")
    func tuple() throws {
        let visits = KeySchema<String, UInt64>("app:visit", encoding: .tuple)
        let key = visits.key("ann", .max)
        let elements = try Tuple.unpack(key.span)
        #expect(elements == [.string("app"), .string("visit"), .string("ann"), .integer(unsigned: .max)])
        let (user, time) = try visits.decode(key)
        #expect(user == "ann" && time == .max)
        #expect(try visits.range(in: "ann"..<"bob").holds(key))
    }

    @Test("a template puts literals between the parts")
    func template() throws {
        let schema = try KeySchema<String, Int8>(template: "a:{x}:b:{y}")
        #expect(String(key: schema.key("1", -2)) == "a:1:b:-997")
        #expect(error { _ = try KeySchema<String>(template: "a:{x}:{y}") }?.code == .partCount)
        #expect(error { _ = try KeySchema<String>(template: "a:{x}:{field}") }?.code == .malformedTemplate)
        #expect(String(key: KeySchema<Bool>("a;{b}").key(true)) == "a;1{b}:true")
    }

    static func check<Part: TotalKeyComponent & Comparable>(
        _ values: [Part], encoding: KeyEncoding, ordered: Bool = true
    ) throws {
        let schema = KeySchema<Part, Part>("k", encoding: encoding)
        let sorted = values.sorted()
        var last: [UInt8]?
        for value in sorted {
            let key = schema.key(value, value)
            let (first, second) = try schema.decode(key)
            #expect(first == value && second == value)
            if let last, ordered { #expect(last.compare(to: key) < 0) }
            last = key
        }
    }

    @Test("integers of every width keep their order and come back", arguments: KeyEncoding.allCases)
    func integers(encoding: KeyEncoding) throws {
        func check<Number: FixedWidthInteger & TotalKeyComponent>(_: Number.Type) throws {
            let values: Set<Number> = [.min, .min + 1, .max, .max - 1, 0, 1, 9, 10, 99, 100, 0 &- 1, 0 &- 10, 0 &- 100]
            try KeySchemaTests.check(Array(values), encoding: encoding)
        }
        try check(Int.self)
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(Int128.self)
        try check(UInt.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
        try check(UInt128.self)
    }

    @Test("the other types keep their order and come back", arguments: KeyEncoding.allCases)
    func others(encoding: KeyEncoding) throws {
        try KeySchemaTests.check([CalendarDate.minimum, .maximum, CalendarDate("2024-01-31")!], encoding: encoding)
        try KeySchemaTests.check([Timestamp.minimum, .maximum, Timestamp("20240131T000000.001Z")!], encoding: encoding)
        try KeySchemaTests.check([UUID128(0), UUID128(1), UUID128(.max)], encoding: encoding)
        try KeySchemaTests.check(["", "a", "a:b", "b"], encoding: encoding, ordered: encoding == .tuple)
        try KeySchemaTests.check(["x", "y"] as [Substring], encoding: encoding)
        let blobs = KeySchema<[UInt8], Bool>("k", encoding: encoding)
        let (bytes, flag) = try blobs.decode(blobs.key([0, 0xFF, 0x3A], true))
        #expect(bytes == [0, 0xFF, 0x3A] && flag)
        let numbers = KeySchema<Double, Float>("k", encoding: encoding)
        var last: [UInt8] = []
        for number in [-.infinity, -1.5, -0.25, 0, .leastNonzeroMagnitude, 2, .infinity] as [Double] {
            let key = try numbers.key(number, -0.0)
            #expect(last.compare(to: key) < 0)
            let (double, float) = try numbers.decode(key)
            #expect(double == number && float == 0 && float.sign == .plus)
            last = key
        }
        #expect(error { _ = try numbers.key(1, .nan) }?.code == .outOfRange)
        let doubles = KeySchema<Double, Double>("k", encoding: encoding)
        #expect(error { _ = try numbers.decode(doubles.key(1, 0.1)) }?.code == .wrongType)
    }

    @Test("a key of another schema, and a number that does not fit, are refused")
    func refused() throws {
        let bytes = KeySchema<UInt8>("k")
        #expect(error { _ = try bytes.decode(Array("k:300".utf8)) }?.code == .wrongType)
        #expect(error { _ = try bytes.decode(Array("k:-99".utf8)) }?.code == .malformedKey)
        #expect(error { _ = try bytes.decode(Array("k:-998".utf8)) }?.code == .wrongType)
        #expect(error { _ = try bytes.decode(Array("k:001:".utf8)) }?.code == .notInSchema)
        #expect(error { _ = try bytes.decode(Array("l:001".utf8)) }?.code == .notInSchema)
        #expect(error { _ = try bytes.decode([]) }?.code == .notInSchema)
        #expect(error { _ = try bytes.range("x") }?.code == .wrongType)
        #expect(error { _ = try bytes.range(1, 2) }?.code == .partCount)
    }

    @Test("a type of one's own is a part by the value it maps to")
    func custom() throws {
        struct CustomerID: TotalKeyComponent {
            var number: UInt32
            static let componentType = UInt32.componentType
            var keyValue: KeyValue { number.keyValue }
            init(number: UInt32) { self.number = number }
            init(keyValue: KeyValue) throws(KeyError) { number = try UInt32(keyValue: keyValue) }
        }
        let orders = KeySchema<CustomerID, CalendarDate>("order")
        let key = orders.key(CustomerID(number: 7), CalendarDate("2024-01-31")!)
        #expect(String(key: key) == "order:0000000007:2024-01-31")
        #expect(try orders.decode(key).0.number == 7)
    }
}
