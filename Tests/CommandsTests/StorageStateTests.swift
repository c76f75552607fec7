import Commands
import Foundation
import LevelDB
import Records
import Structures
import Testing

@Suite("Commands while writes are refused")
final class StorageStateTests {
    let path = NSTemporaryDirectory() + "lvkv-\(UUID().uuidString)"
    let store: LevelDBStore
    let engine: Engine
    let client: Client

    init() throws {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.disk = DiskPolicy(leastFreeBytes: 0)
        store = try LevelDBStore(at: path, options: options)
        let structures = StructureState(isEnabled: false)
        engine = Engine(try Keyspace(store, overlay: structures), structures)
        client = Client(engine)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    func isRefused(_ reply: Reply) -> Bool {
        guard case .error(let message) = reply else { return false }
        return message.hasPrefix("MISCONF Commands that may modify the data set are disabled: ")
    }

    @Test("writes get MISCONF, reads and PING their answers, and all is as before when there is room again")
    func refused() {
        client("RPUSH l a b")
        client("SET k v")
        store.setLeastFreeBytes(.max)
        for write in ["SET k w", "RPUSH l c", "HSET h f v", "INCR n", "DEL k", "LPOP l", "ZADD z 1 m"] {
            #expect(isRefused(client(write)), "\(write)")
        }
        #expect(client("GET k") == "v")
        #expect(client("LRANGE l 0 -1") == ["a", "b"])
        #expect(client("PING") == .simple("PONG"))
        store.setLeastFreeBytes(0)
        #expect(client("SET k w") == .ok)
        #expect(client("RPUSH l c") == 3)
        #expect(client("EXISTS h n z") == 0)
    }

    @Test("of MULTI nothing is written, and the same may be sent again")
    func transactions() {
        store.setLeastFreeBytes(.max)
        for isRoom in [false, true] {
            if isRoom { store.setLeastFreeBytes(0) }
            client("MULTI")
            client("SET a 1")
            client("RPUSH l 1")
            let reply = client("EXEC")
            #expect(isRoom ? reply == [.ok, 1] : isRefused(reply))
            #expect(client("EXISTS a l") == (isRoom ? 2 : 0))
        }
    }

    @Test("who waits for a key goes on waiting, and is served afterwards")
    func waiting() {
        let waiter = Client(engine)
        #expect(waiter("BLPOP l 0") == .simple("waiting"))
        store.setLeastFreeBytes(.max)
        #expect(isRefused(client("RPUSH l a")))
        #expect(waiter.received.isEmpty)
        store.setLeastFreeBytes(0)
        client("RPUSH l b")
        #expect(waiter.received == [["l", "b"]])
    }

    @Test("with little room left keys are removed, whatever they hold")
    func removing() throws {
        client("SET k v")
        client("RPUSH l a b")
        client("SADD big " + (0..<500).map { "member\($0)" }.joined(separator: " "))
        client("SET temporary v EX 100")
        let free = try #require(store.storage.freeBytes)
        store.setLeastFreeBytes(free + free / 2)
        #expect(isRefused(client("SET k w")))
        #expect(client("SREM big member1") == 1)
        #expect(client("DEL k l big temporary") == 4)
        #expect(client("FLUSHALL") == .ok)
        #expect(client("DBSIZE") == 0)
    }

    @Test(
        "when the store is back, what a failed write left after all is served, and what was watched counts as changed")
    func back() throws {
        let waiter = Client(engine)
        let watcher = Client(engine)
        #expect(waiter("BLPOP l 0") == .simple("waiting"))
        watcher("WATCH k")
        // As a write that failed and is there nevertheless: nobody has heard of it.
        let other = Engine(
            try Keyspace(store, overlay: StructureState(isEnabled: true)), StructureState(isEnabled: true))
        Client(other)("RPUSH l a")
        #expect(waiter.received.isEmpty)
        engine.storeIsBack()
        #expect(waiter.received == [["l", "a"]])
        watcher("MULTI")
        watcher("SET k v")
        #expect(watcher("EXEC") == .nullArray)
    }
}
