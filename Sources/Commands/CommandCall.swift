package import Structures

/// What a command on data runs with, beside its words.
package final class DataCall {
    package let keys: StructureKeys
    package let reply: any ReplyWriter
    package private(set) var session: Session
    package let engine: Engine
    /// Whether much work is to be left to a thread of its own: not where it already runs on one, nor in `EXEC`.
    private let leavesWork: Bool
    /// Whether the command may wait: not in `EXEC`.
    package let mayBlock: Bool
    /// Of a command that waited: the key that got a value, the only one to look at.
    package let ready: [UInt8]?
    /// Of a command that only reads: how many writes had ended before the moment that it sees.
    let moment: UInt64?
    /// What the command waits for, if it does.
    package private(set) var wait: Wait?

    init(
        _ keys: StructureKeys, _ reply: any ReplyWriter, _ session: Session, _ engine: Engine, leavesWork: Bool,
        mayBlock: Bool, ready: [UInt8]? = nil, moment: UInt64? = nil
    ) {
        self.keys = keys
        self.reply = reply
        self.session = session
        self.engine = engine
        self.leavesWork = leavesWork
        self.mayBlock = mayBlock
        self.ready = ready
        self.moment = moment
    }

    /// Goes on to another command that runs over the same keys and replies in the same place.
    func next(for session: Session) {
        self.session = session
        keys.database = session.database
    }

    /// Says how many elements the command is about to read, before it writes anything. When they are many, it is
    /// started again where it holds up nobody.
    ///
    /// - Throws: to end this run; let it pass.
    package func expectWork(_ elements: Int) throws {
        if leavesWork, elements > DataCall.mostElements { throw MuchWork() }
    }

    /// The most elements that a command reads on an event loop.
    private static let mostElements = 2_000

    /// Lets the client wait until one of the words at `keys` gets a value; then the command runs again.
    ///
    /// - Parameters:
    ///   - kind: what the value must be.
    ///   - deadline: in milliseconds since 1970; `nil` for ever.
    ///   - empty: the reply where waiting is not allowed.
    package func wait(
        for kind: StructureKind, in keys: some Sequence<Int>, of arguments: Arguments, until deadline: Int64?,
        else empty: Wait.Empty
    ) {
        guard mayBlock else { return empty.write(to: reply) }
        wait = Wait(
            kind: kind, database: self.keys.database, keys: keys.map { arguments.bytes($0) }, deadline: deadline)
    }
}

/// A command has more to do than an event loop has time for.
struct MuchWork: Error {}

/// What a client waits for. When nothing comes in time, the reply is a null array, whatever the command.
package struct Wait: Sendable {
    /// The reply where waiting is not allowed.
    package enum Empty: Sendable {
        case null, nullArray

        func write(to reply: any ReplyWriter) {
            switch self {
            case .null: reply.null()
            case .nullArray: reply.nullArray()
            }
        }
    }

    package let kind: StructureKind
    package let database: Int
    package let keys: [[UInt8]]
    /// In milliseconds since 1970; `nil` for ever.
    package let deadline: Int64?
}

/// What a command on the session or the server runs with, beside its words.
package final class ControlCall {
    package let reply: any ReplyWriter
    package let session: Session
    package let engine: Engine
    package let command: Command
    /// Whether much work is to be left to a thread of its own: see ``leaveWork()``.
    let leavesWork: Bool
    /// The transaction of the `EXEC` that the command is run by, if any.
    let exec: StructureKeys?

    init(
        _ reply: any ReplyWriter, _ session: Session, _ engine: Engine, _ command: Command, leavesWork: Bool,
        exec: StructureKeys? = nil
    ) {
        self.reply = reply
        self.session = session
        self.engine = engine
        self.command = command
        self.leavesWork = leavesWork
        self.exec = exec
    }

    /// Says that the command is about to do what takes long. It is started again where that holds up nobody.
    ///
    /// - Throws: to end this run; let it pass.
    package func leaveWork() throws {
        if leavesWork { throw MuchWork() }
    }
}

/// What becomes of a client after a command.
package enum Outcome: Sendable {
    /// The reply is written; the next command may come.
    case done
    /// The client waits: nothing of it is run until its ``SessionOwner`` is handed the reply. At the deadline, in
    /// milliseconds since 1970, its owner calls ``Engine/endWait(of:)``.
    case waiting(deadline: Int64?)
    /// Run the command again by ``Engine/executeSlowly(_:session:reply:)`` on another thread; nothing has happened.
    case leave
    /// Run the command again when its ``SessionOwner`` is told to resume, or at a time in milliseconds since 1970;
    /// nothing has happened.
    case postponed(until: Int64)
    /// Write the reply and close the connection.
    case close
}

extension Outcome {
    /// Whether the command has not been run yet.
    var comesAgain: Bool {
        switch self {
        case .leave, .postponed: true
        case .done, .waiting, .close: false
        }
    }
}
