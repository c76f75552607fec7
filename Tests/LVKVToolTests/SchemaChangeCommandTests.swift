import Foundation
import Testing

@Suite("Schema changes on the command line")
struct SchemaChangeCommandTests {
    private func schema(_ version: Int, _ changes: (String, String)...) -> String {
        var text = RecordCommandTests.book.replacingOccurrences(of: "version: 1", with: "version: \(version)")
        for (old, new) in changes { text = text.replacingOccurrences(of: old, with: new) }
        return text
    }

    @Test("a change is shown, planned, applied and kept in the history")
    func verified() throws {
        let box = try Sandbox()
        try box.write("book.yaml", schema(1))
        #expect(try box.lvkv("schema", "diff", "book.yaml").status == 69)
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(try box.lvkv("schema", "diff", "book.yaml").lines == ["schema book: no difference from version 1"])
        for (id, title) in [("1", "short"), ("2", "a title that is longer")] {
            let record = #"{"genre":"sf","id":"\#(id)","title":"\#(title)","author":"A","year":1990}"#
            #expect(try box.lvkv("record", "put", "book", record).status == 0)
        }
        try box.write(
            "book.yaml",
            schema(2, ("year:", "year2: {id: 77, type: int}\n  year:"), ("title:  {", "title:  {maxBytes: 9, ")))
        #expect(
            try box.lvkv("schema", "diff", "book.yaml").lines == [
                "schema book: version 1 in the database, 2 in the file",
                "  verified: field title changes maxBytes", "  instant:  field year2 is new",
            ])
        let plan = try box.lvkv("schema", "apply", "--plan", "book.yaml")
        #expect(plan.status == 65)
        #expect(plan.lines.contains("  2 records would be read"))
        #expect(plan.lines.contains { $0.hasPrefix("  in the way: schema book: book:sf:2:title: field title: ") })
        #expect(plan.hasOneErrorLine)
        let refused = try box.lvkv("schema", "apply", "book.yaml")
        #expect(refused.status == 65)
        #expect(refused.hasOneErrorLine)
        #expect(refused.errors.contains("book:sf:2:title"))
        #expect(try box.lvkv("record", "delete", "book", "sf", "2").status == 0)
        #expect(try box.lvkv("schema", "apply", "--plan", "book.yaml").status == 0)
        #expect(try box.lvkv("schema", "apply", "book.yaml").lines.first == "schema book: updated from version 1 to 2")
        let history = try box.lvkv("schema", "history", "book").lines
        #expect(history.count == 4)
        #expect(history.first?.hasPrefix("version 1  20") == true && history.first?.hasSuffix("  created") == true)
        #expect(history.last == "  instant:  field year2 is new")
        #expect(try box.lvkv("schema", "history", "book", "--format", "jsonl").lines.count == 2)
        #expect(try box.lvkv("schema", "history", "bok").status == 1)
    }

    @Test("the example of the documentation runs as it is written")
    func documentation() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Records/Records.docc/SchemaChanges.md")
        let text = String(decoding: try Data(contentsOf: page), as: UTF8.self)
        func block(_ language: String) -> [String] {
            text.components(separatedBy: "```\(language)\n")[1].components(separatedBy: "```")[0]
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        let box = try Sandbox()
        let old = """
            {schema: book, version: 1, key: "book:{genre}:{id}:{field}", fields: {genre: {id: 1, type: string},
             id: {id: 2, type: string}, title: {id: 3, type: string, required: true}, year: {id: 4, type: string}}}
            """
        try box.write("old.yaml", old)
        #expect(try box.lvkv("schema", "apply", "old.yaml").status == 0)
        for (id, title, year) in [("1", "Dune", "1965"), ("2", "Ubik", "1969"), ("3", "Solaris", "1970?")] {
            let record = #"{"genre":"sf","id":"\#(id)","title":"\#(title)","year":"\#(year)"}"#
            #expect(try box.lvkv("record", "put", "book", record).status == 0)
        }
        try box.write("book.yaml", block("yaml").joined(separator: "\n"))
        var runs = 0
        var steps: [(command: [String], output: [String])] = []
        for line in block("console") {
            if line.hasPrefix("$ lvkv --db library ") {
                steps.append((line.dropFirst(20).split(separator: " ").map(String.init), []))
            } else if !line.isEmpty {
                steps[steps.count - 1].output.append(line)
            }
        }
        for (command, output) in steps {
            let outcome = try box.lvkv(command)
            runs += 1
            let printed = outcome.lines + outcome.errors.split(separator: "\n").map(String.init)
            if !output.isEmpty { #expect(printed == output, "\(command)") }
            #expect(
                outcome.status == (output.last?.hasPrefix("lvkv: ") == true ? 65 : 0), "\(command): \(outcome.errors)")
        }
        #expect(runs == 11)
    }

    @Test("a rewrite that waits is shown, and what there is nothing of is one line")
    func waiting() throws {
        let box = try Sandbox()
        try box.write("book.yaml", schema(1))
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        for command in ["commit", "rollback"] {
            let outcome = try box.lvkv("schema", command, "book")
            #expect(outcome.status == 65)
            #expect(outcome.hasOneErrorLine)
        }
        let record = #"{"genre":"sf","id":"1","title":"T","author":"A","year":1990}"#
        #expect(try box.lvkv("record", "put", "book", record).status == 0)
        try box.write("book.yaml", schema(2, ("author:", "writer:")))
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(
            try box.lvkv("schema", "show", "book").lines.last?.contains("neither committed nor rolled back") == true)
        #expect(try box.lvkv("schema", "history", "book").lines.last?.contains("neither committed nor") == true)
        #expect(try box.lvkv("get", "book:sf:1:writer").lines == ["A"])
        try box.write("third.yaml", schema(3, ("author:", "penman:")))
        let refused = try box.lvkv("schema", "apply", "third.yaml")
        #expect(refused.status == 69)
        #expect(refused.hasOneErrorLine)
        #expect(try box.lvkv("schema", "rollback", "book").status == 0)
        #expect(try box.lvkv("get", "book:sf:1:author").lines == ["A"])
    }
}
