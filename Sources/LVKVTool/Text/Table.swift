/// A table for a terminal: a heading and rows, each column as wide as it needs to be and all together as wide as the
/// terminal at most.
///
/// Widths are settled by the first rows, so a table of any length takes little memory.
struct Table {
    /// What stands in a cell.
    enum Cell: Equatable {
        case text(String)
        case number(String)
        /// Something that is no value, as null; shown faintly.
        case faint(String)

        static let blank = Cell.text("")

        var words: String {
            switch self {
            case .text(let words), .number(let words), .faint(let words): words
            }
        }
    }

    private static let rowsToMeasure = 500
    private static let gap = 2
    private static let narrowest = 4

    private let headings: [String]
    private let width: Int
    private let isColored: Bool
    private var waiting: [[Cell]] = []
    private var widths: [Int]?
    private var isNumeric: [Bool]

    /// A table at most `width` columns wide.
    init(_ headings: [String], width: Int, isColored: Bool) {
        self.headings = headings
        self.width = width
        self.isColored = isColored
        isNumeric = Array(repeating: true, count: headings.count)
    }

    /// Adds a row, with a cell for each heading.
    ///
    /// - Returns: the lines that can be printed by now.
    mutating func add(_ row: [Cell]) -> [String] {
        if let widths { return [line(row, widths)] }
        waiting.append(row)
        return waiting.count >= Table.rowsToMeasure ? settle() : []
    }

    /// Ends the table.
    ///
    /// - Returns: the lines that are left.
    mutating func end() -> [String] { widths == nil ? settle() : [] }

    private mutating func settle() -> [String] {
        var natural = headings.map { DisplayWidth.of($0) }
        var hasNumber = Array(repeating: false, count: headings.count)
        for row in waiting {
            for (column, cell) in row.enumerated() where column < natural.count {
                natural[column] = max(natural[column], DisplayWidth.of(cell.words))
                switch cell {
                case .number: hasNumber[column] = true
                case .text(let words) where !words.isEmpty: isNumeric[column] = false
                default: break
                }
            }
        }
        for column in isNumeric.indices where !hasNumber[column] { isNumeric[column] = false }
        let widths = Table.fit(natural, into: width - Table.gap * max(0, natural.count - 1))
        self.widths = widths
        let heading = line(headings.map { .text($0) }, widths)
        let lines = [isColored ? "\u{1B}[1m\(heading)\u{1B}[0m" : heading] + waiting.map { line($0, widths) }
        waiting = []
        return lines
    }

    /// Narrows the widest columns until all fit into `room`.
    static func fit(_ natural: [Int], into room: Int) -> [Int] {
        guard natural.reduce(0, +) > room else { return natural }
        var low = narrowest
        var high = max(narrowest, natural.max() ?? 0)
        while low < high {
            let middle = (low + high + 1) / 2
            if natural.reduce(0, { $0 + min($1, middle) }) <= room { low = middle } else { high = middle - 1 }
        }
        var widths = natural.map { min($0, low) }
        // What is left over goes to the columns that were narrowed, from the left.
        var left = room - widths.reduce(0, +)
        for index in widths.indices where left > 0 && widths[index] < natural[index] {
            widths[index] += 1
            left -= 1
        }
        return widths
    }

    private func line(_ row: [Cell], _ widths: [Int]) -> String {
        var line = ""
        var pending = 0
        for (column, width) in widths.enumerated() {
            let cell = column < row.count ? row[column] : .blank
            let words = DisplayWidth.cut(cell.words, to: width)
            let padding = max(0, width - DisplayWidth.of(words))
            if isNumeric[column] { pending += padding }
            if !words.isEmpty {
                line += String(repeating: " ", count: pending)
                pending = 0
                if case .faint = cell, isColored { line += "\u{1B}[2m\(words)\u{1B}[0m" } else { line += words }
            }
            // Blanks at the end of a line are not printed.
            pending += (isNumeric[column] ? 0 : padding) + Table.gap
        }
        return line
    }
}
