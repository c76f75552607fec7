/// One command: what is known of it, and what it does.
package final class Command: Sendable {
    /// What a command does to the data, and where it may run.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Changes data: runs in a transaction.
        package static let write = Flags(rawValue: 1 << 0)
        /// Reads data.
        package static let readonly = Flags(rawValue: 1 << 1)
        /// May make values larger.
        package static let denyoom = Flags(rawValue: 1 << 2)
        package static let admin = Flags(rawValue: 1 << 3)
        package static let pubsub = Flags(rawValue: 1 << 4)
        package static let noscript = Flags(rawValue: 1 << 5)
        package static let blocking = Flags(rawValue: 1 << 6)
        package static let loading = Flags(rawValue: 1 << 7)
        package static let stale = Flags(rawValue: 1 << 8)
        package static let fast = Flags(rawValue: 1 << 9)
        package static let noAuth = Flags(rawValue: 1 << 10)
        /// Is refused between `MULTI` and `EXEC`.
        package static let noMulti = Flags(rawValue: 1 << 11)
        package static let movableKeys = Flags(rawValue: 1 << 12)
        package static let allowBusy = Flags(rawValue: 1 << 13)
        package static let skipMonitor = Flags(rawValue: 1 << 14)
        package static let skipSlowlog = Flags(rawValue: 1 << 15)
        package static let noAsyncLoading = Flags(rawValue: 1 << 16)
        /// Reads or writes no key, and waits while writes are paused all the same.
        package static let mayReplicate = Flags(rawValue: 1 << 17)
        /// Is allowed to a client of RESP2 that is subscribed to messages.
        package static let whileSubscribed = Flags(rawValue: 1 << 28)
        /// Is run at once, not queued, between `MULTI` and `EXEC`.
        package static let immediate = Flags(rawValue: 1 << 29)
        /// Never puts anything but plain entries, when it is called with at most three words.
        package static let keepsPlain = Flags(rawValue: 1 << 30)
        /// Is always sent to a thread of its own: it may take long.
        package static let slow = Flags(rawValue: 1 << 31)
    }

    /// Where the words that are keys stand.
    package enum Keys: Sendable {
        case none
        /// From the first position to the last, negative counted from the end, every `step`th.
        case range(first: Int, last: Int, step: Int)
        /// As the function says.
        case custom(@Sendable (Arguments) throws(CommandError) -> [Int])

        /// One key in the first argument.
        package static let first = Keys.range(first: 1, last: 1, step: 1)
        /// All arguments.
        package static let all = Keys.range(first: 1, last: -1, step: 1)
        /// Their number in the word at `position`, and the keys behind it.
        package static func counted(at position: Int) -> Keys {
            .custom { arguments throws(CommandError) in
                let count = try arguments.integer(position)
                guard count > 0, count <= arguments.count - position - 1 else { throw CommandError.syntax }
                return Array(position + 1...position + Int(count))
            }
        }
    }

    /// In small letters.
    package let name: String
    /// The number of words, the name included; negative for at least so many.
    package let arity: Int
    package let flags: Flags
    package let keys: Keys
    /// The ACL categories beside those that follow from the flags.
    package let categories: Categories
    /// What it does, in a line.
    package let summary: String
    /// The version of Redis that brought it; of lvkv for its own.
    package let since: String
    /// The words after the name, as `COMMAND DOCS` and the shell show them.
    package let syntax: String
    package let action: Action

    /// What a command does.
    package enum Action: Sendable {
        /// Reads or changes data, in one transaction with all that belongs to it. It throws before it changes
        /// anything, or not at all: several commands may share the transaction.
        case data(@Sendable (Arguments, DataCall) throws -> Void)
        /// Is about the session or the server.
        case control(@Sendable (Arguments, ControlCall) throws -> Outcome)
        /// Is one of its subcommands, which the second word names; `bare` is what the name alone does.
        case container([Command], bare: (@Sendable (Arguments, ControlCall) throws -> Outcome)? = nil)
    }

    /// - Parameters:
    ///   - name: in small letters; of a subcommand its own part only.
    ///   - arity: the number of words, the name included; negative for at least so many.
    ///   - categories: the ACL categories beside those that follow from the flags.
    ///   - syntax: the words after the name.
    ///   - since: the version of Redis that brought it.
    package init(
        _ name: String, _ arity: Int, _ flags: Flags, _ keys: Keys = .none, _ categories: Categories,
        _ summary: String, syntax: String = "", since: String = "1.0.0", _ action: Action
    ) {
        self.name = name
        self.arity = arity
        self.flags = flags
        self.keys = keys
        self.categories = categories
        self.summary = summary
        self.since = since
        self.syntax = syntax
        self.action = action
    }

    /// All its ACL categories, those that follow from its flags included.
    package var allCategories: Categories {
        var all = categories
        if flags.contains(.write) { all.insert(.write) }
        if flags.contains(.readonly) { all.insert(.read) }
        if flags.contains(.admin) { all.formUnion([.admin, .dangerous]) }
        if flags.contains(.pubsub) { all.insert(.pubsub) }
        if flags.contains(.fast) { all.insert(.fast) }
        if flags.contains(.blocking) { all.insert(.blocking) }
        if all.contains(.fast) { all.remove(.slow) } else { all.insert(.slow) }
        return all
    }

    /// Whether `count` words are as many as it takes.
    package func takes(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -arity }
}

/// The ACL categories of a command.
package struct Categories: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let keyspace = Categories(rawValue: 1 << 0)
    package static let read = Categories(rawValue: 1 << 1)
    package static let write = Categories(rawValue: 1 << 2)
    package static let set = Categories(rawValue: 1 << 3)
    package static let sortedset = Categories(rawValue: 1 << 4)
    package static let list = Categories(rawValue: 1 << 5)
    package static let hash = Categories(rawValue: 1 << 6)
    package static let string = Categories(rawValue: 1 << 7)
    package static let bitmap = Categories(rawValue: 1 << 8)
    package static let pubsub = Categories(rawValue: 1 << 9)
    package static let admin = Categories(rawValue: 1 << 10)
    package static let fast = Categories(rawValue: 1 << 11)
    package static let slow = Categories(rawValue: 1 << 12)
    package static let blocking = Categories(rawValue: 1 << 13)
    package static let dangerous = Categories(rawValue: 1 << 14)
    package static let connection = Categories(rawValue: 1 << 15)
    package static let transaction = Categories(rawValue: 1 << 16)
    package static let record = Categories(rawValue: 1 << 17)
    // Kinds of commands that lvkv has none of, so that lists of rights made for Redis can be read.
    package static let hyperloglog = Categories(rawValue: 1 << 18)
    package static let geo = Categories(rawValue: 1 << 19)
    package static let stream = Categories(rawValue: 1 << 20)
    package static let scripting = Categories(rawValue: 1 << 21)

    /// All of them with their names, in Redis's order.
    static let named: [(name: String, category: Categories)] = [
        ("keyspace", .keyspace), ("read", .read), ("write", .write), ("set", .set), ("sortedset", .sortedset),
        ("list", .list), ("hash", .hash), ("string", .string), ("bitmap", .bitmap), ("hyperloglog", .hyperloglog),
        ("geo", .geo), ("stream", .stream), ("pubsub", .pubsub), ("admin", .admin), ("fast", .fast), ("slow", .slow),
        ("blocking", .blocking), ("dangerous", .dangerous), ("connection", .connection),
        ("transaction", .transaction), ("scripting", .scripting), ("record", .record),
    ]

    /// The category of a name in any case; `nil` for none.
    init?(name: String) {
        let name = name.lowercased()
        guard let found = Categories.named.first(where: { $0.name == name }) else { return nil }
        self = found.category
    }

    /// The names of those that are in it, in Redis's order.
    var names: [String] { Categories.named.filter { contains($0.category) }.map(\.name) }
}
