#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore

/// Sorted runs of pairs of bytes in a temporary file, which has no name any more and is gone with the process.
struct SortedRuns: ~Copyable {
    private static let pieceSize = 1 << 16

    private let file: TemporaryFile
    private var runs: [Range<Int>] = []
    private var runStart = 0
    private var size = 0
    private var pending: [UInt8] = []

    init() throws(StoreError) { file = try TemporaryFile() }

    /// Adds a pair to the run that is written.
    mutating func append(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(StoreError) {
        pending.append(counted: key)
        pending.append(counted: value)
        if pending.count >= SortedRuns.pieceSize { try flush() }
    }

    /// Ends the run that is written.
    mutating func endRun() throws(StoreError) {
        try flush()
        if size > runStart { runs.append(runStart..<size) }
        runStart = size
    }

    private mutating func flush() throws(StoreError) {
        try file.write(pending, at: size)
        size += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    /// Goes over the pairs of all runs in the order of their keys, until `body` says that it has enough.
    ///
    /// - Complexity: O(*n* log *r*) for *r* runs; 64 KiB of memory for each, or its longest pair.
    func merge(_ body: (Span<UInt8>, Span<UInt8>) throws -> Bool) throws {
        // The one with the least key last.
        var readers: [RunReader] = []
        func insert(_ reader: RunReader) {
            var low = 0
            var high = readers.count
            while low < high {
                let middle = (low + high) / 2
                if readers[middle].isAfter(reader) { low = middle + 1 } else { high = middle }
            }
            readers.insert(reader, at: low)
        }
        for run in runs {
            var reader = RunReader(run)
            if try reader.advance(in: file) { insert(reader) }
        }
        while var reader = readers.popLast() {
            let bytes = reader.bytes
            guard try body(bytes.span.extracting(reader.key), bytes.span.extracting(reader.value)) else { return }
            if try reader.advance(in: file) { insert(reader) }
        }
    }

    /// The error for a temporary file that does not hold what was written.
    static var damaged: StoreError {
        StoreError(.io, operation: "sort", path: TemporaryFile.directory, message: "a temporary file was changed")
    }

    /// Reads one run.
    private struct RunReader {
        private var rest: Range<Int>
        private(set) var bytes: [UInt8] = []
        private var position = 0
        private(set) var key = 0..<0
        private(set) var value = 0..<0

        init(_ run: Range<Int>) { rest = run }

        func isAfter(_ other: RunReader) -> Bool {
            bytes.span.extracting(key).compare(to: other.bytes.span.extracting(other.key)) > 0
        }

        /// Moves to the next pair; `false` at the end.
        mutating func advance(in file: borrowing TemporaryFile) throws(StoreError) -> Bool {
            if position == bytes.count && rest.isEmpty { return false }
            if position >= SortedRuns.pieceSize / 2 {
                bytes.removeFirst(position)
                position = 0
            }
            key = try take(in: file)
            value = try take(in: file)
            return true
        }

        private mutating func take(in file: borrowing TemporaryFile) throws(StoreError) -> Range<Int> {
            try fill(4, file)
            var start = position
            guard let count = bytes.span.count(at: &start) else { throw SortedRuns.damaged }
            position = start
            try fill(count, file)
            defer { position += count }
            return position..<position + count
        }

        /// Makes sure that `count` bytes are there.
        private mutating func fill(_ count: Int, _ file: borrowing TemporaryFile) throws(StoreError) {
            guard bytes.count - position < count else { return }
            let wanted = Swift.min(rest.count, Swift.max(SortedRuns.pieceSize, count))
            guard wanted + bytes.count - position >= count else { throw SortedRuns.damaged }
            bytes += try file.read(rest.lowerBound, count: wanted)
            rest = rest.lowerBound + wanted..<rest.upperBound
        }
    }
}

/// A file without a name.
private struct TemporaryFile: ~Copyable {
    private let number: Int32

    static var directory: String {
        let set = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
        return set.isEmpty ? "/tmp" : set
    }

    init() throws(StoreError) {
        var path = Array("\(TemporaryFile.directory)/lvkv-sort-XXXXXX".utf8CString)
        number = unsafe mkstemp(&path)
        guard number >= 0 else { throw TemporaryFile.failure("cannot make a temporary file") }
        _ = unsafe unlink(path)
    }

    deinit { close(number) }

    func write(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe pwrite(
                    number, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(offset + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw TemporaryFile.failure("cannot write a temporary file") }
            done += count
        }
    }

    func read(_ offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe pread(number, bytes.baseAddress.map { unsafe $0 + done }, count - done, off_t(offset + done))
            }
            if read < 0 && errno == EINTR { continue }
            guard read > 0 else {
                throw read == 0 ? SortedRuns.damaged : TemporaryFile.failure("cannot read a temporary file")
            }
            done += read
        }
        return bytes
    }

    private static func failure(_ attempt: String) -> StoreError {
        let words = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return StoreError(.io, operation: "sort", path: directory, message: "\(attempt): \(words)")
    }
}
