public import NIOCore

/// Writes replies into one buffer, in the form of the protocol's version that the client speaks.
///
/// A command says what it has, a map or a double, and the version decides on the bytes: RESP2 has neither, so a map
/// becomes an array of keys and values in turn, a double a bulk string. An aggregate is announced with its number of
/// elements, which the caller then writes.
public struct ReplyEncoder: Sendable {
    /// A version of the protocol.
    public enum Version: Int, Sendable {
        /// What every client starts with.
        case two = 2
        /// What `HELLO 3` asks for.
        case three = 3
    }

    /// What was written and not taken yet.
    public var buffer: ByteBuffer
    /// Which version the client speaks.
    public var version: Version

    /// An encoder that appends to `buffer`.
    public init(into buffer: ByteBuffer = ByteBuffer(), version: Version = .two) {
        self.buffer = buffer
        self.version = version
    }
}

// MARK: - Lines

extension ReplyEncoder {
    /// A short status such as `PONG`. A line break in it becomes a space.
    public mutating func simple(_ text: Span<UInt8>) {
        buffer.writeInteger(UInt8(ascii: "+"))
        buffer.writeLineText(text)
        buffer.writeLineEnd()
    }

    /// A short status that the program knows, without a line break.
    public mutating func simple(_ text: StaticString) {
        buffer.writeInteger(UInt8(ascii: "+"))
        buffer.writeStaticString(text)
        buffer.writeLineEnd()
    }

    /// An error: its code in capitals, a space, and what is wrong. A line break in it becomes a space.
    public mutating func error(_ text: Span<UInt8>) {
        buffer.writeInteger(UInt8(ascii: "-"))
        buffer.writeLineText(text)
        buffer.writeLineEnd()
    }

    /// A whole number.
    public mutating func integer(_ value: Int) { buffer.writeLine(UInt8(ascii: ":"), value) }

    /// Nothing, where a string would stand.
    public mutating func null() { buffer.writeStaticString(version == .two ? "$-1\r\n" : "_\r\n") }

    /// Nothing, where an array would stand.
    public mutating func nullArray() { buffer.writeStaticString(version == .two ? "*-1\r\n" : "_\r\n") }

    /// Yes or no; 1 or 0 in RESP2.
    public mutating func bool(_ value: Bool) {
        switch version {
        case .two: buffer.writeStaticString(value ? ":1\r\n" : ":0\r\n")
        case .three: buffer.writeStaticString(value ? "#t\r\n" : "#f\r\n")
        }
    }

    /// A floating-point number as Redis 7.0 prints it; a bulk string in RESP2.
    public mutating func double(_ value: Double) {
        var text = DoubleText(value)
        switch version {
        case .two: text.withBytes { bulk($0) }
        case .three:
            buffer.writeInteger(UInt8(ascii: ","))
            text.withBytes { buffer.writeLineText($0) }
            buffer.writeLineEnd()
        }
    }

    /// A whole number of any size, as decimal digits; a bulk string in RESP2.
    public mutating func bigNumber(_ digits: Span<UInt8>) {
        guard version == .three else { return bulk(digits) }
        buffer.writeInteger(UInt8(ascii: "("))
        buffer.writeLineText(digits)
        buffer.writeLineEnd()
    }
}

// MARK: - Strings

extension ReplyEncoder {
    /// A string of any bytes.
    ///
    /// - Complexity: O(*n*); one copy.
    public mutating func bulk(_ bytes: Span<UInt8>) {
        buffer.writeLine(UInt8(ascii: "$"), bytes.count)
        unsafe buffer.writeBytes(bytes.bytes)
        buffer.writeLineEnd()
    }

    /// A text for people, with the three letters of its format: `txt` or `mkd`. A bulk string in RESP2.
    public mutating func verbatim(_ bytes: Span<UInt8>, format: StaticString = "txt") {
        guard version == .three else { return bulk(bytes) }
        buffer.writeLine(UInt8(ascii: "="), bytes.count + format.utf8CodeUnitCount + 1)
        buffer.writeStaticString(format)
        buffer.writeInteger(UInt8(ascii: ":"))
        unsafe buffer.writeBytes(bytes.bytes)
        buffer.writeLineEnd()
    }
}

// MARK: - Aggregates

extension ReplyEncoder {
    /// An array; its `count` elements follow.
    public mutating func array(_ count: Int) { buffer.writeLine(UInt8(ascii: "*"), count) }

    /// A map; its `count` keys, each with its value, follow.
    public mutating func map(_ count: Int) {
        switch version {
        case .two: array(count * 2)
        case .three: buffer.writeLine(UInt8(ascii: "%"), count)
        }
    }

    /// A set; its `count` members follow.
    public mutating func set(_ count: Int) {
        buffer.writeLine(version == .two ? UInt8(ascii: "*") : UInt8(ascii: "~"), count)
    }

    /// Something that the client did not ask for just now, such as a message; its `count` elements follow.
    public mutating func push(_ count: Int) {
        buffer.writeLine(version == .two ? UInt8(ascii: "*") : UInt8(ascii: ">"), count)
    }

    /// Facts about the reply that follows them; their `count` keys, each with its value, come first.
    ///
    /// - Returns: `false` in RESP2, which has none: nothing was written, and the keys and values must be left out.
    public mutating func attribute(_ count: Int) -> Bool {
        guard version == .three else { return false }
        buffer.writeLine(UInt8(ascii: "|"), count)
        return true
    }
}
