extension User {
    /// The user as rules that make him, as `ACL LIST` and files of users have it.
    func text(_ table: CommandTable) -> String {
        var words = ["user", name] + flags
        words += passwords.map { "#\($0.hex)" }
        words += selectors[0].words(table)
        for selector in selectors.dropFirst() {
            words.append("(" + selector.words(table).joined(separator: " ") + ")")
        }
        return words.joined(separator: " ")
    }

    /// `on`, `nopass` and their like.
    var flags: [String] {
        var flags = [isEnabled ? "on" : "off"]
        if needsNoPassword { flags.append("nopass") }
        if let sanitizes { flags.append(sanitizes ? "sanitize-payload" : "skip-sanitize-payload") }
        return flags
    }
}

extension Selector {
    fileprivate func words(_ table: CommandTable) -> [String] {
        var words = allowsAllKeys ? ["~*"] : keys.map(\.text)
        words += allowsAllChannels ? ["&*"] : ["resetchannels"] + channels.map(Selector.channelText)
        words.append(commandText(table))
        return words
    }

    var keyText: String { allowsAllKeys ? "~*" : keys.map(\.text).joined(separator: " ") }

    var channelText: String {
        allowsAllChannels ? "&*" : channels.map(Selector.channelText).joined(separator: " ")
    }

    private static func channelText(_ pattern: [UInt8]) -> String { "&" + String(decoding: pattern, as: UTF8.self) }

    /// The commands as few rules: as Redis 7.0, categories are taken as long as one explains more commands than it gets
    /// wrong, and then come the single commands.
    func commandText(_ table: CommandTable) -> String {
        var words = [allowsFuture ? "+@all" : "-@all"]
        var made = Selector(commands: table.entries.count)
        made.allowAllCommands(allowsFuture, in: table)
        var rest = self
        var left = Categories.named
        while true {
            var best: (place: Int, wrong: Int, right: Int)?
            for (place, category) in left.enumerated() {
                let members = table.entries.filter { $0.command.allCategories.contains(category.category) }
                let on = members.count { rest.commands[$0.number] }
                let (right, wrong) = allowsFuture ? (members.count - on, on) : (on, members.count - on)
                guard right > wrong else { continue }
                if let found = best, wrong > found.wrong || wrong == found.wrong && right <= found.right { continue }
                best = (place, wrong, right)
            }
            guard let best else { break }
            let category = left.remove(at: best.place)
            words.append((allowsFuture ? "-@" : "+@") + category.name)
            made.allow(!allowsFuture, category.category, in: table)
            rest.allow(allowsFuture, category.category, in: table)
        }
        for entry in table.entries {
            if commands[entry.number] != made.commands[entry.number] {
                words.append((commands[entry.number] ? "+" : "-") + entry.fullName)
                made.allow(commands[entry.number], entry.number, in: table)
            }
            if commands[entry.number] { continue }
            for argument in firstArguments[entry.number] ?? [] {
                words.append("+\(entry.fullName)|\(String(decoding: argument, as: UTF8.self))")
            }
        }
        return words.joined(separator: " ")
    }
}
