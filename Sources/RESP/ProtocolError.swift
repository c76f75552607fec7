/// Bytes that are no RESP: nothing after them can be understood, so the connection must end.
public struct ProtocolError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in Redis's words, without line breaks: `invalid bulk length`.
    public let message: String

    /// An error with these words.
    public init(_ message: String) { self.message = message }

    /// The text of the error reply that Redis sends before it closes the connection.
    public var description: String { "ERR Protocol error: \(message)" }
}
