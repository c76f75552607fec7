internal import Synchronization

/// What subscribed and monitoring clients have left unread, all together. Safe from any thread.
final class UnreadMessages: Sendable {
    private let byteCount = Atomic(0)
    private let clientCount = Atomic(0)

    /// The bytes of all messages that wait, each message once however many it waits for.
    var bytes: Int { byteCount.load(ordering: .relaxed) }
    /// How many clients they wait for.
    var clients: Int { clientCount.load(ordering: .relaxed) }

    func countClients(_ change: Int) { clientCount.wrappingAdd(change, ordering: .relaxed) }

    /// A message, counted for as long as anybody holds it.
    final class Message: Sendable {
        private let bytes: Int
        private let all: UnreadMessages

        init(_ bytes: Int, among all: UnreadMessages) {
            self.bytes = bytes
            self.all = all
            all.byteCount.wrappingAdd(bytes, ordering: .relaxed)
        }

        deinit { all.byteCount.wrappingSubtract(bytes, ordering: .relaxed) }
    }
}
