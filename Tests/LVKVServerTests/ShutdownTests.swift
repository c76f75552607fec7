import Commands
import Foundation
import Testing

@testable import LVKVServer

@Suite("Ending a server", .serialized)
struct ShutdownTests {
    @Test("what runs is finished, what comes later is not begun, and nobody new comes in")
    func finishes() async throws {
        let (begun, end) = (Signal(), Signal())
        let server = try await TestServer(
            commands: [TestCommands.pause(begun: begun, end: end)])
        let (running, idle, waiting) = (try server.client(), try server.client(), try server.client())
        #expect(try idle.ask("PING") == "PONG")
        try waiting.send("PING\r\nBLPOP k 0\r\n")
        #expect(try waiting.replyText() == "PONG")
        try running.send("pause\r\nSET late x\r\n")
        begun.wait()
        let stopping = Task { await server.stop() }
        #expect(try idle.replyText() == "end")
        #expect(try waiting.replyText() == "end")
        #expect(throws: SocketError.self) { try server.client() }
        end.go()
        #expect(try running.replyText() == "PAUSED")
        #expect(try running.replyText() == "end")
        await stopping.value
        #expect(server.engine.traffic.clients == 0)
    }

    @Test("a client that never reads does not keep the server for ever")
    func cuts() async throws {
        let server = try await TestServer(commands: [TestCommands.flood])
        let client = try server.client()
        try client.send("flood 300 100000\r\n")
        #expect(try client.replyText().utf8.count == 100_000)
        await server.server.stop(within: 0)
        #expect(server.engine.traffic.clients == 0)
    }
}
