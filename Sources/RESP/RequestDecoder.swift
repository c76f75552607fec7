/// Finds a client's requests in the bytes it has sent: arrays of bulk strings, and the inline form for people.
///
/// The decoder keeps none of the bytes. Whoever owns the connection gathers what arrives and calls ``decode(_:)``
/// with everything from the first byte of the request under way; a request that is not whole yet goes on where
/// the last call ended, so each byte is looked at once. When a request is whole, ``forEachWord(in:_:)`` lends its
/// words, and the next call starts with the byte after its ``byteCount``.
///
/// After [the protocol's description](https://redis.io/docs/reference/protocol-spec/), with the limits and the
/// texts of Redis 7.0's `networking.c`.
public struct RequestDecoder: Sendable {
    /// How much a client may ask for.
    public struct Limits: Sendable, Hashable {
        /// The longest inline request, and the longest header line, in bytes.
        public var lineLength = 64 * 1024
        /// The most words in one request.
        public var wordCount = 1024 * 1024
        /// The longest word, in bytes.
        public var wordLength = 64 * 1024 * 1024
        /// Whether the client has yet to log in: until then ten words of 16 KiB each are the most.
        public var isUnauthenticated = false

        /// The limits of a client that has logged in.
        public init() {}
    }

    /// How much this client may ask for. May change between requests.
    public var limits: Limits

    /// The number of words of the request that is whole; 0 for an empty line or an empty array, which ask for
    /// nothing and get no reply.
    public var wordCount: Int { words.count }

    /// How many bytes the request that is whole took.
    public private(set) var byteCount = 0

    /// For how many words memory is set aside.
    var reservedWords: Int { words.capacity }

    /// Where the words found so far stand in the request, or in ``inlineText``.
    private var words: [Range<Int>] = []
    /// The words of an inline request, without its quotes.
    private var inlineText: [UInt8] = []
    /// Whether the request that is whole is in the inline form.
    public private(set) var isInline = false
    private var isWhole = false
    /// How many words are still to come; `nil` before the array's header was read.
    private var wordsLeft: Int?
    /// The length of the word that is coming, once its header was read.
    private var wordLength: Int?
    /// Where the next header or word begins.
    private var position = 0
    /// Up to where the line's end was looked for.
    private var searched = 0

    /// A decoder at the start of a request.
    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Looks for the end of the request that begins with the first of `bytes`.
    ///
    /// - Parameter bytes: everything from the request's first byte on. Between calls for one request only more may
    ///   follow it.
    /// - Returns: whether the request is whole; `false` when more must arrive first.
    /// - Throws: `ProtocolError`; the decoder must not be used any more.
    /// - Complexity: O(*n*) over all calls for a request of *n* bytes. Memory grows with the words that came, not
    ///   with what a header says.
    public mutating func decode(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
        if isWhole { startAgain() }
        guard bytes.count > 0 else { return false }
        if wordsLeft == nil {
            guard bytes[0] == UInt8(ascii: "*") else { return try decodeInline(bytes) }
            guard let count = try header(bytes, "too big mbulk count string") else { return false }
            guard let count = count.value, count <= limits.wordCount else {
                throw ProtocolError("invalid multibulk length")
            }
            if limits.isUnauthenticated && count > 10 { throw ProtocolError("unauthenticated multibulk length") }
            wordsLeft = max(0, count)
        }
        while let left = wordsLeft, left > 0 {
            if wordLength == nil { wordLength = try bulkHeader(bytes) }
            guard let length = wordLength else { return false }
            // The two bytes after a word are its line end; like Redis, we do not look at them.
            guard bytes.count - position >= length + 2 else { return false }
            words.append(position..<position + length)
            position += length + 2
            searched = position
            wordLength = nil
            wordsLeft = left - 1
        }
        end(at: position)
        return true
    }

    /// Calls `body` with each word of the request that is whole.
    ///
    /// - Parameters:
    ///   - bytes: what the last call of ``decode(_:)`` was given.
    ///   - body: gets the word's bytes, which are lent for the call.
    @inline(__always)
    public func forEachWord<Failure: Error>(
        in bytes: Span<UInt8>, _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let source = isInline ? inlineText.span : bytes
        for word in words { try body(source.extracting(word)) }
    }

    private mutating func startAgain() {
        // A giant request must not hold on to its memory.
        words.removeAll(keepingCapacity: words.capacity <= 1024)
        inlineText.removeAll(keepingCapacity: inlineText.capacity <= 1024)
        isInline = false
        isWhole = false
        wordsLeft = nil
        wordLength = nil
        position = 0
        searched = 0
    }

    private mutating func end(at count: Int) {
        byteCount = count
        isWhole = true
    }
}

// MARK: - Arrays

extension RequestDecoder {
    /// The length that a word's header gives; `nil` when the header is not whole yet.
    private mutating func bulkHeader(_ bytes: Span<UInt8>) throws(ProtocolError) -> Int? {
        let start = position
        guard let header = try header(bytes, "too big bulk count string") else { return nil }
        guard bytes[start] == UInt8(ascii: "$") else {
            throw ProtocolError("expected '$', got '\(RequestDecoder.printable(bytes[start]))'")
        }
        guard let length = header.value, length >= 0, length <= limits.wordLength else {
            throw ProtocolError("invalid bulk length")
        }
        if limits.isUnauthenticated && length > 16 * 1024 { throw ProtocolError("unauthenticated bulk length") }
        return length
    }

    /// Reads the line at ``position`` and passes it: a marker and a number; `nil` when it is not whole yet.
    private mutating func header(
        _ bytes: Span<UInt8>, _ whenTooLong: @autoclosure () -> String
    ) throws(ProtocolError) -> (value: Int?, Void)? {
        var end = searched
        let last = min(bytes.count, position + limits.lineLength + 1)
        while end < last && bytes[end] != UInt8(ascii: "\r") { end += 1 }
        searched = end
        guard end < last else {
            if bytes.count - position > limits.lineLength { throw ProtocolError(whenTooLong()) }
            return nil
        }
        // The line feed must be there too; like Redis, we do not look which byte it is.
        guard end + 1 < bytes.count else { return nil }
        let number = DecimalInteger.parse(bytes, min(position + 1, end)..<end)
        position = end + 2
        searched = position
        return (number, ())
    }

    /// A byte within a reply's line: as Redis does, line breaks become spaces.
    private static func printable(_ byte: UInt8) -> Character {
        byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") ? " " : Character(Unicode.Scalar(byte))
    }
}

// MARK: - Inline requests

extension RequestDecoder {
    private mutating func decodeInline(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
        let last = min(bytes.count, limits.lineLength + 1)
        while searched < last && bytes[searched] != UInt8(ascii: "\n") { searched += 1 }
        guard searched < last else {
            if bytes.count > limits.lineLength { throw ProtocolError("too big inline request") }
            return false
        }
        isInline = true
        let hasReturn = searched > 0 && bytes[searched - 1] == UInt8(ascii: "\r")
        guard
            InlineWords.split(
                bytes.extracting(0..<(hasReturn ? searched - 1 : searched)), into: &inlineText, words: &words)
        else { throw ProtocolError("unbalanced quotes in request") }
        end(at: searched + 1)
        return true
    }
}
