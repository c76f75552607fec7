import Commands
import Foundation
import RESP
import Testing

@testable import LVKVServer

@Suite("Limits", .serialized)
struct LimitTests {
    @Test("a client that does not read is not read from, and gets everything when it does")
    func slowReader() async throws {
        try await withServer { server in
            let client = try server.client()
            let value = String(repeating: "v", count: 1 << 20)
            try client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(value.utf8.count)\r\n\(value)\r\n")
            #expect(try client.replyText() == "OK")
            let count = 100
            try client.send(String(repeating: "GET k\r\n", count: count))
            // Until nothing more is written.
            var written = -1
            while written != server.engine.traffic.output {
                written = server.engine.traffic.output
                try await Task.sleep(for: .milliseconds(200))
            }
            // What the sockets hold, and a few replies.
            #expect(written < (count / 2) << 20)
            for _ in 0..<count {
                let reply = try client.reply()
                guard reply == .bulk(Array(value.utf8)) else {
                    Issue.record("a reply was damaged")
                    return
                }
            }
            #expect(try client.ask("PING") == "PONG")
        }
    }

    @Test("one who watches all commands and leaves too much unread is closed")
    func outputLimit() async throws {
        try await withServer(
            ["client-output-buffer-limit": "monitor 1mb 0 0"], commands: [TestCommands.watchAll, TestCommands.flood]
        ) { server in
            let client = try server.client()
            #expect(try client.ask("watch-all") == "OK")
            try client.send("flood 200 100000\r\n")
            try await server.waitForClients(0)
            // A normal client may leave as much.
            let normal = try server.client()
            try normal.send("flood 200 100000\r\n")
            for _ in 0..<200 {
                let reply = try normal.reply()
                #expect(reply == .bulk(Array(repeating: 0x61, count: 100_000)))
            }
            // What a client causes itself to be sent comes before its reply.
            #expect(try normal.replyText() == "OK")
        }
    }

    @Test("one who watches all commands and is beyond the soft limit for too long is closed")
    func softLimit() async throws {
        try await withServer(
            ["client-output-buffer-limit": "monitor 0 1mb 1"], commands: [TestCommands.watchAll, TestCommands.flood]
        ) { server in
            let client = try server.client()
            #expect(try client.ask("watch-all") == "OK")
            try client.send("flood 200 100000\r\n")
            try await server.waitForClients(0)
        }
    }

    @Test("one client too many is told so")
    func maxClients() async throws {
        try await withServer(["maxclients": "2"]) { server in
            let clients = try (0..<2).map { _ in try server.client() }
            for client in clients { #expect(try client.ask("PING") == "PONG") }
            let third = try server.client()
            #expect(try third.replyText() == "-ERR max number of clients reached")
            #expect(try third.replyText() == "end")
            clients[0].disconnect()
            try await server.waitForClients(1)
            #expect(try server.ask("PING") == "PONG")
            #expect(server.engine.traffic.refusals == 1)
        }
    }

    @Test("an idle client is closed, a watching or waiting one is not")
    func idle() async throws {
        try await withServer(
            ["timeout": "1"], commands: [TestCommands.watchAll]
        ) { server in
            let (idle, watching, waiting) = (try server.client(), try server.client(), try server.client())
            #expect(try watching.ask("watch-all") == "OK")
            try waiting.send("BLPOP k 6\r\n")
            #expect(try idle.ask("PING") == "PONG")
            #expect(try idle.replyText() == "end")
            #expect(try watching.ask("PING") == "PONG")
            #expect(try waiting.replyText() == "null")
        }
    }

    @Test("who must log in and does not is closed")
    func handshake() async throws {
        try await withServer(["handshake-timeout": "1", "requirepass": "secret"]) { server in
            let (locked, free) = (try server.client(), try server.client())
            #expect(try locked.ask("PING") == "-NOAUTH Authentication required.")
            #expect(try free.ask("AUTH secret") == "OK")
            #expect(try locked.replyText() == "end")
            #expect(try free.ask("PING") == "PONG")
        }
    }

    @Test("2,000 clients may be connected at once")
    func manyClients() async throws {
        var limit = rlimit()
        unsafe _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try #require(limit.rlim_cur >= 4_200, "this system allows too few open files")
        try await withServer { server in
            let clients = try (0..<2_000).map { _ in try server.client() }
            for (number, client) in clients.enumerated() { try client.send("SET key:\(number) \(number)\r\n") }
            for client in clients { #expect(try client.replyText() == "OK") }
            for (number, client) in clients.enumerated() { try client.send("GET key:\(number)\r\nPING\r\n") }
            for (number, client) in clients.enumerated() {
                #expect(try client.replyText() == "\(number)")
                #expect(try client.replyText() == "PONG")
            }
            #expect(server.engine.traffic.clients == 2_000)
            for client in clients { client.disconnect() }
            try await server.waitForClients(0)
        }
    }
}
