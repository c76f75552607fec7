/// Why a rule of `ACL SETUSER` was refused, in Redis's words.
struct RuleError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

extension User {
    /// The user that every session begins as, and whoever needs no other: he may everything.
    static func standard(_ table: CommandTable) -> User {
        var selector = Selector(commands: table.entries.count)
        selector.allowAllCommands(true, in: table)
        selector.allowsAllKeys = true
        selector.allowsAllChannels = true
        return User(name: "default", isEnabled: true, needsNoPassword: true, selectors: [selector])
    }

    /// The user that `rules` make of this one.
    ///
    /// - Throws: ``CommandError`` as `ACL SETUSER` words it.
    func changed(by rules: [[UInt8]], in table: CommandTable) throws(CommandError) -> User {
        var draft = UserDraft(self)
        for rule in try User.merged(rules) {
            do throws(RuleError) {
                try draft.apply(rule, table)
            } catch {
                let text = String(decoding: rule, as: UTF8.self)
                throw CommandError("ERR Error in ACL SETUSER modifier '\(text)': \(error.message)")
            }
        }
        return draft.user
    }

    /// Rules in which what stands in parentheses is one rule.
    private static func merged(_ rules: [[UInt8]]) throws(CommandError) -> [[UInt8]] {
        var merged: [[UInt8]] = []
        var open: [UInt8]?
        var start: [UInt8] = []
        for rule in rules {
            if let begun = open {
                open = begun + [UInt8(ascii: " ")] + rule
            } else if rule.first == UInt8(ascii: "("), rule.last != UInt8(ascii: ")") {
                open = rule
                start = rule
            } else {
                merged.append(rule)
                continue
            }
            if let whole = open, whole.last == UInt8(ascii: ")") {
                merged.append(whole)
                open = nil
            }
        }
        guard open == nil else {
            throw CommandError(
                "ERR Unmatched parenthesis in acl selector starting at '\(String(decoding: start, as: UTF8.self))'.")
        }
        return merged
    }
}

/// A user while rules are applied.
private struct UserDraft {
    let name: String
    var isEnabled: Bool
    var needsNoPassword: Bool
    var passwords: [PasswordDigest]
    var selectors: [Selector]
    var sanitizes: Bool?

    init(_ user: User) {
        name = user.name
        isEnabled = user.isEnabled
        needsNoPassword = user.needsNoPassword
        passwords = user.passwords
        selectors = user.selectors
        sanitizes = user.sanitizes
    }

    var user: User {
        User(
            name: name, isEnabled: isEnabled, needsNoPassword: needsNoPassword, passwords: passwords,
            selectors: selectors, sanitizes: sanitizes)
    }

    mutating func apply(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
        let text = String(decoding: rule, as: UTF8.self)
        let rest = rule.dropFirst()
        switch (text.lowercased(), rule.first) {
        case ("on", _): isEnabled = true
        case ("off", _): isEnabled = false
        case ("nopass", _):
            needsNoPassword = true
            passwords = []
        case ("resetpass", _):
            needsNoPassword = false
            passwords = []
        case ("sanitize-payload", _): sanitizes = true
        case ("skip-sanitize-payload", _): sanitizes = false
        case ("clearselectors", _): selectors.removeLast(selectors.count - 1)
        case ("reset", _):
            self = UserDraft(User(name: name, selectors: [Selector(commands: table.entries.count)], sanitizes: true))
        case (_, UInt8(ascii: ">")): add(PasswordDigest(of: Array(rest).span))
        case (_, UInt8(ascii: "#")): add(try Self.digest(rest))
        case (_, UInt8(ascii: "<")): try remove(PasswordDigest(of: Array(rest).span))
        case (_, UInt8(ascii: "!")): try remove(try Self.digest(rest))
        case (_, UInt8(ascii: "(")):
            var selector = Selector(commands: table.entries.count)
            for part in rest.dropLast().split(separator: UInt8(ascii: " ")) { try selector.apply(Array(part), table) }
            selectors.append(selector)
        default: try selectors[0].apply(rule, table)
        }
    }

    private mutating func add(_ password: PasswordDigest) {
        if !passwords.contains(password) { passwords.append(password) }
        needsNoPassword = false
    }

    private mutating func remove(_ password: PasswordDigest) throws(RuleError) {
        guard let place = passwords.firstIndex(of: password) else {
            throw RuleError("The password you are trying to remove from the user does not exist")
        }
        passwords.remove(at: place)
    }

    private static func digest(_ hex: ArraySlice<UInt8>) throws(RuleError) -> PasswordDigest {
        let text = String(decoding: hex, as: UTF8.self)
        guard text == text.lowercased(), let digest = PasswordDigest(hex: text) else {
            throw RuleError(
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
        }
        return digest
    }
}

extension Selector {
    /// Applies one rule about commands, keys or channels.
    mutating func apply(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
        let text = String(decoding: rule, as: UTF8.self)
        switch text.lowercased() {
        case "allcommands", "+@all": return allowAllCommands(true, in: table)
        case "nocommands", "-@all": return allowAllCommands(false, in: table)
        case "allkeys", "~*":
            allowsAllKeys = true
            keys = []
            return
        case "resetkeys":
            allowsAllKeys = false
            keys = []
            return
        case "allchannels", "&*":
            allowsAllChannels = true
            channels = []
            return
        case "resetchannels":
            allowsAllChannels = false
            channels = []
            return
        default: break
        }
        switch rule.first {
        case UInt8(ascii: "~"): try addKeys(Array(rule.dropFirst()), .all)
        case UInt8(ascii: "%"): try addKeys(flagged: rule)
        case UInt8(ascii: "&"): try addChannels(Array(rule.dropFirst()))
        case UInt8(ascii: "+"), UInt8(ascii: "-"): try applyCommand(rule, table)
        default: throw RuleError("Syntax error")
        }
    }

    private mutating func addKeys(flagged rule: [UInt8]) throws(RuleError) {
        try requireSomeKeys()
        var access: KeyAccess = []
        var place = 1
        while place < rule.count, rule[place] != UInt8(ascii: "~") {
            switch rule[place] {
            case UInt8(ascii: "R"), UInt8(ascii: "r"): access.insert(.read)
            case UInt8(ascii: "W"), UInt8(ascii: "w"): access.insert(.write)
            default: throw RuleError("Syntax error")
            }
            place += 1
        }
        guard !access.isEmpty, place < rule.count else { throw RuleError("Syntax error") }
        try addKeys(Array(rule[(place + 1)...]), access)
    }

    private func requireSomeKeys() throws(RuleError) {
        if allowsAllKeys {
            throw RuleError(
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any "
                    + "effect. Try 'resetkeys' to start with an empty list of patterns")
        }
    }

    private mutating func addKeys(_ pattern: [UInt8], _ access: KeyAccess) throws(RuleError) {
        try requireSomeKeys()
        guard Self.isPrintable(pattern) else { throw RuleError("Syntax error") }
        let old = keys.firstIndex { $0.pattern == pattern }
        let new = KeyPattern(pattern: pattern, access: old.map { keys[$0].access.union(access) } ?? access)
        if let old { keys[old] = new } else { keys.append(new) }
    }

    private mutating func addChannels(_ pattern: [UInt8]) throws(RuleError) {
        if allowsAllChannels {
            throw RuleError(
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any "
                    + "effect. Try 'resetchannels' to start with an empty list of channels")
        }
        guard Self.isPrintable(pattern) else { throw RuleError("Syntax error") }
        if !channels.contains(pattern) { channels.append(pattern) }
    }

    /// What is written to a file of users between spaces has none in it.
    private static func isPrintable(_ pattern: [UInt8]) -> Bool {
        pattern.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    private mutating func applyCommand(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
        let isAllowed = rule[0] == UInt8(ascii: "+")
        let name = Array(rule.dropFirst())
        let unknown = RuleError("Unknown command or category name in ACL")
        if name.first == UInt8(ascii: "@") {
            guard let category = Categories(name: String(decoding: name.dropFirst(), as: UTF8.self)) else {
                throw unknown
            }
            return allow(isAllowed, category, in: table)
        }
        if let number = table.number(ofFullName: name.span) { return allow(isAllowed, number, in: table) }
        // A command with the first argument that it is allowed with: `+select|0`.
        guard isAllowed, let bar = name.lastIndex(of: UInt8(ascii: "|")) else { throw unknown }
        let argument = Array(name[(bar + 1)...])
        let command = Array(name[..<bar])
        guard let number = table.number(ofFullName: command.span) else { throw unknown }
        guard !argument.isEmpty else { throw RuleError("Syntax error") }
        // A container has the subcommands that it has.
        guard table.entries[number].subcommands.isEmpty else { throw unknown }
        if firstArguments[number]?.contains(argument) != true { firstArguments[number, default: []].append(argument) }
    }
}
