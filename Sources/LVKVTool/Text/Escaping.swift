internal import LVKV

/// How bytes of any kind are shown to people, so that nothing in them reaches the terminal as a command.
enum Escaping {
    /// What is left alone besides printable characters.
    enum Style {
        /// Nothing: one line whatever is in it, and what it means is unambiguous. Backslashes are doubled.
        case line
        /// Line breaks and tabs stay, and backslashes are single: for reading only.
        case prose
    }

    /// Appends `bytes`: printable text as it is, `\n`, `\r`, `\t`, `\0`, `\xNN` for other control characters and for bytes
    /// that are not UTF-8, and `\u{N}` for characters that cannot be seen or that turn the direction of writing.
    static func append(_ bytes: Span<UInt8>, style: Style = .line, to text: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x20 && byte < 0x7F {
                if byte == UInt8(ascii: "\\") && style == .line { text.append(byte) }
                text.append(byte)
                index += 1
            } else if byte < 0x80 {
                append(control: byte, style: style, to: &text)
                index += 1
            } else if let (scalar, length) = decode(bytes, at: index) {
                if isVisible(scalar) {
                    text.append(bytes: bytes.extracting(index..<index + length))
                } else {
                    text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
                }
                index += length
            } else {
                append(byte: byte, to: &text)
                index += 1
            }
        }
    }

    /// The text that ``append(_:style:to:)`` makes.
    static func text(_ bytes: Span<UInt8>, style: Style = .line) -> String {
        var text: [UInt8] = []
        append(bytes, style: style, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// `text` with everything escaped that is not to reach a terminal; quotes and backslashes stay as they are.
    static func message(_ text: String) -> String {
        var escaped: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar.isASCII && (scalar.value < 0x20 || scalar.value == 0x7F) {
                append(control: UInt8(scalar.value), style: .line, to: &escaped)
            } else if scalar.isASCII || isVisible(scalar) {
                escaped.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            } else {
                escaped.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// Whether a terminal shows the character and does nothing else with it.
    static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        // Both join what stands around them; words and emoji need them.
        if scalar == "\u{200D}" || scalar == "\u{200C}" { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return false
        default: return true
        }
    }

    private static func append(control byte: UInt8, style: Style, to text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\t"):
            if style == .prose {
                text.append(byte)
            } else {
                text.append(text: byte == UInt8(ascii: "\n") ? "\\n" : "\\t")
            }
        case UInt8(ascii: "\r"): text.append(text: "\\r")
        case 0: text.append(text: "\\0")
        default: append(byte: byte, to: &text)
        }
    }

    private static func append(byte: UInt8, to text: inout [UInt8]) {
        text.append(text: "\\x")
        text.append(Hex.digit(byte >> 4))
        text.append(Hex.digit(byte & 15))
    }

    /// The character that begins at `index`, and its length; `nil` when there is none in UTF-8.
    private static func decode(_ bytes: Span<UInt8>, at index: Int) -> (Unicode.Scalar, Int)? {
        let first = bytes[index]
        let length: Int
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: return nil
        }
        guard index + length <= bytes.count else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for offset in 1..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        // Too long a form of a smaller number is no UTF-8, and neither is a surrogate.
        guard value >= (length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000) else { return nil }
        return Unicode.Scalar(value).map { ($0, length) }
    }
}
