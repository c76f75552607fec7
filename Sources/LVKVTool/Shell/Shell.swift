internal import Commands
internal import LVKV
internal import RESP

/// Commands, typed or read line by line, and their replies.
struct Shell {
    let client: any CommandClient
    /// Whether replies are shown for people.
    let isReadable: Bool
    private let output = Output.standard()
    private let help: ShellHelp

    init(_ client: any CommandClient, isReadable: Bool) {
        self.client = client
        self.isReadable = isReadable
        help = ShellHelp(width: Terminal.outputIsTerminal ? Terminal.width : 80)
    }

    /// What becomes of the shell after a line.
    enum Step: Equatable { case goesOn, failed, ends }

    /// Runs what somebody types, until they leave.
    func runInteractively(_ history: ShellHistory) throws {
        let screen = TerminalScreen()
        var editor = LineEditor(history: history.lines)
        let completion = ShellCompletion(client)
        try show("lvkv \(lvkvVersion) on \(client.prompt); help lists the commands, Ctrl-D leaves\n")
        while let line = try screen.line(prompt: "\(client.prompt)> ", &editor, complete: completion.complete) {
            if let words = ShellLine.words(line), !words.isEmpty, !CommandWords(words).isSecret {
                editor.remember(line)
                history.save(editor.history)
            }
            do {
                if try run(line: line) == .ends { return }
            } catch let failure as Failure where failure.status == .unavailable {
                try show("(error) \(failure.message)\n")
                reconnect()
            }
        }
    }

    /// Connects again, if the server is back; else the next command fails, too, and it is tried again after that.
    private func reconnect() {
        guard (try? client.reconnect()) != nil else { return }
        try? show("connected again; transactions, watched keys and SELECT are forgotten\n")
    }

    /// Runs each line of the input.
    ///
    /// - Returns: whether no reply was an error.
    func run(lines: LineReader) throws -> Bool {
        var isGood = true
        while let line = try lines.next({ String(decoding: $0.array, as: UTF8.self) }) {
            switch try run(line: line) {
            case .goesOn: continue
            case .failed: isGood = false
            case .ends: return isGood
            }
        }
        return isGood
    }

    /// Runs one line.
    func run(line: String) throws -> Step {
        guard let words = ShellLine.words(line) else {
            try show("(error) a quote is not closed, or something follows a closing quote\n")
            return .failed
        }
        return words.isEmpty ? .goesOn : try run(words)
    }

    /// Runs the command that these words are.
    func run(_ words: [[UInt8]]) throws -> Step {
        let command = CommandWords(words)
        switch command.name {
        case "quit" where words.count == 1, "exit" where words.count == 1: return .ends
        case "help":
            let about = words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
            try show(help.text(about: about.joined(separator: " ")))
            return .goesOn
        case "clear" where words.count == 1 && isReadable:
            try show("\u{1B}[H\u{1B}[2J")
            return .goesOn
        default: break
        }
        let reply = try client.run(words)
        try show(reply)
        if case .error = reply { return .failed }
        if command.listens {
            if isReadable { try show("Reading messages... (press Ctrl-C to quit)\n") }
            try client.listen(show)
        }
        return .goesOn
    }

    private func show(_ reply: Reply) throws {
        output.buffer += isReadable ? ReplyText.readable(reply) : ReplyText.raw(reply)
        try output.flush()
    }

    private func show(_ text: String) throws {
        output.buffer += text.utf8
        try output.flush()
    }
}

/// A line of words as people type it, with quotes.
enum ShellLine {
    /// The words; `nil` when a quote is not closed.
    static func words(_ line: String) -> [[UInt8]]? {
        var text: [UInt8] = []
        var ranges: [Range<Int>] = []
        guard InlineWords.split(line.utf8.span, into: &text, words: &ranges) else { return nil }
        return ranges.map { Array(text[$0]) }
    }

    /// A word as it is typed: in quotes where it must be.
    static func quoted(_ word: [UInt8]) -> String {
        let isBare =
            !word.isEmpty && word.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x27 && $0 != 0x5C }
        if isBare { return String(decoding: word, as: UTF8.self) }
        var text = "\""
        for byte in word {
            switch byte {
            case 0x22, 0x5C: text += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: text += String(UnicodeScalar(byte))
            default:
                text +=
                    "\\x" + String(UnicodeScalar(Hex.digit(byte >> 4))) + String(UnicodeScalar(Hex.digit(byte & 15)))
            }
        }
        return text + "\""
    }
}
