internal import ArgumentParser

/// Puts the words of a command line where the parser looks for them.
enum ArgumentOrder {
    /// Options that belong to every command, and take a value.
    private static let places = ["--db", "--url"]
    /// The commands that have commands of their own.
    private static let groups: Set<String> = ["backup", "doc", "index", "record", "schema"]

    /// The same words with `--db DIR` and `--url URL` behind the command's name, when it stands before it.
    static func normalized(_ arguments: [String]) -> [String] {
        var moved: [String] = []
        var names: [String] = []
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            if places.contains(argument), index + 1 < arguments.count {
                moved += arguments[index...index + 1]
                index += 2
            } else if places.contains(where: { argument.hasPrefix($0 + "=") }) {
                moved.append(argument)
                index += 1
            } else if argument.hasPrefix("-") {
                break
            } else {
                names.append(argument)
                index += 1
                if !(names.count == 1 && groups.contains(argument)) { break }
            }
        }
        // Without a command's name there is nothing to move it behind.
        guard let command = names.first else { return Array(arguments[index...]) }
        let rest = command == "import" ? joiningCollect(arguments[index...]) : Array(arguments[index...])
        return names + moved + joiningNumbers(rest)
    }

    /// Options whose value is a number: a negative one is theirs, so that they can say what is wrong with it.
    private static let counts: Set<String> = ["--keep", "--limit", "--skip"]

    private static func joiningNumbers(_ arguments: [String]) -> [String] {
        var joined: [String] = []
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { return joined + arguments[index...] }
            if let option = joined.last, counts.contains(option), argument.hasPrefix("-"), Int(argument) != nil {
                joined[joined.count - 1] = "\(option)=\(argument)"
            } else {
                joined.append(argument)
            }
        }
        return joined
    }

    /// What `--on-error collect FILE` becomes, so that the parser takes both words for one value.
    static let collectPrefix = "collect:"

    private static func joiningCollect(_ arguments: ArraySlice<String>) -> [String] {
        var joined: [String] = []
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" { return joined + [argument] + rest }
            let isCollect =
                argument == "collect" && joined.last == "--on-error" || argument == "--on-error=collect"
            if isCollect, let file = rest.first, file == "-" || !file.hasPrefix("-") {
                rest.removeFirst()
                joined.append((argument == "collect" ? "" : "--on-error=") + collectPrefix + file)
            } else {
                joined.append(argument)
            }
        }
        return joined
    }
}

/// The command that the first words of a line name.
struct NamedCommand {
    let type: any ParsableCommand.Type
    /// The words, as `lvkv record get`.
    let words: String
    /// What follows them.
    let arguments: ArraySlice<String>

    init(_ line: [String]) {
        var type: any ParsableCommand.Type = Tool.self
        var words = "lvkv"
        var rest = line[...]
        while let name = rest.first,
            let found = type.configuration.subcommands.first(where: { $0.configuration.commandName == name })
        {
            type = found
            words += " " + name
            rest.removeFirst()
        }
        (self.type, self.words, arguments) = (type, words, rest)
    }

    /// The command with its arguments, if they are as it declares them.
    ///
    /// Only the declaration of this command is read, which is faster than to read those of all.
    func parsed() -> (any ParsableCommand)? {
        guard type.configuration.subcommands.isEmpty else { return nil }
        return try? type.parse(Array(arguments))
    }
}

/// The parser's words as one line.
enum UsageMessage {
    /// Joins the lines of `text` and says where there is help, and what to do about a word that begins with a dash.
    ///
    /// - Parameter command: the words that name the command, as `lvkv record get`.
    static func oneLine(_ text: String, command: String) -> String {
        let joined = text.split(whereSeparator: \.isNewline).map { trimmed($0) }.joined(separator: " ")
        let isUnknown = joined.hasPrefix("Unknown option")
        let advice = isUnknown ? ", or put -- before keys and values that begin with a dash" : ""
        return "\(joined); see \(command) --help\(advice)"
    }

    private static func trimmed(_ line: Substring) -> Substring {
        line.drop { $0 == " " }
    }
}
