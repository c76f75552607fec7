internal import OrderedStore
internal import Structures
internal import Synchronization

/// Who listens to which channels. Safe from any thread; whoever is told of messages is told in the order in which they
/// are published.
final class PubSub: Sendable {
    /// What is subscribed to.
    enum Kind: Int {
        case channel, pattern, shardChannel
    }

    private typealias Listeners = [ObjectIdentifier: Session]

    private struct State {
        /// By kind, then by name.
        var listeners: [[[UInt8]: Listeners]] = [[:], [:], [:]]
        var patterns: [[UInt8]: GlobPattern] = [:]
        /// What each listener subscribed to, by kind.
        var names: [ObjectIdentifier: [Set<[UInt8]>]] = [:]
    }

    private let state = Mutex(State())
    /// How many channels, patterns and shard channels there are: without any, nothing is published.
    private let subscribed = Atomic(0)

    var isUsed: Bool { subscribed.load(ordering: .acquiring) > 0 }

    // MARK: - Subscribing

    /// Makes a session listen, or listen no more.
    ///
    /// - Returns: how much it listens to then, as the reply says it: channels and patterns, or shard channels.
    func set(_ isListening: Bool, _ session: Session, _ kind: Kind, _ name: [UInt8]) -> Int {
        state.withLock { state in
            let id = ObjectIdentifier(session)
            var names = state.names[id] ?? [[], [], []]
            let place = kind.rawValue
            if isListening {
                if names[place].insert(name).inserted {
                    if state.listeners[place][name] == nil { subscribed.wrappingAdd(1, ordering: .releasing) }
                    state.listeners[place][name, default: [:]][id] = session
                    if kind == .pattern { state.patterns[name] = GlobPattern(name.span) }
                }
            } else if names[place].remove(name) != nil {
                state.listeners[place][name]?[id] = nil
                if state.listeners[place][name]?.isEmpty == true {
                    state.listeners[place][name] = nil
                    subscribed.wrappingSubtract(1, ordering: .releasing)
                    if kind == .pattern { state.patterns[name] = nil }
                }
            }
            state.names[id] = names.allSatisfy(\.isEmpty) ? nil : names
            session.activity.channels.store(names[0].count, ordering: .relaxed)
            session.activity.patterns.store(names[1].count, ordering: .relaxed)
            session.activity.shardChannels.store(names[2].count, ordering: .relaxed)
            return kind == .shardChannel ? names[2].count : names[0].count + names[1].count
        }
    }

    /// What a session listens to, in no order.
    func names(of session: Session, _ kind: Kind) -> [[UInt8]] {
        state.withLock { state in Array(state.names[ObjectIdentifier(session)]?[kind.rawValue] ?? []) }
    }

    /// Makes a session listen to nothing.
    func removeAll(_ session: Session) {
        guard session.subscriptions > 0 else { return }
        for kind in [Kind.channel, .pattern, .shardChannel] {
            for name in names(of: session, kind) { _ = set(false, session, kind, name) }
        }
    }

    // MARK: - Publishing

    /// Tells those who listen. A message is put together once, however many they are.
    ///
    /// - Parameter own: the session that publishes, and where its reply is about to be written: if it listens itself,
    ///   the message comes before the reply.
    /// - Returns: how many were told, each as often as it was.
    func publish(
        _ message: Span<UInt8>, on channel: Span<UInt8>, isSharded: Bool = false,
        own: (session: Session, reply: any ReplyWriter)? = nil
    ) -> Int {
        guard isUsed else { return 0 }
        let name = channel.array
        let message = message.array
        return state.withLock { state in
            var told = 0
            let kind: Kind = isSharded ? .shardChannel : .channel
            if let listeners = state.listeners[kind.rawValue][name] {
                told += PubSub.tell(listeners, [isSharded ? "smessage" : "message"], [name, message], own)
            }
            guard !isSharded else { return told }
            for (pattern, glob) in state.patterns where PubSub.matches(glob, pattern, name.span) {
                guard let listeners = state.listeners[Kind.pattern.rawValue][pattern] else { continue }
                told += PubSub.tell(listeners, ["pmessage"], [pattern, name, message], own)
            }
            return told
        }
    }

    private static func tell(
        _ listeners: Listeners, _ kind: [String], _ words: [[UInt8]],
        _ own: (session: Session, reply: any ReplyWriter)?
    ) -> Int {
        let write = { (reply: any ReplyWriter) in
            reply.push(kind.count + words.count)
            for word in kind { reply.bulk(word) }
            for word in words { reply.bulk(word) }
        }
        var copies = SharedReplies(write)
        for session in listeners.values {
            if let own, own.session === session { write(own.reply) } else { copies.send(to: session) }
        }
        return listeners.count
    }

    /// Whether a channel matches a pattern. As in Redis the channel without a name matches the empty pattern only.
    static func matches(_ glob: GlobPattern, _ pattern: [UInt8], _ channel: Span<UInt8>) -> Bool {
        channel.isEmpty ? pattern.isEmpty : glob.matches(channel)
    }

    // MARK: - What there is

    /// The channels that somebody listens to.
    func channels(_ kind: Kind) -> [[UInt8]] { state.withLock { Array($0.listeners[kind.rawValue].keys) } }

    /// How many listen to a channel.
    func listeners(to channel: [UInt8], _ kind: Kind) -> Int {
        state.withLock { $0.listeners[kind.rawValue][channel]?.count ?? 0 }
    }

    /// How many patterns somebody listens to.
    var patterns: Int { state.withLock { $0.patterns.count } }
}

/// One reply for many sessions, put together once for each version of the protocol.
struct SharedReplies {
    private var copies: [(version: Int, owner: ObjectIdentifier, reply: any ReplyWriter)] = []
    private let write: (any ReplyWriter) -> Void

    init(_ write: @escaping (any ReplyWriter) -> Void) { self.write = write }

    mutating func send(to session: Session) {
        guard let owner = session.owner else { return }
        let (version, kind) = (session.version, ObjectIdentifier(type(of: owner)))
        if let copy = copies.first(where: { $0.version == version && $0.owner == kind }) {
            return owner.send(copy.reply, endsWait: false)
        }
        let reply = owner.makeReply(version: version)
        write(reply)
        copies.append((version, kind, reply))
        owner.send(reply, endsWait: false)
    }
}
