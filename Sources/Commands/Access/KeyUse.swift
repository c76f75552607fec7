/// What a command does with one of its keys, in Redis's words for it: `RO`, `RW`, `OW` or `RM`, then `access`,
/// `update`, `insert` or `delete`.
struct KeyUse {
    /// Where the key stands among the words.
    let position: Int
    let flags: [String]

    /// What of it rights tell apart. `EXISTS` and its like, which read no value, need none.
    var access: KeyAccess {
        var access: KeyAccess = []
        if flags.contains("access") { access.insert(.read) }
        if flags.contains(where: { $0 == "update" || $0 == "insert" || $0 == "delete" }) { access.insert(.write) }
        return access
    }

    /// The keys among a command's words; none where the words are no such command.
    static func all(by entry: CommandTable.Entry, _ arguments: Arguments) -> [KeyUse] {
        (try? found(by: entry, arguments)) ?? []
    }

    /// The keys among a command's words.
    ///
    /// - Throws: ``CommandError`` when the words are no such command.
    static func found(by entry: CommandTable.Entry, _ arguments: Arguments) throws(CommandError) -> [KeyUse] {
        let positions = try entry.command.keys.positions(in: arguments)
        let specifications = KeySpecification.all(of: entry)
        return positions.map { position in
            // The last that begins at or before the position is about it.
            let specification = specifications.last { $0.begin.map { $0 <= position } ?? false } ?? specifications.first
            var flags = specification?.flags ?? []
            if entry.fullName == "set" { flags = SetWords.flags(arguments) }
            if entry.fullName == "sort", position != 1 { flags = ["OW", "update"] }
            return KeyUse(position: position, flags: flags)
        }
    }

    /// `SET` reads the old value only with `GET`.
    private enum SetWords {
        static func flags(_ arguments: Arguments) -> [String] {
            for index in 3..<max(3, arguments.count) where arguments.matches(index, "GET") {
                return ["RW", "access", "update"]
            }
            return ["OW", "update"]
        }
    }
}

extension Command.Keys {
    /// Where the keys stand in a command's words.
    ///
    /// - Throws: ``CommandError`` when the words do not say.
    package func positions(in arguments: Arguments) throws(CommandError) -> [Int] {
        switch self {
        case .none: return []
        case .range(let first, let last, let step):
            let end = last < 0 ? arguments.count + last : last
            guard first <= end, end < arguments.count else { return [] }
            return Array(stride(from: first, through: end, by: step))
        case .custom(let find): return try find(arguments)
        }
    }
}

/// Where some of a command's keys stand and what is done with them, as `COMMAND INFO` shows it.
struct KeySpecification: Sendable {
    /// How the keys are found from where they begin.
    enum Find: Sendable {
        /// Up to the word `last` after the first, negative from the end, every `step`th.
        case range(last: Int, step: Int)
        /// Their number stands at the begin, and they behind it.
        case count
        case unknown
    }

    let flags: [String]
    /// The word where they begin; `nil` when it is not known.
    let begin: Int?
    let find: Find
    let note: String?

    init(_ flags: String, _ begin: Int?, _ find: Find = .range(last: 0, step: 1), note: String? = nil) {
        self.flags = flags.split(separator: " ").map(String.init)
        self.begin = begin
        self.find = find
        self.note = note
    }

    /// Of a command by its name; where Redis has no such command, by what is known of it.
    static func all(of entry: CommandTable.Entry) -> [KeySpecification] {
        if let known = known[entry.fullName] { return known }
        let flags = entry.command.flags.contains(.write) ? "RW access update" : "RO access"
        switch entry.command.keys {
        case .none: return []
        case .range(let first, let last, let step):
            return [KeySpecification(flags, first, .range(last: last < 0 ? last : last - first, step: step))]
        case .custom: return [KeySpecification(flags, nil, .unknown)]
        }
    }
}
