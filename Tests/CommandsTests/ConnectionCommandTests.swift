import Commands
import Testing

@Suite("Connection commands")
struct ConnectionCommandTests {
    let server = TestEngine()

    @Test("PING answers, and ECHO repeats")
    func ping() {
        let client = server.client()
        #expect(client("PING") == .simple("PONG"))
        #expect(client("PING hi") == "hi")
        #expect(client("PING a b") == .error("ERR wrong number of arguments for 'ping' command"))
        #expect(client("ECHO hi") == "hi")
    }

    @Test("HELLO tells who is there and changes the protocol's version")
    func hello() {
        let client = server.client()
        client.session.version = 2
        let about: [Reply] = [
            "server", "redis", "version", "7.0.15", "proto", 3, "id", .integer(client.session.id), "mode", "standalone",
            "role", "master", "modules", [],
        ]
        #expect(client("HELLO 3") == .map(about))
        #expect(client.session.version == 3)
        #expect(client("HELLO") == .map(about))
        #expect(client("HELLO 4") == .error("NOPROTO unsupported protocol version"))
        #expect(client("HELLO x") == .error("ERR Protocol version is not an integer or out of range"))
        #expect(client("HELLO 2 FOO") == .error("ERR Syntax error in HELLO option 'FOO'"))
        #expect(client("HELLO 2 AUTH a") == .error("ERR Syntax error in HELLO option 'AUTH'"))
        client("HELLO 3 SETNAME me")
        #expect(client("CLIENT GETNAME") == "me")
    }

    @Test("AUTH wants a password that is right")
    func auth() throws {
        let client = server.client()
        #expect(
            client("AUTH x")
                == .error(
                    "ERR AUTH <password> called without any password configured for the default user. Are you sure "
                        + "your configuration is correct?"))
        #expect(client("AUTH default x") == .ok)
        try server.engine.settings.change([("requirepass", "secret")])
        // Who is in stays in.
        #expect(client("PING") == .simple("PONG"))
        let other = server.client()
        #expect(other.session.mustLogIn)
        #expect(other("PING") == .error("NOAUTH Authentication required."))
        #expect(other("AUTH nope") == .error("WRONGPASS invalid username-password pair or user is disabled."))
        #expect(other.session.failedLogins == 1)
        #expect(other("AUTH nobody secret") == .error("WRONGPASS invalid username-password pair or user is disabled."))
        #expect(other("HELLO 3").isError("NOAUTH HELLO must be called"))
        #expect(other("AUTH secret") == .ok)
        #expect(other("PING") == .simple("PONG"))
        #expect(!other.session.mustLogIn)
        other("RESET")
        #expect(other("PING") == .error("NOAUTH Authentication required."))
    }

    @Test("QUIT closes after its reply, in a transaction, too")
    func quit() {
        let client = server.client()
        client("MULTI")
        #expect(client("QUIT") == .ok)
        #expect(client.isClosed)
    }

    @Test("RESET makes a client as new")
    func reset() {
        let client = server.client()
        client("CLIENT SETNAME me")
        client("MULTI")
        #expect(client("RESET") == .simple("RESET"))
        #expect(client.session.version == 2)
        #expect(client("CLIENT GETNAME") == nil)
        #expect(client("EXEC") == .error("ERR EXEC without MULTI"))
    }

    @Test("CLIENT REPLY silences replies: all, or the next one")
    func replies() {
        let client = server.client()
        let silence = Reply.error("there is no reply")
        #expect(client("CLIENT REPLY SKIP") == silence)
        #expect(client("PING") == silence)
        #expect(client("PING") == .simple("PONG"))
        #expect(client("CLIENT REPLY OFF") == silence)
        #expect(client("PING") == silence)
        #expect(client("NOSUCH") == silence)
        #expect(client("CLIENT REPLY ON") == .ok)
        #expect(client("PING") == .simple("PONG"))
    }

    @Test("CLIENT LIST and INFO describe the clients")
    func list() {
        let (client, other) = (server.client(), server.client())
        other.session.address = "127.0.0.1:4000"
        other("CLIENT SETNAME me")
        let line = other("CLIENT INFO").text
        #expect(line.contains("id=\(other.session.id) addr=127.0.0.1:4000 "))
        #expect(line.contains(" name=me "))
        #expect(line.contains(" cmd=client|info user=default "))
        #expect(client("CLIENT LIST").text.split(separator: "\n").count == 2)
        #expect(client("CLIENT LIST ID \(other.session.id)").text.split(separator: "\n").count == 1)
        #expect(client("CLIENT LIST ID x") == .error("ERR Invalid client ID"))
        #expect(client("CLIENT LIST TYPE x") == .error("ERR Unknown client type 'x'"))
        #expect(client("CLIENT LIST TYPE pubsub") == "")
        server.engine.end(other.session)
        #expect(client("CLIENT LIST").text.split(separator: "\n").count == 1)
    }

    @Test("CLIENT KILL closes the clients that it names")
    func kill() {
        let (client, other) = (server.client(), server.client())
        other.session.address = "127.0.0.1:4000"
        #expect(client("CLIENT KILL 127.0.0.1:4001") == .error("ERR No such client"))
        #expect(client("CLIENT KILL 127.0.0.1:4000") == .ok)
        #expect(other.isClosed)
        #expect(client("CLIENT KILL ID 99999") == 0)
        #expect(client("CLIENT KILL ID 0") == .error("ERR client-id should be greater than 0"))
        #expect(client("CLIENT KILL USER nope") == .error("ERR No such user 'nope'"))
        #expect(client("CLIENT KILL FOO x") == .error("ERR syntax error"))
        #expect(client("CLIENT KILL ID \(client.session.id)") == 0)
        #expect(!client.isClosed)
        #expect(client("CLIENT KILL ID \(client.session.id) SKIPME no") == 1)
        #expect(client.isClosed)
    }

    @Test("CLIENT PAUSE makes commands wait until its end")
    func pause() {
        let (client, other) = (server.client(), server.client())
        #expect(client("CLIENT PAUSE 100 WRITE") == .ok)
        #expect(other("GET a") == nil)
        #expect(other("SET a 1") == .simple("postponed"))
        #expect(client("CLIENT UNPAUSE") == .ok)
        #expect(other.isResumed)
        #expect(other("SET a 1") == .ok)
        client("CLIENT PAUSE 100")
        #expect(other("GET a") == .simple("postponed"))
        server.now += 100
        #expect(other("GET a") == "1")
        #expect(client("CLIENT PAUSE -1") == .error("ERR timeout is negative"))
        #expect(client("CLIENT PAUSE x") == .error("ERR timeout is not an integer or out of range"))
        #expect(client("CLIENT PAUSE 1 X") == .error("ERR CLIENT PAUSE mode must be WRITE or ALL"))
    }

    @Test("subcommands that are not there say so")
    func subcommands() {
        let client = server.client()
        #expect(client("CLIENT NOPE") == .error("ERR unknown subcommand 'NOPE'. Try CLIENT HELP."))
        #expect(client("CLIENT") == .error("ERR wrong number of arguments for 'client' command"))
        #expect(client("CLIENT ID x") == .error("ERR wrong number of arguments for 'client|id' command"))
        #expect(client("CLIENT SETNAME a\u{1}b").isError("ERR Client names cannot contain spaces"))
    }
}

extension Reply {
    /// The bytes of a bulk reply as text; empty for any other.
    var text: String { if case .bulk(let text) = self { text } else { "" } }

    /// Whether it is an error whose text begins so.
    func isError(_ start: String) -> Bool { if case .error(let text) = self { text.hasPrefix(start) } else { false } }
}
