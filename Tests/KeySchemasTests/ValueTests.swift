import StoreConformance
import Testing

@testable import KeySchemas

@Suite("Values of key parts")
struct ValueTests {
    @Test("strings are equal when their bytes are")
    func strings() {
        let composed = KeyValue.string("café")
        let decomposed = KeyValue.string("cafe\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(KeyTemplate(unchecked: [.literal("café")]) != KeyTemplate(unchecked: [.literal("cafe\u{301}")]))
    }

    @Test("each day from the year 0 to 9999 follows the one before, and is written and read as itself")
    func everyDay() {
        var (year, month, day) = (0, 1, 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for number in CalendarDate.minimum.daysSince1970...CalendarDate.maximum.daysSince1970 {
            let date = CalendarDate(daysSince1970: number)!
            let components = date.components
            guard components == (year, month, day),
                CalendarDate(year: year, month: month, day: day) == date
            else {
                Issue.record("day \(number) is \(components) for \((year, month, day))")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (10_000, 1, 1))
    }

    @Test("dates and times beyond the years 0 to 9999 are none")
    func bounds() {
        #expect(CalendarDate("1970-01-01")?.daysSince1970 == 0)
        #expect(CalendarDate("2024-02-29")?.description == "2024-02-29")
        #expect(CalendarDate(daysSince1970: .max) == nil && CalendarDate(daysSince1970: .min) == nil)
        #expect(CalendarDate(year: 10_000, month: 1, day: 1) == nil)
        #expect(CalendarDate(year: .max, month: .max, day: .max) == nil)
        #expect(Timestamp("19700101T000000.001Z")?.millisecondsSince1970 == 1)
        #expect(Timestamp("19691231T235959.999Z")?.millisecondsSince1970 == -1)
        #expect(Timestamp.minimum.description == "00000101T000000.000Z")
        #expect(Timestamp.maximum.description == "99991231T235959.999Z")
        #expect(Timestamp(millisecondsSince1970: .min) == nil && Timestamp(millisecondsSince1970: .max) == nil)
        #expect(Timestamp("2024-02-29T12:00:00Z")?.date == CalendarDate("2024-02-29"))
    }

    @Test("decimals keep their digits, are compared as numbers and refuse what does not fit")
    func decimals() throws {
        #expect(FixedDecimal("-0.05")?.description == "-0.05")
        #expect(FixedDecimal("12")?.description == "12")
        #expect(FixedDecimal(unscaled: FixedDecimal.power(38), scale: 0) == nil)
        #expect(FixedDecimal(unscaled: .min, scale: 0) == nil)
        #expect(FixedDecimal(unscaled: 1, scale: 39) == nil)
        let sorted = ["-100", "-0.9", "-0.05", "0", "0.007", "0.9", "1.5", "1.50", "2", "99999999999999999999.1"]
        let numbers = sorted.compactMap { FixedDecimal($0) }
        #expect(numbers.count == sorted.count)
        #expect(numbers.shuffled().sorted() == numbers)
        let large = try #require(FixedDecimal(unscaled: FixedDecimal.power(38) - 1, scale: 0))
        #expect(large.rescaled(to: 1) == nil)
        let tiny = try #require(FixedDecimal(unscaled: FixedDecimal.power(38) - 1, scale: 38))
        #expect(tiny < large && FixedDecimal(unscaled: -tiny.unscaled, scale: 38)! < tiny)
    }

    @Test("integers of any size are written, read and ordered in decimal", arguments: [21, 22] as [UInt64])
    func integers(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let left = random.integer()
            let right = random.integer()
            let text = left.description
            guard try ComponentType.int().parse(text) == left else {
                Issue.record("seed \(seed): \(text)")
                return
            }
            // Numbers of one sign are ordered by the number of digits, then by the digits.
            func rank(_ text: String) -> (Int, String) { (text.utf8.count, text) }
            let other = right.description
            let expected =
                switch (text.hasPrefix("-"), other.hasPrefix("-")) {
                case (true, false): true
                case (false, true): false
                case (false, false): rank(text) < rank(other)
                case (true, true): rank(other) < rank(text)
                }
            guard (left < right) == expected else {
                Issue.record("seed \(seed): \(text) and \(other)")
                return
            }
        }
        let largest = [UInt8](repeating: 0xFF, count: 255)
        let value = try #require(KeyValue.integer(negative: true, magnitude: largest))
        #expect(try ComponentType.int().parse(value.description) == value)
        #expect(KeyValue.integer(negative: false, magnitude: [1] + largest) == nil)
        #expect(KeyValue.integer(negative: true, magnitude: [0, 0x80, 0, 0, 0, 0, 0, 0, 0]) == .integer(.min))
    }

    @Test("a UUID is its canonical text, in either case")
    func uuids() {
        let uuid = UUID128("F81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        #expect(uuid?.value == 0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6)
        #expect(uuid?.description == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        #expect(UUID128("f81d4fae-7dec-11d0-a765-00a0c91e6bf6a") == nil)
        #expect(UUID128("f81d4fae-7dec-11d0-a765+00a0c91e6bf6") == nil)
        #expect(UUID128("") == nil)
    }
}
