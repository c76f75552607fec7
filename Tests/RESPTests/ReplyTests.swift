import NIOCore
import StoreConformance
import Testing

@testable import RESP

/// What an encoder of each version writes.
private func encoded(_ version: ReplyEncoder.Version, _ body: (inout ReplyEncoder) -> Void) -> String {
    var encoder = ReplyEncoder(version: version)
    body(&encoder)
    return String(decoding: encoder.buffer.readableBytesView, as: UTF8.self)
}

/// The replies in `bytes`, which arrive in pieces that end at `splits`; an error's text at the end.
private func decoded(_ bytes: [UInt8], splits: [Int] = [], limits: ReplyDecoder.Limits = .init()) -> ([Reply], String?)
{
    var decoder = ReplyDecoder(limits: limits)
    var replies: [Reply] = []
    var start = 0
    for end in splits + [bytes.count] {
        decoder.append(bytes.span.extracting(start..<end))
        start = end
        do throws(ProtocolError) {
            while let reply = try decoder.next() { replies.append(reply) }
        } catch {
            return (replies, error.message)
        }
    }
    return (replies, nil)
}

private func decoded(_ text: String) -> ([Reply], String?) { decoded(Array(text.utf8)) }

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("Replies")
struct ReplyTests {
    @Test("each kind of reply has its form in both versions")
    func forms() {
        func check(_ two: String, _ three: String, _ body: (inout ReplyEncoder) -> Void) {
            #expect(encoded(.two, body) == two)
            #expect(encoded(.three, body) == three)
        }
        let text = bytes("héllo")
        check("+OK\r\n", "+OK\r\n") { $0.simple("OK") }
        check("$6\r\nhéllo\r\n", "$6\r\nhéllo\r\n") { $0.bulk(text.span) }
        check("$-1\r\n", "_\r\n") { $0.null() }
        check("*-1\r\n", "_\r\n") { $0.nullArray() }
        check(":1\r\n:0\r\n", "#t\r\n#f\r\n") {
            $0.bool(true)
            $0.bool(false)
        }
        check(":0\r\n:-7\r\n", ":0\r\n:-7\r\n") {
            $0.integer(0)
            $0.integer(-7)
        }
        check(":-9223372036854775808\r\n", ":-9223372036854775808\r\n") { $0.integer(.min) }
        check("*2\r\n", "*2\r\n") { $0.array(2) }
        check("*4\r\n", "%2\r\n") { $0.map(2) }
        check("*12\r\n", "~12\r\n") { $0.set(12) }
        check("*3\r\n", ">3\r\n") { $0.push(3) }
        check("", "|1\r\n") { _ = $0.attribute(1) }
        check("$6\r\nhéllo\r\n", "=10\r\ntxt:héllo\r\n") { $0.verbatim(text.span) }
        let digits = bytes("123456789012345678901234567890")
        check("$30\r\n123456789012345678901234567890\r\n", "(123456789012345678901234567890\r\n") {
            $0.bigNumber(digits.span)
        }
        check("$3\r\n2.5\r\n", ",2.5\r\n") { $0.double(2.5) }
    }

    @Test("a line break in an error or a status does not split the reply")
    func lineBreaks() {
        let text = bytes("ERR no\r\n+OK\r\n'")
        #expect(encoded(.two) { $0.error(text.span) } == "-ERR no  +OK  '\r\n")
        #expect(encoded(.two) { $0.simple(text.span) } == "+ERR no  +OK  '\r\n")
        #expect(encoded(.three) { $0.bigNumber(text.span) } == "(ERR no  +OK  '\r\n")
    }

    @Test(
        "doubles are printed as Redis 7.0 prints them",
        arguments: [
            (0.1, "0.10000000000000001"), (3.5, "3.5"), (1e16, "10000000000000000"), (1e17, "1e+17"), (-0.0, "-0"),
            (0, "0"), (-3, "-3"), (1.0000000000000001e-05, "1.0000000000000001e-05"), (123456789.123, "123456789.123"),
            (99_999_999_999_999_984, "99999999999999984"), (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
            (.leastNonzeroMagnitude, "4.9406564584124654e-324"), (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        ])
    func doubles(_ value: Double, _ text: String) {
        #expect(encoded(.three) { $0.double(value) } == ",\(text)\r\n")
    }

    @Test("a client reads each kind of reply")
    func reading() {
        let (replies, error) = decoded(
            "+OK\r\n-ERR no\r\n:-7\r\n$2\r\nab\r\n$-1\r\n*-1\r\n_\r\n*2\r\n:1\r\n*0\r\n%1\r\n+a\r\n:1\r\n~1\r\n:1\r\n"
                + ">1\r\n:1\r\n,2.5\r\n,inf\r\n#t\r\n#f\r\n(99999999999999999999\r\n=6\r\ntxt:ab\r\n!2\r\nno\r\n"
                + "|1\r\n+k\r\n:1\r\n*1\r\n|1\r\n+k\r\n:1\r\n:5\r\n%0\r\n")
        #expect(error == nil)
        #expect(
            replies == [
                .simple(bytes("OK")), .error(bytes("ERR no")), .integer(-7), .bulk(bytes("ab")), .null, .null, .null,
                .array([.integer(1), .array([])]), .map([.init(.simple(bytes("a")), .integer(1))]), .set([.integer(1)]),
                .push([.integer(1)]), .double(2.5), .double(.infinity), .bool(true), .bool(false),
                .bigNumber(bytes("99999999999999999999")), .verbatim(format: bytes("txt"), text: bytes("ab")),
                .error(bytes("no")), .array([.integer(5)]), .map([]),
            ])
    }

    @Test(
        "what is no reply is refused",
        arguments: [
            "\r\n", "?\r\n", ":a\r\n", ":+1\r\n", "$-2\r\n", "$1\r\nabc", "*-2\r\n", "%-1\r\n", "#x\r\n", ",x\r\n",
            "=2\r\nab\r\n", "+a\rb\r\n", "$99999999999\r\n", "*99999999999\r\n", "%9223372036854775807\r\n", "$?\r\n",
            "*1\r\n$1\r\nabc",
        ])
    func refused(_ text: String) {
        let (replies, error) = decoded(text)
        #expect(replies.isEmpty)
        #expect(error != nil)
    }

    @Test("a reply may not be nested without end, nor be bigger than allowed")
    func bounds() {
        #expect(decoded(String(repeating: "*1\r\n", count: 65)).1 == "reply nested more than 64 deep")
        #expect(decoded(String(repeating: "*1\r\n", count: 63) + "*0\r\n").0.count == 1)
        var limits = ReplyDecoder.Limits()
        limits.byteCount = 20
        #expect(decoded(bytes("*3\r\n$5\r\nabcde\r\n$5\r\nabcde\r\n"), limits: limits).1 == "a reply is too big")
        #expect(decoded(bytes("+" + String(repeating: "a", count: 30)), limits: limits).1 == "a reply is too big")
        #expect(decoded(bytes("+abcdefghijkl\r\n+abcdefghijkl\r\n"), limits: limits).0.count == 2)
    }

    @Test("whatever an encoder writes a decoder reads, in any pieces", arguments: 0..<30)
    func roundTrip(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            var encoder = ReplyEncoder(version: .three)
            let replies = (0..<3).map { _ in Reply.random(depth: 3, using: &generator) }
            for reply in replies { reply.write(to: &encoder) }
            let bytes = Array(encoder.buffer.readableBytesView)
            let splits = (0..<4).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            #expect(decoded(bytes, splits: splits) == (replies, nil), "seed \(seed)")
            #expect(decoded(bytes, splits: Array(0...bytes.count)) == (replies, nil), "seed \(seed)")
        }
    }

    @Test("random bytes from a server never crash a client", arguments: 0..<30)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let tokens = [
            "*", "$", "%", "~", ">", "|", "\r\n", "1", "2", "-1", "+", "-", ":", ",", "#t", "_", "=", "(", "a", "\n",
            "\r",
        ]
        for _ in 0..<100 {
            let text = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                tokens.randomElement(using: &generator)!
            }
            let bytes = Array(text.joined().utf8)
            let split = Int.random(in: 0...bytes.count, using: &generator)
            #expect(decoded(bytes, splits: [split]).0 == decoded(bytes).0, "seed \(seed), \(bytes)")
        }
    }
}

extension Reply {
    /// Any reply, with aggregates up to `depth` deep.
    fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> Reply {
        let text = (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        let word = text.map { $0 % 26 + UInt8(ascii: "a") }
        func elements() -> [Reply] {
            (0..<Int.random(in: 0..<4, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) }
        }
        switch Int.random(in: 0..<(depth > 0 ? 13 : 9), using: &generator) {
        case 0: return .simple(word)
        case 1: return .error(word)
        case 2: return .integer(Int.random(in: .min ... .max, using: &generator))
        case 3: return .bulk(text)
        case 4: return .null
        case 5: return .double(Double(bitPattern: UInt64.random(in: 0..<0x7FF0 << 48, using: &generator)))
        case 6: return .bool(Bool.random(using: &generator))
        case 7: return .bigNumber(word)
        case 8: return .verbatim(format: Array("txt".utf8), text: text)
        case 9: return .array(elements())
        case 10: return .set(elements())
        case 11: return .push(elements())
        default: return .map(zip(elements(), elements()).map { Pair($0, $1) })
        }
    }

    fileprivate func write(to encoder: inout ReplyEncoder) {
        switch self {
        case .simple(let text): encoder.simple(text.span)
        case .error(let text): encoder.error(text.span)
        case .integer(let value): encoder.integer(value)
        case .bulk(let text): encoder.bulk(text.span)
        case .null: encoder.null()
        case .double(let value): encoder.double(value)
        case .bool(let value): encoder.bool(value)
        case .bigNumber(let digits): encoder.bigNumber(digits.span)
        case .verbatim(_, let text): encoder.verbatim(text.span)
        case .array(let items), .set(let items), .push(let items):
            switch self {
            case .array: encoder.array(items.count)
            case .set: encoder.set(items.count)
            default: encoder.push(items.count)
            }
            for item in items { item.write(to: &encoder) }
        case .map(let pairs):
            encoder.map(pairs.count)
            for pair in pairs {
                pair.key.write(to: &encoder)
                pair.value.write(to: &encoder)
            }
        }
    }
}
