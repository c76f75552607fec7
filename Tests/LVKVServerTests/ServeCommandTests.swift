import Commands
import Foundation
import LVKV
import Testing

@testable import LVKVServer

/// A run of `lvkv serve`, built next to the tests, that listens on a Unix socket of its own.
final class ServeProcess {
    let process = Process()
    let socketPath: String
    private let log: String

    init(_ folder: Folder, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        socketPath = folder.file("socket")
        log = folder.file("log-\(UUID().uuidString)")
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let tests = bundle ?? URL(fileURLWithPath: CommandLine.arguments[0])
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("lvkv")
        process.arguments =
            ["serve", "--db", folder.file("db"), "--port", "0", "--unixsocket", socketPath] + arguments
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LVKV_") }
        variables.merge(environment) { $1 }
        process.environment = variables
        try Data().write(to: URL(fileURLWithPath: log))
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// What was written to standard error.
    var messages: String {
        String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: log))) ?? Data(), as: UTF8.self)
    }

    /// A client, as soon as the server listens.
    func client() async throws -> SocketClient {
        for _ in 0..<1_000 where process.isRunning && !messages.contains(" notice listening ") {
            try await Task.sleep(for: .milliseconds(20))
        }
        return try SocketClient(unixSocket: socketPath)
    }

    func signal() { kill(process.processIdentifier, SIGTERM) }

    /// Its status, when it has ended.
    func status() async throws -> Int32 {
        for _ in 0..<1_500 where process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        try #require(!process.isRunning, "the server does not end; it said: \(messages)")
        return process.terminationStatus
    }
}

@Suite("The command serve", .serialized)
struct ServeCommandTests {
    @Test("what clients wrote is there after SIGTERM and a new start")
    func restart() async throws {
        let folder = try Folder()
        for round in 0..<3 {
            let server = try ServeProcess(folder)
            let client = try await server.client()
            #expect(try client.ask("GET round") == (round == 0 ? "null" : "\(round - 1)"))
            #expect(try client.ask("SET round \(round)") == "OK")
            server.signal()
            #expect(try await server.status() == 0)
            #expect(server.messages.contains(" notice stopped"))
        }
    }

    @Test("a second server on a directory names the process that has it")
    func secondServer() async throws {
        let folder = try Folder()
        let first = try ServeProcess(folder)
        let client = try await first.client()
        let second = try ServeProcess(folder, ["--unixsocket", folder.file("other")])
        #expect(try await second.status() == 69)
        #expect(second.messages.contains("process \(first.process.processIdentifier) has the database open"))
        #expect(try client.ask("PING") == "PONG")
        first.signal()
        #expect(try await first.status() == 0)
    }

    @Test("a server that anybody could reach does not start, and no password is taken or shown on the command line")
    func openServer() async throws {
        let folder = try Folder()
        let open = try ServeProcess(folder, ["--port", "7", "--bind", "0.0.0.0"])
        #expect(try await open.status() == 64)
        #expect(open.messages.contains("without a password"))
        let shown = try ServeProcess(folder, ["--requirepass", "open-sesame"])
        #expect(try await shown.status() == 64)
        #expect(!shown.messages.contains("open-sesame"))
        #expect(!FileManager.default.fileExists(atPath: folder.file("db")))
    }

    @Test("the command line goes before the environment, and that before the file")
    func order() async throws {
        let folder = try Folder()
        let file = try folder.write("lvkv.conf", "maxclients 1\ntimeout 1\nloglevel warning\n")
        let server = try ServeProcess(
            folder, ["--loglevel", "notice"], environment: ["LVKV_CONFIG": file, "LVKV_MAXCLIENTS": "2"])
        let clients = [try await server.client(), try await server.client()]
        for client in clients { #expect(try client.ask("PING") == "PONG") }
        // By the file's timeout.
        for client in clients { #expect(try client.replyText() == "end") }
        server.signal()
        #expect(try await server.status() == 0)
    }

    @Test("without room writes get MISCONF until there is some; the log says each once, and INFO how it is")
    func noRoom() async throws {
        let folder = try Folder()
        let server = try ServeProcess(folder, ["--min-free-space", "\(Int.max)"])
        let client = try await server.client()
        for _ in 0..<3 { #expect(try client.ask("SET k v").hasPrefix("-MISCONF ")) }
        #expect(try client.ask("GET k") == "null")
        #expect(try client.ask("PING") == "PONG")
        #expect(try client.ask("INFO persistence").contains("storage_state:low_space"))
        #expect(try client.ask("LV.STATS").contains("storage.state low_space"))
        #expect(try client.ask("CONFIG SET min-free-space 0") == "OK")
        #expect(try client.ask("SET k v") == "OK")
        #expect(try client.ask("INFO persistence").contains("storage_state:ok"))
        for _ in 0..<1_000 where !server.messages.contains("writes go on") {
            try await Task.sleep(for: .milliseconds(20))
        }
        for message in ["writes refused: the disk is nearly full", "writes go on"] {
            #expect(server.messages.components(separatedBy: message).count == 2, "\(message)")
        }
        server.signal()
        #expect(try await server.status() == 0)
    }

    @Test("a second signal ends a server that waits for a client")
    func hurry() async throws {
        let folder = try Folder()
        let server = try ServeProcess(folder, ["--shutdown-timeout", "3600"])
        let client = try await server.client()
        let value = String(repeating: "v", count: 1 << 20)
        try client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(value.utf8.count)\r\n\(value)\r\n")
        #expect(try client.replyText() == "OK")
        // More than the sockets hold, and nobody reads it.
        try client.send(String(repeating: "GET k\r\n", count: 100))
        server.signal()
        for _ in 0..<1_000 where !server.messages.contains(" stopping ") {
            try await Task.sleep(for: .milliseconds(10))
        }
        server.signal()
        #expect(try await server.status() == 0)
        let next = try ServeProcess(folder)
        #expect(try await next.client().ask("GET k") == value)
        next.signal()
        #expect(try await next.status() == 0)
    }

    @Test("a database is restored from a backup as it was when the backup was asked for")
    func backup() async throws {
        let folder = try Folder()
        let server = try ServeProcess(folder)
        let client = try await server.client()
        #expect(try client.ask("SET a 1") == "OK")
        #expect(try client.ask("SAVE first") == "OK")
        #expect(try client.ask("SET a 2") == "OK")
        for name in ["first", "../x", ".x", "''", "a/b"] {
            #expect(try client.ask("SAVE \(name)").hasPrefix("-ERR"), "\(name)")
        }
        #expect(try client.ask("INFO server").contains("process_id:\(server.process.processIdentifier)\r\n"))
        server.signal()
        #expect(try await server.status() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("db.backups")) == ["first"])
        let backup = try Backup(at: folder.file("db.backups/first"))
        try backup.restore(to: folder.file("restored"))
        let copy = try ServeProcess(folder, ["--db", folder.file("restored")])
        #expect(try await copy.client().ask("GET a") == "1")
        copy.signal()
        #expect(try await copy.status() == 0)
    }

    @Test("users come from their file, and a file that is none is told")
    func users() async throws {
        let folder = try Folder()
        let file = try folder.write("users", "user default off\nuser ann on >secret ~* +get\n")
        let server = try ServeProcess(folder, ["--aclfile", file])
        let client = try await server.client()
        #expect(try client.ask("GET a").hasPrefix("-NOAUTH"))
        #expect(try client.ask("AUTH ann secret") == "OK")
        #expect(try client.ask("GET a") == "null")
        #expect(try client.ask("SET a 1").hasPrefix("-NOPERM"))
        server.signal()
        #expect(try await server.status() == 0)
        #expect(!server.messages.contains("secret"))
        try folder.write("users", "nobody\n")
        #expect(try await ServeProcess(folder, ["--aclfile", file]).status() == 64)
    }

    @Test("the configuration file that comes along is one")
    func sample() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let settings = Settings()
        try Configuration.read(file: root.appendingPathComponent("packaging/lvkv.conf").path, into: settings)
        #expect(settings.integer(.port) == 6_380)
        #expect(try Listener.all(settings).count == 2)
    }
}
