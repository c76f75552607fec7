internal import LVKV

/// The pieces of comma-separated text, after RFC 4180.
enum CSVText {
    /// Appends a cell; in quotes when it could be read as anything else.
    ///
    /// - Parameter quoted: in quotes in any case, which tells an empty cell from none.
    static func append(_ cell: Span<UInt8>, quoted: Bool = false, to output: inout [UInt8]) {
        guard quoted || needsQuotes(cell) else { return output.append(bytes: cell) }
        output.append(UInt8(ascii: "\""))
        for index in cell.indices {
            let byte = cell[index]
            if byte == UInt8(ascii: "\"") { output.append(byte) }
            output.append(byte)
        }
        output.append(UInt8(ascii: "\""))
    }

    /// A row of cells, without a line break.
    static func row(_ cells: [String]) -> String {
        var text: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            append(cell.utf8.span, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func needsQuotes(_ cell: Span<UInt8>) -> Bool {
        for index in cell.indices {
            switch cell[index] {
            case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"): return true
            default: continue
            }
        }
        return false
    }
}
