internal import LVKV

/// Reads a file or standard input in pieces.
///
/// Belongs to one thread.
final class Input {
    private static let pieceSize = 256 << 10

    /// What messages call it.
    let name: String
    /// The bytes in all, where that is known.
    let size: Int?
    /// The bytes read so far.
    private(set) var position = 0
    private let descriptor: Descriptor

    /// Opens the file at `path`; `-` is standard input.
    init(_ path: String) throws(Failure) {
        if path == "-" {
            name = "standard input"
            descriptor = Descriptor(standard: SystemCall.standardInput)
        } else {
            name = path
            descriptor = try Descriptor(path: path)
        }
        size = descriptor.fileSize
    }

    /// Reads the next piece in the place of what `buffer` holds.
    ///
    /// - Returns: `false` at the end, with nothing in `buffer`.
    func read(into buffer: inout [UInt8]) throws(Failure) -> Bool {
        if buffer.count < Input.pieceSize {
            buffer.append(contentsOf: repeatElement(0, count: Input.pieceSize - buffer.count))
        }
        let count = try descriptor.read(into: &buffer, name: name)
        buffer.removeLast(buffer.count - count)
        position += count
        return count > 0
    }

    /// Everything up to the end.
    ///
    /// - Throws: ``Failure`` when there is more than an entry may hold, so that a wrong file does not eat the memory.
    func readAll(atMost limit: Int = LevelDBStore.mostBytesPerEntry) throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        var piece: [UInt8] = []
        while try read(into: &piece) {
            guard all.count + piece.count <= limit else {
                throw .badData("\(name) has more than \(limit) bytes, which no key or value may have")
            }
            all.append(contentsOf: piece)
        }
        return all
    }
}

/// The lines of an input, each lent in turn.
final class LineReader {
    private let input: Input
    private var buffer: [UInt8] = []
    /// Where the next line starts in `buffer`.
    private var start = 0
    /// A line that began in an earlier piece.
    private var carried: [UInt8] = []
    /// The number of the line that was read last, from 1.
    private(set) var number = 0

    init(_ input: Input) { self.input = input }

    /// Calls `body` with the next line, without its line break.
    ///
    /// - Returns: what `body` returned; `nil` at the end of the input.
    func next<Result>(_ body: (Span<UInt8>) throws -> Result) throws -> Result? {
        carried.removeAll(keepingCapacity: true)
        while true {
            if start == buffer.count {
                start = 0
                guard try input.read(into: &buffer) else {
                    guard !carried.isEmpty else { return nil }
                    number += 1
                    return try lend(carried, 0..<carried.count, body)
                }
            }
            let piece = buffer
            let rest = piece.span.extracting(start..<piece.count)
            guard let length = rest.firstOffset(of: UInt8(ascii: "\n")) else {
                guard carried.count + rest.count <= LevelDBStore.mostBytesPerEntry else {
                    throw Failure.badData("line \(number + 1) of \(input.name) is longer than any entry may be")
                }
                carried.append(bytes: rest)
                start = piece.count
                continue
            }
            let line = start..<(start + length)
            start += length + 1
            number += 1
            if carried.isEmpty { return try lend(piece, line, body) }
            carried.append(bytes: rest.extracting(first: length))
            return try lend(carried, 0..<carried.count, body)
        }
    }

    /// Lends a line without the carriage return that comes before some line breaks.
    private func lend<Result>(
        _ bytes: [UInt8], _ range: Range<Int>, _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result {
        var range = range
        if let last = range.last, bytes[last] == UInt8(ascii: "\r") { range = range.dropLast() }
        return try body(bytes.span.extracting(range))
    }
}
