import Commands
import Foundation
import NIOCore
import RESP
import Testing

@testable import LVKVServer

@Suite("Connections", .serialized)
struct ConnectionTests {
    @Test("a request may come in pieces of one byte")
    func splitRequest() async throws {
        try await withServer { server in
            let client = try server.client()
            for byte in Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".utf8) {
                try client.send([byte])
            }
            #expect(try client.replyText() == "OK")
            #expect(try client.replyText() == "a\r\nb")
        }
    }

    @Test("many requests at once get their replies in order")
    func pipeline() async throws {
        try await withServer { server in
            let client = try server.client()
            let count = 5_000
            let sending = Task.detached { [descriptor = client.descriptor] in
                let requests = (0..<count).map { "PING \($0)\r\n" }.joined()
                var rest = Array(requests.utf8)[...]
                while !rest.isEmpty {
                    let sent = unsafe rest.withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, 0) }
                    guard sent > 0 else { return }
                    rest = rest.dropFirst(sent)
                }
            }
            for number in 0..<count {
                let reply = try client.replyText()
                guard reply == "\(number)" else {
                    Issue.record("reply \(number) is \(reply)")
                    return
                }
            }
            await sending.value
        }
    }

    @Test("empty lines and empty arrays get no reply")
    func emptyRequests() async throws {
        try await withServer { server in
            let reply = try server.ask("\r\n*0\r\n*-1\r\n\r\nPING")
            #expect(reply == "PONG")
        }
    }

    @Test("HTTP ends the connection before the commands in its body run", arguments: ["GET", "POST"])
    func web(_ method: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("\(method) / HTTP/1.1\r\nHost: localhost:6380\r\n\r\nSET from-the-web 1\r\n")
            var replies: [String] = []
            while replies.last != "end" { replies.append(try client.replyText()) }
            #expect(!replies.contains("OK"))
            #expect(try server.ask("EXISTS from-the-web") == "0")
            // A client that knows the protocol may say what it likes.
            #expect(try server.ask("*2\r\n$4\r\nECHO\r\n$5\r\nHost:") == "Host:")
        }
    }

    @Test("what is no request is answered in Redis's words, after the replies before it, and ends the connection")
    func protocolErrors() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("PING\r\n*1\r\n:4\r\nPING\r\n")
            #expect(try client.replyText() == "PONG")
            #expect(try client.replyText() == "-ERR Protocol error: expected '$', got ':'")
            #expect(try client.replyText() == "end")

            // What the client goes on sending does not take the error along.
            let flooding = try server.client()
            try flooding.send(String(repeating: "a", count: 1_000_000))
            #expect(try flooding.replyText() == "-ERR Protocol error: too big inline request")
            #expect(try flooding.replyText() == "end")
            #expect(try server.ask("PING") == "PONG")
            try await server.waitForClients(0)
        }
    }

    @Test("limits of a request hold from the next one on when they are changed")
    func changedLimits() async throws {
        try await withServer { server in
            let client = try server.client()
            #expect(try client.ask("PING") == "PONG")
            try server.engine.settings.change([("proto-max-bulk-len", "1mb")])
            try client.send("*2\r\n$4\r\nPING\r\n$1048577\r\n")
            #expect(try client.replyText() == "-ERR Protocol error: invalid bulk length")
        }
    }

    @Test("a request longer than the query buffer ends the connection")
    func queryLimit() async throws {
        try await withServer(["client-query-buffer-limit": "1mb"]) { server in
            let client = try server.client()
            let word = String(repeating: "a", count: 300_000)
            // The server closes while we send.
            try? client.send("*5\r\n" + String(repeating: "$300000\r\n\(word)\r\n", count: 4))
            #expect((try? client.replyText()) ?? "end" == "end")
            try await server.waitForClients(0)
        }
    }

    @Test("before a client has logged in its requests must be short")
    func unauthenticated() async throws {
        try await withServer(["requirepass": "secret"]) { server in
            let client = try server.client()
            try client.send("*11\r\n")
            #expect(try client.replyText() == "-ERR Protocol error: unauthenticated multibulk length")
            let other = try server.client()
            #expect(try other.ask("AUTH secret") == "OK")
            #expect(try other.ask("MGET 1 2 3 4 5 6 7 8 9 10 11").hasPrefix("-NOAUTH") == false)
        }
    }

    @Test("a client that ends its side gets all replies first, those of slow requests, too")
    func halfOpen() async throws {
        let (begun, end) = (Signal(), Signal())
        try await withServer(commands: [TestCommands.pause(begun: begun, end: end)]) { server in
            let client = try server.client()
            try client.send("PING 1\r\npause\r\nPING 2\r\n")
            client.endSending()
            #expect(try client.replyText() == "1")
            begun.wait()
            end.go()
            #expect(try client.replyText() == "PAUSED")
            #expect(try client.replyText() == "2")
            #expect(try client.replyText() == "end")
            try await server.waitForClients(0)
        }
    }

    @Test("a client that is killed in the middle of a request, or while one runs, leaves nothing behind")
    func killed() async throws {
        let (begun, end) = (Signal(), Signal())
        try await withServer(
            commands: [TestCommands.pause(begun: begun, end: end)]
        ) { server in
            for text in ["*2\r\n$3\r\nGET\r\n$100\r\nabc", "SET a", "*", "BLPOP k 0\r\n", "pause\r\n"] {
                let client = try server.client()
                #expect(try client.ask("PING") == "PONG")
                try client.send(text)
                if text == "pause\r\n" { begun.wait() }
                client.kill()
            }
            try await server.waitForClients(0)
            end.go()
            #expect(try server.ask("PING") == "PONG")
        }
    }

    @Test("the client's last reply arrives before a close that a command asks for")
    func closing() async throws {
        try await withServer(commands: [TestCommands.bye]) { server in
            let client = try server.client()
            try client.send("PING\r\nbye\r\nPING\r\n")
            #expect(try client.replyText() == "PONG")
            #expect(try client.replyText() == "OK")
            #expect(try client.replyText() == "end")
        }
    }

    @Test("while a request runs on another thread the others of its client wait, and other clients do not")
    func slowRequest() async throws {
        let (begun, end) = (Signal(), Signal())
        let pause = TestCommands.pause(begun: begun, end: end)
        try await withServer(["io-threads": "1"], commands: [pause]) { server in
            let (slow, quick) = (try server.client(), try server.client())
            try slow.send("pause\r\nSET after it\r\n")
            begun.wait()
            #expect(try quick.ask("PING") == "PONG")
            #expect(try quick.ask("GET after") == "null")
            end.go()
            #expect(try slow.replyText() == "PAUSED")
            #expect(try slow.replyText() == "OK")
            #expect(try quick.ask("GET after") == "it")
        }
    }

    @Test("a wait ends at its time, and what the client asked meanwhile comes after")
    func waiting() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("BLPOP k 0.05\r\nPING\r\n")
            #expect(try client.replyText() == "null")
            #expect(try client.replyText() == "PONG")
            // So far away that no clock holds it.
            try client.send("BLPOP k 9007199254740\r\n")
            client.endSending()
            #expect(try client.replyText() == "end")
        }
    }

    @Test("the reply to a wrong password is held back, and what follows it, too")
    func wrongPassword() async throws {
        try await withServer(["requirepass": "secret"]) { server in
            let client = try server.client()
            try client.send("AUTH open\r\nAUTH secret\r\nPING\r\nAUTH sesame\r\n")
            #expect(try client.replyText() == "-WRONGPASS invalid username-password pair or user is disabled.")
            #expect(try client.replyText() == "OK")
            #expect(try client.replyText() == "PONG")
            #expect(try client.replyText().hasPrefix("-WRONGPASS"))
        }
    }

    @Test("guesses from one address take longer each time, whatever the connection")
    func loginGuard() {
        let guesses = LoginGuard()
        let delays = (0..<8).map { number in guesses.noteFailure(from: "10.0.0.1:\(number)", at: 0).nanoseconds }
        #expect(delays == [100, 200, 400, 800, 1_600, 3_200, 3_200, 3_200].map { $0 * 1_000_000 })
        #expect(guesses.noteFailure(from: "10.0.0.2:1", at: 0).nanoseconds == 100_000_000)
        #expect(guesses.noteFailure(from: "10.0.0.1:1", at: 61).nanoseconds == 100_000_000)
    }
}
