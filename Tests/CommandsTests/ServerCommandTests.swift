import Commands
import Testing

@Suite("Commands about the server")
struct ServerCommandTests {
    let server = TestEngine()

    @Test("CONFIG GET takes patterns, and SET changes all or nothing")
    func config() {
        let client = server.client()
        #expect(client("CONFIG GET slowlog-max*") == .map(["slowlog-max-len", "128"]))
        #expect(client("CONFIG GET nope") == .map([]))
        #expect(client("CONFIG SET slowlog-max-len 5") == .ok)
        #expect(client("CONFIG GET SLOWLOG-MAX-LEN") == .map(["SLOWLOG-MAX-LEN", "5"]))
        #expect(
            client("CONFIG SET nope 1") == .error("ERR Unknown option or number of arguments for CONFIG SET - 'nope'"))
        #expect(client("CONFIG SET slowlog-max-len 6 timeout") == .error("ERR syntax error"))
        #expect(
            client("CONFIG SET slowlog-max-len 6 timeout x")
                == .error(
                    "ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed "
                        + "into an integer"))
        #expect(
            client("CONFIG SET timeout 1 TIMEOUT 2")
                == .error("ERR CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter"))
        #expect(client("CONFIG GET slowlog-max-len") == .map(["slowlog-max-len", "5"]))
        #expect(client("CONFIG REWRITE") == .error("ERR The server is running without a config file"))
        #expect(client("CONFIG GET requirepass") == .map(["requirepass", ""]))
    }

    @Test("INFO has sections, and counts commands, errors and keys")
    func info() {
        let client = server.client()
        client("SET a 1")
        client("GET")
        client("SET a 1 NOPE")
        #expect(client("INFO nope") == "")
        let all = client("INFO all").text
        for section in ["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Keyspace"] {
            #expect(all.contains("# \(section)\r\n"))
        }
        #expect(all.contains("redis_version:7.0.15\r\n"))
        #expect(all.contains("\r\ncmdstat_set:calls=2,"))
        #expect(all.contains("\r\ncmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"))
        #expect(all.contains("errorstat_ERR:count=2\r\n"))
        #expect(all.contains("db0:keys=1,expires=0,avg_ttl=0\r\n"))
        #expect(
            client("INFO keyspace replication").text
                == "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n"
        )
        client("CONFIG RESETSTAT")
        #expect(!client("INFO commandstats").text.contains("cmdstat_set"))
    }

    @Test("COMMAND tells what is known of commands")
    func command() {
        let client = server.client()
        let get: Reply = [
            "get", 2, .set([.simple("readonly"), .simple("fast")]), 1, 1, 1,
            .set([.simple("@read"), .simple("@string"), .simple("@fast")]), [],
            [
                .map([
                    "flags", .set([.simple("RO"), .simple("access")]), "begin_search",
                    .map(["type", "index", "spec", .map(["index", 1])]), "find_keys",
                    .map(["type", "range", "spec", .map(["lastkey", 0, "keystep", 1, "limit", 0])]),
                ])
            ], [],
        ]
        #expect(client("COMMAND INFO get nope") == [get, nil])
        guard case .array(let all) = client("COMMAND"), case .integer(let count) = client("COMMAND COUNT") else {
            Issue.record("COMMAND does not answer")
            return
        }
        #expect(all.count == count)
        #expect(client("COMMAND LIST FILTERBY PATTERN config|r*") == ["config|resetstat", "config|rewrite"])
        #expect(client("COMMAND LIST FILTERBY ACLCAT nope") == [])
        #expect(client("COMMAND LIST FOO BAR x") == .error("ERR syntax error"))
        #expect(client("COMMAND GETKEYS set a b") == ["a"])
        #expect(client("COMMAND GETKEYS ping a") == .error("ERR The command has no key arguments"))
        #expect(client("COMMAND GETKEYS get a b") == .error("ERR Invalid number of arguments specified for command"))
        #expect(client("COMMAND GETKEYS nope a") == .error("ERR Invalid command specified"))
        #expect(
            client("COMMAND GETKEYSANDFLAGS set a b GET")
                == [["a", .set([.simple("RW"), .simple("access"), .simple("update")])]])
        guard case .map(let docs) = client("COMMAND DOCS watch") else {
            Issue.record("COMMAND DOCS does not answer")
            return
        }
        #expect(docs.first == "watch")
    }

    @Test("every command is known once, by a name in small letters, with a summary")
    func table() {
        var names: Set<String> = []
        for entry in CommandTable.standard.entries {
            #expect(names.insert(entry.fullName).inserted, "\(entry.fullName) is there twice")
            #expect(entry.fullName == entry.fullName.lowercased())
            #expect(!entry.command.summary.isEmpty)
        }
    }

    @Test("SLOWLOG keeps the commands that take long, without secrets")
    func slowLog() {
        let client = server.client()
        client("CONFIG SET slowlog-log-slower-than 0")
        client("SET a \(String(repeating: "x", count: 200))")
        client("AUTH default secret")
        client("CONFIG SET slowlog-log-slower-than -1")
        guard case .array(let entries) = client("SLOWLOG GET") else {
            Issue.record("SLOWLOG does not answer")
            return
        }
        let words = entries.map { entry -> Reply in if case .array(let parts) = entry { parts[3] } else { entry } }
        #expect(words.contains(["SET", "a", .bulk(String(repeating: "x", count: 128) + "... (72 more bytes)")]))
        #expect(words.contains(["AUTH", "(redacted)", "(redacted)"]))
        #expect(client("SLOWLOG LEN") == .integer(Int64(entries.count)))
        #expect(client("SLOWLOG GET x") == .error("ERR count should be greater than or equal to -1"))
        #expect(client("SLOWLOG RESET") == .ok)
        #expect(client("SLOWLOG LEN") == 0)
    }

    @Test("MONITOR shows what others do, but for secrets and administration")
    func monitor() {
        let (client, other) = (server.client(), server.client())
        #expect(client("MONITOR") == .ok)
        other.run(["SET", "a", "b c\"\n\u{1}"])
        other("AUTH default secret")
        other("CONFIG GET port")
        #expect(
            client.received == [
                .simple("1700000000.000000 [0 ] \"SET\" \"a\" \"b c\\\"\\n\\x01\""),
                .simple("1700000000.000000 [0 ] \"AUTH\" \"(redacted)\" \"(redacted)\""),
            ])
        client("RESET")
        other("PING")
        #expect(client.received.count == 2)
    }

    @Test("what needs a server around it says so without one")
    func noServer() {
        let client = server.client()
        #expect(client("BGSAVE").isError("ERR there is no place for backups"))
        #expect(client("SAVE").isError("ERR there is no place for backups"))
        #expect(client("SHUTDOWN").isError("ERR Errors trying to SHUTDOWN"))
        #expect(client("SHUTDOWN ABORT") == .error("ERR No shutdown in progress."))
        #expect(client("ACL SAVE").isError("ERR This Redis instance is not configured to use an ACL file."))
        #expect(client("DEBUG SLEEP 0").isError("ERR DEBUG command not allowed."))
        #expect(client("WAIT 0 0") == 0)
        #expect(client("WAIT 0 -1") == .error("ERR timeout is negative"))
        #expect(client("TIME") == ["1700000000", "0"])
        #expect(client("LATENCY LATEST") == [])
    }
}
