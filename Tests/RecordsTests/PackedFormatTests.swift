import StoreConformance
import Testing

internal import KeySchemas
internal import OrderedStore
@testable internal import Records

/// The value of a packed record, put together without the code that is tested.
func packedBytes(
    version: Int, named: [(String, [UInt8])] = [], _ fields: [(id: Int, bytes: [UInt8])]
) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value % 128) + 128] + number(value / 128)
    }
    var bytes: [UInt8] = [1] + number(version)
    for (name, value) in named { bytes += [0] + number(name.utf8.count) + name.utf8 + number(value.count) + value }
    var last = 0
    for (id, value) in fields.sorted(by: { $0.id < $1.id }) {
        bytes += number(id - last) + number(value.count) + value
        last = id
    }
    return bytes
}

@Suite("the bytes of packed records")
struct PackedFormatTests {
    private struct Parts: Equatable {
        var version = 0
        var names: [[UInt8]] = []
        var ids: [Int] = []
        var values: [[UInt8]] = []
    }

    private func read(_ bytes: [UInt8]) throws(PackedFault) -> Parts {
        var reader = try PackedReader(bytes.span)
        var parts = Parts(version: reader.version)
        while let field = try reader.next() {
            if field.id > 0 { parts.ids.append(field.id) } else { parts.names.append(Array(bytes[reader.name])) }
            parts.values.append(Array(bytes[field.value]))
        }
        return parts
    }

    @Test("the format is what it is")
    func vectors() throws {
        #expect(try read([1, 1]) == Parts(version: 1))
        #expect(
            try read([1, 3, 3, 1, 0x41, 2, 0, 0x80, 1, 2, 0, 1])
                == Parts(version: 3, ids: [3, 5, 133], values: [[0x41], [], [0, 1]]))
        #expect(
            try read([1, 0xAC, 2, 0, 1, 0x61, 1, 9, 0, 2, 0xC3, 0xA9, 0, 0xFF, 0xFF, 3, 0])
                == Parts(version: 300, names: [[0x61], [0xC3, 0xA9]], ids: [65_535], values: [[9], [], []]))
        var writer = PackedWriter(version: 300, capacity: 0)
        let name: [UInt8] = [0x61]
        let values: [[UInt8]] = [[9], [], Array(repeating: 7, count: 200)]
        let (first, second, third) = (values[0], values[1], values[2])
        writer.append(name: name.span, first.span)
        writer.append(id: 130, second.span)
        writer.append(id: 65_535, third.span)
        #expect(
            writer.bytes == [1, 0xAC, 2, 0, 1, 0x61, 1, 9, 0x82, 1, 0, 0xFD, 0xFE, 3, 0xC8, 1]
                + values[2])
    }

    @Test("what is no packed record is refused where it goes wrong")
    func malformed() {
        for (bytes, kind, offset) in [
            ([], .empty, 0), ([2, 1], .format(2), 0), ([0x7B], .format(0x7B), 0), ([1], .truncated, 1),
            ([1, 0], .version, 1), ([1, 0x80], .truncated, 1), ([1, 0x81, 0], .number, 1),
            ([1] + [UInt8](repeating: 0xFF, count: 9) + [1], .number, 1), ([1, 1, 5], .truncated, 3),
            ([1, 1, 5, 2, 0], .truncated, 2),
            ([1, 1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], .truncated, 2),
            ([1, 1, 5, 0, 0, 0], .order, 4), ([1, 1, 0x80, 0x80, 4, 0], .id, 2),
            ([1, 1, 0xFF, 0xFF, 3, 0, 1, 0], .id, 6),
            ([1, 1, 0, 0, 0], .name, 4), ([1, 1, 0, 1, 0x23, 0], .name, 4), ([1, 1, 0, 1, 0xFF, 0], .name, 4),
            ([1, 1, 0, 1, 0x61, 0, 0, 1, 0x61, 0], .order, 6), ([1, 1, 0, 1, 0x62, 0, 0, 1, 0x61, 0], .order, 6),
        ] as [([UInt8], PackedFault.Kind, Int)] {
            let fault = #expect(throws: PackedFault.self, "\(bytes)") { try read(bytes) }
            #expect(fault == PackedFault(kind: kind, offset: offset), "\(bytes)")
        }
    }

    @Test("any fields come back as they went in")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var parts = Parts(version: [1, 127, 128, 16_384, Int.max].randomElement(using: &random) ?? 1)
            let names = Set((0..<3).map { _ in String("aé:;z".shuffled(using: &random).prefix(2)) })
            parts.names = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
            parts.ids = Set((0..<6).map { _ in Int.random(in: 1...65_535, using: &random) }).sorted()
            var writer = PackedWriter(version: parts.version, capacity: 0)
            func value() -> [UInt8] {
                let value = [UInt8](
                    repeating: .random(in: 0...255, using: &random),
                    count: [0, 1, 127, 128, 300].randomElement(using: &random) ?? 0)
                parts.values.append(value)
                return value
            }
            for name in parts.names {
                let value = value()
                writer.append(name: name.span, value.span)
            }
            for id in parts.ids {
                let value = value()
                writer.append(id: id, value.span)
            }
            #expect(try read(writer.bytes) == parts, "seed \(seed)")
        }
    }

    @Test("damaged bytes are read as some record or refused, and never written otherwise than they were")
    func damaged() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let whole = packedBytes(
            version: 200, named: [("shelf", [1, 2]), ("é", [])],
            [(3, [UInt8](repeating: 65, count: 130)), (4, []), (300, [0]), (65_535, [1])])
        for round in 0..<20_000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[place] = .random(in: 0...255, using: &random)
                case 2: bytes.removeLast(bytes.count - place - (place == 0 ? 1 : 0))
                default: bytes.insert(.random(in: 0...255, using: &random), at: place)
                }
            }
            guard let parts = try? read(bytes) else { continue }
            var writer = PackedWriter(version: parts.version, capacity: 0)
            for (name, value) in zip(parts.names, parts.values) { writer.append(name: name.span, value.span) }
            for (id, value) in zip(parts.ids, parts.values.dropFirst(parts.names.count)) {
                writer.append(id: id, value.span)
            }
            #expect(writer.bytes == bytes, "seed \(seed), round \(round)")
        }
    }
}
