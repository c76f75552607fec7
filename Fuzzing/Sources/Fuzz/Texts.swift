internal import OrderedStore
@testable internal import Texts

/// Comma-separated values: the rows that are read, written again, are read as the same rows.
func fuzzCSV(_ input: Span<UInt8>) {
    defer { removeFile(scratchFile) }
    let read = rows(input.array)
    var text: [UInt8] = []
    for row in read {
        for (index, cell) in row.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            // An only cell without a byte would be an empty line.
            CSVText.append(cell.span, quoted: row.count == 1 && cell.isEmpty, to: &text)
        }
        text.append(UInt8(ascii: "\n"))
    }
    // A byte order mark before it all is no part of the first cell.
    guard !text.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
    require(rows(text) == read, "rows do not come back: \(read)")
}

private func rows(_ text: [UInt8]) -> [[[UInt8]]] {
    write(text, to: scratchFile)
    guard let input = try? Input(scratchFile) else { fatalError("cannot read \(scratchFile)") }
    var reader = CSVReader(input)
    var rows: [[[UInt8]]] = []
    var refused = 0
    while true {
        do {
            guard try reader.next() else { return rows }
            rows.append((0..<reader.count).map { reader[$0].array })
        } catch {
            refused += 1
            require(refused <= text.count + 1, "a refusal for ever")
        }
    }
}
