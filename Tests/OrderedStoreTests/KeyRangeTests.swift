internal import OrderedStore
internal import Testing

@Suite("Ranges of keys")
struct KeyRangeTests {
    /// Every key of up to two bytes out of those at which ranges go wrong.
    static let keys: [[UInt8]] = {
        let bytes: [UInt8] = [0x00, 0x61, 0xFE, 0xFF]
        return [[]] + bytes.map { [$0] } + bytes.flatMap { first in bytes.map { [first, $0] } }
    }()

    static let ranges: [KeyRange] = keys.flatMap { lower in
        [KeyRange(from: lower)] + keys.map { KeyRange(from: lower, to: $0) }
    }

    @Test("a range holds its lower bound, not its upper one, and what lies between")
    func contains() {
        for range in KeyRangeTests.ranges {
            for key in KeyRangeTests.keys {
                let isAtOrAbove = !key.lexicographicallyPrecedes(range.lower)
                let isBelow = range.upper.map { key.lexicographicallyPrecedes($0) } ?? true
                let contained = range.contains(key.span)
                #expect(contained == (isAtOrAbove && isBelow), "\(key) in \(range)")
            }
        }
    }

    @Test("a range is empty exactly when it ends at or before its start")
    func emptiness() {
        for range in KeyRangeTests.ranges {
            let isEmpty = range.upper.map { !range.lower.lexicographicallyPrecedes($0) } ?? false
            #expect(range.isEmpty == isEmpty, "\(range)")
        }
    }

    @Test("an intersection holds exactly the keys of both")
    func intersection() {
        for (index, left) in KeyRangeTests.ranges.enumerated() {
            // A seventh of the pairs, all lower and upper bounds among them.
            for right in KeyRangeTests.ranges.dropFirst(index % 7).enumerated().filter({ $0.offset % 7 == 0 }) {
                let both = left.intersection(right.element)
                for key in KeyRangeTests.keys {
                    let isInBoth = left.contains(key.span) && right.element.contains(key.span)
                    let isInIntersection = both.contains(key.span)
                    if isInBoth != isInIntersection {
                        Issue.record(
                            "\(key) in \(left) and \(right.element): \(isInBoth), in \(both): \(isInIntersection)")
                    }
                }
            }
        }
    }

    @Test("a prefix range holds exactly the keys that begin with it")
    func prefix() {
        for prefix in KeyRangeTests.keys {
            let range = KeyRange.prefix(prefix)
            for key in KeyRangeTests.keys + KeyRangeTests.keys.map({ prefix + $0 }) {
                let contained = range.contains(key.span)
                #expect(contained == key.starts(with: prefix), "\(key) under \(prefix)")
            }
        }
    }

    @Test(
        "the successor of a prefix is its last byte below FF, one higher",
        arguments: [
            ([], nil), ([0x61], [0x62]), ([0x61, 0xFF], [0x62]), ([0x61, 0xFF, 0xFF], [0x62]), ([0xFF], nil),
            ([0xFF, 0xFF], nil), ([0xFF, 0x00], [0xFF, 0x01]), ([0xFE], [0xFF]), ([0x00], [0x01]),
            ([0x61, 0xFF, 0x00], [0x61, 0xFF, 0x01]),
        ] as [([UInt8], [UInt8]?)])
    func successor(prefix: [UInt8], expected: [UInt8]?) {
        #expect(KeyRange.successor(ofPrefix: prefix) == expected)
    }

    @Test("the range of one key holds that key only")
    func only() {
        for key in KeyRangeTests.keys {
            let range = KeyRange.only(key)
            for other in KeyRangeTests.keys + [key + [0], key + [0, 0]] {
                let contained = range.contains(other.span)
                #expect(contained == (other == key), "\(other) in the range of \(key)")
            }
        }
    }

    @Test("bounds may be strings, arrays, slices and spans")
    func bounds() {
        let bytes: [UInt8] = [0x61]
        let expected = KeyRange(from: [0x61], to: Optional([0x62]))
        #expect(KeyRange(from: "a", to: "b") == expected)
        #expect(KeyRange(from: "a"[...], to: [0x62]) == expected)
        #expect(KeyRange(from: bytes.span, to: "b") == expected)
        #expect(KeyRange(from: [0x61] as [UInt8], to: [0x62] as [UInt8]) == expected)
        #expect(KeyRange.prefix(bytes.span) == expected)
        #expect(KeyRange.prefix("") == .all)
    }
}
