import StoreConformance
import Testing

@testable import KeySchemas

@Suite("The text forms of values")
struct TextFormTests {
    static func form(_ type: ComponentType, _ value: KeyValue) throws -> String {
        var bytes: [UInt8] = []
        try type.appendText(value, to: &bytes)
        return String(key: bytes)
    }

    static let forms: [(ComponentType, String, String)] = [
        (.string, "a:b;c", "a;0b;1c"),
        (.string, "", ""),
        (.int(), "-42", "-42"),
        (.int(), "0", "0"),
        (.int(), "18446744073709551616", "18446744073709551616"),
        (.int(), "-9223372036854775808", "-9223372036854775808"),
        (.int(pad: 6), "42", "000042"),
        (.int(pad: 6), "-42", "-999957"),
        (.int(pad: 6), "0", "000000"),
        (.int(pad: 22), "-18446744073709551616", "-9981553255926290448383"),
        (.decimal(precision: 6, scale: 2), "12.5", "001250"),
        (.decimal(precision: 6, scale: 2), "-12.50", "-998749"),
        (.decimal(precision: 3, scale: 3), "0.007", "007"),
        (.double, "1", "bff0000000000000"),
        (.double, "-0.0", "8000000000000000"),
        (.double, "-42", "3fbaffffffffffff"),
        (.date, "2024-01-31", "2024-01-31"),
        (.timestamp, "20240131T235959.123Z", "20240131T235959.123Z"),
        (.timestamp, "2024-01-31T23:59:59Z", "20240131T235959.000Z"),
        (.timestamp, "2024-01-31T23:59:59.5Z", "20240131T235959.500Z"),
        (.uuid, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        (.bool, "true", "true"),
        (.bytes(), "00FF", "00ff"),
        (.bytes(count: 2), "3a3b", "3a3b"),
    ]

    @Test("what people write becomes the form that keys hold", arguments: forms)
    func form(type: ComponentType, written: String, stored: String) throws {
        let value = try type.parse(written)
        #expect(try TextFormTests.form(type, value) == stored)
        let read = try type.decodeText(Array(stored.utf8).span)
        #expect(read == value)
    }

    @Test(
        "what people write wrongly is refused with the form it should have",
        arguments: [
            (.int(), ""), (.int(), "-"), (.int(), "007"), (.int(), "-0"), (.int(), "+1"), (.int(), "1.0"),
            (.int(), "1e3"),
            (.int(), " 1"), (.int(), "٣"), (.int(), String(repeating: "9", count: 616)),
            (.int(pad: 3), "1000"), (.decimal(precision: 4, scale: 2), "1.234"),
            (.decimal(precision: 4, scale: 2), "100"), (.decimal(precision: 4, scale: 2), "."),
            (.decimal(precision: 4, scale: 2), "1."), (.decimal(precision: 4, scale: 2), ".5"),
            (.decimal(precision: 38, scale: 0), String(repeating: "9", count: 39)),
            (.double, "nan"), (.double, "1,5"), (.double, ""), (.date, "2023-02-29"), (.date, "2024-1-31"),
            (.date, "20240131"), (.date, "2024-13-01"), (.timestamp, "20240131T240000.000Z"),
            (.timestamp, "20240131T235959Z"), (.timestamp, "2024-01-31T23:59:59"),
            (.timestamp, "2024-01-31T23:59:59.Z"),
            (.uuid, "f81d4fae7dec11d0a76500a0c91e6bf6"), (.bool, "TRUE"), (.bool, "1"), (.bytes(), "0"),
            (.bytes(), "0g"),
            (.bytes(count: 2), "00"),
        ] as [(ComponentType, String)])
    func refusedText(type: ComponentType, text: String) {
        let refusal = error { _ = try type.parse(text) }
        #expect(refusal?.code == .malformedText || refusal?.code == .outOfRange)
    }

    @Test("a refusal is one short line, whatever was written")
    func shortMessages() {
        let text = String(repeating: "no\n", count: 100_000)
        let message = error { _ = try ComponentType.date.parse(text) }?.description ?? ""
        #expect(message.contains("a date such as 2024-01-31"))
        #expect(message.utf8.count < 300 && !message.utf8.contains(UInt8(ascii: "\n")))
    }

    @Test(
        "a part of a key that is not in its one form is refused",
        arguments: [
            (.string, "a:b"), (.string, ";"), (.string, "a;"), (.string, ";2"), (.string, ";;"),
            (.int(), ""), (.int(), "007"), (.int(), "-0"), (.int(), "+1"), (.int(), "-"), (.int(), "1 "),
            (.int(), "-01"),
            (.int(pad: 3), "42"), (.int(pad: 3), "0042"), (.int(pad: 3), "-999"), (.int(pad: 3), "-"),
            (.int(pad: 3), "+42"), (.int(pad: 3), "04x"), (.int(pad: 3), "--99"),
            (.decimal(precision: 4, scale: 2), "12.5"), (.decimal(precision: 4, scale: 2), "125"),
            (.decimal(precision: 4, scale: 2), "-9999"),
            (.double, "BFF0000000000000"), (.double, "bff000000000000"), (.double, "7fffffffffffffff"),
            (.double, "fff8000000000000"), (.double, "ffffffffffffffff"), (.double, "0000000000000000"),
            (.date, "2024-1-31"), (.date, "2023-02-29"), (.date, "2024-01-31 "),
            (.timestamp, "2024-01-31T23:59:59Z"), (.timestamp, "20240131T235959.12Z"),
            (.timestamp, "20240131T235960.123Z"), (.uuid, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"),
            (.uuid, "f81d4fae-7dec-11d0-a765-00a0c91e6bf"), (.bool, "True"), (.bool, ""), (.bytes(), "0"),
            (.bytes(), "FF"), (.bytes(count: 2), "00"), (.bytes(count: 2), "000000"),
        ] as [(ComponentType, String)])
    func refusedPart(type: ComponentType, part: String) {
        #expect(error { _ = try type.decodeText(Array(part.utf8).span) }?.code == .malformedKey)
    }

    @Test(
        "a string part that is not UTF-8 is refused",
        arguments: [[0x80], [0x61, 0xC0, 0x80], [0x3B, 0x30, 0xFF]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect(error { _ = try ComponentType.string.decodeText(bytes.span) }?.code == .malformedKey)
    }

    @Test(
        "values of another type, and those without a place, are refused",
        arguments: [
            (.string, .integer(1), .wrongType), (.int(), .string("1"), .wrongType), (.int(), .double(1), .wrongType),
            (.bool, .null, .wrongType), (.string, .nested([]), .wrongType), (.double, .double(.nan), .outOfRange),
            (.int(pad: 2), .integer(100), .outOfRange), (.int(pad: 2), .integer(-100), .outOfRange),
            (.int(pad: 19), .integer(unsigned: .max), .outOfRange), (.bytes(count: 1), .bytes([]), .outOfRange),
            (.decimal(precision: 3, scale: 1), .integer(100), .outOfRange),
            (.decimal(precision: 3, scale: 1), .decimal(FixedDecimal(unscaled: 125, scale: 2)!), .outOfRange),
        ] as [(ComponentType, KeyValue, KeyError.Code)])
    func refusedValue(type: ComponentType, value: KeyValue, code: KeyError.Code) {
        #expect(error { _ = try type.normalize(value) }?.code == code)
        var key: [UInt8] = [1]
        #expect(error { try type.appendText(value, to: &key) }?.code == code)
        #expect(error { try type.appendTuple(value, to: &key) }?.code == code)
        #expect(key == [1])
    }

    @Test("equal values have one form: −0 is 0, and a decimal takes the scale of its type")
    func normalForms() throws {
        #expect(try TextFormTests.form(.double, .double(-0.0)) == "8000000000000000")
        #expect(try ComponentType.double.normalize(.float(0.5)) == .double(0.5))
        let type = ComponentType.decimal(precision: 6, scale: 2)
        #expect(try type.normalize(.integer(7)) == type.parse("7.00"))
        #expect(try type.normalize(.decimal(FixedDecimal(unscaled: 12500, scale: 3)!)) == type.parse("12.5"))
    }

    @Test(
        "a type whose own numbers make no sense is refused",
        arguments: [
            .int(pad: 0), .int(pad: -3), .int(pad: 256), .decimal(precision: 0, scale: 0),
            .decimal(precision: 39, scale: 0), .decimal(precision: 4, scale: 5), .decimal(precision: 4, scale: -1),
            .bytes(count: -1),
        ] as [ComponentType])
    func refusedType(type: ComponentType) throws {
        #expect(error { try type.validate() }?.code == .invalidType)
        let template = try KeyTemplate("t:{a}:{b}")
        let refusal = error { _ = try KeyLayout(template, types: [.string, type]) }
        #expect(refusal?.code == .invalidType && refusal?.component == "b")
    }

    @Test("what a value is described as is read back as that value", arguments: everyType.filter { $0 != .id })
    func descriptions(type: ComponentType) throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let value = random.value(of: type)
            guard try type.parse(value.description) == value else {
                Issue.record("seed 11: \(value) of type \(type)")
                return
            }
        }
    }

    @Test(
        "an id is an integer or text, and text that reads as an integer or begins with a quotation mark stands in them",
        arguments: [
            (KeyValue.integer(42), "42"), (.string("42"), "\"42\""), (.string("042"), "042"), (.string("-0"), "-0"),
            (.string(""), ""), (.string("\""), "\"\"\""), (.string("\"a\""), "\"\"a\"\""),
            (.string("a:b;c"), "a;0b;1c"),
            (.integer(-7), "-7"), (.string("-7"), "\"-7\""),
        ])
    func ids(id: KeyValue, form: String) throws {
        let layout = try KeyLayout(KeyTemplate("n:{_id}:{field}"), types: [.id])
        let key = try layout.key([id], field: "x")
        #expect(String(decoding: key, as: UTF8.self) == "n:\(form):x")
        #expect(try layout.decode(key.span).parts == [id])
        if !form.contains(";") { #expect(try ComponentType.id.parse(form) == id) }
    }

    @Test("an id has one form only", arguments: ["\"a\"", "\"", "\"42", "\"\""])
    func idForms(form: String) throws {
        let layout = try KeyLayout(KeyTemplate("n:{_id}:{field}"), types: [.id])
        let key = Array("n:\(form):x".utf8)
        #expect(throws: KeyError.self) { try layout.decode(key.span) }
    }
}
