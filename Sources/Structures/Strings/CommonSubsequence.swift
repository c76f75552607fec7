internal import OrderedStore

/// The longest bytes that two strings have in common in one order, not necessarily side by side.
package struct CommonSubsequence: Sendable {
    /// A stretch that is in both strings, byte for byte.
    package struct Match: Sendable {
        package let first: ClosedRange<Int>
        package let second: ClosedRange<Int>
        package var count: Int { first.count }
    }

    /// How many cells the table of two strings has.
    package static func cells(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Int {
        let (cells, overflow) = (first.count + 1).multipliedReportingOverflow(by: second.count + 1)
        return overflow ? .max : cells
    }

    /// The most cells that are worked through.
    package static let mostCells = 1 << 26

    package private(set) var bytes: [UInt8] = []
    /// Its stretches, the last first, as Redis gives them.
    package private(set) var matches: [Match] = []

    /// The length alone, in memory for one row.
    ///
    /// - Complexity: O(*m* × *n*).
    package static func length(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Int {
        var row = [UInt32](repeating: 0, count: second.count + 1)
        for i in first.indices {
            var diagonal: UInt32 = 0
            for j in second.indices {
                let above = row[j + 1]
                row[j + 1] = first[i] == second[j] ? diagonal + 1 : max(above, row[j])
                diagonal = above
            }
        }
        return Int(row[second.count])
    }

    /// - Complexity: O(*m* × *n*), memory too: there are at most ``mostCells``.
    package init(_ first: Span<UInt8>, _ second: Span<UInt8>) {
        let width = second.count + 1
        var table = [UInt32](repeating: 0, count: (first.count + 1) * width)
        for i in first.indices {
            for j in second.indices {
                let place = (i + 1) * width + j + 1
                table[place] =
                    first[i] == second[j]
                    ? table[place - width - 1] + 1 : max(table[place - width], table[place - 1])
            }
        }
        trace(first, second, table, width)
    }

    /// Goes back from the ends of both strings.
    private mutating func trace(_ first: Span<UInt8>, _ second: Span<UInt8>, _ table: [UInt32], _ width: Int) {
        var (i, j) = (first.count, second.count)
        // The stretch that is not ended yet: its first and last positions in both.
        var open: (first: Int, second: Int, count: Int)?
        func close() {
            guard let stretch = open else { return }
            matches.append(
                Match(
                    first: stretch.first...stretch.first + stretch.count - 1,
                    second: stretch.second...stretch.second + stretch.count - 1))
            open = nil
        }
        while i > 0, j > 0 {
            if first[i - 1] == second[j - 1] {
                (i, j) = (i - 1, j - 1)
                bytes.append(first[i])
                open = (i, j, (open?.count ?? 0) + 1)
            } else {
                close()
                if table[(i - 1) * width + j] > table[i * width + j - 1] { i -= 1 } else { j -= 1 }
            }
        }
        close()
        bytes.reverse()
    }
}
