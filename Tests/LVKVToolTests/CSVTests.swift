import Foundation
import LVKV
import StoreConformance
import Testing

@testable import LVKVTool

@Suite("CSV")
struct CSVTests {
    /// The rows of `text`, which comes in pieces of so many bytes, and what could not be read, in order.
    private func read(
        _ text: [UInt8], inPiecesOf size: Int = 256 << 10
    ) throws -> [Result<[[UInt8]], CSVReader.Malformed>] {
        var rest = text[...]
        var reader = CSVReader { buffer throws(Failure) in
            buffer = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            return !buffer.isEmpty
        }
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

    @Test("a byte order mark with nothing behind it is an input without rows")
    func loneByteOrderMark() throws {
        #expect(try rows("\u{FEFF}") == [])
        #expect(try rows("\u{FEFF}\n") == [])
    }

    @Test("rows are the same whatever the pieces they come in", arguments: [1, 2, 3, 4, 7])
    func pieces(size: Int) throws {
        let text = Array("\u{FEFF}a,b\r\n\"c,\"\"x\"\"\",\"d\r\ne\"\r\n\nf\rg,\"h\"i\r\nj,k\"l\n\"m".utf8)
        #expect(try read(text, inPiecesOf: size) == read(text))
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

    @Test(
        "a row that is written as it stood is refused again for the same reason",
        arguments: ["a\"b,c", "\"x\"y", "a\r\"b", "\"a\"\rb", "x,\"a\"\"b", "\"a,\"\"\",\"b\"c"])
    func malformedText(_ row: String) throws {
        func refusal(_ text: [UInt8]) -> (problem: CSVReader.Malformed?, text: [UInt8]) {
            var isRead = false
            var reader = CSVReader { buffer throws(Failure) in
                defer { isRead = true }
                buffer = isRead ? [] : text
                return !buffer.isEmpty
            }
            let problem = #expect(throws: CSVReader.Malformed.self) { try reader.next() }
            var text: [UInt8] = []
            reader.appendText(to: &text)
            return (problem, text)
        }
        let first = refusal(Array(row.utf8))
        #expect(first.text == Array(row.utf8))
        #expect(refusal(first.text + Array(",1,reason\n".utf8)).problem == first.problem)
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
