internal import OrderedStore

extension JSONValue {
    /// How the text is laid out.
    public enum Layout: Sendable {
        /// In one line, without spaces.
        case compact
        /// A member a line, two spaces a level.
        case pretty
    }

    /// Appends the value's text.
    ///
    /// - Complexity: O(*n*).
    public func write(to text: inout [UInt8], layout: Layout = .compact) {
        write(to: &text, indent: layout == .pretty ? 0 : nil)
    }

    /// The value's text.
    public func text(_ layout: Layout = .compact) -> String {
        var bytes: [UInt8] = []
        write(to: &bytes, layout: layout)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(to text: inout [UInt8], indent: Int?) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): text.append(contentsOf: number.text.utf8)
        case .string(let string): text.appendJSON(string: string.utf8.span)
        case .array(let elements):
            guard !elements.isEmpty else { return text.append(contentsOf: "[]".utf8) }
            let inner = indent.map { $0 + 1 }
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text.appendJSON(lineBreak: inner)
                element.write(to: &text, indent: inner)
            }
            text.appendJSON(lineBreak: indent)
            text.append(UInt8(ascii: "]"))
        case .object(let object):
            guard object.count > 0 else { return text.append(contentsOf: "{}".utf8) }
            let inner = indent.map { $0 + 1 }
            text.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text.appendJSON(lineBreak: inner)
                text.appendJSON(string: member.key.utf8.span)
                text.append(contentsOf: inner == nil ? ":".utf8 : ": ".utf8)
                member.value.write(to: &text, indent: inner)
            }
            text.appendJSON(lineBreak: indent)
            text.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONValue: CustomStringConvertible {
    /// The compact text.
    public var description: String { text() }
}

extension [UInt8] {
    /// Appends UTF-8 as a JSON string; all but quotes, backslashes and control characters stays as it is.
    ///
    /// - Complexity: O(*n*).
    package mutating func appendJSON(string: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        var plain = 0
        for index in string.indices {
            let byte = string[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F else {
                continue
            }
            append(copying: string.extracting(plain..<index))
            plain = index + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: append(UInt8(ascii: "b"))
            case 0x09: append(UInt8(ascii: "t"))
            case 0x0A: append(UInt8(ascii: "n"))
            case 0x0C: append(UInt8(ascii: "f"))
            case 0x0D: append(UInt8(ascii: "r"))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
            default:
                let hex = "0123456789abcdef".utf8.map { $0 }
                append(contentsOf: "u00".utf8)
                append(hex[Int(byte >> 4)])
                append(hex[Int(byte & 15)])
            }
        }
        append(copying: string.extracting(plain..<string.count))
        append(UInt8(ascii: "\""))
    }

    fileprivate mutating func appendJSON(lineBreak indent: Int?) {
        guard let indent else { return }
        append(0x0A)
        for _ in 0..<indent { append(contentsOf: "  ".utf8) }
    }
}
