import Commands
import Testing

@Suite("Messages")
struct PubSubTests {
    let server = TestEngine()

    @Test("a message reaches who listens to its channel or to a pattern of it")
    func publish() {
        let (client, other) = (server.client(), server.client())
        #expect(
            client.all("SUBSCRIBE a b a") == [
                .push(["subscribe", "a", 1]), .push(["subscribe", "b", 2]), .push(["subscribe", "a", 2]),
            ])
        #expect(client("PSUBSCRIBE x*") == .push(["psubscribe", "x*", 3]))
        #expect(other("PUBLISH a hello") == 1)
        #expect(other("PUBLISH xa hi") == 1)
        #expect(other("PUBLISH nobody hi") == 0)
        #expect(client.received == [.push(["message", "a", "hello"]), .push(["pmessage", "x*", "xa", "hi"])])
        #expect(other("PUBSUB NUMSUB a b c") == ["a", 1, "b", 1, "c", 0])
        #expect(other("PUBSUB NUMPAT") == 1)
        #expect(other("PUBSUB CHANNELS b*") == ["b"])
        #expect(client("UNSUBSCRIBE a") == .push(["unsubscribe", "a", 2]))
        #expect(client("UNSUBSCRIBE") == .push(["unsubscribe", "b", 1]))
        #expect(client("UNSUBSCRIBE") == .push(["unsubscribe", nil, 1]))
        #expect(client("PUNSUBSCRIBE") == .push(["punsubscribe", "x*", 0]))
        #expect(other("PUBLISH a hello") == 0)
    }

    @Test("a client of RESP2 that listens may do little else")
    func restricted() {
        let client = server.client()
        client.session.version = 2
        client("SUBSCRIBE a")
        #expect(
            client("GET a")
                == .error(
                    "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                        + "allowed in this context"))
        #expect(client("PING") == ["pong", ""])
        #expect(client("PING hi") == ["pong", "hi"])
        #expect(client("UNSUBSCRIBE") == .push(["unsubscribe", "a", 0]))
        #expect(client("GET a") == nil)
        client("SUBSCRIBE a")
        client("RESET")
        #expect(client("GET a") == nil)
        #expect(server.client()("PUBLISH a x") == 0)
    }

    @Test("shard channels are channels of their own")
    func shards() {
        let client = server.client()
        #expect(client("SSUBSCRIBE a") == .push(["ssubscribe", "a", 1]))
        #expect(client("PUBLISH a x") == 0)
        #expect(client.all("SPUBLISH a x") == [.push(["smessage", "a", "x"]), 1])
        #expect(client("PUBSUB SHARDNUMSUB a") == ["a", 1])
        #expect(client("SUNSUBSCRIBE") == .push(["sunsubscribe", "a", 0]))
    }

    @Test("a message to who publishes it comes before the reply")
    func own() {
        let client = server.client()
        client("SUBSCRIBE a")
        #expect(client.all("PUBLISH a x") == [.push(["message", "a", "x"]), 1])
        client("MULTI")
        client("PUBLISH a y")
        #expect(client("EXEC") == [1])
        #expect(client.received == [.push(["message", "a", "y"])])
    }

    @Test("the channel without a name matches no pattern but the empty one")
    func nameless() {
        let (client, other) = (server.client(), server.client())
        client("PSUBSCRIBE *")
        #expect(other.run(["PUBLISH", "", "x"]) == 0)
        client.run(["SUBSCRIBE", ""])
        #expect(other.run(["PUBLISH", "", "x"]) == 1)
        #expect(other("PUBSUB CHANNELS *") == [])
    }

    @Test("who is gone listens no more")
    func gone() {
        let client = server.client()
        client("SUBSCRIBE a")
        server.engine.end(client.session)
        #expect(server.client()("PUBLISH a x") == 0)
        #expect(server.client()("PUBSUB CHANNELS") == [])
    }

    @Test("changes of keys are published as notify-keyspace-events asks for")
    func notifications() {
        let (client, other) = (server.client(), server.client())
        client("PSUBSCRIBE __key*")
        other("SET a 1")
        #expect(client.received.isEmpty)
        other("CONFIG SET notify-keyspace-events KEA")
        other("SET a 1")
        #expect(
            client.received == [
                .push(["pmessage", "__key*", "__keyspace@0__:a", "set"]),
                .push(["pmessage", "__key*", "__keyevent@0__:set", "a"]),
            ])
        other("CONFIG SET notify-keyspace-events Kl")
        other("SET a 1")
        #expect(client.received.count == 2)
    }

    @Test(
        "the classes of changes are shown in Redis's order",
        arguments: [
            ("AKE", "AKE"), ("KEA$lshzxetmdn", "AKEm"), ("Kg$lm", "g$lKm"), ("gx", "gx"), ("", ""), ("KEn", "nKE"),
        ])
    func classes(text: String, shown: String) throws {
        #expect(try #require(NotificationClasses(text)).text == shown)
        #expect(NotificationClasses(text + "Q") == nil)
    }
}
