internal import Commands
internal import NIOCore
internal import RESP

/// Replies as the bytes that go to a socket.
package final class ReplyBuffer: ReplyWriter {
    private var encoder: ReplyEncoder
    private var message: UnreadMessages.Message?

    package init(version: Int = 2) {
        encoder = ReplyEncoder(version: version == 3 ? .three : .two)
    }

    package var version: Int {
        get { encoder.version.rawValue }
        set { encoder.version = newValue == 3 ? .three : .two }
    }

    /// What was written.
    var bytes: ByteBuffer { encoder.buffer }
    /// A copy of what was written.
    package var contents: [UInt8] { Array(encoder.buffer.readableBytesView) }
    var byteCount: Int { encoder.buffer.readableBytes }

    /// What was written as a message that waits for clients, the same one for all to whom it is sent.
    func asMessage(among all: UnreadMessages) -> UnreadMessages.Message {
        if let message { return message }
        let new = UnreadMessages.Message(byteCount, among: all)
        message = new
        return new
    }

    /// Appends what another one wrote.
    func append(_ bytes: ByteBuffer) { encoder.buffer.writeImmutableBuffer(bytes) }

    /// Puts what others wrote before what was written after `mark` bytes.
    func insert(_ others: [ByteBuffer], at mark: Int) {
        guard !others.isEmpty else { return }
        let own = encoder.buffer.getSlice(at: encoder.buffer.readerIndex + mark, length: byteCount - mark)
        encoder.buffer.moveWriterIndex(to: encoder.buffer.readerIndex + mark)
        for bytes in others { append(bytes) }
        if let own { append(own) }
    }

    /// Takes out what was written after `mark` bytes.
    func cut(from mark: Int) -> ByteBuffer {
        let start = encoder.buffer.readerIndex + mark
        defer { encoder.buffer.moveWriterIndex(to: start) }
        return encoder.buffer.getSlice(at: start, length: byteCount - mark) ?? ByteBuffer()
    }

    /// Removes everything, and keeps the memory unless it is much.
    func removeAll() {
        if encoder.buffer.capacity > ReplyBuffer.mostKept {
            encoder.buffer = ByteBuffer()
        } else {
            encoder.buffer.clear()
        }
    }

    private static let mostKept = 1 << 20

    package func simple(_ text: StaticString) { encoder.simple(text) }
    package func simple(text: Span<UInt8>) { encoder.simple(text) }
    package func error(_ message: String) { encoder.error(message.utf8.span) }
    package func integer(_ value: Int64) { encoder.integer(Int(value)) }
    package func bulk(_ bytes: Span<UInt8>) { encoder.bulk(bytes) }
    package func double(_ value: Double) { encoder.double(value) }
    package func bool(_ value: Bool) { encoder.bool(value) }
    package func verbatim(_ text: Span<UInt8>, format: StaticString) { encoder.verbatim(text, format: format) }
    package func null() { encoder.null() }
    package func nullArray() { encoder.nullArray() }
    package func array(_ count: Int) { encoder.array(count) }
    package func map(_ count: Int) { encoder.map(count) }
    package func set(_ count: Int) { encoder.set(count) }
    package func push(_ count: Int) { encoder.push(count) }

    package var mark: Int { encoder.buffer.writerIndex }
    package func truncate(to mark: Int) { encoder.buffer.moveWriterIndex(to: mark) }
}
