/// Takes an inline request apart as Redis's `sdssplitargs` does, so that people may quote what they type.
///
/// Words are separated by white space. Within `"…"` stand `\n`, `\r`, `\t`, `\b`, `\a`, `\xHH`, and a backslash before
/// any other byte means that byte; within `'…'` only `\'` is special. A closing quote must be followed by white
/// space. A quote may open in the middle of a word.
package enum InlineWords {
    /// Appends the words of `line` to `text`, and where each stands in it to `words`.
    ///
    /// - Returns: `false` when a quote is not closed, or something follows a closing quote.
    package static func split(
        _ line: Span<UInt8>, into text: inout [UInt8], words: inout [Range<Int>]
    ) -> Bool {
        var at = 0
        while true {
            while at < line.count && isSpace(line[at]) { at += 1 }
            guard at < line.count else { return true }
            let start = text.count
            var isInWord = true
            while isInWord && at < line.count {
                switch line[at] {
                case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): isInWord = false
                case UInt8(ascii: "\""):
                    guard let end = doubleQuoted(line, from: at + 1, into: &text) else { return false }
                    at = end
                    isInWord = false
                case UInt8(ascii: "'"):
                    guard let end = singleQuoted(line, from: at + 1, into: &text) else { return false }
                    at = end
                    isInWord = false
                case let byte:
                    text.append(byte)
                    at += 1
                }
            }
            words.append(start..<text.count)
        }
    }

    /// Reads up to the closing quote.
    ///
    /// - Returns: the place after it; `nil` when there is none, or when no white space follows.
    private static func doubleQuoted(_ line: Span<UInt8>, from start: Int, into text: inout [UInt8]) -> Int? {
        var at = start
        while at < line.count {
            let byte = line[at]
            if byte == UInt8(ascii: "\"") { return ends(line, after: at) ? at + 1 : nil }
            guard byte == UInt8(ascii: "\\"), at + 1 < line.count else {
                text.append(byte)
                at += 1
                continue
            }
            if line[at + 1] == UInt8(ascii: "x"), at + 3 < line.count, let high = hex(line[at + 2]),
                let low = hex(line[at + 3])
            {
                text.append(high << 4 | low)
                at += 4
                continue
            }
            text.append(escaped(line[at + 1]))
            at += 2
        }
        return nil
    }

    private static func singleQuoted(_ line: Span<UInt8>, from start: Int, into text: inout [UInt8]) -> Int? {
        var at = start
        while at < line.count {
            let byte = line[at]
            if byte == UInt8(ascii: "'") { return ends(line, after: at) ? at + 1 : nil }
            if byte == UInt8(ascii: "\\"), at + 1 < line.count, line[at + 1] == UInt8(ascii: "'") { at += 1 }
            text.append(line[at])
            at += 1
        }
        return nil
    }

    /// Whether a quote at `at` may close a word.
    private static func ends(_ line: Span<UInt8>, after at: Int) -> Bool {
        at + 1 == line.count || isSpace(line[at + 1])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }

    private static func escaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): UInt8(ascii: "\n")
        case UInt8(ascii: "r"): UInt8(ascii: "\r")
        case UInt8(ascii: "t"): UInt8(ascii: "\t")
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "a"): 0x07
        default: byte
        }
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
