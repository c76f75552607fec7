import StoreConformance
import Testing

@testable import KeySchemas

@Suite("The tuple encoding")
struct TupleTests {
    static let vectors: [(KeyValue, String)] = [
        // FoundationDB's design/tuple.md.
        (.null, "00"),
        (.bytes(Array("foo\0bar".utf8)), "01 66 6f 6f 00 ff 62 61 72 00"),
        (.string("F\u{d4}O\0bar"), "02 46 c3 94 4f 00 ff 62 61 72 00"),
        (
            .nested([.bytes(Array("foo\0bar".utf8)), .null, .nested([])]),
            "05 01 66 6f 6f 00 ff 62 61 72 00 00 ff 05 00 00"
        ),
        (.nested([.string("foo\0bar"), .null, .nested([])]), "05 02 66 6f 6f 00 ff 62 61 72 00 00 ff 05 00 00"),
        (.nested([]), "05 00"),
        (.nested([.null]), "05 00 ff 00"),
        (.integer(-1), "13 fe"),
        (.integer(-5_551_212), "11 ab 4b 93"),
        (.float(-42), "20 3d d7 ff ff"),
        (.bool(false), "26"),
        (.bool(true), "27"),
        // The bounds of each width.
        (.integer(0), "14"),
        (.integer(1), "15 01"),
        (.integer(255), "15 ff"),
        (.integer(256), "16 01 00"),
        (.integer(-255), "13 00"),
        (.integer(-256), "12 fe ff"),
        (.integer(.max), "1c 7f ff ff ff ff ff ff ff"),
        (.integer(.min), "0c 7f ff ff ff ff ff ff ff"),
        (.integer(unsigned: .max), "1c ff ff ff ff ff ff ff ff"),
        (.integer(negative: true, magnitude: .max), "0c 00 00 00 00 00 00 00 00"),
        // Beyond 64 bits, as FoundationDB's Java binding writes them: 2⁶⁴ and −2⁶⁴.
        (.integer(negative: false, magnitude: [1, 0, 0, 0, 0, 0, 0, 0, 0])!, "1d 09 01 00 00 00 00 00 00 00 00"),
        (.integer(negative: true, magnitude: [1, 0, 0, 0, 0, 0, 0, 0, 0])!, "0b f6 fe ff ff ff ff ff ff ff ff"),
        (.float(42), "20 c2 28 00 00"),
        (.double(1), "21 bf f0 00 00 00 00 00 00"),
        (.double(-42), "21 3f ba ff ff ff ff ff ff"),
        (
            .uuid(UUID128("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")!),
            "30 f8 1d 4f ae 7d ec 11 d0 a7 65 00 a0 c9 1e 6b f6"
        ),
    ]

    @Test("each published vector is written and read byte for byte", arguments: vectors)
    func vector(value: KeyValue, spelled: String) throws {
        let bytes = [UInt8](spelled: spelled)
        let written = Tuple.pack([value])
        #expect(written == bytes)
        let read = try Tuple.unpack(bytes.span)
        #expect(read == [value])
    }

    @Test("decimals, dates and times are integers in a tuple, in the order of the values")
    func mapped() {
        let date = CalendarDate(year: 1970, month: 1, day: 2)!
        let values: [KeyValue] = [
            .decimal(FixedDecimal(unscaled: -1250, scale: 2)!), .date(date),
            .timestamp(Timestamp(millisecondsSince1970: 256)!),
        ]
        let integers = Tuple.pack([.integer(-1250), .integer(1), .integer(256)])
        #expect(Tuple.pack(values) == integers)
    }

    @Test("random tuples come back as they were", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let elements = random.elements()
            let bytes = Tuple.pack(elements)
            let read = try? Tuple.unpack(bytes.span)
            guard read == elements else {
                Issue.record("seed \(seed): \(elements) became \(bytes), then \(String(describing: read))")
                return
            }
            var reader = TupleReader(bytes.span)
            var count = 0
            while reader.skip() { count += 1 }
            guard count == elements.count, reader.isAtEnd else {
                Issue.record("seed \(seed): \(count) of the elements of \(elements) were skipped")
                return
            }
        }
    }

    @Test("byte order is the order of the tuples", arguments: [4, 5, 6] as [UInt64])
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let left = random.elements()
            // Often alike at the beginning, so that later elements decide.
            let right = Bool.random(using: &random) ? random.elements() : left.dropLast() + random.elements()
            let order = compareParts(left, right).signum()
            guard Tuple.pack(left).compare(to: Tuple.pack(right)).signum() == order else {
                Issue.record("seed \(seed): \(left) and \(right) are ordered \(order)")
                return
            }
        }
    }

    @Test(
        "input that is not what is written is refused",
        arguments: [
            "02", "02 61", "01 00 ff", "05", "05 15 01", "15", "16 01", "1c 01 02 03 04 05 06 07", "20 00 00 00",
            "21 00", "30 00", "1d", "1d 09", "0b", "0b f6 00",
            // Integers with leading zeros, and of 8 bytes in the form for more.
            "15 00", "16 00 01", "13 ff", "12 ff 00", "1d 08 01 00 00 00 00 00 00 00", "1d 00",
            "1d 09 00 01 00 00 00 00 00 00 00", "0b f7 00 00 00 00 00 00 00 00", "0b ff",
            // No UTF-8: a lone continuation, an overlong NUL, a surrogate.
            "02 80 00", "02 c0 80 00", "02 ed a0 80 00",
            // Codes that are reserved or that nobody uses.
            "03", "04", "0a", "1e", "22", "25", "31", "33", "40", "ff", "00 ff",
        ])
    func malformed(spelled: String) {
        let bytes = [UInt8](spelled: spelled)
        #expect(error { _ = try Tuple.unpack(bytes.span) }?.code == .malformedKey)
    }

    @Test("tuples nested deeper than anybody needs are refused, not followed")
    func deep() throws {
        let atLimit = [UInt8](repeating: 5, count: 64) + [UInt8](repeating: 0, count: 64)
        #expect(try Tuple.unpack(atLimit.span).count == 1)
        let beyond = [UInt8](repeating: 5, count: 100_000)
        #expect(error { _ = try Tuple.unpack(beyond.span) }?.code == .malformedKey)
    }

    @Test(
        "whatever is read at all is written the same again: cut, changed and random bytes",
        arguments: [7, 8] as [UInt64])
    func canonical(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func check(_ bytes: [UInt8]) {
            guard let elements = try? Tuple.unpack(bytes.span) else { return }
            if Tuple.pack(elements) != bytes { Issue.record("seed \(seed): \(bytes) was read as \(elements)") }
        }
        for _ in 0..<500 {
            let bytes = Tuple.pack(random.elements())
            for index in bytes.indices {
                check(Array(bytes[..<index]))
                for change in [0, 1, 0xFF, UInt8.random(in: 0...255, using: &random)] as [UInt8] {
                    var changed = bytes
                    changed[index] = change
                    check(changed)
                }
            }
            check(random.bytes(Int.random(in: 0...20, using: &random)))
        }
    }

    @Test("a reader that refused an element stands where it stood")
    func readerStays() {
        let bytes = Tuple.pack([.integer(1)]) + [5, 0x15, 2, 0x16, 0, 1, 0]
        var reader = TupleReader(bytes.span)
        _ = try? reader.next()
        let before = reader.position
        var failed = false
        do { _ = try reader.next() } catch { failed = true }
        let after = reader.position
        #expect(failed && before == 2 && after == 2)
    }

    @Test("a byte is found wherever it stands, and not beyond the end or before the start")
    func findsByte() {
        for count in 0...26 {
            for place in 0...count {
                for other: UInt8 in [0x3B, 0x39, 0xBA, 0x00] {
                    var bytes = [UInt8](repeating: other, count: count)
                    if place < count { bytes[place] = 0x3A }
                    for start in 0...count {
                        let found = bytes.span.first(0x3A, from: start)
                        #expect(found == (place < count && start <= place ? place : nil))
                    }
                }
            }
        }
    }
}
