internal import OrderedStore
internal import Testing

@Suite("Bytes that are lent")
struct ByteSourceTests {
    @Test(
        "a string lends its UTF-8, short or long, ASCII or not",
        arguments: [
            "", "a", "caf\u{E9}", "cafe\u{301}", "\u{1F600}", "fifteen bytes..", "sixteen bytes...",
            String(repeating: "\u{E9}", count: 1000), "with\u{0}NUL",
        ])
    func string(_ text: String) {
        #expect(text.withBytes { $0.array } == Array(text.utf8))
        let embedded = "<" + text + ">"
        let slice = embedded.dropFirst().dropLast()
        #expect(slice.withBytes { $0.array } == Array(slice.utf8))
    }

    @Test("arrays, slices, spans and values lend what they hold")
    func others() {
        let array: [UInt8] = [0, 1, 2, 255]
        #expect(array.withBytes { $0.array } == array)
        #expect(array[1...2].withBytes { $0.array } == [1, 2])
        #expect(array[2..<2].withBytes { $0.array } == [])
        #expect([UInt8]().withBytes { $0.array } == [])
        let span = array.span.withBytes { $0.array }
        #expect(span == array)
        let value = Value(copying: array.span)
        let lent = value.withBytes { $0.array }
        #expect(lent == array)
    }

    @Test("the error that a body throws comes out as it is")
    func failure() {
        struct Unwell: Error, Equatable { var number: Int }
        #expect(throws: Unwell(number: 7)) {
            try "key".withBytes { (_) throws(Unwell) in throw Unwell(number: 7) }
        }
    }

    @Test("comparison, equality and prefix are those of the bytes")
    func comparison() {
        let samples: [[UInt8]] = [[], [0], [0, 0], [1], [1, 255], [127], [128], [255], [255, 0], [255, 255]]
        for left in samples {
            for right in samples {
                let order = left.span.compare(to: right.span)
                #expect((order < 0) == left.lexicographicallyPrecedes(right), "\(left) before \(right)")
                #expect((order == 0) == (left == right), "\(left) as \(right)")
                let areEqual = left.span.equals(right.span)
                #expect(areEqual == (left == right))
                let isPrefix = left.span.starts(with: right.span)
                #expect(isPrefix == left.starts(with: right), "\(left) starts with \(right)")
            }
        }
    }
}

@Suite("Values")
struct ValueTests {
    @Test("a value keeps its own copy of the bytes", arguments: [0, 1, 15, 16, 4096, 1 << 20])
    func copy(count: Int) {
        var source = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let value = Value(copying: source.span)
        let original = source
        for index in source.indices { source[index] ^= 0xFF }
        let (bytes, length) = (value.bytes, value.count)
        #expect(bytes == original)
        #expect(length == count)
    }

    @Test("bytes that are no UTF-8 become replacement characters")
    func string() {
        let text = Value(copying: Array("caf\u{E9}".utf8).span).string
        #expect(text == "caf\u{E9}")
        let broken = Value(copying: [0x61, 0xFF, 0x62] as [UInt8]).string
        #expect(broken == "a\u{FFFD}b")
        let empty = Value(copying: [] as [UInt8]).string
        #expect(empty == "")
    }
}

extension Value {
    fileprivate init(copying bytes: [UInt8]) {
        self.init(copying: bytes.span)
    }
}
