internal import LVKV

/// Reads comma-separated values after RFC 4180, a row at a time, in bounded memory: quotes, doubled quotes, line
/// breaks in quotes, LF and CR LF, and a byte order mark before it all. Empty lines are passed over.
struct CSVReader: ~Copyable {
    /// Why a row cannot be read. The reader goes on with the next line.
    struct Malformed: Error, Equatable {
        /// The line it happened in, from 1.
        var line: Int
        /// The column, from 1.
        var column: Int
        var reason: String
    }

    private enum State {
        /// At the first byte of a cell.
        case cellStart
        case unquoted
        /// Behind a CR outside of quotes.
        case carriageReturn
        case quoted
        /// Behind a quote inside of quotes: the end, or the first half of a doubled one.
        case quoteInQuotes
        /// Behind a CR after the closing quote.
        case carriageReturnAfterQuote
        /// Behind something malformed: nothing counts until the line ends.
        case skipping
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let read: (inout [UInt8]) throws(Failure) -> Bool
    private var buffer: [UInt8] = []
    private var position = 0
    private var isFresh = true
    /// The line that is being read, from 1.
    private var line = 1
    /// The cells of the row, one after another, and where each ends.
    private var cells: [UInt8] = []
    private var ends: [Int] = []
    private var quoted: [Bool] = []

    /// The line that the row began in, from 1.
    private(set) var rowLine = 1
    /// What followed in the line of a malformed row, from where it could not be read.
    private var unread: [UInt8] = []

    /// - Parameter read: puts the next piece in the place of what it is handed; returns `false` at the end.
    init(from read: @escaping (inout [UInt8]) throws(Failure) -> Bool) { self.read = read }

    /// The number of cells in the row.
    var count: Int { ends.count }

    /// A cell of the row, from 0.
    subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            cells.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index])
        }
    }

    /// Whether a cell stood in quotes.
    func isQuoted(_ index: Int) -> Bool { quoted[index] }

    /// Appends the row as it stood, a malformed one with the rest of its line; without the line break.
    func appendText(to text: inout [UInt8]) {
        for index in 0..<count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            // Quotes around a cell that had none would make a malformed row another one.
            if quoted[index] {
                CSVText.append(self[index], quoted: true, to: &text)
            } else {
                text.append(bytes: self[index])
            }
        }
        text += unread
    }

    /// Reads the next row.
    ///
    /// - Returns: `false` at the end of the input.
    /// - Throws: ``Malformed`` for this row alone; ``Failure``.
    mutating func next() throws -> Bool {
        cells.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        quoted.removeAll(keepingCapacity: true)
        unread.removeAll(keepingCapacity: true)
        rowLine = line
        var state = State.cellStart
        var isQuoted = false
        var problem: Malformed?
        while true {
            if position == buffer.count {
                guard try refill() else { return try finish(state, isQuoted: isQuoted, problem) }
            }
            let byte = buffer[position]
            switch state {
            case .cellStart:
                if byte == UInt8(ascii: "\"") {
                    isQuoted = true
                    state = .quoted
                    position += 1
                } else {
                    state = .unquoted
                }
            case .unquoted:
                switch byte {
                case UInt8(ascii: ","):
                    position += 1
                    endCell(&isQuoted)
                    state = .cellStart
                case UInt8(ascii: "\n"):
                    endLine()
                    if ends.isEmpty && cells.isEmpty {
                        rowLine = line
                        state = .cellStart
                    } else {
                        endCell(&isQuoted)
                        return true
                    }
                case UInt8(ascii: "\r"):
                    position += 1
                    state = .carriageReturn
                case UInt8(ascii: "\""):
                    problem = malformed(
                        "a quote inside a cell that is not in quotes; put the cell in quotes, and double it")
                    endCell(&isQuoted)
                    state = .skipping
                default: takeRun(inQuotes: false)
                }
            case .carriageReturn:
                // Without a line feed it is a character like any other.
                if byte != UInt8(ascii: "\n") { cells.append(UInt8(ascii: "\r")) }
                state = .unquoted
            case .quoted:
                if byte == UInt8(ascii: "\"") {
                    state = .quoteInQuotes
                    position += 1
                } else {
                    takeRun(inQuotes: true)
                }
            case .quoteInQuotes, .carriageReturnAfterQuote:
                switch byte {
                case UInt8(ascii: "\"") where state == .quoteInQuotes:
                    cells.append(byte)
                    position += 1
                    state = .quoted
                case UInt8(ascii: ",") where state == .quoteInQuotes:
                    position += 1
                    endCell(&isQuoted)
                    state = .cellStart
                case UInt8(ascii: "\r") where state == .quoteInQuotes:
                    position += 1
                    state = .carriageReturnAfterQuote
                case UInt8(ascii: "\n"):
                    endLine()
                    endCell(&isQuoted)
                    return true
                default:
                    problem = malformed("text after the closing quote; a quote inside quotes is doubled")
                    endCell(&isQuoted)
                    if state == .carriageReturnAfterQuote { unread.append(UInt8(ascii: "\r")) }
                    state = .skipping
                }
            case .skipping:
                if byte == UInt8(ascii: "\n") {
                    endLine()
                    if let problem { throw problem }
                } else {
                    unread.append(byte)
                    position += 1
                }
            }
        }
    }

    // MARK: - Parts

    private mutating func refill() throws(Failure) -> Bool {
        position = 0
        guard try read(&buffer) else { return false }
        guard isFresh else { return true }
        isFresh = false
        // A pipe may hand over the mark in pieces, and there may be nothing behind it.
        var piece: [UInt8] = []
        while CSVReader.byteOrderMark.starts(with: buffer), try read(&piece) { buffer += piece }
        if buffer.starts(with: CSVReader.byteOrderMark) { position = CSVReader.byteOrderMark.count }
        return position < buffer.count
    }

    /// Takes the bytes up to the next one that means something.
    private mutating func takeRun(inQuotes: Bool) {
        let run = CSVReader.run(in: buffer.span, from: position, inQuotes: inQuotes)
        cells.append(contentsOf: buffer[position..<run.end])
        position = run.end
        line += run.lineBreaks
    }

    private static func run(
        in bytes: Span<UInt8>, from start: Int, inQuotes: Bool
    ) -> (end: Int, lineBreaks: Int) {
        var end = start
        var lineBreaks = 0
        while end < bytes.count {
            switch bytes[end] {
            case UInt8(ascii: "\""): return (end, lineBreaks)
            case UInt8(ascii: "\n"):
                if !inQuotes { return (end, lineBreaks) }
                lineBreaks += 1
            case UInt8(ascii: ","), UInt8(ascii: "\r"):
                if !inQuotes { return (end, lineBreaks) }
            default: break
            }
            end += 1
        }
        return (end, lineBreaks)
    }

    private mutating func endCell(_ isQuoted: inout Bool) {
        ends.append(cells.count)
        quoted.append(isQuoted)
        isQuoted = false
    }

    private mutating func endLine() {
        position += 1
        line += 1
    }

    private mutating func finish(_ state: State, isQuoted: Bool, _ problem: Malformed?) throws(Malformed) -> Bool {
        if let problem { throw problem }
        switch state {
        case .quoted:
            let problem = Malformed(line: rowLine, column: ends.count + 1, reason: "a quote is opened and never closed")
            // A closing quote would make it another row than it was.
            let cell = Array(cells[(ends.last ?? 0)...])
            CSVText.append(cell.span, quoted: true, to: &unread)
            unread.removeLast()
            quoted.append(false)
            cells.removeLast(cells.count - (ends.last ?? 0))
            ends.append(cells.count)
            throw problem
        case .skipping: return false
        case .carriageReturn: cells.append(UInt8(ascii: "\r"))
        default: break
        }
        if ends.isEmpty && cells.isEmpty && !isQuoted { return false }
        var isQuoted = isQuoted
        endCell(&isQuoted)
        return true
    }

    private func malformed(_ reason: String) -> Malformed {
        Malformed(line: line, column: ends.count + 1, reason: reason)
    }
}
