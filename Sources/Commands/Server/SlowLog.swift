internal import OrderedStore
internal import Synchronization

/// The commands that took long. Safe from any thread.
final class SlowLog: Sendable {
    /// A command that took long.
    struct Entry: Sendable {
        let id: Int
        /// When it ended, in seconds since 1970.
        let time: Int64
        let microseconds: Int64
        /// Its words, cut where they are many or long.
        let words: [[UInt8]]
        let address: String
        let name: [UInt8]
    }

    private struct State {
        var entries: [Entry] = []
        var last = 0
    }

    private let state = Mutex(State())
    /// The settings, where every command can look at them without a lock.
    private let threshold = Atomic(10_000)
    private let length = Atomic(128)

    // As Redis: so much of a command is kept.
    private static let mostWords = 32
    private static let longestWord = 128

    func take(_ settings: Settings) {
        threshold.store(settings.integer(.slowerThan), ordering: .relaxed)
        length.store(settings.integer(.slowLogLength), ordering: .relaxed)
        trim()
    }

    private func trim() {
        let most = length.load(ordering: .relaxed)
        state.withLock { state in
            if state.entries.count > most { state.entries.removeLast(state.entries.count - most) }
        }
    }

    /// Keeps a command that took long enough.
    func note(
        _ command: Command, _ arguments: Arguments, _ session: Session, nanoseconds: Int64, _ engine: Engine
    ) {
        let microseconds = nanoseconds / 1_000
        let threshold = threshold.load(ordering: .relaxed)
        guard threshold >= 0, microseconds >= threshold, !command.flags.contains(.skipSlowlog) else { return }
        let words = SlowLog.excerpt(arguments, firstSecret: command.firstSecret)
        state.withLock { state in
            state.entries.insert(
                Entry(
                    id: state.last, time: engine.now / 1_000, microseconds: microseconds, words: words,
                    address: session.address, name: session.name),
                at: 0)
            state.last += 1
        }
        trim()
    }

    private static func excerpt(_ arguments: Arguments, firstSecret: Int?) -> [[UInt8]] {
        var words: [[UInt8]] = []
        for index in 0..<min(arguments.count, mostWords) {
            if index == mostWords - 1, arguments.count > mostWords {
                words.append(Array("... (\(arguments.count - mostWords + 1) more arguments)".utf8))
                break
            }
            let word = arguments[index]
            if let firstSecret, index >= firstSecret {
                words.append(Array("(redacted)".utf8))
            } else if word.count > longestWord {
                words.append(
                    word.extracting(first: longestWord).array
                        + Array("... (\(word.count - longestWord) more bytes)".utf8))
            } else {
                words.append(word.array)
            }
        }
        return words
    }

    /// The latest, the last one first; all when `most` is negative.
    func entries(_ most: Int) -> [Entry] {
        state.withLock { most < 0 ? $0.entries : Array($0.entries.prefix(most)) }
    }

    var count: Int { state.withLock { $0.entries.count } }
    func clear() { state.withLock { $0.entries = [] } }
}

extension Command {
    /// The first of its words that may be a password, with all that follow; `nil` for none.
    var firstSecret: Int? {
        switch name {
        case "auth": 1
        // Behind the version and the option's name.
        case "hello": 3
        case "setuser", "deluser": 2
        default: nil
        }
    }
}
