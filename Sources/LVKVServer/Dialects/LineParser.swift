/// One message of the dialect of lines: `COMMAND; [KEY]; [VALUE]; [TYPE]`.
struct LineMessage: Hashable, Sendable {
    /// In capitals, as are all commands.
    var command = ""
    var key: [UInt8] = []
    var value: [UInt8] = []
    /// What the value is; `nil` when that was left out.
    var type: LineType?
}

/// What a value is said to be.
enum LineType: String, CaseIterable, Sendable {
    case int = "INT"
    case string = "STRING"
    case list = "LIST"
}

/// Finds the messages in what a client sends.
///
/// A message ends at a line end, where the client sends no more, or as soon as it must be whole: with its type, or at
/// its third `;` when its command has no value. So a client that sends no line end gets its reply, too. What such a
/// client may still send for that message, a type and the line end, is passed over.
///
/// Keeps at most one message, and of that no more than ``longestMessage`` bytes.
struct LineParser {
    /// What was found.
    enum Event: Hashable {
        /// - Parameter endsLine: whether the message's line end has come.
        case message(LineMessage, endsLine: Bool)
        /// A message that is none, with what is wrong.
        case refusal(String, endsLine: Bool)
        /// The line end of the message before.
        case lineEnd
    }

    private enum State {
        /// In one of the three first parts, or the type.
        case parts
        /// A message came that has not seen its line end.
        case settled
        /// After a message that is none, up to the line end.
        case skipping
    }

    /// The most bytes of one message.
    let longestMessage: Int
    private var state = State.parts
    private var parts: [[UInt8]] = [[]]
    private var length = 0
    /// Bytes that came and were not looked at.
    private var input: [UInt8] = []
    private var position = 0

    init(longestMessage: Int = 1 << 20) { self.longestMessage = longestMessage }

    /// Adds what the client sent.
    mutating func append(_ bytes: some Sequence<UInt8>) {
        input.removeFirst(position)
        position = 0
        input.append(contentsOf: bytes)
    }

    /// Whether a message came whose line end has not, and nothing after it.
    var isSettled: Bool { state == .settled && parts[0].isEmpty && position == input.count }

    /// What comes next in the client's bytes; `nil` when more must arrive first.
    mutating func next() -> Event? {
        while position < input.count {
            let byte = input[position]
            position += 1
            if let event = take(byte) { return event }
        }
        return nil
    }

    /// The client sends no more: the message under way, if any.
    mutating func finish() -> Event? {
        switch state {
        case .parts: endOfLine(endsLine: false)
        case .settled, .skipping: nil
        }
    }

    private mutating func take(_ byte: UInt8) -> Event? {
        switch state {
        case .skipping:
            guard byte == UInt8(ascii: "\n") else { return nil }
            startAgain()
            return .lineEnd
        case .settled:
            return takeSettled(byte)
        case .parts:
            if byte == UInt8(ascii: "\n") { return endOfLine(endsLine: true) }
            length += 1
            if length > longestMessage { return refuse("message longer than \(longestMessage) bytes") }
            if parts.count == 4 { return takeType(byte) }
            guard byte == UInt8(ascii: ";") else {
                parts[parts.count - 1].append(byte)
                return nil
            }
            guard parts.count == 3, !LineCommand.takesValue(command) else {
                parts.append([])
                return nil
            }
            return settle(type: nil)
        }
    }

    /// After a message: its type and its line end, or the first bytes of the next message.
    private mutating func takeSettled(_ byte: UInt8) -> Event? {
        if byte == UInt8(ascii: "\n") {
            startAgain()
            return .lineEnd
        }
        if parts[0].isEmpty, byte.isLineSpace { return nil }
        parts[0].append(byte)
        let text = word(parts[0])
        if LineType(rawValue: text) != nil {
            parts[0] = []
        } else if !LineType.begins(with: text) {
            state = .parts
            let beginning = parts[0]
            parts[0] = []
            for byte in beginning { _ = take(byte) }
        }
        return nil
    }

    /// A byte after the third `;` of a command with a value.
    private mutating func takeType(_ byte: UInt8) -> Event? {
        if byte.isLineSpace { return nil }
        parts[3].append(byte)
        let text = word(parts[3])
        if let type = LineType(rawValue: text) { return settle(type: type) }
        return LineType.begins(with: text) ? nil : refuse("the type is INT, STRING or LIST")
    }

    /// The line ends, or the connection: what came is the message.
    private mutating func endOfLine(endsLine: Bool) -> Event? {
        defer { startAgain() }
        guard parts.count > 1 || parts[0].contains(where: { !$0.isLineSpace }) else { return nil }
        guard parts.count < 4 || parts[3].isEmpty else {
            return .refusal("the type is INT, STRING or LIST", endsLine: endsLine)
        }
        return .message(message(type: nil), endsLine: endsLine)
    }

    /// The message is whole without its line end.
    private mutating func settle(type: LineType?) -> Event {
        let found = message(type: type)
        startAgain()
        state = .settled
        return .message(found, endsLine: passLineEnd())
    }

    private mutating func refuse(_ reason: String) -> Event {
        startAgain()
        state = .skipping
        return .refusal(reason, endsLine: false)
    }

    /// Passes over spaces and the line end, if both are there.
    private mutating func passLineEnd() -> Bool {
        var end = position
        while end < input.count, input[end].isLineSpace { end += 1 }
        guard end < input.count, input[end] == UInt8(ascii: "\n") else { return false }
        position = end + 1
        state = .parts
        return true
    }

    private mutating func startAgain() {
        state = .parts
        parts = [[]]
        length = 0
    }

    private var command: String { word(parts[0]) }

    private func message(type: LineType?) -> LineMessage {
        LineMessage(
            command: command, key: parts.count > 1 ? trimmed(parts[1]) : [],
            value: parts.count > 2 ? trimmed(parts[2]) : [], type: type)
    }

    /// The part in capitals, without the spaces around it.
    private func word(_ part: [UInt8]) -> String { String(decoding: trimmed(part), as: UTF8.self).uppercased() }

    private func trimmed(_ part: [UInt8]) -> [UInt8] { Array(part[...].trimmedOfSpaces) }
}

extension LineType {
    /// Whether a type begins with `text`.
    fileprivate static func begins(with text: String) -> Bool {
        allCases.contains { $0.rawValue.utf8.starts(with: text.utf8) }
    }
}

extension UInt8 {
    /// A space, a tab, or the byte that some put before a line end.
    fileprivate var isLineSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0D }
}

extension ArraySlice<UInt8> {
    /// Without the spaces around it.
    var trimmedOfSpaces: Self {
        guard let first = firstIndex(where: { !$0.isLineSpace }), let last = lastIndex(where: { !$0.isLineSpace })
        else { return [] }
        return self[first...last]
    }
}
