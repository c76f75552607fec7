internal import OrderedStore
internal import StoreConformance
internal import Testing

@Suite("Sorted bytes")
struct SortedBytesTests {
    private typealias Sorted = SortedBytes<Int>

    private func contents(_ sorted: Sorted) -> [[UInt8]: Int] {
        var found: [[UInt8]: Int] = [:]
        for element in walk(sorted) { found[element.key] = element.payload }
        return found
    }

    private func walk(_ sorted: Sorted) -> [Sorted.Element] {
        var found: [Sorted.Element] = []
        var position = sorted.start
        while position != sorted.end {
            found.append(sorted[position])
            position = sorted.position(after: position)
        }
        return found
    }

    private func bytes(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    /// Checks order, count, and that going back meets the same as going forward.
    private func check(_ sorted: Sorted, holds expected: [[UInt8]: Int], _ comment: Comment) {
        let forward = walk(sorted).map(\.key)
        let order = expected.keys.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(forward == order, comment)
        #expect(sorted.count == expected.count, comment)
        #expect(sorted.isEmpty == expected.isEmpty, comment)
        #expect(contents(sorted) == expected, comment)
        var backward: [[UInt8]] = []
        var position = sorted.position(before: sorted.end)
        while let place = position {
            backward.append(sorted[place].key)
            position = sorted.position(before: place)
        }
        #expect(backward == order.reversed(), comment)
    }

    @Test(
        "random changes leave what a dictionary holds, and copies keep what they had",
        arguments: 1...6 as ClosedRange<UInt64>)
    func againstDictionary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var sorted = Sorted()
        var model: [[UInt8]: Int] = [:]
        // Growing rounds and shrinking ones, so that blocks split, empty and join.
        for round in 0..<6 {
            let (copy, copied) = (sorted, model)
            for step in 0..<1500 {
                let key = bytes(Int.random(in: 0..<3000, using: &random))
                if Int.random(in: 0..<10, using: &random) < (round % 2 == 0 ? 8 : 2) {
                    sorted.set(key.span, to: step)
                    model[key] = step
                } else {
                    sorted.remove(key.span)
                    model[key] = nil
                }
            }
            check(sorted, holds: model, "seed \(seed), round \(round)")
            check(copy, holds: copied, "seed \(seed), the copy from before round \(round)")
            for number in 0..<3000 {
                let key = bytes(number)
                #expect(sorted[key.span] == model[key], "seed \(seed), round \(round), key \(key)")
            }
        }
        for key in model.keys { sorted.remove(key.span) }
        check(sorted, holds: [:], "seed \(seed), after removing all")
    }

    @Test("keys may come ascending, descending, or from both sides of a full block")
    func patterns() {
        let orders: [[Int]] = [
            Array(0..<2000), Array((0..<2000).reversed()),
            // Full blocks first, then a descent into the gap behind each of them.
            (0..<2000).filter { $0 < 64 || $0 == 1999 } + (64..<1999).reversed(),
            (0..<1000).flatMap { [$0, 1999 - $0] },
        ]
        for (index, order) in orders.enumerated() {
            var sorted = Sorted()
            var model: [[UInt8]: Int] = [:]
            for number in order {
                let key = bytes(number)
                sorted.set(key.span, to: number)
                model[key] = number
            }
            check(sorted, holds: model, "order \(index)")
        }
    }

    @Test("the place at or after a key is that of the first key not below it")
    func places() {
        var sorted = Sorted()
        for number in stride(from: 10, to: 2000, by: 2) {
            let key = bytes(number)
            sorted.set(key.span, to: number)
        }
        for number in 0..<2010 {
            let key = bytes(number)
            let place = sorted.position(atOrAfter: key.span)
            let expected = max(10, number + number % 2)
            if expected < 2000 {
                #expect(place != sorted.end && sorted[place].payload == expected, "at or after \(number)")
            } else {
                #expect(place == sorted.end, "at or after \(number)")
            }
        }
        let empty = Sorted()
        #expect(empty.start == empty.end)
        let place = empty.position(atOrAfter: [UInt8]([1]).span)
        #expect(place == empty.end)
        #expect(empty.position(before: empty.end) == nil)
    }

    @Test("a store's own order holds everywhere")
    func customOrder() {
        var sorted = Sorted(order: KeyOrder { right, left in left.compare(to: right) })
        for number in 0..<600 {
            let key = bytes(number)
            sorted.set(key.span, to: number)
        }
        sorted.set([UInt8]().span, to: -1)
        #expect(walk(sorted).map(\.payload) == (0..<600).reversed() + [-1])
        let key = bytes(77)
        #expect(sorted[key.span] == 77)
    }
}
