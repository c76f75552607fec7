import OrderedStore
import StoreConformance
import Testing

@testable import Structures

@Suite("A small collection's elements")
struct InlineElementsTests {
    @Test("random changes are those of an array", arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var model: [[UInt8]] = []
        var elements = InlineElements()
        for _ in 0..<400 {
            // Lengths around those where a varint grows.
            let length = [0, 1, 5, 127, 128, 200].randomElement(using: &random) ?? 0
            let item = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: length)
            let index = Int.random(in: 0...model.count, using: &random)
            let position = try elements.position(after: index)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                elements.insert(item.span, at: position)
                model.insert(item, at: index)
            case 2:
                elements.append(item.span)
                model.append(item)
            case 3 where index < model.count:
                try elements.replace(at: position, with: item.span)
                model[index] = item
            default:
                let count = Int.random(in: 0...3, using: &random)
                try elements.remove(count, at: position)
                model.removeSubrange(index..<min(index + count, model.count))
            }
            #expect(try InlineElementsTests.items(elements) == model)
            #expect(elements.count == model.count)
            #expect(try InlineElementsTests.items(InlineElements(elements.bytes.span)) == model)
            if let wanted = model.randomElement(using: &random) {
                let first = model.firstIndex(of: wanted) ?? 0
                #expect(try elements.find(wanted.span) == elements.position(after: first))
            }
        }
    }

    @Test("bytes that nobody wrote are refused, or are no items", arguments: 0..<20 as Range<UInt64>)
    func damaged(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let body = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            var elements = InlineElements(body.span)
            #expect(elements.end >= 2)
            // Whatever they are, this returns.
            _ = try? InlineElementsTests.items(elements)
            let one: [UInt8] = [1]
            _ = try? elements.find(one.span)
            try? elements.remove(3, at: elements.start)
        }
        let cut: [UInt8] = [0, 2, 1, 65, 5, 66]
        #expect(throws: StructureError.self) { try InlineElementsTests.items(InlineElements(cut.span)) }
    }

    @Test("only so many bytes and items have room")
    func room() {
        var elements = InlineElements()
        #expect(elements.hasRoom(for: 4_000))
        #expect(!elements.hasRoom(for: 5_000))
        #expect(!elements.hasRoom(for: .max))
        for _ in 0..<128 { elements.append(Span()) }
        #expect(!elements.hasRoom(for: 0))
        #expect(elements.hasRoom(for: 0, mostItems: 256))
    }

    @Test("a big collection's metadata is read as it was written")
    func big() throws {
        for (count, extra) in [(0, 0), (1, -1), (300, 1 << 40), (1 << 40, -(1 << 62)), (5, Int64.min), (6, .max)] {
            var elements = BigElements(id: 77)
            elements.count = count
            elements.extra = Int64(extra)
            let body = elements.body
            let read = try BigElements(body.span)
            #expect(read.id == 77 && read.count == count && read.extra == Int64(extra))
        }
        let short: [UInt8] = [1, 2, 3]
        #expect(throws: StructureError.self) { _ = try BigElements(short.span) }
    }

    static func items(_ elements: InlineElements) throws -> [[UInt8]] {
        var items = elements.items
        var result: [[UInt8]] = []
        while let item = try items.next() { result.append(item.array) }
        return result
    }
}
