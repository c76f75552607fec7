import Foundation
@testable import LevelDB
import OrderedStore
import Testing

@Suite("Repairing and destroying")
struct RepairTests {
    let directory = TemporaryDirectory()

    /// A database with tables, and one log with the last entry.
    func fill(_ count: Int = 2000) throws {
        let store = try openStore(directory, .createIfMissing)
        for index in 0..<count {
            // So that just the last entry is in the log, whatever LevelDB does meanwhile.
            if index == count - 1 { try store.compact() }
            try store.put("key\(index)", "value of \(index)")
        }
        try store.close()
    }

    @Test("a repair of a whole database changes nothing in it", arguments: [0, 1, 2000])
    func whole(count: Int) throws {
        try fill(count)
        for _ in 0..<2 {
            try LevelDBStore.repair(at: directory.path)
            let store = try openStore(directory)
            let found = try store.count()
            #expect(found == count)
            try store.close()
        }
    }

    @Test(
        "a repair brings back what is whole: without CURRENT, without MANIFEST, without the marker, with part of a log")
    func damaged() throws {
        try fill()
        let manifest = try directory.name("MANIFEST-")
        for lost in [["CURRENT"], [manifest], ["CURRENT", manifest, "lvkv.marker"], ["lvkv.lock", "LOCK", "CURRENT"]] {
            let damaged = try directory.copy()
            for name in lost { try damaged.remove(name) }
            #expect(failure { try openStore(damaged, .createIfMissing).close() } != nil)
            try LevelDBStore.repair(at: damaged.path)
            let store = try openStore(damaged)
            let count = try store.count()
            #expect(count == 2000, "without \(lost)")
        }
        let damaged = try directory.copy()
        let log = try damaged.name(".log")
        let bytes = try damaged.read(log)
        try damaged.write(log, bytes[..<(bytes.count - 5)])
        try LevelDBStore.repair(at: damaged.path)
        let store = try openStore(damaged)
        let count = try store.count()
        #expect(count == 1999)
        // Written and closed after a repair, it is a database like any other.
        try store.put("a", "1")
        try store.close()
        let again = try openStore(damaged).count()
        #expect(again == 2000)
    }

    @Test("a repair that was cut off leaves a database that can be repaired, and is not refused for its marker")
    func interrupted() throws {
        try fill()
        let hold = try DirectoryHold.acquire(directory.path, for: .repair)
        try hold.willRepair()
        hold.release(closed: false)
        try openStore(directory).close()
        let again = try DirectoryHold.acquire(directory.path, for: .repair)
        try again.willRepair()
        again.release(closed: false)
        try directory.remove("CURRENT")
        try LevelDBStore.repair(at: directory.path)
        let count = try openStore(directory).count()
        #expect(count == 2000)
    }

    @Test("what is no database is neither repaired nor destroyed")
    func noDatabase() throws {
        try directory.make()
        for name in ["README", "photo.jpg", "access.log", "000123.log"] { try directory.write(name, [1, 2, 3]) }
        let before = try directory.content()
        #expect(failure { try LevelDBStore.repair(at: directory.path) }?.code == .notFound)
        #expect(failure { try LevelDBStore.destroy(at: directory.path) }?.code == .notFound)
        #expect(failure { try LevelDBStore.destroy(at: directory.file("README")) }?.code == .invalidArgument)
        #expect(failure { try LevelDBStore.destroy(at: directory.file("gone")) }?.code == .notFound)
        #expect(try directory.content() == before)
    }

    @Test("destroying removes the directory, and a new database may take its place")
    func destroy() throws {
        try fill()
        try LevelDBStore.repair(at: directory.path)
        try LevelDBStore.destroy(at: directory.path)
        #expect(!FileManager.default.fileExists(atPath: directory.path))
        #expect(failure { try LevelDBStore.destroy(at: directory.path) }?.code == .notFound)
        let store = try openStore(directory, .createNew)
        let count = try store.count()
        #expect(count == 0)
    }

    @Test("destroying leaves the files of others, and the directory with them")
    func foreignFiles() throws {
        try fill()
        let names = ["README", "photo.jpg", "access.log", "lvkv.txt"]
        for name in names { try directory.write(name, [1, 2, 3]) }
        try LevelDBStore.destroy(at: directory.path)
        #expect(try directory.names() == names.sorted())
    }

    @Test("a database that is damaged, or that was destroyed in part, can be destroyed")
    func destroyDamaged() throws {
        try fill()
        for lost in ["CURRENT", "lvkv.marker", try directory.name("MANIFEST-")] {
            let damaged = try directory.copy()
            try damaged.remove(lost)
            try LevelDBStore.destroy(at: damaged.path)
            #expect(!FileManager.default.fileExists(atPath: damaged.path))
        }
        let rest = try directory.copy()
        for name in try rest.names() where name != "lvkv.marker" && !name.hasSuffix(".log") { try rest.remove(name) }
        try LevelDBStore.destroy(at: rest.path)
        #expect(!FileManager.default.fileExists(atPath: rest.path))
    }
}
