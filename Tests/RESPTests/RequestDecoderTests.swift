import StoreConformance
import Testing

@testable import RESP

/// What a decoder made of some bytes.
private struct Decoded: Equatable {
    var requests: [[String]] = []
    var error: String?
    var left = 0

    /// Decodes `bytes`, which arrive in pieces that end at `splits`.
    init(_ bytes: [UInt8], splits: [Int] = [], limits: RequestDecoder.Limits = .init()) {
        var decoder = RequestDecoder(limits: limits)
        var buffer: [UInt8] = []
        var start = 0
        for end in splits + [bytes.count] {
            buffer += bytes[start..<end]
            start = end
            do throws(ProtocolError) {
                while try decoder.decode(buffer.span) {
                    var words: [String] = []
                    decoder.forEachWord(in: buffer.span) { word in
                        words.append(word.indices.map { String(Unicode.Scalar(word[$0])) }.joined())
                    }
                    if decoder.wordCount > 0 { requests.append(words) }
                    buffer.removeFirst(decoder.byteCount)
                }
            } catch {
                self.error = error.message
                return
            }
        }
        left = buffer.count
    }

    init(_ text: String, limits: RequestDecoder.Limits = .init()) { self.init(Array(text.utf8), limits: limits) }
}

@Suite("Request decoder")
struct RequestDecoderTests {
    @Test("an array of bulk strings is a request, and any bytes may stand in its words")
    func array() {
        #expect(Decoded("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n").requests == [["SET", "k", "a\r\nb"]])
        #expect(Decoded("*1\r\n$0\r\n\r\n").requests == [[""]])
    }

    @Test("requests may follow one another, and a part of one waits for the rest")
    func pipeline() {
        let decoded = Decoded("*1\r\n$4\r\nPING\r\nPING x\n*2\r\n$4\r\nECHO\r\n$2\r\nh")
        #expect(decoded.requests == [["PING"], ["PING", "x"]])
        #expect(decoded.left == 19)
    }

    @Test(
        "empty requests ask for nothing", arguments: ["*0\r\n", "*-1\r\n", "\r\n", "\n", "  \t \r\n"])
    func empty(_ text: String) {
        #expect(Decoded(text + "PING\r\n").requests == [["PING"]])
    }

    @Test(
        "an inline request is split as Redis splits it",
        arguments: [
            ("SET name 'John Doe'", ["SET", "name", "John Doe"]),
            (#"PING "a\x41\n\r\t\b\a\q\"\\""#, ["PING", "aA\n\r\t\u{8}\u{7}q\"\\"]),
            (#"PING "a\x4g""#, ["PING", "ax4g"]),
            (#"PING 'a\'b\n"'"#, ["PING", #"a'b\n""#]),
            (#"PING a"b c""#, ["PING", "ab c"]),
            (#"PING a\nb"#, ["PING", #"a\nb"#]),
            ("\u{B}PING\tx\u{C}y ''  \"\"", ["PING", "x\u{C}y", "", ""]),
            ("PING a\0b", ["PING", "a\0b"]),
        ])
    func inline(_ line: String, _ words: [String]) {
        #expect(Decoded(line + "\r\n").requests == [words])
        #expect(Decoded(line + "\n").requests == [words])
    }

    @Test(
        "what is no request is refused in Redis's words",
        arguments: [
            ("*a\r\n", "invalid multibulk length"), ("*\r\n", "invalid multibulk length"),
            ("*+1\r\n", "invalid multibulk length"), ("*01\r\n", "invalid multibulk length"),
            ("*-0\r\n", "invalid multibulk length"), ("*9223372036854775808\r\n", "invalid multibulk length"),
            ("*1048577\r\n", "invalid multibulk length"),
            ("*1\r\n$-1\r\n", "invalid bulk length"), ("*1\r\n$\r\n", "invalid bulk length"),
            ("*1\r\n$67108865\r\n", "invalid bulk length"),
            ("*1\r\n:1\r\n", "expected '$', got ':'"), ("*1\r\n\n1\r\n", "expected '$', got ' '"),
            ("*1\r\n\r\n", "expected '$', got ' '"),
            ("set 'a\r\n", "unbalanced quotes in request"), ("set \"a\\\"\r\n", "unbalanced quotes in request"),
            ("set \"a\"b\r\n", "unbalanced quotes in request"), ("set 'a'b\r\n", "unbalanced quotes in request"),
            (String(repeating: "a", count: 65_537), "too big inline request"),
            (String(repeating: "a", count: 70_000) + "\n", "too big inline request"),
            ("*" + String(repeating: "1", count: 65_537), "too big mbulk count string"),
            ("*1\r\n$" + String(repeating: "1", count: 65_537), "too big bulk count string"),
        ])
    func refused(_ text: String, _ message: String) {
        let decoded = Decoded(text)
        #expect(decoded.error == message)
        #expect(decoded.requests.isEmpty)
    }

    @Test("the longest requests that are allowed are taken")
    func atTheLimits() {
        let line = "PING " + String(repeating: "a", count: 65_529)
        #expect(Decoded(line + "\r\n").requests == [["PING", String(line.dropFirst(5))]])
        var limits = RequestDecoder.Limits()
        limits.wordLength = 4
        limits.wordCount = 2
        #expect(Decoded("*2\r\n$4\r\nECHO\r\n$4\r\nabcd\r\n", limits: limits).requests == [["ECHO", "abcd"]])
        #expect(Decoded("*3\r\n", limits: limits).error == "invalid multibulk length")
        #expect(Decoded("*1\r\n$5\r\n", limits: limits).error == "invalid bulk length")
    }

    @Test("before a client has logged in its requests must be short")
    func unauthenticated() {
        var limits = RequestDecoder.Limits()
        limits.isUnauthenticated = true
        #expect(Decoded("*11\r\n", limits: limits).error == "unauthenticated multibulk length")
        #expect(Decoded("*1\r\n$16385\r\n", limits: limits).error == "unauthenticated bulk length")
        #expect(Decoded("*10\r\n$16384\r\n", limits: limits).error == nil)
    }

    @Test("a lying header sets no memory aside")
    func lyingHeaders() throws {
        var decoder = RequestDecoder()
        let bytes = Array("*1048576\r\n$67108864\r\nabc".utf8)
        let isWhole = try decoder.decode(bytes.span)
        #expect(!isWhole)
        #expect(decoder.wordCount == 0)
        #expect(decoder.reservedWords < 16)
    }

    @Test("a giant request's memory is given back with the next request")
    func giant() throws {
        var decoder = RequestDecoder()
        let giant = Array("*4000\r\n".utf8) + Array(repeating: Array("$1\r\na\r\n".utf8), count: 4000).joined()
        #expect(try decoder.decode(giant.span))
        #expect(decoder.wordCount == 4000)
        let next = Array("PING\n".utf8)
        #expect(try decoder.decode(next.span))
        #expect(decoder.wordCount == 1)
        #expect(decoder.reservedWords < 1024)
    }

    @Test("whatever the pieces in which bytes arrive, the requests are the same")
    func everySplit() {
        let texts = [
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n*b\r\n*0\r\nPING 'a b' \"\\x41\"\r\n\r\n*1\r\n$4\r\nPING\r\n",
            "*2\r\n$4\r\nPING\r\n:1\r\n", "*2x\r\n", "*1\r\n$-5\r\n", "PING 'a\r\nPING\r\n",
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let whole = Decoded(bytes)
            for first in 0...bytes.count {
                for second in first...bytes.count {
                    #expect(
                        Decoded(bytes, splits: [first, second]) == whole, "\(text.debugDescription) \(first) \(second)")
                }
            }
            #expect(Decoded(bytes, splits: Array(0...bytes.count)) == whole)
        }
    }

    @Test("random bytes are decoded or refused, the same way in any pieces", arguments: 0..<40)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let tokens = [
            "*", "$", "\r\n", "1", "2", "4", "0", "-1", "PING", "a", "'", "\"", "\\x4", " ", "\n", "\r", ":", "\0",
            "\u{FF}",
            "*1\r\n$4\r\nPING\r\n",
        ]
        for _ in 0..<100 {
            let text = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                tokens.randomElement(using: &generator)!
            }
            let bytes = Array(text.joined().utf8)
            let splits = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            #expect(Decoded(bytes, splits: splits) == Decoded(bytes), "seed \(seed), \(bytes)")
        }
    }

    @Test("random requests come out as they went in, as arrays and quoted", arguments: 0..<20)
    func roundTrip(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let words = (0..<Int.random(in: 1..<6, using: &generator)).map { _ in
                (0..<Int.random(in: 0..<9, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            let expected = [words.map { $0.map { String(Unicode.Scalar($0)) }.joined() }]
            var array = Array("*\(words.count)\r\n".utf8)
            for word in words { array += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
            #expect(Decoded(array).requests == expected, "seed \(seed)")
            let quoted = words.map { word in
                "\"" + word.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
            }
            #expect(Decoded(quoted.joined(separator: " ") + "\r\n").requests == expected, "seed \(seed)")
        }
    }
}
