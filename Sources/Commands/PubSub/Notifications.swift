internal import OrderedStore
internal import Structures
internal import Synchronization

/// Which changes of keys are published: the letters of `notify-keyspace-events`.
package struct NotificationClasses: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    static let keyspace = NotificationClasses(rawValue: 1 << 0)
    static let keyevent = NotificationClasses(rawValue: 1 << 1)
    private static let new = NotificationClasses(rawValue: 1 << 12)
    private static let missed = NotificationClasses(rawValue: 1 << 13)
    /// Those that `A` stands for, in the order in which they are shown.
    private static let usual: [(letter: Character, bit: NotificationClasses)] =
        "g$lshzxetd".enumerated().map { ($1, NotificationClasses(rawValue: 1 << (2 + UInt32($0)))) }
    private static let all = usual.reduce(into: NotificationClasses()) { $0.formUnion($1.bit) }

    /// The classes that letters name; `nil` when one names none.
    package init?(_ text: String) {
        self = []
        for letter in text {
            switch letter {
            case "A": formUnion(.all)
            case "K": insert(.keyspace)
            case "E": insert(.keyevent)
            case "m": insert(.missed)
            case "n": insert(.new)
            default:
                guard let known = NotificationClasses.usual.first(where: { $0.letter == letter }) else { return nil }
                insert(known.bit)
            }
        }
    }

    /// The letters, in Redis's order.
    package var text: String {
        var text = "A"
        if !isSuperset(of: .all) {
            text = String(NotificationClasses.usual.filter { contains($0.bit) }.map(\.letter))
            if contains(.new) { text += "n" }
        }
        for (letter, bit) in [("K", NotificationClasses.keyspace), ("E", .keyevent), ("m", .missed)] where contains(bit)
        {
            text += letter
        }
        return text
    }

    /// Whether anything is published at all.
    var isUsed: Bool {
        !isDisjoint(with: [.keyspace, .keyevent]) && !subtracting([.keyspace, .keyevent]).isEmpty
    }

    func contains(_ kind: KeyEvent.Kind) -> Bool {
        if kind == .newKey { return contains(.new) }
        let letter = Character(Unicode.Scalar(kind.rawValue))
        return NotificationClasses.usual.contains { $0.letter == letter && contains($0.bit) }
    }
}

extension Engine {
    /// Which changes of keys are published now.
    var notifications: NotificationClasses {
        NotificationClasses(rawValue: publishedClasses.load(ordering: .relaxed))
    }

    /// Takes the settings that every command looks at.
    func takeSettings() {
        slowLog.take(settings)
        latency.take(settings)
        let classes = NotificationClasses(settings.text(.notifications)) ?? []
        locked {
            publishedClasses.store(classes.rawValue, ordering: .relaxed)
            countObservers()
        }
    }

    /// Publishes changes of keys to those who listen for them.
    func publish(_ events: [KeyEvent]) {
        let classes = notifications
        guard classes.isUsed, pubsub.isUsed else { return }
        for event in events where classes.contains(event.kind) && event.name.utf8CodeUnitCount > 0 {
            let name = event.name.description
            if classes.contains(.keyspace) {
                let channel = Array("__keyspace@\(event.database)__:".utf8) + event.key
                _ = pubsub.publish(name.utf8.span, on: channel.span)
            }
            if classes.contains(.keyevent) {
                let channel = "__keyevent@\(event.database)__:\(name)"
                let key = event.key
                _ = pubsub.publish(key.span, on: channel.utf8.span)
            }
        }
    }
}
