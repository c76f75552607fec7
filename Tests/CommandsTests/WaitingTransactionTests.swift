import Commands
import Testing

@Suite("Waiting and other commands")
struct WaitingTransactionTests {
    let server = TestEngine()
    let writer: Client
    let waiting = Reply.simple("waiting")

    init() { writer = server.client() }

    @Test("in EXEC nobody waits, and who waits is served after it")
    func exec() {
        let client = server.client()
        #expect(client("BLPOP b a 0") == waiting)
        writer("MULTI")
        for line in ["BLPOP none 0", "BLMOVE none x LEFT LEFT 0", "LPUSH a 1", "LPUSH b 1", "LPUSH a 2", "LPOP a"] {
            #expect(writer(line) == .simple("QUEUED"))
        }
        #expect(writer("EXEC") == [.nullArray, nil, 1, 1, 2, "2"])
        // The key that got a value first.
        #expect(client.received == [["a", "1"]])
        #expect(writer("LLEN b") == 1)
    }

    @Test("what is gone at the end of EXEC serves nobody")
    func goneInExec() {
        let client = server.client()
        client("BLPOP a 0")
        writer("MULTI")
        for line in ["LPUSH a 1", "DEL a"] { writer(line) }
        writer("EXEC")
        #expect(client.received.isEmpty)
        writer("MULTI")
        for line in ["SET a text", "DEL a", "LPUSH a 1"] { writer(line) }
        writer("EXEC")
        #expect(client.received == [["a", "1"]])
    }

    @Test("a list that comes by another name wakes who waits for it")
    func otherWays() {
        let clients = (0..<4).map { _ in server.client() }
        writer("RPUSH l 2 1")
        clients[0]("BLPOP renamed 0")
        clients[1]("BLPOP copied 0")
        clients[2]("BLPOP sorted 0")
        clients[3].session.database = 1
        clients[3]("BLPOP l 0")
        writer("SORT l STORE sorted")
        writer("COPY l copied")
        writer("RENAME l renamed")
        #expect(clients[0].received == [["renamed", "2"]])
        #expect(clients[1].received == [["copied", "2"]])
        #expect(clients[2].received == [["sorted", "1"]])
        writer("RPUSH l 3")
        writer("MOVE l 1")
        #expect(clients[3].received == [["l", "3"]])
    }

    @Test("who is served by an element changes the key for who watches it")
    func watch() {
        let (waiter, watcher) = (server.client(), server.client())
        waiter("BLMOVE l m LEFT LEFT 0")
        watcher("WATCH m")
        writer("RPUSH l a")
        watcher("MULTI")
        watcher("PING")
        #expect(watcher("EXEC") == .nullArray)
        #expect(waiter.received == ["a"])
    }

    @Test("lists and sorted sets are waited for apart, on one key, too")
    func kinds() {
        let (list, set) = (server.client(), server.client())
        #expect(set("BZPOPMIN k 0") == waiting)
        #expect(list("BLPOP k 0") == waiting)
        writer("RPUSH k a")
        #expect(list.received == [["k", "a"]])
        #expect(set.received.isEmpty)
        writer("ZADD k 1 m")
        #expect(set.received == [["k", "m", .double(1)]])
    }
}
