internal import LVKV

/// The tables that LevelDB keeps, as its property `leveldb.sstables` tells them.
struct TableList {
    /// One table: a line as ` 5:2114['a' @ 1 : 1 .. 'z' @ 9 : 1]`.
    struct Table: Equatable {
        var level: Int
        var bytes: Int
        /// Its first key. Where the key itself holds a quote, it may be cut short.
        var first: [UInt8]
    }

    var tables: [Table] = []

    /// The bytes in all tables.
    var bytes: Int { tables.reduce(0) { $0 + $1.bytes } }

    /// Reads the property's text; lines that are not understood are passed over.
    init(_ text: String) {
        var level = 0
        for line in text.split(separator: "\n") {
            if line.hasPrefix("--- level ") {
                level = Int(line.dropFirst(10).prefix { $0.isNumber }) ?? level
                continue
            }
            let bytes = Array(line.utf8)
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
                let quote = bytes.firstIndex(of: UInt8(ascii: "'")), colon < quote,
                let size = Int(String(decoding: bytes[(colon + 1)..<quote].dropLast(), as: UTF8.self)),
                let end = bytes[(quote + 1)...].firstIndex(of: UInt8(ascii: "'"))
            else { continue }
            tables.append(Table(level: level, bytes: size, first: TableList.unescaped(bytes[(quote + 1)..<end])))
        }
    }

    /// Cuts the keys into consecutive ranges of about the same size, at most `most` of them.
    func slices(most: Int) -> [(range: KeyRange, bytes: Int)] {
        let sorted = tables.sorted { $0.first.lexicographicallyPrecedes($1.first) }
        let target = max(1, bytes / max(1, most))
        var slices: [(range: KeyRange, bytes: Int)] = []
        var lower: [UInt8] = []
        var collected = 0
        for table in sorted {
            if collected >= target && lower.lexicographicallyPrecedes(table.first) {
                slices.append((KeyRange(from: lower, to: table.first), collected))
                lower = table.first
                collected = 0
            }
            collected += table.bytes
        }
        slices.append((KeyRange(from: lower), collected))
        return slices
    }

    /// LevelDB writes what is not printable as `\xNN`.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
