#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Tells the service manager how the server is, as systemd's `sd_notify(3)` says: a datagram to the Unix socket that
/// `NOTIFY_SOCKET` names. Without the variable nothing is sent.
enum ServiceManager {
    /// Sends a state such as `READY=1`.
    static func notify(_ state: String) {
        guard let path = unsafe getenv("NOTIFY_SOCKET") else { return }
        notify(state, at: Array(unsafe String(cString: path).utf8))
    }

    /// Sends a state to the socket at `path`; one that begins with `@` is in Linux's abstract namespace.
    static func notify(_ state: String, at path: [UInt8]) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.count > 1, path.count < capacity else { return }
        var name = path
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        #if os(Linux)
            let kind = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let message = Array(state.utf8)
        let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + socklen_t(path.count)
        unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // Whoever started us may be gone; the server works without.
                _ = unsafe sendto(descriptor, message, message.count, 0, address, length)
            }
        }
    }
}
