import Foundation
import Testing

@Suite("Queries on the command line")
struct QueryCommandTests {
    private func library() throws -> Sandbox {
        let box = try Sandbox()
        let indexes = "indexes:\n  byAuthor: {id: 1, on: [author, {year: desc}], include: [title]}\n"
        try box.write("book.yaml", RecordCommandTests.book + "\n" + indexes)
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        for (genre, id, author, year) in [
            ("sf", "1", "Lem", "1961"), ("fantasy", "2", "Tolkien, J.", "1954"), ("sf", "3", "Lem", "null"),
            ("sf", "4", "Lem", "1971"), ("fantasy", "5", "MacDonald", "1895"),
        ] {
            let record = #"{"genre":"\#(genre)","id":"\#(id)","title":"T\#(id)","author":"\#(author)","year":\#(year)}"#
            #expect(try box.lvkv("record", "put", "book", record).status == 0)
        }
        return box
    }

    @Test("records are found, ordered, counted and put into pages")
    func records() throws {
        let box = try library()
        func ids(_ arguments: String...) throws -> [String] {
            let outcome = try box.lvkv(["query", "book", "--select", "id", "--format", "csv"] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return Array(outcome.lines.dropFirst())
        }
        #expect(try ids("--where", #"author = "Lem" and year >= 1950"#, "--order", "year:desc") == ["4", "1"])
        #expect(try ids("--filter", #"{"year": {"$lt": 1960}}"#, "--order", "year") == ["5", "2"])
        #expect(try ids("--order", "author,id:desc", "--limit", "2", "--skip", "1") == ["3", "1"])
        #expect(try ids("--where", "year is null") == ["3"])
        #expect(try box.lvkv("query", "book", "--where", "genre = 'sf'", "--count").output == "3\n")
        #expect(
            try box.lvkv("query", "book", "--where", "id = '2'").output
                == #"{"genre":"fantasy","id":"2","title":"T2","author":"Tolkien, J.","year":1954}"# + "\n")
        var found: [String] = []
        var after: [String] = []
        repeat {
            let arguments = [
                "query", "book", "--order", "year", "--select", "id", "--format", "csv", "--page-size", "2",
            ]
            let page = try box.lvkv(arguments + after)
            found += page.lines.dropFirst()
            let token = page.errors.split(separator: " ").last.map { $0.filter { !$0.isNewline } } ?? ""
            after = page.errors.isEmpty ? [] : ["--after", token]
        } while !after.isEmpty && found.count < 9
        #expect(found == ["3", "5", "2", "1", "4"])
    }

    @Test("values, groups and explanations are printed in each form")
    func groups() throws {
        let box = try library()
        #expect(
            try box.lvkv("query", "book", "--distinct", "genre", "--format", "csv").lines == ["genre", "fantasy", "sf"])
        #expect(
            try box.lvkv("query", "book", "--group-by", "genre", "--aggregate", "count,sum:year,min:year").lines == [
                #"{"genre":"fantasy","count":2,"sum:year":3849,"min:year":1895}"#,
                #"{"genre":"sf","count":3,"sum:year":3932,"min:year":1961}"#,
            ])
        #expect(
            try box.lvkv("query", "book", "--where", "year > 1960", "--aggregate", "count,avg:year").lines
                == [#"{"count":2,"avg:year":1966.0}"#])
        let explained = try box.lvkv("query", "book", "--where", "author = 'Lem'", "--order", "year:desc", "--explain")
        #expect(explained.lines.first == "plan      records")
        #expect(explained.output.contains("returned 3"))
        let json = try box.lvkv("query", "book", "--distinct", "genre", "--explain", "--format", "jsonl")
        #expect(json.output.contains(#""skips":"genre""#))
    }

    @Test("what is asked wrongly is shown with a caret, or is one line")
    func errors() throws {
        let box = try library()
        let wrong = try box.lvkv("query", "book", "--where", "year >= 1950 and autor = 'x'")
        #expect(wrong.status == 64)
        let lines = wrong.errors.split(separator: "\n").map(String.init)
        #expect(lines.first == "year >= 1950 and autor = 'x'")
        #expect(lines.count > 1 && lines[1].hasPrefix("                 ^ "))
        #expect(lines.last?.hasPrefix("lvkv: --where") ?? false)
        for (arguments, status) in [
            (["bok"], 1), (["book", "--filter", "{"], 64), (["book", "--filter", #"{"autor": 1}"#], 64),
            (["book", "--order", "autor"], 64), (["book", "--order", "year:up"], 64),
            (["book", "--select", "autor"], 64),
            (["book", "--after", "zz"], 64), (["book", "--aggregate", "median:year"], 64),
            (["book", "--aggregate", "sum:title"], 64), (["book", "--distinct", "autor"], 64),
            (["book", "--count", "--distinct", "id"], 64), (["book", "--limit", "-1"], 64),
            (["book", "--where", "true", "--filter", "{}"], 64), (["book", "--count", "--limit", "1"], 64),
        ] as [([String], Int32)] {
            let outcome = try box.lvkv(["query"] + arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.hasOneErrorLine, "\(arguments): \(outcome.errors)")
        }
    }
}
