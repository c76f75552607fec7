import LVKV
import StoreConformance
import Testing

@testable import LVKVTool

@Suite("Text")
struct TextTests {
    private func escaped(_ bytes: [UInt8], _ style: Escaping.Style = .line) -> String {
        Escaping.text(bytes.span, style: style)
    }

    @Test("hex digits round-trip, and what is not hex is refused")
    func hex() {
        let all = (0...255).map { UInt8($0) }
        #expect(Hex.bytes(Hex.text(all.span)) == all)
        #expect(Hex.bytes("0xCAFE") == [0xCA, 0xFE])
        #expect(Hex.bytes("ca fe") == [0xCA, 0xFE])
        #expect(Hex.bytes("") == [])
        for wrong in ["c", "caf", "xy", "c afe", "é0"] { #expect(Hex.bytes(wrong) == nil, "\(wrong)") }
    }

    @Test("printable text stays as it is, and each other byte is escaped in one way")
    func escaping() {
        #expect(escaped(Array("a é 日本 👩‍👩‍👧".utf8)) == "a é 日本 👩‍👩‍👧")
        #expect(escaped(Array("\n\r\t\0\u{1B}\u{7F}\\".utf8)) == "\\n\\r\\t\\0\\x1b\\x7f\\\\")
        #expect(escaped(Array("\n\t\\\u{1B}".utf8), .prose) == "\n\t\\\\x1b")
        #expect(escaped([0xFF, 0xC3, 0x28, 0xE2, 0x82]) == "\\xff\\xc3(\\xe2\\x82")
        // Overlong forms and surrogates are no UTF-8.
        #expect(escaped([0xC0, 0x80, 0xED, 0xA0, 0x80]) == "\\xc0\\x80\\xed\\xa0\\x80")
        #expect(escaped(Array("\u{202E}\u{9B}\u{2028}\u{FEFF}".utf8)) == "\\u{202e}\\u{9b}\\u{2028}\\u{feff}")
        #expect(Escaping.message("a\nb\u{1B}c\\d") == "a\\nb\\x1bc\\d")
    }

    @Test("nothing escaped holds a byte that commands a terminal", arguments: [1, 2, 3, 4] as [UInt64])
    func escapingRandomBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let text = escaped(bytes)
            #expect(
                text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) },
                "seed \(seed): \(bytes)")
        }
    }

    @Test("JSON strings hold text as it is, and for a terminal what is unseen as escapes")
    func json() {
        func string(_ text: String, forTerminal: Bool) -> String {
            var output: [UInt8] = []
            JSONText.append(text.utf8.span, forTerminal: forTerminal, to: &output)
            return String(decoding: output, as: UTF8.self)
        }
        #expect(string("é \"\\\n\u{1}", forTerminal: false) == "\"é \\\"\\\\\\n\\u0001\"")
        #expect(string("\u{202E}é", forTerminal: false) == "\"\u{202E}é\"")
        #expect(string("\u{202E}é\u{9B}", forTerminal: true) == "\"\\u202eé\\u009b\"")
    }

    @Test("counts, sizes and times are short and never round to the next unit's thousand")
    func quantities() {
        #expect(Quantity.keys(1) == "1 key")
        #expect(Quantity.keys(1_234_567) == "1,234,567 keys")
        #expect(Quantity.bytes(1023) == "1,023 bytes")
        #expect(Quantity.bytes(1024) == "1.0 KiB")
        #expect(Quantity.bytes(1_048_575) == "1.0 MiB")
        #expect(Quantity.bytes(20 << 20) == "20 MiB")
        #expect(Quantity.duration(0.2) == "1 s")
        #expect(Quantity.duration(65) == "1:05")
        #expect(Quantity.duration(3_723) == "1:02:03")
        #expect(Quantity.duration(.infinity) == "?")
    }

    @Test("the progress line fits the terminal, whatever its width", arguments: [1, 20, 40, 80, 200])
    func progress(width: Int) {
        for (bytes, total) in [(0, 1000), (500, 1000), (2000, 1000), (5, nil as Int?)] {
            let line = Progress.line(
                "import", bytes: bytes, totalBytes: total, count: 12_345, unit: .rows, seconds: 3, width: width)
            #expect(line.count < max(1, width))
        }
        let line = Progress.line("import", bytes: 50, totalBytes: 100, count: 900, unit: .rows, seconds: 9, width: 80)
        #expect(line.hasSuffix("50 %  900 rows, 100/s  9 s left"))
    }

    @Test("columns are as wide as their cells, and cut where the terminal ends")
    func table() {
        var table = Table(["id", "title"], width: 80, isColored: false)
        #expect(table.add([.number("1"), .text("Dune")]) == [])
        #expect(table.add([.number("10"), .text("日本語")]) == [])
        #expect(table.end() == ["id  title", " 1  Dune", "10  日本語"])

        var narrow = Table(["id", "title"], width: 14, isColored: false)
        _ = narrow.add([.text("abcdefgh"), .text("日本語日本語")])
        #expect(narrow.end() == ["id      title", "abcde…  日本…"])
        #expect(Table.fit([10, 3, 40], into: 30) == [10, 3, 17])
        #expect(Table.fit([100, 100], into: 2) == [4, 4])
    }

    @Test("a cut never takes a character apart, and takes no more columns than it may")
    func cut() {
        #expect(DisplayWidth.of("abc") == 3)
        #expect(DisplayWidth.of("日本") == 4)
        #expect(DisplayWidth.of("e\u{301}") == 1)
        #expect(DisplayWidth.of("👩‍👩‍👧") == 2)
        for width in 0...8 {
            let cut = DisplayWidth.cut("日e\u{301}👩‍👩‍👧xyz", to: width)
            #expect(DisplayWidth.of(cut) <= width, "\(width): \(cut)")
        }
        #expect(DisplayWidth.cut("abc", to: 3) == "abc")
        #expect(DisplayWidth.cut("abcd", to: 3) == "ab…")
    }

    @Test("LevelDB's list of tables is cut into ranges that hold each key once")
    func tables() {
        let list = TableList(
            "--- level 0 ---\n 9:10['k' @ 7 : 1 .. 'z' @ 9 : 1]\n--- level 1 ---\n 5:2114['a' @ 1 : 1 .. 'c' @ 2 : 1]\n"
                + " 6:100['d\\x00\\xff' @ 1 : 1 .. 'e' @ 2 : 1]\nnonsense\n --- level 2 ---\n")
        #expect(list.bytes == 2224)
        #expect(list.tables.map(\.level) == [0, 1, 1])
        #expect(list.tables.last?.first == [0x64, 0, 0xFF])
        let slices = list.slices(most: 10).map(\.range)
        #expect(slices.first?.lower == [])
        #expect(slices.last?.upper == nil)
        for (left, right) in zip(slices, slices.dropFirst()) { #expect(left.upper == right.lower) }
        #expect(TableList("").slices(most: 10).map(\.range) == [KeyRange.all])
    }
}
