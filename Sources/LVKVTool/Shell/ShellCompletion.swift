internal import Commands
internal import LVKV
internal import RESP

/// Completes the names of commands and keys.
struct ShellCompletion {
    private let client: any CommandClient
    private let table = CommandTable.standard

    init(_ client: any CommandClient) { self.client = client }

    /// Completes the word before the cursor as far as that is certain.
    ///
    /// - Returns: what could stand there.
    func complete(_ editor: inout LineEditor) -> [String] {
        let words = editor.wordsBeforeCursor
        guard let last = words.last else { return [] }
        let choices = words.count == 1 ? names(last) : completions(words, last)
        guard let first = choices.first else { return [] }
        if choices.count == 1 {
            editor.replaceWord(with: first + " ")
        } else {
            let shared = choices.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
            if shared.count >= last.count { editor.replaceWord(with: shared) }
        }
        return choices
    }

    /// The commands whose names begin with `start`, in its case.
    private func names(_ start: String) -> [String] {
        ShellCompletion.matching(table.commands.map(\.name) + ["help", "quit"], start)
    }

    private static func matching(_ names: [String], _ start: String) -> [String] {
        let isSmall = start.contains { $0.isLowercase }
        return names.sorted().filter { $0.hasPrefix(start.lowercased()) }.map { isSmall ? $0 : $0.uppercased() }
    }

    private func completions(_ words: [String], _ start: String) -> [String] {
        if words[0].lowercased() == "help" { return words.count == 2 ? names(start) : [] }
        guard let number = table.number(of: words[0].utf8.span) else { return [] }
        let command = table.entries[number].command
        if case .container(let subcommands, _) = command.action {
            return words.count == 2 ? ShellCompletion.matching(subcommands.map(\.name), start) : []
        }
        guard ShellCompletion.isKey(words.count - 1, in: command) else { return [] }
        return keys(start)
    }

    /// Whether the word at `position` may be a key.
    private static func isKey(_ position: Int, in command: Command) -> Bool {
        switch command.keys {
        case .none: false
        case .range(let first, let last, let step):
            position >= first && (last < 0 || position <= last) && (position - first) % max(1, step) == 0
        case .custom: true
        }
    }

    /// The most keys that are looked for.
    private static let mostKeys = 100

    private func keys(_ start: String) -> [String] {
        // What is quoted is taken as it stands, without its quote.
        let typed = start.hasPrefix("\"") ? String(start.dropFirst()) : start
        let pattern = typed.map { "*?[]\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "*"
        var found: [[UInt8]] = []
        var cursor = "0"
        repeat {
            let words = ["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"].map { Array($0.utf8) }
            guard case .array(let items)? = try? client.run(words), items.count == 2, case .bulk(let next) = items[0],
                case .array(let keys) = items[1]
            else { break }
            for case .bulk(let key) in keys { found.append(key) }
            cursor = String(decoding: next, as: UTF8.self)
        } while cursor != "0" && found.count < ShellCompletion.mostKeys
        return found.map(ShellLine.quoted).sorted()
    }
}

extension String {
    /// What both begin with.
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
