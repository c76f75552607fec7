internal import OrderedStore
internal import Synchronization

/// Who is told of every command. Safe from any thread.
final class Monitors: Sendable {
    private let sessions = Mutex<[Int64: Session]>([:])
    private let count = Atomic(0)

    var isUsed: Bool { count.load(ordering: .relaxed) > 0 }

    func add(_ session: Session) {
        sessions.withLock { sessions in
            sessions[session.id] = session
            session.activity.isMonitor.store(true, ordering: .relaxed)
            count.store(sessions.count, ordering: .relaxed)
        }
    }

    func remove(_ session: Session) {
        guard session.activity.isMonitor.load(ordering: .relaxed) else { return }
        sessions.withLock { sessions in
            sessions[session.id] = nil
            session.activity.isMonitor.store(false, ordering: .relaxed)
            count.store(sessions.count, ordering: .relaxed)
        }
    }

    /// Shows a command, unless it is one of an administrator's.
    func tell(_ command: Command, _ arguments: Arguments, _ session: Session, now: Int64) {
        guard command.flags.isDisjoint(with: [.skipMonitor, .admin]) else { return }
        var line = "\(now / 1_000)."
        let fraction = String(now % 1_000 * 1_000)
        line += String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
        line += " [\(session.database) \(session.address)]"
        var text = Array(line.utf8)
        for index in 0..<arguments.count {
            if let secret = command.firstSecret, index >= secret {
                text += Array(" \"(redacted)\"".utf8)
            } else {
                Monitors.append(quoted: arguments[index], to: &text)
            }
        }
        sessions.withLock { sessions in
            var copies = SharedReplies { $0.simple(text: text.span) }
            for monitor in sessions.values { copies.send(to: monitor) }
        }
    }

    private static func append(quoted word: Span<UInt8>, to text: inout [UInt8]) {
        text += Array(" \"".utf8)
        for index in word.indices {
            let byte = word[index]
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): text += [UInt8(ascii: "\\"), byte]
            case 0x0A: text += Array("\\n".utf8)
            case 0x0D: text += Array("\\r".utf8)
            case 0x09: text += Array("\\t".utf8)
            case 0x07: text += Array("\\a".utf8)
            case 0x08: text += Array("\\b".utf8)
            case 0x20..<0x7F: text.append(byte)
            default:
                let digits = String(byte, radix: 16)
                text += Array("\\x\(digits.utf8.count < 2 ? "0" : "")\(digits)".utf8)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
