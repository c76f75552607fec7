@testable import Commands
import Foundation
import Logging
import OrderedStore
import RESP
import Structures
import Synchronization
import Testing

@testable import LVKVServer

/// A server in this process, over memory.
struct TestServer {
    let server: Server
    let engine: Engine
    let port: Int

    /// - Parameters:
    ///   - settings: names and values.
    ///   - commands: beside the usual ones.
    init(_ settings: [String: String] = [:], commands: [Command] = []) async throws {
        let values = Settings()
        try values.assign("worker-threads", "2")
        try values.assign("io-threads", "2")
        for (name, value) in settings { try values.assign(name, value) }
        engine = Engine(
            UncheckedStore(MemoryStore()), StructureState(isEnabled: true),
            table: CommandTable(CommandTable.standard.commands + commands), settings: values)
        server = Server(quiet: engine)
        let places = try await server.start(on: [Listener(host: "127.0.0.1", port: 0)])
        port = try #require(places.first?.split(separator: ":").last.flatMap { Int($0) })
    }

    func client() throws -> SocketClient { try SocketClient(port: port) }

    /// What a new client is answered.
    func ask(_ line: String) throws -> String { try client().ask(line) }

    /// Waits until so many clients are connected.
    func waitForClients(_ count: Int) async throws {
        for _ in 0..<1_000 where engine.traffic.clients != count { try await Task.sleep(for: .milliseconds(10)) }
        #expect(engine.traffic.clients == count)
    }

    func stop() async { await server.stop(within: 10) }
}

extension Server {
    /// A server that logs nothing and has no documents.
    convenience init(quiet engine: Engine) {
        self.init(engine, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, documents: { _ in [] })
    }
}

/// Runs `body` with a server that is stopped afterwards.
func withServer(
    _ settings: [String: String] = [:], commands: [Command] = [], _ body: (TestServer) async throws -> Void
) async throws {
    let server = try await TestServer(settings, commands: commands)
    do { try await body(server) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// Why a socket's call failed.
struct SocketError: Error {
    let call: String
    let number = errno
}

/// A client with a blocking socket. Reads give up after 20 seconds.
final class SocketClient {
    let descriptor: Int32
    private var decoder = ReplyDecoder()
    private var isOpen = true

    convenience init(port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, size) } == 0
        }
        guard isConnected else { throw SocketError(call: "connect") }
        self.init(descriptor)
    }

    convenience init(unixSocket path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isConnected = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, size) } == 0
        }
        guard isConnected else { throw SocketError(call: "connect") }
        self.init(descriptor)
    }

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe _ = setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        unsafe _ = setsockopt(
            descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { disconnect() }

    func disconnect() {
        if isOpen { close(descriptor) }
        isOpen = false
    }

    /// Closes without a goodbye: the other side gets a reset.
    func kill() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe _ = setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        disconnect()
    }

    /// Ends this side; the other may still send.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw SocketError(call: "send") }
            rest = rest.dropFirst(sent)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// The next reply; `nil` when the server has closed the connection.
    func reply() throws -> Reply? {
        while true {
            if let reply = try decoder.next() { return reply }
            let piece = try receive()
            if piece.isEmpty { return nil }
            decoder.append(piece.span)
        }
    }

    /// What has come, as it comes; empty at the end.
    func receive(most: Int = 65_536) throws -> [UInt8] {
        let count: Int
        var piece = [UInt8](repeating: 0, count: most)
        count = unsafe piece.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw SocketError(call: "recv") }
        return Array(piece.prefix(count))
    }

    /// Sends one inline request and reads its reply as text.
    @discardableResult
    func ask(_ line: String) throws -> String {
        try send(line + "\r\n")
        return try replyText()
    }

    /// The next reply as text; `end` when the server has closed the connection.
    func replyText() throws -> String { try reply()?.text ?? "end" }
}

extension Reply {
    /// The reply in short.
    var text: String {
        switch self {
        case .simple(let text), .bulk(let text): String(decoding: text, as: UTF8.self)
        case .error(let text): "-" + String(decoding: text, as: UTF8.self)
        case .integer(let value): "\(value)"
        case .null: "null"
        case .array(let items): "[" + items.map(\.text).joined(separator: " ") + "]"
        default: "\(self)"
        }
    }
}

/// Something that one side waits for and the other lets happen.
final class Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wait() { _ = semaphore.wait(timeout: .now() + 20) }
    func go() { semaphore.signal() }
}

/// Commands for tests.
enum TestCommands {
    /// `pause`: tells that it runs, and runs on a thread of its own until it is let go.
    static func pause(begun: Signal, end: Signal) -> Command {
        Command(
            "pause", 1, [.readonly, .slow], .none, [], "Takes its time.",
            .data { _, call in
                begun.go()
                end.wait()
                call.reply.simple("PAUSED")
            })
    }

    /// `watch-all`: makes the client one that watches all commands, without sending it any.
    static let watchAll = Command(
        "watch-all", 1, [], .none, [], "Changes the client's class.",
        .control { _, call in
            call.session.activity.isMonitor.store(true, ordering: .relaxed)
            call.reply.simple("OK")
            return .done
        })

    /// `flood COUNT BYTES`: sends messages that nobody asked for.
    static let flood = Command(
        "flood", 3, [], .none, [], "Sends messages.",
        .control { arguments, call in
            guard let owner = call.session.owner else { return .done }
            let message = [UInt8](repeating: 0x61, count: Int(try arguments.integer(2)))
            for _ in 0..<(try arguments.integer(1)) {
                let reply = owner.makeReply(version: call.session.version)
                reply.bulk(message)
                owner.send(reply, endsWait: false)
            }
            call.reply.simple("OK")
            return .done
        })

    /// `bye`: ends the connection.
    static let bye = Command(
        "bye", 1, [], .none, [], "Ends.",
        .control { _, call in
            call.reply.simple("OK")
            return .close
        })
}
