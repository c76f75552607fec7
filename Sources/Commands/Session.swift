internal import Synchronization

/// One client's side of the conversation. Knows no socket.
///
/// Belongs to whoever runs its commands, one after another. What others read or change is safe from any thread.
package final class Session: @unchecked Sendable {
    package let id: Int64
    /// When it began, in milliseconds since 1970.
    package let start: Int64
    /// Whom its replies go to when it did not ask just then.
    package private(set) weak var owner: (any SessionOwner)?

    /// The commands between `MULTI` and `EXEC`.
    package var queue: CommandQueue? {
        didSet { queued.store(queue?.commands.count ?? -1, ordering: .relaxed) }
    }
    /// The keys that are watched, for ``Engine`` to forget.
    var watched: [WatchedKey: Int64?] = [:]
    /// How often it gave a wrong user name or password since whoever holds the socket looked last.
    package var failedLogins = 0
    /// What `CLIENT REPLY` asked for.
    var replies = Replies.on
    /// Its user's rights, as they were at the change of the users that ``rightsVersion`` counts.
    var rights: User?
    var rightsVersion = -1

    enum Replies { case on, off, skipNext, skipThis }

    private let databaseNumber = Atomic(0)
    private let protocolVersion = Atomic(2)
    private let queued = Atomic(-1)
    private let isDirty = Atomic(false)
    private let texts = Mutex(Texts())
    let activity = Activity()

    private struct Texts {
        var name: [UInt8] = []
        var user: String?
        var address = ""
        var localAddress = ""
    }

    /// What others are told of it.
    final class Activity: Sendable {
        /// The number of its last command.
        let command = Atomic(-1)
        /// When it came, in nanoseconds of ``MonotonicClock``.
        let time = Atomic(MonotonicClock.nanoseconds)
        /// How many channels and patterns it listens to, of each kind.
        let channels = Atomic(0), patterns = Atomic(0), shardChannels = Atomic(0)
        let isMonitor = Atomic(false), isWaiting = Atomic(false), isClosing = Atomic(false), noEvict = Atomic(false)
    }

    init(id: Int64, start: Int64, owner: (any SessionOwner)?) {
        self.id = id
        self.start = start
        self.owner = owner
    }

    /// The database that its commands are about.
    package var database: Int {
        get { databaseNumber.load(ordering: .relaxed) }
        set { databaseNumber.store(newValue, ordering: .relaxed) }
    }

    /// The version of the protocol, 2 or 3.
    package var version: Int {
        get { protocolVersion.load(ordering: .relaxed) }
        set { protocolVersion.store(newValue, ordering: .relaxed) }
    }

    /// Where the client is, as `127.0.0.1:50000`; empty for a client in this process.
    package var address: String {
        get { texts.withLock { $0.address } }
        set { texts.withLock { $0.address = newValue } }
    }

    /// Where the client came in, in the same form.
    package var localAddress: String {
        get { texts.withLock { $0.localAddress } }
        set { texts.withLock { $0.localAddress = newValue } }
    }

    /// What the client calls itself; empty by default.
    package var name: [UInt8] {
        get { texts.withLock { $0.name } }
        set { texts.withLock { $0.name = newValue } }
    }

    /// Whom it is logged in as; `nil` before.
    package var user: String? {
        get { texts.withLock { $0.user } }
        set {
            texts.withLock { $0.user = newValue }
            rightsVersion = -1
        }
    }

    /// Whether it must log in before it may do anything else.
    package var mustLogIn: Bool { rights == nil }

    /// Whose limit holds for how much it may leave unread.
    package var outputClass: OutputLimits.Class {
        if activity.isMonitor.load(ordering: .relaxed) { return .monitor }
        return subscriptions > 0 ? .pubsub : .normal
    }

    /// The number of commands in the queue; -1 outside of `MULTI`.
    var queuedCommands: Int { queued.load(ordering: .relaxed) }

    /// Whether a watched key was changed.
    var watchedKeyChanged: Bool {
        get { isDirty.load(ordering: .acquiring) }
        set { isDirty.store(newValue, ordering: .releasing) }
    }

    /// How many channels and patterns it listens to, and how many shard channels.
    var subscriptionCounts: (usual: Int, shard: Int) {
        (
            activity.channels.load(ordering: .relaxed) + activity.patterns.load(ordering: .relaxed),
            activity.shardChannels.load(ordering: .relaxed)
        )
    }

    /// How much it listens to.
    var subscriptions: Int { subscriptionCounts.usual + subscriptionCounts.shard }

    /// Closes its connection as soon as what is sent has left.
    func close() {
        activity.isClosing.store(true, ordering: .relaxed)
        owner?.close()
    }
}

/// Whoever holds the client's socket or screen. Its calls come from any thread.
package protocol SessionOwner: AnyObject, Sendable {
    /// A writer for what the client did not ask for just then, such as a message or the end of a wait.
    func makeReply(version: Int) -> any ReplyWriter
    /// Sends what was written to a writer of ``makeReply(version:)``. Writers may be shared by many clients.
    ///
    /// - Parameter endsWait: whether it is the reply that the client waits for: its next command may be run.
    func send(_ reply: any ReplyWriter, endsWait: Bool)
    /// Runs the command again whose outcome was ``Outcome/postponed(until:)``, if there is one.
    func resume()
    /// Closes the connection as soon as what is sent has left.
    func close()
    /// How many bytes of the client's wait to be read as commands, and how many for it to be sent.
    var buffers: (input: Int, output: Int) { get }
}

extension SessionOwner {
    package var buffers: (input: Int, output: Int) { (0, 0) }
}

/// The commands of a `MULTI` that wait for its `EXEC`.
package struct CommandQueue: Sendable {
    /// Their numbers in the table, and their words.
    package var commands: [(number: Int, arguments: Arguments)] = []
    /// Whether a command was refused when it was queued: then `EXEC` is refused.
    package var isBroken = false
    package init() {}
}

/// A key that a session watches.
struct WatchedKey: Hashable, Sendable {
    let database: Int
    let key: [UInt8]
}
