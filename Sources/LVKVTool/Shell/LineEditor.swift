/// One line that somebody types on a terminal: bytes of keys go in, and what is to be done comes out. Touches no
/// terminal itself.
struct LineEditor {
    /// What is to be done after a byte.
    enum Action: Equatable {
        /// Nothing yet: a key's bytes go on.
        case none
        /// Show the line again.
        case redraw
        /// The line is finished.
        case submit(String)
        /// The line is given up.
        case cancel
        /// There will be no more lines.
        case end
        /// Complete the word before the cursor.
        case complete
        /// Clear the screen, and show the line again.
        case clear
    }

    private(set) var line: [Character] = []
    /// How many characters stand before the cursor.
    private(set) var cursor = 0
    private(set) var history: [String]
    /// Which line of the history is shown; the history's count for the one that is being typed.
    private var place: Int
    /// What was being typed before the history was looked at.
    private var draft: [Character] = []
    /// What was cut last.
    private var clipboard: [Character] = []
    /// The bytes of a key, or of a character, that is not whole yet.
    private var pending: [UInt8] = []

    /// The most lines that are kept.
    static let mostHistory = 1_000

    init(history: [String] = []) {
        self.history = history.suffix(LineEditor.mostHistory)
        place = self.history.count
    }

    var text: String { String(line) }

    /// Takes a byte from the terminal.
    mutating func take(_ byte: UInt8) -> Action {
        pending.append(byte)
        if pending[0] == 0x1B { return takeEscape() }
        if pending.count == 1, byte < 0x20 || byte == 0x7F {
            pending = []
            return control(byte)
        }
        guard let text = LineEditor.whole(pending) else { return .none }
        pending = []
        for character in text { insert(character) }
        return .redraw
    }

    /// The text of bytes, of which what is no UTF-8 is replaced; `nil` while a character is not whole.
    private static func whole(_ bytes: [UInt8]) -> String? {
        let length =
            switch bytes[0] {
            case 0xC0..<0xE0: 2
            case 0xE0..<0xF0: 3
            case 0xF0..<0xF8: 4
            default: 1
            }
        return bytes.count < length ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private mutating func insert(_ character: Character) {
        // A mark joins the character before it.
        guard cursor > 0, (String(line[cursor - 1]) + String(character)).count == 1 else {
            line.insert(character, at: cursor)
            cursor += 1
            return
        }
        line[cursor - 1] = Character(String(line[cursor - 1]) + String(character))
    }

    private mutating func control(_ byte: UInt8) -> Action {
        switch byte {
        case 0x0D, 0x0A: return submit()
        case 0x03:
            reset()
            return .cancel
        case 0x04:
            guard line.isEmpty else { return deleteForward() }
            return .end
        case 0x01: return move(to: 0)
        case 0x05: return move(to: line.count)
        case 0x02: return move(to: cursor - 1)
        case 0x06: return move(to: cursor + 1)
        case 0x08, 0x7F: return cut(cursor - 1..<cursor, keeps: false)
        case 0x09: return .complete
        case 0x0B: return cut(cursor..<line.count, keeps: true)
        case 0x15: return cut(0..<cursor, keeps: true)
        case 0x17: return cut(wordStart()..<cursor, keeps: true)
        case 0x19:
            line.insert(contentsOf: clipboard, at: cursor)
            cursor += clipboard.count
            return .redraw
        case 0x14:
            guard cursor > 0, line.count > 1 else { return .redraw }
            let at = min(cursor, line.count - 1)
            line.swapAt(at - 1, at)
            cursor = at + 1
            return .redraw
        case 0x0C: return .clear
        case 0x10: return show(place - 1)
        case 0x0E: return show(place + 1)
        default: return .none
        }
    }

    /// Takes the keys that terminals send as several bytes.
    private mutating func takeEscape() -> Action {
        guard pending.count > 1 else { return .none }
        let isSequence = pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O")
        if isSequence {
            guard pending.count > 2, let last = pending.last, last >= 0x40 else {
                // No key's name is that long: what comes is no key.
                if pending.count > 16 { pending = [] }
                return .none
            }
        }
        let key = String(decoding: pending.dropFirst(), as: UTF8.self)
        pending = []
        switch key {
        case "[A", "OA": return show(place - 1)
        case "[B", "OB": return show(place + 1)
        case "[C", "OC": return move(to: cursor + 1)
        case "[D", "OD": return move(to: cursor - 1)
        case "[H", "OH", "[1~", "[7~": return move(to: 0)
        case "[F", "OF", "[4~", "[8~": return move(to: line.count)
        case "[3~": return deleteForward()
        case "[1;5C", "[1;3C", "f": return move(to: wordEnd())
        case "[1;5D", "[1;3D", "b": return move(to: wordStart())
        case "d": return cut(cursor..<wordEnd(), keeps: true)
        case "\u{7F}": return cut(wordStart()..<cursor, keeps: true)
        default: return .none
        }
    }

    private mutating func submit() -> Action {
        let text = text
        reset()
        return .submit(text)
    }

    private mutating func reset() {
        line = []
        cursor = 0
        draft = []
        place = history.count
    }

    private mutating func move(to place: Int) -> Action {
        cursor = min(max(0, place), line.count)
        return .redraw
    }

    private mutating func deleteForward() -> Action { cut(cursor..<cursor + 1, keeps: false) }

    private mutating func cut(_ range: Range<Int>, keeps: Bool) -> Action {
        let range = range.clamped(to: 0..<line.count)
        if keeps, !range.isEmpty { clipboard = Array(line[range]) }
        line.removeSubrange(range)
        if cursor > range.lowerBound { cursor = max(range.lowerBound, cursor - range.count) }
        return .redraw
    }

    private func wordStart() -> Int {
        var at = cursor
        while at > 0, line[at - 1].isWhitespace { at -= 1 }
        while at > 0, !line[at - 1].isWhitespace { at -= 1 }
        return at
    }

    private func wordEnd() -> Int {
        var at = cursor
        while at < line.count, line[at].isWhitespace { at += 1 }
        while at < line.count, !line[at].isWhitespace { at += 1 }
        return at
    }

    /// Shows a line of the history, or the one that is being typed.
    private mutating func show(_ wanted: Int) -> Action {
        guard wanted >= 0, wanted <= history.count, wanted != place else { return .none }
        if place == history.count { draft = line }
        place = wanted
        line = wanted == history.count ? draft : Array(history[wanted])
        cursor = line.count
        return .redraw
    }

    // MARK: - What the shell does to the line

    /// Keeps a line for later, unless it is the last one again.
    mutating func remember(_ text: String) {
        guard !text.isEmpty, text != history.last else { return }
        history.append(text)
        if history.count > LineEditor.mostHistory { history.removeFirst() }
        place = history.count
    }

    /// The words before the cursor; the last is the one that is being typed, and may be empty.
    var wordsBeforeCursor: [String] {
        let before = line[..<cursor]
        let words = before.split(separator: " ").map { String($0) }
        return before.isEmpty || before.last == " " ? words + [""] : words
    }

    /// Puts `word` in the place of the one before the cursor.
    mutating func replaceWord(with word: String) {
        var start = cursor
        while start > 0, line[start - 1] != " " { start -= 1 }
        line.replaceSubrange(start..<cursor, with: Array(word))
        cursor = start + word.count
    }
}
