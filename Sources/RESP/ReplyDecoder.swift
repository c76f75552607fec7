/// Reads replies, of both versions of the protocol, on the client's side.
///
/// Bytes go in with ``append(_:)`` as they arrive, in pieces of any size, and ``next()`` gives each reply that is
/// whole. Attributes are read and left out. RESP3's streamed strings and aggregates, which no Redis sends, are an
/// error.
public struct ReplyDecoder: Sendable {
    /// How much a server may send.
    public struct Limits: Sendable, Hashable {
        /// How deep aggregates may stand in one another.
        public var depth = 64
        /// The most bytes of one reply.
        public var byteCount = 1 << 30

        /// The usual limits.
        public init() {}
    }

    private let limits: Limits
    private var bytes: [UInt8] = []
    /// The first byte that was not read.
    private var position = 0
    /// Up to where a line's end was looked for.
    private var searched = 0
    /// The bytes that the reply under way has taken so far.
    private var taken = 0
    /// The aggregates under way, the outermost first.
    private var open: [Aggregate] = []

    /// A decoder at the start of a reply.
    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether bytes of a reply came that is not whole yet.
    public var isInsideReply: Bool { position < bytes.count || !open.isEmpty }

    /// Adds what the server sent.
    ///
    /// - Complexity: O(*n*), amortised.
    public mutating func append(_ piece: Span<UInt8>) {
        if position > 0 && position >= bytes.count / 2 {
            bytes.removeFirst(position)
            searched -= position
            position = 0
        }
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// The next reply.
    ///
    /// - Returns: `nil` when more must arrive first.
    /// - Throws: `ProtocolError`; the decoder must not be used any more.
    public mutating func next() throws(ProtocolError) -> Reply? {
        while let element = try element() {
            var finished: Reply
            switch element {
            case .value(let reply): finished = reply
            case .header(let aggregate):
                guard open.count < limits.depth else {
                    throw ProtocolError("reply nested more than \(limits.depth) deep")
                }
                open.append(aggregate)
                guard aggregate.left == 0, let reply = close() else { continue }
                finished = reply
            }
            guard let reply = add(&finished) else { continue }
            taken = 0
            return reply
        }
        return nil
    }

    /// Puts a finished reply into the aggregate it belongs to, and closes those that are full with it.
    ///
    /// - Returns: the reply when it belongs to none.
    private mutating func add(_ finished: inout Reply) -> Reply? {
        while !open.isEmpty {
            let last = open.count - 1
            open[last].items.append(finished)
            open[last].left -= 1
            guard open[last].left == 0, let reply = close() else { return nil }
            finished = reply
        }
        return finished
    }

    /// Ends the innermost aggregate.
    ///
    /// - Returns: `nil` for an attribute, which is no reply.
    private mutating func close() -> Reply? {
        let done = open.removeLast()
        switch done.kind {
        case .array: return .array(done.items)
        case .set: return .set(done.items)
        case .push: return .push(done.items)
        case .map:
            return .map(
                stride(from: 0, to: done.items.count - 1, by: 2).map {
                    Reply.Pair(done.items[$0], done.items[$0 + 1])
                })
        case .attribute: return nil
        }
    }
}

// MARK: - Elements

extension ReplyDecoder {
    private struct Aggregate: Sendable {
        enum Kind { case array, map, set, push, attribute }
        let kind: Kind
        /// How many elements are still to come.
        var left: Int
        var items: [Reply] = []
    }

    private enum Element {
        case value(Reply)
        case header(Aggregate)
    }

    /// What begins at ``position``; `nil` when it is not whole yet.
    private mutating func element() throws(ProtocolError) -> Element? {
        guard let end = try lineEnd() else { return nil }
        let marker = bytes[position]
        let line = position + 1..<max(position + 1, end)
        switch marker {
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            return try string(marker, length: number(line), from: end + 2)
        case UInt8(ascii: "*"), UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            let element = try aggregate(marker, count: number(line))
            try pass(to: end + 2)
            return element
        default:
            let reply = try scalar(marker, line)
            try pass(to: end + 2)
            return .value(reply)
        }
    }

    private func scalar(_ marker: UInt8, _ line: Range<Int>) throws(ProtocolError) -> Reply {
        let text = bytes[line]
        switch marker {
        case UInt8(ascii: "+"): return .simple(Array(text))
        case UInt8(ascii: "-"): return .error(Array(text))
        case UInt8(ascii: ":"): return .integer(try number(line))
        case UInt8(ascii: "_"): return .null
        case UInt8(ascii: "("): return .bigNumber(Array(text))
        case UInt8(ascii: "#") where text.elementsEqual([UInt8(ascii: "t")]): return .bool(true)
        case UInt8(ascii: "#") where text.elementsEqual([UInt8(ascii: "f")]): return .bool(false)
        case UInt8(ascii: ","):
            guard let value = Double(String(decoding: text, as: UTF8.self)) else {
                throw ProtocolError("invalid double in a reply")
            }
            return .double(value)
        default: throw ProtocolError("a reply begins with byte \(marker)")
        }
    }

    private func aggregate(_ marker: UInt8, count: Int) throws(ProtocolError) -> Element {
        if count == -1 && marker == UInt8(ascii: "*") { return .value(.null) }
        // Each element takes three bytes at least.
        guard count >= 0, count <= limits.byteCount / 3 else { throw ProtocolError("invalid count in a reply") }
        switch marker {
        case UInt8(ascii: "%"): return .header(Aggregate(kind: .map, left: count * 2))
        case UInt8(ascii: "|"): return .header(Aggregate(kind: .attribute, left: count * 2))
        case UInt8(ascii: "~"): return .header(Aggregate(kind: .set, left: count))
        case UInt8(ascii: ">"): return .header(Aggregate(kind: .push, left: count))
        default: return .header(Aggregate(kind: .array, left: count))
        }
    }

    private mutating func string(
        _ marker: UInt8, length: Int, from start: Int
    ) throws(ProtocolError) -> Element? {
        if length == -1 && marker == UInt8(ascii: "$") {
            try pass(to: start)
            return .value(.null)
        }
        guard length >= 0, length <= limits.byteCount else { throw ProtocolError("invalid length in a reply") }
        guard bytes.count - start >= length + 2 else { return nil }
        let end = start + length
        guard bytes[end] == UInt8(ascii: "\r"), bytes[end + 1] == UInt8(ascii: "\n") else {
            throw ProtocolError("a string in a reply does not end where its length says")
        }
        let text = bytes[start..<end]
        let reply: Reply
        switch marker {
        case UInt8(ascii: "!"): reply = .error(Array(text))
        case UInt8(ascii: "="):
            guard length >= 4, text[start + 3] == UInt8(ascii: ":") else {
                throw ProtocolError("a text in a reply has no format")
            }
            reply = .verbatim(format: Array(text.prefix(3)), text: Array(text.dropFirst(4)))
        default: reply = .bulk(Array(text))
        }
        try pass(to: end + 2)
        return .value(reply)
    }

    /// Where the line at ``position`` ends; `nil` when it is not whole yet.
    private mutating func lineEnd() throws(ProtocolError) -> Int? {
        var end = max(position, searched)
        while end < bytes.count && bytes[end] != UInt8(ascii: "\r") { end += 1 }
        searched = end
        guard end + 1 < bytes.count else {
            if end - position > limits.byteCount - taken { throw ProtocolError("a reply is too big") }
            return nil
        }
        guard bytes[end + 1] == UInt8(ascii: "\n") else { throw ProtocolError("a line in a reply ends in the middle") }
        guard end > position else { throw ProtocolError("a reply begins with an empty line") }
        return end
    }

    private func number(_ line: Range<Int>) throws(ProtocolError) -> Int {
        guard let number = DecimalInteger.parse(bytes.span, line) else {
            throw ProtocolError("invalid number in a reply")
        }
        return number
    }

    private mutating func pass(to end: Int) throws(ProtocolError) {
        taken += end - position
        guard taken <= limits.byteCount else { throw ProtocolError("a reply is too big") }
        position = end
        searched = end
    }
}
