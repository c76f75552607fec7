import Commands
import Testing

@Suite("Transactions")
struct TransactionTests {
    let server = TestEngine()

    @Test("queued commands run together at EXEC, one after another")
    func exec() {
        let client = server.client()
        #expect(client("MULTI") == .ok)
        #expect(client("SET a 1") == .simple("QUEUED"))
        #expect(client("GET a") == .simple("QUEUED"))
        #expect(server.client()("GET a") == nil)
        #expect(client("EXEC") == [.ok, "1"])
        #expect(client("EXEC") == .error("ERR EXEC without MULTI"))
        #expect(client("MULTI") == .ok)
        #expect(client("EXEC") == [])
    }

    @Test("DISCARD forgets what was queued")
    func discard() {
        let client = server.client()
        #expect(client("DISCARD") == .error("ERR DISCARD without MULTI"))
        client("MULTI")
        client("SET a 1")
        #expect(client("DISCARD") == .ok)
        #expect(client("GET a") == nil)
    }

    @Test("a command that cannot be queued makes EXEC refuse all of them")
    func queueErrors() {
        let client = server.client()
        for bad in ["NOSUCH", "GET", "GET a b c"] {
            client("MULTI")
            client("SET a 1")
            guard case .error = client(bad) else {
                Issue.record("\(bad) was queued")
                continue
            }
            #expect(client("EXEC") == .error("EXECABORT Transaction discarded because of previous errors."))
            #expect(client("GET a") == nil)
        }
        client("MULTI")
        #expect(client("MULTI") == .error("ERR MULTI calls can not be nested"))
        #expect(client("WATCH a") == .error("ERR WATCH inside MULTI is not allowed"))
        client("SET a 1")
        #expect(client("EXEC") == [.ok])
    }

    @Test("an EXEC that may not run ends the transaction")
    func refusedExec() {
        let client = server.client()
        client("MULTI")
        client("SET a 1")
        #expect(
            client("EXEC 1")
                == .error("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"))
        #expect(client("EXEC") == .error("ERR EXEC without MULTI"))
    }

    @Test("an error while running is a reply, and the other commands still run")
    func runtimeErrors() {
        let client = server.client()
        client("MULTI")
        client("SET a 1")
        client("SET a 1 NONSENSE")
        client("SET b 2")
        #expect(client("EXEC") == [.ok, .error("ERR syntax error"), .ok])
        #expect(client("GET b") == "2")
    }

    @Test("a change of a watched key by somebody else makes EXEC do nothing")
    func watch() {
        let (client, other) = (server.client(), server.client())
        #expect(client("WATCH a b") == .ok)
        other("SET b 1")
        client("MULTI")
        client("SET a 1")
        #expect(client("EXEC") == .nullArray)
        #expect(client("GET a") == nil)
        // Watching ended with EXEC.
        client("MULTI")
        client("SET a 1")
        #expect(client("EXEC") == [.ok])
    }

    @Test("watching ends with UNWATCH, DISCARD and RESET")
    func unwatch() {
        let (client, other) = (server.client(), server.client())
        for end in ["UNWATCH", "MULTI DISCARD", "RESET"] {
            client("WATCH a")
            other("SET a 1")
            for command in end.split(separator: " ") { client(String(command)) }
            client("MULTI")
            client("GET a")
            #expect(client("EXEC") == ["1"], "after \(end)")
        }
    }

    @Test("a watched key of another database may change")
    func databases() {
        let (client, other) = (server.client(), server.client())
        other.session.database = 3
        client("WATCH a")
        other("SET a 1")
        client("MULTI")
        client("SET a 2")
        #expect(client("EXEC") == [.ok])
    }

    @Test("a command in EXEC is counted like any other, and so is EXEC")
    func statistics() {
        let client = server.client()
        client("MULTI")
        client("GET a")
        client("EXEC")
        let statistics = server.engine.commandStatistics
        #expect(statistics["get"]?.calls == 1)
        #expect(statistics["exec"]?.calls == 1)
        #expect(statistics["multi"]?.calls == 1)
    }
}
