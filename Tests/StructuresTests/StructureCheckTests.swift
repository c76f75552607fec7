import KeySchemas
import OrderedStore
import StoreConformance
import Structures
import Testing

@Suite("The check of structures")
struct StructureCheckTests {
    let memory = MemoryStore()
    let store: UncheckedStore<MemoryStore>
    let state: StructureState

    init() {
        store = UncheckedStore(memory)
        state = StructureState(isEnabled: true, clock: { 1_000 })
    }

    private func write(_ body: (StructureKeys) throws -> Void) throws { try StructureKeys.write(store, state, body) }

    private func problems() throws -> [StoredProblem] {
        let found = Found()
        var check = StructureCheck { found.problems.append($0) }
        try memory.read { snapshot in try check.run(snapshot) }
        return found.problems
    }

    private final class Found { var problems: [StoredProblem] = [] }

    /// Does one random thing to one of a few keys.
    private func change(_ keys: StructureKeys, _ generator: inout SeededGenerator) throws {
        let name = ["a", "b\u{0}c", "", "d"].randomElement(using: &generator) ?? ""
        let key = Array(name.utf8)
        keys.database = [0, 0, 3].randomElement(using: &generator) ?? 0
        let old = try keys.lookup(key.span)
        if Int.random(in: 0..<12, using: &generator) == 0 { return try keys.remove(key.span, old) }
        if Int.random(in: 0..<8, using: &generator) == 0, old.exists {
            let expiry: Int64? =
                Bool.random(using: &generator) ? nil : Int64.random(in: 2_000..<9_000, using: &generator)
            return try keys.setExpiry(key.span, to: expiry, of: old)
        }
        let kind = old.kind ?? StructureKind.allCases.randomElement(using: &generator) ?? .set
        let grows = Int.random(in: 0..<3, using: &generator) > 0
        let number = Int.random(in: 1...120, using: &generator)
        switch kind {
        case .string:
            let value = randomMember(&generator)
            try keys.storeString(key.span, value.span, replacing: old)
        case .list:
            var list = try StoredList(keys, key.span)
            for _ in 0..<number {
                let end: ListEnd = Bool.random(using: &generator) ? .head : .tail
                if grows {
                    try list.push(randomMember(&generator).span, at: end)
                } else {
                    try list.pop(1, at: end) { _ in }
                }
            }
            try list.store(key.span)
        case .hash:
            var hash = try StoredHash(keys, key.span)
            for _ in 0..<number {
                let field = randomMember(&generator, most: 4)
                if grows { _ = try hash.set(field.span, field.span) } else { _ = try hash.remove(field.span) }
            }
            try hash.store(key.span)
        case .set:
            var set = try StoredSet(keys, key.span)
            for _ in 0..<number {
                let member = randomMember(&generator, most: 4)
                if grows { _ = try set.insert(member.span) } else { _ = try set.remove(member.span) }
            }
            try set.store(key.span)
        case .sortedSet:
            var set = try StoredSortedSet(keys, key.span)
            for _ in 0..<number {
                let member = randomMember(&generator, most: 4)
                if grows {
                    let old = try set.score(of: member.span)
                    try set.set(member.span, to: Double(Int.random(in: -9...9, using: &generator)), from: old)
                } else {
                    _ = try set.remove(member.span)
                }
            }
            try set.store(key.span)
        }
    }

    @Test("whatever is done to structures, nothing is found", arguments: 0..<6)
    func healthy(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let reclaimer = Reclaimer(store, state)
        for round in 0..<250 {
            try write { keys in try change(keys, &generator) }
            if round % 60 == 59 {
                let found = try problems()
                #expect(found.isEmpty, "seed \(seed), round \(round): \(found)")
            }
            if round % 100 == 99 { while try reclaimer.step() == .worked {} }
        }
        #expect(try problems().isEmpty)
    }

    /// One collection of each kind, big and small, and keys that expire.
    private func fill() throws {
        try write { keys in
            for (name, count) in [("small", 3), ("big", 600)] {
                let (list, hash, set, sorted) = ("list \(name)", "hash \(name)", "set \(name)", "zset \(name)")
                var elements = try StoredList(keys, list.utf8.span)
                var fields = try StoredHash(keys, hash.utf8.span)
                var members = try StoredSet(keys, set.utf8.span)
                var scores = try StoredSortedSet(keys, sorted.utf8.span)
                for number in 0..<count {
                    let text = "\(number)"
                    try elements.push(text.utf8.span, at: .tail)
                    _ = try fields.set(text.utf8.span, text.utf8.span)
                    _ = try members.insert(text.utf8.span)
                    try scores.set(text.utf8.span, to: Double(number), from: nil)
                }
                try elements.store(list.utf8.span)
                try fields.store(hash.utf8.span)
                try members.store(set.utf8.span)
                try scores.store(sorted.utf8.span)
            }
            try keys.storeString(
                "expires".utf8.span, "soon".utf8.span, expiry: 5_000, replacing: try keys.lookup("expires".utf8.span))
            let gone = try keys.lookup("set big".utf8.span)
            try keys.setExpiry("set big".utf8.span, to: 7_000, of: gone)
        }
    }

    private func everything() throws -> [(key: [UInt8], value: [UInt8])] {
        try memory.read { snapshot in
            var entries: [(key: [UInt8], value: [UInt8])] = []
            var cursor = snapshot.cursor(in: KeyRange(from: [0xFF]))
            while let entry = cursor.next() { entries.append((entry.key.array, entry.value.array)) }
            return entries
        }
    }

    @Test("each key of lvkv's own that is missing is found")
    func missing() throws {
        try fill()
        #expect(try problems().isEmpty)
        var generator = SeededGenerator(seed: 7)
        let entries = try everything()
        // The first ones are small collections and the rest much alike: some of each.
        for entry in entries where entry.key[1] != UInt8(ascii: "d") || Int.random(in: 0..<40, using: &generator) == 0 {
            // A key whose metadata is gone has no other trace than its elements and its time; a small one has none.
            let isUntraceable = entry.key[1] == UInt8(ascii: "m") && entry.value[0] & 0xC0 == 0x40
            if isUntraceable { continue }
            try memory.write { batch in batch.delete(entry.key) }
            #expect(try !problems().isEmpty, "\(entry.key)")
            try memory.write { batch in batch.put(entry.key, entry.value) }
        }
        #expect(try problems().isEmpty)
    }

    @Test("a changed byte of metadata, counts and scores is found, and nothing crashes on one")
    func changed() throws {
        try fill()
        let entries = try everything()
        var generator = SeededGenerator(seed: 11)
        for entry in entries where !entry.value.isEmpty {
            let isMetadata = entry.key[1] == UInt8(ascii: "m")
            if !isMetadata, Int.random(in: 0..<150, using: &generator) > 0 { continue }
            // What a small collection or a string holds is anybody's choice; a list's and a hash's values, too.
            let isFree = isMetadata ? entry.value[0] & 0x40 != 0 || entry.value[0] & 7 == 1 : entry.value.count != 8
            for place in entry.value.indices where !isFree || Int.random(in: 0..<8, using: &generator) == 0 {
                var value = entry.value
                value[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                try memory.write { batch in batch.put(entry.key, value) }
                let found = try problems()
                #expect(isFree || !found.isEmpty, "\(entry.key) \(entry.value) at \(place)")
            }
            try memory.write { batch in batch.put(entry.key, entry.value) }
        }
    }

    @Test("what is planted is told by its kind and its key")
    func planted() throws {
        try fill()
        let plants: [(kind: StoredProblem.Kind, key: [UInt8], value: [UInt8])] = [
            (.garbage, StructureCode.garbageKey(1), []),
            (.garbage, StructureCode.elementPrefix(900) + [1, 0x61, 0], []),
            (.expiry, StructureCode.expiryKey(4_000, 0, "nobody".utf8.span), []),
            (.expiry, StructureCode.expiryKey(4_000, 0, "list small".utf8.span), []),
            (.elements, StructureCode.elementPrefix(1) + [0x20], []),
            (.count, StructureCode.countPrefix(2) + [1, 0x35], [0, 0, 0, 0, 0, 0, 0, 9]),
            (.metadata, Array("list small".utf8), Array("plain".utf8)),
            (.metadata, [0xFF, UInt8(ascii: "m"), 0x14, 1, 0xFF, 0], [1]),
        ]
        for plant in plants {
            let old = try everything().first { $0.key == plant.key }?.value
            try memory.write { batch in batch.put(plant.key, plant.value) }
            let found = try problems()
            #expect(found.contains { $0.kind == plant.kind }, "\(plant): \(found)")
            try memory.write { batch in
                if let old { batch.put(plant.key, old) } else { batch.delete(plant.key) }
            }
        }
        #expect(try problems().isEmpty)
        try memory.write { batch in batch.put(Array("list small".utf8), "plain") }
        let found = try problems()
        #expect(found.map(\.key) == [Array("list small".utf8)])
        #expect(found.map(\.database) == [0])
    }

    @Test("two keys that refer to the same elements are found")
    func shared() throws {
        try fill()
        try write { keys in
            let stored = try keys.lookup("hash big".utf8.span)
            try keys.put(stored.state, stored.body, under: "another".utf8.span)
        }
        #expect(try problems().map(\.kind) == [.identifier])
    }

    @Test("entries of indexes that wait to be removed do not stand in the reclaimer's way")
    func indexGarbage() throws {
        try fill()
        var key: [UInt8] = [0xFF, UInt8(ascii: "g")]
        Tuple.append(.string("index"), to: &key)
        Tuple.append(Int64(3), to: &key)
        try memory.write { batch in batch.put(key, [UInt8]()) }
        try write { keys in try keys.remove("hash big".utf8.span, try keys.lookup("hash big".utf8.span)) }
        let reclaimer = Reclaimer(store, state)
        while try reclaimer.step() == .worked {}
        #expect(try problems().isEmpty)
        #expect(try memory.read { snapshot in snapshot.get(key.span) != nil })
    }
}
