import StoreConformance
import Testing

@testable import LVKVServer

/// The objects in `bytes`, which arrive in pieces that end at `splits`; refusals begin with `!`.
private func events(_ bytes: [UInt8], splits: [Int] = [], largest: Int = 1 << 20, deepest: Int = 8) -> [String] {
    var stream = JSONStream(largestObject: largest, deepest: deepest)
    var found: [JSONStream.Event] = []
    var start = 0
    for end in splits + [bytes.count] {
        stream.append(bytes[start..<end])
        start = end
        while let event = stream.next() { found.append(event) }
    }
    if let event = stream.finish() { found.append(event) }
    return found.map { event in
        switch event {
        case .object(let text): String(decoding: text, as: UTF8.self)
        case .refusal(let reason): "!" + reason
        }
    }
}

private func events(_ text: String, largest: Int = 1 << 20, deepest: Int = 8) -> [String] {
    events(Array(text.utf8), largest: largest, deepest: deepest)
}

@Suite("A stream of JSON objects")
struct JSONStreamTests {
    @Test("objects need no separator, and brackets in strings mean nothing")
    func objects() {
        #expect(
            events(#"{"a":1}{"b":[{}]}  {"c":"}{\"]"}"# + "\n{}") == [
                #"{"a":1}"#, #"{"b":[{}]}"#, #"{"c":"}{\"]"}"#, "{}",
            ])
    }

    @Test(
        "after what is no object the stream goes on with the next",
        arguments: [
            (#"hello {"a":1}"#, "!a request is a JSON object, which begins with {"),
            (#"[1,2] {"a":1}"#, "!a request is a JSON object, which begins with {"),
            (#"{"x":[}{"a":1}"#, "!} closes nothing that is open"),
            (#"{"x":]}}]{"a":1}"#, "!] closes nothing that is open"),
            ("{\"x\":\"open}\n{\"a\":1}", #"!a line end in a string; write it as \n"#),
        ])
    func recovery(_ text: String, _ refusal: String) {
        #expect(events(text) == [refusal, #"{"a":1}"#])
    }

    @Test("an object that is too large or too deep is passed over to its end")
    func limits() {
        let large = #"{"x":""# + String(repeating: "y", count: 200) + #""}"#
        #expect(events(large + #"{"a":1}"#, largest: 100) == ["!a request is at most 100 bytes", #"{"a":1}"#])
        let deep = #"{"x":"# + String(repeating: "[", count: 50) + String(repeating: "]", count: 50) + "}"
        #expect(events(deep + #"{"a":1}"#) == ["!more than 8 arrays and objects in each other", #"{"a":1}"#])
    }

    @Test("an object without its end is refused when nothing more comes")
    func unfinished() {
        #expect(events(#"{"a":1}{"b":"#) == [#"{"a":1}"#, "!the object has no end"])
    }

    @Test("objects are the same however they arrive in pieces")
    func everySplit() {
        let bytes = Array((#"{"a":"\\"}{"b":[1,{"c":"é\""}]} ,,{"d":[}}{"e":{}}{"f":"x"# + "\n{}{\"g\":1").utf8)
        let whole = events(bytes)
        #expect(whole.count == 8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                #expect(events(bytes, splits: [first, second]) == whole, "splits at \(first) and \(second)")
            }
        }
    }

    @Test("any bytes lead to objects or refusals")
    func anyBytes() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("{{}}[]\"\\:,1a \n".utf8) + [0, 255]
        for round in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let split = Int.random(in: 0...bytes.count, using: &random)
            #expect(
                events(bytes, splits: [split], largest: 20, deepest: 3) == events(bytes, largest: 20, deepest: 3),
                "seed 7, round \(round)")
        }
    }
}
