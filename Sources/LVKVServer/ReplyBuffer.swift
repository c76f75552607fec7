internal import Commands
internal import NIOCore
internal import RESP

/// Replies as the bytes that go to a socket.
final class ReplyBuffer: ReplyWriter {
    private var encoder: ReplyEncoder

    init(version: Int = 2) {
        encoder = ReplyEncoder(version: version == 3 ? .three : .two)
    }

    var version: Int {
        get { encoder.version.rawValue }
        set { encoder.version = newValue == 3 ? .three : .two }
    }

    /// What was written.
    var bytes: ByteBuffer { encoder.buffer }
    var byteCount: Int { encoder.buffer.readableBytes }

    /// Removes everything, and keeps the memory unless it is much.
    func removeAll() {
        if encoder.buffer.capacity > ReplyBuffer.mostKept {
            encoder.buffer = ByteBuffer()
        } else {
            encoder.buffer.clear()
        }
    }

    private static let mostKept = 1 << 18

    func simple(_ text: StaticString) { encoder.simple(text) }
    func simple(text: Span<UInt8>) { encoder.simple(text) }
    func error(_ message: String) { encoder.error(message.utf8.span) }
    func integer(_ value: Int64) { encoder.integer(Int(value)) }
    func bulk(_ bytes: Span<UInt8>) { encoder.bulk(bytes) }
    func double(_ value: Double) { encoder.double(value) }
    func bool(_ value: Bool) { encoder.bool(value) }
    func verbatim(_ text: Span<UInt8>, format: StaticString) { encoder.verbatim(text, format: format) }
    func null() { encoder.null() }
    func nullArray() { encoder.nullArray() }
    func array(_ count: Int) { encoder.array(count) }
    func map(_ count: Int) { encoder.map(count) }
    func set(_ count: Int) { encoder.set(count) }
    func push(_ count: Int) { encoder.push(count) }

    var mark: Int { encoder.buffer.writerIndex }
    func truncate(to mark: Int) { encoder.buffer.moveWriterIndex(to: mark) }
}
