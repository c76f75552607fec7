import LVKV
import StoreConformance
import Testing

@Suite("Structures, through the library")
struct StructureTests: ~Copyable {
    let test: TestDatabase
    var database: Database { test.database }

    init() throws { test = try TestDatabase() }

    private func text(_ bytes: [[UInt8]]) -> [String] { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test("a list grows and shrinks at both ends, and is gone when it is empty")
    func lists() throws {
        let tasks = database.list("tasks")
        #expect(try tasks.count == 0)
        #expect(try tasks.popFirst() == nil)
        #expect(try tasks.append("b") == 1)
        #expect(try tasks.append(contentsOf: ["c", "d", "c"]) == 4)
        #expect(try tasks.prepend("a") == 5)
        #expect(try text(tasks.values()) == ["a", "b", "c", "d", "c"])
        #expect(try text(tasks.values(in: 1..<3)) == ["b", "c"])
        #expect(try tasks.values(in: 7..<9).isEmpty)
        #expect(try tasks.value(at: -1) == Array("c".utf8))
        #expect(try tasks.value(at: 5) == nil)
        try tasks.update("D", at: 3)
        #expect(throws: StructureError.self) { try tasks.update("x", at: 9) }
        #expect(try tasks.remove("c", limit: 1) == 1)
        #expect(try text(tasks.values()) == ["a", "b", "D", "c"])
        try tasks.trim(to: 1..<4)
        #expect(try tasks.popFirst() == Array("b".utf8))
        #expect(try tasks.popLast() == Array("c".utf8))
        #expect(try database.kind(of: "tasks") == .list)
        #expect(try tasks.popLast() == Array("D".utf8))
        #expect(try database.kind(of: "tasks") == nil)
        #expect(try database.count() == 0)
    }

    @Test("a list of many elements is read in order, and deleted at once")
    func bigLists() throws {
        let numbers = database.list("numbers")
        try numbers.append(contentsOf: (0..<5_000).map { "\($0)" })
        var next = 0
        try numbers.forEach { element in
            #expect(String(decoding: element.array, as: UTF8.self) == "\(next)")
            next += 1
        }
        #expect(next == 5_000)
        try database.delete("numbers")
        #expect(try numbers.count == 0)
        #expect(try database.garbage().count == 1)
        try database.reclaim()
        #expect(try database.own(.prefix([0xFF, UInt8(ascii: "d")])).isEmpty)
    }

    @Test("a hash has values by their fields")
    func hashes() throws {
        let ann = database.hash("user:ann")
        #expect(try ann.set("name", to: "Ann"))
        #expect(try !ann.set("name", to: "Anna"))
        #expect(try ann.set("city", to: "Oslo"))
        #expect(try ann.count == 2)
        #expect(try ann.value(of: "name") == Array("Anna".utf8))
        #expect(try ann.value(of: "age") == nil)
        #expect(try ann.values() == [Array("name".utf8): Array("Anna".utf8), Array("city".utf8): Array("Oslo".utf8)])
        #expect(try ann.remove("name"))
        #expect(try !ann.remove("name"))
        #expect(try ann.remove("city"))
        #expect(try database.kind(of: "user:ann") == nil)
    }

    @Test("a set holds each member once, in byte order")
    func sets() throws {
        let tags = database.set("tags")
        #expect(try tags.insert("swift"))
        #expect(try !tags.insert("swift"))
        #expect(try tags.insert(contentsOf: ["a", "b", "a"]) == 2)
        #expect(try text(tags.members()) == ["a", "b", "swift"])
        #expect(try tags.contains("a"))
        #expect(try tags.randomMembers(9).count == 3)
        #expect(try tags.remove("a"))
        #expect(try !tags.remove("a"))
        #expect(try tags.popRandom(5).count == 2)
        #expect(try database.kind(of: "tags") == nil)
    }

    @Test("a sorted set is in the order of its scores")
    func sortedSets() throws {
        let scores = database.sortedSet("scores")
        for (name, score) in [("ann", 3.0), ("bob", 1.5), ("cid", 2)] {
            #expect(try scores.insert(name, score: score))
        }
        #expect(try !scores.insert("ann", score: 0.5))
        #expect(try scores.increment("bob", by: 2) == 3.5)
        #expect(throws: StructureError.self) { try scores.insert("nan", score: .nan) }
        #expect(try text(scores.elements().map(\.member)) == ["ann", "cid", "bob"])
        #expect(try text(scores.elements(in: 0..<2, reverse: true).map(\.member)) == ["bob", "cid"])
        #expect(try scores.elements(scores: 1...3).map(\.score) == [2])
        #expect(try scores.count(scores: 0...3) == 2)
        #expect(try scores.rank(of: "cid") == 1)
        #expect(try scores.score(of: "nobody") == nil)
        #expect(try scores.popLowest().map(\.score) == [0.5])
        #expect(try scores.remove(scores: 3...4) == 1)
        #expect(try scores.popHighest(3).count == 1)
        #expect(try scores.count == 0)
    }

    @Test("strings expire when they are told to, and counters count")
    func strings() throws {
        try database.put("session", "x", expiresIn: .seconds(60))
        #expect(try database.expiry(of: "session") == .seconds(60))
        #expect(try database.persist("session"))
        #expect(try !database.persist("session"))
        #expect(try database.expiry(of: "session") == nil)
        #expect(try database.setExpiry(of: "session", in: .milliseconds(10)))
        test.clock.advance(by: 10)
        #expect(try !database.contains("session"))
        #expect(try !database.setExpiry(of: "session", in: .seconds(1)))
        try database.put("gone", "x", expiresIn: .zero)
        #expect(try !database.contains("gone"))
        try database.put("long", "x", expiresIn: .seconds(Int64.max))
        #expect(try database.contains("long"))

        #expect(try database.increment("visits") == 1)
        #expect(try database.increment("visits", by: 41) == 42)
        let visits = try database.get("visits")?.string
        #expect(visits == "42")
        try database.put("word", "x")
        let error = #expect(throws: StructureError.self) { try database.increment("word") }
        #expect(error?.code == .notAnInteger)
    }

    @Test("a call for one kind on another is refused and changes nothing")
    func wrongKind() throws {
        try database.put("plain", "1")
        let error = #expect(throws: StructureError.self) { try database.list("plain").append("x") }
        #expect(error?.code == .wrongType)
        try database.set("set").insert("a")
        #expect(throws: StructureError.self) { try database.sortedSet("set").insert("a", score: 1) }
        #expect(throws: StructureError.self) { try database.list("set").count }
        let value = try database.get("plain")?.string
        #expect(value == "1")
    }

    @Test("operations on several keys are one transaction, all or nothing")
    func transactions() throws {
        struct Aborted: Error {}
        let moved = try database.transactKeys { keys in
            try keys.list("todo").append(contentsOf: ["a", "b"])
            let first = try keys.list("todo").popFirst() ?? []
            try keys.list("done").append(first)
            try keys.increment("moved")
            #expect(try keys.get("moved") == Array("1".utf8))
            return first
        }
        #expect(moved == Array("a".utf8))
        var kept: KeyTransaction?
        #expect(throws: Aborted.self) {
            try database.transactKeys { keys in
                kept = keys
                try keys.delete("todo")
                try keys.put("done", "plain")
                throw Aborted()
            }
        }
        #expect(try text(database.list("todo").values()) == ["b"])
        #expect(try text(database.list("done").values()) == ["a"])
        let late = #expect(throws: StoreError.self) { try kept?.increment("moved") }
        #expect(late?.code == .closed)
    }
}
