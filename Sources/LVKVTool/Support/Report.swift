internal import ArgumentParser
internal import LVKV
internal import Records

/// In which form a command says what it did or found.
struct ReportOptions: ParsableArguments {
    @Option(help: "text, or jsonl: one JSON object a line.") var format: Format = .text

    func validate() throws { try SchemaCommand.check(format, [.text, .jsonl, .json]) }

    /// Starts a report on standard output.
    func report() -> Report { Report(Output.standard(), isJSON: format != .text) }
}

/// What a command did or found: lines for people, or JSON objects for programs.
struct Report {
    private let output: Output
    private let isJSON: Bool

    fileprivate init(_ output: Output, isJSON: Bool) {
        self.output = output
        self.isJSON = isJSON
    }

    /// Says one thing, in the form that was asked for.
    func say(_ text: @autoclosure () -> String, _ json: @autoclosure () -> JSONObject) throws {
        guard isJSON else { return try output.line(text()) }
        JSONText.append(.object(json()), forTerminal: Terminal.outputIsTerminal, to: &output.buffer)
        output.buffer.append(UInt8(ascii: "\n"))
        try output.flushIfFull()
    }

    func flush() throws { try output.flush() }
}

extension JSONObject {
    /// Adds bytes: as a string when they are UTF-8, else as `NAME_hex` in hex digits.
    mutating func add(_ name: String, bytes: Span<UInt8>) {
        if let text = bytes.validText {
            self[name] = .string(text)
        } else {
            var digits: [UInt8] = []
            digits.append(hex: bytes)
            self[name + "_hex"] = .string(String(decoding: digits, as: UTF8.self))
        }
    }
}
