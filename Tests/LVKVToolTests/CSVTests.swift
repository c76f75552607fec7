import Foundation
import LVKV
import StoreConformance
import Testing

@testable import LVKVTool

@Suite("CSV")
struct CSVTests {
    /// The rows of `text`, and what could not be read, in order.
    private func read(_ text: [UInt8]) throws -> [Result<[[UInt8]], CSVReader.Malformed>] {
        let box = try Sandbox()
        try Data(text).write(to: URL(fileURLWithPath: box.file("in.csv")))
        var reader = CSVReader(try Input(box.file("in.csv")))
        var rows: [Result<[[UInt8]], CSVReader.Malformed>] = []
        while true {
            do {
                guard try reader.next() else { return rows }
                var cells: [[UInt8]] = []
                for index in 0..<reader.count { cells.append(reader[index].array) }
                rows.append(.success(cells))
            } catch let error as CSVReader.Malformed {
                rows.append(.failure(error))
            }
        }
    }

    private func rows(_ text: String) throws -> [[String]] {
        try read(Array(text.utf8)).map { try $0.get().map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test("quotes, doubled quotes, line breaks in quotes, CR LF and a byte order mark are read as RFC 4180 says")
    func wellFormed() throws {
        #expect(try rows("a,b\nc,d") == [["a", "b"], ["c", "d"]])
        #expect(try rows("\u{FEFF}a,b\r\n\"c,\"\"x\"\"\",\"d\r\ne\"\r\n") == [["a", "b"], ["c,\"x\"", "d\r\ne"]])
        #expect(try rows("a,,\n,\n\n\"\"\n") == [["a", "", ""], ["", ""], [""]])
        #expect(try rows("") == [])
        #expect(try rows("\n\n") == [])
        #expect(try rows("a\rb,c\r") == [["a\rb", "c\r"]])
        #expect(try rows("\"\"") == [[""]])
        #expect(try rows("a,") == [["a", ""]])
    }

    @Test("a malformed row is told by line and column, and the rows after it are read")
    func malformed() throws {
        let results = try read(Array("a,b\nc,d\"e\nf,\"g\"h\ni,\"j\nk\"\n\"l".utf8))
        #expect(results.count == 5)
        #expect(try results[0].get().count == 2)
        func problem(_ index: Int) -> CSVReader.Malformed? {
            if case .failure(let error) = results[index] { error } else { nil }
        }
        #expect(problem(1)?.line == 2 && problem(1)?.column == 2)
        #expect(problem(2)?.line == 3 && problem(2)?.column == 2)
        #expect(try results[3].get() == [Array("i".utf8), Array("j\nk".utf8)])
        #expect(problem(4)?.line == 6 && problem(4)?.reason == "a quote is opened and never closed")
    }

    @Test("what is written is what is read, whatever the bytes", arguments: [11, 12, 13] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = Array("ab,\"\n\r é".utf8)
        var expected: [[[UInt8]]] = []
        var text: [UInt8] = []
        for _ in 0..<400 {
            var row: [[UInt8]] = []
            for column in 0..<Int.random(in: 2...4, using: &generator) {
                let cell = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    letters.randomElement(using: &generator) ?? 0
                }
                if column > 0 { text.append(UInt8(ascii: ",")) }
                CSVText.append(cell.span, to: &text)
                row.append(cell)
            }
            text.append(UInt8(ascii: "\n"))
            expected.append(row)
        }
        #expect(try read(text).map { try $0.get() } == expected, "seed \(seed)")
    }

    @Test("rows that lie across the pieces of a large input are whole")
    func large() throws {
        let cell = String(repeating: "x", count: 1000)
        let text = (0..<2000).map { "\($0),\"\(cell)\n\(cell)\"\r\n" }.joined()
        let rows = try rows(text)
        #expect(rows.count == 2000)
        for (number, row) in rows.enumerated() { #expect(row == ["\(number)", "\(cell)\n\(cell)"]) }
    }
}
