internal import OrderedStore

/// All commands, by their names.
package struct CommandTable: Sendable {
    package let commands: [Command]
    private let positions: [[UInt8]: Int]
    private static let longestName = 32

    package init(_ commands: [Command]) {
        self.commands = commands
        var positions: [[UInt8]: Int] = [:]
        for (position, command) in commands.enumerated() { positions[Array(command.name.utf8)] = position }
        self.positions = positions
    }

    /// The position in ``commands`` of the command that a word names in any case; `nil` for none.
    package func position(of word: Span<UInt8>) -> Int? {
        guard word.count <= CommandTable.longestName else { return nil }
        return positions[word.lowercased]
    }

    /// The command that the first words name.
    ///
    /// - Throws: ``CommandError`` as Redis words it, when there is none, or the number of words is not right.
    package func command(_ arguments: Arguments) throws(CommandError) -> Command {
        guard let position = position(of: arguments[0]) else { throw CommandTable.unknown(arguments) }
        let command = commands[position]
        guard command.takes(arguments.count) else { throw CommandTable.wrongArity(command.name) }
        guard case .container(let subcommands) = command.action, arguments.count > 1 else { return command }
        let word = arguments[1].lowercased
        guard let subcommand = subcommands.first(where: { $0.name.utf8.elementsEqual(word) }) else {
            throw CommandError(
                "ERR unknown subcommand '\(arguments.excerpt(1))'. Try \(command.name.uppercased()) HELP.")
        }
        guard subcommand.takes(arguments.count) else {
            throw CommandTable.wrongArity("\(command.name)|\(subcommand.name)")
        }
        return subcommand
    }

    private static func wrongArity(_ name: String) -> CommandError {
        CommandError("ERR wrong number of arguments for '\(name)' command")
    }

    private static func unknown(_ arguments: Arguments) -> CommandError {
        var message = "ERR unknown command '\(arguments.excerpt(0))', with args beginning with: "
        var index = 1
        // As Redis: no further word once 128 bytes of them are shown.
        var shown = 0
        while index < arguments.count, shown < 128 {
            let word = arguments.excerpt(index, most: 128 - shown)
            message += "'\(word)' "
            shown += word.utf8.count + 3
            index += 1
        }
        return CommandError(message)
    }
}

extension Arguments {
    /// The beginning of a word, to be shown in an error.
    func excerpt(_ index: Int, most: Int = 128) -> String {
        let word = self[index]
        return String(decoding: word.extracting(first: Swift.min(most, word.count)).array, as: UTF8.self)
    }
}

extension Span<UInt8> {
    /// A copy in small letters.
    package var lowercased: [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in indices {
            let byte = self[index]
            copy.append(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte)
        }
        return copy
    }
}
