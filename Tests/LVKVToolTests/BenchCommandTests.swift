import Foundation
import Testing

@Suite("The command bench")
struct BenchCommandTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func withServer(_ body: (String) throws -> Void) throws {
        let port = UInt16.random(in: 10_000..<30_000)
        let server = Process()
        server.executableURL = Outcome.executable
        server.arguments = ["serve", "--db", sandbox.database, "--port", "\(port)"]
        server.standardError = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        let url = "redis://127.0.0.1:\(port)"
        while try Outcome.of(["--url", url, "shell", "PING"]).status != 0 { try #require(server.isRunning) }
        try body(url)
    }

    private func object(_ outcome: Outcome) throws -> [String: Any] {
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require(JSONSerialization.jsonObject(with: outcome.bytes) as? [String: Any])
    }

    @Test("every mix runs on a server, on its own keys, without an error", arguments: ["a", "b", "c", "d", "e", "f"])
    func mixes(letter: String) throws {
        try withServer { url in
            let result = try object(
                Outcome.of([
                    "bench", "--url", url, "--mix", letter, "--keys", "200", "--requests", "500", "--connections", "4",
                    "--threads", "2", "--pipeline", "3", "--value-size", "20", "--format", "json",
                ]))
            #expect(result["count"] as? Int == 500)
            #expect(result["errors"] as? Int == 0)
            let keys = try Outcome.of(["--url", url, "count", "--prefix", "bench:"]).output
            #expect(Int(keys.dropLast()) ?? 0 >= 200)
        }
    }

    @Test("an open loop keeps its rate and draws its picture")
    func openLoop() throws {
        let picture = sandbox.file("load.svg")
        try withServer { url in
            let result = try object(
                Outcome.of([
                    "bench", "--url", url, "--load", "--keys", "50", "--command", "GET {key}", "--rate", "100",
                    "--duration", "1", "--warmup", "0", "--interval", "0.25", "--format", "json", "--svg", picture,
                ]))
            // 100 were due; on a slow machine some may not have been sent.
            let count = try #require(result["count"] as? Int)
            let unsent = try #require(result["unsent"] as? Int)
            #expect(count + unsent == 100)
            #expect(try sandbox.read("load.svg").hasPrefix("<svg "))
        }
    }

    @Test("errors of the server are counted and told")
    func errors() throws {
        try withServer { url in
            let result = try object(
                Outcome.of([
                    "bench", "--url", url, "--command", "NOSUCH {key}", "--requests", "20", "--connections", "2",
                    "--format", "json",
                ]))
            #expect(result["errors"] as? Int == 20)
            #expect((result["first_error"] as? String)?.contains("unknown command") == true)
        }
    }

    @Test("a directory is measured in the process, on as many threads as there are connections")
    func directory() throws {
        let outcome = try sandbox.lvkv(
            "bench", "--mix", "a", "--keys", "100", "--requests", "300", "--connections", "3", "--format", "csv")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.lines.count { $0.hasPrefix("read,") || $0.hasPrefix("update,") || $0.hasPrefix("all,") } == 3)
        #expect(try sandbox.lvkv("count").output == "100\n")
        let waiting = try sandbox.lvkv("bench", "--command", "BLPOP {key} 0", "--requests", "1")
        #expect(waiting.status == 64)
        #expect(waiting.hasOneErrorLine)
    }

    @Test("with nothing but --load the writing is measured")
    func load() throws {
        let outcome = try sandbox.lvkv("bench", "--load", "--keys", "500", "--format", "json")
        #expect(try object(outcome)["count"] as? Int == 500)
        #expect(try sandbox.lvkv("count").output == "500\n")
    }

    @Test("without a server it is one line and status 69")
    func noServer() throws {
        let outcome = try Outcome.of(["bench", "--url", "redis://127.0.0.1:1", "--mix", "c"])
        #expect(outcome.status == 69)
        #expect(outcome.hasOneErrorLine)
    }

    @Test(
        "what makes no sense is one line and status 64",
        arguments: [
            [], ["--mix", "g"], ["--mix", "a", "--command", "PING"], ["--command", "GET {kee}"],
            ["--mix", "a", "--pipeline", "0"], ["--mix", "a", "--rate", "0"], ["--mix", "a", "--keys", "x"],
            ["--mix", "a", "--duration", "1", "--requests", "1"], ["--mix", "a", "--format", "raw"],
            ["--mix", "a", "--order", "random"], ["--mix", "a", "--key-size", "7"],
            ["--command", "200% GET a"], ["--mix", "a", "extra"],
        ])
    func malformed(words: [String]) throws {
        let outcome = try sandbox.lvkv(["bench"] + words)
        #expect(outcome.status == 64, "\(words): \(outcome.errors)")
        #expect(outcome.hasOneErrorLine, "\(words): \(outcome.errors)")
    }
}
