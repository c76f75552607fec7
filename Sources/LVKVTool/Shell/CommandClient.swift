internal import LVKV
internal import RESP

/// Somebody who runs commands: a server, or an engine in this process.
protocol CommandClient: AnyObject {
    /// What the prompt says of the place.
    var prompt: String { get }
    /// Runs a command and waits for its reply; an error is a reply, too.
    ///
    /// - Throws: ``Failure`` when there is none.
    func run(_ words: [[UInt8]]) throws -> Reply
    /// Begins again with a server that closed the connection.
    ///
    /// - Throws: ``Failure`` when it cannot be reached.
    func reconnect() throws
    /// Hands on what comes without being asked for, until the process is ended.
    func listen(_ body: (Reply) throws -> Void) throws
}

extension CommandClient {
    /// Runs a command whose refusal ends everything.
    ///
    /// - Throws: ``Failure`` with the reply's words when it is an error.
    func command(_ words: String...) throws -> Reply { try command(words.map { Array($0.utf8) }) }

    func command(_ words: [[UInt8]]) throws -> Reply {
        let reply = try run(words)
        guard case .error(let message) = reply else { return reply }
        throw Failure(reply: message)
    }
}

extension Failure {
    /// What an error that a server replied means for the command line.
    init(reply message: [UInt8]) {
        let status: ExitStatus
        switch message {
        case _ where message.starts(with: "NOTFOUND ".utf8): status = .notFound
        case _ where message.starts(with: "MISCONF ".utf8): status = .io
        default: status = .badData
        }
        self.init(status, Escaping.text(message.span))
    }
}

/// What is to be known of a command from its words alone.
struct CommandWords {
    /// The command's name in small letters.
    let name: String

    init(_ words: [[UInt8]]) { name = words.first.map { String(decoding: $0, as: UTF8.self).lowercased() } ?? "" }

    /// Whether messages follow from then on.
    var subscribes: Bool { ["subscribe", "psubscribe", "ssubscribe"].contains(name) }
    /// Whether the replies have no end.
    var listens: Bool { subscribes || name == "monitor" }
    /// Whether the words hold a secret.
    var isSecret: Bool { ["auth", "hello", "acl", "config"].contains(name) }
}
