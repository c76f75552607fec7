import Commands
import Foundation
import Testing

@testable import LVKVServer

/// A directory that is removed with the value.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "lvkv-server-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ name: String, _ content: String) throws -> String {
        try Data(content.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name))), as: UTF8.self)
    }
}

/// What a ``ServerError`` that `body` throws says; `nil` when it throws none.
func refusal(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ServerError)?.description ?? "\(error)"
    }
}

@Suite("Configuration")
struct ConfigurationTests {
    @Test("a file's lines are names and values, with quotes and remarks")
    func file() throws {
        let folder = try Folder()
        let path = try folder.write(
            "lvkv.conf",
            """
            # A remark.
              # Another one.

            port 7000
            bind 127.0.0.1 ::1
            LogLevel warning
            logfile "/var/log/my \\"lvkv\\".log"
            requirepass 'it''s'
            client-output-buffer-limit pubsub 1mb 1mb 5
            """.replacingOccurrences(of: "'it''s'", with: "\"it's\""))
        let settings = Settings()
        try Configuration.read(file: path, into: settings)
        #expect(settings.integer(.port) == 7_000)
        #expect(settings.words(.bind) == ["127.0.0.1", "::1"])
        #expect(settings.text(.logLevel) == "warning")
        #expect(settings.text(.logFile) == "/var/log/my \"lvkv\".log")
        #expect(settings.text(.password) == "#" + PasswordDigest(of: "it's".utf8.span).hex)
        #expect(try OutputLimits(settings.text(.outputLimits)).pubsub.seconds == 5)
    }

    @Test(
        "what is wrong in a file is told with its line",
        arguments: [
            ("\nport x", ", line 2: port: argument couldn't be parsed into an integer"),
            ("zzzz 1", ", line 1: zzzz: there is no setting 'zzzz'"),
            ("port", ", line 1: 'port' has no value; write \"\" for none"),
            ("logfile \"a", ", line 1: unbalanced quotes"),
        ])
    func badFile(_ content: String, _ reason: String) throws {
        let folder = try Folder()
        let path = try folder.write("lvkv.conf", content)
        #expect(refusal { try Configuration.read(file: path, into: Settings()) } == path + reason)
        #expect(
            refusal { try Configuration.read(file: folder.file("none"), into: Settings()) }?
                .hasPrefix("cannot read \(folder.file("none"))") == true)
    }

    @Test("the environment gives settings by their names")
    func environment() throws {
        let settings = Settings()
        try Configuration.read(
            environment: { ["LVKV_TLS_PORT": "7001", "LVKV_REQUIREPASS": "secret"][$0] }, into: settings)
        #expect(settings.integer(.tlsPort) == 7_001)
        #expect(!settings.text(.password).isEmpty)
        #expect(
            refusal { try Configuration.read(environment: { $0 == "LVKV_PORT" ? "x" : nil }, into: settings) }
                == "LVKV_PORT: argument couldn't be parsed into an integer")
    }

    @Test("a command line gives settings, but no passwords")
    func arguments() throws {
        let settings = Settings()
        try Configuration.read(arguments: ["--port", "7000", "--bind=127.0.0.1 ::1"], into: settings)
        #expect(settings.integer(.port) == 7_000)
        #expect(settings.words(.bind) == ["127.0.0.1", "::1"])
        func reason(_ words: String...) -> String? {
            refusal { try Configuration.read(arguments: words, into: settings) }
        }
        #expect(reason("port") == "unexpected 'port': a setting is given as --name value")
        #expect(reason("--port") == "--port has no value")
        #expect(reason("--port", "x") == "--port: argument couldn't be parsed into an integer")
        #expect(reason("--zzzz", "1") == "--zzzz: there is no setting 'zzzz'")
        let password = try #require(reason("--requirepass", "secret"))
        #expect(password.contains("LVKV_REQUIREPASS") && !password.contains("secret"))
        #expect(settings.text(.password).isEmpty)
    }

    @Test("rewriting a file changes the lines that must change and keeps all else")
    func rewrite() throws {
        let folder = try Folder()
        let path = try folder.write("lvkv.conf", "# Mine.\nport 7000\n\ntimeout 5\nproto-max-bulk-len 2mb\n\n")
        let settings = Settings()
        try Configuration.read(file: path, into: settings)
        try settings.change([("timeout", "6"), ("maxclients", "7"), ("requirepass", "secret")])
        try settings.assign("logfile", "a \"b\"\n")
        try Configuration.rewrite(file: path, from: settings)
        let digest = PasswordDigest(of: "secret".utf8.span).hex
        #expect(
            try folder.read("lvkv.conf")
                == "# Mine.\nport 7000\n\ntimeout 6\nproto-max-bulk-len 2mb\nrequirepass #\(digest)\nmaxclients 7\n"
                + "logfile \"a \\\"b\\\"\\x0a\"\n")
        let again = Settings()
        try Configuration.read(file: path, into: again)
        for setting in Setting.all { #expect(again.text(setting) == settings.text(setting), "\(setting.name)") }
    }

    @Test("other machines may come in only where a password or users are set")
    func openBind() throws {
        let settings = Settings()
        for host in ["127.0.0.1", "127.0.0.2", "::1", "localhost"] {
            try settings.assign("bind", host)
            #expect(refusal { _ = try Listener.all(settings) } == nil, "\(host)")
        }
        for host in ["0.0.0.0", "::", "10.1.2.3", "127.0.0.1 0.0.0.0"] {
            try settings.assign("bind", host)
            let reason = refusal { _ = try Listener.all(settings) }
            #expect(reason?.contains("without a password") == true, "\(host)")
            #expect(reason?.contains("LVKV_REQUIREPASS") == true)
        }
        try settings.assign("requirepass", "secret")
        #expect(refusal { _ = try Listener.all(settings) } == nil)
        try settings.assign("bind", "no such host.invalid")
        #expect(refusal { _ = try Listener.all(settings) } != nil)
        try settings.assign("port", "0")
        #expect(
            refusal { _ = try Listener.all(settings) }
                == "there is nothing to listen on: give a port, a tls-port or a unixsocket")
        try settings.assign("tls-port", "7001")
        #expect(refusal { _ = try Encryption.context(settings) } == "a tls-port needs tls-cert-file and tls-key-file")
    }
}
