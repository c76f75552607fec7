internal import LVKV
internal import RESP

/// A client of a server.
///
/// Belongs to one thread.
final class ServerConnection: CommandClient {
    let address: ServerAddress
    private let version: Int
    private var socket: Socket
    private var decoder = ReplyDecoder()
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// Connects, logs in and selects the database that `address` names.
    ///
    /// - Parameter version: of the protocol RESP, 2 or 3.
    /// - Throws: ``Failure``.
    init(_ address: ServerAddress, version: Int = 3) throws {
        self.address = address
        self.version = version
        socket = try Socket(host: address.host, port: address.port, name: address.description)
        try greet()
    }

    func reconnect() throws {
        socket = try Socket(host: address.host, port: address.port, name: address.description)
        decoder = ReplyDecoder()
        try greet()
    }

    private func greet() throws {
        var hello = ["HELLO", "\(version)"]
        if let password = address.password { hello += ["AUTH", address.user ?? "default", password] }
        if case .error(let words) = try run(hello.map { Array($0.utf8) }) {
            throw Failure(.unavailable, "\(address.description): \(Escaping.text(words.span))")
        }
        if address.database != 0 { _ = try command("SELECT", "\(address.database)") }
    }

    var prompt: String { "\(address.host):\(address.port)" }

    func run(_ words: [[UInt8]]) throws -> Reply {
        try socket.send(Self.request(words))
        while true {
            let reply = try read()
            // What nobody asked for comes between.
            if case .push = reply, !CommandWords(words).subscribes { continue }
            return reply
        }
    }

    func listen(_ body: (Reply) throws -> Void) throws {
        while true { try body(try read()) }
    }

    private func read() throws -> Reply {
        while true {
            do throws(ProtocolError) {
                if let reply = try decoder.next() { return reply }
            } catch {
                throw Failure(.unavailable, "what \(address.description) sends is not Redis's protocol: \(error)")
            }
            let count = try socket.receive(into: &buffer)
            let received = buffer.span.extracting(first: count)
            decoder.append(received)
        }
    }

    /// The socket's descriptor, for who sends and receives without this.
    var descriptor: Int32 { socket.number }

    /// Makes reads and writes of ``descriptor`` return at once.
    func stopWaiting() { socket.stopWaiting() }

    /// Why there is no connection any more; without a reason, the server ended it.
    func lost(_ reason: Int32?) -> Failure { socket.lost(reason) }

    /// A request as it goes over the wire.
    static func request(_ words: [[UInt8]]) -> [UInt8] {
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words {
            bytes += "$\(word.count)\r\n".utf8
            bytes += word
            bytes += [13, 10]
        }
        return bytes
    }
}
