internal import Commands
internal import NIOCore
internal import Synchronization

/// What the engine knows of a connection. Its calls come from any thread.
final class ConnectionOwner: SessionOwner {
    let channel: any Channel
    /// The connection, as long as it is there. Looked at on its event loop only.
    let connection: NIOLoopBoundBox<Connection?>

    private let unread: UnreadMessages

    /// What is to be sent and has not been handed to the connection.
    private let mail = Mutex<[Mail]>([])
    /// Whether there may be any: looked at before each request.
    private let hasMail = Atomic(false)

    /// Bytes that the client did not ask for just then.
    struct Mail: Sendable {
        let bytes: ByteBuffer
        /// Counts it among what waits, when it is the answer to nothing.
        let message: UnreadMessages.Message?
        let endsWait: Bool
    }

    /// - Parameters:
    ///   - channel: whose event loop this is called on.
    ///   - unread: where messages that wait are counted.
    init(_ channel: any Channel, _ unread: UnreadMessages) {
        self.channel = channel
        self.unread = unread
        connection = NIOLoopBoundBox(nil, eventLoop: channel.eventLoop)
    }

    func makeReply(version: Int) -> any ReplyWriter { ReplyBuffer(version: version) }

    func send(_ reply: any ReplyWriter, endsWait: Bool) {
        guard let reply = reply as? ReplyBuffer else { return }
        let new = Mail(
            bytes: reply.bytes, message: endsWait ? nil : reply.asMessage(among: unread), endsWait: endsWait)
        let isFirst = mail.withLock { mail in
            mail.append(new)
            hasMail.store(true, ordering: .releasing)
            return mail.count == 1
        }
        if isFirst { channel.eventLoop.execute { self.connection.value?.deliverMail() } }
    }

    /// Whether there may be something to be sent.
    var mayHaveMail: Bool { hasMail.load(ordering: .acquiring) }

    /// What is to be sent, in order; the caller sends it.
    func takeMail() -> [Mail] {
        guard mayHaveMail else { return [] }
        return mail.withLock { mail in
            defer {
                mail = []
                hasMail.store(false, ordering: .relaxed)
            }
            return mail
        }
    }

    func resume() {
        channel.eventLoop.execute { self.connection.value?.resume() }
    }

    func close() {
        channel.eventLoop.execute { self.connection.value?.startClosing() }
    }
}

extension SocketAddress {
    /// The address as Redis writes it: `127.0.0.1:6379`, `[::1]:6379`, `/run/lvkv.sock:0`.
    var spelled: String {
        switch self {
        case .v4: "\(ipAddress ?? ""):\(port ?? 0)"
        case .v6: "[\(ipAddress ?? "")]:\(port ?? 0)"
        case .unixDomainSocket: "\(pathname ?? ""):0"
        }
    }
}
