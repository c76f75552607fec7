import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("Lists")
struct ListModelTests {
    let memory = MemoryStore()
    let state = StructureState(isEnabled: true)

    @Test("random operations are those of an array, small and big", arguments: 0..<12 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var model: [[UInt8]] = []
        // Some stay small, some are big from the start, some cross the border again and again.
        let target = [20, 125, 400, 3_000][Int(seed % 4)]
        for step in 0..<200 {
            try write { list in
                try ListModelTests.change(&list, &model, target, &random)
                let count = list.count
                #expect(count == model.count, "step \(step)")
            }
            if step % 10 == 0 { try check(model, &random) }
        }
        try check(model, &random)
    }

    private static func change(
        _ list: inout StoredList, _ model: inout [[UInt8]], _ target: Int, _ random: inout SeededGenerator
    ) throws {
        let element = [UInt8](
            repeating: UInt8.random(in: 0...9, using: &random), count: .random(in: 0...4, using: &random))
        let end = ListEnd.allCases.randomElement(using: &random) ?? .head
        let index = Int.random(in: 0...max(0, model.count - 1), using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
            let many = model.count < target ? Int.random(in: 1...1 + target / 4, using: &random) : 1
            for _ in 0..<many {
                try list.push(element.span, at: end)
                model.insert(element, at: end == .head ? 0 : model.count)
            }
        case 4, 5:
            let number = Int.random(in: 0...5, using: &random)
            var popped: [[UInt8]] = []
            try list.pop(number, at: end) { popped.append($0.array) }
            let expected = end == .head ? Array(model.prefix(number)) : model.suffix(number).reversed()
            #expect(popped == expected)
            model.removeSubrange(end == .head ? 0..<popped.count : model.count - popped.count..<model.count)
        case 6 where !model.isEmpty:
            try list.set(element.span, at: Int64(index))
            model[index] = element
        case 7, 8:
            let pivot = model.isEmpty ? [] : model[index]
            let found = try list.insert(element.span, end, of: pivot.span)
            let first = model.firstIndex(of: pivot)
            #expect(found == (first != nil))
            if let first { model.insert(element, at: end == .head ? first : first + 1) }
        case 9, 10:
            let most = Int.random(in: 1...6, using: &random)
            let value = model.isEmpty ? element : model[index]
            var indexes = model.indices.filter { model[$0] == value }
            indexes = end == .head ? Array(indexes.prefix(most)) : indexes.suffix(most)
            let removed = try list.remove(value.span, most: most, from: end)
            #expect(removed == indexes.count)
            for index in indexes.reversed() { model.remove(at: index) }
        default:
            let lower = Int.random(in: 0...max(0, model.count / 8), using: &random)
            let upper = Int.random(in: min(lower, model.count)...model.count, using: &random)
            let range = min(lower, upper)..<(random.next() % 4 == 0 ? upper : max(lower, model.count - lower))
            try list.trim(to: range)
            model = Array(model[range])
        }
    }

    private func write(_ body: (inout StoredList) throws -> Void) throws {
        try StructureKeys.write(UncheckedStore(memory), state) { keys in
            let key: [UInt8] = [107]
            var list = try StoredList(keys, key.span)
            try body(&list)
            try list.store(key.span)
        }
    }

    private func check(_ model: [[UInt8]], _ random: inout SeededGenerator) throws {
        try StructureKeys.read(UncheckedStore(memory), state) { keys in
            let key: [UInt8] = [107]
            var list = try ListReader(keys, key.span)
            let (count, exists) = (list.count, list.exists)
            #expect(count == model.count)
            #expect(exists == !model.isEmpty)
            let lower = Int.random(in: 0...model.count, using: &random)
            let range = lower..<Int.random(in: lower...model.count, using: &random)
            for reverse in [false, true] {
                var elements: [[UInt8]] = []
                try list.forEach(range, reverse: reverse) { element in
                    elements.append(element.array)
                    return true
                }
                #expect(elements == (reverse ? Array(model[range].reversed()) : Array(model[range])))
            }
            let index = Int.random(in: -2...model.count + 1, using: &random)
            let element = try list.withElement(at: Int64(index)) { $0?.array }
            let expected = index < 0 ? index + model.count : index
            #expect(element == (model.indices.contains(expected) ? model[expected] : nil))
        }
    }

    @Test("what a list leaves behind is only garbage for the reclaimer")
    func garbage() throws {
        var random = SeededGenerator(seed: 7)
        var model: [[UInt8]] = []
        for _ in 0..<200 { try write { try ListModelTests.change(&$0, &model, 600, &random) } }
        try write { try $0.trim(to: 0..<0) }
        let garbage = try Set(keys(StructureCode.allGarbage).map { try StructureCode.garbage($0.span) })
        for key in try keys(.prefix([0xFF, UInt8(ascii: "d")] as [UInt8])) {
            #expect(garbage.contains { key.starts(with: StructureCode.elementPrefix($0)) })
        }
        #expect(try keys(StructureCode.allMetadata).isEmpty)
    }

    @Test("an element that makes a small list too large makes a big one of it")
    func growth() throws {
        let large = [UInt8](repeating: 1, count: 4_000)
        for way in 0..<3 {
            try write { list in
                for byte in 0..<3 as Range<UInt8> {
                    let element = [byte]
                    try list.push(element.span, at: .tail)
                }
                let wasBig = list.isBig
                #expect(!wasBig)
                let pivot: [UInt8] = [1]
                switch way {
                case 0: try list.set(large.span, at: 1)
                case 1: _ = try list.insert(large.span, .tail, of: pivot.span)
                default: try list.push(large.span, at: .head)
                }
                let isBig = list.isBig
                #expect(!isBig)
                try list.set(large.span, at: [2, 3, 1][way])
                let isBigAtLast = list.isBig
                #expect(isBigAtLast)
            }
            try write { list in
                var sizes: [Int] = []
                try list.pop(9, at: .head) { sizes.append($0.count) }
                #expect(sizes == [[1, 4_000, 4_000], [1, 1, 4_000, 4_000], [4_000, 4_000, 1, 1]][way])
            }
        }
    }

    private func keys(_ range: KeyRange) throws -> [[UInt8]] {
        try UncheckedStore(memory).readChecked { transaction in
            var keys: [[UInt8]] = []
            try transaction.scan(range) { entry in
                keys.append(entry.key.array)
                return .next
            }
            return keys
        }
    }
}
