import Foundation
import LVKV
import StoreConformance
import Synchronization
import Testing

/// A directory of its own, removed at the end.
struct Scratch: ~Copyable {
    let path = NSTemporaryDirectory() + "lvkv-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A key and its value, lvkv's own included.
struct StoredPair: Hashable {
    let key: [UInt8]
    let value: [UInt8]
}

extension LevelDBStore {
    func pairs() throws -> [StoredPair] {
        try read { snapshot in
            var pairs: [StoredPair] = []
            var cursor = snapshot.cursor(in: .all)
            while let entry = try cursor.next() {
                pairs.append(StoredPair(key: entry.key.array, value: entry.value.array))
            }
            return pairs
        }
    }
}

func pairs(at path: String) throws -> [StoredPair] {
    let store = try LevelDBStore(at: path)
    let pairs = try store.pairs()
    try store.close()
    return pairs
}

extension Database {
    /// Plain keys, a big one among them, and structures.
    func fill(_ count: Int, seed: UInt64 = 1, isSmall: Bool = false) throws {
        var generator = SeededGenerator(seed: seed)
        try write { batch in
            for number in 0..<count {
                let value = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
                batch.put("key:\(1_000_000 + number)", value)
            }
        }
        try list("tasks").append(contentsOf: (0..<300).map { "task \($0)" })
        _ = try hash("user").set("name", to: "Ann")
        try put("", "the empty key")
        if !isSmall { try put("big", [UInt8](repeating: 7, count: 3 << 20)) }
    }
}

@Suite("Backups")
struct BackupTests: ~Copyable {
    let test: TestDatabase
    let scratch: Scratch
    var database: Database { test.database }

    init() throws {
        let database = try TestDatabase()
        let directory = try Scratch()
        test = database
        scratch = directory
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test("what is restored is what was there, byte for byte, and a database that verifies")
    func roundTrip() throws {
        try database.fill(5_000)
        let backup = try database.backup(to: scratch.file("set/one"))
        let expected = try database.store.pairs()
        #expect(backup.entries == expected.count)
        #expect(backup.bytes == expected.reduce(0) { $0 + $1.key.count + $1.value.count })
        try database.put("key:1000000", "later")
        try backup.restore(to: scratch.file("restored"))
        #expect(try pairs(at: scratch.file("restored")) == expected)
        let restored = try Database(at: scratch.file("restored"))
        #expect(try restored.list("tasks").count == 300)
        #expect(try restored.verify { _ in }.isClean)
        try restored.close()
        #expect(try names(scratch.path) == ["restored", "set"])
        #expect(try names(scratch.file("set")) == ["one"])
    }

    @Test("an empty database is backed up and restored, too")
    func empty() throws {
        let backup = try database.backup(to: scratch.file("one"))
        #expect(backup.entries == 0)
        try backup.restore(to: scratch.file("restored"))
        #expect(try pairs(at: scratch.file("restored")).isEmpty)
    }

    /// What the writer of a test tells who backs up meanwhile.
    private final class Writes: Sendable {
        let isDone = Atomic(false)
        let generation = Mutex((begun: 0, ended: 0))
    }

    @Test("a backup under writes is one moment: every batch is in it whole or not at all", arguments: 0..<3)
    func concurrent(round: Int) throws {
        let keys = 4_000
        try database.write { batch in
            for number in 0..<keys { batch.put("k\(number)", "0") }
        }
        let writes = Writes()
        let (database, path) = (database, scratch.file("set/b"))
        try inParallel(2) { thread in
            if thread == 0 {
                defer { writes.isDone.store(true, ordering: .relaxed) }
                while writes.generation.withLock({ $0.ended }) == 0 {}
                let before = writes.generation.withLock { $0.ended }
                let backup = try database.backup(to: path)
                let after = writes.generation.withLock { $0.begun }
                try backup.restore(to: "\(path)-restored")
                let values = Set(try pairs(at: "\(path)-restored").map { String(decoding: $0.value, as: UTF8.self) })
                #expect(values.count == 1)
                let moment = try #require(values.first.flatMap { Int($0) })
                #expect((before...after).contains(moment))
            } else {
                var number = 0
                while !writes.isDone.load(ordering: .relaxed) {
                    number += 1
                    writes.generation.withLock { $0.begun = number }
                    try database.write { batch in
                        for key in 0..<keys { batch.put("k\(key)", "\(number)") }
                    }
                    writes.generation.withLock { $0.ended = number }
                }
            }
        }
    }

    @Test("a second backup stores what changed, and each of the two is whole without the other")
    func incremental() throws {
        try database.fill(20_000)
        let first = try database.backup(to: scratch.file("set/1"))
        test.clock.advance(by: 1_000)
        let same = try database.backup(to: scratch.file("set/2"))
        #expect(same.newBytes == 0)
        #expect(same.chunks == first.chunks)
        test.clock.advance(by: 1_000)
        try database.put("key:1009000", "changed")
        try database.delete("key:1000500")
        try database.put("key:1000001x", "new")
        let changed = try database.backup(to: scratch.file("set/3"))
        // Three places, each in a chunk or two of at most eight times the average.
        #expect(changed.newBytes > 0)
        #expect(changed.newBytes < first.bytes / 2, "\(changed.newBytes) of \(first.bytes)")
        let expected = try database.store.pairs()

        let set = BackupSet(at: scratch.file("set"))
        try set.remove(first)
        try set.remove(try set.backup("2"))
        #expect(try names(scratch.file("set")) == ["3"])
        #expect(try set.verify { _, _ in } == 1)
        try changed.restore(to: scratch.file("restored"))
        #expect(try pairs(at: scratch.file("restored")) == expected)
    }

    @Test("a set is listed from the oldest to the youngest, other directories passed over")
    func list() throws {
        for name in ["c", "a", "b"] {
            try database.put("k", name)
            try database.backup(to: scratch.file("set/\(name)"))
            test.clock.advance(by: 1_000)
        }
        try FileManager.default.createDirectory(
            atPath: scratch.file("set/other"), withIntermediateDirectories: true)
        let set = BackupSet(at: scratch.file("set"))
        #expect(try set.members().map(\.name) == ["c", "a", "b"])
        #expect(try set.latest()?.name == "b")
        #expect(try set.backup("a").entries == 1)
        for name in ["x", "..", "", "../set/a", "a/../b"] {
            #expect(throws: StoreError.self, "\(name)") { try set.backup(name) }
        }
    }

    @Test("neither a backup nor a restore is ever put over anything")
    func occupied() throws {
        let backup = try database.backup(to: scratch.file("set/one"))
        try FileManager.default.createDirectory(atPath: scratch.file("there"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: scratch.file("link"), withDestinationPath: "nowhere")
        for path in [scratch.file("there"), scratch.file("there/"), scratch.file("link"), backup.path, database.path] {
            let made = #expect(throws: StoreError.self) { try database.backup(to: path) }
            #expect(made?.code == .alreadyExists)
            let restored = #expect(throws: StoreError.self) { try backup.restore(to: path) }
            #expect(restored?.code == .alreadyExists)
        }
        #expect(try names(scratch.file("there")).isEmpty)
    }

    @Test("what a killed backup left is no backup, and the next one of its name takes its place")
    func leftover() throws {
        try database.fill(3_000)
        try database.backup(to: scratch.file("set/one"))
        let part = scratch.file("set/two.part")
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: false)
        // As of a kill after some chunks were taken over from the backup before.
        let chunk = try #require(try names(scratch.file("set/one")).first { $0.hasSuffix(".chunk") })
        try FileManager.default.linkItem(atPath: scratch.file("set/one/\(chunk)"), toPath: "\(part)/\(chunk)")
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(part)/\(String(repeating: "0", count: 64)).chunk"))
        let set = BackupSet(at: scratch.file("set"))
        #expect(try set.members().map(\.name) == ["one"])
        let two = try database.backup(to: scratch.file("set/two"))
        #expect(two.newBytes == 0)
        #expect(try set.verify { name, problem in Issue.record("\(name) \(problem)") } == 2)
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: false)
        #expect(try set.removeUnfinished() == 1)
        #expect(try names(scratch.file("set")) == ["one", "two"])
    }

    @Test("each flipped bit, cut and missing file is found, and nothing of it is restored")
    func damage() throws {
        try database.fill(3_000, isSmall: true)
        let backup = try database.backup(to: scratch.file("one"))
        var generator = SeededGenerator(seed: 5)
        for name in try names(backup.path) {
            let file = URL(fileURLWithPath: "\(backup.path)/\(name)")
            let whole = try Data(contentsOf: file)
            let isManifest = name == "lvkv.backup"
            var bits = (0..<(isManifest ? 0 : 6)).map { _ in Int.random(in: 0..<whole.count * 8, using: &generator) }
            if isManifest { bits = Array(0..<whole.count * 8) }
            for bit in bits {
                var data = whole
                data[bit / 8] ^= 1 << UInt8(bit % 8)
                try data.write(to: file)
                #expect(try problems(backup.path) > 0, "bit \(bit) of \(name)")
            }
            try whole.dropLast().write(to: file)
            #expect(try problems(backup.path) > 0)
            #expect(throws: StoreError.self) { try Backup(at: backup.path).restore(to: scratch.file("restored")) }
            try FileManager.default.removeItem(at: file)
            #expect(try problems(backup.path) > 0)
            #expect(throws: StoreError.self) { try Backup(at: backup.path).restore(to: scratch.file("restored")) }
            #expect(try names(scratch.path) == ["one"])
            try whole.write(to: file)
        }
        #expect(try problems(backup.path) == 0)
    }

    /// How many problems there are with the backup at `path`; one when it cannot be read.
    private func problems(_ path: String) throws -> Int {
        guard let backup = try? Backup(at: path) else { return 1 }
        var count = 0
        try backup.verify { _ in count += 1 }
        return count
    }

    @Test("what has rotted in an earlier backup is not taken over")
    func healing() throws {
        try database.fill(2_000)
        let first = try database.backup(to: scratch.file("set/1"))
        let name = try #require(try names(first.path).first { $0.hasSuffix(".chunk") })
        let file = URL(fileURLWithPath: "\(first.path)/\(name)")
        var data = try Data(contentsOf: file)
        data[data.count / 2] ^= 1
        try data.write(to: file)
        test.clock.advance(by: 1)
        let second = try database.backup(to: scratch.file("set/2"))
        #expect(second.newBytes == data.count)
        #expect(try problems(first.path) == 1)
        #expect(try problems(second.path) == 0)
    }

    @Test("a newer format is refused by its maker, and a backup is not opened as a database")
    func refusals() throws {
        let backup = try database.backup(to: scratch.file("set/1"))
        let opened = #expect(throws: StoreError.self) { try Database(at: backup.path) }
        #expect(opened?.message.contains("backup restore") == true)
        let before = try names(backup.path)
        #expect(before == ["lvkv.backup"])
        let none = #expect(throws: StoreError.self) { try Backup(at: scratch.path) }
        #expect(none?.code == .notFound)
    }
}
