#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
package import Commands
internal import NIOCore
internal import NIOPosix

/// One place where clients come in.
package struct Listener: Sendable {
    private enum Place: Sendable {
        case address(SocketAddress)
        case unixSocket(path: String, mode: UInt32)
    }

    /// What clients speak.
    package enum Language: Sendable {
        case redis, lines, json
    }

    private let place: Place
    package let language: Language
    /// Whether clients speak TLS.
    package let isEncrypted: Bool

    /// A port of an address.
    ///
    /// - Parameter port: 0 for any that is free.
    /// - Throws: ``ServerError`` when the address is none.
    package init(
        host: String, port: Int, language: Language = .redis, isEncrypted: Bool = false
    ) throws(ServerError) {
        do {
            place = .address(try SocketAddress.makeAddressResolvingHost(host, port: port))
        } catch {
            throw ServerError("cannot listen on '\(host)': it is no address of this machine; see bind")
        }
        self.language = language
        self.isEncrypted = isEncrypted
    }

    /// A Unix socket.
    ///
    /// - Parameter mode: who may use it, as for `chmod`.
    package init(unixSocket path: String, mode: UInt32) {
        place = .unixSocket(path: path, mode: mode)
        language = .redis
        isEncrypted = false
    }

    /// What the settings ask for.
    ///
    /// - Throws: ``ServerError`` when an address is none, nothing is asked for, or anybody could come in.
    package static func all(_ settings: Settings) throws(ServerError) -> [Listener] {
        var listeners: [Listener] = []
        for (port, isEncrypted) in [(settings.integer(.port), false), (settings.integer(.tlsPort), true)] where port > 0
        {
            for host in settings.words(.bind) {
                listeners.append(try Listener(host: host, port: port, isEncrypted: isEncrypted))
            }
        }
        let isOpen = settings.text(.password).isEmpty && settings.text(.userFile).isEmpty
        if isOpen, let open = listeners.first(where: { !$0.isLocal }) {
            throw ServerError(
                "refusing to listen on \(open.name) without a password: others than this machine could come in. Set "
                    + "requirepass in the configuration file or LVKV_REQUIREPASS in the environment, or bind 127.0.0.1")
        }
        let path = settings.text(.unixSocket)
        if !path.isEmpty {
            listeners.append(
                Listener(unixSocket: path, mode: UInt32(settings.text(.unixSocketMode), radix: 8) ?? 0o700))
        }
        for (setting, language) in [(Setting.linesPort, Language.lines), (.jsonPort, .json)]
        where settings.integer(setting) > 0 {
            for host in settings.words(.bind) {
                let listener = try Listener(host: host, port: settings.integer(setting), language: language)
                guard isOpen, listener.isLocal else {
                    throw ServerError(
                        "refusing to listen on \(listener.name) for \(setting.name): its clients cannot log in, so "
                            + "it goes with loopback addresses and without passwords only")
                }
                listeners.append(listener)
            }
        }
        guard !listeners.isEmpty else {
            throw ServerError("there is nothing to listen on: give a port, a tls-port or a unixsocket")
        }
        return listeners
    }

    /// The place as it was asked for.
    var name: String {
        switch place {
        case .address(let address): address.spelled
        case .unixSocket(let path, _): path
        }
    }

    var isUnixSocket: Bool { if case .unixSocket = place { true } else { false } }

    /// Whether only this machine's processes can reach it.
    var isLocal: Bool {
        guard case .address(let address) = place else { return true }
        switch address {
        case .v4: return address.ipAddress?.hasPrefix("127.") == true
        case .v6: return address.ipAddress == "::1" || address.ipAddress?.hasPrefix("::ffff:127.") == true
        case .unixDomainSocket: return true
        }
    }

    /// Begins to listen.
    ///
    /// - Throws: ``ServerError`` when that cannot be.
    func bind(_ bootstrap: ServerBootstrap) async throws -> any Channel {
        do {
            switch place {
            case .address(let address): return try await bootstrap.bind(to: address).get()
            case .unixSocket(let path, let mode):
                let channel = try await bootstrap.bind(
                    unixDomainSocketPath: path, cleanupExistingSocketFile: true
                ).get()
                guard unsafe chmod(path, mode_t(mode)) == 0 else {
                    throw ServerError("cannot set the mode of \(path)")
                }
                return channel
            }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ServerError("cannot listen on \(name): another program does; end it or choose another port")
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError("cannot listen on \(name): \(error)")
        }
    }
}

extension Channel {
    /// Sends small replies at once, and has the system ask whether the other side still lives.
    ///
    /// - Parameter seconds: after how long in silence; 0 for never.
    func tune(keepingAliveAfter seconds: Int) throws {
        guard let options = syncOptions else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        guard seconds > 0 else { return }
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
            // As Redis: then three questions, a third of the time apart.
            let level = NIOBSDSocket.OptionLevel(rawValue: CInt(IPPROTO_TCP))
            let times = [(TCP_KEEPIDLE, seconds), (TCP_KEEPINTVL, max(1, seconds / 3)), (TCP_KEEPCNT, 3)]
            for (name, value) in times {
                try options.setOption(
                    ChannelOptions.Types.SocketOption(level: level, name: NIOBSDSocket.Option(rawValue: name)),
                    value: value)
            }
        #endif
    }
}
