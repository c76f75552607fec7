internal import Synchronization

/// One client's side of the conversation. Knows no socket.
///
/// Belongs to whoever runs its commands, one after another. What others change is safe from any thread.
package final class Session: @unchecked Sendable {
    package let id: Int64
    /// When it began, in milliseconds since 1970.
    package let start: Int64
    /// Whom its replies go to when it did not ask just then.
    package private(set) weak var owner: (any SessionOwner)?

    /// The database that its commands are about.
    package var database = 0
    /// The version of the protocol, 2 or 3.
    package var version = 2
    package var name: [UInt8] = []
    /// Whom it is logged in as; `nil` before.
    package var user: String?
    /// Whether it must log in before it may do anything else.
    package var mustLogIn = false
    /// How often it gave a wrong user name or password since whoever holds the socket looked last.
    package var failedLogins = 0
    /// Where the client is, and where it came in, as `127.0.0.1:50000`; empty for a client in this process.
    package var address = ""
    package var localAddress = ""
    /// How much it may leave unread.
    package var outputClass = OutputLimits.Class.normal
    /// The commands between `MULTI` and `EXEC`.
    package var queue: CommandQueue?
    /// The keys that are watched, for ``Engine`` to forget.
    var watched: [WatchedKey] = []
    private let isDirty = Atomic(false)

    package init(id: Int64, start: Int64, owner: (any SessionOwner)?) {
        self.id = id
        self.start = start
        self.owner = owner
    }

    /// Whether a watched key was changed.
    var watchedKeyChanged: Bool {
        get { isDirty.load(ordering: .acquiring) }
        set { isDirty.store(newValue, ordering: .releasing) }
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
    /// Closes the connection as soon as what is sent has left.
    func close()
}

/// The commands of a `MULTI` that wait for its `EXEC`.
package struct CommandQueue: Sendable {
    package var commands: [(command: Command, arguments: Arguments)] = []
    /// Whether a command was refused when it was queued: then `EXEC` is refused.
    package var isBroken = false
    package init() {}
}

/// A key that a session watches.
struct WatchedKey: Hashable, Sendable {
    let database: Int
    let key: [UInt8]
}
