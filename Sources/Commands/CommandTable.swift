internal import OrderedStore

/// All commands, by their names.
package struct CommandTable: Sendable {
    /// The commands that a first word may name.
    package let commands: [Command]
    /// All commands, each with its subcommands behind it. A command's number is its place here.
    package let entries: [Entry]
    private let names: NameIndex

    /// A command in its table.
    package struct Entry: Sendable {
        package let command: Command
        /// Its name; of a subcommand with its container's before it, such as `config|get`.
        package let fullName: String
        /// Its own place.
        package let number: Int
        /// Its container's place.
        package let container: Int?
        /// The places of its subcommands.
        package let subcommands: Range<Int>
        fileprivate let subnames: NameIndex?
    }

    package init(_ commands: [Command]) {
        self.commands = commands
        var entries: [Entry] = []
        var numbers: [Int] = []
        for command in commands {
            let number = entries.count
            numbers.append(number)
            guard case .container(let subcommands, _) = command.action else {
                entries.append(Entry(command, command.name, number))
                continue
            }
            let places = number + 1..<number + 1 + subcommands.count
            entries.append(
                Entry(
                    command: command, fullName: command.name, number: number, container: nil, subcommands: places,
                    subnames: NameIndex(subcommands.map(\.name), Array(places))))
            for subcommand in subcommands {
                let name = "\(command.name)|\(subcommand.name)"
                entries.append(Entry(subcommand, name, entries.count, container: number))
            }
        }
        self.entries = entries
        names = NameIndex(commands.map(\.name), numbers)
    }

    /// The place in ``entries`` of the command that a word names in any case; `nil` for none.
    package func number(of word: Span<UInt8>) -> Int? { names.value(of: word) }

    /// The place in ``entries`` of a command by its full name, such as `config|get`, in any case.
    package func number(ofFullName name: Span<UInt8>) -> Int? {
        guard let bar = name.indices.first(where: { name[$0] == UInt8(ascii: "|") }) else { return number(of: name) }
        guard let container = number(of: name.extracting(first: bar)) else { return nil }
        return entries[container].subnames?.value(of: name.extracting(droppingFirst: bar + 1))
    }

    /// The command that the first words name.
    ///
    /// - Throws: ``CommandError`` as Redis words it, when there is none, or the number of words is not right.
    package func command(_ arguments: Arguments) throws(CommandError) -> Command {
        let number = try find(arguments)
        try requireArity(number, arguments)
        return entries[number].command
    }

    /// The number of the command that the first words name.
    ///
    /// - Throws: ``CommandError`` as Redis words it, when there is none.
    func find(_ arguments: Arguments) throws(CommandError) -> Int {
        guard let number = number(of: arguments[0]) else { throw CommandTable.unknown(arguments) }
        let entry = entries[number]
        guard let subnames = entry.subnames, arguments.count > 1 else { return number }
        if let subcommand = subnames.value(of: arguments[1]) { return subcommand }
        throw CommandError(
            "ERR unknown subcommand '\(arguments.excerpt(1))'. Try \(entry.command.name.uppercased()) HELP.")
    }

    /// - Throws: ``CommandError`` when the number of words is not right.
    func requireArity(_ number: Int, _ arguments: Arguments) throws(CommandError) {
        let entry = entries[number]
        guard entry.command.takes(arguments.count) else {
            throw CommandError.wrongArity(entry.fullName)
        }
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

extension CommandTable.Entry {
    fileprivate init(_ command: Command, _ fullName: String, _ number: Int, container: Int? = nil) {
        self.init(
            command: command, fullName: fullName, number: number, container: container,
            subcommands: number..<number, subnames: nil)
    }
}

/// Finds a number by a name in any case, without a copy of the name. The names are few and known beforehand.
private struct NameIndex: Sendable {
    private var slots: [Int32]
    private let names: [[UInt8]]
    private let values: [Int]

    /// - Parameter names: in small letters.
    init(_ names: [String], _ values: [Int]) {
        self.names = names.map { Array($0.utf8) }
        self.values = values
        var size = 8
        while size < names.count * 3 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        for (position, name) in self.names.enumerated() {
            var slot = NameIndex.hash(name.span) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(position)
        }
    }

    func value(of word: Span<UInt8>) -> Int? {
        var slot = NameIndex.hash(word) & (slots.count - 1)
        while slots[slot] >= 0 {
            let position = Int(slots[slot])
            if NameIndex.equal(names[position], word) { return values[position] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private static func equal(_ name: [UInt8], _ word: Span<UInt8>) -> Bool {
        guard name.count == word.count else { return false }
        for index in word.indices where name[index] != word[index].lowercased { return false }
        return true
    }

    /// FNV-1a over the small letters of a word's beginning.
    private static func hash(_ word: Span<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for index in 0..<Swift.min(word.count, 32) { hash = (hash ^ UInt32(word[index].lowercased)) &* 16_777_619 }
        return Int(hash ^ hash >> 15)
    }
}

extension Arguments {
    /// The beginning of a word, to be shown in an error.
    func excerpt(_ index: Int, most: Int = 128) -> String {
        let word = self[index]
        return String(decoding: word.extracting(first: Swift.min(most, word.count)).array, as: UTF8.self)
    }
}

extension UInt8 {
    /// A letter of ASCII as a small one.
    var lowercased: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self + 32 : self }
}

extension Span<UInt8> {
    /// A copy in small letters.
    package var lowercased: [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in indices { copy.append(self[index].lowercased) }
        return copy
    }
}
