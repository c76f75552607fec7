#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import LVKV

/// A terminal that hands over each key as it is pressed, while a line is typed.
final class TerminalScreen {
    private let input = Descriptor(standard: SystemCall.standardInput)
    private let output = Output.standard()
    private var bytes: [UInt8] = []

    /// Lets somebody type a line.
    ///
    /// - Parameter complete: completes the word before the cursor, and returns what could stand there when that is
    ///   not one thing.
    /// - Returns: `nil` when there will be no more lines.
    func line(
        prompt: String, _ editor: inout LineEditor, complete: (inout LineEditor) -> [String]
    ) throws -> String? {
        let before = RawMode()
        defer { before?.end() }
        try show(prompt, editor)
        while true {
            if bytes.isEmpty {
                var buffer = [UInt8](repeating: 0, count: 1_024)
                let count = try input.read(into: &buffer, name: "standard input")
                guard count > 0 else { return nil }
                bytes = buffer.prefix(count).reversed()
            }
            guard let byte = bytes.popLast() else { continue }
            switch editor.take(byte) {
            case .none: continue
            case .redraw: try show(prompt, editor)
            case .clear:
                output.buffer += "\u{1B}[H\u{1B}[2J".utf8
                try show(prompt, editor)
            case .complete:
                let choices = complete(&editor)
                if choices.count > 1 { try list(choices) }
                try show(prompt, editor)
            case .submit(let text):
                try newline("")
                return text
            case .cancel:
                try newline("^C")
                return ""
            case .end:
                try newline("")
                return nil
            }
        }
    }

    private func newline(_ text: String) throws {
        output.buffer += "\(text)\r\n".utf8
        try output.flush()
    }

    private func list(_ choices: [String]) throws {
        let shown = choices.prefix(60).map { Escaping.text($0.utf8.span) }.joined(separator: "  ")
        try newline("\r\n" + shown + (choices.count > 60 ? "  …" : ""))
    }

    /// Shows the line in one row, its part around the cursor when it is longer.
    private func show(_ prompt: String, _ editor: LineEditor) throws {
        let room = max(8, Terminal.width - prompt.count - 1)
        let line = editor.line
        func width(_ characters: ArraySlice<Character>) -> Int {
            characters.reduce(0) { $0 + max(1, DisplayWidth.of(String($1))) }
        }
        var start = 0
        while width(line[start..<editor.cursor]) > room { start += 1 }
        var end = line.count
        while end > editor.cursor, width(line[start..<end]) > room { end -= 1 }
        let shown = line[start..<end].map { Escaping.text(String($0).utf8.span, style: .prose) }.joined()
        let column = prompt.count + width(line[start..<editor.cursor])
        output.buffer += "\r\(Color.bold.paint(prompt))\(shown)\u{1B}[K\r".utf8
        if column > 0 { output.buffer += "\u{1B}[\(column)C".utf8 }
        try output.flush()
    }
}

/// The terminal's ways while each key is handed over as it is pressed.
private struct RawMode {
    private let before: termios

    /// `nil` where there is no terminal.
    init?() {
        var mode = termios()
        guard unsafe tcgetattr(SystemCall.standardInput, &mode) == 0 else { return nil }
        before = mode
        mode.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        mode.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        guard unsafe tcsetattr(SystemCall.standardInput, TCSADRAIN, &mode) == 0 else { return nil }
    }

    func end() {
        var mode = before
        unsafe _ = tcsetattr(SystemCall.standardInput, TCSADRAIN, &mode)
    }
}
