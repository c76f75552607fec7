internal import Commands

/// What the shell says of commands.
struct ShellHelp {
    private let commands = CommandTable.standard.commands.sorted { $0.name < $1.name }

    /// The most characters in a line of names.
    var width = 80

    /// Words in lines that end between two of them.
    static func folded(_ words: [String], width: Int) -> String {
        var lines = [""]
        for word in words {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = word
            } else if line.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(line) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The syntax and the summary of the commands whose name begins with `name`; of all, their names.
    func text(about name: String) -> String {
        let wanted = name.lowercased()
        guard !wanted.isEmpty else {
            let names = ShellHelp.folded(commands.map { $0.name.uppercased() }, width: width)
            return "\(names)\n\nhelp COMMAND says what one does; quit leaves\n"
        }
        let found = commands.flatMap { lines(of: $0, before: "", matching: wanted) }
        return found.isEmpty ? "there is no command '\(name)'; help lists them\n" : found.joined(separator: "\n") + "\n"
    }

    private func lines(of command: Command, before: String, matching wanted: String) -> [String] {
        let name = before + command.name
        if case .container(let subcommands, _) = command.action {
            return subcommands.flatMap { lines(of: $0, before: name + " ", matching: wanted) }
        }
        guard
            name == wanted || name.hasPrefix(wanted + " ")
                || (wanted.hasSuffix("*") && name.hasPrefix(wanted.dropLast()))
        else { return [] }
        let syntax = command.syntax.isEmpty ? "" : " \(command.syntax)"
        return ["\(Color.bold.paint(name.uppercased()))\(syntax)\n    \(command.summary)"]
    }
}
