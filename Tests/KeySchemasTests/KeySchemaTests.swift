import Testing

@testable import KeySchemas

@Suite("Typed schemas")
struct KeySchemaTests {
    @Test("a typed schema writes readable keys and reads them back")
    func roundTrip() throws {
        let visits = KeySchema<String, UInt64>("visit")
        let key = visits.key("ann", 1)
        #expect(String(decoding: key, as: UTF8.self) == "visit:ann:00000000000000000001")
        let (user, time) = try visits.decode(key)
        #expect(user == "ann" && time == 1)
        let range = try visits.range("ann")
        #expect(range.holds(key))
        #expect(!range.holds(visits.key("anna", 1)))
        #expect(try visits.range("ann", in: 0..<1).holds(key) == false)
        #expect(try visits.range("ann", in: 0..<2).holds(key))
    }
}
