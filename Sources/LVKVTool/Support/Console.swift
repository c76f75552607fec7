internal import LVKV

/// What is known of the terminal, if there is one.
enum Terminal {
    static let outputIsTerminal = SystemCall.isTerminal(SystemCall.standardOutput)
    static let errorIsTerminal = SystemCall.isTerminal(SystemCall.standardError)
    static let inputIsTerminal = SystemCall.isTerminal(SystemCall.standardInput)

    /// Whether the output is coloured: on a terminal that can, unless `NO_COLOR` is set.
    static let hasColor =
        outputIsTerminal && SystemCall.environment("NO_COLOR") == nil && SystemCall.environment("TERM") != "dumb"

    /// The columns of the output.
    static var width: Int {
        SystemCall.columns(of: SystemCall.standardOutput) ?? SystemCall.environment("COLUMNS").flatMap { Int($0) } ?? 80
    }
}

/// The colours in use.
enum Color: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"

    /// `text` in this colour, where the output has colours.
    func paint(_ text: String) -> String {
        Terminal.hasColor ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// Words to people on standard error.
enum Notice {
    /// Prints one line.
    static func print(_ text: String) {
        let line = "lvkv: \(Escaping.message(text))\n"
        // There is nowhere left to say that this failed.
        try? Descriptor(standard: SystemCall.standardError).write(Array(line.utf8), name: "standard error")
    }

    /// Shows lines as they are.
    static func show(_ lines: String) {
        try? Descriptor(standard: SystemCall.standardError).write(Array("\(lines)\n".utf8), name: "standard error")
    }

    /// Asks a question that is answered with yes or no, on the terminal.
    static func confirm(_ question: String) throws -> Bool {
        let bytes = Array("\(Escaping.message(question)) [y/N] ".utf8)
        try Descriptor(standard: SystemCall.standardError).write(bytes, name: "standard error")
        let answer = try LineReader(try Input("-")).next { $0.array } ?? []
        return ["y", "yes"].contains(String(decoding: answer, as: UTF8.self).lowercased())
    }
}
