internal import OrderedStore
internal import Structures

/// What a user lacks for a command.
enum Denial {
    case command(String), key([UInt8]), channel([UInt8])

    /// What is sent.
    var error: CommandError {
        switch self {
        case .command(let name): CommandError("NOPERM this user has no permissions to run the '\(name)' command")
        case .key: CommandError("NOPERM this user has no permissions to access one of the keys used as arguments")
        case .channel:
            CommandError("NOPERM this user has no permissions to access one of the channels used as arguments")
        }
    }

    /// What is sent when the right was taken away after the command was queued.
    var errorInExec: CommandError {
        let reason =
            switch self {
            case .command: "no permission to execute the command or subcommand"
            case .key: "no permission to touch the specified keys"
            case .channel: "no permission to access one of the channels used as arguments to the command"
            }
        return CommandError(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This "
                + "command is no longer allowed for the following reason: \(reason)")
    }

    /// What `ACL DRYRUN` says.
    var trial: String {
        switch self {
        case .command(let name): "This user has no permissions to run the '\(name)' command"
        case .key(let key): "This user has no permissions to access the '\(String(decoding: key, as: UTF8.self))' key"
        case .channel(let channel):
            "This user has no permissions to access the '\(String(decoding: channel, as: UTF8.self))' channel"
        }
    }

    var reason: String {
        switch self {
        case .command: "command"
        case .key: "key"
        case .channel: "channel"
        }
    }

    var object: String {
        switch self {
        case .command(let name): name
        case .key(let bytes), .channel(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    /// How far the command got: of what several selectors say, the last counts.
    fileprivate var rank: Int {
        switch self {
        case .command: 0
        case .key: 1
        case .channel: 2
        }
    }
}

extension AccessControl {
    /// What a user lacks for the command with a number; `nil` when he may run it.
    func denial(of number: Int, _ arguments: Arguments, to user: User) -> Denial? {
        var worst: Denial?
        for selector in user.selectors {
            guard let denial = denial(of: number, arguments, to: selector) else { return nil }
            if denial.rank > worst?.rank ?? -1 { worst = denial }
        }
        return worst
    }

    private func denial(of number: Int, _ arguments: Arguments, to selector: Selector) -> Denial? {
        let entry = table.entries[number]
        if !selector.allowsAllCommands, !entry.command.flags.contains(.noAuth), !selector.commands[number] {
            let place = entry.container == nil ? 1 : 2
            let isAllowed =
                place < arguments.count
                && selector.firstArguments[number]?.contains { $0.span.lowercased == arguments[place].lowercased }
                    == true
            guard isAllowed else { return .command(entry.fullName) }
        }
        if !selector.allowsAllKeys {
            for use in KeyUse.all(by: entry, arguments) {
                let key = arguments[use.position]
                let isAllowed = selector.keys.contains { pattern in
                    pattern.access.isSuperset(of: use.access)
                        && GlobPattern(pattern.pattern.span).matches(key)
                }
                guard isAllowed else { return .key(key.array) }
            }
        }
        if !selector.allowsAllChannels, let use = ChannelUse(entry.fullName, arguments) {
            for position in use.positions {
                let channel = arguments[position]
                guard selector.allows(channel, isPattern: use.arePatterns) else { return .channel(channel.array) }
            }
        }
        return nil
    }
}

extension Selector {
    /// Whether a channel may be used; a pattern of channels must be allowed literally.
    func allows(_ channel: Span<UInt8>, isPattern: Bool) -> Bool {
        if allowsAllChannels { return true }
        for pattern in channels {
            let isAllowed = isPattern ? channel.equals(pattern.span) : GlobPattern(pattern.span).matches(channel)
            if isAllowed { return true }
        }
        return false
    }
}

/// The channels among a command's words.
private struct ChannelUse {
    let positions: Range<Int>
    var arePatterns = false

    init?(_ name: String, _ arguments: Arguments) {
        switch name {
        case "publish", "spublish": positions = 1..<2
        case "subscribe", "ssubscribe": positions = 1..<arguments.count
        case "psubscribe":
            positions = 1..<arguments.count
            arePatterns = true
        default: return nil
        }
    }
}
