internal import NIOCore
internal import Synchronization

/// Slows down who guesses passwords: each failure from an address doubles the delay of the next one's reply, from all
/// its connections together. Safe from any thread.
final class LoginGuard: Sendable {
    private struct Failures {
        var count = 0
        var last = 0
    }

    private let failures = Mutex<[String: Failures]>([:])

    /// Notes a failure.
    ///
    /// - Parameters:
    ///   - address: the client's, with its port.
    ///   - tick: the time in seconds.
    /// - Returns: how long to hold back the reply.
    func noteFailure(from address: String, at tick: Int) -> TimeAmount {
        // The port is another one for each connection.
        let host = String(address[..<(address.lastIndex(of: ":") ?? address.endIndex)])
        let count = failures.withLock { failures in
            if failures.count >= LoginGuard.mostAddresses {
                failures = failures.filter { tick - $0.value.last <= LoginGuard.forgotten }
                if failures.count >= LoginGuard.mostAddresses { failures.removeAll() }
            }
            var own = failures[host] ?? Failures()
            if tick - own.last > LoginGuard.forgotten { own.count = 0 }
            own = Failures(count: min(own.count + 1, LoginGuard.mostDoublings), last: tick)
            failures[host] = own
            return own.count
        }
        return .milliseconds(50 << Int64(count))
    }

    /// After so many seconds an address starts anew.
    private static let forgotten = 60
    private static let mostAddresses = 10_000
    /// 50 ms doubled so often: 3.2 s.
    private static let mostDoublings = 6
}
