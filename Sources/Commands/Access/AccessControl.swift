internal import OrderedStore
internal import Structures
internal import Synchronization

/// The users of a server. Safe from any thread.
package final class AccessControl: Sendable {
    private struct State {
        var users: [String: User] = [:]
        var log: [AccessLogEntry] = []
        var lastEntry = 0
    }

    let table: CommandTable
    private let settings: Settings
    private let state: Mutex<State>
    /// Counts the changes of users.
    private let changes = Atomic(0)
    /// Who may everything: what is allowed before a client logs in is allowed whatever the rules say.
    let standard: User

    init(_ table: CommandTable, _ settings: Settings) {
        self.table = table
        self.settings = settings
        standard = User.standard(table)
        state = Mutex(State(users: ["default": standard]))
        takePassword()
        settings.observe { [weak self] setting in
            if setting.name == Setting.password.name { self?.takePassword() }
        }
    }

    /// Gives the user `default` the password of the setting `requirepass`.
    private func takePassword() {
        let text = settings.text(.password)
        let password = PasswordDigest(hex: text.dropFirst())
        change { state in
            guard let user = state.users["default"] else { return }
            if password == nil, user.passwords.isEmpty { return }
            state.users["default"] = User(
                name: user.name, isEnabled: user.isEnabled, needsNoPassword: password == nil,
                passwords: password.map { [$0] } ?? [], selectors: user.selectors, sanitizes: user.sanitizes)
        }
    }

    private func change<Failure: Error>(_ body: (inout State) throws(Failure) -> Void) throws(Failure) {
        try state.withLock { state throws(Failure) in try body(&state) }
        changes.wrappingAdd(1, ordering: .releasing)
    }

    // MARK: - Users

    /// The user of a name, if there is one.
    func user(_ name: String) -> User? { state.withLock { $0.users[name] } }

    /// All users, in the order of their names.
    var users: [User] { state.withLock { Array($0.users.values) }.sorted { $0.name < $1.name } }

    /// Makes or changes a user, by Redis's rules.
    ///
    /// - Throws: ``CommandError``; then nothing is changed.
    func setUser(_ name: String, _ rules: [[UInt8]]) throws(CommandError) {
        try change { state throws(CommandError) in
            let old = state.users[name] ?? User(name: name, selectors: [Selector(commands: table.entries.count)])
            state.users[name] = try old.changed(by: rules, in: table)
        }
    }

    /// Removes a user.
    ///
    /// - Returns: whether there was one.
    func deleteUser(_ name: String) -> Bool {
        defer { changes.wrappingAdd(1, ordering: .releasing) }
        return state.withLock { $0.users.removeValue(forKey: name) != nil }
    }

    /// Replaces all users by those of a text with one `user name rules` a line; who is not in it, but for `default`, is
    /// gone.
    ///
    /// - Throws: ``CommandError`` with the line's number; then nothing is changed.
    package func load(_ text: String) throws(CommandError) {
        var users: [String: User] = [:]
        var problems: [String] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard first == "user", words.count > 1 else {
                problems.append("line \(number + 1): should start with user keyword followed by the username. ")
                continue
            }
            let name = String(words[1])
            guard users[name] == nil else {
                problems.append("line \(number + 1): user '\(name)' declared twice. ")
                continue
            }
            do throws(CommandError) {
                let blank = User(name: name, selectors: [Selector(commands: table.entries.count)])
                users[name] = try blank.changed(by: words.dropFirst(2).map { Array($0.utf8) }, in: table)
            } catch {
                problems.append("line \(number + 1): \(error.message.dropFirst(4)). ")
            }
        }
        guard problems.isEmpty else {
            throw CommandError(
                "ERR \(problems.joined())WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
            )
        }
        if users["default"] == nil { users["default"] = standard }
        change { $0.users = users }
    }

    /// All users as ``load(_:)`` reads them.
    package var text: String { users.map { $0.text(table) + "\n" }.joined() }

    // MARK: - Sessions

    /// Whom a client is logged in as when it has just come; `nil` when it must say.
    var userOfNewSessions: String? {
        guard let user = user("default"), user.isEnabled, user.needsNoPassword else { return nil }
        return user.name
    }

    /// Whether there is no password of the user `default`.
    var defaultUserNeedsNoPassword: Bool { user("default")?.needsNoPassword ?? false }

    /// Gives a session its user's rights as they are now.
    func refresh(_ session: Session) {
        let version = changes.load(ordering: .acquiring)
        guard session.rightsVersion != version else { return }
        if session.user == nil, let name = userOfNewSessions { session.user = name }
        session.rights = session.user.flatMap(user)
        session.rightsVersion = version
    }

    // MARK: - The log

    /// Notes a refusal.
    func log(_ denial: Denial, _ user: User, isQueued: Bool, _ client: String, now: Int64) {
        log(
            AccessLogEntry(
                reason: denial.reason, context: isQueued ? "multi" : "toplevel", object: denial.object,
                user: user.name, client: client, time: now))
    }

    /// Notes a refusal; one like an entry that is not a minute old is counted there.
    func log(_ entry: AccessLogEntry) {
        let most = settings.integer(.userLogLength)
        state.withLock { state in
            var entry = entry
            if let place = state.log.firstIndex(where: { $0.isLike(entry) }) {
                entry.count = state.log[place].count + 1
                state.log.remove(at: place)
            }
            state.log.insert(entry, at: 0)
            if state.log.count > most { state.log.removeLast(state.log.count - most) }
        }
    }

    /// The latest refusals, the last one first.
    var log: [AccessLogEntry] { state.withLock { $0.log } }

    func clearLog() { state.withLock { $0.log = [] } }
}

/// A line of `ACL LOG`.
struct AccessLogEntry: Sendable {
    let reason: String
    let context: String
    let object: String
    let user: String
    let client: String
    /// In milliseconds since 1970.
    let time: Int64
    var count = 1

    fileprivate func isLike(_ other: AccessLogEntry) -> Bool {
        reason == other.reason && context == other.context && object == other.object && user == other.user
            && abs(time - other.time) < 60_000
    }
}
