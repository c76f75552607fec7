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
}
