internal import Structures
internal import Synchronization

/// A command that waits for a key.
struct WaitingCommand {
    let command: Command
    let arguments: Arguments
    let wait: Wait
}

/// Who waits for keys, in the order they came.
///
/// Each step takes the same time however many there are: who leaves is not looked for in the queues, but passed over
/// when it is met there, and a queue that holds more of those than others is cleared of them.
struct WaitingSessions {
    struct Client {
        let session: Session
        let waiting: WaitingCommand
        /// Rises with each that comes.
        let ticket: UInt64
        fileprivate let keys: [WatchedKey]
    }

    private struct Queue {
        /// In the order they came; those that have left among them.
        var entries: [(ticket: UInt64, session: ObjectIdentifier)] = []
        /// Before it all have left.
        var first = 0
        /// How many have not left.
        var count = 0
    }

    private var clients: [ObjectIdentifier: Client] = [:]
    private var queues: [WatchedKey: [StructureKind: Queue]] = [:]
    private var lastTicket: UInt64 = 0

    var count: Int { clients.count }

    mutating func add(_ session: Session, _ waiting: WaitingCommand) {
        let id = ObjectIdentifier(session)
        let keys = Set(waiting.wait.keys.map { WatchedKey(database: waiting.wait.database, key: $0) })
        lastTicket += 1
        session.activity.isWaiting.store(true, ordering: .relaxed)
        clients[id] = Client(session: session, waiting: waiting, ticket: lastTicket, keys: Array(keys))
        for key in keys {
            queues[key, default: [:]][waiting.wait.kind, default: Queue()].entries.append((lastTicket, id))
            queues[key]?[waiting.wait.kind]?.count += 1
        }
    }

    /// - Returns: what the session waited for; `nil` when it did not wait.
    @discardableResult
    mutating func remove(_ session: Session) -> WaitingCommand? {
        guard let client = clients.removeValue(forKey: ObjectIdentifier(session)) else { return nil }
        session.activity.isWaiting.store(false, ordering: .relaxed)
        let kind = client.waiting.wait.kind
        for key in client.keys {
            guard let left = queues[key]?[kind]?.count else { continue }
            queues[key]?[kind]?.count = left - 1
            if left == 1 {
                queues[key]?[kind] = nil
                if queues[key]?.isEmpty == true { queues[key] = nil }
            } else if let entries = queues[key]?[kind]?.entries, entries.count > 2 * left + 32 {
                let rest = entries.filter { clients[$0.session]?.ticket == $0.ticket }
                queues[key]?[kind] = Queue(entries: rest, count: left - 1)
            }
        }
        return client.waiting
    }

    func isWaiting(_ session: Session) -> Bool { clients[ObjectIdentifier(session)] != nil }

    /// The keys that somebody waits for.
    var awaitedKeys: [WatchedKey] { Array(queues.keys) }

    /// Whether anybody waits for a key, for a value of any kind.
    func isAwaited(_ key: WatchedKey) -> Bool { queues[key] != nil }

    /// The first that came after `ticket` of those that wait for a value of `kind`.
    mutating func next(for key: WatchedKey, _ kind: StructureKind, after ticket: UInt64) -> Client? {
        guard let queue = queues[key]?[kind] else { return nil }
        var index = queue.first
        var allLeft = true
        while index < queue.entries.count {
            let entry = queue.entries[index]
            let client = clients[entry.session]
            let isThere = client?.ticket == entry.ticket
            if isThere, allLeft {
                allLeft = false
                queues[key]?[kind]?.first = index
            }
            if isThere, entry.ticket > ticket { return client }
            index += 1
        }
        return nil
    }
}
