/// Whom a client can be logged in as, and what he may. A value: changes make another one.
final class User: Sendable {
    let name: String
    let isEnabled: Bool
    /// Whether every password is right.
    let needsNoPassword: Bool
    let passwords: [PasswordDigest]
    /// What he may: what any of them allows. The first is there always; others were added in parentheses.
    let selectors: [Selector]
    /// Whether `sanitize-payload` was said; `nil` when nothing was.
    let sanitizes: Bool?

    /// Whether there is nothing that he may not.
    let mayEverything: Bool

    init(
        name: String, isEnabled: Bool = false, needsNoPassword: Bool = false, passwords: [PasswordDigest] = [],
        selectors: [Selector], sanitizes: Bool? = nil
    ) {
        self.name = name
        self.isEnabled = isEnabled
        self.needsNoPassword = needsNoPassword
        self.passwords = passwords
        self.selectors = selectors
        self.sanitizes = sanitizes
        mayEverything = selectors.contains(where: \.allowsEverything)
    }

    /// Whether he may come in with a password.
    func admits(_ password: Span<UInt8>) -> Bool {
        guard isEnabled else { return false }
        if needsNoPassword { return true }
        // All are compared, so that the time does not tell which one it was.
        var isRight = false
        for stored in passwords where stored.matches(password) { isRight = true }
        return isRight
    }
}

/// A set of commands by their numbers in the table.
struct CommandSet: Sendable, Equatable {
    private var words: [UInt64]

    init(_ commands: Int) { words = Array(repeating: 0, count: (commands + 63) / 64) }

    subscript(number: Int) -> Bool {
        get { words[number >> 6] & 1 << UInt64(number & 63) != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(number & 63)
            if newValue { words[number >> 6] |= bit } else { words[number >> 6] &= ~bit }
        }
    }
}

/// Rights: commands together with the keys and channels that they may be about.
struct Selector: Sendable {
    /// Keys that match a pattern, to be read, written, or both.
    struct KeyPattern: Sendable, Equatable {
        let pattern: [UInt8]
        let access: KeyAccess

        var text: String {
            let text = String(decoding: pattern, as: UTF8.self)
            if access == .all { return "~\(text)" }
            return "%\(access.contains(.read) ? "R" : "")\(access.contains(.write) ? "W" : "")~\(text)"
        }
    }

    var commands: CommandSet
    /// Whether commands of later versions are allowed, too: the rules begin with `+@all`.
    var allowsFuture = false
    /// Whether all commands are allowed.
    var allowsAllCommands = false
    /// The first arguments with which a command is allowed that otherwise is not.
    var firstArguments: [Int: [[UInt8]]] = [:]
    var keys: [KeyPattern] = []
    var allowsAllKeys = false
    var channels: [[UInt8]] = []
    var allowsAllChannels = false

    init(commands: Int) { self.commands = CommandSet(commands) }

    var allowsEverything: Bool { allowsAllCommands && allowsAllKeys && allowsAllChannels }

    mutating func allow(_ isAllowed: Bool, _ number: Int, in table: CommandTable) {
        commands[number] = isAllowed
        firstArguments[number] = nil
        for subcommand in table.entries[number].subcommands {
            commands[subcommand] = isAllowed
            firstArguments[subcommand] = nil
        }
        if !isAllowed { allowsAllCommands = false }
    }

    mutating func allow(_ isAllowed: Bool, _ category: Categories, in table: CommandTable) {
        for entry in table.entries where entry.command.allCategories.contains(category) {
            commands[entry.number] = isAllowed
            firstArguments[entry.number] = nil
        }
        if !isAllowed { allowsAllCommands = false }
    }

    mutating func allowAllCommands(_ isAllowed: Bool, in table: CommandTable) {
        for entry in table.entries { commands[entry.number] = isAllowed }
        firstArguments = [:]
        allowsAllCommands = isAllowed
        allowsFuture = isAllowed
    }
}

/// What a command does with a key, as rights tell it.
struct KeyAccess: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = KeyAccess(rawValue: 1)
    static let write = KeyAccess(rawValue: 2)
    static let all: KeyAccess = [.read, .write]
}
