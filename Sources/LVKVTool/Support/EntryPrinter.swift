internal import LVKV

/// Prints keys and values in one of the forms.
struct EntryPrinter: ~Copyable {
    /// Which halves of an entry are printed.
    enum Parts { case both, keys, values }

    private let output: Output
    private let format: Format
    private let parts: Parts
    private let hex: Bool
    private let forTerminal: Bool
    private var count = 0

    init(_ output: Output, format: Format, parts: Parts, hex: Bool, forTerminal: Bool) {
        self.output = output
        self.format = format
        self.parts = parts
        self.hex = hex
        self.forTerminal = forTerminal
    }

    /// Prints what comes before the first entry.
    mutating func begin() throws {
        switch format {
        case .json: output.buffer.append(UInt8(ascii: "["))
        case .csv:
            let suffix = hex ? "_hex" : ""
            switch parts {
            case .both: try output.line("key\(suffix),value\(suffix)")
            case .keys: try output.line("key\(suffix)")
            case .values: try output.line("value\(suffix)")
            }
        default: break
        }
    }

    /// Prints one entry. Of a structure its kind stands where a value would.
    mutating func print(_ key: Span<UInt8>, _ value: Span<UInt8>, _ kind: StructureKind = .string) throws {
        guard kind == .string else { return try print(key, kind) }
        switch format {
        case .text: appendText(key, value)
        case .raw: appendPair(key, value, separator: UInt8(ascii: "\t")) { $1.append(bytes: $0) }
        case .json:
            output.buffer.append(text: count > 0 ? ",\n " : "\n ")
            appendJSON(key, value)
        case .jsonl:
            appendJSON(key, value)
            output.buffer.append(UInt8(ascii: "\n"))
        case .csv:
            appendPair(key, value, separator: UInt8(ascii: ",")) { [hex, forTerminal] bytes, buffer in
                EntryPrinter.appendCell(bytes, hex: hex, forTerminal: forTerminal, to: &buffer)
            }
        }
        count += 1
        try output.flushIfFull()
    }

    private mutating func print(_ key: Span<UInt8>, _ kind: StructureKind) throws {
        guard format == .json || format == .jsonl else {
            return try print(key, "(\(kind))".utf8.span)
        }
        if format == .json { output.buffer.append(text: count > 0 ? ",\n " : "\n ") }
        output.buffer.append(UInt8(ascii: "{"))
        if parts != .values {
            JSONText.append(member: "key", key, hex: hex, forTerminal: forTerminal, to: &output.buffer)
            output.buffer.append(UInt8(ascii: ","))
        }
        output.buffer.append(contentsOf: "\"kind\":\"\(kind)\"}".utf8)
        if format == .jsonl { output.buffer.append(UInt8(ascii: "\n")) }
        count += 1
        try output.flushIfFull()
    }

    /// Prints what comes after the last entry.
    mutating func end() throws {
        if format == .json { output.buffer.append(text: count > 0 ? "\n]\n" : "]\n") }
        try output.flush()
    }

    private func appendPair(
        _ key: Span<UInt8>, _ value: Span<UInt8>, separator: UInt8, _ append: (Span<UInt8>, inout [UInt8]) -> Void
    ) {
        if parts != .values { append(key, &output.buffer) }
        if parts == .both { output.buffer.append(separator) }
        if parts != .keys { append(value, &output.buffer) }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    private func appendText(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        let isColored = forTerminal && Terminal.hasColor && parts == .both
        appendPair(key, value, separator: UInt8(ascii: "\t")) { [hex] bytes, buffer in
            if isColored && bytes.isIdentical(to: key) { buffer.append(text: "\u{1B}[36m") }
            if hex { buffer.append(hex: bytes) } else { Escaping.append(bytes, to: &buffer) }
            if isColored && bytes.isIdentical(to: key) { buffer.append(text: "\u{1B}[0m") }
        }
    }

    private func appendJSON(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        output.buffer.append(UInt8(ascii: "{"))
        if parts != .values {
            JSONText.append(member: "key", key, hex: hex, forTerminal: forTerminal, to: &output.buffer)
        }
        if parts == .both { output.buffer.append(UInt8(ascii: ",")) }
        if parts != .keys {
            JSONText.append(member: "value", value, hex: hex, forTerminal: forTerminal, to: &output.buffer)
        }
        output.buffer.append(UInt8(ascii: "}"))
    }

    /// A cell holds the bytes as they are, which a program reads back; on a terminal they are escaped.
    private static func appendCell(_ bytes: Span<UInt8>, hex: Bool, forTerminal: Bool, to buffer: inout [UInt8]) {
        if hex {
            buffer.append(hex: bytes)
        } else if forTerminal {
            var cell: [UInt8] = []
            Escaping.append(bytes, style: .prose, to: &cell)
            CSVText.append(cell.span, to: &buffer)
        } else {
            CSVText.append(bytes, to: &buffer)
        }
    }
}
