import Commands
import Foundation
import Logging
import OrderedStore
import Structures
import Testing

@testable import LVKVServer

@Suite("Operation", .serialized)
struct OperationTests {
    @Test("a log line holds the time, the level and the facts, and nothing from outside can forge one")
    func log() throws {
        let folder = try Folder()
        let settings = Settings()
        try settings.assign("logfile", folder.file("log"))
        let logger = try LogOutput(settings).logger()
        logger.info("not shown")
        logger.notice("client", metadata: ["name": "a b\n2026-01-01 notice x=\"y\"\u{202E}", "id": "7", "none": ""])
        try settings.change([("loglevel", "verbose")])
        logger.info("shown")
        try settings.change([("loglevel", "nothing")])
        logger.critical("not shown")
        let lines = try folder.read("log").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].wholeMatch(of: /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ notice client .*/) != nil)
        #expect(lines[0].hasSuffix(#" id=7 name="a b\n2026-01-01 notice x=\"y\"\u{202e}" none="""#))
        #expect(lines[1].hasSuffix(" info shown"))
        #expect(refusal { _ = try LogOutput(assigned("logfile", "/nowhere/log")) }?.hasPrefix("cannot write") == true)
    }

    private func assigned(_ name: String, _ value: String) throws -> Settings {
        let settings = Settings()
        try settings.assign(name, value)
        return settings
    }

    @Test("the service manager is told", arguments: [false, true])
    func notification(isAbstract: Bool) throws {
        let folder = try Folder()
        let path = Array((isAbstract ? "@" : "") + folder.file("notify")).map { $0 }
        let bytes = Array(String(path).utf8)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: isAbstract ? [0] + bytes.dropFirst() : bytes)
        }
        let size = socklen_t(2 + bytes.count)
        let isBound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) } == 0
        }
        try #require(isBound)
        ServiceManager.notify("READY=1", at: bytes)
        var message = [UInt8](repeating: 0, count: 100)
        let count = unsafe message.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        #expect(String(decoding: message.prefix(max(0, count)), as: UTF8.self) == "READY=1")
    }

    @Test("a Unix socket is for whom its mode lets in, and a left-over one is replaced")
    func unixSocket() async throws {
        let folder = try Folder()
        let path = folder.file("socket")
        for _ in 0..<2 {
            let engine = Engine(UncheckedStore(MemoryStore()), StructureState(isEnabled: true))
            let server = Server(quiet: engine)
            let places = try await server.start(on: [Listener(unixSocket: path, mode: 0o700)])
            #expect(places == [path])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            #expect(try SocketClient(unixSocket: path).ask("PING") == "PONG")
            await server.stop(within: 5)
        }
    }

    @Test("a port that is taken is named, and nothing of the server goes on listening")
    func takenPort() async throws {
        try await withServer { first in
            let engine = Engine(UncheckedStore(MemoryStore()), StructureState(isEnabled: true))
            let server = Server(quiet: engine)
            let free = try Listener(host: "127.0.0.1", port: 0)
            let taken = try Listener(host: "127.0.0.1", port: first.port)
            await #expect(
                throws: ServerError(
                    "cannot listen on 127.0.0.1:\(first.port): another program does; end it or choose another port")
            ) { try await server.start(on: [free, taken]) }
            await server.stop(within: 5)
        }
    }
}
