import Commands
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import OrderedStore
import Structures
import Testing

@testable import LVKVServer

/// Certificates made by the command openssl, for one test.
struct Certificates {
    let folder: Folder

    init() throws {
        folder = try Folder()
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            ["req", "-x509"] + key + [
                "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority",
            ])
        for name in ["server", "client"] {
            try openssl(["req"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)"])
            try openssl([
                "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", "\(name).pem", "-days", "2",
            ])
        }
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }

    /// A server's settings.
    func settings(_ others: [String: String] = [:]) throws -> Settings {
        let settings = Settings()
        try settings.assign("tls-port", "1")
        try settings.assign("tls-cert-file", folder.file("server.pem"))
        try settings.assign("tls-key-file", folder.file("server.key"))
        for (name, value) in others { try settings.assign(name, value) }
        return settings
    }

    /// Asks a server, with a client's certificate or without.
    ///
    /// - Returns: what it sent until it closed the connection; `nil` when there was no connection.
    func ask(port: Int, _ request: String, as client: String?) async throws -> String? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(folder.file("ca.pem"))
        configuration.certificateVerification = .noHostnameVerification
        if let client {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(folder.file("\(client).pem"))
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: folder.file("\(client).key"), format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let (pieces, continuation) = AsyncStream.makeStream(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try pipeline.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        // With TLS 1.3 a client learns that its certificate is refused only when it reads.
        try? await channel.writeAndFlush(ByteBuffer(string: request))
        var text: String?
        for await piece in pieces { text = (text ?? "") + piece }
        return text
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let continuation: AsyncStream<String>.Continuation

        init(_ continuation: AsyncStream<String>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            continuation.finish()
            context.close(promise: nil)
        }
    }
}

@Suite("Encryption", .serialized)
struct EncryptionTests {
    /// Asks a server with these settings.
    private func ask(_ certificates: Certificates, _ settings: Settings, as client: String?) async throws -> String? {
        let engine = Engine(
            UncheckedStore(MemoryStore()), StructureState(isEnabled: true),
            table: CommandTable(CommandTable.standard.commands + [TestCommands.bye]), settings: settings)
        let server = Server(quiet: engine)
        let places = try await server.start(on: [Listener(host: "127.0.0.1", port: 0, isEncrypted: true)])
        let port = try #require(places.first?.split(separator: ":").last.flatMap { Int($0) })
        let reply = try? await certificates.ask(port: port, "PING\r\nbye\r\n", as: client)
        await server.stop(within: 5)
        return reply
    }

    @Test("a client is served over TLS")
    func plain() async throws {
        let certificates = try Certificates()
        #expect(try await ask(certificates, certificates.settings(), as: nil) == "+PONG\r\n+OK\r\n")
    }

    @Test("where clients must show a certificate, only those with one come in")
    func clientCertificates() async throws {
        let certificates = try Certificates()
        let authorities = ["tls-ca-cert-file": certificates.folder.file("ca.pem")]
        let must = try certificates.settings(authorities)
        #expect(try await ask(certificates, must, as: "client") == "+PONG\r\n+OK\r\n")
        #expect(try await ask(certificates, must, as: nil) == nil)
        let may = try certificates.settings(authorities.merging(["tls-auth-clients": "optional"]) { $1 })
        #expect(try await ask(certificates, may, as: nil) == "+PONG\r\n+OK\r\n")
        let stranger = try Certificates()
        try FileManager.default.copyItem(
            atPath: stranger.folder.file("client.pem"), toPath: certificates.folder.file("stranger.pem"))
        try FileManager.default.copyItem(
            atPath: stranger.folder.file("client.key"), toPath: certificates.folder.file("stranger.key"))
        #expect(try await ask(certificates, may, as: "stranger") == nil)
    }

    @Test("files that are missing, or do not go together, are told before anything listens")
    func badFiles() throws {
        let certificates = try Certificates()
        func reason(_ name: String, _ file: String) throws -> String? {
            let settings = try certificates.settings([name: certificates.folder.file(file)])
            return refusal { _ = try Encryption.context(settings) }
        }
        #expect(try reason("tls-cert-file", "none")?.hasPrefix("tls-cert-file: cannot use") == true)
        #expect(try reason("tls-key-file", "server.pem")?.hasPrefix("tls-key-file: cannot use") == true)
        #expect(try reason("tls-ca-cert-file", "server.key")?.hasPrefix("tls-ca-cert-file: cannot use") == true)
        #expect(try reason("tls-key-file", "client.key")?.contains("do not go together") == true)
    }

    @Test("bytes that are no TLS end the connection and nothing else")
    func garbage() async throws {
        let certificates = try Certificates()
        let engine = Engine(
            UncheckedStore(MemoryStore()), StructureState(isEnabled: true), settings: try certificates.settings())
        let server = Server(quiet: engine)
        let places = try await server.start(on: [Listener(host: "127.0.0.1", port: 0, isEncrypted: true)])
        let port = try #require(places.first?.split(separator: ":").last.flatMap { Int($0) })
        let client = try SocketClient(port: port)
        try client.send("PING\r\nPING\r\nPING\r\n")
        while let piece = try? client.receive(), !piece.isEmpty { #expect(!piece.starts(with: Array("+PONG".utf8))) }
        await server.stop(within: 5)
    }
}
