import Commands
import Testing

@Suite("Commands on ranges of keys")
struct KeyRangeCommandTests {
    let server = TestEngine()

    /// Keys of several parts, one of which is a list.
    private func client() -> Client {
        let client = server.client()
        for (key, value) in [("a", "1"), ("b:x:1", "2"), ("b:x:2", "3"), ("b:x2:1", "4"), ("c", "5")] {
            client("SET \(key) \(value)")
        }
        return client
    }

    @Test("a range of bytes ends before its second bound, and empty bounds are open")
    func bytes() {
        let client = client()
        #expect(client("LV.RANGE a b:x:2") == .map(["a", "1", "b:x2:1", "4", "b:x:1", "2"]))
        #expect(client.run(["LV.RANGE", "", "", "KEYS"]) == ["a", "b:x2:1", "b:x:1", "b:x:2", "c"])
        #expect(client.run(["LV.RANGE", "b", "", "REV", "LIMIT", "2", "VALUES"]) == ["5", "3"])
        #expect(client("LV.RANGE c a") == .map([]))
        #expect(client("LV.RANGE a z TYPES LIMIT 1") == .map(["a", "string"]))
        #expect(client("LV.RANGE BYTES PREFIX b LIMIT 1") == .map(["a", "1"]))
        #expect(client("LV.RANGE a") == .error("ERR wrong number of arguments for 'lv.range' command"))
        #expect(client("LV.RANGE a b KEYS VALUES") == .error("ERR syntax error"))
        #expect(client("LV.RANGE a b LIMIT -1") == .error("ERR value is not an integer or out of range"))
    }

    @Test("a prefix is bytes, and UNDER is whole parts")
    func parts() {
        let client = client()
        #expect(client("LV.RANGE PREFIX b:x KEYS") == ["b:x2:1", "b:x:1", "b:x:2"])
        #expect(client("LV.RANGE UNDER b:x KEYS") == ["b:x:1", "b:x:2"])
        #expect(client("LV.COUNT UNDER b") == 3)
        #expect(client("LV.COUNT PREFIX nothing") == 0)
    }

    @Test("keys of a range are deleted together")
    func delete() {
        let client = client()
        #expect(client("LV.DELRANGE UNDER b:x LIMIT 1") == 1)
        #expect(client("LV.DELRANGE UNDER b:x") == 1)
        #expect(client.run(["LV.RANGE", "", "", "KEYS"]) == ["a", "b:x2:1", "c"])
        client("MULTI")
        client.run(["LV.DELRANGE", "", ""])
        client("LV.COUNT a z")
        #expect(client("EXEC") == [3, 0])
    }

    @Test("a batch is written as a whole, and wakes who watches")
    func batch() {
        let (client, other) = (client(), server.client())
        other("WATCH c")
        #expect(client("LV.BATCH SYNCED PUT d 6 DEL c PUT a 7") == 3)
        #expect(client("GET a") == "7")
        #expect(client("GET c") == nil)
        other("MULTI")
        other("GET a")
        #expect(other("EXEC") == .nullArray)
        #expect(client("LV.BATCH PUT a") == .error("ERR syntax error"))
        #expect(client("LV.BATCH PUT a 1 NOPE") == .error("ERR syntax error"))
        #expect(client("GET a") == "7")
    }
}
