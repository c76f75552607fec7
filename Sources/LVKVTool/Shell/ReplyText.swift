internal import LVKV
internal import RESP

/// A reply as text, the way `redis-cli` shows it.
struct ReplyText {
    private var text: [UInt8] = []

    /// The reply for people: strings in quotes, and each value's kind.
    ///
    /// - Returns: lines, the last with its line break.
    static func readable(_ reply: Reply) -> [UInt8] {
        var text = ReplyText()
        text.append(reply, indent: 0)
        return text.text
    }

    /// The reply for programs: bytes as they are, one value a line.
    static func raw(_ reply: Reply) -> [UInt8] {
        var text = ReplyText()
        text.appendRaw(reply)
        text.newline()
        return text.text
    }

    private mutating func append(_ reply: Reply, indent: Int) {
        switch reply {
        case .simple(let bytes): line(Escaping.text(bytes.span, style: .prose))
        case .error(let bytes): line("(error) \(Escaping.text(bytes.span, style: .prose))")
        case .integer(let value): line("(integer) \(value)")
        case .bulk(let bytes): line(ReplyText.quoted(bytes))
        case .null: line("(nil)")
        case .double(let value): line("(double) \(value)")
        case .bool(let value): line(value ? "(true)" : "(false)")
        case .bigNumber(let digits): line("(integer) \(Escaping.text(digits.span))")
        case .verbatim(_, let bytes):
            var shown = Escaping.text(bytes.span, style: .prose)
            while shown.hasSuffix("\n") { shown.removeLast() }
            line(shown)
        case .array(let items): append(items, mark: ")", empty: "(empty array)", indent)
        case .push(let items): append(items, mark: ")", empty: "(empty push)", indent)
        case .set(let items): append(items, mark: "~", empty: "(empty set)", indent)
        case .map(let pairs):
            guard !pairs.isEmpty else { return line("(empty hash)") }
            let width = "\(pairs.count)".count
            for (index, pair) in pairs.enumerated() {
                let head = number(index, width, "#", indent)
                let key = ReplyText.inline(pair.key)
                add(head + key + " => ")
                append(pair.value, indent: indent + width + 2)
            }
        }
    }

    private mutating func append(_ items: [Reply], mark: String, empty: String, _ indent: Int) {
        guard !items.isEmpty else { return line(empty) }
        let width = "\(items.count)".count
        for (index, item) in items.enumerated() {
            add(number(index, width, mark, indent))
            append(item, indent: indent + width + 2)
        }
    }

    /// `12) `, indented unless it is the first, which stands behind what it belongs to.
    private func number(_ index: Int, _ width: Int, _ mark: String, _ indent: Int) -> String {
        let number = "\(index + 1)"
        let padding = String(repeating: " ", count: (index == 0 ? 0 : indent) + width - number.count)
        return padding + number + mark + " "
    }

    /// A value within a line: a map's key.
    private static func inline(_ reply: Reply) -> String {
        var text = String(decoding: readable(reply), as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        "\""
            + Escaping.text(bytes.span).split(separator: "\"", omittingEmptySubsequences: false).joined(
                separator: "\\\"")
            + "\""
    }

    private mutating func appendRaw(_ reply: Reply) {
        switch reply {
        case .simple(let bytes), .error(let bytes), .bulk(let bytes), .bigNumber(let bytes), .verbatim(_, let bytes):
            text += bytes
        case .integer(let value): add("\(value)")
        case .double(let value): add("\(value)")
        case .bool(let value): add(value ? "true" : "false")
        case .null: break
        case .array(let items), .set(let items), .push(let items): appendRaw(items)
        case .map(let pairs): appendRaw(pairs.flatMap { [$0.key, $0.value] })
        }
    }

    private mutating func appendRaw(_ items: [Reply]) {
        for (index, item) in items.enumerated() {
            if index > 0 { newline() }
            appendRaw(item)
        }
    }

    private mutating func add(_ string: String) { text += string.utf8 }
    private mutating func newline() { text.append(UInt8(ascii: "\n")) }

    private mutating func line(_ string: String) {
        add(string)
        newline()
    }
}
