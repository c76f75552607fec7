internal import LVKV
internal import Records

/// The pieces of JSON text.
enum JSONText {
    /// Appends UTF-8 as a JSON string.
    ///
    /// - Parameter forTerminal: writes as escapes what is not to reach a terminal, too.
    static func append(_ text: Span<UInt8>, forTerminal: Bool, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var isPlain = true
        for index in text.indices {
            let byte = text[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte >= 0x7F {
                isPlain = false
                break
            }
        }
        if isPlain {
            output.append(bytes: text)
        } else if forTerminal, let string = text.validText {
            for scalar in string.unicodeScalars { append(scalar, to: &output) }
        } else {
            for index in text.indices { append(text[index], to: &output) }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends a value in one line.
    static func append(_ value: JSONValue, forTerminal: Bool, to output: inout [UInt8]) {
        switch value {
        case .string(let text): append(text.utf8.span, forTerminal: forTerminal, to: &output)
        case .array(let elements) where forTerminal:
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                append(element, forTerminal: true, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object) where forTerminal:
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                append(member.key.utf8.span, forTerminal: true, to: &output)
                output.append(UInt8(ascii: ":"))
                append(member.value, forTerminal: true, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        default: value.write(to: &output)
        }
    }

    /// Appends a member's name and its bytes: as a string when they are UTF-8, else as `NAME_hex` in hex digits.
    static func append(
        member name: StaticString, _ bytes: Span<UInt8>, hex: Bool, forTerminal: Bool, to output: inout [UInt8]
    ) {
        output.append(UInt8(ascii: "\""))
        output.append(text: name)
        let isText = !hex && (try? UTF8Span(validating: bytes)) != nil
        if isText {
            output.append(text: "\":")
            append(bytes, forTerminal: forTerminal, to: &output)
        } else {
            output.append(text: "_hex\":\"")
            output.append(hex: bytes)
            output.append(UInt8(ascii: "\""))
        }
    }

    private static func append(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            output.append(UInt8(ascii: "\\"))
            output.append(byte)
        case 0x08: output.append(text: "\\b")
        case 0x09: output.append(text: "\\t")
        case 0x0A: output.append(text: "\\n")
        case 0x0C: output.append(text: "\\f")
        case 0x0D: output.append(text: "\\r")
        case 0..<0x20, 0x7F: appendUnit(UInt16(byte), to: &output)
        default: output.append(byte)
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        if scalar.isASCII {
            append(UInt8(scalar.value), to: &output)
        } else if Escaping.isVisible(scalar) {
            output.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        } else {
            for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] { appendUnit(unit, to: &output) }
        }
    }

    private static func appendUnit(_ unit: UInt16, to output: inout [UInt8]) {
        output.append(text: "\\u")
        for shift in [12, 8, 4, 0] { output.append(Hex.digit(UInt8(unit >> UInt16(shift) & 15))) }
    }
}
