internal import Commands
internal import RESP
internal import Synchronization

/// The commands of the dialect of lines.
enum LineCommand: String, CaseIterable, Sendable {
    case put = "PUT"
    case get = "GET"
    case putlist = "PUTLIST"
    case getlist = "GETLIST"
    case append = "APPEND"
    case increment = "INCREMENT"
    case delete = "DELETE"
    case stats = "STATS"

    /// Whether a value and its type belong to the command: then a message is whole with its type.
    static func takesValue(_ name: String) -> Bool {
        switch LineCommand(rawValue: name) {
        case .put, .putlist, .append: true
        case .get, .getlist, .increment, .delete, .stats, nil: false
        }
    }
}

/// What the reply to a message says: `True; …` or `False; …`.
struct LineReply: Hashable, Sendable {
    var isSuccess: Bool
    var text: [UInt8]

    static func done(_ text: String) -> LineReply { LineReply(isSuccess: true, text: Array(text.utf8)) }
    static func failed(_ text: String) -> LineReply { LineReply(isSuccess: false, text: Array(text.utf8)) }

    /// As it is sent: one line, so line ends in it are written `\r` and `\n`.
    func bytes(endsLine: Bool) -> [UInt8] {
        var line = Array((isSuccess ? "True; " : "False; ").utf8)
        for byte in text {
            switch byte {
            case 0x0A: line += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0D: line += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            default: line.append(byte)
            }
        }
        if endsLine { line.append(UInt8(ascii: "\n")) }
        return line
    }
}

/// How many messages of each command there were. Safe from any thread.
final class LineStatistics: Sendable {
    private struct Counts {
        var success = 0
        var error = 0
    }

    private let counts = Mutex<[LineCommand: Counts]>([:])

    func note(_ command: LineCommand, isSuccess: Bool) {
        counts.withLock { counts in
            if isSuccess {
                counts[command, default: Counts()].success += 1
            } else {
                counts[command, default: Counts()].error += 1
            }
        }
    }

    /// `{"PUT": {"success": 1, "error": 0}, …}`: JSON, with all commands in their order.
    var text: String {
        let counts = counts.withLock { $0 }
        let members = LineCommand.allCases.map { command in
            let count = counts[command] ?? Counts()
            return "\"\(command.rawValue)\": {\"success\": \(count.success), \"error\": \(count.error)}"
        }
        return "{" + members.joined(separator: ", ") + "}"
    }
}

/// Answers the messages of one client of the dialect of lines. They become commands of the engine, so the values are
/// those that all other clients see.
struct LineClient {
    let engine: Engine
    let session: Session
    let statistics: LineStatistics

    /// A command was begun that needs more time than an event loop has; nothing has happened.
    private struct NeedsTime: Error {}

    /// The reply to a message.
    ///
    /// - Parameter mayTakeTime: whether this thread has time for long work.
    /// - Returns: `nil` when the message is to be answered on a thread that has the time.
    func answer(_ message: LineMessage, mayTakeTime: Bool) -> LineReply? {
        guard let command = LineCommand(rawValue: message.command) else {
            return .failed("Unknown command type [\(message.command)]")
        }
        do throws(NeedsTime) {
            let call = Call(client: self, message: message, mayTakeTime: mayTakeTime)
            let reply = try call.answer(command)
            statistics.note(command, isSuccess: reply.isSuccess)
            return reply
        } catch {
            session.queue = nil
            return nil
        }
    }

    private struct Call {
        let client: LineClient
        let message: LineMessage
        let mayTakeTime: Bool

        private var key: String { String(decoding: message.key, as: UTF8.self) }
        private var value: String { String(decoding: message.value, as: UTF8.self) }
        private var notFound: LineReply { .failed("Key [\(key)] not found") }

        func answer(_ command: LineCommand) throws(NeedsTime) -> LineReply {
            if command == .stats { return .done(client.statistics.text) }
            if message.key.isEmpty { return .failed("\(command.rawValue) needs a key") }
            switch command {
            case .put: return try put()
            case .putlist: return try putList()
            case .get: return try get()
            case .getlist: return try getList()
            case .append: return try append()
            case .increment:
                return try described(run("INCR", [message.key])) { .done("Key [\(key)] incremented to [\($0)]") }
            case .delete:
                return try described(run("DEL", [message.key])) { $0 == 0 ? notFound : .done("Key [\(key)] deleted") }
            case .stats: return .done(client.statistics.text)
            }
        }

        private func put() throws(NeedsTime) -> LineReply {
            if message.type == .list { return try putList() }
            if message.type == .int, Int64(value) == nil { return .failed("Value [\(value)] is no INT") }
            return switch try run("SET", [message.key, message.value]) {
            case .error(let text): failed(text)
            default: .done("Key [\(key)] set to [\(value)]")
            }
        }

        /// Puts a list in the place of what is there, in one step for everybody else.
        private func putList() throws(NeedsTime) -> LineReply {
            if let type = message.type, type != .list { return .failed("PUTLIST takes a LIST") }
            guard !elements.isEmpty else { return .failed("a LIST has elements with commas between them") }
            if case .error(let text) = try run("MULTI") { return failed(text) }
            _ = try run("DEL", [message.key])
            _ = try run("RPUSH", [message.key] + elements)
            switch try run("EXEC") {
            case .array(let replies):
                for case .error(let text) in replies { return failed(text) }
                return .done("Key [\(key)] set to [\(value)]")
            case .error(let text): return failed(text)
            default: return .failed("the list was not written")
            }
        }

        private func get() throws(NeedsTime) -> LineReply {
            switch try run("GET", [message.key]) {
            case .bulk(let bytes): return LineReply(isSuccess: true, text: bytes)
            case .error(let text) where text.starts(with: "WRONGTYPE".utf8): return try getList()
            case .error(let text): return failed(text)
            default: return notFound
            }
        }

        private func getList() throws(NeedsTime) -> LineReply {
            switch try run("LRANGE", [message.key, Array("0".utf8), Array("-1".utf8)]) {
            case .array(let elements) where elements.isEmpty: return notFound
            case .array(let elements):
                let texts = elements.map { element -> [UInt8] in
                    if case .bulk(let bytes) = element { bytes } else { [] }
                }
                return LineReply(isSuccess: true, text: Array(texts.joined(separator: [UInt8(ascii: ",")])))
            case .error(let text): return failed(text)
            default: return notFound
            }
        }

        private func append() throws(NeedsTime) -> LineReply {
            let values = message.type == .list ? elements : [message.value]
            guard !values.isEmpty else { return .failed("a LIST has elements with commas between them") }
            if message.type == .int, Int64(value) == nil { return .failed("Value [\(value)] is no INT") }
            return try described(run("RPUSH", [message.key] + values)) { _ in
                .done("Key [\(key)] had value [\(value)] appended")
            }
        }

        /// The value as a list: what stands between commas, without the spaces around it.
        private var elements: [[UInt8]] {
            message.value.isEmpty
                ? []
                : message.value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                    .map { Array($0.trimmedOfSpaces) }
        }

        /// What a number that a command replied means.
        private func described(_ reply: Reply, _ meaning: (Int) -> LineReply) -> LineReply {
            switch reply {
            case .integer(let number): meaning(number)
            case .error(let text): failed(text)
            default: .failed("an unexpected reply")
            }
        }

        private func failed(_ text: [UInt8]) -> LineReply {
            if text.starts(with: "WRONGTYPE".utf8) { return .failed("Key [\(key)] holds another type of value") }
            return LineReply(isSuccess: false, text: text)
        }

        private func run(_ name: String, _ words: [[UInt8]] = []) throws(NeedsTime) -> Reply {
            var arguments = Arguments([name])
            for word in words { arguments.append(word.span) }
            let reply = ReplyCollector()
            let outcome =
                mayTakeTime
                ? client.engine.executeSlowly(arguments, session: client.session, reply: reply)
                : client.engine.execute(arguments, session: client.session, reply: reply)
            switch outcome {
            case .leave, .postponed: throw NeedsTime()
            case .done, .waiting, .close: return reply.take()
            }
        }
    }
}
