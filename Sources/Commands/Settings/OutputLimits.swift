/// How much a client may leave unread before it is closed, for each class of clients.
package struct OutputLimits: Sendable, Hashable {
    /// A class of clients.
    package enum Class: String, Sendable, CaseIterable {
        /// Those who ask and read.
        case normal
        /// Those who have subscribed to messages.
        case pubsub
        /// Those who watch all commands.
        case monitor
    }

    /// The limit of one class, in bytes; 0 for none.
    package struct Limit: Sendable, Hashable {
        /// Above this a client is closed at once.
        package var hard: Int
        /// Above this for ``seconds`` a client is closed.
        package var soft: Int
        package var seconds: Int
    }

    package var normal: Limit
    package var pubsub: Limit
    package var monitor: Limit

    /// The limit of a class.
    package subscript(_ kind: Class) -> Limit {
        get {
            switch kind {
            case .normal: normal
            case .pubsub: pubsub
            case .monitor: monitor
            }
        }
        set {
            switch kind {
            case .normal: normal = newValue
            case .pubsub: pubsub = newValue
            case .monitor: monitor = newValue
            }
        }
    }

    /// The standard limits.
    package static let standard = OutputLimits(
        normal: Limit(hard: 1 << 30, soft: 0, seconds: 0),
        pubsub: Limit(hard: 32 << 20, soft: 8 << 20, seconds: 60),
        monitor: Limit(hard: 32 << 20, soft: 8 << 20, seconds: 60))

    /// Takes `class hard soft seconds`, repeated; a class that is left out keeps its limit of `base`. Redis's
    /// class of replicas, which lvkv has not, is read and ignored.
    package init(_ text: String, base: OutputLimits = .standard) throws(SettingError) {
        self = base
        let words = text.split(separator: " ")
        guard words.count % 4 == 0, !words.isEmpty else {
            throw SettingError("Wrong number of arguments in buffer limit configuration.")
        }
        for start in stride(from: 0, to: words.count, by: 4) {
            guard let hard = Setting.bytes(String(words[start + 1])),
                let soft = Setting.bytes(String(words[start + 2])),
                let seconds = Int(words[start + 3]), seconds >= 0
            else { throw SettingError("Error in hard, soft or soft_seconds setting in buffer limit configuration.") }
            let name = words[start].lowercased()
            if name == "slave" || name == "replica" { continue }
            guard let kind = Class(rawValue: name) else {
                throw SettingError("Invalid client class specified in buffer limit configuration.")
            }
            self[kind] = Limit(hard: hard, soft: soft, seconds: seconds)
        }
    }

    private init(normal: Limit, pubsub: Limit, monitor: Limit) {
        self.normal = normal
        self.pubsub = pubsub
        self.monitor = monitor
    }

    /// The form in which `CONFIG GET` shows it.
    package var text: String {
        Class.allCases.map { "\($0.rawValue) \(self[$0].hard) \(self[$0].soft) \(self[$0].seconds)" }
            .joined(separator: " ")
    }
}
