#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A connection to a server; its calls wait.
struct Socket: ~Copyable {
    /// Its descriptor.
    let number: Int32
    private let name: String

    /// Connects to the first of a host's addresses that answers.
    ///
    /// - Throws: ``Failure`` with status `unavailable`.
    init(host: String, port: UInt16, name: String) throws(Failure) {
        self.name = name
        var hints = unsafe addrinfo()
        #if canImport(Glibc)
            unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            unsafe hints.ai_socktype = SOCK_STREAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, "\(port)", &hints, &found)
        guard status == 0 else {
            let words = unsafe String(cString: gai_strerror(status))
            throw Failure(.unavailable, "cannot find \(host): \(words)")
        }
        defer { unsafe freeaddrinfo(found) }
        var reason: Int32 = 0
        var address = unsafe found
        while let candidate = unsafe address {
            let entry = unsafe candidate.pointee
            let number = unsafe socket(entry.ai_family, entry.ai_socktype, entry.ai_protocol)
            if number >= 0 {
                if unsafe connect(number, entry.ai_addr, entry.ai_addrlen) == 0 {
                    self.number = number
                    return
                }
                reason = errno
                close(number)
            } else {
                reason = errno
            }
            unsafe address = entry.ai_next
        }
        throw Failure(.unavailable, "cannot reach a server at \(name): \(SystemCall.words(for: reason))")
    }

    deinit { close(number) }

    /// Sends all of `bytes`.
    func send(_ bytes: borrowing [UInt8]) throws(Failure) {
        var start = 0
        while start < bytes.count {
            let rest = bytes.span.extracting(start..<bytes.count)
            let number = number
            let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(number, $0.baseAddress, $0.count) }
            if count >= 0 {
                start += count
            } else if errno != EINTR {
                throw lost(errno)
            }
        }
    }

    /// Waits for bytes, up to the size of `buffer`.
    ///
    /// - Returns: how many came.
    func receive(into buffer: inout [UInt8]) throws(Failure) -> Int {
        while true {
            let number = number
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe systemRead(number, $0.baseAddress, $0.count) }
            if count > 0 { return count }
            if count == 0 { throw lost(nil) }
            if errno != EINTR { throw lost(errno) }
        }
    }

    /// Makes reads and writes of the descriptor return at once, and what is written leave at once.
    func stopWaiting() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
        var on: Int32 = 1
        unsafe _ = setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Why there is no connection any more; without a reason, the server ended it.
    func lost(_ reason: Int32?) -> Failure {
        guard let reason else { return Failure(.unavailable, "the server at \(name) closed the connection") }
        return Failure(.unavailable, "the connection to \(name) is lost: \(SystemCall.words(for: reason))")
    }
}
