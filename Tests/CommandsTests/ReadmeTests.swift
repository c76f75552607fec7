import Commands
import Foundation
import Testing

@Suite("The README's table of commands")
struct ReadmeTests {
    @Test("names the commands that there are, and no others")
    func names() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let readme = root.deletingLastPathComponent().appending(path: "README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        let table = try #require(text.split(separator: "| commands | |\n").last?.split(separator: "\n\n").first)
        let words = table.split { !($0.isLetter || $0 == "." || $0 == "_") }.map(String.init)
        let named = Set(words.filter { $0.count > 2 && $0 == $0.uppercased() }.map { $0.lowercased() })
        // These are there to say why they do nothing.
        let refused: Set = ["debug", "spublish", "ssubscribe", "sunsubscribe"]
        let known = Set(CommandTable.standard.commands.map(\.name)).subtracting(refused)
        #expect(named.subtracting(known).sorted() == [])
        #expect(known.subtracting(named).sorted() == [])
    }
}
