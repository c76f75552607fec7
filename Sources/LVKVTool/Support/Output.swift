internal import LVKV

/// Collects what is to be written and hands it on in large pieces.
///
/// Belongs to one thread.
final class Output {
    private static let pieceSize = 64 << 10

    private let descriptor: Descriptor
    private let name: String
    private let isTerminal: Bool
    /// What is not yet handed on. Append to it, then call ``flushIfFull()``.
    var buffer: [UInt8] = []

    /// Writes to `descriptor`, which messages call `name`.
    init(_ descriptor: consuming Descriptor, name: String) {
        isTerminal = SystemCall.isTerminal(descriptor.number)
        self.descriptor = descriptor
        self.name = name
        buffer.reserveCapacity(Output.pieceSize + 4096)
    }

    /// The command's own output.
    static func standard() -> Output {
        Output(Descriptor(standard: SystemCall.standardOutput), name: "standard output")
    }

    /// Appends text and a line break.
    func line(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        buffer.append(UInt8(ascii: "\n"))
        try flushIfFull()
    }

    /// Hands on what was collected once it is much, and on a terminal whenever asked.
    @inline(__always)
    func flushIfFull() throws {
        if buffer.count >= Output.pieceSize || isTerminal { try flush() }
    }

    /// Hands on what was collected.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads any more, ``Failure`` when it cannot be written.
    func flush() throws {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try descriptor.write(buffer, name: name)
    }

    /// Hands on what was collected, and waits until it is on the disk.
    func finish() throws {
        try flush()
        try descriptor.synchronize(name: name)
    }
}
