import StoreConformance
import Testing

@testable import LVKVServer

/// The events in `bytes`, which arrive in pieces that end at `splits`.
private func events(_ bytes: [UInt8], splits: [Int] = [], finishes: Bool = true, longest: Int = 1 << 20) -> [String] {
    var parser = LineParser(longestMessage: longest)
    var found: [LineParser.Event] = []
    var start = 0
    for end in splits + [bytes.count] {
        parser.append(bytes[start..<end])
        start = end
        while let event = parser.next() { found.append(event) }
    }
    if finishes, let event = parser.finish() { found.append(event) }
    return found.compactMap { event in
        switch event {
        case .message(let message, _):
            let type = message.type?.rawValue ?? ""
            return [message.command, text(message.key), text(message.value), type].joined(separator: "|")
        case .refusal(let reason, _): return "refused: \(reason)"
        case .lineEnd: return nil
        }
    }
}

private func events(_ text: String, finishes: Bool = true, longest: Int = 1 << 20) -> [String] {
    events(Array(text.utf8), finishes: finishes, longest: longest)
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite("Messages of the dialect of lines")
struct LineParserTests {
    @Test(
        "a message without a line end is whole with its type, or at its third semicolon",
        arguments: [
            ("PUT; foo; 1; INT", "PUT|foo|1|INT"),
            ("put;foo;1;int", "PUT|foo|1|INT"),
            ("GET; foo;;", "GET|foo||"),
            ("PUTLIST; bar; a,b,c ; LIST", "PUTLIST|bar|a,b,c|LIST"),
            ("APPEND; bar; d; STRING", "APPEND|bar|d|STRING"),
            ("STATS; ;;", "STATS|||"),
            ("PUT; foo; a value ;STRING", "PUT|foo|a value|STRING"),
        ])
    func wholeWithoutLineEnd(_ message: String, _ expected: String) {
        #expect(events(message, finishes: false) == [expected])
        #expect(events(message + "\r\n", finishes: false) == [expected])
    }

    @Test("a message with parts missing ends at its line end, or where the client sends no more")
    func shortMessages() {
        #expect(events("PUT; foo; 1", finishes: false) == [])
        #expect(events("PUT; foo; 1") == ["PUT|foo|1|"])
        #expect(events("PUT; foo; 1;\nSTATS\n", finishes: false) == ["PUT|foo|1|", "STATS|||"])
        #expect(events("GET; foo") == ["GET|foo||"])
        #expect(events("\n\r\n  \n") == [])
    }

    @Test("what follows a whole message for its sake is passed over")
    func restOfMessage() {
        #expect(events("GET; foo;; STRING\nGET; bar;;\n") == ["GET|foo||", "GET|bar||"])
        #expect(events("GET; foo;;STATS; ;;INCREMENT; n;;") == ["GET|foo||", "STATS|||", "INCREMENT|n||"])
        #expect(events("PUT; a; 1; INT \r\n PUT; b; 2; INT") == ["PUT|a|1|INT", "PUT|b|2|INT"])
    }

    @Test("an unknown type is refused up to the line end")
    func unknownType() {
        let refusal = "refused: the type is INT, STRING or LIST"
        #expect(events("PUT; a; 1; FLOAT; x\nGET; a;;\n") == [refusal, "GET|a||"])
        #expect(events("PUT; a; 1; INX") == [refusal])
        #expect(events("PUT; a; 1; IN\nGET; a;;") == [refusal, "GET|a||"])
    }

    @Test("a message that is too long is refused, and takes no memory")
    func tooLong() {
        let long = "PUT; a; " + String(repeating: "x", count: 1000)
        #expect(
            events(long + "; INT\nGET; a;;\n", longest: 100) == ["refused: message longer than 100 bytes", "GET|a||"])
    }

    @Test("messages are the same however they arrive in pieces")
    func everySplit() {
        let bytes = Array(
            "PUT; foo; 1; INT\r\nGET; foo;;PUTLIST; bar; a,b ; LIST\nGET;x;; STRING\nPUT;a;1;FLOAT\n\nSTATS\nPUT; k; v"
                .utf8)
        let whole = events(bytes)
        #expect(whole.count == 7)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                #expect(events(bytes, splits: [first, second]) == whole, "splits at \(first) and \(second)")
            }
        }
        #expect(events(bytes, splits: Array(0..<bytes.count)) == whole)
    }

    @Test("any bytes lead to messages or refusals")
    func anyBytes() {
        var random = SeededGenerator(seed: 5)
        let alphabet = Array(";;;\n\r PUTGETINSRLxyz".utf8) + [0, 255]
        for round in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let split = Int.random(in: 0...bytes.count, using: &random)
            #expect(events(bytes, splits: [split]) == events(bytes), "seed 5, round \(round)")
        }
    }
}
