import Commands
import Testing

@Suite("Commands that wait")
struct WaitingTests {
    let server = TestEngine()
    let writer: Client
    let waiting = Reply.simple("waiting")

    init() { writer = server.client() }

    @Test("an element that is there is taken at once")
    func atOnce() {
        writer("RPUSH l a b c d e")
        #expect(writer("BLPOP none l 1") == ["l", "a"])
        #expect(writer("BRPOP none l 1") == ["l", "e"])
        #expect(writer("BLMOVE l m LEFT RIGHT 1") == "b")
        #expect(writer("BRPOPLPUSH l m 1") == "d")
        #expect(writer("BLMPOP 1 2 none l LEFT COUNT 9") == ["l", ["c"]])
        #expect(writer("LRANGE m 0 -1") == ["d", "b"])
    }

    @Test("who came first is served first, and only once")
    func order() {
        let clients = (0..<5).map { _ in server.client() }
        for client in clients { #expect(client("BLPOP l 0") == waiting) }
        #expect(writer("RPUSH l a b c") == 3)
        #expect(clients.map(\.received) == [[["l", "a"]], [["l", "b"]], [["l", "c"]], [], []])
        #expect(writer("LLEN l") == 0)
        writer("RPUSH l d")
        writer("RPUSH l e f")
        #expect(clients[3].received == [["l", "d"]])
        #expect(clients[4].received == [["l", "e"]])
        #expect(writer("LRANGE l 0 -1") == ["f"])
        #expect(clients[0].received.count == 1)
    }

    @Test("the form of the reply is that of the command")
    func forms() {
        let clients = (0..<4).map { _ in server.client() }
        #expect(clients[0]("BRPOP other l 0") == waiting)
        #expect(clients[1]("BLMOVE l m RIGHT LEFT 0") == waiting)
        #expect(clients[2]("BRPOPLPUSH l m 0") == waiting)
        #expect(clients[3]("BLMPOP 0 2 other l LEFT COUNT 2") == waiting)
        writer("RPUSH l a b c d e f")
        #expect(clients.map(\.received) == [[["l", "f"]], ["e"], ["d"], [["l", ["a", "b"]]]])
        #expect(writer("LRANGE l 0 -1") == ["c"])
        #expect(writer("LRANGE m 0 -1") == ["d", "e"])
    }

    @Test("of several keys the one that got a value first is taken")
    func severalKeys() {
        let client = server.client()
        #expect(client("BLPOP a b c a 0") == waiting)
        writer("RPUSH c 1")
        #expect(client.received == [["c", "1"]])
        writer("RPUSH a 1")
        writer("RPUSH b 1")
        #expect(client.received.count == 1)
        #expect(writer("LLEN a") == 1)
        #expect(client("BLPOP a b c 0") == ["a", "1"])
    }

    @Test("an element that is moved wakes who waits for it there, through chains, too")
    func chains() {
        let (first, second, third) = (server.client(), server.client(), server.client())
        #expect(third("BLPOP c 0") == waiting)
        #expect(second("BLMOVE b c LEFT LEFT 0") == waiting)
        #expect(first("BLMOVE a b LEFT LEFT 0") == waiting)
        writer("RPUSH a x")
        #expect(first.received == ["x"])
        #expect(second.received == ["x"])
        #expect(third.received == [["c", "x"]])
        for key in ["a", "b", "c"] { #expect(writer("LLEN \(key)") == 0) }
    }

    @Test("who moves an element in a circle is served once")
    func circle() {
        let (first, second) = (server.client(), server.client())
        #expect(first("BLMOVE a b LEFT LEFT 0") == waiting)
        #expect(second("BLMOVE b a LEFT LEFT 0") == waiting)
        writer("RPUSH a x")
        #expect(first.received == ["x"])
        #expect(second.received == ["x"])
        #expect(writer("LRANGE a 0 -1") == ["x"])
    }

    @Test("a destination of another kind ends the wait with an error, and the element stays")
    func wrongDestination() {
        let (first, second) = (server.client(), server.client())
        writer("SET s text")
        #expect(first("BLMOVE l s LEFT LEFT 0") == waiting)
        #expect(second("BLPOP l 0") == waiting)
        writer("RPUSH l a")
        #expect(first.received == [.wrongType])
        #expect(second.received == [["l", "a"]])
    }

    @Test("a value of another kind wakes nobody")
    func otherKind() {
        let client = server.client()
        #expect(client("BLPOP l 0") == waiting)
        writer("SET l text")
        #expect(client.received.isEmpty)
        #expect(writer("LPUSH l a") == .wrongType)
        #expect(client.received.isEmpty)
        #expect(writer("GET l") == "text")
    }

    @Test("a wait ends with nothing when its time is up, whatever the command")
    func timeouts() {
        for line in ["BLPOP l 1.5", "BLMOVE l m LEFT LEFT 1.5", "BRPOPLPUSH l m 1.5", "BLMPOP 1.5 1 l LEFT"] {
            let client = server.client()
            let outcome = client.outcome(of: line)
            guard case .waiting(let deadline) = outcome else { return #expect(Bool(false), "\(line): \(outcome)") }
            #expect(deadline == server.now + 1_500)
            #expect(server.engine.endWait(of: client.session))
            #expect(!server.engine.endWait(of: client.session))
            #expect(client.received == [.nullArray])
        }
        writer("RPUSH l a")
        #expect(writer("LLEN l") == 1)
    }

    @Test("time-outs are checked before the keys")
    func badTimeouts() {
        writer("SET s text")
        for (timeout, message) in [
            ("x", "ERR timeout is not a float or out of range"), ("nan", "ERR timeout is not a float or out of range"),
            ("-1", "ERR timeout is negative"), ("-0.5", "ERR timeout is negative"), ("1e30", "ERR timeout is negative"),
            ("inf", "ERR timeout is negative"), ("9223372036854000", "ERR timeout is out of range"),
        ] {
            #expect(writer("BLPOP s \(timeout)") == .error(message), "\(timeout)")
            #expect(writer("BLMOVE s s LEFT LEFT \(timeout)") == .error(message), "\(timeout)")
            #expect(writer("BLMPOP \(timeout) 1 s LEFT") == .error(message), "\(timeout)")
        }
        #expect(writer("BLMPOP x 0 s LEFT") == .error("ERR numkeys should be greater than 0"))
        #expect(writer("BLMPOP x 1 s UP") == .error("ERR syntax error"))
        let client = server.client()
        guard case .waiting(let deadline) = client.outcome(of: "BLPOP l 0.0000001") else {
            return #expect(Bool(false), "it does not wait")
        }
        #expect(deadline == server.now + 1)
    }

    @Test("a wait can be ended with an error")
    func unblock() {
        let client = server.client()
        client("BLPOP l 0")
        #expect(server.engine.endWait(of: client.session, error: "UNBLOCKED client unblocked via CLIENT UNBLOCK"))
        #expect(client.received == [.error("UNBLOCKED client unblocked via CLIENT UNBLOCK")])
        #expect(!server.engine.endWait(of: client.session))
    }

    @Test("who is gone takes nothing")
    func disconnect() {
        let clients = (0..<3).map { _ in server.client() }
        for client in clients { client("BLPOP l 0") }
        server.engine.end(clients[0].session)
        writer("RPUSH l a")
        #expect(clients.map(\.received) == [[], [["l", "a"]], []])
        // A client whose connection vanished without a word.
        var vanished: Client? = server.client()
        _ = vanished?("BLPOP m 0")
        vanished = nil
        writer("RPUSH m b")
        #expect(writer("LRANGE m 0 -1") == ["b"])
    }

    @Test("databases are apart")
    func databases() {
        let client = server.client()
        client.session.database = 3
        client("BLPOP l 0")
        writer("RPUSH l a")
        #expect(client.received.isEmpty)
        let other = server.client()
        other.session.database = 3
        other("RPUSH l b")
        #expect(client.received == [["l", "b"]])
    }

    @Test("two thousand that wait for one key are served one by one, whoever leaves in between")
    func many() {
        let clients = (0..<2_000).map { _ in server.client() }
        for (index, client) in clients.enumerated() { client("BLPOP l\(index % 3) l 0") }
        for index in stride(from: 0, to: 2_000, by: 7) { server.engine.end(clients[index].session) }
        var value = 0
        for (index, client) in clients.enumerated() where index % 7 != 0 {
            writer("RPUSH l \(value)")
            #expect(client.received == [["l", .bulk("\(value)")]])
            value += 1
        }
        #expect(writer("LLEN l") == 0)
        writer("RPUSH l last")
        #expect(writer("LLEN l") == 1)
    }

    @Test("one that waits for many keys leaves no trace in any of them")
    func manyKeys() {
        let client = server.client()
        let keys = (0..<1_000).map { "k\($0)" }
        #expect(client.run(["BLPOP"] + keys + ["0"]) == waiting)
        writer("RPUSH k500 a")
        #expect(client.received == [["k500", "a"]])
        #expect(client("BLPOP k1 0") == waiting)
        writer("RPUSH k2 b")
        writer("RPUSH k1 c")
        #expect(client.received.last == ["k1", "c"])
        #expect(writer("LLEN k2") == 1)
    }
}

extension Client {
    /// What a command given as words apart by spaces comes to.
    func outcome(of line: String) -> Outcome {
        let words = line.split(separator: " ").map(String.init)
        return engine.execute(Arguments(words), session: session, reply: ReplyCollector())
    }
}
