internal import OrderedStore
@testable internal import Texts

/// Comma-separated values: the same rows whatever the pieces; the same again when they are written; and each, as it
/// stood and with a cell more, is read or refused as it was.
func fuzzCSV(_ input: Span<UInt8>) {
    let bytes = input.array
    let read = rows(bytes, inPiecesOf: bytes.count + 1)
    for size in 1...4 {
        let pieces = rows(bytes, inPiecesOf: size)
        require(pieces == read, "the rows depend on the pieces: \(read) \(pieces)")
    }
    var text: [UInt8] = []
    let cells = read.filter { $0.problem == nil }.map(\.cells)
    for row in cells {
        for (index, cell) in row.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            // An only cell without a byte would be an empty line.
            CSVText.append(cell.span, quoted: row.count == 1 && cell.isEmpty, to: &text)
        }
        text.append(UInt8(ascii: "\n"))
    }
    // A byte order mark before it all is no part of the first cell.
    if !text.starts(with: byteOrderMark) {
        require(rows(text, inPiecesOf: 64).map(\.cells) == cells, "rows do not come back: \(read)")
    }
    for row in read where !row.text.starts(with: byteOrderMark) {
        let again = rows(row.text + Array(",x\n".utf8), inPiecesOf: 64)
        require(again.count == 1, "a row is \(again.count): \(row)")
        if let problem = row.problem {
            require(again[0].problem?.reason == problem.reason, "a row is refused otherwise: \(row) \(again)")
            require(again[0].problem?.column == problem.column, "a row is refused otherwise: \(row) \(again)")
        } else {
            require(again[0].cells == row.cells + [[UInt8(ascii: "x")]], "a row is another: \(row) \(again)")
        }
    }
}

private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

private struct Row: Equatable {
    var cells: [[UInt8]]
    var text: [UInt8] = []
    var problem: CSVReader.Malformed?
}

private func rows(_ text: [UInt8], inPiecesOf size: Int) -> [Row] {
    var rest = text[...]
    var reader = CSVReader { buffer throws(Failure) in
        buffer = Array(rest.prefix(size))
        rest = rest.dropFirst(size)
        return !buffer.isEmpty
    }
    var rows: [Row] = []
    while true {
        var problem: CSVReader.Malformed?
        do {
            guard try reader.next() else { return rows }
        } catch {
            problem = error as? CSVReader.Malformed
        }
        var row = Row(cells: (0..<reader.count).map { reader[$0].array }, problem: problem)
        reader.appendText(to: &row.text)
        rows.append(row)
        require(rows.count <= text.count, "more rows than bytes")
    }
}
