internal import OrderedStore
internal import Testing

@Suite("Batches of writes")
struct WriteBatchTests {
    /// The operations of a batch, copied; a delete has no value.
    private func operations(_ batch: WriteBatch) -> [[[UInt8]?]] {
        var found: [[[UInt8]?]] = []
        batch.forEach { key, value in
            if let value { found.append([key.array, value.array]) } else { found.append([key.array, nil]) }
        }
        return found
    }

    @Test("operations come back in the order they were staged")
    func order() {
        var batch = WriteBatch()
        #expect(batch.isEmpty)
        batch.put("b", "1")
        batch.delete("b")
        batch.put("", "")
        batch.delete("")
        batch.put("a", "22")
        #expect(batch.count == 5)
        #expect(!batch.isEmpty)
        let (a, b): ([UInt8], [UInt8]) = ([0x61], [0x62])
        #expect(operations(batch) == [[b, [0x31]], [b, nil], [[], []], [[], nil], [a, [0x32, 0x32]]])
    }

    @Test("appending stages the other's operations behind, also a batch's own")
    func append() {
        var left = WriteBatch()
        left.put("a", "1")
        left.delete("b")
        var right = WriteBatch()
        right.delete("c")
        right.put("d", "2")
        let before = operations(left)
        left.append(right)
        #expect(operations(left) == before + operations(right))
        #expect(right.count == 2)
        let doubled = operations(left) + operations(left)
        left.append(left)
        #expect(operations(left) == doubled)
        left.append(WriteBatch())
        #expect(operations(left) == doubled)
    }

    @Test("a cleared batch is empty and can be filled again")
    func clear() {
        var batch = WriteBatch()
        batch.put("a", "1")
        batch.clear()
        #expect(batch.isEmpty)
        #expect(operations(batch).isEmpty)
        batch.put("b", "2")
        #expect(operations(batch) == [[[0x62], [0x32]]])
    }

    @Test("copies are independent")
    func copies() {
        var original = WriteBatch()
        original.put("a", "1")
        var copy = original
        copy.delete("b")
        original.clear()
        #expect(original.isEmpty)
        #expect(operations(copy) == [[[0x61], [0x31]], [[0x62], nil]])
    }

    @Test("the approximate size grows with what is staged")
    func size() {
        var batch = WriteBatch()
        let empty = batch.approximateByteCount
        batch.put("key", [UInt8](repeating: 0, count: 1000))
        #expect(batch.approximateByteCount >= empty + 1003)
        #expect(batch.approximateByteCount <= empty + 1100)
        batch.clear()
        #expect(batch.approximateByteCount == empty)
    }

    @Test("a body that throws stops the iteration with its error")
    func failure() {
        struct Enough: Error {}
        var batch = WriteBatch()
        for number in 0..<10 { batch.delete("\(number)") }
        var seen = 0
        #expect(throws: Enough.self) {
            try batch.forEach { (_, _) throws(Enough) in
                seen += 1
                if seen == 3 { throw Enough() }
            }
        }
        #expect(seen == 3)
    }
}
